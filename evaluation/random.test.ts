import { expect, test } from "vitest";
import { randomSource } from "./random.js";

test("the same seed gives the same numbers, another seed gives others", () => {
  const take = (seed: number): number[] => Array.from({ length: 5 }, randomSource(seed));
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});

test("numbers are even over [0, 1), and neighbours have nothing to do with each other", () => {
  const next = randomSource(1);
  const counts = new Int32Array(100);
  for (let i = 0; i < 100_000; i++) counts[10 * Math.floor(next() * 10) + Math.floor(next() * 10)]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // 99 degrees of freedom: above 149 once in a thousand seeds.
  expect(chiSquare).toBeLessThan(149);
});
