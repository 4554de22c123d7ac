import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXACT_ENTRIES, SlidingSum } from "./sliding-sum.js";

interface Entry {
  readonly at: number;
  readonly amount: number;
}

const inWindow = (entries: readonly Entry[], now: number, windowMs: number): number =>
  entries.filter(({ at }) => now - at < windowMs).reduce((sum, { amount }) => sum + amount, 0);

const steps = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 50 }),
    amount: fc.integer({ min: 0, max: 9 }),
    back: fc.boolean(),
  }),
  { maxLength: 200 },
);

describe("SlidingSum", () => {
  test("is the sum of the last window, and says exactly when enough has left", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), steps, (windowMs, plan) => {
        const sum = new SlidingSum(windowMs);
        const entries: Entry[] = [];
        let now = 0;
        for (const { gap, amount, back } of plan) {
          now += gap;
          sum.add(now, amount);
          // What is taken back was never there.
          if (back) sum.takeBack(now, amount);
          else entries.push({ at: now, amount });
          const expected = inWindow(entries, now, windowMs);
          expect(sum.total(now) + 0).toBe(expected);
          const allowed = Math.floor(expected / 2);
          const wait = sum.msUntil(now, allowed);
          expect(inWindow(entries, now + wait, windowMs)).toBeLessThanOrEqual(allowed);
          if (wait > 0) expect(inWindow(entries, now + wait - 1, windowMs)).toBeGreaterThan(allowed);
        }
      }),
    );
  });

  test("takes an earlier addition back, merged or not", () => {
    const sum = new SlidingSum(10_000);
    for (let at = 0; at < 9_000; at++) sum.add(at, 1);
    const before = sum.total(9_000);
    sum.takeBack(4_321, 1);
    sum.takeBack(8_999, 1);
    expect(sum.total(9_000)).toBe(before - 2);
    expect(sum.total(30_000) + 0).toBe(0);
  });

  test("beyond its exact entries it errs towards too much, by a slice of the window at most", () => {
    const windowMs = 10_240;
    const sliceMs = windowMs / EXACT_ENTRIES;
    const sum = new SlidingSum(windowMs);
    const entries: Entry[] = [];
    for (let at = 0; at < 60_000; at++) {
      sum.add(at, 1);
      entries.push({ at, amount: 1 });
      if (at % 997 !== 0) continue;
      expect(sum.total(at)).toBeGreaterThanOrEqual(inWindow(entries, at, windowMs));
      expect(sum.total(at)).toBeLessThanOrEqual(inWindow(entries, at, windowMs + 2 * sliceMs));
      expect(sum.snapshot(at).length).toBeLessThanOrEqual(2 * EXACT_ENTRIES + 2);
    }
  });

  test("an empty window is as good as a new one", () => {
    const sum = new SlidingSum(10);
    sum.add(0, 5);
    expect(sum.total(10) + 0).toBe(0);
    expect(sum.snapshot(10)).toEqual([]);
    expect(sum.msUntil(10, 0)).toBe(0);
    expect(sum.msUntil(10, -1)).toBe(Infinity);
  });
});
