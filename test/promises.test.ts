import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replay } from "../src/analysis/replay.js";
import type { RunRecord } from "../src/analysis/replay.js";
import { HaltedError } from "../src/index.js";
import type { RuleInput } from "../src/index.js";
import { Driver } from "./support/driver.js";
import { advanceStep, anyPolicy, anyRule, gateStep, history, settleStep } from "./support/histories.js";

const RUNS = 300;

/** Rules of which several may call for a halt at once, of several reaches and lengths. */
const haltingPolicy: fc.Arbitrary<RuleInput[]> = fc.array(
  fc
    .record({
      said: fc.constantFrom<RuleInput>(
        { kind: "access", effect: "deny" },
        { kind: "access", effect: "allow" },
        { kind: "rate", limit: 2, window: "10s" },
        { kind: "rate", limit: 2, window: "10s", per: "source" },
        { kind: "rate", limit: 2, window: "10s", per: ["source", "series"] },
      ),
      series: fc.constantFrom(undefined, ["search"], ["send_*"], ["search", "send_email"]),
      source: fc.constantFrom(undefined, ["planner"], ["trader", "planner"]),
      halts: fc.constantFrom(undefined, "match" as const, "key" as const, "all" as const),
      lasting: fc.constantFrom(undefined, "1s", "20s"),
    })
    .map(({ said, series, source, halts, lasting }): RuleInput => ({
      ...said,
      then: "halt",
      match: { series: series ?? ["search", "send_*"], ...(source !== undefined && { source }) },
      ...(halts !== undefined && (halts !== "key" || "per" in said) && { halts }),
      ...(lasting !== undefined && { for: lasting }),
    })),
  { minLength: 2, maxLength: 4 },
);

/** What is halted, whichever rule did it. */
function reaches({ rein }: Driver): unknown[] {
  return rein.snapshot().halts.map(({ id, scope }) => ({ id, scope }));
}

