import { setTimeout as sleep } from "node:timers/promises";
import type { Action, Clock, Rein, RuleInput } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { liveBytes } from "./heap.js";
import { timeBatches, timeEach } from "./timing.js";
import { actionsOf, inTurn, openRein, THOUSAND_LANES } from "./workload.js";

/** What all detectors together may add to one gate with its settle, and to what a lane weighs. */
const ADDED_BAR_NS = 450;
const ADDED_BAR_BYTES = 2048;

/** Between two actions of one lane, on average. */
const GAP_MS = 2000;

const PER_LANE = { per: ["source", "series"], then: "alert" } as const;

/** Every rule that judges without numbers of the user's, one counter a lane each, and the score. */
const DETECTORS: readonly RuleInput[] = [
  { id: "denials", kind: "denials", ...PER_LANE },
  { id: "newcomers", kind: "newcomers", of: "series", ...PER_LANE },
  { id: "runaway", kind: "runaway", ...PER_LANE },
  { id: "errors", kind: "errors", ...PER_LANE },
  { id: "budget", kind: "errors", budgetPct: 1, ...PER_LANE },
  { id: "loop", kind: "loop", ...PER_LANE },
  { id: "score", kind: "score", settings: { minSamplesForKill: 10 }, then: "alert" },
];

/** The detectors where they work: what they add to the whole way of an action, its record included. */
export const DETECT_GATE: readonly Bench[] = [
  {
    name: "detect/gate",
    about:
      "gate + settle, 1,000 lanes, with the rules of all detectors against none; outcomes without results",
    run: (options) => added(THOUSAND_LANES, {}, options, ADDED_BAR_NS),
  },
  {
    name: "detect/gate-one-lane",
    about: "the same, one lane: what the caches of the processor are worth",
    run: (options) => added(THOUSAND_LANES.slice(0, 1), {}, options),
  },
  {
    name: "detect/gate-results",
    about: "the same, with arguments and results of 30 characters: what a loop rule needs them hashed for",
    run: (options) => {
      const actions = THOUSAND_LANES.map((action, i) => ({
        ...action,
        args: { query: `what is the ${i}th one` },
      }));
      return added(actions, { result: "the answer to it is forty-two" }, options);
    },
  },
  {
    name: "detect/gate-memory",
    about:
      "bytes that each of these rules, and all of them, add to a lane after 100 actions, counters included",
    run: memory,
  },
];

async function memory({ quick }: RunOptions): Promise<Result> {
  const count = quick ? 2000 : 5000;
  const without = await bytesOfLane([], count);
  const metrics: Metric[] = [
    {
      name: "all",
      unit: "bytes",
      value: (await bytesOfLane(DETECTORS, count)) - without,
      bar: ADDED_BAR_BYTES,
    },
  ];
  for (const rule of DETECTORS)
    metrics.push({ name: rule.id!, unit: "bytes", value: (await bytesOfLane([rule], count)) - without });
  return { metrics: [...metrics, { name: "a lane without rules", unit: "bytes", value: without }] };
}

async function bytesOfLane(rules: readonly RuleInput[], count: number): Promise<number> {
  const clock = new SteadyClock();
  const rein = await openRein(rules, { clock });
  const fill = async (actions: readonly Action[]): Promise<number> => {
    const call = gateAndSettle(rein, clock, 1, inTurn(actions), {});
    for (let i = 0; i < 100 * actions.length; i++) call();
    await rein.flush();
    // The stack of an earlier caller may hold on to what it made.
    await sleep(20);
    liveBytes();
    await sleep(20);
    return liveBytes();
  };
  const lanes = actionsOf(100, count / 100 + 2);
  // What is made only once must not count.
  const before = await fill(lanes.slice(0, 200));
  const after = await fill(lanes.slice(200));
  await rein.close();
  return (after - before) / count;
}

async function added(
  actions: readonly Action[],
  outcome: object,
  { quick }: RunOptions,
  bar?: number,
): Promise<Result> {
  const without = await cost([], actions, outcome, quick);
  const all = await cost(DETECTORS, actions, outcome, quick);
  return {
    metrics: [
      { name: "p50, none", unit: "us", value: without.p50 },
      { name: "p50, all", unit: "us", value: all.p50 },
      { name: "mean, none", unit: "us", value: without.mean },
      { name: "mean, all", unit: "us", value: all.mean },
      {
        name: "added to p50",
        unit: "ns",
        value: 1000 * (all.p50 - without.p50),
        ...(bar !== undefined && { bar }),
      },
      { name: "added to mean", unit: "ns", value: 1000 * (all.mean - without.mean) },
    ],
  };
}

async function cost(
  rules: readonly RuleInput[],
  actions: readonly Action[],
  outcome: object,
  quick: boolean,
): Promise<{ p50: number; mean: number }> {
  const clock = new SteadyClock();
  const rein = await openRein(rules, { clock });
  const call = gateAndSettle(rein, clock, GAP_MS / actions.length, inTurn(actions), outcome);
  for (let i = 0; i < 200_000; i++) call();
  const { p50 } = timeEach(call, quick ? 100_000 : 1_000_000);
  const { mean } = await timeBatches(call, quick);
  await rein.close();
  return { p50, mean };
}

/** As `gateAndSettle` of the workload, on a clock that lets a lane's actions be as far apart as an agent's are. */
function gateAndSettle(
  rein: Rein,
  clock: SteadyClock,
  stepMs: number,
  nextAction: () => Action,
  outcome: object,
): () => void {
  const good = { ok: true, cost: { usd: 0.011 }, ...outcome };
  const bad = { ...good, ok: false };
  let calls = 0;
  return () => {
    clock.advance(stepMs);
    const decision = rein.gate(nextAction());
    if (!decision.allowed) throw new Error(`refused: ${decision.refusal.message}`);
    // One in 33 fails; no divisor of the number of lanes, or some would fail always.
    decision.permit.settle(++calls % 33 === 0 ? bad : good);
  };
}

/** Goes on by what it is told, and is read like any other. */
class SteadyClock implements Clock {
  readonly #ms = new Float64Array([1_700_000_000_000, 0]);

  advance(ms: number): void {
    this.#ms[0]! += ms;
    this.#ms[1]! += ms;
  }

  now(): number {
    return this.#ms[0]!;
  }

  mono(): number {
    return this.#ms[1]!;
  }
}
