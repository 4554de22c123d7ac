/**
 * How long each memory of outcomes lives: what it knew is multiplied by its factor at every outcome, so that a memory
 * of 0.98 lives on about the last 50. The last one keeps apart what follows a success and what follows a failure, for
 * outcomes that come in runs.
 */
export const MEMORIES: readonly number[] = [1, 0.998, 0.985, 0.94, 0.88, 0.75, 0.45, 0.998];

const K = 8;
const RUNS = K - 1;
const COUNTS = 0;
const OKS = K;
const WEIGHTS = 2 * K;
/** What the memory of runs saw after a failure (its place among the others is for what follows a success). */
const COUNT_AFTER_MISS = 3 * K;
const OKS_AFTER_MISS = 3 * K + 1;
const LAST = 3 * K + 2;
/** Probability that the next action works; share that works; how many outcomes stand behind that share, with one for the prior. */
export const FORECAST = 3 * K + 3;
export const RATE = 3 * K + 4;
export const EFFECTIVE = 3 * K + 5;
/** Which memory of the share that works has the most weight. */
export const BEST = 3 * K + 6;
/**
 * The share that works has weights of its own, without the memories of the last few outcomes and of runs: they forecast
 * well where outcomes come in runs, but a lane that never failed and then only fails is, to them, in a long run.
 */
const RATE_WEIGHTS = 3 * K + 7;
const RATES = K - 3;

/** Weight that moves between the memories at every outcome, so that none is ever out of the race. */
const SHARE = 0.001;
const RATE_SHARE = 0.002;

/** Makes the bank at `at` know nothing: all is one half. */
export function startSuccessBank(s: number[], at: number): void {
  for (let k = 0; k < K; k++) s[at + WEIGHTS + k] = 1 / K;
  for (let k = 0; k < RATES; k++) s[at + RATE_WEIGHTS + k] = 1 / RATES;
  s[at + LAST] = 1;
  summarise(s, at);
}

/**
 * Learns one outcome: memories that forecast it better gain weight.
 *
 * The forecast is a mixture of Beta-Bernoulli forecasts under forgetting (A. Raj and S. Kalyani, arXiv 1707.09727),
 * with the weights of the fixed-share forecaster (M. Herbster and M. K. Warmuth, Machine Learning 32, 1998).
 */
export function learnSuccess(s: number[], at: number, ok: boolean): void {
  let total = 0;
  let rates = 0;
  for (let k = 0; k < K; k++) {
    const p = forecastOf(s, at, k);
    const likelihood = ok ? p : 1 - p;
    const weight = s[at + WEIGHTS + k]! * likelihood;
    s[at + WEIGHTS + k] = weight;
    total += weight;
    if (k >= RATES) continue;
    const ofRate = s[at + RATE_WEIGHTS + k]! * likelihood;
    s[at + RATE_WEIGHTS + k] = ofRate;
    rates += ofRate;
  }
  const keep = (1 - SHARE) / total;
  const keepRate = (1 - RATE_SHARE) / rates;
  const one = ok ? 1 : 0;
  for (let k = 0; k < RATES; k++) {
    s[at + RATE_WEIGHTS + k] = s[at + RATE_WEIGHTS + k]! * keepRate + RATE_SHARE / RATES;
  }
  for (let k = 0; k < K; k++) {
    s[at + WEIGHTS + k] = s[at + WEIGHTS + k]! * keep + SHARE / K;
    if (k < RUNS) learnCount(s, at + COUNTS + k, at + OKS + k, MEMORIES[k]!, one);
  }
  if (s[at + LAST] === 1) learnCount(s, at + COUNTS + RUNS, at + OKS + RUNS, MEMORIES[RUNS]!, one);
  else learnCount(s, at + COUNT_AFTER_MISS, at + OKS_AFTER_MISS, MEMORIES[RUNS]!, one);
  s[at + LAST] = one;
  summarise(s, at);
}

