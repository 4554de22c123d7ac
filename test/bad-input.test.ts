import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action, Outcome, ReinOptions } from "../src/index.js";
import { compilePolicy, InvalidInputError, PolicyError, Rein, ReinError } from "../src/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../src/testing/index.js";
import { act, answer, breathe, gateAny, open, permitFor } from "./support/open.js";

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

  test("a kind that nothing guards yet does not open, and does not replace the policy in force", async () => {
    const rules = [{ kind: "runaway", multiple: 5 }] as const;
    await expect(open(rules)).rejects.toMatchObject({ code: "unsupported_rule" });
    const { rein } = await open([{ kind: "access", effect: "deny" }]);
    expect(thrownBy(() => rein.setPolicy(rules))).toBe("unsupported_rule");
    expect(answer(rein, action)).toBe("access_denied");
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
  const error: unknown = await Rein.open({ policy: [], ...options } as ReinOptions).catch((e: unknown) => e);
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
    expect(allowed).toBeGreaterThan(20);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("an outcome that cannot be read is refused, and the permit stays open for a better one", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "ok"],
    ["no ok", {}],
    ["an ok that is text", { ok: "true" }],
    ["a cost that is not a number", { ok: true, cost: { usd: NaN } }],
    ["a negative cost", { ok: true, cost: { usd: -1 } }],
    ["a number instead of costs", { ok: true, cost: 5 }],
    ["a latency that is no time", { ok: true, latencyMs: -1 }],
    ["an endless latency", { ok: true, latencyMs: Infinity }],
    ["a latency that cannot be printed", { ok: true, latencyMs: Object.create(null) }],
  ])("%s", async (_what, outcome) => {
    const { rein } = await open([{ kind: "budget", measure: "usd", limit: 5, window: "1d" }]);
    const decision = rein.gate(action);
    expect(thrownBy(() => decision.permit!.settle(outcome as Outcome))).toBe("invalid_input");
    expect(thrownBy(() => rein.settle(decision.id, outcome as Outcome))).toBe("invalid_input");
    expect(rein.budgets()).toMatchObject([{ reserved: 1, spent: 0 }]);
    decision.permit!.settle({ ok: true, cost: { usd: 0.5 } });
    expect(rein.budgets()).toMatchObject([{ reserved: 0, spent: 0.5 }]);
  });

  test("an action is settled once, by whom it belongs to", async () => {
    const { rein, clock } = await open([{ kind: "budget", measure: "usd", limit: 5, window: "1d" }]);
    const [one, refused, expired] = [
      rein.gate(action),
      rein.gate({ ...action, cost: { usd: 9 } }),
      rein.gate(action),
    ];
    rein.settle(one.id, { ok: true });
    expect(thrownBy(() => one.permit!.settle({ ok: true }))).toBe("already_settled");
    expect(thrownBy(() => one.permit!.check())).toBe("already_settled");
    const foreign = (await open([])).rein.gate(action);
    clock.advance(900_000);
    const ids = [
      one.id,
      refused.id,
      expired.id,
      foreign.id,
      "",
      "x.1.1",
      `${one.id}.0`,
      "__proto__",
      5,
      null,
      {},
    ];
    for (const id of ids)
      expect([id, thrownBy(() => rein.settle(id as string, { ok: true }))]).toEqual([id, "unknown_decision"]);
    expect(rein.budgets()).toMatchObject([{ spent: 2, reserved: 0 }]);
  });
});

