import type { Action, RuleInput } from "rein";
import type { Bench, Metric, Result, RunOptions } from "../bench.js";
import { actionsOf, gateAndSettle, inTurn, openRein, THOUSAND_LANES, TWENTY_RULES } from "../workload.js";
import { peer, runPython } from "./install.js";
import { atOnce, awaited, timeJob } from "./timing.js";

/** One implementation of one job. */
export interface PeerBench extends Bench {
  readonly job: string;
  readonly who: string;
  /** The name of the benchmark with the Rein configuration that does the same. */
  readonly against: string;
}

const HIGH = 1_000_000_000;

const ONE_LANE = actionsOf(1, 1);
const WORK = async (): Promise<number> => 1;

/**
 * The same work side by side. Rein's side always is the whole of it: names and cost checked, one decision under a
 * permit, settled, and recorded in memory.
 */
export const PEERS: readonly PeerBench[] = [
  ...job("rate", "rate limit, one key", [
    ["rein", "gate + settle, one token bucket per source", (o) => reinJob([BUCKET], ONE_LANE, o)],
    [
      "rein, any window",
      "gate + settle, at most N in any window (exact)",
      (o) => reinJob([WINDOW], ONE_LANE, o),
    ],
    [
      "rate-limiter-flexible",
      "RateLimiterMemory.consume, fixed window, no record",
      rateLimiterFlexible,
      "rein, any window",
    ],
    ["rein-ai", "TokenBucketLimiter.check, no record (Python)", (o) => reinAi("rate", o)],
  ]),
  ...job("breaker", "breaker around an async function that returns 1", [
    ["rein", "governed(), errors: 5 consecutive", (o) => reinBreaker({ consecutive: 5 }, o)],
    [
      "rein, failure rate",
      "governed(), errors: 50 percent of 10 s",
      (o) => reinBreaker({ ratePct: 50, window: "10s" }, o),
    ],
    [
      "cockatiel",
      "circuitBreaker(handleAll, ConsecutiveBreaker(5)).execute",
      (o) => cockatiel("consecutive", o),
    ],
    [
      "cockatiel, sampling",
      "SamplingBreaker: half of 10 s",
      (o) => cockatiel("sampling", o),
      "rein, failure rate",
    ],
    ["opossum", "fire, 50 percent of 10 s, no timeout", opossum, "rein, failure rate"],
    ["agent-governance-sdk", "CircuitBreaker.canExecute, call, onSuccess", agtBreaker],
    ["nothing", "the bare await", (o) => timed(awaited(WORK), o)],
  ]),
  ...[20, 200].flatMap((n) =>
    job(`names-${n}`, `policy decision, ${n} rules about the action's name`, [
      ["rein", "gate + settle, access rules, recorded", (o) => reinJob(nameRules(n), ONE_LANE, o)],
      [
        "agent-governance-sdk",
        "PolicyEngine.evaluatePolicy, no record",
        (o) => agtPolicy(agtNameRules(n), o),
      ],
      [
        "agent-governance-sdk, client",
        "executeWithGovernance: policy, trust, hash-chained log",
        (o) => agtClient(n, o),
      ],
    ]),
  ),
  ...[20, 200].flatMap((n) =>
    job(`amounts-${n}`, `policy decision, ${n} rules about the action's amount`, [
      ["rein", "gate + settle, size rules, recorded", (o) => reinJob(amountRules(n), ONE_LANE, o)],
      [
        "agent-governance-sdk",
        "PolicyEngine.evaluatePolicy, no record",
        (o) => agtPolicy(agtAmountRules(n), o),
      ],
    ]),
  ),
  ...job("governor", "a governor's whole gate, 1,000 lanes", [
    [
      "rein",
      "gate + settle, 20 rules of all kinds, recorded",
      (o) => reinJob(TWENTY_RULES, THOUSAND_LANES, o),
    ],
    ["rein-ai", "gate: limiter, halt, score; no record (Python)", (o) => reinAi("gate", o)],
    ["rein-ai, with outcome", "gate + record_fill (Python)", (o) => reinAi("gate-and-record", o)],
    [
      "rein-ai, with detector",
      "gate with its anomaly detector (Python)",
      (o) => reinAi("gate-and-detect", o),
    ],
  ]),
];

const BUCKET: RuleInput = { kind: "rate", limit: HIGH, window: "1m", burst: 1_000_000, per: "source" };
const WINDOW: RuleInput = { kind: "rate", limit: HIGH, window: "1m", per: "source" };

type Row = readonly [
  who: string,
  about: string,
  run: (options: RunOptions) => Promise<Result> | Result,
  against?: string,
];

/** What a row does not say it is compared to is compared to `rein`. */
function job(id: string, title: string, rows: readonly Row[]): PeerBench[] {
  return rows.map(([who, about, run, against = "rein"]) => {
    return { name: `peers/${id}/${who}`, job: title, who, about, against: `peers/${id}/${against}`, run };
  });
}

async function timed(run: Parameters<typeof timeJob>[0], { quick }: RunOptions): Promise<Result> {
  return { metrics: await timeJob(run, quick) };
}