/** Fades what is known to a share of its weight. */
export function fadeSuccessBank(s: number[], at: number, share: number): void {
  for (let k = 0; k < K; k++) scale(s, at, k, share);
  summarise(s, at);
}

/** Keeps what is known as the weight of at most so many outcomes. */
export function limitSuccessBank(s: number[], at: number, count: number): void {
  for (let k = 0; k < K; k++) {
    const known = s[at + COUNTS + k]! + (k === RUNS ? s[at + COUNT_AFTER_MISS]! : 0);
    if (known > count) scale(s, at, k, count / known);
  }
  summarise(s, at);
}

/** Begins again from so many outcomes, of which `oks` worked. */
export function restartSuccessBank(s: number[], at: number, count: number, oks: number): void {
  for (let k = 0; k < K; k++) {
    s[at + COUNTS + k] = count;
    s[at + OKS + k] = oks;
    s[at + WEIGHTS + k] = 1 / K;
    if (k < RATES) s[at + RATE_WEIGHTS + k] = 1 / RATES;
  }
  // As if they had come in no order.
  s[at + COUNTS + RUNS] = oks;
  s[at + OKS + RUNS] = (oks * oks) / count;
  s[at + COUNT_AFTER_MISS] = count - oks;
  s[at + OKS_AFTER_MISS] = ((count - oks) * oks) / count;
  summarise(s, at);
}

/** The share that worked over the longest memory; one half when nothing is known. */
export function longRunSuccess(s: number[], at: number): number {
  return (s[at + OKS]! + 0.5) / (s[at + COUNTS]! + 1);
}

/** Outcomes in the longest memory. */
export function longestCount(s: number[], at: number): number {
  return s[at + COUNTS]!;
}

/** Probability of a success next, by one memory. */
function forecastOf(s: number[], at: number, k: number): number {
  if (k === RUNS && s[at + LAST] === 0)
    return (s[at + OKS_AFTER_MISS]! + 0.5) / (s[at + COUNT_AFTER_MISS]! + 1);
  return (s[at + OKS + k]! + 0.5) / (s[at + COUNTS + k]! + 1);
}

function learnCount(s: number[], count: number, oks: number, memory: number, one: number): void {
  s[count] = s[count]! * memory + 1;
  s[oks] = s[oks]! * memory + one;
}

function scale(s: number[], at: number, k: number, share: number): void {
  s[at + COUNTS + k] = s[at + COUNTS + k]! * share;
  s[at + OKS + k] = s[at + OKS + k]! * share;
  if (k !== RUNS) return;
  s[at + COUNT_AFTER_MISS] = s[at + COUNT_AFTER_MISS]! * share;
  s[at + OKS_AFTER_MISS] = s[at + OKS_AFTER_MISS]! * share;
}

/**
 * Matches a single Beta posterior to the mixture by its mean and variance: memories that disagree widen it, so that
 * the effective count falls as soon as a change is suspected.
 */
function summarise(s: number[], at: number): void {
  let forecast = s[at + WEIGHTS + RUNS]! * forecastOf(s, at, RUNS);
  let rate = 0;
  let square = 0;
  let best = 0;
  let most = 0;
  for (let k = 0; k < RUNS; k++) {
    const inverse = 1 / (s[at + COUNTS + k]! + 1);
    const p = (s[at + OKS + k]! + 0.5) * inverse;
    forecast += s[at + WEIGHTS + k]! * p;
    if (k >= RATES) continue;
    const weight = s[at + RATE_WEIGHTS + k]!;
    rate += weight * p;
    square += weight * p * (p + (1 - p) * inverse);
    if (weight > most) {
      most = weight;
      best = k;
    }
  }
  s[at + FORECAST] = forecast;
  s[at + RATE] = rate;
  s[at + EFFECTIVE] = Math.max(1, (rate * (1 - rate)) / Math.max(square - rate * rate, 1e-12));
  s[at + BEST] = best;
}
