import type { Act, Deeds, Move } from "./attack.js";

/** What was done so far, at the times at which it grew. */
export type Curve = readonly (readonly [ms: number, damage: number])[];

/** What a curve has at most: enough to draw it. */
const MAX_POINTS = 500;

/** What an attack does that it cannot do: then it proves nothing. */
export class Foul extends Error {}

/** What really happened to the world: kept by the runner, and not by anybody who is judged. */
export class World {
  readonly #weights: ReadonlyMap<string, number>;
  readonly #curve: [ms: number, damage: number][] = [];
  #damage = 0;

  /** @param weights deeds that count, by name */
  constructor(weights: Readonly<Record<string, number>>) {
    this.#weights = new Map(Object.entries(weights));
  }

  get damage(): number {
    return this.#damage;
  }

  /** The latest times stay where there are too many. */
  get curve(): Curve {
    const step = Math.ceil(this.#curve.length / MAX_POINTS);
    return this.#curve.filter((_, i) => (this.#curve.length - 1 - i) % step === 0);
  }

  /** How much damage deeds would be. @throws Foul for a deed that is no amount */
  weigh(deeds: Deeds | undefined): number {
    let sum = 0;
    for (const [name, amount] of Object.entries(deeds ?? {})) {
      if (!(typeof amount === "number" && Number.isFinite(amount) && amount >= 0))
        throw new Foul(`it says that it did ${String(amount)} of \`${name}\`, which is no amount`);
      sum += amount * (this.#weights.get(name) ?? 0);
    }
    return sum;
  }

  /** Times do not go back. @throws Foul when it all adds up to more than a number can be */
  book(damage: number, atMs: number): void {
    if (damage === 0) return;
    if (!Number.isFinite(this.#damage + damage)) throw new Foul("its damage is no finite number");
    this.#damage += damage;
    const last = this.#curve.at(-1);
    if (last?.[0] === atMs) last[1] = this.#damage;
    else this.#curve.push([atMs, this.#damage]);
  }
}

const CALLS = ["approve", "settle", "resume", "revive"];

/** @throws Foul for what is no move */
export function checkMove(move: unknown): asserts move is Move {
  if (typeof move !== "object" || move === null) throw new Foul("it made a move that is no object");
  const given = move as { readonly [K in string]: unknown };
  switch (given["do"]) {
    case "act":
      checkAct(given);
      return;
    case "together":
      if (!Array.isArray(given["acts"])) throw new Foul("it made a move `together` without a list of `acts`");
      for (const act of given["acts"] as readonly unknown[]) checkAct(act);
      return;
    case "wait":
      if (!isTime(given["ms"])) throw new Foul(`it waits for ${String(given["ms"])} ms, which is no time`);
      return;
    case "call":
      if (!CALLS.includes(given["what"] as string)) throw new Foul(`it calls \`${String(given["what"])}\``);
      return;
    case "signal":
    case "balance":
    case "realize":
    case "crash":
      return;
    default:
      throw new Foul(`it made a move \`${String(given["do"])}\`, which there is not`);
  }
}

function checkAct(given: unknown): asserts given is Act {
  const act = given as Act | null;
  if (typeof act !== "object" || act === null || typeof act.action !== "object" || act.action === null)
    throw new Foul("it made an act without an `action`");
  if (act.ms !== undefined && !isTime(act.ms))
    throw new Foul(`an act of it takes ${String(act.ms)} ms, which is no time`);
}

function isTime(ms: unknown): boolean {
  return typeof ms === "number" && Number.isFinite(ms) && ms >= 0;
}
