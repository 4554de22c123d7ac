import { join } from "node:path";
import type * as audit from "../src/audit/index.js";
import type * as prove from "../src/audit/verify/prove.js";
import type * as verify from "../src/audit/verify/verify.js";
import type * as threadLog from "../src/rein/thread-log.js";
import type * as store from "../src/store/node-disk.js";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { median } from "./run.js";
import { withDirectory } from "./workload.js";

// What the package does not export, from where it is compiled to: the log's thread starts from there as well.
const dist = new URL("../../dist/", import.meta.url);
const load = (path: string): Promise<unknown> => import(new URL(path, dist).href);
const { openThreadLog } = (await load("rein/thread-log.js")) as typeof threadLog;
const { fileHeads, logPlaces, recoverLog } = (await load("audit/index.js")) as typeof audit;
const { nodeDisk } = (await load("store/node-disk.js")) as typeof store;

type Log = audit.GovernorLog;

/** The log by itself: what it costs the caller, and what the thread makes of it. */
export const AUDIT: readonly Bench[] = [
  {
    name: "audit/caller",
    about: "taking a decision or an outcome down, 1,000 lanes: the mean on the caller's time",
    run: (options) => withDirectory((dir) => caller(dir, options)),
  },
  {
    name: "audit/end-to-end",
    about: "records as fast as the log takes them, with a group commit (fdatasync) always under way",
    run: (options) => withDirectory((dir) => endToEnd(dir, options)),
  },
  ...[1, 8, 64, 512].map((callers) => ({
    name: `audit/durable-${callers}`,
    about: `from a decision to its durable acknowledgement, ${callers} at a time`,
    run: (options: RunOptions) => withDirectory((dir) => durable(dir, callers, options)),
  })),
  {
    name: "audit/verify",
    about: "verifying a log of a million records from the beginning, and one proof of it",
    run: (options) => withDirectory((dir) => verified(dir, options)),
  },
];

const LANES = Array.from({ length: 1000 }, (_, i) => ({
  source: `agent-${i % 100}`,
  series: `tool_${Math.floor(i / 100)}`,
}));
const MEASURES = ["calls", "usd", "tokens"];
const AMOUNTS = [1_000_000, 20_000, -1];
const PSEUDONYMS = Array.from({ length: 100 }, (_, i) => `${i}AbCdEfGhIjKlMnOpQrStUv`.slice(0, 22));
const FACTS = { true: ["tag:recipient=*@example.com", "args.path starts with /tmp"], unknown: [] };

async function open(dir: string): Promise<Log> {
  const headDirs = [logPlaces(dir).heads];
  const heads = headDirs.map((path) => fileHeads(nodeDisk, path));
  const log = await openThreadLog({
    ...{ disk: nodeDisk, dir, headDirs, end: recoverLog({ disk: nodeDisk, dir, heads }) },
    ...{ boot: "benchrun", software: "bench", segmentRecords: 65_536, maxBytes: Infinity },
    ...{ measures: MEASURES, capacity: 65_536, flushIntervalMs: 50, whenFull: "refuse" },
    ...{ ownerFile: null, mustBeOurs: undefined },
    onFailure: (error) => {
      if (error !== undefined) throw new Error("the log fails", { cause: error });
    },
    warn: () => undefined,
  });
  const policy = { digest: "ab".repeat(32), rules: [] };
  log.event({ type: "open", at: Date.now(), mono: performance.now(), boot: "benchrun", ...policy });
  return log;
}

const START = Date.now();

function decide(log: Log, i: number): void {
  log.decision(i, START + (i >> 8), i * 0.0037, LANES[i % 1000]!, "allow", AMOUNTS, null);
}

/** With texts that are not names: tags, facts and what an approval is bound to. */
function decideFreely(log: Log, i: number): void {
  const [recipient, tenant] = [PSEUDONYMS[i % 100]!, PSEUDONYMS[(7 * i) % 100]!];
  const tags = ["recipient", recipient, "tenant", tenant];
  const extra = { tags, facts: FACTS, bind: recipient };
  log.decision(i, START + (i >> 8), i * 0.0037, LANES[i % 1000]!, "allow", AMOUNTS, extra);
}

const REFUSED = { code: "rate_limited", rule: "rate-lane" };

function refuse(log: Log, i: number): void {
  log.decision(i, START + (i >> 8), i * 0.0037, LANES[i % 1000]!, "block", AMOUNTS, REFUSED);
}

function settle(log: Log, i: number): void {
  log.outcome(i, START + (i >> 8), i * 0.0037, true, AMOUNTS, 12.5, undefined);
}

