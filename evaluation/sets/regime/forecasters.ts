/** Log densities of each value given the ones before; the first is 0. */
export type LogScores = readonly number[];

/** Degrees of freedom of the t distributions. */
const FREEDOM = 5;
/** The density of Student's t with five degrees of freedom at 0, as a logarithm. */
const LOG_T5 = Math.log(0.3796066898224944);
/** Values that are repeated exactly would have a variance of zero. */
const LEAST_VARIANCE = 1e-12;

/** Forgetting factors of the mixture. */
export const FORGETTING = [0.8, 0.9, 0.94, 0.97, 0.985, 0.995];

/** A normal distribution with the mean and variance of all values so far. */
export function expandingGauss(values: readonly number[]): LogScores {
  let sum = 0;
  let squares = 0;
  return values.map((x, n) => {
    const mean = sum / n;
    const score = n < 2 ? 0 : logNormal(x - mean, squares / n - mean * mean);
    sum += x;
    squares += x * x;
    return score;
  });
}

/** A normal distribution with the mean and variance of the last `size` values. */
export function rollingGauss(values: readonly number[], size: number): LogScores {
  return values.map((x, n) => {
    const window = values.slice(Math.max(0, n - size), n);
    if (window.length < 2) return 0;
    const mean = window.reduce((sum, each) => sum + each, 0) / window.length;
    const variance = window.reduce((sum, each) => sum + (each - mean) ** 2, 0) / window.length;
    return logNormal(x - mean, variance);
  });
}

/** RiskMetrics (J. P. Morgan 1996): normal with an exponentially weighted variance. */
export function ewmaGauss(values: readonly number[], forgetting: number): LogScores {
  return ewma(values, forgetting, logNormal);
}

/** The same with Student's t of five degrees of freedom and the same variance. */
export function ewmaT5(values: readonly number[], forgetting: number): LogScores {
  return ewma(values, forgetting, (x, variance) => {
    const squared = Math.max(variance, LEAST_VARIANCE) * ((FREEDOM - 2) / FREEDOM);
    return LOG_T5 - Math.log(squared) / 2 - ((FREEDOM + 1) / 2) * Math.log1p((x * x) / squared / FREEDOM);
  });
}

/** The mixture of those over `FORGETTING`, with weights by Bayes' rule. */
export function mixtureOfEwmaT5(values: readonly number[]): LogScores {
  const experts = FORGETTING.map((forgetting) => ewmaT5(values, forgetting));
  const weights = experts.map(() => -Math.log(experts.length));
  return values.map((_, n) => {
    const joint = experts.map((scores, k) => weights[k]! + scores[n]!);
    const most = Math.max(...joint);
    const all = most + Math.log(joint.reduce((sum, each) => sum + Math.exp(each - most), 0));
    joint.forEach((each, k) => (weights[k] = each - all));
    return all;
  });
}

function ewma(
  values: readonly number[],
  forgetting: number,
  density: (x: number, variance: number) => number,
): LogScores {
  let variance = 0;
  return values.map((x, n) => {
    const score = n === 0 ? 0 : density(x, variance);
    // The mean of the squares so far, until that has the longer memory.
    const weight = Math.max(1 - forgetting, 1 / (n + 1));
    variance += weight * (x * x - variance);
    return score;
  });
}

function logNormal(x: number, variance: number): number {
  const least = Math.max(variance, LEAST_VARIANCE);
  return -0.5 * (Math.log(2 * Math.PI * least) + (x * x) / least);
}
