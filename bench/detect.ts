import { setTimeout as sleep } from "node:timers/promises";
import {
  ChangePoints,
  hash32,
  hashText,
  LaneScore,
  Novelty,
  Regime,
  SCORE_DEFAULTS,
  withoutVolatile,
} from "../src/detect/index.js";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import * as workload from "./detect-workload.js";
import type { Fed } from "./detect-workload.js";
import { bytesPerCall, liveBytes } from "./heap.js";
import { timeBatches } from "./timing.js";

/** What a detector may cost for each action, all of them together, and what a lane may weigh. */
const TOGETHER_BAR_NS = 450;
const LANE_BAR_BYTES = 2048;

/** The detectors by themselves, without the gate. */
export const DETECT: readonly Bench[] = [
  {
    name: "detect/together",
    about: "all that an action meets between gate and settle: the next seven lines, denials twice",
    run: (options) => costs(workload.TOGETHER, options, TOGETHER_BAR_NS),
  },
  cost("denials", "denial storm; the error breaker is another one of these", workload.DENIALS),
  cost("newcomers", "enumeration", workload.NEWCOMERS),
  cost("runaway", "runaway", workload.RUNAWAY),
  cost("burn", "burn rate of an error budget in two pairs of windows", workload.BURN),
  cost("loop", "evidence of a loop, from hashes", workload.LOOP),
  cost("score", "the lane's score learns an outcome and tells the size", workload.SCORE),
  cost("known", "2,000 names in one table", workload.KNOWN),
  cost("slippage", "the score as above, with slippage", workload.SLIPPAGE),
  cost("realize", "the score learns a profit or a loss", workload.REALIZE),
  cost("cycles", "the exact loop rule, periods up to 6: ask and push", workload.CYCLES),
  cost("results", "whether this call gave this result before", workload.RESULTS),
  {
    name: "detect/hashing",
    about: "texts as numbers: a name, arguments of 200 characters, a result of 200 with times and ids in it",
    run: hashing,
  },
  {
    name: "detect/tick",
    about: "per signal and tick, not per action: the regime with its change points, unusual values",
    run: ticks,
  },
  { name: "detect/memory", about: "bytes a lane, after 300 events each", run: memory },
];

function cost<D>(name: string, about: string, fed: Fed<D>): Bench {
  return { name: `detect/${name}`, about, run: (options) => costs(fed, options) };
}

async function costs<D>(fed: Fed<D>, { quick }: RunOptions, bar?: number): Promise<Result> {
  const one = await nanoseconds(inTurn(fed, 1), quick);
  const call = inTurn(fed, 1000);
  const thousand = await nanoseconds(call, quick);
  return {
    metrics: [
      { name: "one lane", unit: "ns", value: one },
      { name: "1,000 lanes", unit: "ns", value: thousand, ...(bar !== undefined && { bar }) },
      { name: "allocated", unit: "bytes", value: bytesPerCall(call) },
    ],
  };
}

/** Feeds the ordinary day's events to the lanes in turn, which is the worst case for the processor's caches. */
function inTurn<D>({ make, add }: Fed<D>, count: number): () => boolean {
  const lanes = Array.from({ length: count }, make);
  // Fractions, as a monotonic clock gives; a variable that holds one would be allocated anew with each write.
  const clock = new Float64Array([0.25, workload.GAP_MS / count + 0.001]);
  let [lane, event] = [0, 0];
  return () => {
    const answer = add(lanes[lane]!, event, clock[0]!);
    lane = lane + 1 === count ? 0 : lane + 1;
    event = (event + 1) & (workload.EVENTS - 1);
    clock[0]! += clock[1]!;
    return answer;
  };
}

/** The median of batches, after a warm-up. */
async function nanoseconds(call: () => boolean, quick: boolean): Promise<number> {
  // mitata's own loop drops what is returned; this keeps it.
  let answers = 0;
  const kept = (): void => {
    if (call()) answers++;
  };
  for (let i = 0; i < 500_000; i++) kept();
  const { p50 } = await timeBatches(kept, quick);
  return answers < 0 ? NaN : 1000 * p50;
}

