import { exp, log, log1p } from "../../core/math.js";
import { FIRST_SHOCK_RATIO, FIRST_STRESSED_RATIO, SpreadFilter } from "./spread-filter.js";

/**
 * The present spread of a signal beside its usual one, by nine views: the hidden Markov filter (see `SpreadFilter`)
 * and exponentially weighted variances with four memories and two tails, as in RiskMetrics (J. P. Morgan 1996). How far
 * each is to be trusted is learned from how well it foresees the values, and may change (fixed share, M. Herbster and
 * M. K. Warmuth 1998).
 */
export class Spread {
  readonly #filter = new SpreadFilter();
  /** The trust in the filter, then in the others. */
  readonly #trust = new Float64Array(1 + RECENT).fill(0.5 / RECENT);
  readonly #variances = new Float64Array(MEMORIES.length);
  /** The scale of each recent view, in usual spreads, and the logarithm of the density that each view gave a value. */
  readonly #ratios = new Float64Array(RECENT);
  readonly #scores = new Float64Array(1 + RECENT);
  #count = 0;
  #logScore = NaN;

  constructor() {
    this.#trust[0] = 0.5;
  }

  /** P(the spread is 1.4 times the usual one or more). */
  get stressedOrWorse(): number {
    return this.#massFrom(FIRST_STRESSED_RATIO, this.#filter.stressedOrWorse);
  }

  /** P(the spread is twice the usual one or more). */
  get shock(): number {
    return this.#massFrom(FIRST_SHOCK_RATIO, this.#filter.shock);
  }

  /** The expected multiple of the usual spread. */
  get ratio(): number {
    let sum = this.#trust[0]! * this.#filter.ratio;
    for (let i = 0; i < RECENT; i++) sum += this.#trust[1 + i]! * this.#ratios[i]!;
    return sum;
  }

  /** The logarithm of the density that the last value had before it was seen, in its own unit; NaN before the first. */
  get logScore(): number {
    return this.#logScore;
  }

  /** Takes the next deviation from the usual level, and the usual spread, in the signal's unit. */
  add(deviation: number, usual: number): void {
    const z = deviation / usual;
    this.#filter.add(z);
    this.#scores[0] = this.#filter.logScore - log(usual);
    this.#learn(z, deviation, usual);
    this.#weigh();
  }

  image(): unknown {
    if (this.#count === 0) return null;
    const arrays = [this.#trust, this.#variances, this.#ratios].map((array) => Array.from(array));
    return [this.#filter.image(), ...arrays, this.#count, this.#logScore];
  }

  restore(image: unknown): void {
    if (image === null) return;
    const [filter, trust, variances, ratios, count, logScore] = image as SpreadImage;
    this.#filter.restore(filter);
    this.#trust.set(trust);
    this.#variances.set(variances);
    this.#ratios.set(ratios);
    this.#count = count;
    this.#logScore = logScore;
  }

  /** The densities by the recent views, and what they are after the value. */
  #learn(z: number, deviation: number, usual: number): void {
    // One wild value is not a regime.
    const squared = z * z > MOST_SQUARED ? MOST_SQUARED * usual * usual : deviation * deviation;
    if (this.#count < LONGEST_START) this.#count++;
    for (let memory = 0; memory < MEMORIES.length; memory++) {
      const before = this.#count === 1 ? usual * usual : this.#variances[memory]!;
      // The mean of the squares so far, until that has the longer memory.
      const weight = Math.max(1 - MEMORIES[memory]!, 1 / (START_VALUES + this.#count));
      const after = before + weight * (squared - before);
      this.#variances[memory] = after;
      for (let tail = 0; tail < TAILS.length; tail++) {
        const i = memory * TAILS.length + tail;
        const part = (TAILS[tail]! - 2) / TAILS[tail]!;
        this.#scores[1 + i] = logStudentT(tail, deviation * deviation, part * before);
        this.#ratios[i] = Math.sqrt(part * after) / usual;
      }
    }
  }

  /** Bayes' rule and the fixed share. */
  #weigh(): void {
    const trust = this.#trust;
    const scores = this.#scores;
    let most = -Infinity;
    for (let i = 0; i <= RECENT; i++) most = Math.max(most, scores[i]!);
    let sum = 0;
    for (let i = 0; i <= RECENT; i++) {
      const joint = trust[i]! * exp(scores[i]! - most);
      trust[i] = joint;
      sum += joint;
    }
    this.#logScore = most + log(sum);
    for (let i = 0; i <= RECENT; i++) {
      trust[i] = (1 - SHARE) * (trust[i]! / sum) + SHARE * (i === 0 ? 0.5 : 0.5 / RECENT);
    }
  }

  #massFrom(ratio: number, byFilter: number): number {
    let sum = this.#trust[0]! * byFilter;
    for (let i = 0; i < RECENT; i++) if (this.#ratios[i]! >= ratio) sum += this.#trust[1 + i]!;
    return Math.min(1, sum);
  }
}

type SpreadImage = [unknown, number[], number[], number[], number, number];

/** What a variance keeps per value. */
const MEMORIES = [0.9, 0.94, 0.97, 0.985];
/** Degrees of freedom, and the logarithm of Student's density at 0. */
const TAILS = [5, 9];
const LOG_PEAKS = [0.3796066898224944, 0.3880349029181432].map(log);
const RECENT = MEMORIES.length * TAILS.length;
/** What is given back of the trust per value. */
const SHARE = 0.02;
/** In squared usual spreads. */
const MOST_SQUARED = 64;
/** How many values the usual spread stands for at first, and after how many more the longest memory is full. */
const START_VALUES = 20;
const LONGEST_START = 60;

function logStudentT(tail: number, squared: number, scale: number): number {
  const freedom = TAILS[tail]!;
  return LOG_PEAKS[tail]! - log(scale) / 2 - ((freedom + 1) / 2) * log1p(squared / (freedom * scale));
}
