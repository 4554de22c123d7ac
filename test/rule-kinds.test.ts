import { describe, expect, test } from "vitest";
import type { RuleInput } from "../src/index.js";
import { HaltedError } from "../src/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";

const trade = { source: "agent", series: "trade", cost: { usd: 2 } };
const match = { series: "trade" };

describe("timeout", () => {
  const limit = { kind: "timeout", limit: "2m", id: "slow" } as const;

  test("an action that runs longer is void from that moment, and its signal aborts with the reason", async () => {
    const { rein, clock } = await open([limit]);
    const permit = permitFor(rein, trade);
    const { signal } = permit;
    clock.advance(119_999);
    permit.check();
    clock.advance(1);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: "timed_out", rule: "slow" });
    expect(() => permit.check()).toThrow(HaltedError);
    expect(answer(rein, trade)).toBe("ok");
  });

  test("the shortest of several counts, and the end of an action ends its time", async () => {
    const { rein, clock } = await open([limit, { kind: "timeout", limit: "1m", id: "slower" }]);
    const [running, ended] = [permitFor(rein, trade), permitFor(rein, trade)];
    ended.settle({ ok: true });
    clock.advance(60_000);
    expect(running.signal.reason).toMatchObject({ code: "timed_out", rule: "slower" });
    expect(ended.signal.aborted).toBe(false);
  });

  test.each([
    ["alert", "enforce", false, 0],
    ["block", "shadow", false, 0],
    ["block", "enforce", true, 0],
    ["halt", "shadow", false, 0],
    ["halt", "enforce", true, 1],
  ] as const)(
    "with %s, in %s: aborted %s, halts %i, and an alert or a halt says so",
    async (then, mode, aborts, halts) => {
      const { rein, clock } = await open([{ ...limit, match, then, mode }]);
      const [alerts, halted] = [hear(rein, "alert"), hear(rein, "halt")];
      const permit = permitFor(rein, trade);
      clock.advance(120_000);
      expect(permit.signal.aborted).toBe(aborts);
      expect(answer(rein, trade)).toBe(halts === 1 ? "halted" : "ok");
      expect(rein.snapshot().halts).toHaveLength(halts);
      await breathe();
      expect(alerts.length + halted.length).toBe(1);
    },
  );

  test.each([{ mode: "shadow" }, { then: "alert" }] as const)(
    "a shorter one with %j tells, and leaves a longer one its force",
    async (soft) => {
      const { rein, clock } = await open([{ kind: "timeout", limit: "1m", id: "look", ...soft }, limit]);
      const alerts = hear(rein, "alert");
      const permit = permitFor(rein, trade);
      clock.advance(60_000);
      permit.check();
      await breathe();
      expect(alerts).toMatchObject([{ rule: "look" }]);
      clock.advance(59_999);
      permit.check();
      clock.advance(1);
      expect(permit.signal.reason).toMatchObject({ code: "timed_out", rule: "slow" });
      await breathe();
      expect(alerts).toMatchObject([{ rule: "look" }, { rule: "slow" }]);
    },
  );

  test("one that halts does so when what another one has aborted still runs", async () => {
    const { rein, clock } = await open([
      { ...limit, then: "halt" },
      { kind: "timeout", limit: "1m", id: "cut" },
    ]);
    const permit = permitFor(rein, trade);
    clock.advance(60_000);
    expect(permit.signal.reason).toMatchObject({ code: "timed_out", rule: "cut" });
    expect(answer(rein, trade)).toBe("ok");
    clock.advance(60_000);
    expect(answer(rein, trade)).toBe("halted");
  });

  test("of several that pass unseen the shortest one is the reason", async () => {
    const clock = { at: 0, now: () => clock.at };
    const rules: RuleInput[] = [
      { kind: "timeout", limit: "3m", id: "a" },
      { kind: "timeout", limit: "30s", id: "b", mode: "shadow" },
      { kind: "timeout", limit: "1m", id: "c" },
    ];
    const { rein } = await open(rules, { clock });
    const { signal } = permitFor(rein, trade);
    clock.at = 600_000;
    rein.tick();
    expect(signal.reason).toMatchObject({ code: "timed_out", rule: "c" });
  });

  test("for each agent by itself, a sub-agent's action runs out of time once", async () => {
    const { rein, clock } = await open([{ ...limit, per: "source", then: "halt" }]);
    permitFor(rein, { ...trade, source: "agent/reader" });
    clock.advance(120_000);
    expect(rein.snapshot().halts).toHaveLength(1);
  });

  test("a limit made shorter holds for what runs already", async () => {
    const { rein, clock } = await open([limit]);
    const { signal } = permitFor(rein, trade);
    rein.setPolicy([{ ...limit, limit: "1m" }]);
    clock.advance(60_000);
    expect(signal.reason).toMatchObject({ code: "timed_out", rule: "slow" });
  });

  test("what it ends counts as a failure of the tool", async () => {
    const { rein, clock } = await open([limit, { kind: "errors", consecutive: 1 }]);
    const permit = permitFor(rein, trade);
    clock.advance(120_000);
    permit.settle({ ok: true });
    expect(answer(rein, trade)).toBe("breaker_open");
  });
});