const MISSING: Result = { metrics: [], notes: ["SKIPPED: not installed"] };

async function reinJob(
  rules: readonly RuleInput[],
  actions: readonly Action[],
  options: RunOptions,
): Promise<Result> {
  return timed(atOnce(gateAndSettle(await openRein(rules), inTurn(actions))), options);
}

async function reinBreaker(limits: object, options: RunOptions): Promise<Result> {
  const rule = { kind: "errors", per: "series", for: "10s", ...limits } as RuleInput;
  const rein = await openRein([rule]);
  return timed(awaited(rein.governed({ source: "agent-1", series: "search" }, WORK)), options);
}

async function rateLimiterFlexible(options: RunOptions): Promise<Result> {
  const library = await peer("rate-limiter-flexible");
  if (library === undefined) return MISSING;
  const limiter = new library.RateLimiterMemory({ points: HIGH, duration: 60 });
  return timed(
    awaited(() => limiter.consume("agent-1")),
    options,
  );
}

async function cockatiel(kind: "consecutive" | "sampling", options: RunOptions): Promise<Result> {
  const library = await peer("cockatiel");
  if (library === undefined) return MISSING;
  const breaker =
    kind === "consecutive"
      ? new library.ConsecutiveBreaker(5)
      : new library.SamplingBreaker({ threshold: 0.5, duration: 10_000 });
  const policy = library.circuitBreaker(library.handleAll, { halfOpenAfter: 10_000, breaker });
  return timed(
    awaited(() => policy.execute(WORK)),
    options,
  );
}

async function opossum(options: RunOptions): Promise<Result> {
  const library = await peer("opossum");
  if (library === undefined) return MISSING;
  const breaker = new library.default(WORK, {
    timeout: false,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 10_000,
    resetTimeout: 10_000,
  });
  return timed(
    awaited(() => breaker.fire()),
    options,
  );
}

async function agtBreaker(options: RunOptions): Promise<Result> {
  const library = await peer("@microsoft/agent-governance-sdk");
  if (library === undefined) return MISSING;
  const breaker = new library.CircuitBreaker(5, 10_000);
  const call = async (): Promise<number> => {
    if (!breaker.canExecute()) throw new Error("open");
    const result = await WORK();
    breaker.onSuccess();
    return result;
  };
  return timed(awaited(call), options);
}

/** All but one forbid something else; the last allows what is asked. */
function nameRules(n: number): RuleInput[] {
  const denied = Array.from({ length: n - 1 }, (_, i): RuleInput => {
    return { kind: "access", effect: "deny", match: { series: `drop_${i}` } };
  });
  return [...denied, { kind: "access", effect: "allow", match: { series: "tool_0" } }];
}

function agtNameRules(n: number): object[] {
  const denied = Array.from({ length: n - 1 }, (_, i) => {
    return { name: `no-${i}`, condition: `action == 'drop_${i}'`, ruleAction: "deny" };
  });
  return [...denied, { name: "tool", condition: "action == 'tool_0'", ruleAction: "allow" }];
}

/** Every rule has to be asked for every action. */
function amountRules(n: number): RuleInput[] {
  return Array.from({ length: n }, (_, i): RuleInput => ({ kind: "size", measure: "usd", limit: 500 + i }));
}

function agtAmountRules(n: number): object[] {
  const denied = Array.from({ length: n }, (_, i) => {
    return { name: `over-${i}`, condition: `usd > ${500 + i}`, ruleAction: "deny" };
  });
  return denied;
}

async function agtPolicy(rules: readonly object[], options: RunOptions): Promise<Result> {
  const library = await peer("@microsoft/agent-governance-sdk");
  if (library === undefined) return MISSING;
  const engine = new library.PolicyEngine();
  engine.loadPolicy({ name: "bench", agents: ["*"], scope: "global", rules, default_action: "allow" });
  const call = (): void => {
    const { allowed } = engine.evaluatePolicy("agent-1", { action: "tool_0", usd: 0.02 });
    if (allowed !== true) throw new Error("refused");
  };
  return timed(atOnce(call), options);
}

async function agtClient(n: number, options: RunOptions): Promise<Result> {
  const library = await peer("@microsoft/agent-governance-sdk");
  if (library === undefined) return MISSING;
  const denied = Array.from({ length: n - 1 }, (_, i) => ({ action: `drop_${i}`, effect: "deny" }));
  const policyRules = [...denied, { action: "tool_0", effect: "allow" }];
  const client = library.AgentMeshClient.create("agent-1", { policyRules });
  const call = async (): Promise<void> => {
    const { decision } = await client.executeWithGovernance("tool_0", { usd: 0.02 });
    if (decision !== "allow") throw new Error("refused");
  };
  return timed(awaited(call), options);
}

function reinAi(which: string, { quick }: RunOptions): Result {
  const printed = runPython(quick ? [which, "--quick"] : [which]);
  return printed === undefined ? MISSING : { metrics: JSON.parse(printed) as Metric[] };
}
