import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action } from "../src/index.js";
import { compilePolicy, PolicyError, Rein, ReinError } from "../src/index.js";
import { MemoryLogger } from "../src/testing/index.js";
import { act, answer, gateAny, open } from "./support/open.js";

const action: Action = { source: "agent", series: "pay", cost: { usd: 1 } };
const everything = [
  { kind: "rate", limit: 1000, window: "1s", per: "source" },
  { kind: "budget", measure: "usd", limit: 1000, window: "1d", per: "tag:to", assume: 0 },
  { kind: "access", effect: "deny", match: { args: { n: { over: 5 } }, tags: { to: "*@evil.org" } } },
  { kind: "access", effect: "approve", match: { args: { n: { over: 4 } } } },
] as const;

/** The code of what it throws. */
function thrownBy(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!ReinError.isInstance(error)) throw error;
    expect(error.message.length).toBeGreaterThan(5);
    return error.code;
  }
  return "nothing";
}

describe("a policy that is wrong is refused with what to do", () => {
  const budget = { kind: "budget", measure: "usd", limit: 1, window: "1d" };
  const rate = { kind: "rate", limit: 1, window: "1s" };
  const schedule = (fields: object): object => ({ ...rate, match: { schedule: fields } });
  test.each<[string, unknown, string]>([
    ["an unknown kind", { kind: "ratelimit", limit: 1 }, "kind"],
    ["no kind", { limit: 1 }, "kind"],
    ["an unknown field", { ...rate, brust: 3 }, "brust"],
    ["an unknown field of the match", { ...rate, match: { sauce: "x" } }, "match.sauce"],
    ["a negative limit", { ...budget, limit: -1 }, "limit"],
    ["a limit that is not a number", { ...budget, limit: NaN }, "limit"],
    ["an infinite limit", { ...budget, limit: Infinity }, "limit"],
    ["a limit as text", { ...budget, limit: "50" }, "limit"],
    ["half an action", { ...rate, limit: 1.5 }, "limit"],
    ["a window of zero", { ...rate, window: "0s" }, "window"],
    ["a window in numbers", { ...rate, window: 60 }, "window"],
    ["a window of ten thousand years", { ...rate, window: "3650000d" }, "window"],
    ["a percentage of zero", { kind: "loss", limitPct: 0 }, "limitPct"],
    ["days that do not exist", schedule({ days: ["someday"] }), "match.schedule.days"],
    ["no days at all", schedule({ days: [] }), "match.schedule.days"],
    ["a time that does not exist", schedule({ from: "25:00", to: "26:00" }), "match.schedule.from"],
    ["a span without length", schedule({ from: "09:00", to: "09:00" }), "match.schedule"],
    ["an unknown time zone", schedule({ days: "mon", timeZone: "Europe/Berlln" }), "match.schedule.timeZone"],
    ["an unknown zone of a window", { ...budget, window: { calendar: "day", timeZone: "Mars" } }, "window"],
    ["a per that means nothing", { kind: "floor", limit: 1, per: "source" }, "per"],
    ["a number as a rule", 7, ""],
    ["null as a rule", null, ""],
  ])("%s", async (_what, rule, path) => {
    const opening = Rein.open({ policy: [rule] as never, logger: new MemoryLogger() });
    const error: unknown = await opening.catch((e: unknown) => e);
    if (!PolicyError.isInstance(error)) throw new Error(`not refused: ${String(error)}`);
    expect(error.issues.some((issue) => issue.path.startsWith(path))).toBe(true);
    const { rein } = await open([]);
    const { digest } = rein.policy;
    expect(thrownBy(() => rein.setPolicy([rule] as never))).toBe("policy_invalid");
    expect(rein.policy.digest).toBe(digest);
  });

  test("English is refused with the reason, and what was left out is told", async () => {
    expect(() => compilePolicy("Be nice to everybody")).toThrow(PolicyError);
    const policy = compilePolicy(["Be nice to everybody"], { partial: true });
    const { rein, logger } = await open(policy);
    rein.setPolicy(policy);
    expect(logger.lines.filter(({ message }) => message.includes("NOT in force"))).toHaveLength(2);
  });
});

