// The thread that writes a log: takes records out of the ring, and makes lines, hashes, commits and signatures of them.
// It starts with every governor, so it imports as little as it can.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { fileHeads } from "../audit/log/head.js";
import { LogWriter } from "../audit/log/writer.js";
import { prune } from "../audit/retention/prune.js";
import { Ring } from "../audit/ring/ring.js";
import type { OutOfBand } from "../audit/ring/ring.js";
import { RingReader } from "../audit/ring/ring-reader.js";
import { messageOf, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/node-disk.js";
import { isStillOwned } from "./log-owner.js";
import type { LogNews, LogTask } from "./log-task.js";
import { ABANDON, CLOSE, EXIT, LogWords } from "./log-words.js";

/** Bytes that are made into lines before they are written. */
const MAX_BACKLOG = 1 << 19;

/** After so many looks without a record the thread sleeps until it is woken, or until a second is over. */
const LOOKS_BEFORE_SLEEP = 20;
const DEEP_SLEEP_MS = 1000;

/** Slots that are said to be durable at the latest when there are so many. */
const MAX_UNCONFIRMED = 2 ** 28;

const task = workerData as LogTask;
const words = new LogWords(task.words);
const ring = new Ring(task.ring);
const outOfBand: OutOfBand = {
  put: () => undefined,
  take: () => (receiveMessageOnPort(task.outOfBand) as { readonly message: unknown } | undefined)?.message,
};
const reader = new RingReader(ring, outOfBand);

const writer = open();
if (writer !== null) {
  try {
    live(writer);
  } finally {
    words.hasEndedNow();
  }
}

function open(): LogWriter | null {
  try {
    const opened = new LogWriter({
      disk: nodeDisk,
      dir: task.dir,
      end: task.end,
      heads: task.headDirs.map((dir) => fileHeads(nodeDisk, dir)),
      now: Date.now,
      mono: () => performance.now() + performance.timeOrigin - task.timeOrigin,
      writer: task.boot,
      software: task.software,
      segmentLeaves: task.segmentRecords,
      mustBeOurs,
      onSegment: removeOld,
      onTrouble: (problem) => {
        tell({ type: "warning", problem });
      },
    });
    words.wrote(reader.tail, opened.size, opened.segments);
    tell({ type: "open" });
    return opened;
  } catch (error) {
    const { code, help } = ReinError.isInstance(error) ? error : { code: undefined, help: undefined };
    tell({ type: "unopened", code, message: messageOf(error), help });
    return null;
  }
}

function live(log: LogWriter): void {
  let looks = 0;
  for (;;) {
    const wakes = words.wakes;
    const order = words.ordered;
    if (order === ABANDON) return log.release();
    if (order === CLOSE || order === EXIT) return end(log, order);
    const before = reader.tail;
    if (!turn(log)) continue;
    looks = reader.tail === before ? looks + 1 : 0;
    const isDeep = looks > LOOKS_BEFORE_SLEEP && words.failing === "none";
    if (isDeep) words.setBell(true);
    // What came before the bell was set rings for nobody.
    if (isDeep && ring.head !== reader.tail) continue;
    words.sleep(wakes, isDeep ? DEEP_SLEEP_MS : task.flushIntervalMs);
    if (isDeep) words.setBell(false);
  }
}

/** Does everything that there is to do; what fails is tried again the next time. False: there is more to do at once. */
function turn(log: LogWriter): boolean {
  words.begin();
  let failing: "write" | "sync" = "write";
  let isAll = true;
  try {
    isAll = write(log, false);
    failing = "sync";
    // What is counted modulo 2^32 must not fall behind by half of that.
    if (
      isAfter(words.wantedDurable, words.durable) ||
      ((reader.tail - words.durable) | 0) > MAX_UNCONFIRMED
    ) {
      log.sync();
      words.synced(reader.tail);
    }
    if (reader.isUrgent) log.checkpoint();
    reader.isUrgent = false;
    log.tick();
    works();
  } catch (error) {
    fails(failing, error);
    isAll = true;
  }
  words.end();
  return isAll;
}

/**
 * Writes all that is in the ring by now, or less when somebody waits for what is written to be durable; whether it is
 * all. @throws the system's error
 */
function write(log: LogWriter, isLast: boolean): boolean {
  const { head } = ring;
  for (;;) {
    reader.drain(log, MAX_BACKLOG);
    if (words.ordered === ABANDON) return true;
    log.write();
    words.wrote(reader.tail, log.size, log.segments);
    if (!isAfter(head, reader.tail)) return true;
    const { wantedDurable } = words;
    if (!isLast && isAfter(wantedDurable, words.durable) && !isAfter(wantedDurable, reader.tail))
      return false;
  }
}

/** Which of two counts of slots is the later one, modulo 2^32. */
function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function end(log: LogWriter, order: number): void {
  try {
    write(log, true);
    if (order === CLOSE) {
      log.close();
    } else {
      log.checkpoint();
      log.release();
    }
    words.wrote(reader.tail, log.size, log.segments);
    words.synced(reader.tail);
    works();
  } catch (error) {
    fails("write", error);
    log.release();
  }
}

function fails(failing: "write" | "sync", error: unknown): void {
  const isNews = words.failing === "none";
  words.fails(failing, messageOf(error));
  if (isNews) tell({ type: "news" });
}

function works(): void {
  if (words.failing === "none") return;
  words.fails("none", "");
  tell({ type: "news" });
}

function removeOld(log: LogWriter): void {
  const { dir, maxBytes, boot } = task;
  prune(log, { disk: nodeDisk, dir, now: Date.now(), maxBytes, keepFrom: words.keepFrom, by: boot });
}

/** @throws ReinError `store_in_use` when the log is another process's by now */
function mustBeOurs(): void {
  if (task.ownerFile === null || isStillOwned(task.ownerFile)) return;
  throw new ReinError("store_in_use", "the state directory is no longer this process's");
}

function tell(news: LogNews): void {
  parentPort!.postMessage(news);
}