describe("promise 1: a halt is a fact", () => {
  test("in the scope of a halt nothing is allowed and every fence is shut until each halt is resumed", async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, history({ rare: true }), async (policy, steps) => {
        const driver = await Driver.open(policy);
        for (const step of steps) {
          const halts = driver.rein.snapshot().halts;
          const decision = await driver.run(step);
          if (halts.some(({ scope }) => scope === "all") && decision !== undefined && step.do === "gate") {
            expect(decision.allowed).toBe(false);
            expect(decision.refusal).toMatchObject({ code: "halted", retryable: false });
          }
          if (step.do !== "halt") continue;
          const { inFlight } = driver.rein.snapshot();
          for (const { decision: open } of driver.open) {
            if (!inFlight.some(({ id, halted }) => id === open.id && halted)) continue;
            expect(() => open.permit.check()).toThrow(HaltedError);
            expect(open.permit.signal.aborted).toBe(true);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("a second halt survives the first resume", async () => {
    const { rein } = await Driver.open([]);
    const first = await rein.halt({ reason: "one", by: "alice" });
    const second = await rein.halt({ scope: { source: "trader" }, reason: "two", by: "bob" });
    await rein.resume({ halt: first.id, by: "alice", reason: "done" });
    expect(rein.gate({ source: "planner", series: "x" }).allowed).toBe(true);
    expect(rein.gate({ source: "trader/child", series: "x" }).refusal?.code).toBe("halted");
    await rein.resume({ halt: second.id, by: "bob", reason: "done" });
    expect(rein.gate({ source: "trader", series: "x" }).allowed).toBe(true);
  });
});

describe("promise 2: no overspend", () => {
  /** Sums the last window of settled costs and all open reservations, in whole cents, as an outsider would. */
  class Ledger {
    readonly #booked: { readonly at: number; readonly cents: number }[] = [];
    reserved = 0;

    book(at: number, usd: number): void {
      this.#booked.push({ at, cents: Math.round(usd * 100) });
    }

    total(at: number, windowMs: number): number {
      return (
        this.#booked.filter((entry) => at - entry.at < windowMs).reduce((sum, { cents }) => sum + cents, 0) +
        this.reserved
      );
    }
  }

  test("2,000 random ledgers never exceed their budget, in any window", async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: gateStep },
        { weight: 4, arbitrary: settleStep },
        { weight: 3, arbitrary: advanceStep },
      ),
      {
        maxLength: 80,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 800 }),
        fc.constantFrom([1_000, "1s"], [60_000, "1m"], [86_400_000, "1d"]),
        steps,
        async (limitCents, [windowMs, window], plan) => {
          const driver = await Driver.open(
            [{ kind: "budget", measure: "usd", limit: limitCents / 100, window: window as string }],
            {
              config: { permitTtlSeconds: 1_000_000 },
            },
          );
          const ledger = new Ledger();
          const cents = (usd: number | undefined): number => Math.round((usd ?? 0) * 100);
          for (const step of plan) {
            const now = driver.clock.mono();
            if (step.do === "settle") {
              const action = driver.take(step.pick);
              if (action === undefined) continue;
              ledger.reserved -= cents(action.step.usd);
              ledger.book(now, driver.settle(action, step.ok, step.usd));
            } else if (step.do === "gate") {
              const before = ledger.total(now, windowMs);
              const decision = await driver.run(step);
              const fits = step.usd !== undefined && before + cents(step.usd) <= limitCents;
              // Not only never too much: what fits is allowed, so that the whole of a budget can be used.
              expect(decision!.allowed).toBe(fits);
              if (decision!.allowed) ledger.reserved += cents(step.usd);
            } else await driver.run(step);
            expect(ledger.total(driver.clock.mono(), windowMs as number)).toBeLessThanOrEqual(limitCents);
            for (const line of driver.rein.budgets()) {
              expect(line.spent + line.reserved).toBeLessThanOrEqual(line.limit + 1e-9);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
  }, 120_000);

  test("what a sub-agent spends is charged to every ancestor", async () => {
    const { rein } = await Driver.open([
      { kind: "budget", measure: "usd", limit: 10, window: "1d", per: "source" },
    ]);
    expect(rein.gate({ source: "planner/a", series: "x", cost: { usd: 6 } }).allowed).toBe(true);
    expect(rein.gate({ source: "planner/b", series: "x", cost: { usd: 6 } }).refusal?.code).toBe(
      "budget_exhausted",
    );
    expect(rein.gate({ source: "planner/b", series: "x", cost: { usd: 4 } }).allowed).toBe(true);
    expect(rein.gate({ source: "planner", series: "x", cost: { usd: 0.01 } }).allowed).toBe(false);
    expect(rein.gate({ source: "other", series: "x", cost: { usd: 10 } }).allowed).toBe(true);
  });

  test("an actual cost above its reservation is booked in full, closes the budget and alerts", async () => {
    const { rein } = await Driver.open([
      { id: "cap", kind: "budget", measure: "usd", limit: 10, window: "1d" },
    ]);
    const alerts: string[] = [];
    rein.on("alert", (alert) => alerts.push(alert.code));
    const decision = rein.gate({ source: "a", series: "x", cost: { usd: 1 } });
    decision.permit!.settle({ ok: true, cost: { usd: 25 } });
    expect(rein.budgets()[0]).toMatchObject({ spent: 25, reserved: 0, remaining: 0 });
    expect(rein.gate({ source: "a", series: "x", cost: { usd: 0 } }).refusal?.code).toBe("budget_exhausted");
    await Promise.resolve();
    expect(alerts).toEqual(["overrun"]);
  });

  test("an expired permit counts as spent, and a late outcome books what came on top", async () => {
    const { rein, clock } = await Driver.open([
      { kind: "budget", measure: "usd", limit: 10, window: "forever" },
    ]);
    const { permit } = rein.gate({ source: "a", series: "x", cost: { usd: 4 } });
    clock.advance(900_000);
    expect(rein.budgets()[0]).toMatchObject({ spent: 4, reserved: 0 });
    expect(() => permit!.check()).toThrow(HaltedError);
    permit!.settle({ ok: true, cost: { usd: 5 } });
    expect(rein.budgets()[0]).toMatchObject({ spent: 5 });
  });
});

test("at most N actions pass in any window, and one that fits is not refused", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 80 }),
      async (limit, gaps) => {
        const driver = await Driver.open([{ kind: "rate", limit, window: "1s" }]);
        const passed: number[] = [];
        for (const gap of gaps) {
          driver.clock.advance(gap);
          const now = driver.clock.mono();
          const inWindow = passed.filter((at) => now - at < 1_000).length;
          const decision = driver.rein.gate({ source: "a", series: "x" });
          expect(decision.allowed).toBe(inWindow < limit);
          if (decision.allowed) passed.push(now);
          else {
            // The wait that the refusal names is exactly enough.
            const { retryAfterMs } = decision.refusal;
            expect(passed.filter((at) => now + retryAfterMs! - 1 - at < 1_000)).toHaveLength(limit);
            expect(passed.filter((at) => now + retryAfterMs! - at < 1_000).length).toBeLessThan(limit);
          }
        }
      },
    ),
    { numRuns: RUNS },
  );
});

