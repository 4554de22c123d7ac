import { expect, test } from "vitest";
import { betaBelow, normalBelow, studentBelow } from "./tails.js";

test("the normal tail is right within 0.0002", () => {
  const known = [
    [0, 0.5],
    [1, 0.841345],
    [-1.644854, 0.05],
    [2.326348, 0.99],
    [-3, 0.00135],
  ] as const;
  for (const [z, p] of known) expect(Math.abs(normalBelow(z) - p)).toBeLessThan(2e-4);
  expect([normalBelow(-1e3), normalBelow(1e3)]).toEqual([0, 1]);
});

test("the Beta tail is right within 0.01 from a count of five on", () => {
  for (const [a, b] of [
    [0.7, 20.5],
    [1.5, 19.5],
    [3, 9],
    [30, 40],
    [2, 80],
    [40, 2],
  ] as const) {
    for (const x of [0.05, 0.1, 0.25, 0.5, 0.9]) {
      expect(Math.abs(betaBelow(x, a / (a + b), a + b) - integral(x, a, b))).toBeLessThan(0.01);
    }
  }
});

test("the Beta tail knows the ends, and does not mind knowing nothing", () => {
  expect([betaBelow(0, 0.5, 10), betaBelow(1, 0.5, 10)]).toEqual([0, 1]);
  for (const x of [0.01, 0.5, 0.99]) {
    const p = betaBelow(x, 0.5, 0);
    expect(p >= 0 && p <= 1).toBe(true);
  }
});

test("the Student tail is right within 0.01", () => {
  const known = [
    [0, 3, 0.5],
    [2.353, 3, 0.95],
    [-1.812, 10, 0.05],
    [1.31, 30, 0.9],
  ] as const;
  for (const [t, freedom, p] of known) expect(Math.abs(studentBelow(t, freedom) - p)).toBeLessThan(0.01);
});

/** The Beta tail by the midpoint rule, finer towards both ends. */
function integral(x: number, a: number, b: number): number {
  const steps = 100_000;
  let below = 0;
  let all = 0;
  for (let i = 0; i < steps; i++) {
    const t = (i + 0.5) / steps;
    // u = t² (3 − 2 t) takes away what is infinite at the ends.
    const u = t * t * (3 - 2 * t);
    const mass = Math.exp((a - 1) * Math.log(u) + (b - 1) * Math.log1p(-u)) * 6 * t * (1 - t);
    all += mass;
    if (u < x) below += mass;
  }
  return below / all;
}
