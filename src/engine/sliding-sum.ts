/** Entries kept one by one before neighbours are merged; see {@link SlidingSum}. */
export const EXACT_ENTRIES = 1024;

/** Most counters are made and never used: they share this until their first entry. */
const NONE = new Float64Array(0);

/**
 * Sums integer amounts over the last `windowMs` milliseconds of monotonic time.
 *
 * An entry made at `t` counts during `[t, t + windowMs)`. Entries of one instant are stored together. Up to
 * {@link EXACT_ENTRIES} instants in a window the sum is exact; beyond that, entries of one 1/{@link EXACT_ENTRIES}
 * slice of the window are merged under the latest time among them, so amounts leave late rather than early and a
 * limit built on the sum errs towards refusal.
 */
export class SlidingSum {
  readonly windowMs: number;
  #times = NONE;
  #amounts = NONE;
  #head = 0;
  #length = 0;
  #total = 0;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  /** The sum at `mono`; forgets what has left the window. */
  total(mono: number): number {
    while (this.#length > 0 && mono - this.#times[this.#head]! >= this.windowMs) {
      this.#total -= this.#amounts[this.#head]!;
      this.#head = (this.#head + 1) & (this.#times.length - 1);
      this.#length -= 1;
    }
    return this.#total;
  }

  /** Adds `amount` at `mono`, which never lies before an earlier entry. */
  add(mono: number, amount: number): void {
    this.#total += amount;
    if (this.#length > 0) {
      const last = (this.#head + this.#length - 1) & (this.#times.length - 1);
      if (this.#times[last] === mono) {
        this.#amounts[last]! += amount;
        return;
      }
    }
    if (this.#length === this.#times.length) this.#makeRoom();
    const slot = (this.#head + this.#length) & (this.#times.length - 1);
    this.#times[slot] = mono;
    this.#amounts[slot] = amount;
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
    this.#total = 0;
  }

  /** Milliseconds after `mono` until the sum is at most `allowed`; Infinity when it never is (`allowed < 0`). */
  msUntil(mono: number, allowed: number): number {
    if (allowed < 0) return Infinity;
    let sum = this.total(mono);
    for (let i = 0; i < this.#length; i++) {
      if (sum <= allowed) return i === 0 ? 0 : this.#leaves(i - 1, mono);
      sum -= this.#amounts[(this.#head + i) & (this.#times.length - 1)]!;
    }
    return this.#length === 0 ? 0 : this.#leaves(this.#length - 1, mono);
  }

  /** Bounded, JSON-safe image: `[ageMs, amount]` pairs, oldest first. */
  snapshot(mono: number): readonly (readonly [ageMs: number, amount: number])[] {
    this.total(mono);
    return Array.from({ length: this.#length }, (_, i) => {
      const slot = (this.#head + i) & (this.#times.length - 1);
      return [mono - this.#times[slot]!, this.#amounts[slot]!] as const;
    });
  }

  #leaves(entry: number, mono: number): number {
    return this.#times[(this.#head + entry) & (this.#times.length - 1)]! + this.windowMs - mono;
  }

  #makeRoom(): void {
    const capacity = this.#times.length;
    if (capacity < 2 * EXACT_ENTRIES) {
      this.#rebuild(Math.max(4, capacity * 2), 0);
    } else {
      this.#rebuild(capacity, this.windowMs / EXACT_ENTRIES);
    }
  }

  /** Copies the entries into arrays of `capacity`; with `sliceMs`, merges the entries of one slice. */
  #rebuild(capacity: number, sliceMs: number): void {
    const times = new Float64Array(capacity);
    const amounts = new Float64Array(capacity);
    let length = 0;
    let slice = NaN;
    for (let i = 0; i < this.#length; i++) {
      const from = (this.#head + i) & (this.#times.length - 1);
      const time = this.#times[from]!;
      const ownSlice = sliceMs > 0 ? Math.floor(time / sliceMs) : NaN;
      if (ownSlice === slice) {
        times[length - 1] = time;
        amounts[length - 1]! += this.#amounts[from]!;
      } else {
        times[length] = time;
        amounts[length] = this.#amounts[from]!;
        length += 1;
        slice = ownSlice;
      }
    }
    this.#times = times;
    this.#amounts = amounts;
    this.#head = 0;
    this.#length = length;
  }
}
