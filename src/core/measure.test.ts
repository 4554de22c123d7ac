import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatAmount,
  fromMicro,
  hasSixDecimals,
  limitToMicro,
  MAX_MICRO,
  MICRO,
  toMicro,
} from "./measure.js";

describe("measures", () => {
  test.each([
    [0, 0],
    [1, MICRO],
    [0.011, 11_000],
    [0.29, 290_000],
    [1.1, 1_100_000],
    [4.35, 4_350_000],
    [0.1 + 0.2, 300_000],
    [1e-9, 1],
    [5e-324, 1],
    [0.000_001_2, 2],
    [1_000_000.000_001, 1_000_000_000_001],
  ])("%d is %d micro-units, rounded up", (amount, micro) => {
    expect(toMicro(amount)).toBe(micro);
  });

  test("what is not an amount is NaN", () => {
    for (const amount of [NaN, Infinity, -Infinity, -1, -1e-9, 1e10, Number.MAX_VALUE])
      expect(toMicro(amount)).toBeNaN();
    for (const amount of ["1", undefined, null, {}, [], true]) expect(toMicro(amount as number)).toBeNaN();
  });

  test("minus zero is zero", () => {
    expect(Object.is(toMicro(-0), 0)).toBe(true);
    expect(Object.is(limitToMicro(-0), 0)).toBe(true);
  });

  test("an amount of six decimals comes back exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 * MICRO }), (micro) => {
        expect(toMicro(fromMicro(micro))).toBe(micro);
        expect(limitToMicro(fromMicro(micro))).toBe(micro);
        expect(hasSixDecimals(fromMicro(micro))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("a cost is never rounded to less than it is, a limit never to more", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e9, noNaN: true }), (amount) => {
        const noise = amount * MICRO * 2 ** -50;
        expect(toMicro(amount)).toBeGreaterThanOrEqual(amount * MICRO - noise);
        expect(limitToMicro(amount)).toBeLessThanOrEqual(amount * MICRO + noise);
        expect(toMicro(amount) === 0).toBe(amount === 0);
        expect(Number.isSafeInteger(toMicro(amount))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("limits may be negative and must be finite", () => {
    expect(limitToMicro(-1.5)).toBe(-1_500_000);
    expect(limitToMicro(0.000_000_9)).toBe(0);
    for (const limit of [NaN, Infinity, -Infinity, 1e10]) expect(limitToMicro(limit)).toBeNaN();
  });

  test("more than six decimals are seen", () => {
    expect(hasSixDecimals(0.0000001)).toBe(false);
    expect(hasSixDecimals(1.0000005)).toBe(false);
    expect(hasSixDecimals(1.000005)).toBe(true);
  });

  test.each([
    ["usd", 2_500_000, "$2.50"],
    ["usd", 0, "$0.00"],
    ["usd", 5_000_000, "$5.00"],
    ["usd", 11_000, "$0.011"],
    ["usd", 1, "$0.000001"],
    ["usd", 1_234_567_000_000, "$1,234,567.00"],
    ["usd", -2_500_000, "-$2.50"],
    ["tokens", 1_000_000_000, "1,000 tokens"],
    ["tokens", 1_500_000, "1.5 tokens"],
    ["calls", 3_000_000, "3 calls"],
    ["calls", 1_000_000, "1 call"],
    ["usd", MAX_MICRO, "$9,007,199,254.740991"],
  ])("%s %d reads %s", (measure, micro, text) => {
    expect(formatAmount(measure, micro)).toBe(text);
  });
});
