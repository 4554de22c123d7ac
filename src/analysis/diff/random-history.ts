import { act } from "./history.js";
import type { History, Step } from "./history.js";
import type { Stock } from "./stock.js";

/** Steps of a random history, at most. */
const MAX_STEPS = 80;
const PRIME = 0x9e3779b1;

/** Numbers that look random and come again for the same seed (mulberry32, by Tommy Ettinger). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed | 0, PRIME);
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}

/** A history out of what the stock has: the same few actions again and again, as limits are reached that way. */
export function randomHistory(stock: Stock, dice: Dice): History {
  const first = dice.pick(stock.witnesses)!;
  const few = Array.from({ length: 1 + dice.below(3) }, () => dice.pick(stock.witnesses)!.action);
  const measures = [...stock.amounts];
  const steps = Array.from({ length: 1 + dice.below(MAX_STEPS) }, (): Step => {
    const kind = dice.below(20);
    if (kind < 3 && stock.spans.length > 0) return { do: "wait", ms: dice.pick(stock.spans)! };
    if (kind === 3) return { do: "wait", ms: dice.below(3000) };
    if (kind === 4 && stock.signals.length > 0)
      return { do: "signal", name: dice.pick(stock.signals)!, value: dice.below(10) };
    if (kind === 5 && stock.accounts.length > 0)
      return {
        do: "balance",
        account: dice.pick(stock.accounts)!,
        start: 1e9,
        current: dice.below(1100) * 1e6,
      };
    let action = dice.pick(few)!;
    const dear = dice.pick(measures);
    if (dear !== undefined && dice.below(2) === 0)
      action = { ...action, cost: { ...action.cost, [dear[0]]: dice.pick(dear[1]) ?? 0 } };
    const tag = dice.pick(stock.tags);
    if (tag !== undefined && dice.below(2) === 0)
      action = { ...action, tags: { ...action.tags, [tag]: `value-${dice.below(30)}` } };
    return act(action, {
      ok: dice.below(3) > 0,
      ...(dice.below(4) === 0 && { progress: dice.below(2) === 0 }),
      ...(dice.below(8) === 0 && { runMs: dice.pick([...stock.spans, Infinity])! }),
    });
  });
  return { moment: first.moment, steps };
}
