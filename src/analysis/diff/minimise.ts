import { duel } from "./duel.js";
import type { Difference, Direction, Pair } from "./duel.js";
import type { History, Step } from "./history.js";

export interface Counterexample {
  readonly history: History;
  readonly difference: Difference;
}

/** When to make do with what there is, by a clock in ms. */
export interface Deadline {
  readonly until: number;
  readonly now: () => number;
}

/** Equal steps in a row. */
interface Repeated {
  readonly step: Step;
  readonly times: number;
}

/** Rounds of trying everything again, because something else was left out. */
const MAX_ROUNDS = 4;
/** Steps that are played, at most, while one history is made shorter. */
const MAX_PLAYED = 60_000;

/**
 * Leaves out steps as long as the policies still differ in the same direction: first all of what is repeated, then as
 * many of it as can be. What is left is told as plainly as can be: actions without what does not matter about them.
 */
export function minimise(
  pair: Pair,
  history: History,
  direction: Direction,
  deadline: Deadline,
): Counterexample | undefined {
  const found = cutOff(pair, history, direction);
  return found === undefined ? undefined : new Minimiser(pair, found, direction, deadline).run();
}

/** The history up to the difference; undefined: there is none in this direction. */
function cutOff(pair: Pair, { moment, steps }: History, direction: Direction): Counterexample | undefined {
  const difference = duel(pair, { moment, steps });
  if (difference?.direction !== direction) return undefined;
  return { history: { moment, steps: steps.slice(0, difference.step + 1) }, difference };
}

class Minimiser {
  readonly #pair: Pair;
  readonly #direction: Direction;
  readonly #deadline: Deadline;
  /** Equal steps are one object here, so that comparing them costs nothing. */
  readonly #known = new Map<string, Step>();
  #best: Counterexample;
  #played: number;
  #isOver = false;

  constructor(pair: Pair, found: Counterexample, direction: Direction, deadline: Deadline) {
    this.#pair = pair;
    this.#direction = direction;
    this.#deadline = deadline;
    const { moment, steps } = found.history;
    this.#best = { ...found, history: { moment, steps: steps.map((step) => this.#same(step)) } };
    this.#played = steps.length;
  }

  run(): Counterexample {
    for (let round = 0; round < MAX_ROUNDS && !this.#isOver; round++) {
      const before = this.#steps.length;
      this.#leaveOut();
      alike(this.#steps).some((steps) => this.#accepts(steps.map((step) => this.#same(step))));
      if (this.#steps.length === before) break;
    }
    for (const make of PLAINER) this.#simplify(make);
    return this.#best;
  }

  get #steps(): readonly Step[] {
    return this.#best.history.steps;
  }

  /** Takes other steps for the best ones where the policies differ as they did. */
  #accepts(steps: readonly Step[]): boolean {
    this.#played += steps.length;
    this.#isOver ||= this.#played > MAX_PLAYED || this.#deadline.now() >= this.#deadline.until;
    if (this.#isOver) return false;
    const { moment } = this.#best.history;
    const found = cutOff(this.#pair, { moment, steps }, this.#direction);
    if (found !== undefined) this.#best = found;
    return found !== undefined;
  }

  /** As few of each of what is repeated as can be. */
  #leaveOut(): void {
    let repeats = repeatsIn(this.#steps);
    for (let i = 0; i < repeats.length && !this.#isOver; i++) {
      const { step, times } = repeats[i]!;
      const withTimes = (count: number): boolean =>
        this.#accepts(stepsOf(repeats.with(i, { step, times: count })));
      let [no, yes] = [-1, times];
      while (yes - no > 1) {
        const middle = no < 0 ? 0 : (no + yes) >> 1;
        if (withTimes(middle)) yes = middle;
        else no = middle;
      }
      if (yes < times) repeats = repeatsIn(this.#steps);
      if (yes === 0) i -= 1;
    }
  }

  /** Each kind of action in a simpler way, where that makes no difference. */
  #simplify(make: (act: Act) => Act): void {
    for (const step of new Set(this.#steps)) {
      if (this.#isOver) return;
      const plainer = step.do === "act" ? make(step) : step;
      if (plainer === step || !this.#steps.includes(step)) continue;
      const known = this.#same(plainer);
      this.#accepts(this.#steps.map((each) => (each === step ? known : each)));
    }
  }

  #same(step: Step): Step {
    const text = JSON.stringify(step);
    const known = this.#known.get(text) ?? step;
    if (known === step) this.#known.set(text, step);
    return known;
  }
}

type Act = Extract<Step, { do: "act" }>;

/** Ways in which an action can be simpler than it was tried; the same action where it is so already. */
const PLAINER: readonly ((act: Act) => Act)[] = [
  (act) => without(act, "runMs"),
  (act) => without(act, "afterMs"),
  (act) => without(act, "ok"),
  (act) => without(act, "progress"),
  (act) => withAction(act, without(act.action, "tags")),
  (act) => withAction(act, without(act.action, "args")),
  (act) => withAction(act, free(act.action)),
];

function without<T extends object>(record: T, field: keyof T): T {
  if (record[field] === undefined) return record;
  const { [field]: _, ...others } = record;
  return others as T;
}

function withAction(act: Act, action: Act["action"]): Act {
  return action === act.action ? act : { ...act, action };
}

/** Every measure is still named: a budget refuses what leaves it out. */
function free(action: Act["action"]): Act["action"] {
  const { cost = {} } = action;
  if (Object.values(cost).every((micro) => micro === 0)) return action;
  return { ...action, cost: Object.fromEntries(Object.keys(cost).map((measure) => [measure, 0])) };
}

/** The same steps with one and the same action throughout, which reads best. */
function alike(steps: readonly Step[]): readonly (readonly Step[])[] {
  const acts = steps.filter((step) => step.do === "act");
  return [acts[0], acts.at(-1)].flatMap((model) =>
    model === undefined
      ? []
      : [steps.map((step): Step => (step.do === "act" ? { ...step, action: model.action } : step))],
  );
}

function repeatsIn(steps: readonly Step[]): readonly Repeated[] {
  const repeats: Repeated[] = [];
  for (const step of steps) {
    const before = repeats.at(-1);
    if (before?.step === step) repeats[repeats.length - 1] = { step, times: before.times + 1 };
    else repeats.push({ step, times: 1 });
  }
  return repeats;
}

function stepsOf(repeats: readonly Repeated[]): readonly Step[] {
  return repeats.flatMap(({ step, times }) => Array.from({ length: times }, () => step));
}
