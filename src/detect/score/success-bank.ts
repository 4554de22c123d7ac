import { LAYOUT } from "./layout.js";

/*
 * A lane's array begins with its bank of successes.
 */

const { FORECAST, RATE, EFFECTIVE, BEST } = LAYOUT;

/**
 * How long each memory of outcomes lives: what it knew is multiplied by its factor at every outcome, so that a memory
 * of 0.98 lives on about the last 50. The last one keeps apart what follows a success and what follows a failure, for
 * outcomes that come in runs.
 */
export const MEMORIES: readonly number[] = [1, 0.998, 0.985, 0.94, 0.88, 0.75, 0.45, 0.998];

const K = 8;
const RUNS = K - 1;
const RUNS_MEMORY = MEMORIES[RUNS]!;
const COUNTS = 0;
const OKS = K;
const WEIGHTS = 2 * K;
/** What the memory of runs saw after a failure (its place among the others is for what follows a success). */
const COUNT_AFTER_MISS = 3 * K;
const OKS_AFTER_MISS = 3 * K + 1;
const LAST = 3 * K + 2;
/**
 * The share that works has weights of its own, without the memories of the last few outcomes and of runs: they forecast
 * well where outcomes come in runs, but a lane that never failed and then only fails is, to them, in a long run.
 */
const RATE_WEIGHTS = 3 * K + 7;
const RATES = K - 3;

/** Weight that moves between the memories at every outcome, so that none is ever out of the race. */
const SHARE = 0.001;
const RATE_SHARE = 0.002;

/** Makes the bank know nothing: all is one half. */
export function startSuccessBank(s: number[]): void {
  for (let k = 0; k < K; k++) s[WEIGHTS + k] = 1 / K;
  for (let k = 0; k < RATES; k++) s[RATE_WEIGHTS + k] = 1 / RATES;
  s[LAST] = 1;
  summarise(s);
}

/**
 * Learns one outcome: memories that forecast it better gain weight.
 *
 * The forecast is a mixture of Beta-Bernoulli forecasts under forgetting (A. Raj and S. Kalyani, arXiv 1707.09727),
 * with the weights of the fixed-share forecaster (M. Herbster and M. K. Warmuth, Machine Learning 32, 1998).
 */
export function learnSuccess(s: number[], ok: boolean): void {
  const one = ok ? 1 : 0;
  let total = 0;
  let rates = 0;
  for (let k = 0; k < RUNS; k++) {
    const p = (s[OKS + k]! + 0.5) / (s[COUNTS + k]! + 1);
    const likelihood = ok ? p : 1 - p;
    const weight = s[WEIGHTS + k]! * likelihood;
    s[WEIGHTS + k] = weight;
    total += weight;
    if (k >= RATES) continue;
    const ofRate = s[RATE_WEIGHTS + k]! * likelihood;
    s[RATE_WEIGHTS + k] = ofRate;
    rates += ofRate;
  }
  const p = forecastOfRuns(s);
  const ofRuns = s[WEIGHTS + RUNS]! * (ok ? p : 1 - p);
  total += ofRuns;
  // A little of all weight is shared among all.
  const keep = (1 - SHARE) / total;
  const keepRate = (1 - RATE_SHARE) / rates;
  for (let k = 0; k < RUNS; k++) {
    const memory = MEMORIES[k]!;
    s[COUNTS + k] = s[COUNTS + k]! * memory + 1;
    s[OKS + k] = s[OKS + k]! * memory + one;
    s[WEIGHTS + k] = s[WEIGHTS + k]! * keep + SHARE / K;
    if (k < RATES) s[RATE_WEIGHTS + k] = s[RATE_WEIGHTS + k]! * keepRate + RATE_SHARE / RATES;
  }
  s[WEIGHTS + RUNS] = ofRuns * keep + SHARE / K;
  learnRuns(s, one);
  summarise(s);
}

