import type { AllowedDecision } from "../../src/rein/decision.js";
import type { Decision, PolicyInput, ReinOptions } from "../../src/index.js";
import { Rein } from "../../src/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../../src/testing/index.js";
import type { Step } from "./histories.js";

/** A monday noon, so that histories of a few days meet a weekend and several midnights. */
const START = Date.UTC(2026, 0, 5, 12);

/** Detectors that alarm within short histories, and a regime that is judged often. */
const EAGER = { falseAlarmsPerMillion: 500_000, regimeTickSeconds: 1 };

export interface OpenAction {
  readonly decision: AllowedDecision;
  readonly step: Extract<Step, { do: "gate" }>;
}

/** Drives steps through the public API on a fake clock, and remembers what an outsider would. */
export class Driver {
  readonly clock = new FakeClock(START);
  readonly sink = new MemorySink();
  readonly logger = new MemoryLogger();
  readonly open: OpenAction[] = [];
  readonly halts: string[] = [];
  readonly approvals: string[] = [];
  readonly decisions: Decision[] = [];
  rein!: Rein;

  static async open(policy: PolicyInput, options: Partial<ReinOptions> = {}): Promise<Driver> {
    const driver = new Driver();
    const { clock, logger, sink } = driver;
    const config = EAGER;
    driver.rein = await Rein.open({
      ...{ policy, mode: "enforce", config, clock, logger, audit: { sink } },
      ...options,
    });
    return driver;
  }

  /** The decision, for a gate step. */
  async run(step: Step): Promise<Decision | undefined> {
    const { rein } = this;
    switch (step.do) {
      case "gate": {
        const { source, series, usd, recipient } = step;
        const decision = rein.gate({
          source,
          series,
          ...(usd !== undefined && { cost: { usd } }),
          ...(recipient !== undefined && { tags: { recipient } }),
          args: { recipient },
        });
        this.decisions.push(decision);
        if (decision.allowed) this.open.push({ decision, step });
        else if (decision.refusal.approvalId !== undefined) this.approvals.push(decision.refusal.approvalId);
        return decision;
      }
      case "settle": {
        const action = this.take(step.pick);
        if (action !== undefined) this.settle(action, step.ok, step.usd, step.more);
        return undefined;
      }
      case "realize": {
        const { do: _do, ...report } = step;
        rein.realize(report as Parameters<Rein["realize"]>[0]);
        return undefined;
      }
      case "advance":
        this.clock.advance(step.ms);
        rein.tick();
        return undefined;
      case "halt": {
        const { source, series, recipient } = step;
        const named = { source, series, tags: recipient === undefined ? undefined : { recipient } };
        const scope = Object.values(named).every((value) => value === undefined) ? ("all" as const) : named;
        this.halts.push((await rein.halt({ scope, reason: "test", by: "test", deadlineMs: 0 })).id);
        return undefined;
      }
      case "resume": {
        const [halt] = this.halts.splice(step.pick % Math.max(1, this.halts.length), 1);
        if (halt !== undefined) await rein.resume({ halt, by: "test", reason: "" });
        return undefined;
      }
      case "signal":
        rein.signal(step.name, step.value);
        return undefined;
      case "balance":
        rein.balance({ start: 100, current: step.current });
        return undefined;
      case "override":
        rein.override(
          { source: step.source, series: step.series },
          { status: step.status, forMs: 5_000, by: "test" },
        );
        return undefined;
      case "approve": {
        const id = this.approvals[step.pick % Math.max(1, this.approvals.length)];
        const open = rein
          .snapshot()
          .approvals.find((approval) => approval.id === id && approval.state === "pending");
        if (open !== undefined) rein[step.yes ? "approve" : "reject"](open.id, { by: "test" });
        return undefined;
      }
    }
  }

  /** What the action cost in the end, in dollars. */
  settle(
    { decision, step }: OpenAction,
    ok: boolean,
    share: number | undefined,
    more?: Extract<Step, { do: "settle" }>["more"],
  ): number {
    const reserved = step.usd ?? 0;
    const actual = share === undefined ? undefined : Math.floor(reserved * share * 100) / 100;
    decision.permit.settle({
      ok,
      ...more,
      ...(actual !== undefined && step.usd !== undefined && { cost: { usd: actual } }),
    });
    return step.usd === undefined ? 0 : (actual ?? reserved);
  }

  take(pick: number): OpenAction | undefined {
    return this.open.splice(pick % Math.max(1, this.open.length), 1)[0];
  }
}
