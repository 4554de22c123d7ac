/**
 * The usual level and spread of one signal: the median and median deviation of the first values, then exponentially
 * weighted means of the value and of the squared deviation, both clipped so that one wild value moves them little.
 */
export class Baseline {
  #level = -0;
  #spread = -0;
  #seen = 0;
  readonly #first: Float64Array;

  /** @param firstValues how many values make it known */
  constructor(firstValues: number) {
    this.#first = new Float64Array(firstValues);
  }

  /** Whether enough values were seen to judge. */
  get known(): boolean {
    return this.#seen >= this.#first.length;
  }

  get level(): number {
    return this.#level;
  }

  /** The usual spread; never zero once `known`, for a signal that was constant, too. */
  get spread(): number {
    return Math.max(this.#spread, leastSpread(this.#level));
  }

  /**
   * Takes the next value; it has to be finite. Returns whether it was the one with which the baseline became known.
   *
   * @param unusual how likely it is that the present is unusual: then less is learned from it
   */
  add(value: number, unusual: number): boolean {
    if (!this.known) return this.#start(value);
    if (this.#seen < LONGEST_MEMORY) this.#seen++;
    const weight = (1 - UNLEARNED * unusual) / this.#seen;
    const spread = this.spread;
    const most = MOST_DEVIATIONS * spread;
    const off = Math.max(-most, Math.min(most, value - this.#level));
    this.#level += weight * off;
    this.#spread = Math.sqrt(spread * spread + weight * (off * off - spread * spread));
    return false;
  }

  /** The first values, which made the baseline known. */
  firstValues(): Float64Array {
    return this.#first;
  }

  /** Goes on from another level and spread as if `seen` values had given it. */
  become(level: number, spread: number, seen: number): void {
    this.#level = level;
    this.#spread = spread;
    this.#seen = Math.max(this.#first.length, Math.min(LONGEST_MEMORY, seen));
  }

  image(): unknown {
    if (this.#seen === 0) return null;
    const first = this.known ? null : Array.from(this.#first.subarray(0, this.#seen));
    return [this.#level, this.#spread, this.#seen, first];
  }

  restore(image: unknown): void {
    if (image === null) return;
    const [level, spread, seen, first] = image as [number, number, number, number[] | null];
    this.#level = level;
    this.#spread = spread;
    this.#seen = seen;
    if (first !== null) this.#first.set(first);
  }

  #start(value: number): boolean {
    this.#first[this.#seen++] = value;
    if (!this.known) return false;
    const sorted = Float64Array.from(this.#first).sort();
    this.#level = median(sorted);
    const away = sorted.map((x) => Math.abs(x - this.#level)).sort();
    // Where more than half are the same, the rest tells.
    this.#spread = median(away) > 0 ? MAD_TO_SPREAD * median(away) : MEAN_TO_SPREAD * mean(away);
    return true;
  }
}

/** Values that the memory is worth: the half-life is 600. */
const LONGEST_MEMORY = 866;
const MOST_DEVIATIONS = 4;
/** The part that is not learned from what is surely unusual. */
const UNLEARNED = 0.75;
/** Of a normal distribution: its standard deviation in median and in mean deviations. */
const MAD_TO_SPREAD = 1.4826;
const MEAN_TO_SPREAD = 1.2533;

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Rounding errors of a constant are no spread. */
function leastSpread(level: number): number {
  return Math.max(1e-9, 1e-6 * Math.abs(level));
}
