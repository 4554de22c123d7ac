import { exp, log, log1p } from "../../core/math.js";

/**
 * Hypotheses about the present segment, in the order of their starts: each with its weight and its own belief about what
 * the segment is like. A segment is one of four, and which one is averaged over (Bayes): normal values of unknown mean
 * and variance whose deviations keep 0, 1/2, 9/10 or all of the one before (the last is a random walk with drift). The
 * first value of a segment is Cauchy about 0. Means and variances have conjugate priors (normal inverse gamma), and
 * outliers are a second component of the first two, soft: a value counts by how likely it is none.
 */
export class Segments {
  /** The logarithms of the weights; `add` multiplies them by the likelihoods. */
  readonly weights: Float64Array;
  count = 0;
  readonly #capacity: number;
  /** Of each hypothesis: size, first value, then weight, effective size, mean and sum of squares by kind. */
  readonly #state: Float64Array;
  #last = -0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.weights = new Float64Array(capacity);
    this.#state = new Float64Array(capacity * STRIDE);
  }

  /** How many values it has. */
  size(i: number): number {
    return this.#state[i * STRIDE]!;
  }

  /** Their mean, without outliers. */
  mean(i: number): number {
    return this.#state[i * STRIDE + HEAD + MEAN]!;
  }

  /** Their standard deviation, without outliers. */
  deviation(i: number): number {
    const at = i * STRIDE + HEAD;
    return Math.sqrt(this.#state[at + SQUARES]! / this.#state[at + SIZE]!);
  }

  /** Adds the hypothesis that a segment begins with the next value; there has to be room. */
  open(logWeight: number): void {
    const at = this.count * STRIDE;
    this.weights[this.count++] = logWeight;
    this.#state.fill(0, at, at + STRIDE);
    for (let kind = 0; kind < KINDS; kind++) this.#state[at + HEAD + kind * PER_KIND] = LOG_PRIORS[kind]!;
  }

  drop(i: number): void {
    this.weights.copyWithin(i, i + 1, this.count);
    this.#state.copyWithin(i * STRIDE, (i + 1) * STRIDE, this.count * STRIDE);
    this.count--;
  }

  /** Takes the next value. */
  add(x: number): void {
    for (let i = 0; i < this.count; i++) {
      const isFirst = this.#state[i * STRIDE] === 0;
      this.weights[i]! += isFirst ? this.#begin(i, x) : this.#extend(i, x);
      this.#state[i * STRIDE]! += 1;
    }
    this.#last = x;
  }

  image(): unknown {
    const states = this.#state.subarray(0, this.count * STRIDE);
    return [this.#last, Array.from(this.weights.subarray(0, this.count)), Array.from(states)];
  }

  restore(image: unknown): void {
    const [last, weights, states] = image as [number, number[], number[]];
    this.#last = last;
    this.count = Math.min(weights.length, this.#capacity);
    this.weights.set(weights);
    this.#state.set(states);
  }

  /** The first value of a segment; returns the logarithm of its density. */
  #begin(i: number, x: number): number {
    const at = i * STRIDE;
    this.#state[at + FIRST] = x;
    this.#state[at + HEAD + SIZE] = 1;
    this.#state[at + HEAD + MEAN] = x;
    return -LOG_PI - log1p(x * x);
  }

  /** A later value; returns the logarithm of its density. */
  #extend(i: number, x: number): number {
    const state = this.#state;
    const head = i * STRIDE + HEAD;
    const first = state[i * STRIDE + FIRST]!;
    let most = -Infinity;
    for (let kind = 0; kind < KINDS; kind++) {
      const at = head + kind * PER_KIND;
      state[at]! += this.#learn(kind, at, x - MEMORIES[kind]! * this.#last, first);
      if (state[at]! > most) most = state[at]!;
    }
    let sum = 0;
    for (let kind = 0; kind < KINDS; kind++) sum += exp(state[head + kind * PER_KIND]! - most);
    const all = most + log(sum);
    for (let kind = 0; kind < KINDS; kind++) state[head + kind * PER_KIND]! -= all;
    return all;
  }

  /** Updates one kind with the part of a value that is new; returns the logarithm of the density it gave. */
  #learn(kind: number, at: number, fresh: number, first: number): number {
    const state = this.#state;
    const size = state[at + SIZE]!;
    const mean = state[at + MEAN]!;
    // Without memory the first value is the prior of the mean, and counts as a value.
    const prior = kind === 0 ? 0 : PRIOR_SIZE;
    const about = (1 - MEMORIES[kind]!) * first;
    const shape = PRIOR_SHAPE + (kind === 0 ? size - 1 : size) / 2;
    const total = prior + size;
    const off = fresh - (prior * about + size * mean) / total;
    const between = (prior * size * (mean - about) * (mean - about)) / (2 * total);
    const scale = PRIOR_SCALE + state[at + SQUARES]! / 2 + between;
    const spread = (2 * scale * (total + 1)) / total;
    let density =
      logGammaStep(shape) - 0.5 * log(Math.PI * spread) - (shape + 0.5) * log1p((off * off) / spread);
    let share = 1;
    if (OUTLIERS[kind]!) {
      const wide = (spread / (2 * shape)) * OUTLIER_SPREADS * OUTLIER_SPREADS;
      const outlier = LOG_OUTLIER - LOG_PI - 0.5 * log(wide) - log1p((off * off) / wide);
      const inlier = LOG_INLIER + density;
      const more = Math.max(outlier, inlier);
      density = more + log(exp(outlier - more) + exp(inlier - more));
      share = exp(inlier - density);
    }
    const next = size + share;
    if (next > 0) {
      const step = fresh - mean;
      const moved = mean + (step * share) / next;
      state[at + SIZE] = next;
      state[at + MEAN] = moved;
      state[at + SQUARES]! += share * step * (fresh - moved);
    }
    return density;
  }
}

/** What the deviation of a value keeps of the one before, and how likely that is of a segment. */
const MEMORIES = [0, 0.5, 0.9, 1];
const LOG_PRIORS = [0.94, 0.02, 0.02, 0.02].map(log);
const KINDS = 4;
/** Where much is kept, a jump is a change: it stays. */
const OUTLIERS = [true, true, false, false];

const FIRST = 1;
const HEAD = 2;
const SIZE = 1;
const MEAN = 2;
const SQUARES = 3;
const PER_KIND = 4;
const STRIDE = HEAD + KINDS * PER_KIND;

/** The prior: values that the mean is worth, and the shape and scale of the variance. */
const PRIOR_SIZE = 0.1;
const PRIOR_SHAPE = 1;
const PRIOR_SCALE = 0.1;
/** One value in a thousand is an outlier: Cauchy, ten times as wide. */
const LOG_OUTLIER = log(0.001);
const LOG_INLIER = log1p(-0.001);
const OUTLIER_SPREADS = 10;
const LOG_PI = log(Math.PI);

/** ln Γ(x + 1/2) − ln Γ(x), within 1e-9 for x >= 1: the recurrence up, then Stirling's series. */
function logGammaStep(x: number): number {
  let product = 1;
  let at = x;
  for (; at < 8; at++) product *= at / (at + 0.5);
  const square = 1 / (at * at);
  const series = (1 / at) * (-1 / 8 + square * (1 / 192 - square * (1 / 640 - square * (17 / 14336))));
  return log(product) + 0.5 * log(at) + series;
}
