import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";

/** One metric of one benchmark over all rounds. */
export interface Summary extends Omit<Metric, "value"> {
  readonly median: number;
  /** One value a round, in the order of the rounds. */
  readonly raw: readonly number[];
}

export interface Report {
  readonly name: string;
  readonly about: string;
  readonly metrics: readonly Summary[];
  readonly notes: readonly string[];
}

const CHILD = fileURLToPath(new URL("child.js", import.meta.url));

/** A process that takes longer hangs. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs every benchmark once a round, each in a fresh process, in turns from the first to the last and from the last to
 * the first, so that a machine that gets slower or faster meanwhile does not favour one of them.
 */
export async function runAll(
  benches: readonly Bench[],
  rounds: number,
  options: RunOptions,
  progress: (line: string) => void,
): Promise<Report[]> {
  const results = new Map<Bench, Result[]>(benches.map((bench) => [bench, []]));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const bench of round % 2 === 0 ? benches : [...benches].reverse()) {
      progress(`[${++done}/${rounds * benches.length}] ${bench.name}`);
      results.get(bench)!.push(await runInProcess(bench, options));
    }
  }
  return benches.map((bench) => summarize(bench, results.get(bench)!));
}

async function runInProcess(bench: Bench, { quick }: RunOptions): Promise<Result> {
  const args = ["--expose-gc", CHILD, bench.name, ...(quick ? ["--quick"] : [])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], timeout: TIMEOUT_MS });
  const [printed, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`${bench.name} failed with ${code ?? signal}`);
  return JSON.parse(printed) as Result;
}

function summarize({ name, about }: Bench, results: readonly Result[]): Report {
  const [first] = results as readonly [Result];
  const metrics = first.metrics.map(({ value: _value, ...metric }, i): Summary => {
    const raw = results.map((result) => result.metrics[i]!.value);
    return { ...metric, median: median(raw), raw };
  });
  return { name, about, metrics, notes: first.notes ?? [] };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
