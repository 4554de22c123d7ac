import { Session } from "node:inspector";
import type { HeapProfiler } from "node:inspector";
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** Collects garbage; benchmarks run with --expose-gc. */
export function collect(): void {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  globalThis.gc();
}

/** Bytes in use after a collection, typed arrays included. */
export function liveBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Bytes that one call allocates: the growth of the heap over short bursts, the median of those in which nothing was
 * collected, less what an empty call costs in the same harness.
 */
export function bytesPerCall(call: () => void): number {
  const empty = burst(() => undefined);
  return Math.max(0, burst(call) - empty);
}

function burst(call: () => void): number {
  const calls = 2000;
  const growths: number[] = [];
  for (let round = 0; round < 60; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) call();
    const grown = process.memoryUsage().heapUsed - before;
    if (grown > 0) growths.push(grown / calls);
  }
  return growths.sort((a, b) => a - b)[growths.length >> 1] ?? NaN;
}

/** Collections during `calls` calls, and the time they took. */
export async function collectionsDuring(
  call: () => void,
  calls: number,
): Promise<{ count: number; ms: number }> {
  let count = 0;
  let ms = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      count += 1;
      ms += entry.duration;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let i = 0; i < calls; i++) call();
  // Entries are told in a later turn.
  await sleep(50);
  observer.disconnect();
  return { count, ms };
}

/** Bytes per call by allocating function, the largest first, by V8's sampling heap profiler. */
export function allocationSites(
  call: () => void,
  calls: number,
): { readonly where: string; readonly bytes: number }[] {
  const session = new Session();
  session.connect();
  session.post("HeapProfiler.startSampling", {
    samplingInterval: 256,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  for (let i = 0; i < calls; i++) call();
  const byFunction = new Map<string, number>();
  session.post("HeapProfiler.stopSampling", (error, answer) => {
    if (error !== null) throw error;
    sumByFunction(answer.profile.head, byFunction);
  });
  session.disconnect();
  return [...byFunction]
    .map(([where, bytes]) => ({ where, bytes: bytes / calls }))
    .filter(({ bytes }) => bytes >= 0.5)
    .sort((a, b) => b.bytes - a.bytes);
}

function sumByFunction(node: HeapProfiler.SamplingHeapProfileNode, into: Map<string, number>): void {
  const { functionName, url, lineNumber } = node.callFrame;
  const where = `${functionName || "(anonymous)"} (${url.split("/").slice(-2).join("/")}:${lineNumber + 1})`;
  into.set(where, (into.get(where) ?? 0) + node.selfSize);
  for (const child of node.children) sumByFunction(child, into);
}
