import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { START_AT } from "../start-at.js";
import { act, times } from "./history.js";
import type { History } from "./history.js";
import { minimise } from "./minimise.js";

const rate = (limit: number): RuleInput => ({ id: "x", kind: "rate", limit, window: "1h" });
const pair = { old: compilePolicy([rate(2)]).rules, new: compilePolicy([rate(4)]).rules };

const action = { source: "agent", series: "tool" };
const dressed = { ...action, tags: { to: "a" }, args: { path: "b" }, cost: { usd: 5 } };
const history: History = {
  moment: { at: START_AT, regime: "normal" },
  steps: [
    { do: "signal", name: "feed", value: 1 },
    ...times(act({ ...action, series: "other" }, { ok: false }), 1),
    { do: "wait", ms: 1000 },
    ...times(act(dressed, { ok: false, progress: true, runMs: 5 }), 9, 10),
  ],
};

/** A clock that goes on by a millisecond whenever somebody looks, and how often that was. */
function ticking(): { readonly now: () => number; readonly looks: () => number } {
  let count = 0;
  return { now: () => count++, looks: () => count };
}

describe("a history in which two policies part", () => {
  test("is left with what matters, and that as plain as can be", () => {
    const plain = act({ ...action, series: "other" });
    const { now } = ticking();
    expect(minimise(pair, history, "wider", { until: Infinity, now })).toMatchObject({
      history: { steps: times(plain, 3) },
      difference: { direction: "wider", step: 2 },
    });
    expect(minimise(pair, history, "narrower", { until: Infinity, now })).toBeUndefined();
  });

  test("is as it was up to the difference where there is no time left", () => {
    const { now } = ticking();
    const { steps } = minimise(pair, history, "wider", { until: 0, now })!.history;
    expect(steps).toEqual(history.steps.slice(0, 5));
  });

  test("is not worked on any more once the time is over", () => {
    for (const until of [1, 3, 7]) {
      const { now, looks } = ticking();
      const { difference } = minimise(pair, history, "wider", { until, now })!;
      expect([difference.direction, looks()]).toEqual(["wider", until + 1]);
    }
  });

  test("of which every step is another is made shorter in as many tries as it has steps", () => {
    const all = Array.from({ length: 40 }, (_, i) => act({ ...action, source: `agent-${i}` }));
    const { now, looks } = ticking();
    const only40 = { old: compilePolicy([rate(39)]).rules, new: pair.old.slice(1) };
    const found = minimise(only40, { ...history, steps: all }, "wider", { until: Infinity, now });
    expect(found?.history.steps).toHaveLength(40);
    expect(looks()).toBeLessThan(100);
  });
});
