import { expect, test } from "vitest";
import { fixedMemoryLoss, nullLoss, windowLoss } from "./forecasters.js";

const stream = [true, false, true, true];

test("knowing nothing costs ln 2 and a quarter", () => {
  expect(nullLoss(stream)).toEqual({ logLoss: Math.log(2), brier: 0.25 });
});

test("a memory for ever forecasts (oks + 1/2) / (n + 1)", () => {
  const forecasts = [1 / 2, 1 - 3 / 4, 1 / 2, 5 / 8];
  const logLoss = -forecasts.reduce((sum, p) => sum + Math.log(p), 0) / 4;
  expect(fixedMemoryLoss(stream, 1).logLoss).toBeCloseTo(logLoss, 12);
});

test("a window longer than the stream forgets nothing, and a short one does", () => {
  expect(windowLoss(stream, 10)).toEqual(fixedMemoryLoss(stream, 1));
  const forecasts = [1 / 2, 1 / 4, 1 / 4, 3 / 4];
  const logLoss = -forecasts.reduce((sum, p) => sum + Math.log(p), 0) / 4;
  expect(windowLoss(stream, 1).logLoss).toBeCloseTo(logLoss, 12);
});
