import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rein } from "rein";
import type { Action } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { timeEachPaced } from "./timing.js";
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

/**
 * Two governors of each kind, opened in the order A B B A, run in turns in one process: what the machine does meanwhile,
 * and where in memory a governor happens to lie, happens to both kinds.
 */
function compared(actions: readonly Action[], { quick }: RunOptions): Promise<Result> {
  return withDirectory(async (dir) => {
    const kinds = ["without", "durable", "durable", "without"] as const;
    const governors = [];
    for (const [i, kind] of kinds.entries()) {
      const path = join(dir, String(i));
      const rein = await openRein(
        TWENTY_RULES,
        kind === "durable" ? { dir: path } : { audit: { dir: path } },
      );
      governors.push({ kind, rein, call: gateAndSettle(rein, inTurn(actions)) });
    }
    const p50s = { without: [] as number[], durable: [] as number[] };
    const means = { without: [] as number[], durable: [] as number[] };
    for (const { rein, call } of governors) await timeEachPaced(call, 100_000, () => rein.flush());
    for (let round = 0; round < (quick ? 10 : 60); round++) {
      for (const { kind, rein, call } of round % 2 === 0 ? governors : [...governors].reverse()) {
        p50s[kind].push((await timeEachPaced(call, 10_000, () => rein.flush())).p50);
        const startedAt = performance.now();
        for (let n = 0; n < 20_000; n++) call();
        await rein.flush();
        means[kind].push((performance.now() - startedAt) / 20);
      }
    }
    for (const { rein } of governors) await rein.close();
    const us = (name: string, value: number): Metric => ({ name, unit: "us", value });
    const [p50, mean] = [p50s, means].map(
      ({ without, durable }) => [median(without), median(durable)] as const,
    );
    return {
      metrics: [
        us("p50, records alone", p50![0]),
        us("p50, state and records", p50![1]),
        { name: "p50 ratio", unit: "x", value: p50![1] / p50![0], bar: 1.15 },
        us("mean with writing, records alone", mean![0]),
        us("mean with writing, state and records", mean![1]),
        { name: "mean ratio", unit: "x", value: mean![1] / mean![0], bar: 1.15 },
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
