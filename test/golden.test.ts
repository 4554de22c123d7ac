import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { replay } from "../src/analysis/replay.js";
import { logDirIn, readLog } from "../src/audit/index.js";
import { verifyLog } from "../src/audit/verify/verify.js";
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
const GOLDEN = fileURLToPath(new URL("fixtures/golden", import.meta.url));

/** Private keys are in the fixture without their PEM armour: whoever looks for lost ones shall not find these. */
const ARMOUR = /-----(?:BEGIN|END) PRIVATE KEY-----\n/g;

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
  for (const path of filesIn(machine, "/state")) {
    const target = join(GOLDEN, posix.relative("/state", path));
    mkdirSync(dirname(target), { recursive: true });
    const bytes = Buffer.from(machine.disk.read(path));
    writeFileSync(target, path.endsWith(".pem") ? bytes.toString().replace(ARMOUR, "") : bytes);
  }
}

function filesIn(machine: Machine, dir: string): string[] {
  return machine.disk.list(dir).flatMap((name) => {
    const path = posix.join(dir, name);
    const type = machine.disk.look(path)?.type;
    return type === "directory" ? filesIn(machine, path) : type === "file" ? [path] : [];
  });
}

function planted(): Machine {
  const machine = new Machine(21);
  for (const entry of readdirSync(GOLDEN, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const path = posix.join("/state", source.slice(GOLDEN.length).replaceAll("\\", "/"));
    machine.disk.makeDir(posix.dirname(path));
    const bytes = readFileSync(source);
    const isKey = entry.name.endsWith(".pem");
    machine.disk.plant(path, { bytes: isKey ? armoured(bytes) : bytes, mode: 0o600 });
  }
  return machine;
}

function armoured(key: Buffer): string {
  return `-----BEGIN PRIVATE KEY-----\n${key.toString()}-----END PRIVATE KEY-----\n`;
}

test("state that an earlier version wrote opens, and holds what it held", async () => {
  const machine = planted();
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
  const { disk, dir } = planted();
  const report = replay(readLog({ disk, dir: logDirIn(dir), withBlobs: true }));
  expect(report).toMatchObject({ divergence: null, runs: 3, skipped: 0 });
  expect(report.decisions).toBeGreaterThan(200);
});

test("a log that an earlier version signed holds", () => {
  const { disk, dir, clock } = planted();
  clock.advance(7 * 86_400_000);
  const verdict = verifyLog({ disk, dir: logDirIn(dir), now: clock.now() });
  expect(verdict).toMatchObject({ outcome: "valid" });
});

test("a state from before records were a log is refused, with what to do", async () => {
  const machine = new Machine(22);
  const store = await machine.system().storeIn(machine.dir).open();
  await store.save({ format: 1, at: machine.clock.now(), state: { clean: true, orders: [] } }, new Map());
  await store.close();
  await expect(machine.open(RULES)).rejects.toMatchObject({
    ...{ code: "store_damaged", message: expect.stringContaining("before records were a log") as string },
    help: expect.stringContaining("begin in an empty directory") as string,
  });
});
