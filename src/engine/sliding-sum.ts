import { DOUBLE_ZERO } from "./double-zero.js";

/** Instants kept one by one before neighbours are merged; see {@link SlidingSum}. */
export const EXACT_ENTRIES = 1024;

/** Numbers per entry of the ring: time and amount. */
const ENTRY = 2;

export type SumImage = readonly [sliceEnd: number | null, ...timesAndAmounts: number[]];

/** Most counters are made and never used: they share this until their second entry. */
const NONE = new Float64Array(0);

/**
 * Sums integer amounts over the last `windowMs` milliseconds of monotonic time.
 *
 * An entry made at `t` counts during `[t, t + windowMs)`; amounts of one instant are one entry. Up to
 * {@link EXACT_ENTRIES} instants in a window the sum is exact; beyond that, entries of one 1/{@link EXACT_ENTRIES}
 * slice of the window are merged under the latest time among them, so amounts leave late rather than early and a
 * limit built on the sum errs towards refusal.
 *
 * The newest entry and the time of the oldest stand apart from the ring, so that the common calls touch no array.
 */
export class SlidingSum {
  readonly windowMs: number;
  #total = DOUBLE_ZERO;
  /** Time of the oldest entry; Infinity: there is none. */
  #oldest = Infinity;
  #newest = -Infinity;
  #newestAmount = DOUBLE_ZERO;
  /** Until when additions join the newest entry; -Infinity while every instant is kept apart. */
  #sliceEnd = -Infinity;
  /** Entries before the newest, in a ring of `[time, amount]`. */
  #ring = NONE;
  #head = 0;
  #length = 0;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  /** The sum at `mono`; forgets what has left the window. */
  total(mono: number): number {
    if (mono - this.#oldest >= this.windowMs) this.#forget(mono);
    return this.#total;
  }

  /** Adds `amount` at `mono`, which never lies before an earlier entry. */
  add(mono: number, amount: number): void {
    // What is kept must follow from what was added and when, and not from who looked in between.
    if (mono - this.#oldest >= this.windowMs) this.#forget(mono);
    this.#total += amount;
    if (mono === this.#newest || mono < this.#sliceEnd) {
      this.#newest = mono;
      this.#newestAmount += amount;
      return;
    }
    if (this.#oldest === Infinity) this.#oldest = mono;
    else this.#push(this.#newest, this.#newestAmount);
    this.#newest = mono;
    this.#newestAmount = amount;
    this.#sliceEnd = this.#length < EXACT_ENTRIES ? -Infinity : this.#endOfSlice(mono);
  }

  /** Undoes an `add` at `time`, where it is still in the window. */
  takeBack(time: number, amount: number): void {
    if (this.#oldest === Infinity || time < this.#oldest) return;
    this.#total -= amount;
    if (this.#total === 0) {
      this.clear();
      return;
    }
    // The entry that took it in is the earliest that is not before it: merged entries bear their latest time.
    for (let i = this.#length - 1; i >= -1; i--) {
      if (i >= 0 && this.#ring[this.#slot(i)]! >= time) continue;
      if (i === this.#length - 1) this.#newestAmount -= amount;
      else this.#ring[this.#slot(i + 1) + 1]! -= amount;
      return;
    }
  }

  clear(): void {
    this.#total = DOUBLE_ZERO;
    this.#oldest = Infinity;
    this.#newest = -Infinity;
    this.#newestAmount = DOUBLE_ZERO;
    this.#sliceEnd = -Infinity;
    this.#length = 0;
  }

  /** Milliseconds after `mono` until the sum is at most `allowed`; Infinity when it never is (`allowed < 0`). */
  msUntil(mono: number, allowed: number): number {
    if (allowed < 0) return Infinity;
    let sum = this.total(mono);
    let wait = 0;
    for (const [time, amount] of this.#entries()) {
      if (sum <= allowed) break;
      sum -= amount;
      wait = time + this.windowMs - mono;
    }
    return wait;
  }

  /** Everything kept, for `restore`: until when additions are merged, then times and amounts; null when empty. */
  image(mono: number): SumImage | null {
    if (this.total(mono) === 0 && this.#oldest === Infinity) return null;
    // Snapshots hold most of their numbers here: made in one go, without a pair for each entry.
    const image: [number | null, ...number[]] = [this.#sliceEnd === -Infinity ? null : this.#sliceEnd];
    for (let i = 0; i < this.#length; i++) {
      const at = this.#slot(i);
      image.push(this.#ring[at]!, this.#ring[at + 1]!);
    }
    image.push(this.#newest, this.#newestAmount);
    return image;
  }

  restore(image: SumImage | null): void {
    this.clear();
    if (image === null) return;
    const newest = image.length - ENTRY;
    let room = 4 * ENTRY;
    while (room < newest - 1) room *= 2;
    this.#ring = newest === 1 ? NONE : new Float64Array(room);
    this.#head = 0;
    this.#length = (newest - 1) / ENTRY;
    for (let i = 1; i < newest; i += ENTRY) {
      this.#ring[i - 1] = image[i]!;
      this.#ring[i] = image[i + 1]!;
      this.#total += image[i + 1]!;
    }
    this.#oldest = image[1]!;
    this.#newest = image[newest]!;
    this.#newestAmount = image[newest + 1]!;
    this.#total += this.#newestAmount;
    this.#sliceEnd = image[0] ?? -Infinity;
  }

  /** Bounded, JSON-safe view: `[ageMs, amount]` pairs, oldest first. */
  snapshot(mono: number): readonly (readonly [ageMs: number, amount: number])[] {
    this.total(mono);
    return [...this.#entries()].map(([time, amount]) => [mono - time, amount]);
  }

  *#entries(): IterableIterator<readonly [time: number, amount: number]> {
    if (this.#oldest === Infinity) return;
    for (let i = 0; i < this.#length; i++) {
      const at = this.#slot(i);
      yield [this.#ring[at]!, this.#ring[at + 1]!];
    }
    yield [this.#newest, this.#newestAmount];
  }

  #forget(mono: number): void {
    while (this.#length > 0) {
      const at = this.#slot(0);
      const time = this.#ring[at]!;
      if (mono - time < this.windowMs) {
        this.#oldest = time;
        return;
      }
      this.#total -= this.#ring[at + 1]!;
      this.#head = (this.#head + 1) & (this.#ring.length / ENTRY - 1);
      this.#length -= 1;
    }
    if (mono - this.#newest >= this.windowMs) this.clear();
    else this.#oldest = this.#newest;
  }

  #endOfSlice(mono: number): number {
    const sliceMs = this.windowMs / EXACT_ENTRIES;
    return (Math.floor(mono / sliceMs) + 1) * sliceMs;
  }

  /** Index of the i-th oldest entry of the ring. */
  #slot(i: number): number {
    return ((this.#head + i) * ENTRY) & (this.#ring.length - 1);
  }

  #push(time: number, amount: number): void {
    if (this.#length * ENTRY === this.#ring.length) this.#makeRoom();
    const at = this.#slot(this.#length);
    this.#ring[at] = time;
    this.#ring[at + 1] = amount;
    this.#length += 1;
  }

  /** Doubles the ring; once it holds twice what is exact, merges the entries of one slice instead. */
  #makeRoom(): void {
    const merge = this.#length >= 2 * EXACT_ENTRIES;
    const ring = new Float64Array(merge ? this.#ring.length : Math.max(4 * ENTRY, this.#ring.length * 2));
    const sliceMs = this.windowMs / EXACT_ENTRIES;
    let length = 0;
    let slice = NaN;
    for (let i = 0; i < this.#length; i++) {
      const from = this.#slot(i);
      const own = merge ? Math.floor(this.#ring[from]! / sliceMs) : NaN;
      if (own !== slice) length += 1;
      const to = (length - 1) * ENTRY;
      ring[to] = this.#ring[from]!;
      ring[to + 1] = (own === slice ? ring[to + 1]! : 0) + this.#ring[from + 1]!;
      slice = own;
    }
    this.#ring = ring;
    this.#head = 0;
    this.#length = length;
  }
}
