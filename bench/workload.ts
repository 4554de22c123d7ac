import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rein } from "rein";
import type { Action, Logger, ReinOptions, RuleInput } from "rein";

const HIGH = 1_000_000_000;

/**
 * Twenty rules of all kinds, with limits that are never reached. All but `no-drops` and `known-agents` (which agrees
 * to every lane, once and for all) are asked for every action.
 */
export const TWENTY_RULES: readonly RuleInput[] = [
  { id: "rate-agent", kind: "rate", limit: HIGH, window: "1m", per: "source" },
  { id: "rate-lane", kind: "rate", limit: HIGH, window: "1m", burst: 1_000_000, per: ["source", "series"] },
  { id: "rate-tool", kind: "rate", limit: HIGH, window: "1s", burst: 1_000_000, per: "series" },
  { id: "rate-all", kind: "rate", limit: HIGH, window: "10s" },
  { id: "spend-day", kind: "budget", measure: "usd", limit: HIGH, window: "1d", per: "source" },
  {
    id: "spend-today",
    kind: "budget",
    measure: "usd",
    limit: HIGH,
    window: { calendar: "day", timeZone: "UTC" },
  },
  { id: "spend-ever", kind: "budget", measure: "usd", limit: HIGH, window: "forever", per: "source" },
  {
    id: "tokens-hour",
    kind: "budget",
    measure: "tokens",
    limit: HIGH,
    window: "1h",
    assume: 1,
    per: "source",
  },
  {
    id: "calls-month",
    kind: "budget",
    measure: "calls",
    limit: HIGH,
    window: { calendar: "month" },
    per: ["source", "series"],
  },
  { id: "in-flight-agent", kind: "concurrency", limit: 1000, per: "source" },
  { id: "in-flight-all", kind: "concurrency", limit: 50_000 },
  { id: "no-drops", kind: "access", effect: "deny", match: { series: "drop_*" } },
  { id: "known-agents", kind: "access", effect: "allow", match: { source: "agent-*" } },
  { id: "order-size", kind: "size", measure: "usd", limit: 500 },
  { id: "too-long", kind: "timeout", limit: "2m" },
  { id: "losses", kind: "loss", limitPct: 5, from: "day", then: "halt" },
  { id: "balance", kind: "floor", limit: 25 },
  { id: "failures", kind: "errors", consecutive: 5, for: "5m", per: "series" },
  { id: "failure-rate", kind: "errors", ratePct: 50, window: "1m", minCalls: 20, per: ["source", "series"] },
  { id: "feed", kind: "stale", signal: "price_feed", maxAge: "1d" },
];

/** `sources` × `series` lanes in an order that meets every lane once before any twice, with a cost and nothing else. */
export function actionsOf(sources: number, series: number): Action[] {
  const actions: Action[] = [];
  for (let t = 0; t < series; t++) {
    for (let s = 0; s < sources; s++) {
      actions.push({ source: `agent-${s}`, series: `tool_${t}`, cost: { usd: 0.02 } });
    }
  }
  return actions;
}

/** The thousand lanes of the main benchmark. */
export const THOUSAND_LANES = actionsOf(100, 10);

/** Says nothing: warnings at start are not what is measured. */
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A governor that enforces `policy`, with the signals and balances that the twenty rules look at. */
export async function openRein(policy: readonly RuleInput[], options: ReinOptions = {}): Promise<Rein> {
  const rein = await Rein.open({ policy: [...policy], mode: "enforce", logger: silent, ...options });
  rein.signal("price_feed", 100);
  rein.balance({ start: 1000, current: 1000 });
  return rein;
}

/** Gives `use` a directory that is gone afterwards. */
export async function withDirectory<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const OUTCOME = { ok: true, cost: { usd: 0.011 } };

/** The actions one after the other, for ever. */
export function inTurn(actions: readonly Action[]): () => Action {
  const { length } = actions;
  let next = 0;
  return () => {
    const action = actions[next]!;
    next = next + 1 === length ? 0 : next + 1;
    return action;
  };
}

/** One gate with its settle. Throws when an action is refused: that would be another job. */
export function gateAndSettle(rein: Rein, nextAction: () => Action): () => void {
  return () => {
    const decision = rein.gate(nextAction());
    if (!decision.allowed) throw new Error(`refused: ${decision.refusal.message}`);
    decision.permit.settle(OUTCOME);
  };
}