test.each<[string, object, string]>([
  ["a misspelt option", { polcy: [] }, "did you mean `policy`?"],
  ["a misspelt option of the audit", { audit: { durabilty: "durable" } }, "did you mean `durability`?"],
  ["an unknown mode", { mode: "on" }, "enforce"],
  ["an unknown durability", { audit: { durability: "maybe" } }, "written"],
  ["a logger that cannot speak", { logger: { info: () => undefined } }, "error"],
  ["a clock that answers no number", { clock: { now: () => NaN } }, "finite"],
  ["a clock that throws", { clock: { now: () => { throw new Error("dead"); } } }, "finite"], // prettier-ignore
  ["a clock beyond all calendars", { clock: { now: () => 9e15 } }, "1970"],
  ["a clock that is no clock", { clock: {} }, "finite"],
])("Rein.open refuses %s", async (_what, options, help) => {
  const error: unknown = await Rein.open({ policy: [], ...options }).catch((e: unknown) => e);
  expect(ReinError.isInstance(error) && error.help).toContain(help);
});

describe("an action that cannot be read is refused, and loses nothing", () => {
  const throwing = (what: unknown): unknown => ({ source: "a", get series() { throw what; } }); // prettier-ignore
  const bad: readonly (readonly [string, unknown, string])[] = [
    ["null", null, "invalid_action"],
    ["undefined", undefined, "invalid_action"],
    ["a number", 5, "invalid_action"],
    ["text", "send_email", "invalid_action"],
    ["a list", [], "invalid_action"],
    ["no source", { series: "x" }, "invalid_action"],
    ["no series", { source: "x" }, "invalid_action"],
    ["a source that is no text", { ...action, source: { toString: () => "a" } }, "invalid_action"],
    ["a source in a box", { ...action, source: new String("a") }, "invalid_action"],
    ["an empty source", { ...action, source: "" }, "invalid_action"],
    ["a blank series", { ...action, series: "  " }, "invalid_action"],
    ["an empty part of a source", { ...action, source: "a//b" }, "invalid_action"],
    ["a source that ends in a slash", { ...action, source: "a/" }, "invalid_action"],
    ["a source too deep", { ...action, source: Array(17).fill("a").join("/") }, "invalid_action"],
    ["a name of 1 MB", { ...action, series: "x".repeat(1 << 20) }, "invalid_action"],
    ["a control character", { ...action, series: "a\nb" }, "invalid_action"],
    ["an escape", { ...action, source: "a\u001b[31m" }, "invalid_action"],
    ["a C1 control character", { ...action, source: "a\u0085" }, "invalid_action"],
    ["a cost that is not a number", { ...action, cost: { usd: NaN } }, "cost_invalid"],
    ["a negative cost", { ...action, cost: { usd: -0.01 } }, "cost_invalid"],
    ["an infinite cost", { ...action, cost: { usd: Infinity } }, "cost_invalid"],
    ["a cost as text", { ...action, cost: { usd: "1" } }, "cost_invalid"],
    ["a cost that is null", { ...action, cost: { usd: null } }, "cost_invalid"],
    ["a big integer", { ...action, cost: { usd: 1n } }, "cost_invalid"],
    ["a cost beyond all limits", { ...action, cost: { usd: 1e300 } }, "cost_invalid"],
    ["a cost of a measure without a name", { ...action, cost: { "": 1 } }, "cost_invalid"],
    ["a bad cost of a measure of 1 MB", { ...action, cost: { ["x".repeat(1 << 20)]: NaN } }, "cost_invalid"],
    ["a bad cost that nobody counts", { ...action, cost: { usd: 1, carbon: -5 } }, "cost_invalid"],
    ["a number instead of costs", { ...action, cost: 5 }, "cost_invalid"],
    ["a list instead of costs", { ...action, cost: [5] }, "cost_invalid"],
    ["a map instead of costs", { ...action, cost: new Map([["usd", 5]]) }, "cost_invalid"],
    ["text instead of tags", { ...action, tags: "to" }, "invalid_action"],
    ["a list instead of tags", { ...action, tags: ["to"] }, "invalid_action"],
    ["a tag that is an object", { ...action, tags: { to: {} } }, "invalid_action"],
    ["a tag that is null", { ...action, tags: { to: null } }, "invalid_action"],
    ["a tag that is too long", { ...action, tags: { to: "x".repeat(5000) } }, "invalid_action"],
    ["a tag's name with a control character", { ...action, tags: { "to\n": "x" } }, "invalid_action"],
    [
      "too many tags",
      { ...action, tags: Object.fromEntries([...Array(17).keys()].map((i) => [`t${i}`, "x"])) },
      "invalid_action",
    ],
    ["a getter that throws", throwing(new Error("boom")), "invalid_action"],
    ["a getter that throws a flood", throwing(new Error("\u001b[2J\n".repeat(1 << 18))), "invalid_action"],
    ["a getter that throws nothing", throwing(undefined), "invalid_action"],
    ["a getter that throws what cannot be printed", throwing(Object.create(null)), "invalid_action"],
    ["a proxy that throws", new Proxy({}, { get: () => { throw new Error("trap"); } }), "invalid_action"], // prettier-ignore
    ["a revoked proxy as costs", { ...action, cost: revoked() }, "invalid_action"],
    ["a proxy as tags that throws", { ...action, tags: new Proxy({}, { ownKeys: () => { throw new Error("trap"); } }) }, "invalid_action"], // prettier-ignore
    ["arguments that throw", { ...action, args: new Proxy({}, { getOwnPropertyDescriptor: () => { throw new Error("x"); } }) }, "invalid_action"], // prettier-ignore
  ];

  test.each(bad)("%s", async (_what, given, code) => {
    const { rein, sink } = await open(everything);
    const before = JSON.stringify(rein.snapshot().counters);
    const decision = gateAny(rein, given);
    expect(decision).toMatchObject({ allowed: false, verdict: "block", refusal: { code, retryable: false } });
    expect(decision.refusal!.message.length).toBeLessThan(600);
    expect(decision.refusal!.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(await rein.admit(given as Action)).toMatchObject({ allowed: false, refusal: { code } });
    const { counters, inFlight, budgets } = rein.snapshot();
    expect([JSON.stringify(counters), inFlight, budgets]).toEqual([before, [], []]);
    await rein.flush();
    expect(sink.records.filter((record) => (record as { type: string }).type === "invalid")).toHaveLength(2);
    expect(answer(rein, { source: "a", series: "b" })).toBe("ok");
  });

  test("names that mean something to JavaScript are names", async () => {
    const { rein } = await open([
      { kind: "rate", limit: 1, window: "1h", per: ["source", "series", "tag:__proto__"] },
    ]);
    const tags = JSON.parse('{"__proto__":"toString","constructor":"x"}') as Record<string, string>;
    const cost = JSON.parse('{"__proto__":1,"hasOwnProperty":2}') as Record<string, number>;
    for (const name of ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "prototype"]) {
      const given = { source: name, series: name, tags, cost };
      expect([act(rein, given), act(rein, given)]).toEqual(["ok", "rate_limited"]);
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(rein.snapshot().lanes).toHaveLength(6);
  });

  test("a name with half a character is one name, however often it comes", async () => {
    const { rein } = await open([{ kind: "rate", limit: 1, window: "1h", per: ["source", "tag:to"] }]);
    const odd = { source: "a\ud800", series: "b", tags: { to: "c\udc00" } };
    expect([act(rein, odd), act(rein, odd)]).toEqual(["ok", "rate_limited"]);
    expect(rein.snapshot().lanes).toMatchObject([{ source: "a\ufffd" }]);
  });

  test("what is read twice and differs is read once", async () => {
    const { rein } = await open(everything);
    let reads = 0;
    const sly = { source: "a", series: "b", get tags() { return reads++ === 0 ? { to: "x@evil.org" } : {}; }, args: { n: 6 } }; // prettier-ignore
    expect(answer(rein, sly)).toBe("access_denied");
    let left = 1;
    const late = { source: "a", series: "b", get tags() { if (left-- > 0) return {}; throw new Error("late"); } }; // prettier-ignore
    expect(answer(rein, late)).toBe("ok");
    expect((await rein.halt({ deadlineMs: 0 })).inFlight).toMatchObject([{ fate: "unknown" }]);
  });

  test("what calls the gate while it is read is refused, and the other one is not", async () => {
    const { rein } = await open([{ kind: "budget", measure: "usd", limit: 10, window: "1d", assume: 0 }]);
    const inner: string[] = [];
    const nested = (): void =>
      void inner.push(answer(rein, { source: "a", series: "b", cost: { usd: 1 }, tags: { to: "x" } }));
    const reenter = <T>(value: T): T => (nested(), value);
    for (const sly of [
      { source: "a", series: "b", cost: { usd: 9, get z() { return reenter(1); } } }, // prettier-ignore
      { source: "a", series: "b", cost: { usd: 9 }, tags: { get to() { return reenter("y"); } } }, // prettier-ignore
    ]) {
      expect(answer(rein, sly)).toBe("invalid_action");
    }
    const { permit } = rein.gate({ source: "a", series: "b", cost: { usd: 2 } });
    expect(thrownBy(() => permit!.settle({ ok: true, cost: { usd: 2, get z() { return reenter(1); } } }))).toBe("invalid_input"); // prettier-ignore
    expect(inner).toEqual(["ok", "ok", "ok"]);
    expect(rein.budgets()).toMatchObject([{ reserved: 5, spent: 0 }]);
  });

  test("whatever comes as an action, the gate answers, and allows only what is well-formed", async () => {
    const { rein } = await open(everything, { mode: "enforce" });
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
    });
    const name = fc.oneof(fc.constantFrom("a", "b/c", "__proto__"), fc.string(), anything);
    const shaped = fc.record(
      {
        source: name,
        series: name,
        cost: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.double(), anything)), anything),
        tags: fc.oneof(fc.dictionary(fc.string(), anything), anything),
        args: anything,
      },
      { requiredKeys: [] },
    );
    const records = (value: unknown): boolean =>
      value === undefined || value === null || (typeof value === "object" && !Array.isArray(value));
    let allowed = 0;
    fc.assert(
      fc.property(fc.oneof(shaped, shaped, anything), (given) => {
        const decision = gateAny(rein, given);
        expect(typeof decision.allowed).toBe("boolean");
        if (!decision.allowed) {
          expect(decision.refusal).toMatchObject({ code: expect.any(String), message: expect.any(String) });
          return;
        }
        allowed += 1;
        const { source, series, cost, tags } = given as Action;
        for (const text of [source, series])
          expect(typeof text === "string" && text.trim() !== "" && text.length <= 256).toBe(true);
        expect(records(cost) && records(tags)).toBe(true);
        for (const amount of Object.values(cost ?? {}))
          expect(amount === undefined || (Number.isFinite(amount) && amount >= 0)).toBe(true);
        for (const tag of Object.values(tags ?? {}))
          expect(["string", "number", "boolean", "undefined"]).toContain(typeof tag);
        decision.permit.settle({ ok: true });
      }),
      { numRuns: 3000, examples: [[{ source: "a", series: "b" }]] },
    );
    expect(allowed).toBeGreaterThan(0);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("a name that reads as another one", () => {
  test.each([
    ["a Cyrillic letter among Latin ones", "d\u0435lete_user"],
    ["a Greek letter among Latin ones", "b\u03bft"],
    ["a zero-width space", "delete\u200b_user"],
    ["a zero-width joiner between plain letters", "del\u200dete"],
    ["text that runs backwards", "\u202edelete"],
    ["a soft hyphen", "de\u00adlete"],
    ["full-width letters", "\uff44elete"],
    ["mathematical letters", "\u{1d41d}elete"],
  ])("is refused for %s", async (_what, name) => {
    const { rein } = await open([{ kind: "access", effect: "deny", match: { series: "~delete" } }]);
    for (const odd of [
      { source: name, series: "read" },
      { source: "agent", series: name },
    ]) {
      const decision = rein.gate(odd);
      expect(decision.refusal?.code).toBe("invalid_action");
      expect(decision.refusal?.message).toMatch(/`(?:source|series)` has .*\(U\+[0-9A-F]{4,5}\)/);
    }
  });

  test.each([
    "\u0434\u043e\u043a\u043b\u0430\u0434", // a word wholly of one alphabet
    "\u5831\u544a_v2",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", // Persian needs its non-joiner
    "\ud83d\udc69\u200d\ud83d\udcbb agent", // an emoji of several
    "sales \u2013 EU",
    "latency_\u00b5s",
    "caf\u00e9",
  ])("%s is a name like any other", async (name) => {
    const { rein } = await open([]);
    expect(answer(rein, { source: name, series: name })).toBe("ok");
  });
});
