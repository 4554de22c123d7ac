import { describe, expect, test } from "vitest";
import type { Action, Outcome, Rein } from "../src/index.js";
import { InvalidInputError, ReinError } from "../src/index.js";
import { open, permitFor } from "./support/open.js";

const action: Action = { source: "agent", series: "pay", cost: { usd: 1 } };

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
    // Of a signal it is known that it did not arrive, and what is odd is counted.
    const state = (): object => ({ ...rein.snapshot(), regime: "", weather: "", oddities: "" });
    const before = state();
    expect(() => run(rein)).toThrow(InvalidInputError);
    expect(() => run(rein)).toThrow(expect.objectContaining({ field }) as Error);
    expect(state()).toEqual(before);
  });

  test.each<[string, unknown, string]>([
    ["null", null, "request"],
    ["a scope that names nothing", { scope: {} }, "scope"],
    ["tags that name nothing", { scope: { tags: {} } }, "scope.tags"],
    ["tags in a list", { scope: { tags: ["to"] } }, "scope.tags"],
    ["a scope with a field it does not know", { scope: { sauce: "x" } }, "scope.sauce"],
    ["a scope of numbers", { scope: { source: [5] } }, "scope.source"],
    ["an empty glob", { scope: { series: "" } }, "scope.series"],
    ["a glob that asks for no word", { scope: { series: ["~a", "~ "] } }, "scope.series"],
    ["a glob that asks for words and more", { scope: { tags: { to: "~a*" } } }, "scope.tags.to"],
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
