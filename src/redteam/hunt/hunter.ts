import type { Act, Attack, Move, Reply } from "../attack.js";
import type { Program } from "../mutations/programs.js";
import { Choices } from "./choices.js";
import type { Choice } from "./choices.js";
import type { Material, MoveOf } from "./material.js";
import type { Plan } from "./plan.js";
import type { Step } from "./replay.js";

/** Waits in a row that nobody said how long, after which it gives up. */
const MAX_IDLES = 8;
const SMALLEST = 1 / 256;
const TOO_MUCH = new Set(["budget_exhausted", "too_large"]);
/** A hunter makes fewer moves than a runner takes for endless. */
const MAX_MOVES = 18_000;

/** An agent that does as much damage as it can by one plan, and knows no more than what it is told. */
export class Hunter {
  readonly #material: Material;
  readonly #plan: Plan;
  readonly #maxActs: number;
  readonly #choices: Choices;
  readonly #steps: Step[] = [];
  #atMs = 0;
  #acts = 0;
  #damage = 0;
  #signal = 0;
  #gapMs: number;
  #honest = 0;
  #sinceHonest = 0;
  #allowed = 0;
  #isOutOfActs = false;

  constructor(material: Material, plan: Plan, maxActs: number) {
    this.#material = material;
    this.#plan = plan;
    this.#maxActs = maxActs;
    this.#choices = new Choices(plan, material);
    this.#gapMs = plan.gapMs;
  }

  get acts(): number {
    return this.#acts;
  }

  /** What it did, so far. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** It stopped because it had no acts left, while most of them were let through. */
  get isCapped(): boolean {
    return this.#isOutOfActs && this.#allowed * 2 >= this.#acts;
  }

  get lesson(): readonly number[] | null {
    return this.#choices.lesson;
  }

  readonly run: Attack["run"] = () => this.#hunt();

  *#hunt(): Program {
    yield* this.#begin();
    let size = this.#plan.size;
    let idles = 0;
    let refusals = 0;
    let soonestMs = Infinity;
    while (this.#mayGoOn()) {
      const batch = this.#batch(size);
      if (!Array.isArray(batch)) {
        if (batch === "none") {
          if (idles++ >= MAX_IDLES) return;
          this.#choices.forgive();
          yield* this.#pass(this.#plan.idleMs * 2 ** idles);
        } else yield* this.#pass(batch.untilMs - this.#atMs);
        continue;
      }
      const replies = yield* this.#do(batch);
      if (replies.some(({ allowed }) => allowed)) {
        idles = refusals = 0;
        soonestMs = Infinity;
        yield* this.#rest();
        continue;
      }
      this.#choices.turn();
      refusals += replies.length;
      soonestMs = Math.min(soonestMs, ...replies.map(({ retryAfterMs = Infinity }) => retryAfterMs));
      if (this.#plan.topsUp && size > SMALLEST && replies.some(({ code = "" }) => TOO_MUCH.has(code))) {
        size /= 2;
      } else if (refusals >= this.#plan.patience) {
        if (soonestMs === Infinity && idles++ >= MAX_IDLES) return;
        const ms = soonestMs === Infinity ? this.#plan.idleMs * 2 ** (idles - 1) : Math.max(1, soonestMs);
        yield* this.#pass(Math.ceil(ms), soonestMs === Infinity);
        ({ size } = this.#plan);
        refusals = 0;
        soonestMs = Infinity;
      }
    }
  }

  #mayGoOn(): boolean {
    if (this.#acts < this.#maxActs && this.#steps.length < MAX_MOVES) return true;
    this.#isOutOfActs = true;
    return false;
  }

