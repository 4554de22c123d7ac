import { describe, expect, test } from "vitest";
import { BurnRate, sizeRamp } from "./index.js";

describe("BurnRate", () => {
  test("a budget that burns fifty times too fast is seen within a minute", () => {
    const rate = new BurnRate(0.01);
    let mono = 0;
    for (let n = 0; n < 1000; n++) expect(rate.add(true, (mono += 1000))).toBe(false);
    let outcomes = 1;
    while (!rate.add(outcomes % 2 === 0, (mono += 1000))) outcomes += 1;
    expect(outcomes).toBeLessThan(60);
    expect(rate.burning).toEqual({ shortMs: 60_000, longMs: 300_000, multiple: 14.4 });
    expect(rate.share(300_000)).toBeGreaterThan(0.144);
  });

  test("one that burns eight times too fast is seen by the slow pair", () => {
    const rate = new BurnRate(0.01);
    let burning = false;
    for (let n = 1; n < 3600 && !burning; n++) burning = rate.add(n % 12 !== 0, 1000 * n);
    expect(rate.burning?.multiple).toBe(6);
  });

  test("failures within the budget, one failure in a quiet hour, and a lone failure never burn it", () => {
    const within = new BurnRate(0.05);
    for (let n = 1; n < 10_000; n++) expect(within.add(n % 20 !== 0, 1000 * n)).toBe(false);
    const quiet = new BurnRate(0.05);
    for (let n = 0; n < 100; n++) expect(quiet.add(n % 3 === 0, 3_600_000 * n)).toBe(false);
    expect(new BurnRate(0.001).add(false, 0)).toBe(false);
  });

  test("a budget too large to burn that fast burns when half of what it leaves fails", () => {
    const rate = new BurnRate(0.2);
    let burning = false;
    for (let n = 1; n < 200 && !burning; n++) burning = rate.add(n % 4 === 0, 1000 * n);
    expect(burning).toBe(true);
  });

  test("times that are none, or go back, are harmless; a restored one goes on bit for bit; a reset is new", () => {
    const rate = new BurnRate(0.05);
    expect(rate.image()).toBeNull();
    for (const mono of [1000, NaN, 500, Infinity]) rate.add(false, mono);
    expect(rate.skipped).toBe(2);
    for (let n = 0; n < 500; n++) {
      const copy = new BurnRate(0.05);
      copy.restore(JSON.parse(JSON.stringify(rate.image())));
      expect(copy.burning).toEqual(rate.burning);
      expect(copy.add(n % 7 > 2, 700 * n)).toBe(rate.add(n % 7 > 2, 700 * n));
      expect(copy.image()).toEqual(rate.image());
    }
    rate.reset(400_000);
    expect([rate.burning, rate.share(60_000)]).toEqual([null, 0]);
  });
});

test("the size shrinks from all at the soft drawdown to nothing at the hard one", () => {
  expect([-1, 0, 0.02].map((drawdown) => sizeRamp(drawdown, 0.02, 0.05))).toEqual([1, 1, 1]);
  expect(sizeRamp(0.035, 0.02, 0.05)).toBeCloseTo(0.5);
  expect([0.05, 0.9, NaN].map((drawdown) => sizeRamp(drawdown, 0.02, 0.05))).toEqual([0, 0, 0]);
  expect([sizeRamp(0.04, 0.05, 0.05), sizeRamp(0.05, 0.05, 0.05)]).toEqual([1, 0]);
});
