import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearScale, logScale } from "./scale.js";

const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });

describe("even steps", () => {
  test("round ticks, without the dust of binary fractions", () => {
    expect(linearScale([0, 0.5], 0, 100).ticks).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(linearScale([3, 98], 0, 100).ticks).toEqual([0, 20, 40, 60, 80, 100]);
  });

  test("every value has a place on the axis, in order, and there are neither too few nor too many ticks", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (values) => {
        const scale = linearScale(values, 10, 110);
        const places = [...values].sort((a, b) => a - b).map((value) => scale.place(value));
        for (const [i, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(10 - 1e-6);
          expect(place).toBeLessThanOrEqual(110 + 1e-6);
          if (i > 0) expect(place).toBeGreaterThanOrEqual(places[i - 1]!);
        }
        expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
        expect(scale.ticks.length).toBeLessThanOrEqual(9);
      }),
    );
  });

  test("no values, one value and values that are no numbers still give an axis", () => {
    for (const values of [[], [5], [0, 0], [NaN, Infinity]]) {
      const { ticks, place } = linearScale(values, 0, 100);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(place(ticks[0]!)).toBe(0);
      expect(place(ticks.at(-1)!)).toBe(100);
    }
  });
});

describe("even factors", () => {
  test("powers of ten, thinned out over many", () => {
    expect(logScale([1, 1e6], 0, 100).ticks).toEqual([1, 10, 100, 1000, 1e4, 1e5, 1e6]);
    expect(logScale([1, 1e12], 0, 100).ticks).toEqual([1, 100, 1e4, 1e6, 1e8, 1e10, 1e12]);
    expect(logScale([0.01, 1], 0, 100).ticks).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);
  });

  test("a factor is the same length everywhere", () => {
    const { place } = logScale([1, 1000], 0, 90);
    expect([1, 10, 100, 1000].map((value) => Math.round(place(value)))).toEqual([0, 30, 60, 90]);
  });

  test("zero and what is below have no place and do not matter", () => {
    const { place, ticks } = logScale([0, -5, 1, 100], 0, 90);
    expect(place(0)).toBeNaN();
    expect(place(-5)).toBeNaN();
    expect(ticks).toEqual([1, 2, 5, 10, 20, 50, 100]);
  });
});