test("a token bucket passes its burst at once and then its rate, to the millisecond", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }),
      async (limit, burst, gaps) => {
        const driver = await Driver.open([{ kind: "rate", limit, window: "1s", burst }]);
        // Tokens in thousandths, as an outsider would count them.
        let tokens = burst * 1_000;
        for (const gap of gaps) {
          driver.clock.advance(gap);
          tokens = Math.min(burst * 1_000, tokens + gap * limit);
          const decision = driver.rein.gate({ source: "a", series: "x" });
          expect(decision.allowed).toBe(tokens >= 1_000);
          if (decision.allowed) tokens -= 1_000;
          else expect(decision.refusal.retryAfterMs).toBe(Math.ceil((1_000 - tokens) / limit));
        }
      },
    ),
    { numRuns: RUNS },
  );
});

describe("promise 3: a denied action takes nothing", () => {
  test("a refusal leaves every counter as it was, but for those that watch refusals", async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, history({ rare: true }), async (policy, steps) => {
        const driver = await Driver.open(policy);
        for (const step of steps) {
          const before = step.do === "gate" ? stateOf(driver) : null;
          const decision = await driver.run(step);
          if (before !== null && decision!.allowed === false) expect(stateOf(driver)).toEqual(before);
        }
      }),
      { numRuns: RUNS },
    );
  });

  function stateOf({ rein }: Driver): unknown {
    const { budgets, counters, inFlight } = rein.snapshot();
    const used = budgets.filter(({ spent, reserved }) => spent + reserved > 0);
    // Denials and newcomers are seen: that is what these kinds are for, and takes nothing.
    const watching = new Set(
      rein.policy.rules.flatMap(({ id, kind }) =>
        ["denials", "newcomers", "runaway"].includes(kind) ? [id] : [],
      ),
    );
    const taken = counters.filter(({ rule }) => !watching.has(rule));
    return { used, taken, inFlight: inFlight.map(({ id }) => id) };
  }
});

