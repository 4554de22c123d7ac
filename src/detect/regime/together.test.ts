import { describe, expect, test } from "vitest";
import { Together } from "./together.js";

function probabilityOf(...probabilities: number[]): number {
  const together = new Together();
  together.clear();
  for (const each of probabilities) together.add(each);
  return together.probability;
}

describe("many signals together", () => {
  test("one alone says what it says", () => {
    for (const probability of [0, 0.2, 0.9, 1])
      expect(probabilityOf(probability)).toBeCloseTo(probability, 12);
    expect(probabilityOf()).toBe(0);
  });

  test("one of many has its share of the odds", () => {
    expect(probabilityOf(0.5, 0, 0, 0)).toBeCloseTo(0.2, 12);
    expect(probabilityOf(...new Array<number>(99).fill(0.001), 0.99)).toBeCloseTo(0.497, 2);
  });

  test("all that agree say what each says, in any order", () => {
    expect(probabilityOf(0.9, 0.9, 0.9, 0.9)).toBeCloseTo(0.9, 12);
    expect(probabilityOf(0.1, 0.9, 0.8)).toBe(probabilityOf(0.8, 0.1, 0.9));
    expect(probabilityOf(0.9, 0.9, 0, 0)).toBeGreaterThan(probabilityOf(0.9, 0, 0, 0));
  });

  test("one that is certain is certain", () => {
    expect(probabilityOf(1, ...new Array<number>(1000).fill(0))).toBe(1);
  });
});
