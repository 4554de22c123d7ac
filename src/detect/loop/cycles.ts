import { zeros } from "./zeros.js";

/** The longest cycle that is looked for, in calls. */
export const LONGEST_CYCLE = 6;

/** What `Cycles` keeps: the last calls, oldest first; for each period how many calls in a row came as one period before. */
type CyclesImage = readonly [calls: readonly number[], matches: readonly number[], skipped: number];

/**
 * Counts exactly how often the same call, or the same short cycle of calls, comes in a row, for rules that name a number
 * of repeats. It looks at calls only; whoever knows that something new came of one says so with `progress`.
 */
export class Cycles {
  /** Calls that were not numbers, and were left out. */
  skipped = 0;
  readonly #maxPeriod: number;
  /** A ring of eight calls, then the matches of periods 1 to 6. */
  readonly #slots = zeros(RING + LONGEST_CYCLE);
  #next = 0;
  #filled = 0;
  #period = 1;

  /** Takes the longest period to look for, from 1 to 6. */
  constructor(maxPeriod: number) {
    this.#maxPeriod = Math.min(LONGEST_CYCLE, Math.max(1, Math.trunc(maxPeriod) || 1));
  }

  /** The length of the cycle that the last answer of `ask` is about: the shortest with most repeats. */
  get period(): number {
    return this.#period;
  }

  /** Returns how often the cycle would have been made, this call included, if `call` came now; 1: it is no repeat. */
  ask(call: number): number {
    this.#period = 1;
    if (!Number.isFinite(call)) return 1;
    let most = 1;
    for (let period = 1; period <= this.#maxPeriod && period <= this.#filled; period++) {
      if (this.#before(period) !== (call | 0)) continue;
      const times = 1 + Math.trunc((this.#slots[RING + period - 1]! + 1) / period);
      if (times <= most) continue;
      most = times;
      this.#period = period;
    }
    return most;
  }

  /** Notes that a call happened. */
  push(call: number): void {
    if (!Number.isFinite(call)) {
      this.skipped++;
      return;
    }
    for (let period = 1; period <= LONGEST_CYCLE; period++) {
      const slot = RING + period - 1;
      const isMatch = period <= this.#filled && this.#before(period) === (call | 0);
      this.#slots[slot] = isMatch ? Math.min(MOST_MATCHES, this.#slots[slot]! + 1) : 0;
    }
    this.#slots[this.#next] = call | 0;
    this.#next = (this.#next + 1) & (RING - 1);
    this.#filled = Math.min(RING, this.#filled + 1);
  }

  /** Something new came of the last call: counting starts over, with that call as the first. */
  progress(): void {
    this.#slots.fill(0, RING);
  }

  /** Forgets all calls, but not what was skipped. */
  restart(): void {
    this.#slots.fill(0);
    this.#next = 0;
    this.#filled = 0;
  }

  /** Returns what is kept, in JSON's terms; null when that is nothing. */
  image(): unknown {
    if (this.#filled === 0 && this.skipped === 0) return null;
    const calls = Array.from({ length: this.#filled }, (_, at) => this.#before(this.#filled - at));
    return [calls, this.#slots.slice(RING), this.skipped] satisfies CyclesImage;
  }

  /** Takes over an image, on a fresh instance. */
  restore(image: unknown): void {
    if (image === null) return;
    const [calls, matches, skipped] = image as CyclesImage;
    calls.forEach((call, at) => (this.#slots[at] = call));
    matches.forEach((count, at) => (this.#slots[RING + at] = count));
    this.#filled = calls.length;
    this.#next = calls.length & (RING - 1);
    this.skipped = skipped;
  }

  /** The call that came `back` calls ago, the last one being 1. */
  #before(back: number): number {
    return this.#slots[(this.#next - back) & (RING - 1)]!;
  }
}

const RING = 8;
/** Counting ends here; nobody names more repeats. */
const MOST_MATCHES = 1_000_000_000;
