import { expect, test } from "vitest";
import { refillsIn, windowsIn } from "./fills.js";
import type { Fill, Frame } from "./fills.js";
import type { Spans } from "./openings.js";

const FRAME: Frame = { startAt: 0, horizonMs: 40 };
const SPANS: readonly Spans[] = [
  [{ from: 0, until: 100 }],
  [
    { from: 3, until: 10 },
    { from: 14, until: 15 },
    { from: 31, until: 50 },
    { from: 61, until: 64 },
    { from: 90, until: 117 },
  ],
  [
    { from: 20, until: 28 },
    { from: 44, until: 52 },
    { from: 67, until: 75 },
    { from: 92, until: 100 },
  ],
  [],
];

test.each([1, 3, 7, 13, 24, 39, 60])(
  "no beginning finds more windows of %d than the best one",
  (windowMs) => {
    for (const spans of SPANS) {
      const { most, begins, within } = windowsIn(spans, windowMs, FRAME);
      expect(most).toBe(mostAt(EIGHTHS, within));
      for (const begin of begins) expect(within(begin, FRAME.horizonMs)).toBe(most);
    }
  },
);

test.each([
  [1, 7, 1],
  [2, 9, 1],
  [3, 10, 4],
  [5, 8, 20],
  [7, 3, 2],
  [1, 40, 1],
])("no beginning finds more tokens of %d in %d with bursts of %d", (limit, windowMs, burst) => {
  for (const spans of SPANS) {
    const { most, begins, within } = refillsIn(spans, { limit, windowMs, burst }, FRAME);
    // The bound is over all moments, and some count for less than an eighth.
    const reached = mostAt(EIGHTHS, within);
    expect(most).toBeGreaterThanOrEqual(reached);
    expect(most).toBeLessThanOrEqual(reached + 1);
    for (const begin of begins) expect(within(begin, FRAME.horizonMs)).toBeGreaterThanOrEqual(reached - 1);
  }
});

/** Moments within all spans. */
const EIGHTHS = Array.from({ length: 1_000 }, (_, i) => i / 8);

function mostAt(begins: readonly number[], within: Fill["within"]): number {
  return Math.max(...begins.map((begin) => within(begin, FRAME.horizonMs)));
}
