import { describe, expect, test } from "vitest";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { compilePolicy, type PolicyInput } from "./compile.js";
import { type Rule, RULE_KINDS, type RuleInput } from "./schema.js";

const base = {
  rate: { kind: "rate", limit: 8, window: "1s" },
  budget: { kind: "budget", measure: "usd", limit: 50, window: "1d" },
  access: { kind: "access", effect: "deny" },
  timeout: { kind: "timeout", limit: "2m" },
  loss: { kind: "loss", limitPct: 5 },
  errors: { kind: "errors", consecutive: 5 },
  score: { kind: "score", settings: { minSamplesForKill: 15 } },
} as const;

function compiled(rule: RuleInput): Rule {
  const [first] = compilePolicy([rule]).rules;
  if (first === undefined) throw new Error("no rule");
  return first;
}

function issuesOf(rule: unknown): readonly PolicyIssue[] {
  try {
    compilePolicy([rule] as PolicyInput);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues;
    throw error;
  }
  return [];
}

function withMatch(match: unknown): unknown {
  return { ...base.access, match };
}

describe("every kind", () => {
  const examples: readonly RuleInput[] = [
    { kind: "rate", limit: 8, window: "1s" },
    { kind: "budget", measure: "usd", limit: 50, window: { calendar: "day" }, assume: 0.01 },
    { kind: "concurrency", limit: 3 },
    { kind: "access", effect: "allow" },
    { kind: "size", measure: "usd", limit: 500 },
    { kind: "timeout", limit: "2m" },
    { kind: "loss", limitPct: 5, then: "halt" },
    { kind: "floor", limit: -25.5 },
    { kind: "errors", ratePct: 50, window: "1m", for: "5m" },
    { kind: "stale", signal: "price_feed", maxAge: "30s" },
    { kind: "denials", ratePct: 70, window: "60s", then: "alert" },
    { kind: "newcomers", of: "tag:recipient", limit: 20, window: "1m", then: "halt", for: "10m" },
    { kind: "runaway", multiple: 5 },
    { kind: "loop", repeats: 6 },
    { kind: "score", settings: { minSamplesForKill: 15 } },
  ];

  test("has an example here that compiles", () => {
    expect(examples.map(({ kind }) => kind)).toEqual(RULE_KINDS);
    expect(compilePolicy(examples).rules).toHaveLength(examples.length);
  });

  test("refuses a field it does not know, with the one that was meant", () => {
    for (const example of examples) {
      const [issue] = issuesOf({ ...example, wehn: 1 });
      expect(issue).toMatchObject({
        path: "wehn",
        message: `\`wehn\` is not a field of a \`${example.kind}\` rule`,
      });
    }
    expect(issuesOf({ ...base.rate, bursts: 2 })[0]?.help).toMatch(/^did you mean `burst`\?/);
  });

  test("refuses numbers that are not finite", () => {
    for (const example of examples) {
      for (const [field, value] of Object.entries(example)) {
        if (typeof value !== "number") continue;
        for (const bad of [NaN, Infinity, -Infinity]) {
          const issues = issuesOf({ ...example, [field]: bad });
          expect(issues[0]?.path).toBe(field);
          expect(issues[0]?.message).toContain(String(bad));
        }
      }
    }
  });

  test("defaults are filled in", () => {
    expect(compiled({ kind: "budget", measure: "usd", limit: 1, window: { calendar: "day" } })).toMatchObject(
      {
        then: "block",
        window: { calendar: "day", timeZone: "UTC" },
      },
    );
    expect(compiled({ kind: "errors", ratePct: 5, window: "60s" })).toMatchObject({
      minCalls: 10,
      probes: 1,
      window: "1m",
    });
    expect(compiled(base.errors)).not.toHaveProperty("minCalls");
    expect(compiled(base.loss)).toMatchObject({ from: "day" });
    expect(compiled({ kind: "loop", repeats: 2 })).toMatchObject({ maxPeriod: 6 });
    expect(compiled({ kind: "denials", ratePct: 5, window: "1m" })).toMatchObject({ minCalls: 10 });
    expect(compiled({ kind: "runaway" })).toMatchObject({ multiple: 5 });
    for (const rule of [{ kind: "loop" }, { kind: "denials" }, { kind: "errors" }] as const)
      for (const field of ["minCalls", "maxPeriod"]) expect(compiled(rule)).not.toHaveProperty(field);
  });
});

