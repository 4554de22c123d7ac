import { FEATURES, Features } from "./features.js";

/** Scores from here on are alerts: an eighth beyond everything seen before. */
export const NOVELTY_ALERT = 1.125;

/** After an alert so many values score nothing: they tell of the same. */
const QUIET = 30;
/** So many values are taken in at once: a rise that takes a few of them is compared with what was before it. */
const BATCH = 10;
/** Values until scores are given. */
const WARM_UP = 100;
/** What a record is worth one value later: half after 20,000 values. */
const FADING = 0.9999653432415313;
/** Movement in relation to the usual means nothing below this. */
const LEAST_RATIO = 3;
const LARGEST_SCORE = 1e6;

const COUNT = FEATURES.length;

/**
 * Tells how new each value of a stream is whose meaning is not known, without training.
 *
 * Ten features say how a value differs from those before it, one-sidedly (see `Features`). Each has its record: the
 * most it has ever been, which fades slowly. The score is the largest ratio of a feature to its record. Scales cancel,
 * and where the future is like the past, new records become rare whatever the distribution: of n exchangeable
 * values, the last one is the largest with a probability of 1/n.
 */
export class Novelty {
  readonly #features = new Features();
  readonly #records = new Float64Array(COUNT);
  /** The most since the records were last brought up to date. */
  readonly #pending = new Float64Array(COUNT);
  #batch = 0;
  #quiet = 0;
  #skipped = 0;
  /** The last alert: which feature, the value, what the feature was, and what it was expected to be at most. */
  #feature = -1;
  #value = -0;
  #amount = -0;
  #limit = -0;

  /** Values that were not finite, and changed nothing. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Takes the next value and returns its score: 0 is nothing new, and from `NOVELTY_ALERT` on it is an alert. The
   * first 100 values and the 30 after an alert score 0.
   *
   * @param at wall-clock time in ms, whose time of day (UTC) counts; NaN: unknown
   */
  add(value: number, at: number): number {
    if (!Number.isFinite(value)) {
      this.#skipped++;
      return 0;
    }
    this.#features.add(value, at);
    const isWarm = this.#features.count > WARM_UP;
    this.#batch++;
    if (!isWarm || this.#batch > BATCH) this.#takeIn();
    const score = this.#compare(value, isWarm && this.#quiet === 0);
    if (this.#quiet > 0) this.#quiet--;
    if (score >= NOVELTY_ALERT) {
      this.#quiet = QUIET;
      this.#batch = 0;
    }
    return score;
  }

  /** Says in words what was new about the last value that was an alert. */
  sentence(): string {
    if (this.#feature < 0) return "no value was new";
    const { says } = FEATURES[this.#feature]!;
    return `the value ${shown(this.#value)} ${says(shown(this.#amount))}, where up to ${shown(this.#limit)} is known`;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.#features.count === 0 && this.#skipped === 0) return null;
    const numbers = [this.#batch, this.#quiet, this.#skipped, this.#feature];
    const last = [this.#value, this.#amount, this.#limit];
    return {
      features: this.#features.image(),
      records: Array.from(this.#records),
      pending: Array.from(this.#pending),
      rest: [...numbers, ...last].map((number) => number + 0),
    };
  }

  /** Fills a new instance. */
  restore(image: unknown): void {
    if (image === null) return;
    const { features, records, pending, rest } = image as Image;
    this.#features.restore(features);
    this.#records.set(records);
    this.#pending.set(pending);
    [this.#batch, this.#quiet, this.#skipped, this.#feature, this.#value, this.#amount, this.#limit] = rest;
  }

  /** The largest ratio of a feature to its record, if it is asked for; the features are noted for the records. */
  #compare(value: number, isAsked: boolean): number {
    const amounts = this.#features.amounts;
    const spread = this.#features.spread;
    let largest = 0;
    let feature = -1;
    for (let i = 0; i < COUNT; i++) {
      const amount = amounts[i]!;
      const record = this.#records[i]! * FADING;
      this.#records[i] = record;
      const ratio = amount / Math.max(record, FEATURES[i]!.isRatio ? LEAST_RATIO : spread);
      if (ratio > largest) {
        largest = ratio;
        feature = i;
      }
      if (amount > this.#pending[i]!) this.#pending[i] = amount;
    }
    if (!isAsked) return 0;
    const score = Math.min(largest, LARGEST_SCORE);
    if (score >= NOVELTY_ALERT) this.#remember(feature, value, spread);
    return score;
  }

  #remember(feature: number, value: number, spread: number): void {
    this.#feature = feature;
    this.#value = value;
    this.#amount = this.#features.amounts[feature]!;
    this.#limit = Math.max(this.#records[feature]!, FEATURES[feature]!.isRatio ? LEAST_RATIO : spread);
  }

  /** Brings the records up to date. */
  #takeIn(): void {
    for (let i = 0; i < COUNT; i++) this.#records[i] = Math.max(this.#records[i]!, this.#pending[i]!);
    this.#pending.fill(0);
    this.#batch = 0;
  }
}

interface Image {
  readonly features: readonly number[];
  readonly records: readonly number[];
  readonly pending: readonly number[];
  readonly rest: readonly [number, number, number, number, number, number, number];
}

function shown(number: number): string {
  return String(Number(number.toPrecision(4)));
}