describe("promise 4: the same history gives the same decisions", () => {
  test("the records of a run reproduce every decision in a new engine", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyPolicy,
        anyPolicy,
        fc.constantFrom("enforce" as const, "shadow" as const),
        history({ rare: true }),
        async (policy, next, mode, steps) => {
          const driver = await Driver.open(policy, { mode });
          for (const [i, step] of steps.entries()) {
            await driver.run(step);
            if (i === Math.floor(steps.length / 2)) driver.rein.setPolicy(next);
          }
          await driver.rein.close();
          const report = replay(driver.sink.records as RunRecord[]);
          expect(report.divergence).toBeNull();
          expect(report.decisions).toBe(driver.decisions.length);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("nor do the names of rules that halt, one further or longer than the other", async () => {
    await fc.assert(
      fc.asyncProperty(haltingPolicy, history({ rare: true }), async (policy, steps) => {
        const [one, other] = [
          await Driver.open(policy.map((rule, i) => ({ ...rule, id: `r${i}` }))),
          await Driver.open(policy.map((rule, i) => ({ ...rule, id: `r${policy.length - i}` }))),
        ];
        for (const step of steps) {
          const [a, b] = [await one.run(step), await other.run(step)];
          expect(a?.verdict).toEqual(b?.verdict);
          expect(reaches(one)).toEqual(reaches(other));
        }
      }),
      { numRuns: RUNS },
    );
  });

  test.each([
    [{ halts: "match", for: "10s" }, { halts: "all" }],
    [{ halts: "match" }, { halts: "all", for: "10s" }],
    [{ for: "10s" }, { for: "20s" }],
  ] as const)(
    "of two halts the one that reaches further comes about, whatever their names: %j, %j",
    async (less, more) => {
      const deny = { kind: "access", effect: "deny", match: { series: ["pay"] }, then: "halt" } as const;
      for (const [one, other] of [
        ["a", "b"],
        ["b", "a"],
      ] as const) {
        const { rein } = await Driver.open([
          { ...deny, ...less, id: one },
          { ...deny, ...more, id: other },
        ]);
        rein.gate({ source: "bot", series: "pay" });
        expect(rein.snapshot().halts.map(({ rule }) => rule)).toEqual([other]);
      }
    },
  );

  test("of an allow-list's halts, too", async () => {
    const allow = {
      kind: "access",
      effect: "allow",
      match: { source: ["bot"], series: ["read"] },
      then: "halt",
    } as const;
    for (const [one, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const { rein } = await Driver.open([
        { ...allow, id: one },
        { ...allow, halts: "all", id: other },
      ]);
      rein.gate({ source: "bot", series: "pay" });
      expect(rein.snapshot().halts.map(({ rule }) => rule)).toEqual([other]);
    }
  });

  test("the order of the rules does not matter", async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, history({ rare: true }), async (policy, steps) => {
        const named = policy.map((rule, i) => ({ ...rule, id: `r${i}` }));
        const [one, other] = [await Driver.open(named), await Driver.open([...named].reverse())];
        for (const step of steps) {
          const [a, b] = [await one.run(step), await other.run(step)];
          expect([a?.verdict, a?.refusal, a?.wouldBlock]).toEqual([b?.verdict, b?.refusal, b?.wouldBlock]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("nor do their names", async () => {
    await fc.assert(
      fc.asyncProperty(anyPolicy, history({ rare: true }), async (policy, steps) => {
        const named = (name: (i: number) => string): RuleInput[] =>
          policy.map((rule, i) => ({ ...rule, id: name(i) }));
        const one = await Driver.open(named((i) => `r${i}`));
        const other = await Driver.open(named((i) => `r${policy.length - i}`));
        for (const step of steps) {
          const [a, b] = [await one.run(step), await other.run(step)];
          expect(a?.verdict).toEqual(b?.verdict);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

test("in shadow nothing is blocked, and throttles say what enforcement would have said", async () => {
  const throttles = anyRule.filter(
    (rule) =>
      ["rate", "size", "access"].includes(rule.kind) &&
      !["halt", "approve"].includes(rule.then ?? "block") &&
      rule.mode === undefined &&
      !(rule.kind === "access" && rule.effect === "approve"),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(throttles, { minLength: 1, maxLength: 5 }),
      fc.array(fc.oneof(gateStep, advanceStep), { maxLength: 80 }),
      async (policy, steps) => {
        const [enforced, shadow] = [await Driver.open(policy), await Driver.open(policy, { mode: "shadow" })];
        for (const step of steps) {
          const [real, seen] = [await enforced.run(step), await shadow.run(step)];
          if (real === undefined) continue;
          expect(seen!.allowed).toBe(true);
          expect(seen!.wouldBlock).toEqual(real.refusal);
        }
      },
    ),
    { numRuns: RUNS },
  );
});

test("raising a limit keeps what was spent", async () => {
  const { rein } = await Driver.open([
    { kind: "budget", measure: "usd", limit: 10, window: "1d", per: "source" },
  ]);
  rein.gate({ source: "a", series: "x", cost: { usd: 8 } }).permit!.settle({ ok: true });
  rein.setPolicy([{ id: "renamed", kind: "budget", measure: "usd", limit: 20, window: "1d", per: "source" }]);
  expect(rein.gate({ source: "a", series: "x", cost: { usd: 13 } }).allowed).toBe(false);
  expect(rein.gate({ source: "a", series: "x", cost: { usd: 12 } }).allowed).toBe(true);
});
