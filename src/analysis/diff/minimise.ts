import { duel } from "./duel.js";
import type { Difference, Direction, Pair } from "./duel.js";
import type { History, Step } from "./history.js";

export interface Counterexample {
  readonly history: History;
  readonly difference: Difference;
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
export function minimise(pair: Pair, history: History, direction: Direction): Counterexample | undefined {
  const { moment } = history;
  let played = 0;
  /** The history up to the difference; undefined: there is none in this direction. */
  const cut = (steps: readonly Step[]): Counterexample | undefined => {
    played += steps.length;
    const difference = played > MAX_PLAYED && best !== undefined ? undefined : duel(pair, { moment, steps });
    if (difference?.direction !== direction) return undefined;
    return { history: { moment, steps: steps.slice(0, difference.step + 1) }, difference };
  };
  let best: Counterexample | undefined;
  best = cut(history.steps);
  for (let round = 0; best !== undefined && round < MAX_ROUNDS; round++) {
    const before: number = best.history.steps.length;
    for (let i = 0; i < repeatsIn(best.history.steps).length; i++) {
      const repeats: readonly Repeated[] = repeatsIn(best.history.steps);
      const { step, times } = repeats[i]!;
      const withTimes = (count: number): Counterexample | undefined =>
        cut(stepsOf(repeats.with(i, { step, times: count })));
      let [no, yes] = [-1, times];
      while (yes - no > 1) {
        const middle: number = no < 0 ? 0 : (no + yes) >> 1;
        const shorter = withTimes(middle);
        if (shorter === undefined) no = middle;
        else {
          yes = middle;
          best = shorter;
        }
      }
      if (yes === 0) i -= 1;
    }
    best =
      alike(best.history.steps)
        .map(cut)
        .find((plainer) => plainer !== undefined) ?? best;
    if (best.history.steps.length === before) break;
  }
  for (const make of PLAINER) {
    const texts = new Set(best?.history.steps.map((step) => JSON.stringify(step)));
    for (const text of texts) {
      const steps = best!.history.steps.map((step) =>
        step.do === "act" && JSON.stringify(step) === text ? make(step) : step,
      );
      if (JSON.stringify(steps) !== JSON.stringify(best!.history.steps)) best = cut(steps) ?? best;
    }
  }
  return best;
}

type Act = Extract<Step, { do: "act" }>;

/** Ways in which an action can be simpler than it was tried. */
const PLAINER: readonly ((act: Act) => Act)[] = [
  ({ runMs: _, ...act }) => act,
  ({ afterMs: _, ...act }) => act,
  ({ ok: _, ...act }) => act,
  ({ progress: _, ...act }) => act,
  ({ action: { tags: _, ...action }, ...act }) => ({ ...act, action }),
  ({ action: { args: _, ...action }, ...act }) => ({ ...act, action }),
  ({ action, ...act }) => ({
    ...act,
    action: { ...action, ...(action.cost && { cost: free(action.cost) }) },
  }),
];

/** Every measure is still named: a budget refuses what leaves it out. */
function free(cost: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(cost).map((measure) => [measure, 0]));
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
  let last = "";
  for (const step of steps) {
    const text = JSON.stringify(step);
    const before = repeats.at(-1);
    if (before !== undefined && text === last)
      repeats[repeats.length - 1] = { step, times: before.times + 1 };
    else repeats.push({ step, times: 1 });
    last = text;
  }
  return repeats;
}

function stepsOf(repeats: readonly Repeated[]): readonly Step[] {
  return repeats.flatMap(({ step, times }) => Array.from({ length: times }, () => step));
}