  #batch(size: number): Choice[] | Exclude<ReturnType<Choices["next"]>, Choice> {
    const batch: Choice[] = [];
    while (batch.length < this.#plan.batch) {
      const choice = this.#choices.next(this.#atMs, size);
      if (choice === "none" || "untilMs" in choice) return batch.length > 0 ? batch : choice;
      batch.push(choice);
    }
    return batch;
  }

  *#do(batch: readonly Choice[]): Program<readonly Reply[]> {
    const askedAtMs = this.#atMs;
    const replies = yield* this.#act(batch.map(({ act }) => act));
    const before = this.#damage;
    for (const [i, choice] of batch.entries()) {
      const reply = replies[i]!;
      this.#choices.hear(choice, reply, askedAtMs);
      if (!reply.allowed) continue;
      this.#damage += choice.harm;
      yield* this.#realize(choice);
    }
    if (this.#damage > before) yield* this.#balance();
    return replies;
  }

  /** What comes between two batches. */
  *#rest(): Program {
    const { honestEvery, ramp } = this.#plan;
    this.#sinceHonest += 1;
    if (honestEvery > 0 && this.#sinceHonest >= honestEvery && this.#material.honest.length > 0) {
      this.#sinceHonest = 0;
      yield* this.#act([this.#material.honest[this.#honest++ % this.#material.honest.length]!]);
    }
    if (this.#gapMs >= 1) yield* this.#pass(Math.round(this.#gapMs));
    this.#gapMs *= ramp;
  }

  *#begin(): Program {
    const { prelude, harmfulFromMs, balances } = this.#material;
    if (this.#plan.warmsUp) {
      for (const move of prelude) yield* this.#move(move);
      const next = this.#material.signals.findIndex(({ atMs }) => atMs > this.#atMs);
      this.#signal = next < 0 ? Infinity : next;
    } else if (balances.length > 0) yield* this.#balance();
    yield* this.#pass(harmfulFromMs - this.#atMs);
  }

  /** Lets time pass, and the world move. @param isWaiting ends when something moves: then it may be let through */
  *#pass(ms: number, isWaiting = false): Program {
    const untilMs = this.#atMs + ms;
    for (;;) {
      const next = this.#material.signals[this.#signal];
      if (next === undefined || next.atMs > untilMs) break;
      if (next.atMs > this.#atMs) yield* this.#move({ do: "wait", ms: next.atMs - this.#atMs });
      this.#signal += 1;
      yield* this.#move(next.move);
      if (isWaiting) return;
    }
    if (untilMs > this.#atMs) yield* this.#move({ do: "wait", ms: untilMs - this.#atMs });
  }

  *#act(acts: readonly Act[]): Program<readonly Reply[]> {
    yield* this.#pass(0);
    this.#acts += acts.length;
    const move: Move = acts.length === 1 ? { do: "act", ...acts[0]! } : { do: "together", acts };
    const replies = yield* this.#move(move);
    this.#allowed += replies.filter(({ allowed }) => allowed).length;
    return replies;
  }

  *#realize({ act, caller, realized }: Choice): Program {
    for (const move of realized) yield* this.#move({ ...move, source: caller, series: act.action.series });
  }

  /** The world reports what is left: as much as when the attack had done as much damage. */
  *#balance(): Program {
    const move = balanceAt(this.#material.balances, this.#damage);
    if (move !== null) yield* this.#move(move);
  }

  *#move(move: Move): Program<readonly Reply[]> {
    const at = this.#steps.push({ move, replies: [] }) - 1;
    const { atMs, replies } = yield move;
    this.#atMs = atMs;
    this.#steps[at] = { move, replies };
    return replies;
  }
}

function balanceAt(balances: Material["balances"], damage: number): MoveOf<"balance"> | null {
  if (balances.length === 0) return null;
  const after = balances.findIndex((one) => one.damage >= damage);
  const [low, high] =
    after <= 0
      ? [balances.at(-2) ?? balances[0]!, balances.at(-1)!]
      : [balances[after - 1]!, balances[after]!];
  if (after === 0) return balances[0]!.move;
  const span = high.damage - low.damage;
  const share = span === 0 ? 1 : (damage - low.damage) / span;
  return { ...high.move, current: low.move.current + share * (high.move.current - low.move.current) };
}