describe("commands and reports that make no sense throw typed errors and change nothing", () => {
  const by = "alice";
  const lane = { source: "a", series: "b" };
  type Row = readonly [string, (rein: Rein) => unknown, string];
  test.each<Row>([
    ["a signal that is not a number", (rein) => rein.signal("feed", NaN), "value"],
    ["an infinite signal", (rein) => rein.signal("feed", Infinity), "value"],
    ["a signal as text", (rein) => rein.signal("feed", "5" as never), "value"],
    ["a signal without a name", (rein) => rein.signal("", 1), "name"],
    ["a signal whose name is no text", (rein) => rein.signal(Object.create(null) as never, 1), "name"],
    ["a balance that is not a number", (rein) => rein.balance({ start: 1, current: NaN }), "current"],
    ["a balance without a start", (rein) => rein.balance({ current: 1 } as never), "start"],
    [
      "a profit that is not a number",
      (rein) => rein.balance({ start: 1, current: 1, realizedToday: NaN }),
      "realizedToday",
    ],
    ["a balance that is null", (rein) => rein.balance(null as never), "report"],
    [
      "an account that is no text",
      (rein) => rein.balance({ account: 5 as never, start: 1, current: 1 }),
      "account",
    ],
    ["a value that is not a number", (rein) => rein.realize({ ...lane, pnl: NaN }), "pnl"],
    ["a value of nobody", (rein) => rein.realize({ pnl: 1 } as never), "source"],
    ["a value that is null", (rein) => rein.realize(null as never), "source"],
    [
      "an endless edge",
      (rein) => rein.realize({ ...lane, pnl: 1, predictedEdge: Infinity }),
      "predictedEdge",
    ],
    ["a revival by nobody", (rein) => rein.revive(lane, {} as never), "by"],
    ["a revival of nothing", (rein) => rein.revive(null as never, { by }), "source"],
    ["an override by a blank", (rein) => rein.override(lane, { by: " ", status: "red" }), "by"],
    ["an override to no status", (rein) => rein.override(lane, { by, status: "blue" as never }), "status"],
    ["an override for no time", (rein) => rein.override(lane, { by, status: "red", forMs: 0 }), "forMs"],
    ["an override for ever", (rein) => rein.override(lane, { by, status: "red", forMs: Infinity }), "forMs"],
    ["an approval by nobody", (rein) => rein.approve("a1", null as never), "by"],
    [
      "a rejection with a reason that is no text",
      (rein) => rein.reject("a1", { by, reason: {} as never }),
      "reason",
    ],
    ["an event that does not exist", (rein) => rein.on("decisions" as never, () => undefined), "name"],
    ["a listener that is no function", (rein) => rein.on("halt", null as never), "listener"],
  ])("%s", async (_what, run, field) => {
    const { rein } = await open([]);
    const before = { ...rein.snapshot(), regime: "" };
    expect(() => run(rein)).toThrow(InvalidInputError);
    expect(() => run(rein)).toThrow(expect.objectContaining({ field }) as Error);
    expect({ ...rein.snapshot(), regime: "" }).toEqual(before);
  });

  test.each<[string, unknown, string]>([
    ["null", null, "request"],
    ["a scope that names nothing", { scope: {} }, "scope"],
    ["tags that name nothing", { scope: { tags: {} } }, "scope.tags"],
    ["tags in a list", { scope: { tags: ["to"] } }, "scope.tags"],
    ["a scope with a field it does not know", { scope: { sauce: "x" } }, "scope.sauce"],
    ["a scope of numbers", { scope: { source: [5] } }, "scope.source"],
    ["an empty glob", { scope: { series: "" } }, "scope.series"],
    ["text that is not all", { scope: "some" }, "scope"],
  ])("a halt of %s", async (_what, request, field) => {
    const { rein } = await open([]);
    await expect(rein.halt(request as never)).rejects.toMatchObject({ code: "invalid_input", field });
    expect(rein.snapshot().halts).toEqual([]);
  });

  test("a halt with a deadline, a reason or a name that makes no sense halts all the same", async () => {
    const { rein } = await open([]);
    for (const odd of [{ deadlineMs: NaN }, { deadlineMs: -1 }, { reason: {} }, { by: 5 }]) {
      expect(await rein.halt(odd as never)).toMatchObject({ scope: "all", complete: true, by: "operator" });
    }
  });

  test("what does not exist is not resumed, approved or rejected", async () => {
    const { rein } = await open([]);
    await expect(rein.resume({ halt: "h9", by })).rejects.toMatchObject({ code: "unknown_halt" });
    await expect(rein.resume({ halt: "h9" } as never)).rejects.toMatchObject({ field: "by" });
    expect(thrownBy(() => rein.approve("__proto__", { by }))).toBe("unknown_approval");
    expect(thrownBy(() => rein.reject(undefined as never, { by }))).toBe("unknown_approval");
  });

  test("after closing nothing is allowed, and everything says so", async () => {
    const { rein, sink } = await open([]);
    const permit = permitFor(rein, action);
    await rein.close();
    await rein.close();
    expect(rein.gate(action).refusal).toMatchObject({ code: "closed", retryable: false });
    expect((await rein.admit(action, { waitMs: 1000 })).refusal?.code).toBe("closed");
    expect(() => permit.check()).toThrow("closed");
    const runs = [
      () => permit.settle({ ok: true }),
      () => rein.settle(permit.id, { ok: true }),
      () => rein.signal("a", 1),
      () => rein.setPolicy([]),
      () => rein.revive(lane, { by }),
    ];
    for (const run of runs) expect(thrownBy(run)).toBe("closed");
    await expect(rein.halt()).rejects.toMatchObject({ code: "closed" });
    await expect(rein.governed({ source: "a", series: "b" }, () => 1)()).rejects.toMatchObject({
      refusal: { code: "closed" },
    });
    rein.tick();
    expect(rein.snapshot().inFlight).toHaveLength(1);
    expect(sink.records.at(-1)).toMatchObject({ type: "close", unsettled: 1 });
  });
});

