import { describe, expect, test } from "vitest";
import { MICRO } from "../../core/measure.js";
import { calendarAnswer } from "../../policy/calendar.js";
import { compilePolicy } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { Field } from "./field.js";
import { blastRadius } from "./index.js";
import type { BlastLine, BlastRadiusOptions } from "./index.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("allow rules are members of the list whatever they do", () => {
  const read: RuleInput = { id: "a", kind: "access", effect: "allow", match: { series: ["read"] } };
  const send = (then: "alert" | "approve" | "halt"): RuleInput => ({
    ...{ id: "b", kind: "access", effect: "allow", match: { series: ["send"] }, then },
  });

  test("what a rule lets pass that would only tell is not refused by the others", () => {
    const lines = linesOf([read, send("alert"), "At most 3 `send` calls per day"], "calls");
    expect(lines.find(({ series }) => series.includes("send"))).toMatchObject({
      ...{ bound: 3, reached: { amount: 3 } },
    });
    expect(lines.find(({ series }) => series.includes("read"))!.bound).toBeNull();
    expect(lines.find(({ series }) => series === "other")!.bound).toBe(0);
  });

  test("a list whose strictest rule only tells refuses nothing", () => {
    expect(otherOf([send("alert")])).toBeNull();
    expect(otherOf([send("approve")])).toBe(0);
  });

  test("a list whose strictest rule asks is no wall where everything is approved", () => {
    const approvals = "all";
    expect(otherOf([send("approve")], { approvals })).toBeNull();
    expect(otherOf([send("approve"), { ...read, then: "alert" }], { approvals })).toBeNull();
    expect(otherOf([send("approve"), read], { approvals })).toBe(0);
    expect(otherOf([send("halt"), { ...read, then: "approve" }], { approvals })).toBe(0);
  });

  test("the list is named by its strictest rule", () => {
    const lines = linesOf([{ ...read, then: "approve" }, send("halt")], "calls");
    expect(lines.find(({ series }) => series === "other")!.chain.map(({ rule }) => rule)).toEqual(["b"]);
  });
});

test("a ban that asks is no wall where everything is approved", () => {
  const ban: RuleInput = { id: "a", kind: "access", effect: "deny", then: "approve" };
  expect(otherOf([ban])).toBe(0);
  expect(otherOf([ban], { approvals: "all" })).toBeNull();
});

test("the attacker calls a tool whose name `*` does not take", () => {
  const ban: RuleInput = { id: "a", kind: "access", effect: "deny", match: { series: ["*"] } };
  const cap: RuleInput = { id: "b", kind: "budget", measure: "usd", limit: 100, window: "1d", assume: 0 };
  const [line] = linesOf([ban, cap], "usd");
  expect(line).toMatchObject({ series: "all", bound: 100, reached: { amount: 100 } });
});

describe("time has fractions", () => {
  const office = { schedule: { from: "09:00", to: "10:00", timeZone: "UTC" } };
  const shut: RuleInput = { id: "a", kind: "access", effect: "deny", match: { except: [office] } };
  const closing = Date.UTC(2026, 0, 6, 10);

  test.each<[rules: readonly RuleInput[], horizonMs: number, begin: number, at: readonly number[]]>([
    [
      [shut, { id: "b", kind: "rate", limit: 1, window: "30m" }],
      ...([23.5 * HOUR + 1, closing - 0.5, [0, 23 * HOUR + 0.5, 23.5 * HOUR + 0.5]] as const),
    ],
    [[{ id: "b", kind: "rate", limit: 2, window: "1999ms", burst: 1 }], 1_000, closing, [0, 999.5]],
    [
      [shut, { id: "b", kind: "rate", limit: 2, window: "1999ms", burst: 1 }],
      ...([23 * HOUR + 1_000, closing - 0.25, [0, 23 * HOUR + 0.25, 23 * HOUR + 999.75]] as const),
    ],
    [
      [shut, { id: "b", kind: "budget", measure: "calls", limit: 1, window: day() }],
      ...([23 * HOUR + 1, closing - 0.5, [0, 23 * HOUR + 0.5]] as const),
    ],
    [
      [
        { ...shut, match: { ...shut.match, series: "x" } },
        { id: "b", kind: "rate", limit: 1, window: "30m", match: { series: "x" } },
        { id: "c", kind: "budget", measure: "calls", limit: 1, window: day(), match: { series: "y" } },
        "Only allow `x` and `y`",
      ] as RuleInput[],
      ...([23.5 * HOUR + 1, closing - 0.5, [0, 23 * HOUR + 0.5, 23.5 * HOUR + 0.5]] as const),
    ],
  ])("%j: in %d ms nobody gets past the bound", (rules, horizonMs, begin, at) => {
    const { rules: compiled } = compilePolicy([...rules]);
    const field = new Field(compiled, begin);
    let calls = 0;
    for (const ms of at) {
      field.moveTo(ms);
      for (const series of ["x", "y"])
        if (field.run(field.prepare({ source: "a", series, cost: {} })).allowed) calls += 1;
    }
    expect(calls).toBeGreaterThanOrEqual(at.length);
    const [line] = linesOf(rules, "calls", { horizonMs });
    expect(line!.bound).toBeGreaterThanOrEqual(calls);
    expect(line!.reached!.amount).toBeGreaterThanOrEqual(calls - 1);
  });

  test("who begins half a millisecond before midnight has two days in one millisecond", () => {
    const cap: RuleInput = { id: "a", kind: "budget", measure: "calls", limit: 10, window: day() };
    const [line] = linesOf([cap], "calls", { horizonMs: 1 });
    expect(line).toMatchObject({ bound: 20, reached: { amount: 20 } });
  });

  function day(): { readonly calendar: "day"; readonly timeZone: string } {
    return { calendar: "day", timeZone: "UTC" };
  }
});

test("of many calendar hours none is forgotten", { timeout: 60_000 }, () => {
  const window = { calendar: "hour", timeZone: "Australia/Lord_Howe" } as const;
  const cap: RuleInput = { id: "a", kind: "budget", measure: "usd", limit: 1, window, assume: 0 };
  const begin = Date.parse("2026-04-04T15:29:59.999Z");
  const horizonMs = 340 * DAY;
  const field = new Field(compilePolicy([cap]).rules, begin);
  const action = field.priced(field.prepare({ source: "a", series: "x", cost: {} }), "usd", MICRO);
  let taken = 0;
  for (let at = begin; at < begin + horizonMs; at = calendarAnswer({ calendar: window }, at).until) {
    field.moveTo(at - begin);
    while (field.run(action).allowed) taken += 1;
  }
  const [line] = linesOf([cap], "usd", { horizonMs, attack: false });
  expect(line!.bound).toBeGreaterThanOrEqual(taken);
});

function otherOf(rules: readonly (RuleInput | string)[], options: BlastRadiusOptions = {}): number | null {
  const lines = linesOf(rules, "calls", { attack: false, ...options });
  return lines.find(({ series }) => series === "other")!.bound;
}

function linesOf(
  rules: readonly (RuleInput | string)[],
  measure: string,
  options: BlastRadiusOptions = {},
): readonly BlastLine[] {
  return blastRadius(compilePolicy([...rules]), { measures: [measure], ...options }).lines;
}