/** The memory of runs learns what followed the last outcome. */
function learnRuns(s: number[], one: number): void {
  const isAfterOk = s[LAST] === 1;
  const count = isAfterOk ? COUNTS + RUNS : COUNT_AFTER_MISS;
  const oks = isAfterOk ? OKS + RUNS : OKS_AFTER_MISS;
  s[count] = s[count]! * RUNS_MEMORY + 1;
  s[oks] = s[oks]! * RUNS_MEMORY + one;
  s[LAST] = one;
}

/** Fades what is known to a share of its weight. */
export function fadeSuccessBank(s: number[], share: number): void {
  for (let k = 0; k < K; k++) scale(s, k, share);
  summarise(s);
}

/** Keeps what is known as the weight of at most so many outcomes. */
export function limitSuccessBank(s: number[], count: number): void {
  for (let k = 0; k < K; k++) {
    const known = s[COUNTS + k]! + (k === RUNS ? s[COUNT_AFTER_MISS]! : 0);
    if (known > count) scale(s, k, count / known);
  }
  summarise(s);
}

/** Begins again from so many outcomes, of which `oks` worked. */
export function restartSuccessBank(s: number[], count: number, oks: number): void {
  for (let k = 0; k < K; k++) {
    s[COUNTS + k] = count;
    s[OKS + k] = oks;
    s[WEIGHTS + k] = 1 / K;
    if (k < RATES) s[RATE_WEIGHTS + k] = 1 / RATES;
  }
  // As if they had come in no order.
  s[COUNTS + RUNS] = oks;
  s[OKS + RUNS] = (oks * oks) / count;
  s[COUNT_AFTER_MISS] = count - oks;
  s[OKS_AFTER_MISS] = ((count - oks) * oks) / count;
  summarise(s);
}

/** The share that worked over the longest memory; one half when nothing is known. */
export function longRunSuccess(s: number[]): number {
  return (s[OKS]! + 0.5) / (s[COUNTS]! + 1);
}

/** Outcomes in the longest memory. */
export function longestCount(s: number[]): number {
  return s[COUNTS]!;
}

/** Probability of a success next, by the memory of runs. */
function forecastOfRuns(s: number[]): number {
  return s[LAST] === 0
    ? (s[OKS_AFTER_MISS]! + 0.5) / (s[COUNT_AFTER_MISS]! + 1)
    : (s[OKS + RUNS]! + 0.5) / (s[COUNTS + RUNS]! + 1);
}

function scale(s: number[], k: number, share: number): void {
  s[COUNTS + k] = s[COUNTS + k]! * share;
  s[OKS + k] = s[OKS + k]! * share;
  if (k !== RUNS) return;
  s[COUNT_AFTER_MISS] = s[COUNT_AFTER_MISS]! * share;
  s[OKS_AFTER_MISS] = s[OKS_AFTER_MISS]! * share;
}

/**
 * Matches a single Beta posterior to the mixture by its mean and variance: memories that disagree widen it, so that
 * the effective count falls as soon as a change is suspected.
 */
function summarise(s: number[]): void {
  let forecast = s[WEIGHTS + RUNS]! * forecastOfRuns(s);
  let rate = 0;
  let square = 0;
  let best = 0;
  let most = 0;
  for (let k = 0; k < RUNS; k++) {
    const inverse = 1 / (s[COUNTS + k]! + 1);
    const p = (s[OKS + k]! + 0.5) * inverse;
    forecast += s[WEIGHTS + k]! * p;
    if (k >= RATES) continue;
    const weight = s[RATE_WEIGHTS + k]!;
    rate += weight * p;
    square += weight * p * (p + (1 - p) * inverse);
    if (weight > most) {
      most = weight;
      best = k;
    }
  }
  s[FORECAST] = forecast;
  s[RATE] = rate;
  s[EFFECTIVE] = Math.max(1, (rate * (1 - rate)) / Math.max(square - rate * rate, 1e-12));
  s[BEST] = best;
}
