import { expect, test } from "vitest";
import { compilePolicy, type Rule, type RuleInput } from "../../policy/index.js";
import type { TrialAction } from "../asked.js";
import { Trial } from "../boundary/trial.js";
import { lintPolicy } from "./index.js";

const action = { source: "agent", series: "tool" };
const moment = { at: Date.UTC(2026, 0, 5, 12), regime: "normal" } as const;

/** Whether lint says that `b` is pointless beside `a`. */
function isClaimed(a: RuleInput, b: RuleInput): boolean {
  return lintPolicy(compilePolicy([a, b])).some(
    ({ code, rules }) => rules[0] === "b" && (code === "shadowed-rule" || code === "never-reached"),
  );
}

/** The engine with both rules, and with `a` alone. */
function trials(a: RuleInput, b: RuleInput): readonly [Trial, Trial] {
  const rules = (...inputs: RuleInput[]): readonly Rule[] => compilePolicy(inputs).rules;
  return [Trial.of(rules(a, b), moment), Trial.of(rules(a), moment)];
}

test("a budget whose counter lets go late refuses what one of a hardly longer window lets pass", () => {
  const a: RuleInput = { id: "a", kind: "budget", measure: "calls", limit: 5000, window: "3601s" };
  const b: RuleInput = { ...a, id: "b", window: "1h" };
  expect(isClaimed(a, b)).toBe(false);
  // The last millisecond of a slice of `a`, at which a slice of `b` still goes on.
  const sliceEnd = (windowMs: number, after: number): number => {
    const sliceMs = windowMs / 1024;
    return Math.ceil((Math.floor(after / sliceMs) + 1) * sliceMs) - 1;
  };
  let burstAt = sliceEnd(3_601_000, 4_000_000);
  while (sliceEnd(3_600_000, burstAt) - burstAt < 1500) burstAt = sliceEnd(3_601_000, burstAt + 1);
  const lastAt = sliceEnd(3_600_000, burstAt);
  const [both, alone] = trials(a, b).map((trial) => {
    const until = (ms: number): Trial => trial.wait(ms - trial.elapsedMs);
    // Beyond 1024 instants both merge; what fills them up then stays longer than all that comes before.
    for (let i = 0; i < 1100; i++) until(burstAt - 100_000 + i).run(action);
    until(burstAt);
    for (let i = 0; i < 1500; i++) trial.run(action);
    until(lastAt).run(action);
    until(lastAt + 5000);
    for (let i = 0; i < 5000 - 2601; i++) trial.run(action);
    until(burstAt + 3_601_000 - 50_000);
    for (let i = 0; i < 1100; i++) trial.run(action);
    return until(burstAt + 3_601_000).run(action).allowed;
  });
  expect([both, alone]).toEqual([false, true]);
});

test("a budget for more, which merges at other times, lets go before one of the same window", () => {
  const a: RuleInput = { id: "a", kind: "budget", measure: "usd", limit: 50, window: "1h" };
  const b: RuleInput = { ...a, id: "b", match: { series: "tool" } };
  expect(isClaimed(a, b)).toBe(false);
  const costing = (micro: number, series = "tool"): TrialAction => ({
    ...action,
    series,
    cost: { usd: micro },
  });
  const sliceMs = 3_600_000 / 1024;
  // The first slice in which `a` has forgotten what made it merge: only `b` still does.
  const slice = Math.ceil(3_602_000 / sliceMs);
  const [dearAt, freeAt] = [Math.ceil(slice * sliceMs), Math.ceil((slice + 1) * sliceMs) - 1];
  const [both, alone] = trials(a, b).map((trial) => {
    const until = (ms: number): Trial => trial.wait(ms - trial.elapsedMs);
    for (let i = 0; i < 1100; i++) until(i).run(costing(0, "other"));
    for (let i = 0; i < 1100; i++) until(10_000 + i).run(costing(0));
    until(dearAt).run(costing(49_000_000));
    until(freeAt).run(costing(0));
    return until(dearAt + 3_600_000).run(costing(2_000_000)).allowed;
  });
  expect([both, alone]).toEqual([false, true]);
});

test("a limit that asks a human holds nothing that one over a longer window counts", () => {
  const a: RuleInput = { id: "a", kind: "rate", limit: 1, window: "1m", then: "approve" };
  const b: RuleInput = { ...a, id: "b", limit: 60, window: "1h" };
  expect(isClaimed(a, b)).toBe(false);
  const [both, alone] = trials(a, b).map((trial) => {
    for (let i = 0; i < 100; i++) {
      const asked = trial.run(action);
      if (asked.approvalId === undefined) continue;
      trial.answer(asked.approvalId, "approved");
      trial.run(action);
    }
    return trial.wait(120_000).run(action).allowed;
  });
  expect([both, alone]).toEqual([false, true]);
});

test("a larger assumption takes less when an action that has run out of its permit tells its cost", () => {
  const a: RuleInput = { id: "a", kind: "budget", measure: "usd", limit: 25, window: "1h", assume: 10 };
  const b: RuleInput = { ...a, id: "b", assume: 1 };
  expect(isClaimed(a, b)).toBe(false);
  const [both, alone] = trials(a, b).map((trial) => {
    const { seq } = trial.gate(action);
    trial.wait(900_000).wait(800_000).settle(seq, true, { usd: 20_000_000 });
    return trial.wait(3_300_000).run({ ...action, cost: { usd: 10_000_000 } }).allowed;
  });
  expect([both, alone]).toEqual([false, true]);
});
