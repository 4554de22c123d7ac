// The watcher: a thread of its own, so that a command reaches a process whose event loop is busy. It looks at the
// inbox and at the owner's file, and says what it sees in a word of shared memory that gates and fences read.
//
// Plain JavaScript, because Node runs it as it is, from src/ in tests and from dist/ in the package; for the same
// reason it imports nothing of ours.
import {
  closeSync,
  constants,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  watch,
} from "node:fs";
import { basename, dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

/**
 * @typedef {object} Task
 * @property {SharedArrayBuffer} shared the word; see doorbell.ts
 * @property {string} inbox
 * @property {string} ownerFile
 * @property {string} nonce what the owner file says while it is ours
 * @property {number | undefined} uid
 * @property {number} pollMs
 * @property {number} heartbeatMs
 */

/** @type {unknown} */
const given = workerData;
const task = /** @type {Task} */ (given);
const word = new Int32Array(task.shared);

// Places in the word and what trouble is called: the same as in doorbell.ts.
const BELL = 0;
const LOST = 1;
const TROUBLE = 2;
const MISSING = 1;
const DENIED = 2;
const OPEN_TO_OTHERS = 3;
const FAILING = 4;
const HEARTBEAT = 5;

/** An owner's file is small; more of it is not read. */
const MAX_OWNER_BYTES = 4096;

/** @type {ReadonlySet<string>} */
let known = new Set();
/** @type {import("node:fs").FSWatcher | undefined} */
let watcher;
/** The directory that is watched: another one of the same name is another one. */
let watched = 0;
let beatAt = -Infinity;
let heartbeatTrouble = 0;

poll();
setInterval(poll, task.pollMs);
parentPort?.postMessage("watching");

/** What a notice may have missed, a look every few milliseconds finds. */
function poll() {
  look();
  const now = performance.now();
  if (now - beatAt >= task.heartbeatMs) {
    beatAt = now;
    beat();
  }
}

function look() {
  const { names, trouble } = readInbox();
  let rings = false;
  if (trouble === 0) {
    rings = names.some((name) => !known.has(name));
    known = new Set(names);
  } else {
    known = new Set();
    unwatch();
  }
  const all = trouble || heartbeatTrouble;
  if (Atomics.exchange(word, TROUBLE, all) !== all) rings = true;
  if (rings) ring();
}

/** @returns {{ names: readonly string[], trouble: number }} */
function readInbox() {
  try {
    const facts = lstatSync(task.inbox);
    if (!facts.isDirectory()) return { names: [], trouble: MISSING };
    if (task.uid !== undefined && (facts.uid !== task.uid || (facts.mode & 0o077) !== 0))
      return { names: [], trouble: OPEN_TO_OTHERS };
    if (watcher === undefined || watched !== facts.ino) rewatch(facts.ino);
    // Names that begin with a dot are files that are still being written.
    const names = readdirSync(task.inbox).filter((name) => !name.startsWith("."));
    return { names, trouble: 0 };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { names: [], trouble: MISSING };
    return { names: [], trouble: code === "EACCES" || code === "EPERM" ? DENIED : FAILING };
  }
}

/** @param {number} inode */
function rewatch(inode) {
  unwatch();
  watched = inode;
  try {
    watcher = watch(task.inbox, look);
    watcher.on("error", unwatch);
  } catch {
    // The system has no watches left, or this file system has none: the polls do it.
    watcher = undefined;
  }
}

function unwatch() {
  watcher?.close();
  watcher = undefined;
}

/** Shows that the owner lives, for as long as it is the owner. */
function beat() {
  if (Atomics.load(word, LOST) === 1) return;
  heartbeatTrouble = 0;
  try {
    if (touchIfOwner()) return;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") {
      heartbeatTrouble = HEARTBEAT;
      return;
    }
  }
  Atomics.store(word, LOST, 1);
  ring();
}

function touchIfOwner() {
  // Windows has no such flag.
  const file = openSync(task.ownerFile, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const bytes = Buffer.alloc(MAX_OWNER_BYTES);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    if (!bytes.toString("utf8", 0, length).includes(task.nonce) || hasSuccessor()) return false;
    const now = Date.now() / 1000;
    futimesSync(file, now, now);
    return true;
  } finally {
    closeSync(file);
  }
}

/** Owner files are numbered (`owner.7`): a higher number has taken over. */
function hasSuccessor() {
  const own = /^(.*?)([0-9]+)(\D*)$/.exec(basename(task.ownerFile));
  if (own === null) return false;
  const [, before = "", number = "", after = ""] = own;
  return readdirSync(dirname(task.ownerFile)).some((name) => {
    if (!name.startsWith(before) || !name.endsWith(after)) return false;
    const other = name.slice(before.length, name.length - after.length);
    return /^[0-9]+$/.test(other) && Number(other) > Number(number);
  });
}

/** The word for those who are busy, a message for those who are not. */
function ring() {
  Atomics.add(word, BELL, 1);
  parentPort?.postMessage("rang");
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
