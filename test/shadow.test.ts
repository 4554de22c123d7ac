import { describe, expect, test } from "vitest";
import type { Action, RuleInput } from "../src/index.js";
import { HaltedError, Rein } from "../src/index.js";
import { MemoryLogger, MemorySink } from "../src/testing/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";

const by = "ann";
const trade: Action = { source: "agent", series: "trade", cost: { usd: 2 } };

const REFUSING: readonly RuleInput[] = [
  { kind: "rate", limit: 1, window: "1h" },
  { kind: "budget", measure: "usd", limit: 3, window: "1d" },
  { kind: "concurrency", limit: 1 },
  { kind: "access", effect: "deny" },
  { kind: "access", effect: "approve" },
  { kind: "access", effect: "allow", match: { series: "search" } },
  { kind: "size", measure: "usd", limit: 1 },
  { kind: "loss", limitPct: 5 },
  { kind: "floor", limit: 25 },
  { kind: "errors", consecutive: 1 },
  { kind: "stale", signal: "feed", maxAge: "30s" },
];

describe("in shadow", () => {
  test.each(
    REFUSING.flatMap((rule) => (["block", "halt", "approve"] as const).map((then) => [rule, then] as const)),
  )("nothing automatic blocks: %j with %s", async (rule, then) => {
    if (rule.kind === "access" && rule.effect === "approve" && then !== "block") return;
    const { rein } = await open([{ ...rule, then, id: "the-rule" }], { mode: "shadow" });
    const asked = hear(rein, "approval");
    rein.balance({ start: 100, current: 10 });
    act(rein, trade, { ok: false });
    permitFor(rein, trade);
    const decision = rein.gate(trade);
    expect(decision).toMatchObject({ allowed: true, verdict: "allow" });
    // A breaker that halts stands for its halt alone, so there is nothing left to refuse.
    if (rule.kind !== "errors" || then !== "halt") {
      expect(decision.wouldBlock).toMatchObject({ rule: "the-rule", retryable: expect.any(Boolean) });
    }
    expect(rein.snapshot()).toMatchObject({ halts: [], approvals: [] });
    await breathe();
    expect(asked).toEqual([]);
  });

  test("a halt that a rule would have made is told, once", async () => {
    const { rein } = await open([{ id: "deny", kind: "access", effect: "deny", then: "halt" }], {
      mode: "shadow",
    });
    const [alerts, halts] = [hear(rein, "alert"), hear(rein, "halt")];
    for (let i = 0; i < 20; i++) act(rein, trade);
    await breathe();
    expect(alerts).toMatchObject([{ code: "would_halt", rule: "deny" }]);
    expect(halts).toEqual([]);
  });

  test("an operator's halt stops, and so does an operator's kill", async () => {
    const { rein } = await open([], { mode: "shadow" });
    const permit = permitFor(rein, trade);
    const { id } = await rein.halt({ by, deadlineMs: 0 });
    expect(() => permit.check()).toThrow(HaltedError);
    expect(answer(rein, trade)).toBe("halted");
    await rein.resume({ halt: id, by });
    rein.override(trade, { status: "black", by });
    expect(answer(rein, trade)).toBe("lane_killed");
  });

  test("what cannot be read is refused: there is nothing to let pass", async () => {
    const { rein } = await open([], { mode: "shadow" });
    expect(answer(rein, { ...trade, cost: { usd: NaN } })).toBe("cost_invalid");
    expect(answer(rein, { ...trade, source: "" })).toBe("invalid_action");
  });

  test("arguments that no approval could be bound to pass all the same", async () => {
    const { rein } = await open([{ kind: "access", effect: "approve" }], { mode: "shadow" });
    expect(rein.gate({ ...trade, args: { n: 5n } })).toMatchObject({
      allowed: true,
      wouldBlock: { code: "approval_required" },
    });
  });

  test("budgets count what is really spent, past the limit; throttles what enforcement would have admitted", async () => {
    const rules: RuleInput[] = [
      { id: "spend", kind: "budget", measure: "usd", limit: 5, window: "1d" },
      { id: "throttle", kind: "rate", limit: 3, window: "1h" },
    ];
    const { rein, clock } = await open(rules, { mode: "shadow" });
    const seen = [1, 2, 3, 4].map(() => {
      const decision = rein.gate(trade);
      decision.permit!.settle({ ok: true });
      return decision.wouldBlock?.rule;
    });
    expect(seen).toEqual([undefined, undefined, "spend", "spend"]);
    expect(rein.budgets()).toMatchObject([{ spent: 8, remaining: 0 }]);
    // Two were admitted as far as the throttle knows, so one more fits and a second does not.
    clock.advance(1);
    const free = { ...trade, cost: { usd: 0 } };
    rein.setPolicy([rules[1]!]);
    expect([rein.gate(free).wouldBlock?.rule, rein.gate(free).wouldBlock?.rule]).toEqual([
      undefined,
      "throttle",
    ]);
  });

  test("slots in flight are those of what would have been admitted", async () => {
    const { rein } = await open([{ kind: "concurrency", limit: 1 }], { mode: "shadow" });
    const [first, second] = [rein.gate(trade), rein.gate(trade)];
    expect([first.wouldBlock, second.wouldBlock?.code]).toEqual([undefined, "concurrency_limited"]);
    second.permit!.settle({ ok: true });
    expect(rein.gate(trade).wouldBlock?.code).toBe("concurrency_limited");
    first.permit!.settle({ ok: true });
    expect(rein.gate(trade).wouldBlock).toBeUndefined();
  });

  test("a time limit aborts nothing and tells", async () => {
    const { rein, clock } = await open([{ kind: "timeout", limit: "1m" }], { mode: "shadow" });
    const alerts = hear(rein, "alert");
    const permit = permitFor(rein, trade);
    clock.advance(60_000);
    permit.check();
    await breathe();
    expect(alerts).toHaveLength(1);
  });

  test("a breaker goes through its states as far as it can see", async () => {
    const { rein, clock } = await open([{ kind: "errors", consecutive: 1, for: "1m" }], { mode: "shadow" });
    act(rein, trade, { ok: false });
    expect(rein.gate(trade).wouldBlock?.code).toBe("breaker_open");
    clock.advance(60_000);
    const trial = rein.gate(trade);
    expect(trial.wouldBlock).toBeUndefined();
    trial.permit!.settle({ ok: true });
    expect(rein.gate(trade).wouldBlock).toBeUndefined();
  });

  test("the record says what enforcement would have said", async () => {
    const { rein, sink } = await open([{ id: "deny", kind: "access", effect: "deny" }], { mode: "shadow" });
    act(rein, trade);
    await rein.flush();
    expect(sink.records).toContainEqual(
      expect.objectContaining({
        type: "gate",
        verdict: "allow",
        wouldCode: "access_denied",
        wouldRule: "deny",
      }),
    );
  });
});