describe("a clock that fails", () => {
  class Watch {
    at = Date.UTC(2026, 0, 5);
    fail: (() => number) | undefined;
    now(): number {
      return this.fail === undefined ? this.at : this.fail();
    }
  }
  const rules = [{ kind: "rate", limit: 1, window: "1h" }] as const;

  test.each<[string, () => number]>([
    ["is not a number", () => NaN],
    ["is infinite", () => Infinity],
    ["answers text", () => "12" as never],
    ["throws", () => { throw new Error("stuck"); }], // prettier-ignore
    ["lies beyond all calendars", () => 1e17],
  ])(
    "one that %s refuses actions and stops no halt, and the gate works again when it does",
    async (_what, fail) => {
      const clock = new Watch();
      const { rein } = await open(rules, { clock });
      const permit = permitFor(rein, action);
      clock.fail = fail;
      expect(rein.gate(action).refusal).toMatchObject({ code: "clock_invalid", retryable: false });
      permit.check();
      rein.tick();
      expect(await rein.halt({ deadlineMs: 0 })).toMatchObject({ inFlight: [{ fate: "unknown" }] });
      permit.settle({ ok: true });
      clock.fail = undefined;
      expect(answer(rein, action)).toBe("halted");
    },
  );

  test("one that goes back gives no quota back, and expires nothing early", async () => {
    const clock = new Watch();
    const { rein } = await open(
      [...rules, { kind: "budget", measure: "usd", limit: 5, window: { calendar: "day" } }],
      { clock },
    );
    const permit = permitFor(rein, { ...action, cost: { usd: 5 } });
    const refusers = (): (string | undefined)[] => [
      rein.gate(action).refusal?.rule,
      rein.gate({ ...action, cost: { usd: 0 } }).refusal?.rule,
    ];
    clock.at -= 3 * 86_400_000;
    expect(refusers()).toEqual(["budget-1", "rate-1"]);
    permit.check();
    clock.at += 3 * 86_400_000 + 3_599_999;
    expect(refusers()).toEqual(["budget-1", "rate-1"]);
    clock.at += 1;
    expect(refusers()).toEqual(["budget-1", undefined]);
  });

  test("a wall clock that is set is on the record, and durations do not follow it", async () => {
    const { rein, clock, sink } = await open(rules);
    act(rein, action);
    clock.setWall(clock.now() + 86_400_000);
    expect(answer(rein, action)).toBe("rate_limited");
    await rein.flush();
    expect(sink.records).toContainEqual(expect.objectContaining({ type: "clock", byMs: 86_400_000 }));
  });
});

