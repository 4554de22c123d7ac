import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fileHeads, logPlaces, readLog, recoverLog } from "../audit/index.js";
import type { GovernorLog } from "../audit/index.js";
import { messageOf } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import type { LogOptions } from "./log-options.js";
import { openThreadLog } from "./thread-log.js";

const temp = mkdtempSync(join(tmpdir(), "rein-thread-log-"));
const MEASURES = ["calls", "usd"];
const LANES = Array.from({ length: 50 }, (_, i) => ({ source: `agent-${i}`, series: "tool" }));
let dirs = 0;

afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
});

const newDir = (): string => join(temp, String(++dirs));

async function open(dir: string, options: Partial<LogOptions> = {}) {
  const headDirs = [logPlaces(dir).heads];
  const heads = headDirs.map((path) => fileHeads(nodeDisk, path));
  const end = recoverLog({ disk: nodeDisk, dir, heads, origin: "example.com/test" });
  const news: string[] = [];
  const log = await openThreadLog({
    ...{ disk: nodeDisk, dir, end, headDirs, boot: "boot1234", software: "test", measures: MEASURES },
    ...{ segmentRecords: 65_536, maxBytes: Infinity, capacity: 1024, flushIntervalMs: 20 },
    ...{ whenFull: "refuse", ownerFile: null, mustBeOurs: undefined },
    onFailure: (error) => news.push(error === undefined ? "works" : messageOf(error)),
    warn: (problem) => news.push(problem),
    ...options,
  });
  return { log, news };
}

const gate = (log: GovernorLog, seq: number): void => {
  const tags = seq % 5 === 0 ? { tags: ["to", `somebody-${seq}`] } : null;
  log.decision(seq, 1000 + seq, seq / 3, LANES[seq % LANES.length]!, "allow", [1e6, seq], tags);
};

const leavesOf = (dir: string) => [...readLog({ disk: nodeDisk, dir, from: 0, withBlobs: true })];
const seqsOf = (dir: string): unknown[] =>
  leavesOf(dir).flatMap(({ type, seq }) => (type === "gate" ? [seq] : []));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test("a caller who is faster than the disk waits, and every record is there in order", async () => {
  const dir = newDir();
  const { log, news } = await open(dir);
  const count = 60_000;
  for (let seq = 1; seq <= count; seq++) {
    expect(log.hasRoom(1)).toBe(true);
    gate(log, seq);
  }
  await log.close();
  expect(seqsOf(dir)).toEqual(upTo(count));
  const leaves = leavesOf(dir);
  expect(leaves[0]?.type).toBe("log.begin");
  expect(leaves.at(-1)?.type).toBe("log.close");
  expect(news).toEqual([]);
});

test("large values go around the ring, and stand in files of their own", async () => {
  const dir = newDir();
  const { log } = await open(dir);
  const image = { text: "é".repeat(200_000), list: upTo(1000) };
  const lane = { source: "s".repeat(5_000), series: "ü" };
  log.event({ type: "state", at: 1, mono: 1, image });
  log.decision(1, 1, 1, lane, "block", [1e6], {
    code: "limit",
    facts: { true: ["x".repeat(60_000)], unknown: [] },
  });
  log.event({ type: "note", text: "y".repeat(10_000) });
  log.writeNow(true);
  const found = leavesOf(dir);
  expect(found.find(({ type }) => type === "state")?.["image"]).toEqual(image);
  expect(found.find(({ type }) => type === "gate")).toMatchObject({ ...lane, code: "limit" });
  expect(found.find(({ type }) => type === "note")?.["text"]).toBe("y".repeat(10_000));
  await log.close();
});

