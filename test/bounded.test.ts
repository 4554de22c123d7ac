import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action, RuleInput } from "../src/index.js";
import { HaltedError } from "../src/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";

const by = "ann";
const CAP = 3;
const invented = (n: number): string => `invented-${n}`;

describe("inventing names frees no quota", () => {
  const keyed: Readonly<Record<string, (name: string) => Action>> = {
    source: (name) => ({ source: name, series: "x", cost: { usd: 1 } }),
    series: (name) => ({ source: "a", series: name, cost: { usd: 1 } }),
    "tag:to": (name) => ({ source: "a", series: "x", tags: { to: name }, cost: { usd: 1 } }),
  };
  const rules: readonly (readonly [string, RuleInput])[] = [
    ["a rate", { kind: "rate", limit: 2, window: "1h" }],
    ["a bucket", { kind: "rate", limit: 1, window: "1000h", burst: 2 }],
    ["a budget", { kind: "budget", measure: "usd", limit: 2, window: "forever" }],
    ["a rolling budget", { kind: "budget", measure: "usd", limit: 2, window: "1h" }],
    ["a calendar budget", { kind: "budget", measure: "usd", limit: 2, window: { calendar: "year" } }],
  ];
  const cases = rules.flatMap(([name, rule]) => Object.keys(keyed).map((per) => [name, per, rule] as const));

  test.each(cases)(
    "%s per %s: beyond the cap all new names share one key's limit",
    async (_name, per, rule) => {
      const { rein } = await open([{ ...rule, per }], { config: { maxKeysPerRule: CAP } });
      const actionOf = keyed[per]!;
      for (let i = 0; i < CAP; i++) expect(act(rein, actionOf(`own-${i}`))).toBe("ok");
      let passed = 0;
      for (let i = 0; i < 2000; i++) if (act(rein, actionOf(invented(i))) === "ok") passed += 1;
      expect(passed).toBe(2);
      // Those who were there before keep what is theirs, and no more.
      const own = [0, 1, 2].flatMap((i) => [
        act(rein, actionOf(`own-${i}`)),
        act(rein, actionOf(`own-${i}`)),
      ]);
      expect(own.filter((code) => code === "ok")).toHaveLength(CAP);
    },
  );

  test.each(Object.keys(keyed))("slots in flight per %s: the same", async (per) => {
    const rule = { kind: "concurrency", limit: 2, per } as RuleInput;
    const { rein } = await open([rule], { config: { maxKeysPerRule: CAP } });
    const actionOf = keyed[per]!;
    for (let i = 0; i < CAP; i++) permitFor(rein, actionOf(`own-${i}`));
    const permits = [permitFor(rein, actionOf("new-1")), permitFor(rein, actionOf("new-2"))];
    for (let i = 0; i < 100; i++) expect(answer(rein, actionOf(invented(i)))).toBe("concurrency_limited");
    permits[0]!.settle({ ok: true });
    expect(answer(rein, actionOf("new-3"))).toBe("ok");
  });

  test("no name gets a second counter when the first is forgotten, whatever comes and goes", async () => {
    const step = fc.record({
      source: fc.constantFrom("a", "b", "c", "d", "e", "f", "a/x", "a/y"),
      series: fc.constantFrom("s", "t"),
      gap: fc.constantFrom(0, 0, 0, 300, 1000, 5000),
      settle: fc.boolean(),
    });
    const kinds: RuleInput[] = [
      { kind: "rate", limit: 2, window: "1s", per: "source" },
      { kind: "budget", measure: "usd", limit: 2, window: "1s", per: "source" },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 120 }),
        async (rule, cap, steps) => {
          const { rein, clock } = await open([rule], { config: { maxKeysPerRule: cap, maxLanes: 4 } });
          const passed: { at: number; source: string }[] = [];
          for (const { source, series, gap } of steps) {
            clock.advance(gap);
            const now = clock.mono();
            if (act(rein, { source, series, cost: { usd: 1 } }) === "ok") passed.push({ at: now, source });
            const recent = passed.filter(({ at }) => now - at < 1000);
            const of = (name: string): number =>
              recent.filter(({ source: s }) => s === name || s.startsWith(`${name}/`)).length;
            expect(Math.max(0, ...recent.map(({ source: s }) => of(s)), of("a"))).toBeLessThanOrEqual(2);
            expect(recent.length).toBeLessThanOrEqual(2 * (cap + 1));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("a spent budget is not forgotten to make room, and a raised policy still knows it", async () => {
    const rule = (limit: number): RuleInput => ({
      kind: "budget",
      measure: "usd",
      limit,
      window: "forever",
      per: "source",
    });
    const { rein, clock } = await open([rule(1)], { config: { maxKeysPerRule: CAP, maxLanes: CAP } });
    const victim = { source: "victim", series: "x", cost: { usd: 1 } };
    act(rein, victim);
    for (let i = 0; i < 5000; i++) {
      act(rein, { source: invented(i), series: invented(i), cost: { usd: 1 } });
      if (i % 100 === 0) clock.advance(120_000);
    }
    expect(answer(rein, victim)).toBe("budget_exhausted");
    rein.setPolicy([rule(2)]);
    expect([act(rein, victim), act(rein, victim)]).toEqual(["ok", "budget_exhausted"]);
    expect(rein.budgets().length).toBeLessThanOrEqual(CAP + 1);
  });
});

describe("lanes", () => {
  test("are at most so many; a killed or overridden one is never the one to go", async () => {
    const { rein, clock } = await open([], { config: { maxLanes: 5 } });
    rein.override({ source: "a", series: "killed" }, { status: "black", by });
    rein.override({ source: "a", series: "trusted" }, { status: "green", by });
    const open1 = permitFor(rein, { source: "a", series: "running" });
    for (let i = 0; i < 3000; i++) {
      act(rein, { source: invented(i), series: "x" });
      if (i % 50 === 0) clock.advance(20_000);
    }
    const { lanes, overflowed } = rein.snapshot();
    expect(lanes.length).toBeLessThanOrEqual(5);
    expect(overflowed).toBeGreaterThan(0);
    expect(lanes).toContainEqual(expect.objectContaining({ series: "killed", status: "black" }));
    expect(lanes).toContainEqual(expect.objectContaining({ series: "trusted", status: "green" }));
    expect(answer(rein, { source: "a", series: "killed" })).toBe("lane_killed");
    expect(() => open1.check()).toThrow(HaltedError); // expired by now, and that is known
  });

  test("beyond the cap are still asked by every rule under their own name, halted, and killed", async () => {
    const rules: RuleInput[] = [
      { kind: "access", effect: "deny", match: { source: "evil" } },
      { kind: "rate", limit: 1, window: "1h", match: { source: "busy" } },
    ];
    const { rein } = await open(rules, { config: { maxLanes: 1 } });
    act(rein, { source: "first", series: "x" });
    const on = (source: string): Action => ({ source, series: "x" });
    expect([answer(rein, on("evil/sub")), act(rein, on("busy")), act(rein, on("busy"))]).toEqual([
      "access_denied",
      "ok",
      "rate_limited",
    ]);
    const permit = permitFor(rein, on("late"));
    const { inFlight } = await rein.halt({ scope: { source: "late" }, by, deadlineMs: 0 });
    expect(inFlight).toMatchObject([{ id: permit.id }]);
    expect(answer(rein, on("late"))).toBe("halted");
    rein.override(on("worse"), { status: "black", by });
    expect(answer(rein, on("worse"))).toBe("lane_killed");
  });
});

test("actions in flight: one more is refused until one ends, and the books stay right", async () => {
  const { rein } = await open([{ kind: "rate", limit: 4, window: "1h" }], { config: { maxInFlight: CAP } });
  const permits = [0, 1, 2].map((i) => permitFor(rein, { source: invented(i), series: "x" }));
  expect(rein.gate({ source: "a", series: "x" }).refusal).toMatchObject({
    code: "capacity",
    retryable: true,
  });
  permits[1]!.settle({ ok: true });
  expect(answer(rein, { source: "a", series: "x" })).toBe("ok");
  permits[0]!.settle({ ok: true });
  expect(answer(rein, { source: "a", series: "x" })).toBe("rate_limited");
});

test("open approvals: further questions are refused until one is answered and used, or lapses", async () => {
  const { rein, clock } = await open([{ kind: "access", effect: "approve" }], {
    config: { maxApprovals: CAP },
  });
  const of = (n: number): Action => ({ source: "a", series: "x", args: { n } });
  const ids = [0, 1, 2].map((n) => rein.gate(of(n)).refusal?.approvalId);
  for (let n = 3; n < 100; n++)
    expect(rein.gate(of(n)).refusal).toMatchObject({ code: "capacity", retryable: true });
  expect(rein.gate(of(0)).refusal).toMatchObject({ code: "approval_required", approvalId: ids[0] });
  rein.approve(ids[0]!, { by });
  expect(answer(rein, of(0))).toBe("ok");
  expect(answer(rein, of(3))).toBe("approval_required");
  clock.advance(3_600_000);
  expect(answer(rein, of(4))).toBe("approval_required");
  expect(rein.snapshot().approvals).toHaveLength(1);
});

describe("halts at the cap", () => {
  const sources = ["a", "b", "c", "d"];
  const answers = (rein: Parameters<typeof answer>[0]): string[] =>
    [...sources, "z"].map((source) => answer(rein, { source, series: "x" }));

  test("stop more rather than less, and are resumed one by one", async () => {
    const { rein } = await open([], { config: { maxHalts: 2 } });
    const halts = [];
    for (const source of sources) halts.push(await rein.halt({ scope: { source }, by }));
    expect(rein.snapshot().halts.length).toBeLessThanOrEqual(2);
    expect(answers(rein)).toEqual(Array(5).fill("halted"));
    for (const [i, { id }] of halts.slice(1).entries()) {
      expect(answers(rein)).toEqual(Array(5).fill("halted"));
      await rein.resume({ halt: id, by });
      if (i < 2) expect(answer(rein, { source: "d", series: "x" })).toBe("halted");
    }
    expect(answers(rein)).toEqual(["halted", "ok", "ok", "ok", "ok"]);
    await rein.resume({ halt: halts[0]!.id, by });
    expect(answers(rein)).toEqual(Array(5).fill("ok"));
  });

  test("widened, void what the wider scope covers, and the receipt covers it, too", async () => {
    const { rein } = await open([], { config: { maxHalts: 1 } });
    const permit = permitFor(rein, { source: "a", series: "x" });
    const receipt = await rein.halt({ scope: { tags: { to: "ann" } }, by, deadlineMs: 0 });
    expect(receipt).toMatchObject({
      scope: "all",
      complete: false,
      inFlight: [{ id: permit.id, fate: "unknown" }],
    });
    expect(() => permit.check()).toThrow(HaltedError);
  });

  test("made by a rule for each invented name, stop everything in the end", async () => {
    const { rein } = await open(
      [{ kind: "access", effect: "deny", match: { series: "bad" }, per: "source", then: "halt" }],
      { config: { maxHalts: 5 } },
    );
    for (let i = 0; i < 500; i++) answer(rein, { source: invented(i), series: "bad" });
    expect(rein.snapshot().halts.length).toBeLessThanOrEqual(5);
    expect(answer(rein, { source: invented(0), series: "bad" })).toBe("halted");
  });
});

test("signals and accounts: one more is a typed error, and those that rules name always have room", async () => {
  const config = { maxSignals: CAP, maxAccounts: CAP };
  const { rein } = await open(
    [
      { kind: "stale", signal: "feed", maxAge: "1m" },
      { kind: "floor", limit: 5, account: "main" },
    ],
    { config },
  );
  const names = Array.from({ length: 50 }, (_, i) => invented(i));
  const full = (run: (name: string) => unknown): number =>
    names.filter((name) => {
      try {
        run(name);
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_input" });
        return true;
      }
    }).length;
  expect(full((name) => rein.signal(name, 1))).toBeGreaterThanOrEqual(50 - CAP);
  expect(full((account) => rein.balance({ account, start: 1, current: 1 }))).toBeGreaterThanOrEqual(50 - CAP);
  expect(answer(rein, { source: "a", series: "x" })).toBe("signal_stale");
  rein.signal("feed", 1);
  expect(answer(rein, { source: "a", series: "x" })).toBe("ok");
  rein.balance({ account: "main", start: 10, current: 1 });
  expect(answer(rein, { source: "a", series: "x" })).toBe("balance_floor");
  expect(rein.snapshot().signals.length).toBeLessThanOrEqual(CAP);
});

test("measures: those that rules count are counted, whatever was invented before", async () => {
  const { rein } = await open([]);
  for (let i = 0; i < 500; i++) act(rein, { source: "a", series: "x", cost: { [invented(i)]: 1 } });
  rein.setPolicy([
    { kind: "budget", measure: "usd", limit: 5, window: "1d", assume: 0 },
    { kind: "size", measure: "eur", limit: 5, match: { series: "buy" } },
    { kind: "access", effect: "deny", match: { costOver: { gold: 5 } } },
  ]);
  const pay = (series: string, cost: Record<string, number>): string =>
    act(rein, { source: "a", series, cost });
  expect(pay("x", { usd: 5, gold: 5 })).toBe("ok");
  expect(pay("x", { usd: 1, gold: 0 })).toBe("budget_exhausted");
  expect(pay("x", { gold: 6 })).toBe("access_denied");
  expect(pay("buy", { eur: 6, gold: 0 })).toBe("too_large");
});

test("events: a flood that nobody could hear in time is cut and said aloud, and the newest state is still right", async () => {
  const { rein, logger } = await open([], { config: { maxEvents: 10 } });
  const heard = hear(rein, "decision");
  for (let i = 0; i < 1000; i++) act(rein, { source: "a", series: "x" });
  await breathe();
  expect(heard).toHaveLength(10);
  expect(logger.lines.filter(({ message }) => message.includes("behind"))).toHaveLength(1);
  act(rein, { source: "a", series: "x" });
  await breathe();
  expect(heard).toHaveLength(11);
});

test("records in memory: the newest are kept, and the gate goes on", async () => {
  const { rein } = await open([], { config: { maxQueue: 256 }, audit: undefined });
  for (let i = 0; i < 5000; i++) expect(act(rein, { source: "a", series: "x" })).toBe("ok");
  expect(rein.snapshot().decisions).toBe(5000);
});
