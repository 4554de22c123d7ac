import { expect, test } from "vitest";
import { Engine } from "../engine/index.js";
import { compilePolicy, type RuleInput } from "../policy/index.js";
import { asked, followCalendar } from "./asked.js";
import { DEFAULT_LIMITS } from "./default-limits.js";
import { START_AT } from "./start-at.js";

const action = { source: "agent", series: "tool" };

function engineOf(...rules: RuleInput[]): Engine {
  return new Engine({ rules: compilePolicy(rules).rules, mode: "enforce", limits: DEFAULT_LIMITS });
}

test("an action without arguments brings none, which is something else than no entries", () => {
  const engine = engineOf({ kind: "loop", repeats: 3 });
  expect(asked(engine, action, 0).details).toBeNull();
  expect(asked(engine, { ...action, args: {} }, 0).details).toMatchObject({ args: "{}" });
  expect(asked(engineOf({ kind: "rate", limit: 1, window: "1s" }), { ...action, args: {} }, 0)).toMatchObject(
    {
      amounts: [1_000_000],
      details: null,
    },
  );
});

test("the tests of a halt in force are answered, too", () => {
  const engine = engineOf();
  const to = (recipient: string): boolean => {
    const ask = asked(engine, { ...action, tags: { recipient } }, 0);
    return engine.gate(ask.lane, START_AT, 0, ask).verdict === "allow";
  };
  expect([to("a@evil.example"), to("b@x.org")]).toEqual([true, true]);
  engine.halt({ scope: { tags: { recipient: ["*@evil.example"] } }, reason: "", by: "op" }, START_AT, 0);
  expect([to("a@evil.example"), to("b@x.org")]).toEqual([false, true]);
});

test("what depends on the calendar follows it, and anew where it is set back", () => {
  const engine = engineOf({
    kind: "access",
    effect: "deny",
    match: { schedule: { days: "weekends" } },
  });
  const passes = (at: number, anew = false): boolean => {
    followCalendar(engine, at, anew);
    const ask = asked(engine, action, 0);
    return engine.gate(ask.lane, at, 0, ask).verdict === "allow";
  };
  const saturday = START_AT + 5 * 86_400_000;
  expect([passes(START_AT), passes(saturday), passes(START_AT, true)]).toEqual([true, false, true]);
});