describe("budget", () => {
  const usd = (limit: number, window: unknown, rest = {}): RuleInput =>
    ({ kind: "budget", measure: "usd", limit, window, ...rest }) as RuleInput;
  const cost = (amount: number): typeof trade => ({ ...trade, cost: { usd: amount } });

  test("what does not fit now may pass later, and the refusal says when; what never fits is not retryable", async () => {
    const { rein, clock } = await open([usd(10, "1h")]);
    act(rein, cost(4));
    clock.advance(60_000);
    act(rein, cost(6));
    expect(rein.gate(cost(3)).refusal).toMatchObject({ retryable: true, retryAfterMs: 3_540_000 });
    expect(rein.gate(cost(5)).refusal).toMatchObject({ retryable: true, retryAfterMs: 3_600_000 });
    expect(rein.gate(cost(10.000001)).refusal).toMatchObject({ code: "budget_exhausted", retryable: false });
    expect(rein.gate(cost(10.000001)).refusal).not.toHaveProperty("retryAfterMs");
    clock.advance(3_539_999);
    expect(answer(rein, cost(3))).toBe("budget_exhausted");
    clock.advance(1);
    expect(answer(rein, cost(3))).toBe("ok");
  });

  test("`forever` never comes back", async () => {
    const { rein, clock } = await open([usd(10, "forever")]);
    act(rein, cost(10));
    clock.advance(400 * 86_400_000);
    expect(rein.gate(cost(0.000001)).refusal).toMatchObject({ code: "budget_exhausted", retryable: false });
  });

  test.each([
    ["hour", "UTC", "2026-01-05T12:59:59.999Z", "2026-01-05T13:00:00Z"],
    ["day", "UTC", "2026-01-05T23:59:59.999Z", "2026-01-06T00:00:00Z"],
    ["day", "America/New_York", "2026-01-06T04:59:59.999Z", "2026-01-06T05:00:00Z"],
    ["day", "Europe/Berlin", "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"],
    ["day", "America/Santiago", "2026-09-06T03:59:59.999Z", "2026-09-06T04:00:00Z"],
    ["week", "UTC", "2026-01-11T23:59:59.999Z", "2026-01-12T00:00:00Z"],
    ["month", "Asia/Kathmandu", "2026-01-31T18:14:59.999Z", "2026-01-31T18:15:00Z"],
    ["year", "UTC", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"],
  ] as const)("a calendar %s in %s ends at its boundary", async (calendar, timeZone, before, boundary) => {
    const { rein, clock } = await open([usd(10, { calendar, timeZone })], {
      start: Date.parse(before) - 1000,
    });
    act(rein, cost(10));
    clock.advance(1000);
    expect(rein.gate(cost(1)).refusal).toMatchObject({ retryable: true, retryAfterMs: 1 });
    clock.advance(Date.parse(boundary) - Date.parse(before));
    expect(rein.budgets()[0]?.spent ?? 0).toBe(0);
    expect(answer(rein, cost(10))).toBe("ok");
  });

  test("a day on which clocks go forward has 23 hours, and one on which they go back 25", async () => {
    for (const [start, hours] of [
      ["2026-03-28T23:00:00Z", 23],
      ["2026-10-24T22:00:00Z", 25],
    ] as const) {
      const { rein } = await open([usd(10, { calendar: "day", timeZone: "Europe/Berlin" })], {
        start: Date.parse(start),
      });
      act(rein, cost(10));
      expect(rein.gate(cost(1)).refusal?.retryAfterMs).toBe(hours * 3_600_000);
    }
  });

  test("what is settled after a boundary is booked in the new period", async () => {
    const { rein, clock } = await open([usd(10, { calendar: "day" })], {
      start: Date.UTC(2026, 0, 5, 23, 59),
    });
    const permit = permitFor(rein, cost(5));
    clock.advance(120_000);
    permit.settle({ ok: true, cost: { usd: 4 } });
    expect(rein.budgets()).toMatchObject([{ spent: 4, reserved: 0, remaining: 6 }]);
  });

  test("amounts are exact: ten dimes are a dollar, and a part of a millionth is never free", async () => {
    const { rein } = await open([usd(1, "1d")]);
    for (let i = 0; i < 10; i++) expect(act(rein, cost(0.1))).toBe("ok");
    expect(answer(rein, cost(0.000001))).toBe("budget_exhausted");
    const tiny = (await open([usd(0.000005, "1d")])).rein;
    for (let i = 0; i < 5; i++) expect(act(tiny, cost(0.0000001))).toBe("ok");
    expect(answer(tiny, cost(0.0000001))).toBe("budget_exhausted");
  });

  test("an action that does not say what it costs is refused, unless the rule assumes something", async () => {
    const bare = { source: "agent", series: "trade" };
    const { rein } = await open([usd(10, "1d")]);
    expect(rein.gate(bare).refusal).toMatchObject({ code: "cost_missing", retryable: false });
    expect(rein.gate({ ...bare, cost: { tokens: 5 } }).refusal?.message).toContain("cost.usd");
    const assuming = (await open([usd(10, "1d", { assume: 4 })])).rein;
    expect([1, 2, 3].map(() => answer(assuming, bare))).toEqual(["ok", "ok", "budget_exhausted"]);
    expect(assuming.budgets()).toMatchObject([{ reserved: 8, remaining: 2 }]);
  });

  test.each([
    ["nothing", {}, 4],
    ["less", { cost: { usd: 1.5 } }, 1.5],
    ["nothing for another measure", { cost: { tokens: 9 } }, 4],
    ["that it was free", { cost: { usd: 0 } }, 0],
  ])("an outcome that reports %s books what that means, worked or not", async (_what, outcome, spent) => {
    for (const ok of [true, false]) {
      const { rein } = await open([usd(10, "1d")]);
      permitFor(rein, cost(4)).settle({ ok, ...outcome });
      expect(rein.budgets()[0] ?? { spent: 0, reserved: 0 }).toMatchObject({ spent, reserved: 0 });
    }
  });
});

test("a slot comes back when its action is settled or its permit expires, and not when it is only halted", async () => {
  const { rein, clock } = await open([{ kind: "concurrency", limit: 1 }]);
  permitFor(rein, trade).settle({ ok: false });
  const halted = permitFor(rein, trade);
  const { id } = await rein.halt({ by: "alice", deadlineMs: 0 });
  await rein.resume({ halt: id, by: "alice" });
  expect(answer(rein, trade)).toBe("concurrency_limited");
  halted.settle({ ok: false });
  permitFor(rein, trade);
  clock.advance(900_000);
  expect(answer(rein, trade)).toBe("ok");
});

test("a size limit takes its limit in, and does not guess", async () => {
  const { rein } = await open([{ kind: "size", measure: "usd", limit: 500 }]);
  const size = (amount: number): string => answer(rein, { ...trade, cost: { usd: amount } });
  expect([0, 500, 500.000001, 1e9].map(size)).toEqual(["ok", "ok", "too_large", "too_large"]);
  expect(answer(rein, { source: "agent", series: "trade", cost: { eur: 1 } })).toBe("cost_missing");
});

test.each<
  [string, object, readonly (readonly [start: number, current: number, realizedToday?: number])[], string]
>([
  ["exactly the limit is not exceeded", { limitPct: 5 }, [[100, 95]], "ok"],
  ["a cent more is", { limitPct: 5 }, [[100, 94.99]], "loss_limit"],
  ["money instead of percent", { limit: 7 }, [[1000, 993]], "ok"],
  ["money instead of percent, exceeded", { limit: 7 }, [[1000, 992.999999]], "loss_limit"],
  ["a realized loss of the day counts", { limitPct: 5 }, [[100, 100, -6]], "loss_limit"],
  [
    "from the day: a new start is a new day",
    { limitPct: 5, from: "day" },
    [
      [100, 110],
      [104, 103],
    ],
    "ok",
  ],
  [
    "from the peak",
    { limitPct: 5, from: "peak" },
    [
      [100, 110],
      [104, 104],
    ],
    "loss_limit",
  ],
  [
    "from the start: the first report counts",
    { limitPct: 5, from: "start" },
    [
      [100, 110],
      [90, 94],
    ],
    "loss_limit",
  ],
  [
    "a recovery opens it again",
    { limitPct: 5 },
    [
      [100, 80],
      [100, 96],
    ],
    "ok",
  ],
  ["nothing to measure against", { limitPct: 5 }, [[0, 0]], "loss_limit"],
  ["another account's loss is another's", { limitPct: 5, account: "eu" }, [[100, 1]], "ok"],
])("loss: %s", async (_what, fields, reports, expected) => {
  const { rein } = await open([{ kind: "loss", ...fields }]);
  for (const [start, current, realizedToday] of reports) {
    rein.balance({ start, current, ...(realizedToday !== undefined && { realizedToday }) });
  }
  expect(answer(rein, trade)).toBe(expected);
});

test("a floor takes its limit in, may lie below zero, and is shut by a report that is not a number", async () => {
  const { rein } = await open([{ kind: "floor", limit: -25 }]);
  const after = (current: number): string => {
    rein.balance({ start: 100, current });
    return answer(rein, trade);
  };
  expect([0, -25, -25.01].map(after)).toEqual(["ok", "ok", "balance_floor"]);
  expect(after(0)).toBe("ok");
  expect(() => after(NaN)).toThrow("current");
  expect(answer(rein, trade)).toBe("balance_floor");
  expect(after(0)).toBe("ok");
});

test("a rule about balances that comes later knows what was reported before", async () => {
  const { rein } = await open([]);
  rein.balance({ start: 100, current: 50 });
  rein.setPolicy([{ kind: "floor", limit: 75 }]);
  expect(answer(rein, trade)).toBe("balance_floor");
  rein.setPolicy([{ kind: "floor", limit: 25 }]);
  expect(answer(rein, trade)).toBe("ok");
});

describe("errors", () => {
  const fail = { ok: false };

  test("a rate opens it from its percentage on, once there are enough calls in the window", async () => {
    const { rein, clock } = await open([{ kind: "errors", ratePct: 50, window: "1m", minCalls: 4 }]);
    for (const outcome of [fail, fail, fail]) act(rein, trade, outcome);
    clock.advance(60_000);
    for (const ok of [true, true, false]) act(rein, trade, { ok });
    expect(answer(rein, trade)).toBe("ok");
    act(rein, trade, fail);
    expect(rein.gate(trade).refusal).toMatchObject({ code: "breaker_open", retryable: true });
  });

  test("closed, open, half-open: one trial at a time, and every one must succeed", async () => {
    const { rein, clock } = await open([{ kind: "errors", consecutive: 2, probes: 2, for: "5m" }]);
    act(rein, trade, fail);
    act(rein, trade);
    act(rein, trade, fail);
    expect(act(rein, trade, fail)).toBe("ok");
    expect(rein.gate(trade).refusal?.retryAfterMs).toBe(300_000);
    clock.advance(300_000);
    const trials = [permitFor(rein, trade), permitFor(rein, trade)];
    expect(answer(rein, trade)).toBe("breaker_open");
    trials[0]!.settle({ ok: true });
    trials[1]!.settle(fail);
    expect(rein.gate(trade).refusal).toMatchObject({ code: "breaker_open", retryAfterMs: 300_000 });
    clock.advance(300_000);
    expect([act(rein, trade), act(rein, trade), act(rein, trade)]).toEqual(["ok", "ok", "ok"]);
    expect(act(rein, trade, fail)).toBe("ok");
    expect(answer(rein, trade)).toBe("ok");
  });

  test("what a halt cut off says nothing about the tool", async () => {
    const { rein } = await open([{ kind: "errors", consecutive: 1 }]);
    const permit = permitFor(rein, trade);
    const { id } = await rein.halt({ by: "alice", deadlineMs: 0 });
    permit.settle(fail);
    await rein.resume({ halt: id, by: "alice" });
    expect(answer(rein, trade)).toBe("ok");
  });
});

test("a feed is fresh up to its age, dies once, and comes back with its signal", async () => {
  const { rein, clock } = await open([{ kind: "stale", signal: "feed", maxAge: "30s" }]);
  const alerts = hear(rein, "alert");
  rein.signal("feed", 101.5);
  clock.advance(30_000);
  expect(answer(rein, trade)).toBe("ok");
  clock.advance(1);
  rein.tick();
  rein.tick();
  expect(answer(rein, trade)).toBe("signal_stale");
  expect(() => {
    rein.signal("feed", NaN);
  }).toThrow("finite");
  expect(answer(rein, trade)).toBe("signal_stale");
  rein.signal("feed", 0);
  expect(answer(rein, trade)).toBe("ok");
  await breathe();
  expect(alerts).toHaveLength(1);
});