describe("records that cannot be written", () => {
  test("refuse actions when the queue is full; when they can be, nothing was lost and nothing is twice", async () => {
    const { rein, sink, logger } = await open([], { config: { maxQueue: 256 } });
    const permit = permitFor(rein, action);
    sink.failure = new Error("disk full");
    const seen: string[] = [];
    for (let i = 0; i < 600; i++) seen.push(act(rein, action));
    expect(new Set(seen)).toEqual(new Set(["ok", "record_failed"]));
    expect(rein.gate(action).refusal).toMatchObject({ code: "record_failed", retryable: true });
    permit.settle({ ok: true });
    expect(await rein.halt()).toMatchObject({ complete: true });
    await expect(rein.flush()).rejects.toMatchObject({ code: "record_failed" });
    sink.failure = undefined;
    expect(answer(rein, action)).toBe("halted");
    await rein.close();
    const allowed = seen.filter((code) => code === "ok").length + 1;
    const records = sink.records as { type: string; seq?: number; verdict?: string }[];
    const gates = records.filter(({ type }) => type === "gate").map(({ seq }) => seq);
    expect(gates).toEqual([...gates.keys()].map((i) => i + 1));
    expect(records.filter(({ verdict }) => verdict === "allow")).toHaveLength(allowed);
    expect(records.filter(({ type }) => type === "settle")).toHaveLength(allowed);
    expect(records.some(({ type }) => type === "gap")).toBe(false);
    expect(logger.lines.filter(({ level }) => level === "error").length).toBeGreaterThan(0);
  });

  test("do not let Rein open, and leave nothing behind", async () => {
    const sink = new MemorySink();
    sink.failure = new Error("read-only");
    await expect(open([], { audit: { sink } })).rejects.toMatchObject({ code: "record_failed" });
    await expect(open([], { audit: { dir: "/dev/null/x" } })).rejects.toMatchObject({
      code: "record_failed",
    });
  });

  test.each(["written", "durable"] as const)(
    "an action admitted %s takes nothing when its record fails",
    async (durability) => {
      const sink = new MemorySink();
      const rules = [
        { kind: "rate", limit: 1, window: "1h" },
        { kind: "budget", measure: "calls", limit: 1, window: "forever" },
        { kind: "errors", consecutive: 1 },
        { kind: "access", effect: "approve" },
      ] as const;
      const { rein } = await open(rules, { audit: { sink, durability } });
      rein.approve(rein.gate(action).refusal!.approvalId!, { by: "alice" });
      sink.failure = new Error("disk full");
      expect((await rein.admit(action)).refusal).toMatchObject({ code: "record_failed" });
      expect(rein.snapshot().inFlight).toEqual([]);
      sink.failure = undefined;
      await breathe();
      expect((await rein.admit(action)).allowed).toBe(true);
    },
  );

  test("a sink that throws what cannot be printed is a sink that fails", async () => {
    const { rein, sink } = await open([]);
    sink.failure = Object.create(null) as Error;
    answer(rein, action);
    await expect(rein.flush()).rejects.toMatchObject({ code: "record_failed" });
  });
});

test("the fake clock of the tests is as strict as time", () => {
  const clock = new FakeClock(0);
  const seen: number[] = [];
  clock.schedule(() => seen.push(clock.mono()), 10);
  clock.schedule(() => seen.push(clock.mono()), 5)();
  clock.advance(20);
  expect(seen).toEqual([10]);
});
