import { exp, log } from "../../core/math.js";

/**
 * Returns the probability that a standard normal variable is below z, within 0.0002.
 *
 * A logistic curve with a cubic term: Bowling and others, A logistic approximation to the cumulative normal
 * distribution, JIEM 2 (2009) 114–127.
 */
export function normalBelow(z: number): number {
  return 1 / (1 + exp(-z * (1.5976 + 0.07056 * z * z)));
}

/**
 * Returns the probability that a Beta variable of this mean and count (the sum of its two parameters) is below x,
 * within 0.01 from a count of five on, unless one of its parameters is below 0.7.
 *
 * D. B. Peizer and J. W. Pratt, A normal approximation for binomial, F, beta and other common related tail
 * probabilities, JASA 63 (1968) 1416–1456.
 */
export function betaBelow(x: number, mean: number, count: number): number {
  if (!(x > 0)) return 0;
  if (!(x < 1)) return 1;
  const a = Math.max(mean * count, 0.5);
  const b = Math.max((1 - mean) * count, 0.5);
  const n = a + b - 1;
  // Beta(a, b) <= x as often as at most b - 1 of n tries succeed, each with probability y.
  const y = 1 - x;
  const fine = 0.02 * (x / b - y / a + (x - 0.5) / (n + 1));
  const distance = b - 1 / 3 - (n + 1 / 3) * y + fine;
  const tries = Math.max(n, 1e-9);
  const bend = 1 + x * curvature((b - 0.5) / (tries * y)) + y * curvature((a - 0.5) / (tries * x));
  return normalBelow(distance * Math.sqrt(bend / ((n + 1 / 6) * x * y)));
}

/**
 * Returns the probability that a Student variable with so many degrees of freedom is below t, within about 0.01.
 *
 * D. L. Wallace, Bounds on normal approximations to Student's and the chi-square distributions, AMS 30 (1959)
 * 1121–1130.
 */
export function studentBelow(t: number, freedom: number): number {
  const size = ((8 * freedom + 1) / (8 * freedom + 3)) * Math.sqrt(freedom * log(1 + (t * t) / freedom));
  return normalBelow(t < 0 ? -size : size);
}

/** Peizer and Pratt's g, from 1 at zero through 0 at one. */
function curvature(x: number): number {
  if (x < 1e-9) return 1;
  const d = 1 - x;
  // Next to one the quotient is 0 / 0: its series there.
  if (Math.abs(d) < 0.02) return d / 3 + (d * d) / 6;
  return (1 - x * x + 2 * x * log(x)) / (d * d);
}