async function hashing({ quick }: RunOptions): Promise<Result> {
  const name = "agents/research/web-search";
  const args = `{"query":"${"how much does it cost ".repeat(9)}"}`.slice(0, 200);
  const result = `took 12.4 ms at 2026-01-02T03:04:05Z, id 7f9c24e8 ${"and then the words go on ".repeat(8)}`;
  const text = result.slice(0, 200);
  return {
    metrics: [
      { name: "name", unit: "ns", value: await nanoseconds(() => hashText(name) > 0, quick) },
      { name: "arguments", unit: "ns", value: await nanoseconds(() => hash32(args) > 0, quick) },
      {
        name: "result, without what is volatile",
        unit: "ns",
        value: await nanoseconds(() => hash32(withoutVolatile(text)) > 0, quick),
      },
    ],
  };
}

async function ticks({ quick }: RunOptions): Promise<Result> {
  const wave = Float64Array.from({ length: 4096 }, (_, i) => 100 + 10 * Math.sin(i) + 3 * Math.sin(i * i));
  const value = (i: number): number => wave[i & 4095]!;
  const regime = new Regime();
  const changes = new ChangePoints();
  const novelty = new Novelty();
  let [i, j, k] = [0, 0, 0];
  return {
    metrics: [
      {
        name: "regime: push and tick, one signal",
        unit: "ns",
        value: await nanoseconds(() => {
          const mono = 1000 * i;
          regime.push("latency", value(i++), mono);
          return regime.tick(mono);
        }, quick),
      },
      {
        name: "change points alone",
        unit: "ns",
        value: await nanoseconds(() => changes.add(value(j++) / 10 - 10), quick),
      },
      {
        name: "unusual value",
        unit: "ns",
        value: await nanoseconds(() => novelty.add(value(k++), 60_000 * k) > 1, quick),
      },
    ],
  };
}

async function memory({ quick }: RunOptions): Promise<Result> {
  const count = quick ? 2000 : 10_000;
  const parts: readonly [name: string, Fed<unknown>][] = [
    ["denials", erased(workload.DENIALS)],
    ["newcomers", erased(workload.NEWCOMERS)],
    ["runaway", erased(workload.RUNAWAY)],
    ["burn", erased(workload.BURN)],
    ["loop", erased(workload.LOOP)],
    ["score", erased(workload.SCORE)],
    ["score, every axis", erased(EVERY_AXIS)],
    ["cycles", erased(workload.CYCLES)],
  ];
  const together = await bytesOf(workload.TOGETHER, count);
  const metrics: Metric[] = [{ name: "together", unit: "bytes", value: together, bar: LANE_BAR_BYTES }];
  for (const [name, fed] of parts) metrics.push({ name, unit: "bytes", value: await bytesOf(fed, count) });
  return { metrics };
}

const EVERY_AXIS: Fed<LaneScore> = {
  make: () => new LaneScore(),
  add: (score, i, mono) => {
    workload.REALIZE.add(score, i, mono);
    score.settle(true, 0.1, 2, mono, SCORE_DEFAULTS);
    return workload.SLIPPAGE.add(score, i, mono);
  },
};

function erased<D>({ make, add }: Fed<D>): Fed<unknown> {
  return { make, add: (detector, i, mono) => add(detector as D, i, mono) };
}

/** Of one lane's detectors, after enough events that everything has its full size. */
async function bytesOf<D>({ make, add }: Fed<D>, count: number): Promise<number> {
  const fill = (detector: D): D => {
    for (let i = 0; i < EVENTS_BEFORE_WEIGHING; i++) add(detector, i, workload.GAP_MS * i);
    return detector;
  };
  // What is made only once must not count.
  fill(make());
  // The stack of an earlier caller may hold on to what it weighed.
  await sleep(1);
  const before = liveBytes();
  const lanes = Array.from({ length: count }, () => fill(make()));
  await sleep(1);
  return (liveBytes() - before) / lanes.length;
}

const EVENTS_BEFORE_WEIGHING = 300;
