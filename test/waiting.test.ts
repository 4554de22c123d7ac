import { describe, expect, test } from "vitest";
import type { Action, AdmitOptions, Decision, Rein } from "../src/index.js";
import { MemorySink } from "../src/testing/index.js";
import { act, answer, breathe, codeOf, hear, open, permitFor } from "./support/open.js";

const pay: Action = {
  source: "agent",
  series: "pay",
  cost: { usd: 5 },
  tags: { to: "ann" },
  args: { note: "x" },
};

interface Waiting {
  readonly decision: Promise<Decision>;
  state: "waiting" | "answered" | "thrown";
}

/** Starts to admit, and tells whether it still waits. */
async function admitting(rein: Rein, options: AdmitOptions, action = pay): Promise<Waiting> {
  const waiting: Waiting = { decision: rein.admit(action, options), state: "waiting" };
  waiting.decision.then(
    () => (waiting.state = "answered"),
    () => (waiting.state = "thrown"),
  );
  await breathe();
  return waiting;
}

describe("admit waits for a retryable refusal to pass", () => {
  const rate = { kind: "rate", limit: 1, window: "10s" } as const;

  test("as long as the refusal says, and not longer", async () => {
    const { rein, clock } = await open([rate]);
    act(rein, pay);
    const waiting = await admitting(rein, { waitMs: 20_000 });
    clock.advance(9_999);
    await breathe();
    expect(waiting.state).toBe("waiting");
    clock.advance(1);
    expect((await waiting.decision).allowed).toBe(true);
  });

  test("`waitMs` counts from the call, however long nothing happened before", async () => {
    const { rein, clock } = await open([rate]);
    act(rein, pay);
    clock.advance(5_000);
    const waiting = await admitting(rein, { waitMs: 5_000 });
    clock.advance(5_000);
    expect((await waiting.decision).allowed).toBe(true);
  });

  test("and gives the refusal when its patience is over", async () => {
    const { rein, clock } = await open([rate]);
    act(rein, pay);
    const waiting = await admitting(rein, { waitMs: 3_000 });
    clock.advance(3_000);
    expect((await waiting.decision).refusal).toMatchObject({ code: "rate_limited", retryAfterMs: 7_000 });
  });

  test.each([undefined, 0, -1, NaN])("at once with a `waitMs` of %s", async (waitMs) => {
    const { rein } = await open([rate]);
    act(rein, pay);
    const waiting = await admitting(rein, { waitMs });
    expect(waiting.state).toBe("answered");
  });

  test("for as long as it takes with a `waitMs` of Infinity", async () => {
    const { rein, clock } = await open([rate]);
    act(rein, pay);
    const waiting = await admitting(rein, { waitMs: Infinity });
    expect(waiting.state).toBe("waiting");
    clock.advance(10_000);
    expect((await waiting.decision).allowed).toBe(true);
  });

  test("at once when time will not help", async () => {
    const { rein } = await open([{ kind: "access", effect: "deny" }]);
    expect((await admitting(rein, { waitMs: 1000 })).state).toBe("answered");
  });

  test("a slot that comes free goes to one of those who wait, and the others wait on", async () => {
    const { rein } = await open([{ kind: "concurrency", limit: 1 }]);
    const first = permitFor(rein, pay);
    const waiting = [await admitting(rein, { waitMs: 1000 }), await admitting(rein, { waitMs: 1000 })];
    first.settle({ ok: true });
    await breathe();
    expect(waiting.map(({ state }) => state).sort()).toEqual(["answered", "waiting"]);
    (await Promise.race(waiting.map(({ decision }) => decision))).permit!.settle({ ok: true });
    await breathe();
    expect(waiting.map(({ state }) => state)).toEqual(["answered", "answered"]);
    for (const { decision } of waiting) expect((await decision).allowed).toBe(true);
  });

  test.each<[string, object, (rein: Rein) => unknown, string]>([
    [
      "a signal that arrives",
      { kind: "stale", signal: "feed", maxAge: "5s" },
      (rein) => rein.signal("feed", 1),
      "ok",
    ],
    ["a revival", {}, (rein) => rein.revive(pay, { by: "ann" }), "ok"],
    ["another policy", { kind: "stale", signal: "feed", maxAge: "5s" }, (rein) => rein.setPolicy([]), "ok"],
    [
      "a stricter policy",
      { kind: "stale", signal: "feed", maxAge: "5s" },
      (rein) => rein.setPolicy([{ kind: "access", effect: "deny" }]),
      "access_denied",
    ],
    ["a halt", { kind: "stale", signal: "feed", maxAge: "5s" }, (rein) => rein.halt({ by: "ann" }), "halted"],
    [
      "a kill",
      { kind: "stale", signal: "feed", maxAge: "5s" },
      (rein) => rein.override(pay, { status: "black", by: "ann" }),
      "lane_killed",
    ],
    ["the end of Rein", { kind: "stale", signal: "feed", maxAge: "5s" }, (rein) => rein.close(), "closed"],
  ])("and hears at once of %s", async (_what, rule, change, code) => {
    const { rein } = await open("kind" in rule ? [rule as never] : []);
    if (!("kind" in rule)) rein.override(pay, { status: "red", by: "ann" });
    const waiting = await admitting(rein, { waitMs: 60_000 });
    expect(waiting.state).toBe("waiting");
    void change(rein);
    expect(codeOf(await waiting.decision)).toBe(code);
  });

  test("until its signal aborts, and takes nothing then", async () => {
    const { rein } = await open([{ kind: "concurrency", limit: 1 }]);
    const first = permitFor(rein, pay);
    const controller = new AbortController();
    const waiting = await admitting(rein, { waitMs: 60_000, signal: controller.signal });
    controller.abort(new Error("never mind"));
    await expect(waiting.decision).rejects.toThrow("never mind");
    first.settle({ ok: true });
    expect(rein.snapshot().inFlight).toEqual([]);
    await expect(rein.admit(pay, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(rein.snapshot().inFlight).toEqual([]);
  });
});

describe("admit waits for the record", () => {
  class SlowSink extends MemorySink {
    synced: (() => void) | undefined;
    override sync(): Promise<void> {
      return new Promise((resolve) => (this.synced = resolve));
    }
  }

  test("durable: until it is on the disk; the action is in it by then", async () => {
    const sink = new SlowSink();
    const { rein } = await open([], { audit: { sink, durability: "durable" } });
    const waiting = await admitting(rein, {});
    expect(waiting.state).toBe("waiting");
    expect(sink.records).toContainEqual(expect.objectContaining({ type: "gate", verdict: "allow" }));
    sink.synced!();
    expect((await waiting.decision).allowed).toBe(true);
  });

  test("a halt in the meantime wins: the action does not start, and takes nothing", async () => {
    const sink = new SlowSink();
    const rules = [{ kind: "budget", measure: "usd", limit: 5, window: "forever" }] as const;
    const { rein } = await open(rules, { audit: { sink, durability: "durable" } });
    const waiting = await admitting(rein, {});
    const halting = rein.halt({ by: "ann", reason: "stop" });
    sink.synced!();
    expect((await waiting.decision).refusal).toMatchObject({ code: "halted", retryable: false });
    expect(await halting).toMatchObject({ complete: true, inFlight: [{ fate: "aborted" }] });
    await rein.resume({ halt: (await halting).id, by: "ann" });
    expect(answer(rein, pay)).toBe("ok");
  });

  test("a governed call starts only then", async () => {
    const sink = new SlowSink();
    const { rein } = await open([], { audit: { sink, durability: "durable" } });
    let runs = 0;
    const call = rein.governed({ source: "a", series: "b" }, () => (runs += 1))();
    await breathe();
    expect(runs).toBe(0);
    sink.synced!();
    expect(await call).toBe(1);
  });
});

describe("an approval", () => {
  const ask = { id: "ask", kind: "access", effect: "approve" } as const;
  const by = "ann";

  test("is for exactly this action", async () => {
    const { rein } = await open([ask]);
    const id = rein.gate(pay).refusal!.approvalId!;
    rein.approve(id, { by });
    const others: Action[] = [
      { ...pay, source: "agent/helper" },
      { ...pay, series: "pay2" },
      { ...pay, cost: { usd: 5.000001 } },
      { ...pay, cost: { usd: 5, tokens: 1 } },
      { ...pay, tags: { to: "bob" } },
      { ...pay, tags: {} },
      { ...pay, args: { note: "y" } },
      { ...pay, args: { note: "x", more: 1 } },
      { source: "agent", series: "pay" },
    ];
    const ids = others.map((other) => rein.gate(other).refusal?.approvalId);
    expect(new Set([...ids, id]).size).toBe(others.length + 1);
    expect(answer(rein, { args: { note: "x" }, tags: { to: "ann" }, ...pay })).toBe("ok");
  });

  test("is asked for once while it is open, is used once, and then must be asked for again", async () => {
    const { rein } = await open([ask]);
    const heard = hear(rein, "approval");
    const ids = [1, 2, 3].map(() => rein.gate(pay).refusal?.approvalId);
    expect(new Set(ids).size).toBe(1);
    rein.approve(ids[0]!, { by, reason: "fine" });
    expect(() => {
      rein.approve(ids[0]!, { by });
    }).toThrow("no open approval");
    expect(answer(rein, pay)).toBe("ok");
    const again = rein.gate(pay).refusal!;
    expect(again).toMatchObject({ code: "approval_required", rule: "ask" });
    expect(again.approvalId).not.toBe(ids[0]);
    await breathe();
    expect(heard.map(({ state }) => state)).toEqual(["pending", "approved", "pending"]);
    expect(JSON.stringify(heard)).not.toContain("note");
  });

  test("that is rejected is refused for good, with who and why", async () => {
    const { rein } = await open([ask]);
    const id = rein.gate(pay).refusal!.approvalId!;
    rein.reject(id, { by, reason: "too dear" });
    const { refusal } = rein.gate(pay);
    expect(refusal).toMatchObject({ code: "approval_rejected", retryable: false });
    expect(refusal!.message).toMatch(/ann.*too dear/);
  });

  test.each(["nobody answers", "nobody uses it", "it was rejected long ago"])(
    "lapses when %s",
    async (what) => {
      const { rein, clock } = await open([ask], { config: { approvalTtlSeconds: 60 } });
      const id = rein.gate(pay).refusal!.approvalId!;
      if (what === "nobody uses it") rein.approve(id, { by });
      if (what === "it was rejected long ago") rein.reject(id, { by });
      clock.advance(60_000);
      expect(() => {
        rein.approve(id, { by });
      }).toThrow("no open approval");
      expect(rein.gate(pay).refusal).toMatchObject({ code: "approval_required" });
      expect(rein.snapshot().approvals).toHaveLength(1);
    },
  );

  test("is not used up by an action that something else refuses", async () => {
    const { rein, clock } = await open([ask, { id: "cap", kind: "rate", limit: 1, window: "1m" }]);
    const first = { ...pay, args: 1 };
    rein.approve(rein.gate(first).refusal!.approvalId!, { by });
    rein.approve(rein.gate(pay).refusal!.approvalId!, { by });
    expect([answer(rein, first), answer(rein, pay)]).toEqual(["ok", "rate_limited"]);
    clock.advance(60_000);
    expect(answer(rein, pay)).toBe("ok");
  });

  test("is not asked for what is forbidden anyway", async () => {
    const { rein } = await open([ask, { kind: "access", effect: "deny" }]);
    expect(answer(rein, pay)).toBe("access_denied");
    expect(rein.snapshot().approvals).toEqual([]);
  });

  test.each([
    ["approve", "ok"],
    ["reject", "approval_rejected"],
  ] as const)("is waited for by admit: %s gives %s", async (answering, code) => {
    const { rein } = await open([ask]);
    const asked = hear(rein, "approval");
    const waiting = await admitting(rein, { waitMs: 60_000 });
    expect(waiting.state).toBe("waiting");
    rein[answering](asked[0]!.id, { by });
    expect(codeOf(await waiting.decision)).toBe(code);
  });

  test.each([
    ["no big integers", { n: 5n }],
    ["no cycles", cycle()],
    ["no functions", { f: () => 1 }],
  ])("cannot be bound to what cannot be written down (%s); what needs none passes", async (_what, args) => {
    const { rein } = await open([{ ...ask, match: { costOver: { usd: 4 } } }]);
    expect(rein.gate({ ...pay, args }).refusal).toMatchObject({ code: "invalid_action", retryable: false });
    expect(answer(rein, { ...pay, cost: { usd: 4 }, args })).toBe("ok");
    expect(rein.snapshot().approvals).toEqual([]);
  });

  test("is what an allow-list can ask for, too", async () => {
    const { rein } = await open([
      { kind: "access", effect: "allow", match: { series: "search" }, then: "approve" },
    ]);
    const { refusal } = rein.gate(pay);
    expect(refusal).toMatchObject({ code: "approval_required" });
    rein.approve(refusal!.approvalId!, { by });
    expect([answer(rein, pay), answer(rein, pay)]).toEqual(["ok", "approval_required"]);
  });
});

function cycle(): object {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  return loop;
}
