import { describe, expect, test } from "vitest";
import type { Profile, Series, Window } from "./corpus.js";
import { at, best, normalised, only, rank, sweep } from "./scorer.js";
import type { Sweep } from "./scorer.js";

const STANDARD: Profile = { name: "standard", detected: 1, falseAlarm: 0.11, missed: 1 };
const LOW_FN: Profile = { name: "low FN", detected: 1, falseAlarm: 0.11, missed: 2 };

/** 1,000 values, of which the first 150 are not scored. */
function series(windows: readonly Window[], length = 1000): Series {
  const values = new Float64Array(length);
  return { name: "a/b.csv", folder: "a", values, times: values, windows };
}

/** Scores that are 1 at some indices and 0 elsewhere. */
function alarms(indices: readonly number[], length = 1000): Float64Array {
  return Float64Array.from({ length }, (_, i) => (indices.includes(i) ? 1 : 0));
}

function swept(windows: readonly Window[], indices: readonly number[], profile = STANDARD): Sweep {
  return sweep(rank([series(windows)], [alarms(indices)]), profile);
}

/** The score of alarms at these indices. */
function scored(windows: readonly Window[], indices: readonly number[], profile = STANDARD): number {
  const result = swept(windows, indices, profile);
  return normalised(at(result, 1).sum, result.windows, profile);
}

const sigmoid = (x: number): number => 2 / (1 + Math.exp(5 * x)) - 1;

describe("what alarms are worth", () => {
  const windows: Window[] = [
    [300, 399],
    [700, 799],
  ];

  test("none at all is 0, and the first value of each window 100, in every profile", () => {
    for (const profile of [STANDARD, LOW_FN]) {
      expect(scored(windows, [], profile)).toBe(0);
      expect(scored(windows, [300, 700], profile)).toBeCloseTo(100, 10);
    }
  });

  test("in a window the first alarm counts, the more the earlier it is", () => {
    const sum = (indices: readonly number[]): number => at(swept(windows, indices), 1).sum;
    expect(sum([349])).toBeCloseTo(sigmoid(-51 / 100) / sigmoid(-1) - 1, 12);
    expect(sum([349, 350, 399])).toBe(sum([349]));
    expect(sum([399])).toBeCloseTo(sigmoid(-1 / 100) / sigmoid(-1) - 1, 12);
  });

  test("a false alarm costs all before any window and far from the last, little shortly after one", () => {
    const cost = (index: number): number => at(swept(windows, [index]), 1).sum + 2;
    expect(cost(200)).toBeCloseTo(-0.11, 12);
    expect(cost(400)).toBeCloseTo(0.11 * sigmoid(1 / 99), 12);
    expect(cost(450)).toBeCloseTo(0.11 * sigmoid(51 / 99), 12);
    expect(cost(699)).toBeCloseTo(-0.11, 12);
  });

  test("the first 15 % of a file are not scored, at most 750 values", () => {
    expect(at(swept(windows, [0, 149]), 1).falseAlarms).toBe(0);
    expect(at(swept(windows, [150]), 1).falseAlarms).toBe(1);
    expect(swept([[100, 149]], []).windows).toBe(0);
    expect(swept([[100, 150]], []).windows).toBe(1);
    const long = sweep(rank([series([], 20_000)], [alarms([749, 750], 20_000)]), STANDARD);
    expect(at(long, 1).falseAlarms).toBe(1);
  });

  test("published sums come out as published scores: 116 windows, of two detectors", () => {
    expect(normalised(57.66075157860638, 116, STANDARD)).toBeCloseTo(74.85377223215792, 10);
    expect(normalised(47.66075157860638, 116, LOW_FN)).toBeCloseTo(80.36228493638114, 10);
    expect(normalised(-33.206059646391715, 116, STANDARD)).toBeCloseTo(35.687043255862065, 10);
  });
});

describe("thresholds", () => {
  const windows: Window[] = [[300, 399]];
  const scores = alarms([]);
  scores.set([0.9, 0.5, 0.5], 348);
  scores[200] = 0.7;

  test("equal scores are alarms together, and the best threshold is taken", () => {
    const result = sweep(rank([series(windows)], [scores]), STANDARD);
    expect(
      result.outcomes.map(({ threshold, found, falseAlarms }) => [threshold, found, falseAlarms]),
    ).toEqual([
      [Infinity, 0, 0],
      [0.9, 1, 0],
      [0.7, 1, 1],
      [0.5, 1, 1],
      [0, 1, 750],
    ]);
    expect(best(result).threshold).toBe(0.9);
    expect(at(result, 0.6)).toBe(result.outcomes[2]);
    expect(at(result, 1)).toBe(result.outcomes[0]);
  });

  test("a detector that says nothing is best off without an alarm", () => {
    expect(best(swept(windows, [])).sum).toBe(-1);
  });

  test("a ranking of fewer files is what they would have alone", () => {
    const files = [series(windows), { ...series([]), folder: "c" }, { ...series(windows), folder: "d" }];
    const all = rank(files, [alarms([310]), alarms([800]), scores]);
    const two = only(all, ({ folder }) => folder !== "a");
    expect(sweep(two, STANDARD)).toEqual(sweep(rank(files.slice(1), [alarms([800]), scores]), STANDARD));
  });
});
