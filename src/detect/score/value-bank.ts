/** How long each memory of results lives; fewer than for outcomes, because each step costs more. */
export const VALUE_MEMORIES: readonly number[] = [0.9998, 0.99, 0.95, 0.8];

/** Doubles of a bank. */
const K = 4;
const COUNTS = 0;
const MEANS = K;
const SQUARES = 2 * K;
const WEIGHTS = 3 * K;
/** Mean; variance of that mean; spread of one result (its variance); which memory has the most weight. */
export const MEAN = 4 * K;
export const MEAN_VARIANCE = 4 * K + 1;
export const SPREAD = 4 * K + 2;
export const BEST_VALUE = 4 * K + 3;

const SHARE = 0.002;
/** A result further from the mean than so many standard deviations teaches as if it were there. */
const CLIP = 8;
/** Results before anything is clipped. */
const CLIP_AFTER = 10;
/** Keeps divisions safe where all results are the same. */
const TINY = 1e-12;

/** Makes the bank at `at` know nothing but one imaginary result of zero, which gives it a scale after the first one. */
export function startValueBank(s: number[], at: number): void {
  for (let k = at; k < at + K; k++) {
    s[k + COUNTS] = 1;
    s[k + WEIGHTS] = 1 / K;
  }
  summarise(s, at);
}

/** Returns the value as the bank would learn it: not further out than eight standard deviations. */
export function clipped(s: number[], at: number, value: number): number {
  if (s[at + COUNTS]! < CLIP_AFTER) return value;
  const reach = CLIP * Math.sqrt(s[at + SPREAD]!);
  return Math.min(Math.max(value, s[at + MEAN]! - reach), s[at + MEAN]! + reach);
}

/**
 * Learns one result: normal-inverse-gamma posteriors under forgetting, weighted by their forecasts.
 *
 * A forecast is scored as a Student density with five degrees of freedom whatever the count, which one outlier does
 * not upset and which needs neither logarithms nor powers.
 */
export function learnValue(s: number[], at: number, value: number): void {
  const x = clipped(s, at, value);
  let total = 0;
  for (let k = at; k < at + K; k++) {
    const count = s[k + COUNTS]!;
    const variance = Math.max(s[k + SQUARES]! / count, TINY) * (1 + 1 / count);
    const distance = x - s[k + MEANS]!;
    const base = 1 + (distance * distance) / (5 * variance);
    const weight = Math.max(s[k + WEIGHTS]! / (Math.sqrt(variance) * base * base * base), 1e-200);
    s[k + WEIGHTS] = weight;
    total += weight;
  }
  for (let k = 0; k < K; k++) {
    s[at + WEIGHTS + k] = (s[at + WEIGHTS + k]! / total) * (1 - SHARE) + SHARE / K;
    learnMoments(s, at + k, K, x, VALUE_MEMORIES[k]!);
  }
  summarise(s, at);
}

/** Learns one value into a count, a mean and a sum of squared deviations that lie `stride` apart. */
export function learnMoments(s: number[], at: number, stride: number, x: number, memory: number): void {
  const before = s[at]! * memory;
  const count = before + 1;
  const distance = x - s[at + stride]!;
  s[at] = count;
  s[at + stride] = s[at + stride]! + distance / count;
  s[at + 2 * stride] = s[at + 2 * stride]! * memory + (distance * distance * before) / count;
}

/** Fades a count and its squared deviations to a share of their weight. */
export function fadeMoments(s: number[], at: number, stride: number, share: number): void {
  const count = Math.max(s[at]! * share, TINY);
  if (s[at]! > 0) s[at + 2 * stride] = s[at + 2 * stride]! * (count / s[at]!);
  s[at] = count;
}

export function fadeValueBank(s: number[], at: number, share: number): void {
  for (let k = at; k < at + K; k++) fadeMoments(s, k, K, share);
  summarise(s, at);
}

/** Keeps what is known as the weight of at most so many results. */
export function limitValueBank(s: number[], at: number, count: number): void {
  for (let k = at; k < at + K; k++) {
    if (s[k + COUNTS]! > count) fadeMoments(s, k, K, count / s[k + COUNTS]!);
  }
  summarise(s, at);
}

/** Results behind the mean, the imaginary one not counted. */
export function effectiveResults(s: number[], at: number): number {
  let count = 0;
  for (let k = at; k < at + K; k++) count += s[k + WEIGHTS]! * s[k + COUNTS]!;
  return Math.max(count - 1, 0);
}

function summarise(s: number[], at: number): void {
  let mean = 0;
  let square = 0;
  let spread = 0;
  let best = 0;
  let most = 0;
  for (let k = 0; k < K; k++) {
    const weight = s[at + WEIGHTS + k]!;
    const count = s[at + COUNTS + k]!;
    const own = s[at + MEANS + k]!;
    const variance = s[at + SQUARES + k]! / count;
    mean += weight * own;
    spread += weight * variance;
    square += weight * (own * own + variance / count);
    if (weight > most) {
      most = weight;
      best = k;
    }
  }
  s[at + MEAN] = mean;
  s[at + MEAN_VARIANCE] = Math.max(square - mean * mean, TINY);
  s[at + SPREAD] = spread;
  s[at + BEST_VALUE] = best;
}