describe("a rule in shadow beside others that are enforced", () => {
  test("blocks nothing, and hides nothing", async () => {
    const { rein } = await open([
      { id: "a-shadow", kind: "access", effect: "deny", mode: "shadow", then: "halt" },
      { id: "b-real", kind: "rate", limit: 1, window: "1h" },
    ]);
    expect(rein.gate(trade)).toMatchObject({ allowed: true, wouldBlock: { rule: "a-shadow" } });
    expect(rein.gate(trade)).toMatchObject({
      allowed: false,
      refusal: { rule: "b-real", code: "rate_limited" },
    });
    expect(rein.snapshot().halts).toEqual([]);
  });

  test("that is enforced later goes on from what it has counted, and the other way round", async () => {
    const rule = (mode: "shadow" | "enforce"): RuleInput => ({
      kind: "budget",
      measure: "usd",
      limit: 3,
      window: "1d",
      mode,
    });
    const { rein } = await open([rule("shadow")]);
    act(rein, trade);
    rein.setPolicy([rule("enforce")]);
    expect(answer(rein, trade)).toBe("budget_exhausted");
    rein.setPolicy([rule("shadow")]);
    expect(rein.gate(trade)).toMatchObject({ allowed: true, wouldBlock: { code: "budget_exhausted" } });
  });

  test("on an allow-list refuses nothing that the enforced ones allow, and shows what it would have", async () => {
    const { rein } = await open([
      { id: "now", kind: "access", effect: "allow", match: { series: ["trade", "search"] } },
      { id: "soon", kind: "access", effect: "deny", match: { series: "trade" }, mode: "shadow" },
    ]);
    expect(rein.gate(trade)).toMatchObject({ allowed: true, wouldBlock: { rule: "soon" } });
    expect(answer(rein, { ...trade, series: "other" })).toBe("access_denied");
  });
});

describe("which mode", () => {
  const opening = async (options: object): Promise<readonly [Rein, string]> => {
    const logger = new MemoryLogger();
    const rein = await Rein.open({
      policy: [{ kind: "access", effect: "deny" }],
      audit: { sink: new MemorySink() },
      logger,
      ...options,
    });
    return [rein, logger.lines.map(({ message }) => message).join("\n")];
  };

  test("is shadow unless somebody says otherwise, and shadow is said aloud", async () => {
    const [rein, said] = await opening({});
    expect([rein.mode, answer(rein, trade)]).toEqual(["shadow", "ok"]);
    expect(said).toContain("shadow");
  });

  test.each<[object, string, string]>([
    [{ config: { shadow: false } }, "enforce", "access_denied"],
    [{ config: { shadow: true }, mode: "enforce" }, "enforce", "access_denied"],
    [{ config: { shadow: false }, mode: "shadow" }, "shadow", "ok"],
    [{ config: { enabled: false }, mode: "enforce" }, "off", "ok"],
  ])("%j is %s", async (options, mode, code) => {
    const [rein, said] = await opening(options);
    expect([rein.mode, answer(rein, trade)]).toEqual([mode, code]);
    if (mode === "off") expect(said).toContain("OFF");
    const { id } = await rein.halt({ by, deadlineMs: 0 });
    expect(answer(rein, trade)).toBe("halted");
    await rein.resume({ halt: id, by });
  });
});
