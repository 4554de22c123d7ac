import { exp, log, pow } from "../../core/math.js";

/** Gaps before the rhythm is judged. */
const ENOUGH_GAPS = 8;
/** Weight of one gap once many were seen. */
const LEARNING = 0.05;
/** A gap counts as at most so many usual ones: one outage must not become the rule. */
const LONGEST_LEARNED = 8;
/** The least coefficient of variation: clocks and queues jitter, even where the sample did not. */
const LEAST_VARIATION = 0.25;
/** Beyond it, doubles cannot tell probabilities from zero. */
const MOST_PHI = 300;

/**
 * The rhythm in which one feed arrives, learned, and how suspicious its silence is (the φ accrual failure detector,
 * Hayashibara, Défago, Yared and Katayama 2004). Gaps are taken to be gamma distributed with the mean and variance
 * seen, which fits a metronome and random arrivals alike; the tail is E. B. Wilson and M. M. Hilferty's (1931).
 */
export class Rhythm {
  #last = NaN;
  #gaps = 0;
  #mean = -0;
  #variance = -0;

  /** Takes an arrival. Time that goes back counts as no time. */
  add(mono: number): void {
    if (!Number.isFinite(mono)) return;
    const gap = mono - this.#last;
    if (Number.isNaN(gap)) {
      this.#last = mono;
      return;
    }
    if (gap < 0) return;
    this.#last = mono;
    this.#learn(this.known ? Math.min(gap, LONGEST_LEARNED * this.#mean) : gap);
  }

  /** −log10 of the probability that a gap of the learned rhythm is longer than the present one; 0 until `known`. */
  phi(mono: number): number {
    const silence = mono - this.#last;
    if (!this.known || !(silence > 0)) return 0;
    const least = LEAST_VARIATION * LEAST_VARIATION * this.#mean * this.#mean;
    const perShape = Math.max(this.#variance, least) / (this.#mean * this.#mean) / 9;
    const normal = (pow(silence / this.#mean, 1 / 3) - (1 - perShape)) / Math.sqrt(perShape);
    return Math.min(MOST_PHI, -logUpperTail(normal) / Math.LN10);
  }

  /** The mean gap; NaN until there was one. */
  get usualGapMs(): number {
    return this.#gaps === 0 ? NaN : this.#mean;
  }

  /** Whether enough gaps were seen to judge. */
  get known(): boolean {
    return this.#gaps >= ENOUGH_GAPS && this.#mean > 0;
  }

  /** When the feed last arrived; NaN before. */
  get lastMono(): number {
    return this.#last;
  }

  image(): unknown {
    return Number.isNaN(this.#last) ? null : [this.#last, this.#gaps, this.#mean, this.#variance];
  }

  restore(image: unknown): void {
    if (image === null) return;
    [this.#last, this.#gaps, this.#mean, this.#variance] = image as [number, number, number, number];
  }

  #learn(gap: number): void {
    if (this.#gaps < ENOUGH_GAPS / LEARNING) this.#gaps++;
    const weight = Math.max(1 / this.#gaps, LEARNING);
    const off = gap - this.#mean;
    this.#mean += weight * off;
    this.#variance = (1 - weight) * (this.#variance + weight * off * off);
  }
}

/** The logarithm of P(N > z) for a standard normal N, within 0.01 for z > −5: Z. W. Birnbaum's and M. R. Sampford's bounds. */
function logUpperTail(z: number): number {
  if (z < 0) return log(Math.max(1 - exp(logUpperTail(-z)), 0.5));
  return -(z * z) / 2 - 0.5 * log(2 * Math.PI) + log(2 / (z + Math.sqrt(z * z + 8 / Math.PI)));
}
