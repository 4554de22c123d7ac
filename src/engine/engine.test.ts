import { describe, expect, test } from "vitest";
import { compilePolicy } from "../policy/index.js";
import type { RuleInput, RuleOf } from "../policy/index.js";
import { amountsOf } from "./world.js";
import { Engine } from "./engine.js";
import type { EngineLimits } from "./engine.js";
import { Counter, Guard } from "./guards/guard.js";
import type { Complaint, CounterKey } from "./guards/guard.js";
import { GUARDS } from "./guards/index.js";
import type { Ticket } from "./ticket.js";

const LIMITS: EngineLimits = {
  maxLanes: 100,
  maxKeysPerRule: 100,
  maxInFlight: 100,
  maxApprovals: 10,
  maxHalts: 10,
  maxSignals: 10,
  maxAccounts: 10,
  permitTtlMs: 900_000,
  approvalTtlMs: 900_000,
  regimeTickMs: 30_000,
  falseAlarmsPerMillion: 10,
};

type Phase = "ask" | "commit" | "settle" | "observe";

/** A guard that fails in one phase, in the place of `size` rules; remembers what it saw. */
function faulty(phase: Phase | "none") {
  const seen: string[] = [];
  const fail = (now: Phase): void => {
    if (now === phase) throw new Error(`broken in ${now}`);
  };
  class Faulty extends Counter {
    override ask(): boolean {
      fail("ask");
      return true;
    }
    override commit(): void {
      fail("commit");
    }
    override observe({ verdict, refusal }: Ticket): void {
      seen.push(refusal === null ? verdict : refusal.code);
      fail("observe");
    }
    override settle(): void {
      fail("settle");
    }
    override complain(): Complaint {
      throw new Error("never refuses");
    }
  }
  class FaultyGuard extends Guard<RuleOf<"size">> {
    override readonly commits = true;
    override readonly settles = true;
    override readonly observes = true;
    override newCounter(key: CounterKey): Counter {
      return new Faulty(this, key);
    }
  }
  const guards: typeof GUARDS = { ...GUARDS, size: (rule, host) => new FaultyGuard(rule, host) };
  return { guards, seen };
}

const RULES: RuleInput[] = [
  { id: "a-spend", kind: "budget", measure: "usd", limit: 10, window: "1d" },
  { id: "b-calls", kind: "rate", limit: 5, window: "1m" },
  { id: "c-faulty", kind: "size", measure: "usd", limit: 1, match: { source: "agent" } },
  { id: "d-flight", kind: "concurrency", limit: 3 },
];

function open(phase: Phase | "none") {
  const { guards, seen } = faulty(phase);
  const engine = new Engine({ rules: compilePolicy(RULES).rules, mode: "enforce", limits: LIMITS, guards });
  let now = 0;
  const gate = (source = "agent"): Ticket => {
    now += 1;
    const amounts = amountsOf(engine.world, { usd: 1_000_000 })!;
    return engine.gate(engine.lane(source, "x", now), now, now, { amounts, details: null });
  };
  const used = (): unknown[] =>
    engine.guards.flatMap((guard) => [...guard.table.all()].map((c) => c.snapshot(now)));
  return {
    engine,
    gate,
    used,
    seen,
    settle: (ticket: Ticket) => engine.settle(ticket, now, now, true, null),
  };
}

describe("a guard that fails", () => {
  test("while it is asked denies, takes nothing and halts nothing", () => {
    const { engine, gate, used } = open("ask");
    expect(gate().refusal).toMatchObject({ code: "guard_failed", rule: "c-faulty", retryable: false });
    expect(used().every((state) => state === undefined)).toBe(true);
    expect(engine.halts.size).toBe(0);
    expect(gate("other").verdict).toBe("allow");
  });

  test("while it commits denies, gives back what others took, and halts its scope", () => {
    const { engine, gate, used } = open("commit");
    expect(gate().refusal?.code).toBe("guard_failed");
    expect(used().every((state) => state === undefined)).toBe(true);
    expect([...engine.halts.all()].map(({ info }) => info.scope)).toEqual([{ source: ["agent"] }]);
    expect(gate().refusal?.code).toBe("halted");
    expect(gate("other").verdict).toBe("allow");
  });

  test("while it settles halts its scope, and the others book all the same", () => {
    const { engine, gate, settle } = open("settle");
    const ticket = gate();
    settle(ticket);
    expect(engine.halts.size).toBe(1);
    expect([...engine.budgets()].map(({ meter }) => [meter.held + 0, meter.takenAt(1)])).toEqual([
      [0, 1_000_000],
    ]);
    expect(engine.open.size).toBe(0);
  });

  test("while it observes halts its scope, and the decision stands", () => {
    const { engine, gate } = open("observe");
    expect(gate().verdict).toBe("allow");
    expect(engine.halts.size).toBe(1);
  });
});

describe("observers", () => {
  test("see what rules decide, and nothing that a halt or a blocked lane caused", () => {
    const { engine, gate, seen } = open("none");
    for (let i = 0; i < 4; i++) gate();
    expect(seen).toEqual(["allow", "allow", "allow", "concurrency_limited"]);
    const halt = engine.halt({ scope: "all", reason: "", by: "test" }, 10, 10);
    gate();
    engine.resume(halt.info.id, "test", "", 10, 10);
    engine.override({ source: "agent", series: "x" }, "black", undefined, "test", "", 11, 11);
    expect(gate().refusal?.code).toBe("lane_killed");
    expect(seen).toHaveLength(4);
  });
});
