import { measure } from "mitata";
import type { Metric } from "./bench.js";

/** What a distribution of single calls looks like, in microseconds. */
export interface Spread {
  readonly p50: number;
  readonly p75: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Reads the clock and nothing else, `count` times; the median is what timing one call adds to it. */
function timerCostMs(count: number): number {
  const costs = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const from = performance.now();
    costs[i] = performance.now() - from;
  }
  return costs.sort()[count >> 1]!;
}

/**
 * Times every call by itself, so that the tail is the tail of calls and not of averages. The clock's own cost (the
 * median of two readings in a row) is subtracted from each.
 */
export function timeEach(call: () => void, count: number): Spread {
  const samples = new Float64Array(count);
  fill(samples, 0, count, call);
  return spreadOf(samples);
}

/** The same, with a pause after every thousand calls that is not timed: what happens in a program that awaits. */
export async function timeEachPaced(
  call: () => void,
  count: number,
  pause: () => Promise<void>,
): Promise<Spread> {
  const samples = new Float64Array(count);
  for (let from = 0; from < count; from += 1000) {
    fill(samples, from, Math.min(count, from + 1000), call);
    await pause();
  }
  return spreadOf(samples);
}

function fill(samples: Float64Array, from: number, to: number, call: () => void): void {
  for (let i = from; i < to; i++) {
    const started = performance.now();
    call();
    samples[i] = performance.now() - started;
  }
}

function spreadOf(samples: Float64Array): Spread {
  const costMs = timerCostMs(100_000);
  const { length } = samples;
  samples.sort();
  const at = (share: number): number =>
    Math.max(0, samples[Math.min(length - 1, Math.floor(share * length))]! - costMs) * 1000;
  return { p50: at(0.5), p75: at(0.75), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** The mean and the median of batches of 4,096 calls, by mitata: everything that single calls hide is in here. */
export async function timeBatches(call: () => void, quick: boolean): Promise<{ mean: number; p50: number }> {
  const { avg, p50 } = await measure(call, { min_cpu_time: (quick ? 200 : 1500) * 1e6 });
  return { mean: avg / 1000, p50: p50 / 1000 };
}

/** What the p50 and the p99 may be, in microseconds. */
export interface Bars {
  readonly p50?: number;
  readonly p99?: number;
}

/** Both ways of timing one call, as metrics; warmed up first. */
export async function callMetrics(call: () => void, quick: boolean, bars: Bars = {}): Promise<Metric[]> {
  for (let i = 0; i < 200_000; i++) call();
  const each = timeEach(call, quick ? 100_000 : 1_000_000);
  const batches = await timeBatches(call, quick);
  return [
    ...spreadMetrics(each, bars),
    { name: "batch p50", unit: "us", value: batches.p50 },
    { name: "batch mean", unit: "us", value: batches.mean },
  ];
}

export function spreadMetrics(spread: Spread, bars: Bars = {}): Metric[] {
  return [
    { name: "p50", unit: "us", value: spread.p50, ...(bars.p50 !== undefined && { bar: bars.p50 }) },
    { name: "p75", unit: "us", value: spread.p75 },
    { name: "p99", unit: "us", value: spread.p99, ...(bars.p99 !== undefined && { bar: bars.p99 }) },
    { name: "p99.9", unit: "us", value: spread.p999 },
    { name: "max", unit: "us", value: spread.max },
  ];
}