describe("refusals say which field, what it must be and what to do", () => {
  test.each<[string, unknown, string, RegExp, RegExp?]>([
    ["unknown kind", { kind: "rat" }, "kind", /one of `rate`, `budget`/, /did you mean `rate`\?/],
    ["no kind", {}, "kind", /is missing/],
    ["kind of another type", { kind: 5 }, "kind", /not `5`/],
    [
      "missing field",
      { kind: "rate", window: "1s" },
      "limit",
      /is missing: it must be a whole number from 1/,
    ],
    ["zero limit", { ...base.rate, limit: 0 }, "limit", /from 1, not `0`/],
    ["fractional limit", { ...base.rate, limit: 1.5 }, "limit", /whole number/],
    ["text for a number", { ...base.rate, limit: "8" }, "limit", /not `8`/],
    ["zero burst", { ...base.rate, burst: 0 }, "burst", /from 1/],
    ["zero window", { ...base.rate, window: "0s" }, "window", /above zero/, /units are/],
    ["number for a window", { ...base.rate, window: 60 }, "window", /duration/],
    ["window beyond ten years", { ...base.rate, window: "3651d" }, "window", /duration/, /3650 days/],
    ["negative budget", { ...base.budget, limit: -1 }, "limit", /from 0/],
    ["amount above the largest", { ...base.budget, limit: 9_000_000_001 }, "limit", /up to 9000000000/],
    ["seven decimals", { ...base.budget, limit: 0.0000001 }, "limit", /six decimals/],
    ["negative assume", { ...base.budget, assume: -1 }, "assume", /from 0/],
    ["fractional calls", { ...base.budget, measure: "calls", limit: 1.5 }, "limit", /whole number/],
    ["assumed calls", { ...base.budget, measure: "calls", assume: 1 }, "assume", /means nothing/],
    ["empty measure", { ...base.budget, measure: "" }, "measure", /empty text/],
    [
      "unknown calendar",
      { ...base.budget, window: { calendar: "dya" } },
      "window.calendar",
      /one of/,
      /did you mean `day`\?/,
    ],
    ["budget without window", { kind: "budget", measure: "usd", limit: 1 }, "window", /is missing.*forever/],
    [
      "unknown zone",
      { ...base.budget, window: { calendar: "day", timeZone: "New York" } },
      "window.timeZone",
      /IANA/,
      /`America\/New_York`/,
    ],
    [
      "offset as zone",
      { ...base.budget, window: { calendar: "day", timeZone: "+02:00" } },
      "window.timeZone",
      /IANA/,
      /UTC/,
    ],
    ["empty zone", { ...base.budget, window: { calendar: "day", timeZone: "" } }, "window.timeZone", /IANA/],
    ["percentage of 0", { kind: "loss", limitPct: 0 }, "limitPct", /above 0/],
    ["percentage above 100", { kind: "loss", limitPct: 101 }, "limitPct", /up to 100/],
    ["loss without limit", { kind: "loss" }, "limit", /is missing/, /exactly one/],
    ["loss with two limits", { kind: "loss", limit: 1, limitPct: 1 }, "limit", /cannot stand beside/],
    ["loss of nothing", { kind: "loss", limit: 0 }, "limit", /above 0/],
    [
      "breaker with two thresholds",
      { ...base.errors, ratePct: 5, window: "1m" },
      "consecutive",
      /cannot stand beside/,
    ],
    ["breaker with a budget beside", { ...base.errors, budgetPct: 1 }, "consecutive", /beside `budgetPct`/],
    ["window beside an error budget", { kind: "errors", budgetPct: 1, window: "1m" }, "window", /beside/],
    ["window without a bound", { kind: "errors", window: "1m" }, "window", /without `ratePct`/],
    ["budget that cannot burn", { kind: "errors", budgetPct: 17 }, "budgetPct", /up to 16/, /6 times/],
    ["failure rate without window", { kind: "errors", ratePct: 5 }, "window", /is missing/],
    ["denials in a window", { kind: "denials", window: "1m" }, "ratePct", /is missing/, /calibrated/],
    ["denials without window", { kind: "denials", ratePct: 5 }, "window", /is missing/, /calibrated/],
    ["denials counting from", { kind: "denials", minCalls: 5 }, "minCalls", /without `ratePct`/],
    ["newcomers without window", { kind: "newcomers", of: "source", limit: 5 }, "window", /beside `limit`/],
    [
      "newcomers without limit",
      { kind: "newcomers", of: "source", window: "1m" },
      "limit",
      /beside `window`/,
    ],
    ["loop of two bounds", { kind: "loop", repeats: 3, measure: "usd", limit: 1 }, "repeats", /stand beside/],
    ["loop without limit", { kind: "loop", measure: "usd" }, "limit", /is missing/, /limit: 5/],
    ["loop without measure", { kind: "loop", limit: 5 }, "measure", /is missing/, /measure: usd/],
    ["loop with a period alone", { kind: "loop", maxPeriod: 3 }, "maxPeriod", /without `repeats`/],
    ["loop of half a call", { kind: "loop", measure: "calls", limit: 1.5 }, "limit", /whole number/],
    ["loop of nothing", { kind: "loop", measure: "usd", limit: 0 }, "limit", /above 0/],
    ["window beside consecutive", { ...base.errors, window: "1m" }, "window", /means nothing/],
    ["minCalls beside consecutive", { ...base.errors, minCalls: 5 }, "minCalls", /means nothing/],
    ["for on a plain block", { ...base.rate, for: "5m" }, "for", /means nothing/, /then: halt/],
    ["for on an alert", { ...base.errors, then: "alert", for: "5m" }, "for", /means nothing/],
    ["approve on timeout", { ...base.timeout, then: "approve" }, "then", /already running/, /access/],
    ["approve twice", { kind: "access", effect: "approve", then: "halt" }, "then", /already asks/],
    ["unknown then", { ...base.rate, then: "blok" }, "then", /one of/, /did you mean `block`\?/],
    ["unknown mode", { ...base.rate, mode: "shadw" }, "mode", /one of/, /did you mean `shadow`\?/],
    ["empty id", { ...base.rate, id: "" }, "id", /1 to 100/],
    ["blank id", { ...base.rate, id: " " }, "id", /1 to 100/],
    ["long id", { ...base.rate, id: "x".repeat(101) }, "id", /1 to 100/],
    ["id with a line break", { ...base.rate, id: "a\nb" }, "id", /control characters/],
    [
      "loss per source",
      { ...base.loss, per: "source" },
      "per",
      /^`per` means nothing on a `loss` rule$/,
      /`account`/,
    ],
    ["floor per tag", { kind: "floor", limit: 5, per: "tag:tenant" }, "per", /a `floor` rule/, /`account`/],
    [
      "stale per series",
      { kind: "stale", signal: "feed", maxAge: "5s", per: "series" },
      "per",
      /a `stale`/,
      /each/,
    ],
    ["per nothing", { ...base.rate, per: [] }, "per", /empty list/],
    ["per twice the same", { ...base.rate, per: ["source", "source"] }, "per", /twice/],
    ["per a tag without prefix", { ...base.rate, per: "tenant" }, "per", /`tag:NAME`/, /tag:tenant/],
    [
      "newcomers of nothing known",
      { kind: "newcomers", of: "tag:", limit: 1, window: "1m" },
      "of",
      /`tag:NAME`/,
    ],
    ["runaway at 1x", { kind: "runaway", multiple: 1 }, "multiple", /above 1/],
    ["one repeat", { kind: "loop", repeats: 1 }, "repeats", /from 2/],
    ["period of 7", { kind: "loop", repeats: 2, maxPeriod: 7 }, "maxPeriod", /from 1 to 6/],
    ["score that halts", { ...base.score, then: "halt" }, "then", /means nothing/, /then: alert/],
    ["score per source", { ...base.score, per: "source" }, "per", /means nothing/],
    ["score by a tag", { ...base.score, match: { tags: { a: "b" } } }, "match", /`tags`/, /a source and/],
    [
      "score but in a regime",
      { ...base.score, match: { except: { regime: "shock" } } },
      "match",
      /`regime` on a `score` rule/,
    ],
    ["no settings", { kind: "score", settings: {} }, "settings", /is empty/],
    [
      "unknown setting",
      { kind: "score", settings: { edgeRedP: 0.9, minSamplesForKil: 1 } },
      "settings.minSamplesForKil",
      /not a field/,
      /`minSamplesForKill`/,
    ],
    [
      "setting out of range",
      { kind: "score", settings: { edgeRedP: 2 } },
      "settings.edgeRedP",
      /from 0 to 1/,
    ],
    [
      "settings that contradict",
      { kind: "score", settings: { edgeYellowP: 0.9, edgeRedP: 0.8 } },
      "settings",
      /above/,
    ],
    ["empty match", withMatch({}), "match", /is empty/, /leave it out/],
    ["match of another type", withMatch("a"), "match", /an object/],
    [
      "misspelt match field",
      withMatch({ serie: "a" }),
      "match.serie",
      /not a field of a `match`/,
      /did you mean `series`\?/,
    ],
    ["empty glob", withMatch({ series: "" }), "match.series", /empty text/],
    ["empty glob list", withMatch({ series: [] }), "match.series", /empty list/],
    ["empty glob in a list", withMatch({ series: ["a", ""] }), "match.series[1]", /empty text/],
    ["number for a glob", withMatch({ series: 5 }), "match.series", /a glob or a list of globs, not `5`/],
    ["long glob", withMatch({ series: "x".repeat(513) }), "match.series", /512/],
    [
      "glob of words without a word",
      withMatch({ series: "~ " }),
      "match.series",
      /must name a word after its `~`, not `~ `/,
      /`~email` matches names .* write `\\~` for a tilde/,
    ],
    ["glob of words with more", withMatch({ source: ["~a", "~b*"] }), "match.source[1]", /nothing but words/],
    ["empty mention", withMatch({ mentions: "" }), "match.mentions", /empty text/],
    ["mention of no word", withMatch({ except: { mentions: "~" } }), "match.except.mentions", /name a word/],
    ["no tags", withMatch({ tags: {} }), "match.tags", /is empty/],
    ["tag without a name", withMatch({ tags: { "": "x" } }), 'match.tags[""]', /name of a tag/],
    ["negative cost", withMatch({ costOver: { usd: -1 } }), "match.costOver.usd", /from 0/],
    [
      "cost that cannot be",
      withMatch({ costOver: { usd: 5 }, costUnder: { usd: 5 } }),
      "match.costOver.usd",
      /never hold/,
    ],
    ["arg path with a gap", withMatch({ args: { "a..b": "x" } }), 'match.args["a..b"]', /single dots/],
    ["arg without condition", withMatch({ args: { a: {} } }), "match.args.a", /names no condition/],
    ["arg that cannot be", withMatch({ args: { a: { over: 5, under: 5 } } }), "match.args.a", /never hold/],
    [
      "absent arg with a value",
      withMatch({ args: { a: { exists: false, equals: 1 } } }),
      "match.args.a",
      /never hold/,
    ],
    ["arg compared with NaN", withMatch({ args: { a: { over: NaN } } }), "match.args.a.over", /finite/],
    ["unknown regime", withMatch({ regime: "stresed" }), "match.regime", /one of/, /`stressed`/],
    ["empty schedule", withMatch({ schedule: {} }), "match.schedule", /neither days nor times/],
    [
      "schedule of a zone alone",
      withMatch({ schedule: { timeZone: "UTC" } }),
      "match.schedule",
      /neither days nor times/,
    ],
    [
      "schedule of no time",
      withMatch({ schedule: { from: "09:00", to: "09:00" } }),
      "match.schedule",
      /same time/,
      /whole days/,
    ],
    [
      "schedule ending where it begins by default",
      withMatch({ schedule: { to: "00:00" } }),
      "match.schedule",
      /same time/,
    ],
    [
      "unknown day",
      withMatch({ schedule: { days: ["monday"] } }),
      "match.schedule.days[0]",
      /one of/,
      /`mon`/,
    ],
    ["no days", withMatch({ schedule: { days: [] } }), "match.schedule.days", /empty list/],
    ["25 o'clock", withMatch({ schedule: { from: "25:00" } }), "match.schedule.from", /00:00/],
    ["from 24:00", withMatch({ schedule: { from: "24:00" } }), "match.schedule.from", /23:59/],
    ["to 24:01", withMatch({ schedule: { to: "24:01" } }), "match.schedule.to", /24:00/],
    ["time without zero", withMatch({ schedule: { from: "9:00" } }), "match.schedule.from", /00:00/],
    [
      "unknown schedule zone",
      withMatch({ schedule: { days: "mon", timeZone: "Mars/Base" } }),
      "match.schedule.timeZone",
      /IANA/,
    ],
    ["empty except", withMatch({ except: {} }), "match.except", /is empty/],
    [
      "except within except",
      withMatch({ except: { except: { source: "a" } } }),
      "match.except.except",
      /not a field of an `except`/,
    ],
  ])("%s", (_name, rule, path, message, help) => {
    const issues = issuesOf(rule);
    const issue = issues.find((candidate) => candidate.path === path);
    expect(issues.map((candidate) => candidate.path)).toContain(path);
    expect(issue?.message).toMatch(message);
    expect(issue?.message).toMatch(/^`|^the rule /);
    if (help !== undefined) expect(issue?.help).toMatch(help);
  });
});

describe("what is accepted", () => {
  test.each<readonly [string, RuleInput]>([
    ["for on a halt of any kind", { ...base.rate, then: "halt", for: "5m" }],
    ["for on a breaker's block", { ...base.errors, for: "5m" }],
    ["for on a detector's block", { kind: "runaway", for: "5m" }],
    ["a breaker without numbers", { kind: "errors" }],
    ["an error budget", { kind: "errors", budgetPct: 1 }],
    ["a signal's own rhythm", { kind: "stale", signal: "feed" }],
    ["denials without numbers", { kind: "denials" }],
    ["newcomers without numbers", { kind: "newcomers", of: "tag:recipient" }],
    ["a loop without numbers", { kind: "loop" }],
    ["spending without progress", { kind: "loop", measure: "usd", limit: 5 }],
    ["a score that is only told", { ...base.score, then: "alert" }],
    ["an allow-list that halts", { kind: "access", effect: "allow", then: "halt" }],
    ["a budget of nothing", { ...base.budget, limit: 0 }],
    ["a budget for ever", { ...base.budget, window: "forever" }],
    ["a negative floor", { kind: "floor", limit: -100 }],
    [
      "a time zone of the IANA database",
      { ...base.budget, window: { calendar: "week", timeZone: "Europe/Berlin" } },
    ],
    ["a match that only excepts", { ...base.access, match: { except: { series: "search" } } }],
    ["explicitly undefined fields", { ...base.rate, burst: undefined, match: undefined }],
  ])("%s", (_name, rule) => {
    expect(issuesOf(rule)).toEqual([]);
  });

  test("schedules come out with days in order and both times", () => {
    const schedule = (input: NonNullable<NonNullable<RuleInput["match"]>["schedule"]>): unknown =>
      compiled({ ...base.access, match: { schedule: input } }).match?.schedule;
    expect(schedule({ days: ["weekdays", "sat", "mon"] })).toEqual({
      days: ["mon", "tue", "wed", "thu", "fri", "sat"],
      timeZone: "UTC",
    });
    expect(schedule({ from: "22:00", to: "06:00" })).toEqual({ from: "22:00", to: "06:00", timeZone: "UTC" });
    expect(schedule({ from: "22:00" })).toEqual({ from: "22:00", to: "24:00", timeZone: "UTC" });
    expect(schedule({ days: "weekends", to: "24:00", timeZone: "Asia/Tokyo" })).toEqual({
      days: ["sat", "sun"],
      from: "00:00",
      to: "24:00",
      timeZone: "Asia/Tokyo",
    });
  });

  test("conditions on arguments come out as a list of globs or as tests", () => {
    const args = {
      a: "x",
      b: ["y", "x"],
      c: { matches: "z" },
      d: { equals: null },
      "e.0": { over: 1, matches: "q" },
    };
    expect(compiled({ ...base.access, match: { args } }).match?.args).toEqual({
      a: ["x"],
      b: ["x", "y"],
      c: ["z"],
      d: { equals: null },
      "e.0": { over: 1, matches: ["q"] },
    });
  });

  test("the same meaning in another form has the same digest", () => {
    const same = (a: RuleInput, b: RuleInput): void => {
      expect(compilePolicy([a]).digest).toBe(compilePolicy([b]).digest);
    };
    same({ ...base.rate, window: "60s" }, { ...base.rate, window: "1m" });
    same({ ...base.rate, per: ["tag:a", "source"] }, { ...base.rate, per: ["source", "tag:a"] });
    same({ ...base.access, match: { series: "a" } }, { ...base.access, match: { series: ["a", "a"] } });
    same(
      { ...base.access, match: { args: { a: "x" } } },
      { ...base.access, match: { args: { a: { matches: ["x"] } } } },
    );
    same(base.rate, { ...base.rate, then: "block" });
  });
});
