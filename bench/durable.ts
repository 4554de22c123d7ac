import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rein } from "rein";
import type { Action } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { timeBatches, timeEachPaced } from "./timing.js";
import {
  actionsOf,
  gateAndSettle,
  inTurn,
  openRein,
  silent,
  THOUSAND_LANES,
  TWENTY_RULES,
  withDirectory,
} from "./workload.js";

/** What it costs that state outlives the process. */
export const DURABLE: readonly Bench[] = [
  {
    name: "durable/gate",
    about: "gate + settle with state and records in `dir`, against records alone: what durability costs",
    run: (options) => compared(THOUSAND_LANES, options),
  },
  {
    name: "durable/gate-one-lane",
    about: "the same on one lane, whose budgets are refilled the most often",
    run: (options) => compared(actionsOf(1, 1), options),
  },
  { name: "durable/admit", about: "admit() in durable mode, one caller: waits for the disk", run: admitted },
  {
    name: "durable/start",
    about: "Rein.open on a gigabyte of records and a snapshot, after a SIGKILL",
    run: started,
  },
  { name: "durable/budget", about: "$50 spent in steps of a cent: how much of it is used", run: usedUp },
];

/** Blocks of one and the other in turn, in one process: what the machine does meanwhile happens to both. */
function compared(actions: readonly Action[], { quick }: RunOptions): Promise<Result> {
  return withDirectory(async (dir) => {
    const variants = await Promise.all(
      [{ audit: { dir: join(dir, "records") } }, { dir: join(dir, "state") }].map(async (options) => {
        const rein = await openRein(TWENTY_RULES, options);
        return {
          rein,
          call: gateAndSettle(rein, inTurn(actions)),
          p50s: [] as number[],
          means: [] as number[],
        };
      }),
    );
    for (const { rein, call } of variants) await timeEachPaced(call, 200_000, () => rein.flush());
    for (let round = 0; round < (quick ? 4 : 12); round++) {
      for (const { rein, call, p50s, means } of variants) {
        const { p50 } = await timeEachPaced(call, 50_000, () => rein.flush());
        p50s.push(p50);
        means.push((await timeBatches(call, true)).mean);
      }
    }
    const [without, durable] = variants.map(({ p50s, means }) => ({
      p50: median(p50s),
      mean: median(means),
    }));
    for (const { rein } of variants) await rein.close();
    const us = (name: string, value: number): Metric => ({ name, unit: "us", value });
    return {
      metrics: [
        us("p50, records alone", without!.p50),
        us("p50, state and records", durable!.p50),
        { name: "p50 ratio", unit: "x", value: durable!.p50 / without!.p50, bar: 1.15 },
        us("mean never pausing, records alone", without!.mean),
        us("mean never pausing, state and records", durable!.mean),
        { name: "mean ratio", unit: "x", value: durable!.mean / without!.mean, bar: 1.15 },
      ],
    };
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function admitted({ quick }: RunOptions): Promise<Result> {
  return withDirectory(async (dir) => {
    const rein = await openRein(TWENTY_RULES, { dir: join(dir, "state"), audit: { durability: "durable" } });
    const nextAction = inTurn(THOUSAND_LANES);
    const times: number[] = [];
    for (let i = 0; i < (quick ? 500 : 4000); i++) {
      const startedAt = performance.now();
      const decision = await rein.admit(nextAction());
      times.push(performance.now() - startedAt);
      if (!decision.allowed) throw new Error(decision.refusal.message);
      decision.permit.settle({ ok: true });
    }
    await rein.close();
    // The first thousand meet each lane for the first time.
    const sorted = times.slice(times.length >> 2).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
    return {
      metrics: [
        { name: "p50", unit: "ms", value: at(0.5), bar: 1 },
        { name: "p99", unit: "ms", value: at(0.99) },
        { name: "max", unit: "ms", value: at(1) },
      ],
    };
  });
}

function started({ quick }: RunOptions): Promise<Result> {
  return withDirectory(async (dir) => {
    const state = join(dir, "state");
    const megabytes = quick ? 100 : 1024;
    const writer = fileURLToPath(new URL("durable-writer.js", import.meta.url));
    const { signal, stderr } = spawnSync(process.execPath, [writer, state, String(megabytes)], {
      encoding: "utf8",
    });
    if (signal !== "SIGKILL") throw new Error(`the writer was not killed: ${stderr}`);
    const bytes = readdirSync(state)
      .filter((name) => name.startsWith("records-"))
      .reduce((sum, name) => sum + statSync(join(state, name)).size, 0);
    const startedAt = performance.now();
    const rein = await Rein.open({ policy: [...TWENTY_RULES], mode: "enforce", dir: state, logger: silent });
    const ms = performance.now() - startedAt;
    const { decisions, lanes } = rein.snapshot();
    await rein.close();
    return {
      metrics: [
        { name: "start", unit: "ms", value: ms, bar: 2000 },
        { name: "records", unit: "MB", value: bytes / 2 ** 20 },
        { name: "decisions", unit: "count", value: decisions },
        { name: "lanes", unit: "count", value: lanes.length },
      ],
    };
  });
}

function usedUp(): Promise<Result> {
  return withDirectory(async (dir) => {
    const rein = await openRein(
      [{ id: "total", kind: "budget", measure: "usd", limit: 50, window: "forever" }],
      { dir: join(dir, "state") },
    );
    let cents = 0;
    for (;;) {
      const decision = rein.gate({ source: "agent", series: "buy", cost: { usd: 0.01 } });
      if (!decision.allowed) break;
      cents += 1;
      decision.permit.settle({ ok: true });
      if (cents % 100 === 0) await rein.flush();
    }
    await rein.close();
    return {
      metrics: [
        { name: "cents used of 5,000", unit: "count", value: cents },
        { name: "not used, share", unit: "x", value: 1 - cents / 5000, bar: 0.001 },
      ],
    };
  });
}
