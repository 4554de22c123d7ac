import { describe, expect, test } from "vitest";
import { coverOf, f1Of } from "./metrics.js";

describe("the metrics of TCPDBench", () => {
  test("are 1 for what all annotators marked", () => {
    expect(coverOf([[10], [10]], [10], 40)).toBe(1);
    expect(f1Of([[10], [10]], [10])).toBe(1);
  });

  test("finding nothing finds the change at index 0", () => {
    expect(f1Of([[14], [], [], [14], [14]], [])).toBeCloseTo(0.8235294117647058, 12);
    expect(coverOf([[14], [], [], [14], [14]], [], 24)).toBeCloseTo(0.7083333333333334, 12);
  });

  test("a change counts within five values, and only once", () => {
    expect(f1Of([[50]], [55])).toBe(1);
    expect(f1Of([[50]], [56])).toBe(0.5);
    expect(f1Of([[50, 54]], [52])).toBeCloseTo(0.8, 12);
  });
});
