import { exp, log, log1p } from "../../core/math.js";
import { Segments } from "./segments.js";

/** Settings of `ChangePoints`; the defaults are what `Regime` uses. */
export interface ChangePointOptions {
  /** Prior probability that a segment begins with the next value. */
  readonly hazard?: number;
  /** A change is committed when it is so probable that the segment is over. */
  readonly commitMass?: number;
  /** How many starts of the present segment are kept in mind. */
  readonly hypotheses?: number;
}

/**
 * The change points of one stream, found while it runs: Bayesian online change point detection (R. P. Adams and D. J. C.
 * MacKay 2007) with a bounded number of hypotheses about when the present segment began. What a segment is like is
 * averaged over, too: values around a level, with or without memory, or a walk (see `Segments`), so that a trend is not
 * cut to steps. A change is committed when the later starts have all but all of the mass. Memory and time per value are
 * constant. Values should be standardised: the first ones about 0, with a spread of about 1.
 */
export class ChangePoints {
  readonly #logHazard: number;
  readonly #logStay: number;
  readonly #leastMass: number;
  readonly #hypotheses: number;
  readonly #segments: Segments;
  #from = -0;
  #to = -0;
  #ago = 0;
  #skipped = 0;

  constructor({ hazard = 1e-4, commitMass = 0.999, hypotheses = 16 }: ChangePointOptions = {}) {
    this.#logHazard = log(hazard);
    this.#logStay = log1p(-hazard);
    this.#leastMass = log1p(-commitMass);
    this.#hypotheses = hypotheses;
    this.#segments = new Segments(hypotheses);
  }

  /** The mean before the last committed change; outliers count little. */
  get from(): number {
    return this.#from;
  }

  /** The mean after it, when it was committed. */
  get to(): number {
    return this.#to;
  }

  /** How many values the new segment had when it was committed: 1 means that the last value began it. */
  get ago(): number {
    return this.#ago;
  }

  /** How many values the present segment has. */
  get size(): number {
    return this.#segments.count === 0 ? 0 : this.#segments.size(0);
  }

  /** The mean of the present segment. */
  get mean(): number {
    return this.#segments.count === 0 ? 0 : this.#segments.mean(0);
  }

  /** The standard deviation in the present segment. */
  get deviation(): number {
    return this.#segments.count === 0 ? 0 : this.#segments.deviation(0);
  }

  /** Values that were no usable numbers: not finite, or beyond 1e120. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Takes the next value. Returns whether a change was committed. */
  add(x: number): boolean {
    if (!(Math.abs(x) <= LARGEST)) {
      this.#skipped++;
      return false;
    }
    const { weights } = this.#segments;
    if (this.#segments.count === this.#hypotheses) this.#segments.drop(this.#weakest());
    for (let i = 0; i < this.#segments.count; i++) weights[i]! += this.#logStay;
    this.#segments.open(this.#segments.count === 0 ? 0 : this.#logHazard);
    this.#segments.add(x);
    this.#normalise();
    return this.#segments.count > 1 && weights[0]! < this.#leastMass && this.#commit();
  }

  image(): unknown {
    if (this.#segments.count === 0 && this.#skipped === 0) return null;
    return [this.#segments.image(), this.#from, this.#to, this.#ago, this.#skipped];
  }

  restore(image: unknown): void {
    if (image === null) return;
    const [segments, from, to, ago, skipped] = image as [unknown, number, number, number, number];
    this.#segments.restore(segments);
    this.#from = from;
    this.#to = to;
    this.#ago = ago;
    this.#skipped = skipped;
  }

  /** The weights are logarithms of probabilities that sum to one. */
  #normalise(): void {
    const { weights, count } = this.#segments;
    let most = -Infinity;
    for (let i = 0; i < count; i++) most = Math.max(most, weights[i]!);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += exp(weights[i]! - most);
    const all = most + log(sum);
    for (let i = 0; i < count; i++) weights[i]! -= all;
  }

  /** The likeliest of the later starts begins the present segment. */
  #commit(): boolean {
    const { weights, count } = this.#segments;
    let leader = 1;
    for (let i = 2; i < count; i++) if (weights[i]! > weights[leader]!) leader = i;
    this.#from = this.#segments.mean(0);
    for (let i = 0; i < leader; i++) this.#segments.drop(0);
    this.#to = this.mean;
    this.#ago = this.size;
    return true;
  }

  /** The least likely hypothesis apart from the present segment. */
  #weakest(): number {
    const { weights, count } = this.#segments;
    let weakest = 1;
    for (let i = 2; i < count; i++) if (weights[i]! < weights[weakest]!) weakest = i;
    return weakest;
  }
}

const LARGEST = 1e120;
