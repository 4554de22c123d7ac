import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { replay } from "../src/analysis/replay.js";
import type { RunRecord } from "../src/analysis/replay.js";
import { readRecords } from "../src/audit/index.js";
import type { RuleInput } from "../src/index.js";
import { Driver } from "./support/driver.js";
import { history } from "./support/histories.js";
import { Machine } from "./support/machine.js";

/**
 * State and records as an earlier version wrote them, on Node 20. They must open, and every decision must come out
 * again, on every Node version and in every later version of rein. When the engine's version is raised, records of the
 * old one cannot be replayed any more: then keep the old state for the first test, and write new records for the
 * second with REIN_WRITE_GOLDEN=1.
 */
const GOLDEN = fixture("golden");
/** Written by engine version 2, whose images had format 1. */
const OLD_STATE = fixture("golden-2");

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

const DAILY = {
  id: "daily",
  kind: "budget",
  measure: "usd",
  limit: 40,
  window: "1d",
  per: "source",
} as const;

const RULES: RuleInput[] = [
  DAILY,
  {
    id: "month",
    kind: "budget",
    measure: "usd",
    limit: 90,
    window: { calendar: "month", timeZone: "Europe/Berlin" },
  },
  { id: "mails", kind: "rate", limit: 12, window: "1h", match: { series: "send_*" }, per: "tag:recipient" },
  { id: "burst", kind: "rate", limit: 2, window: "1s", burst: 6 },
  { id: "parallel", kind: "concurrency", limit: 6 },
  { id: "failures", kind: "errors", consecutive: 3, for: "1m", per: "series" },
  { id: "rate-of-failure", kind: "errors", ratePct: 60, window: "1m", minCalls: 5, then: "alert" },
  { id: "deletes", kind: "access", effect: "approve", match: { series: "delete_row" } },
  { id: "big", kind: "size", measure: "usd", limit: 2.5 },
  { id: "slow", kind: "timeout", limit: "2m", then: "halt", match: { source: "trader" } },
  { id: "drawdown", kind: "loss", limitPct: 12, from: "peak" },
  { id: "floor", kind: "floor", limit: 85 },
  { id: "feed", kind: "stale", signal: "feed", maxAge: "1d", then: "alert" },
];

const WRITE = process.env["REIN_WRITE_GOLDEN"] === "1";

beforeAll(async () => {
  if (WRITE) await write();
});

/** Three lives: one that closes, one that is killed, one that closes under another policy. */
async function write(): Promise<void> {
  const machine = new Machine(20);
  const options = { clock: machine.clock };
  const samples = fc.sample(history({ rare: true }), { numRuns: 240, seed: 20 });
  for (let life = 0; life < 3; life++) {
    const steps = samples.slice(80 * life, 80 * (life + 1)).flat();
    const driver = Object.assign(new Driver(), options);
    driver.rein = await machine.open(life < 2 ? RULES : [{ ...DAILY, limit: 60 }, ...RULES.slice(1)]);
    for (const step of steps) await driver.run(step);
    if (life === 1) {
      await driver.rein.flush();
      machine.kill();
    } else {
      await driver.rein.close();
    }
    machine.clock.advance(90_000);
  }
  rmSync(GOLDEN, { recursive: true, force: true });
  mkdirSync(GOLDEN, { recursive: true });
  for (const name of machine.disk.list("/state")) {
    const path = `/state/${name}`;
    if (machine.disk.look(path)?.type === "file") writeFileSync(join(GOLDEN, name), machine.disk.read(path));
  }
}

function planted(from: string): Machine {
  const machine = new Machine(21);
  machine.disk.makeDir("/state");
  for (const name of readdirSync(from))
    machine.disk.plant(`/state/${name}`, { bytes: readFileSync(join(from, name)), mode: 0o600 });
  return machine;
}

test("state that an earlier version wrote opens, and holds what it held", async () => {
  const machine = planted(OLD_STATE);
  machine.clock.advance(3_600_000);
  const rein = await machine.open(undefined);
  const { budgets, halts, lanes, decisions } = rein.snapshot();
  expect({
    decisions,
    budgets: budgets.map(({ rule, key, limit, spent }) => ({ rule, key, limit, spent })),
    halts: halts.map(({ id, by, scope }) => ({ id, by, scope })),
    lanes: lanes.filter(({ status }) => status !== "yellow"),
    rules: rein.policy.rules.length,
    mode: rein.mode,
  }).toMatchSnapshot();
});

test("records that an earlier version wrote come out again, bit for bit, over restarts", () => {
  const { disk } = planted(GOLDEN);
  const records = function* (): IterableIterator<RunRecord> {
    for (const { record } of readRecords({ disk, dir: "/state" })) yield record;
  };
  const report = replay(records());
  expect(report).toMatchObject({ divergence: null, runs: 3, skipped: 0 });
  expect(report.decisions).toBeGreaterThan(200);
});