/** The mean of a burst; the thread catches up in between, as in a program that awaits. */
async function caller(dir: string, { quick }: RunOptions): Promise<Result> {
  const log = await open(dir);
  const meanOf = async (record: typeof decide, burst: number): Promise<number> => {
    const means: number[] = [];
    for (let round = 0; round < (quick ? 60 : 300); round++) {
      const startedAt = performance.now();
      for (let i = 0; i < burst; i++) {
        if (!log.hasRoom(1)) throw new Error("no room");
        record(log, i);
      }
      means.push(((performance.now() - startedAt) * 1e6) / burst);
      await log.flush(false);
    }
    // The first third warms up.
    return median(means.slice(means.length / 3));
  };
  const metrics: Metric[] = [
    { name: "decision, names only", unit: "ns", value: await meanOf(decide, 10_000), bar: 200 },
    { name: "outcome", unit: "ns", value: await meanOf(settle, 10_000), bar: 200 },
    { name: "refusal", unit: "ns", value: await meanOf(refuse, 10_000) },
    { name: "decision, free data", unit: "ns", value: await meanOf(decideFreely, 5_000), bar: 2_000 },
  ];
  await log.close();
  return { metrics };
}

async function endToEnd(dir: string, { quick }: RunOptions): Promise<Result> {
  const log = await open(dir);
  const count = quick ? 300_000 : 2_000_000;
  await record(log, 100_000);
  const startedAt = performance.now();
  const commits = await record(log, count);
  const ms = performance.now() - startedAt;
  await log.close();
  return {
    metrics: [
      { name: "per record", unit: "us", value: (ms * 1000) / count, bar: 5 },
      { name: "records a second", unit: "count", value: (count / ms) * 1000 },
      { name: "commits", unit: "count", value: commits },
    ],
  };
}

/** Decisions and outcomes in turns; whenever a commit is over, the next one is asked for. */
async function record(log: Log, count: number): Promise<number> {
  let commits = 0;
  let isUnderWay = false;
  const committed = (): void => {
    commits += 1;
    isUnderWay = false;
  };
  for (let i = 0; i < count; i += 2) {
    while (!log.hasRoom(2)) await new Promise((resolve) => setImmediate(resolve));
    decide(log, i);
    settle(log, i);
    if (i % 2048 !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (isUnderWay) continue;
    isUnderWay = true;
    void log.flush(true).then(committed);
  }
  await log.flush(true);
  return commits;
}

async function durable(dir: string, callers: number, { quick }: RunOptions): Promise<Result> {
  const log = await open(dir);
  const times: number[] = [];
  const each = Math.ceil((quick ? 2_000 : 10_000) / Math.min(callers, 20));
  const call = async (): Promise<void> => {
    for (let i = 0; i < each; i++) {
      const startedAt = performance.now();
      decide(log, i);
      await log.flush(true);
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - startedAt) / 1000;
  await log.close();
  // The first quarter warms up.
  const sorted = times.slice(times.length >> 2).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return {
    metrics: [
      { name: "p50", unit: "ms", value: at(0.5), ...(callers === 1 && { bar: 0.6 }) },
      { name: "p99", unit: "ms", value: at(0.99), ...(callers === 512 && { bar: 10 }) },
      { name: "a second", unit: "count", value: times.length / seconds },
    ],
  };
}

async function verified(dir: string, { quick }: RunOptions): Promise<Result> {
  const { verifyLog } = (await load("audit/verify/verify.js")) as typeof verify;
  const { proveRecord } = (await load("audit/verify/prove.js")) as typeof prove;
  const log = await open(join(dir, "log"));
  const count = quick ? 100_000 : 1_000_000;
  await record(log, count);
  await log.close();
  const startedAt = performance.now();
  const verdict = verifyLog({ disk: nodeDisk, dir: join(dir, "log"), now: Date.now() });
  const ms = performance.now() - startedAt;
  const provedAt = performance.now();
  const proof = proveRecord(nodeDisk, join(dir, "log"), count >> 1);
  const proveMs = performance.now() - provedAt;
  return {
    metrics: [
      { name: "per record", unit: "us", value: (ms * 1000) / count, bar: 1e6 / 350_000 },
      { name: "records a second", unit: "count", value: (count / ms) * 1000 },
      // 20 hashes for a million records.
      { name: "proof", unit: "bytes", value: proof.hashes * 32, bar: 640 },
      { name: "making the proof", unit: "ms", value: proveMs },
    ],
    notes: [`verdict: ${verdict.summary}`],
  };
}
