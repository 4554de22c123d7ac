import { describe, expect, test } from "vitest";
import { compilePolicy, type RuleInput } from "../../policy/index.js";
import { type LintCode, type LintFinding, lintPolicy } from "./index.js";

const TOTAL: RuleInput = { id: "total", kind: "budget", measure: "calls", limit: 9_999, window: "1d" };
const HALT: RuleInput = { id: "halt", kind: "errors", consecutive: 9, then: "halt" };

/** What is found in rules that stand beside a total limit and a halt, so that nothing is said of those. */
function lint(...rules: RuleInput[]): LintFinding[] {
  const own = new Set(rules.map(({ id }, i) => id ?? i));
  return lintPolicy(compilePolicy([...rules, ...[TOTAL, HALT].filter(({ id }) => !own.has(id!))]));
}

/** The finding with a code, which must be the only one of its kind. */
function only(code: LintCode, ...rules: RuleInput[]): LintFinding {
  const found = lint(...rules).filter((finding) => finding.code === code);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Errors and warnings, as their codes. */
function faults(...rules: RuleInput[]): string[] {
  return lint(...rules).flatMap(({ code, severity }) => (severity === "info" ? [] : [code]));
}

const deny: RuleInput = { id: "deny", kind: "access", effect: "deny", match: { series: "delete_*" } };
const daily: RuleInput = { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" };

describe("contradictions", () => {
  test("two limits of exactly the same thing are an error, and the stricter one mends it", () => {
    const finding = only("conflicting-limits", daily, { ...daily, id: "more", limit: 80 });
    expect(finding).toMatchObject({ severity: "error", rules: ["more", "daily"] });
    expect(finding.fix).toMatchObject({ replaces: ["daily", "more"], rule: { limit: 50 } });
  });

  test("an alert below a block of the same thing is none", () => {
    const early = { ...daily, id: "early", limit: 40, then: "alert" } as RuleInput;
    expect(faults(daily, early)).toEqual([]);
  });

  test("a halt above a block of the same money is none: an action may cost more than was reserved", () => {
    expect(faults(daily, { ...daily, id: "last", limit: 80, then: "halt" })).toEqual([]);
  });

  test("a human who is asked about what is denied anyway is never asked", () => {
    const ask: RuleInput = { id: "ask", kind: "access", effect: "approve", match: { series: "delete_row" } };
    expect(only("approval-never-asked", deny, ask)).toMatchObject({
      severity: "error",
      rules: ["ask", "deny"],
    });
    expect(
      only(
        "approval-never-asked",
        { id: "cap", kind: "size", measure: "usd", limit: 200 },
        {
          ...ask,
          match: { costOver: { usd: 500 } },
        },
      ),
    ).toMatchObject({ rules: ["ask", "cap"] });
  });

  test("a human who is asked about more than what is denied is asked", () => {
    const ask: RuleInput = {
      id: "ask",
      kind: "access",
      effect: "approve",
      match: { series: ["delete_row", "pay"] },
    };
    expect(faults(deny, ask)).toEqual([]);
    const assumed = { ...daily, assume: 0 } as RuleInput;
    const costly: RuleInput = {
      id: "ask",
      kind: "access",
      effect: "approve",
      match: { costOver: { usd: 60 } },
    };
    // An action that names no cost passes the budget and is asked about.
    expect(faults(assumed, costly)).toEqual([]);
    expect(faults(daily, costly)).toEqual(["approval-never-asked"]);
  });

  test("a limit on what is denied limits nothing", () => {
    const rate: RuleInput = {
      id: "rate",
      kind: "rate",
      limit: 5,
      window: "1h",
      match: { series: "delete_row" },
    };
    expect(only("limit-on-refused", deny, rate)).toMatchObject({
      severity: "warning",
      rules: ["rate", "deny"],
    });
  });

  test("an allow-list that leaves out what another rule is about is told", () => {
    const list: RuleInput = {
      id: "list",
      kind: "access",
      effect: "allow",
      match: { source: "reader", series: "search" },
    };
    const mail: RuleInput = {
      id: "mail",
      kind: "rate",
      limit: 5,
      window: "1h",
      match: { source: "reader", series: "send_*" },
    };
    expect(only("limit-on-refused", list, mail)).toMatchObject({ rules: ["mail", "list"] });
    // Other sources may mail.
    expect(faults(list, { ...mail, match: { series: "send_*" } })).toEqual([]);
    const more: RuleInput = {
      ...list,
      id: "more",
      match: { source: "reader/*", series: "send_email" },
    };
    expect(faults(list, more, mail)).toEqual([]);
  });

  test("an allow-list refuses as strictly as each of its sentences, and one that alerts disarms no other", () => {
    const list: RuleInput = { id: "list", kind: "access", effect: "allow", match: { series: "search" } };
    const tells: RuleInput = { ...list, id: "a", match: { series: "read" }, then: "alert" };
    const mail: RuleInput = { id: "mail", kind: "rate", limit: 5, window: "1h", match: { series: "send_*" } };
    expect(only("limit-on-refused", list, tells, mail).rules).toEqual(["mail", "list"]);
    expect(faults({ ...list, then: "alert" }, tells, mail)).toEqual([]);
  });

  test("what is allowed and denied is a contradiction, and its fix lets the denial give way", () => {
    const allow: RuleInput = {
      id: "allow",
      kind: "access",
      effect: "allow",
      match: { series: "delete_draft" },
    };
    const { fix, ...finding } = only("allowed-but-refused", deny, allow);
    expect(finding).toMatchObject({ severity: "error", rules: ["allow", "deny"] });
    expect(fix.rule).toMatchObject({
      match: { series: ["delete_*"], except: [{ series: ["delete_draft"] }] },
    });
  });

  test("a budget below everything that it applies to lets nothing through", () => {
    const budget = { ...daily, match: { costOver: { usd: 50 } } } as RuleInput;
    expect(only("budget-below-match", budget).severity).toBe("error");
    expect(faults({ ...daily, match: { costOver: { usd: 49 } } })).toEqual([]);
    expect(only("assumed-above-limit", { ...daily, assume: 51 }).rules).toEqual(["daily"]);
  });

  test.each<RuleInput>([
    { id: "all", kind: "access", effect: "deny" },
    { id: "all", kind: "budget", measure: "calls", limit: 0, window: "1d", per: "source" },
    { id: "all", kind: "size", measure: "calls", limit: 0 },
  ])("%j refuses everything", (rule) => {
    expect(only("nothing-passes", rule)).toMatchObject({ severity: "error", rules: ["all"] });
  });
});

describe("rules that never fire", () => {
  const never = (match: object): LintFinding =>
    only("never-fires", { id: "x", kind: "access", effect: "deny", match });

  test("conditions that cannot hold together are an error with the reason", () => {
    expect(never({ args: { kind: { equals: "a", matches: "b*" } } })).toMatchObject({ severity: "error" });
    expect(never({ args: { amount: { equals: 5, over: 9 } } }).evidence).toContain("`5`");
    expect(never({ costOver: { calls: 1 } }).evidence).toContain("exactly one call");
    expect(never({ source: "planner/" }).evidence).toContain("never empty");
  });

  test("what cannot be told is not called impossible", () => {
    // Text where a number belongs: the rule applies, since it goes against the action.
    expect(
      faults({ id: "x", kind: "access", effect: "deny", match: { args: { a: { equals: "b", over: 9 } } } }),
    ).toEqual([]);
  });

  test("an exception that covers the whole rule is an error, and is left out in the fix", () => {
    const rule: RuleInput = {
      ...{ id: "x", kind: "rate", limit: 5, window: "1s" },
      match: { series: "send_email", except: [{ series: "search" }, { series: "send_*" }] },
    };
    const { message, fix } = only("exception-covers-all", rule);
    expect(message).toContain("exception 2");
    expect(fix.rule.match).toEqual({ series: ["send_email"], except: [{ series: ["search"] }] });
  });

  test("an exception for a cost does not cover an action that names none", () => {
    const match = { costUnder: { usd: 3 }, except: { costUnder: { usd: 5 } } };
    expect(faults({ id: "x", kind: "access", effect: "deny", match })).toEqual([]);
  });

  test("exceptions by schedule and regime cover what lies in them", () => {
    const within = { schedule: { days: ["mon" as const], from: "10:00", to: "11:00" } };
    const covers = (schedule: object): boolean =>
      faults({
        ...{ id: "x", kind: "access", effect: "deny" },
        match: { ...within, except: { schedule } },
      }).includes("exception-covers-all");
    expect(covers({ days: "weekdays", from: "09:00", to: "17:00" })).toBe(true);
    expect(covers({ days: "weekdays", from: "09:00", to: "17:00", timeZone: "Europe/Berlin" })).toBe(false);
    expect(covers({ from: "10:30", to: "17:00" })).toBe(false);
    expect(covers({ days: "sun", from: "23:00", to: "22:00" })).toBe(true);
  });

  test("a limit above what another rule lets through is never reached", () => {
    const rate: RuleInput = { id: "rate", kind: "rate", limit: 5, window: "1m" };
    const alert = { ...rate, id: "bell", limit: 400, window: "1h", then: "alert" } as RuleInput;
    expect(only("never-reached", rate, alert)).toMatchObject({ rules: ["bell", "rate"] });
    // 300 fit into an hour.
    expect(faults(rate, { ...alert, limit: 300 } as RuleInput)).toEqual([]);
    expect(faults({ ...rate, then: "alert" }, { ...alert, then: "block" })).toEqual([]);
    expect(faults({ ...rate, per: "source" }, alert)).not.toContain("never-reached");
  });
});

describe("shadowed rules", () => {
  const shadows = (a: object, b: object): boolean =>
    faults({ id: "a", ...a } as RuleInput, { id: "b", ...b } as RuleInput).some(
      (code) => code === "shadowed-rule" || code === "never-reached",
    );
  const rate = { kind: "rate", limit: 5, window: "1m" };

  test("a wider rule with a coarser counter and a lower limit shadows", () => {
    expect(shadows(rate, { ...rate, limit: 9, per: "source", match: { series: "x" } })).toBe(true);
    expect(shadows({ ...rate, match: { series: "x" } }, { ...rate, limit: 9 })).toBe(false);
    expect(shadows({ ...rate, per: "source" }, { ...rate, limit: 9 })).toBe(false);
    expect(shadows({ ...rate, mode: "shadow" }, { ...rate, limit: 9, per: "source" })).toBe(false);
    expect(shadows({ ...rate, then: "approve" }, { ...rate, limit: 5, per: "source" })).toBe(false);
  });

  test("a rule by source also counts sub-agents of the sources that it matches", () => {
    const total = { ...rate, match: { source: "plan*" } };
    const each = { ...rate, per: "source", match: { source: "plan*" } };
    // `planner/helper` is charged to `planner`, and the rule for all does not match it.
    expect(shadows(total, each)).toBe(false);
    expect(shadows({ ...rate, match: { source: "plan**" } }, each)).toBe(true);
    expect(
      shadows({ ...rate, match: { source: "planner" } }, { ...each, match: { source: "planner/*" } }),
    ).toBe(true);
  });

  test("windows, buckets and calendars are compared by what fits through", () => {
    const bucket = { ...rate, limit: 10, window: "1s", burst: 20 };
    expect(shadows({ ...bucket, limit: 9, burst: 12 }, { ...bucket, per: "source" })).toBe(true);
    expect(shadows({ ...bucket, limit: 11 }, { ...bucket, per: "source" })).toBe(false);
    expect(shadows({ kind: "rate", limit: 10, window: "1s" }, bucket)).toBe(true);
    expect(shadows(bucket, { kind: "rate", limit: 619, window: "1m" })).toBe(false);
    expect(shadows(bucket, { kind: "rate", limit: 620, window: "1m" })).toBe(true);
    const month = {
      kind: "budget",
      measure: "usd",
      limit: 50,
      window: { calendar: "month", timeZone: "UTC" },
    };
    const day = { ...month, limit: 60, window: { calendar: "day", timeZone: "UTC" } };
    expect(shadows(month, day)).toBe(true);
    expect(shadows(month, { ...day, window: { calendar: "day", timeZone: "Asia/Tokyo" } })).toBe(false);
    expect(shadows(day, { ...month, limit: 70 })).toBe(false);
  });

  test("a rolling budget that may let go late is shadowed only by one that keeps as long", () => {
    const calls = { kind: "budget", measure: "calls", limit: 5000, window: "1h" };
    // Beyond 1024 instants `1h` may count up to 3.6 s too long.
    expect(shadows({ ...calls, window: "3601s" }, calls)).toBe(false);
    expect(shadows({ ...calls, window: "3603s" }, calls)).toBe(false);
    expect(shadows({ ...calls, window: "3604s" }, calls)).toBe(true);
    expect(shadows({ ...calls, window: "forever" }, calls)).toBe(true);
    expect(shadows({ ...calls, window: "3601s", limit: 1024 }, { ...calls, limit: 1024 })).toBe(true);
    expect(shadows({ ...calls, window: "3601s", limit: 1025 }, { ...calls, limit: 1025 })).toBe(false);
    // What costs nothing takes room, too.
    const usd = { ...calls, measure: "usd", limit: 5 };
    expect(shadows({ ...usd, window: "3601s" }, usd)).toBe(false);
    // Of one window, both let go at once only where they see the same.
    expect(shadows({ ...usd, limit: 4, then: "halt" }, usd)).toBe(true);
    expect(shadows(usd, { ...usd, match: { series: "x" } })).toBe(false);
  });

  test("a cost that is assumed and turns out late leaves two budgets apart, unless they assume the same", () => {
    const usd = { kind: "budget", measure: "usd", limit: 5, window: "1h", assume: 1 };
    expect(shadows({ ...usd, then: "halt" }, usd)).toBe(true);
    expect(shadows({ ...usd, assume: 2, window: "1d" }, usd)).toBe(false);
    expect(shadows({ ...usd, assume: 2, window: "forever" }, usd)).toBe(true);
    expect(shadows({ ...usd, assume: undefined, window: "1d" }, usd)).toBe(true);
  });

  test("a limit that humans lift is no bound for one that counts longer", () => {
    const ask = { kind: "rate", limit: 1, window: "1m", then: "approve" };
    expect(shadows(ask, { ...ask, limit: 60, window: "1h" })).toBe(false);
    expect(shadows(ask, { ...ask, limit: 60, window: "1h", burst: 60 })).toBe(false);
    expect(shadows({ ...ask, then: "block" }, { ...ask, limit: 60, window: "1h" })).toBe(true);
    expect(shadows({ ...ask, window: "1h" }, ask)).toBe(true);
    const often = { ...ask, limit: 6, window: "1m" };
    expect(shadows({ ...ask, window: "10s" }, often)).toBe(false);
    expect(shadows({ ...ask, window: "10s", then: "block" }, often)).toBe(true);
    const bucket = { ...ask, burst: 5 };
    expect(shadows(bucket, { ...bucket, burst: 6, match: { series: "x" } })).toBe(true);
    expect(shadows(bucket, { ...ask, limit: 65, window: "1h" })).toBe(false);
  });

  test("what names no cost and is approved counts in a budget that assumes one, and in no other", () => {
    const usd = { kind: "budget", measure: "usd", limit: 9, window: "1d", then: "approve" };
    expect(shadows(usd, { ...usd, assume: 10 })).toBe(false);
    expect(shadows({ ...usd, then: "block" }, { ...usd, assume: 10 })).toBe(true);
    expect(shadows(usd, { ...usd, match: { series: "x" }, window: "1d", limit: 20 })).toBe(false);
    expect(shadows({ ...usd, window: "forever" }, usd)).toBe(true);
  });

  test("of two that halt the one that reaches further, or longer, shadows the other, whatever their names", () => {
    const stop: RuleInput = { kind: "access", effect: "deny", match: { series: "pay" }, then: "halt" };
    const loser = (one: object, other: object): unknown =>
      only("shadowed-rule", { ...stop, ...one, id: "a" }, { ...stop, ...other, id: "b" }).rules[0];
    expect(loser({ halts: "all" }, {})).toBe("b");
    expect(loser({}, { halts: "all" })).toBe("a");
    expect(loser({}, { for: "10s" })).toBe("b");
    expect(loser({ for: "10s" }, {})).toBe("a");
    const many = { kind: "rate", limit: 5, window: "1m", then: "halt" };
    expect(shadows(many, { ...many, per: "source" })).toBe(true);
  });

  test("the strictest answers for an allow-list, so one of it is pointless beside one that is as strict", () => {
    const list = (series: string[], more: object = {}): RuleInput => ({
      ...{ kind: "access", effect: "allow", match: { series } },
      ...more,
    });
    const [send, wide] = [list(["send"]), ["send", "sent"]];
    const tells = list(["read"], { then: "alert" });
    const isPointless = (other: RuleInput, rule = send): boolean =>
      ["a", "c"].every((id) =>
        lint({ ...rule, id: "b" }, { ...tells, id: "t" }, { ...other, id }).some(
          ({ code, rules }) => code === "shadowed-rule" && rules[0] === "b" && rules[1] === id,
        ),
      );
    expect(isPointless(list(wide))).toBe(true);
    expect(isPointless(list(wide, { then: "halt" }))).toBe(true);
    expect(isPointless(list(wide, { then: "alert" }))).toBe(false);
    expect(isPointless(list(wide, { then: "approve" }))).toBe(false);
    expect(isPointless(list(wide, { mode: "shadow" }))).toBe(false);
    const halting = list(["send"], { then: "halt" });
    expect(isPointless(list(wide, { then: "halt", halts: "all" }), halting)).toBe(false);
    expect(isPointless(list(wide, { then: "halt" }), { ...halting, for: "1m" })).toBe(true);
    expect(isPointless(list(wide, { then: "halt", for: "1m" }), halting)).toBe(false);
  });

  test("of two that are equally strict the first by id stays", () => {
    const one: RuleInput = { id: "a", kind: "access", effect: "deny", match: { series: ["x", "*"] } };
    const two: RuleInput = { id: "b", kind: "access", effect: "deny", match: { series: "*" } };
    expect(only("shadowed-rule", two, one).rules).toEqual(["b", "a"]);
  });

  test("a halt is not shadowed by a rule that only blocks, nor one that comes by itself", () => {
    expect(shadows({ ...rate, limit: 5 }, { ...rate, limit: 5, per: "source", then: "halt" })).toBe(false);
    expect(shadows({ kind: "floor", limit: 25 }, { kind: "floor", limit: 20, then: "halt" })).toBe(false);
    expect(
      shadows({ kind: "floor", limit: 25, then: "halt" }, { kind: "floor", limit: 20, account: "x" }),
    ).toBe(true);
  });

  test("of several settings of the scorer the strictest counts, whatever else they say", () => {
    const score = (id: string, settings: object, match?: object): RuleInput => ({
      id,
      kind: "score",
      settings,
      ...(match !== undefined && { match }),
    });
    const early = score("early", { minSamplesForKill: 10 });
    const odds = only("conflicting-limits", early, score("late", { minSamplesForKill: 15 }));
    expect(odds).toMatchObject({ severity: "error", rules: ["late", "early"] });
    const narrow = score("narrow", { minSamplesForKill: 15 }, { source: "trader" });
    expect(only("shadowed-rule", early, narrow).rules).toEqual(["narrow", "early"]);
    expect(faults(early, score("other", { minSamplesForKill: 15, decayHours: 12 }))).toEqual([]);
    expect(
      faults(
        score("lax", { minSamplesForKill: 15 }),
        score("own", { minSamplesForKill: 5 }, { source: "a" }),
      ),
    ).toEqual([]);
    expect(faults(early, score("slow", { redCooldownHours: 12 }))).toEqual([]);
  });

  test("a learned age is compared with none that is named", () => {
    const stale: RuleInput = { id: "learned", kind: "stale", signal: "feed" };
    expect(faults(stale, { ...stale, id: "named", maxAge: "5s" })).toEqual([]);
    const narrow = { ...stale, id: "narrow", match: { series: "trade" } };
    expect(only("shadowed-rule", stale, narrow).rules).toEqual(["narrow", "learned"]);
  });

  test("the same rule twice is told as that", () => {
    expect(only("duplicate-rule", deny, { ...deny, id: "again" })).toMatchObject({
      rules: ["deny", "again"],
      severity: "warning",
    });
  });

  test("word globs are compared only with texts and with themselves", () => {
    const words = { kind: "access", effect: "deny", match: { series: "~email" } };
    expect(shadows(words, { ...words, match: { series: "send_email" } })).toBe(true);
    expect(shadows(words, { ...words, match: { series: "~email", source: "x" } })).toBe(true);
    expect(shadows(words, { ...words, match: { series: "send_email*" } })).toBe(false);
    expect(shadows(words, { ...words, match: { series: "~send email" } })).toBe(false);
  });
});

describe("holes", () => {
  const each: RuleInput = { id: "each", kind: "rate", limit: 8, window: "1s", per: "source" };
  /** A total of another thing. */
  const money: RuleInput = {
    id: "total",
    kind: "budget",
    measure: "usd",
    limit: 50,
    window: "1d",
    assume: 0,
  };

  test("a cap per source that new names escape is a warning, and its fix is a total", () => {
    const { fix, severity, evidence } = only("cap-escaped-by-names", each, money);
    expect([severity, fix.replaces]).toEqual(["warning", []]);
    expect(evidence).toContain("`agent-2`");
    expect(fix.rule).toMatchObject({ kind: "rate", limit: 80, window: "1s" });
    expect(fix.rule.per).toBeUndefined();
    expect(faults(each, money, fix.rule)).toEqual([]);
  });

  test("sources that are named, a list of those that may act, and a total keep it shut", () => {
    expect(faults({ ...each, match: { source: ["a", "b"] } }, money)).toEqual([]);
    expect(faults({ ...each, match: { source: ["a", "b*"] } }, money)).toEqual(["cap-escaped-by-names"]);
    const known: RuleInput = {
      id: "known",
      kind: "access",
      effect: "deny",
      match: { except: { source: ["a", "b"] } },
    };
    expect(faults(each, known, money)).toEqual([]);
    const perTag: RuleInput = { ...each, per: "tag:recipient" };
    expect(faults(perTag, money)).toEqual(["cap-escaped-by-names"]);
    expect(faults({ ...perTag, match: { tags: { recipient: ["x", "y"] } } }, money)).toEqual([]);
    const list = {
      id: "list",
      kind: "access",
      effect: "allow",
      match: { tags: { recipient: ["x"] } },
    } as const;
    expect(faults(perTag, list, money)).toEqual([]);
    const other: RuleInput = { ...list, id: "other", match: { series: "send_*" } };
    expect(faults(perTag, list, other, money)).toEqual(["cap-escaped-by-names"]);
  });

  test("names that only have a word in common are not known names", () => {
    expect(faults({ ...each, match: { source: "~intern" } }, money)).toEqual(["cap-escaped-by-names"]);
  });

  test("caps that one total would close are one finding", () => {
    const mails: RuleInput = { ...each, id: "mails", limit: 2, match: { series: "send_*" } };
    const many: RuleInput = { id: "many", kind: "concurrency", limit: 3, per: "source" };
    const found = lint(mails, each, many, money).filter(({ code }) => code === "cap-escaped-by-names");
    expect(found.map(({ rules }) => rules)).toEqual([["each", "mails"], ["many"]]);
    expect(faults(mails, each, many, money, ...found.map(({ fix }) => fix.rule))).toEqual([]);
  });

  test("no total limit and no halt are warnings of the whole policy", () => {
    const found = lintPolicy(compilePolicy([deny])).map(({ code, rules }) => [code, rules]);
    expect(found).toEqual([
      ["no-total-limit", []],
      ["no-halt-rule", []],
    ]);
    expect(lintPolicy(compilePolicy([TOTAL, HALT]))).toEqual([]);
    expect(lintPolicy(compilePolicy([]))).toMatchObject([{ code: "empty-policy", severity: "warning" }]);
  });

  test("a policy that only alerts, or is all in shadow, stops nothing", () => {
    const quiet = [TOTAL, HALT].map((rule): RuleInput => ({ ...rule, mode: "shadow" }));
    expect(faults(...quiet)).toEqual(["nothing-stops"]);
    expect(faults({ ...TOTAL, then: "alert" }, quiet[1]!)).toEqual(["nothing-stops"]);
  });
});

describe("what is left to people", () => {
  test("alerts and approvals are told once each", () => {
    const bells = ["a", "b"].map((id): RuleInput => ({
      ...daily,
      id,
      limit: id === "a" ? 40 : 45,
      then: "alert",
    }));
    expect(only("alerts-need-a-listener", ...bells)).toMatchObject({ severity: "info", rules: ["a", "b"] });
    const ask: RuleInput = { id: "ask", kind: "access", effect: "approve", match: { series: "pay" } };
    expect(
      only("approvals-need-an-approver", ask, { ...ask, id: "b", match: { series: "buy" } }).rules,
    ).toEqual(["ask", "b"]);
  });

  test("asking about everything is a warning; asking and alerting in shadow an info", () => {
    const ask: RuleInput = { id: "ask", kind: "access", effect: "approve" };
    expect(only("approval-for-everything", ask).severity).toBe("warning");
    expect(only("approval-in-shadow", { ...ask, mode: "shadow" }).severity).toBe("info");
    expect(only("alert-in-shadow", { ...daily, then: "alert", mode: "shadow" }).severity).toBe("info");
  });
});

describe("names and values", () => {
  const about = (match: object): RuleInput => ({ id: "x", kind: "access", effect: "deny", match });

  test.each([
    ["^delete", ["delete"]],
    ["delete.*$", ["delete*"]],
    ["{read,write}_file", ["read_file", "write_file"]],
    ["(read|write)_file", ["read_file", "write_file"]],
    ["read|write", ["read", "write"]],
    ["get[0-9]", ["get?"]],
    ["!search", ["search"]],
    ["read, write", ["read", "write"]],
    [" search", ["search"]],
  ])("%j is no glob of ours, and %j likely was meant", (glob, mended) => {
    const { severity, fix } = only("not-a-glob", about({ series: glob }));
    expect([severity, fix.rule.match?.series]).toEqual(["warning", mended]);
  });

  test("ordinary names are not doubted", () => {
    for (const series of [
      "KXBTC",
      "mail.*",
      "a?b",
      "getUser",
      "s3:*",
      "~email",
      "net/http",
      "C++",
      "a-b_c",
      "\\~x",
    ])
      expect([series, faults(about({ series }))]).toEqual([series, []]);
    expect(faults(about({ tags: { note: "hello, world!" } }))).toEqual([]);
  });

  test("a star that spares sub-agents is told, but not where they are charged to those above", () => {
    expect(only("star-stops-at-slash", about({ source: "*" })).severity).toBe("warning");
    const info = only("star-stops-at-slash", about({ source: "bot-*" }));
    expect([info.severity, info.fix.rule.match?.source]).toEqual(["info", ["bot-*", "bot-*/**"]]);
    const codes = lint({
      id: "x",
      kind: "rate",
      limit: 1,
      window: "1s",
      per: "source",
      match: { source: "bot-*" },
    });
    expect(codes.map(({ code }) => code)).not.toContain("star-stops-at-slash");
  });

  test("names that differ in case, look alike, or cannot be are told", () => {
    const other: RuleInput = { ...about({ series: "Send_Email" }), id: "y" };
    expect(only("differs-in-case", about({ series: "send_email" }), other)).toMatchObject({
      rules: ["y", "x"],
      fix: { rule: { match: { series: ["send_email"] } } },
    });
    expect(faults(about({ series: ["**Delete**", "**delete**"] }), other)).toEqual([]);
    expect(only("look-alike-letters", about({ series: "сору" })).fix.rule.match?.series).toEqual(["copy"]);
    expect(only("look-alike-letters", about({ series: "νι" })).fix.rule.match?.series).toEqual(["vi"]);
    expect(faults(about({ series: "покупка" }))).toEqual([]);
    expect(only("name-never-matches", about({ source: ["a", "b//c"] })).fix.rule.match?.source).toEqual([
      "a",
      "b/c",
    ]);
    // Two exceptions with the same slip are mended at once.
    const twice = about({ except: [{ source: "/x" }, { source: ["y", "/x"], series: "a" }] });
    expect(only("name-never-matches", twice).fix.rule.match?.except).toEqual([
      { source: ["x"] },
      { source: ["x", "y"], series: ["a"] },
    ]);
  });

  test("what actions must say of themselves is told once for each measure and tag", () => {
    const size: RuleInput = { id: "size", kind: "size", measure: "usd", limit: 5 };
    const cost = only("cost-required", daily, size);
    expect([cost.rules, cost.fix.rule]).toMatchObject([["daily", "size"], { assume: 0 }]);
    expect(only("tag-required", about({ tags: { env: "prod" } })).fix.rule).toMatchObject({
      effect: "deny",
      match: { except: [{ tags: { env: ["**"] } }] },
    });
    expect(only("untagged-share-a-counter", { ...TOTAL, per: "tag:run" }).severity).toBe("info");
  });

  test("names that every object knows are names like any other", () => {
    const tags = { constructor: "[ab]x" };
    const mended = only("not-a-glob", about({ tags, except: [{ tags: { team: "x" } }] }));
    expect(mended.fix.rule.match).toEqual({
      tags: { constructor: ["?x"] },
      except: [{ tags: { team: ["x"] } }],
    });
    const demand: RuleInput = { ...about({ except: [{ tags: { team: "**" } }] }), id: "demand" };
    const asked = about({ tags: { constructor: "a", team: "b" } });
    expect(only("tag-required", asked, demand).message).toContain("without the tag `constructor`");
  });

  test("hours in UTC are an info, days are not", () => {
    expect(only("time-in-utc", about({ schedule: { from: "09:00", to: "17:00" } })).severity).toBe("info");
    expect(lint(about({ schedule: { days: "weekends" } }))).toEqual([]);
    expect(lint(about({ schedule: { from: "09:00", to: "17:00", timeZone: "Asia/Tokyo" } }))).toEqual([]);
  });

  test("a key with one value is an info", () => {
    const rule: RuleInput = {
      ...TOTAL,
      per: ["tag:env", "series"],
      match: { tags: { env: "prod" }, series: "x*" },
    };
    expect(only("key-has-one-value", { ...rule, id: "x" }).fix.rule.per).toEqual(["series"]);
  });
});

describe("speed", () => {
  const RULES = 1_000;

  function policyOf(match: (i: number) => object | undefined): RuleInput[] {
    return Array.from({ length: RULES }, (_each, i): RuleInput => {
      const about = match(i);
      const rest = { id: `r${i}`, ...(about !== undefined && { match: about }) };
      if (i % 3 === 0) return { kind: "access", effect: "deny", ...rest };
      if (i % 3 === 1) return { kind: "rate", limit: 1 + (i % 97), window: "1m", per: "source", ...rest };
      return { kind: "budget", measure: "usd", limit: 1 + (i % 89), window: "1d", ...rest };
    });
  }

  /** The best of some, since other work may run beside it. */
  function bestMs(rules: RuleInput[]): number {
    const policy = compilePolicy(rules);
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      lintPolicy(policy);
      return performance.now() - start;
    });
    return Math.min(...times);
  }

  test.each([
    ["names", (i: number): object => ({ series: `tool_${i}` })],
    ["globs", (i: number): object => ({ source: `agent-${i}-*`, series: [`t${i % 50}_*`, "*_x"] })],
    ["words", (i: number): object => ({ series: `~word${i}` })],
    ["nothing", (): undefined => undefined],
  ])("a thousand rules about %s are checked within two seconds", (_, match) => {
    expect(bestMs(policyOf(match))).toBeLessThan(2_000);
  });

  test("lists made to be hard to compare do not take for ever", () => {
    const hard = (i: number, n: number): string => `*${"?".repeat((i + n) % 40)}a${n}*b${i % 7}*`;
    const rules = policyOf((i) => ({ series: Array.from({ length: 60 }, (_, n) => hard(i, n)) }));
    expect(bestMs(rules)).toBeLessThan(8_000);
  });
});