test("what was flushed is in the file, and the position is behind it", async () => {
  const dir = newDir();
  const { log } = await open(dir);
  for (let seq = 1; seq <= 50; seq++) {
    gate(log, seq);
    if (seq % 2 === 0) log.writeNow(seq % 4 === 0);
    else await log.flush(seq % 3 === 0);
    const text = readFileSync(join(dir, "seg", "0000000000000000.jsonl"), "utf8");
    expect(text).toContain(`"seq":${seq},`);
    expect(log.position).toBeGreaterThan(seq);
    expect(text.split("\n").length - 1).toBeGreaterThanOrEqual(log.position!);
  }
  await log.close();
});

test("what is recorded is written before long, also when the thread has slept", async () => {
  const dir = newDir();
  const { log } = await open(dir);
  for (const [seq, pause] of [10, 700, 30].entries()) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    gate(log, seq + 1);
    await expect.poll(() => seqsOf(dir).length, { timeout: 500, interval: 10 }).toBe(seq + 1);
  }
  await log.close();
});

test("a thousand callers who wait are all answered, of several logs in one process", async () => {
  const opened = await Promise.all([open(newDir()), open(newDir())]);
  let seq = 0;
  const all = Array.from({ length: 1000 }, (_, i) => {
    const { log } = opened[i % 2]!;
    gate(log, ++seq);
    return log.flush(true);
  });
  await Promise.all(all);
  for (const { log } of opened) await log.close();
});

test("a log that was abandoned is not written to, and whoever asks hears so", async () => {
  const dir = newDir();
  const { log } = await open(dir, { flushIntervalMs: 10_000 });
  gate(log, 1);
  log.writeNow(true);
  log.abandon();
  gate(log, 2);
  log.event({ type: "x" });
  expect(log.hasRoom(1)).toBe(false);
  await expect(log.flush(false)).rejects.toMatchObject({ code: "record_failed" });
  await log.close();
  expect(seqsOf(dir)).toEqual([1]);
  expect(leavesOf(dir).at(-1)?.type).not.toBe("log.close");
});

test("a log that another process owns by now says so before all else", async () => {
  let isOurs = true;
  const mustBeOurs = (): void => {
    if (!isOurs) throw new Error("not ours");
  };
  const { log } = await open(newDir(), { mustBeOurs });
  gate(log, 1);
  await log.flush(true);
  isOurs = false;
  await expect(log.flush(true)).rejects.toThrow("not ours");
  expect(() => {
    log.writeNow(true);
  }).toThrow("not ours");
  await log.close().catch(() => undefined);
});

test("trouble with signing is told once, and that it is over; what waits is durable all the same", async () => {
  const dir = newDir();
  const { log, news } = await open(dir);
  const { heads } = logPlaces(dir);
  renameSync(heads, `${heads}-away`);
  writeFileSync(heads, "");
  gate(log, 1);
  await log.flush(true);
  log.event({ type: "halt", at: 1, mono: 1 });
  await expect.poll(() => news.length, { timeout: 5_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(news).toEqual([expect.stringMatching(/ENOTDIR|EEXIST/)]);
  rmSync(heads);
  renameSync(`${heads}-away`, heads);
  await expect.poll(() => news.length, { timeout: 5_000 }).toBe(2);
  await log.close();
  expect(news[1]).toBe("works");
});

test("a halt is signed at once", async () => {
  const dir = newDir();
  const { log } = await open(dir, { flushIntervalMs: 5_000 });
  log.event({ type: "halt", at: 1, mono: 1 });
  const size = (): number => Number(readFileSync(logPlaces(dir).checkpoint, "utf8").split("\n")[1]);
  await expect.poll(size, { timeout: 500, interval: 5 }).toBeGreaterThanOrEqual(2);
  await log.close();
});

test("a log that cannot be opened is an error with a reason", async () => {
  const dir = newDir();
  const { log } = await open(dir);
  await log.close();
  const headDirs = [logPlaces(dir).heads];
  const end = recoverLog({ disk: nodeDisk, dir, heads: headDirs.map((path) => fileHeads(nodeDisk, path)) });
  rmSync(join(dir, "keys"), { recursive: true });
  await expect(open(dir, { end })).rejects.toMatchObject({ code: "key_missing" });
});
