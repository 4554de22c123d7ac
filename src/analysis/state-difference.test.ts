import { expect, test } from "vitest";
import { stateDifferences } from "./state-difference.js";

test("a difference is told by its path, and what one side lacks is undefined there", () => {
  const recorded = { guards: [{ id: "a", counters: [1, 2] }], epoch: 1 };
  const replayed = { guards: [{ id: "a", counters: [1] }], epoch: 2 };
  expect(stateDifferences(recorded, replayed)).toEqual([
    { path: "epoch", recorded: 1, replayed: 2 },
    { path: "guards.0.counters.1", recorded: 2, replayed: undefined },
  ]);
  expect(stateDifferences(recorded, { ...recorded })).toEqual([]);
});

test("names that every object knows are names like any other", () => {
  expect(stateDifferences({ x: { constructor: 1 } }, { x: {} })).toEqual([
    { path: "x.constructor", recorded: 1, replayed: undefined },
  ]);
  const proto: unknown = JSON.parse('{ "__proto__": 1 }');
  expect(stateDifferences({}, proto)).toEqual([{ path: "__proto__", recorded: undefined, replayed: 1 }]);
});
