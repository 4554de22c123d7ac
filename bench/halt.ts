import type { HaltReceipt, Rein } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { openRein, TWENTY_RULES } from "./workload.js";

const IN_FLIGHT = 10_000;
const BAR_MS = 50;

/** What the calls in flight do while they are halted. */
type Body = (rein: Rein, ended: Promise<void>) => Promise<void>;

/** Rejects when the permit's signal aborts, as a fetch does. */
const takesSignal: Body = (rein) =>
  new Promise((_, reject) => {
    const { signal } = rein.current()!;
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

/** Takes no signal; comes back from what it waits for in the next turn, and finds the fence shut. */
const meetsFence: Body = async (rein, ended) => {
  const permit = rein.current()!;
  await ended;
  permit.check();
};

/** Never ends and looks at nothing. */
const ignores: Body = () => new Promise(() => undefined);

/** One red button, ten thousand governed calls in flight. */
export const HALT: readonly Bench[] = [
  {
    name: "halt/with-signal",
    about: "10,000 governed calls in flight, each waiting on its permit's signal",
    run: (options) => halted(() => takesSignal, options),
  },
  {
    name: "halt/without-signal",
    about: "the same, none took its signal; each ends at a fence in the next turn",
    run: (options) => halted(() => meetsFence, options),
  },
  {
    name: "halt/mixed",
    about: "half and half",
    run: (options) => halted((i) => (i % 2 === 0 ? takesSignal : meetsFence), options),
  },
  {
    name: "halt/ignored",
    about: "none ever ends, deadline 0: voiding ten thousand permits and naming each as unknown",
    run: (options) => halted(() => ignores, options, 0),
  },
];

interface Times {
  /** Until `halt()` has returned its promise: every permit is void and every fence shut. */
  readonly voidedMs: number;
  /** Until the receipt is there. */
  readonly receiptMs: number;
}

async function halted(
  bodyOf: (i: number) => Body,
  { quick }: RunOptions,
  deadlineMs?: number,
): Promise<Result> {
  const times: Times[] = [];
  for (let i = 0; i < (quick ? 3 : 9); i++) times.push(await haltOnce(bodyOf, deadlineMs));
  // Nobody presses the button twice: the first time, when the code is cold, is the one that counts.
  const [first] = times as [Times];
  const later = times.slice(1);
  return {
    metrics: [
      { name: "voided, first", unit: "ms", value: first.voidedMs, bar: BAR_MS },
      { name: "receipt, first", unit: "ms", value: first.receiptMs, bar: BAR_MS },
      { name: "voided, later", unit: "ms", value: median(later.map(({ voidedMs }) => voidedMs)) },
      {
        name: "receipt, later",
        unit: "ms",
        value: median(later.map(({ receiptMs }) => receiptMs)),
        bar: BAR_MS,
      },
    ] satisfies Metric[],
  };
}

async function haltOnce(bodyOf: (i: number) => Body, deadlineMs: number | undefined): Promise<Times> {
  const rein = await openRein(TWENTY_RULES);
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let rejected = 0;
  const calls = Array.from({ length: IN_FLIGHT }, (_, i) => {
    const options = { source: `agent-${i % 100}`, series: `tool_${i % 10}`, cost: { usd: 0.02 } };
    const call = rein.governed(options, () => bodyOf(i)(rein, ended));
    return call().catch(() => void (rejected += 1));
  });
  await new Promise((resolve) => setImmediate(resolve));
  // What the set-up left behind is not the halt's.
  globalThis.gc?.();

  const started = performance.now();
  const halting = rein.halt({
    reason: "benchmark",
    by: "bench",
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  const voidedMs = performance.now() - started;
  setImmediate(end);
  const receipt = await halting;
  const receiptMs = performance.now() - started;

  await Promise.all(calls);
  verify(receipt, rejected, deadlineMs === undefined);
  await rein.close();
  return { voidedMs, receiptMs };
}

function verify({ complete, inFlight }: HaltReceipt, rejected: number, ends: boolean): void {
  if (complete === ends && inFlight.length === IN_FLIGHT && rejected === IN_FLIGHT) return;
  throw new Error(
    `the halt was not what it should be: complete ${complete}, ${inFlight.length} in flight, ${rejected} rejected`,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
