// The thread of a log that several processes share: takes records out of the ring and hands them to a peer, which writes
// the log or sends them to the process that does. It waits for sockets and for the ring at once, so it never blocks.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Ring } from "../audit/ring/ring.js";
import type { OutOfBand } from "../audit/ring/ring.js";
import { RingReader } from "../audit/ring/ring-reader.js";
import { OUTBOX_BYTES, SharePeer } from "../audit/share/peer.js";
import { messageOf, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/node-disk.js";
import type { LogNews, LogTask, ShareTask } from "./log-task.js";
import { ABANDON, CLOSE, EXIT, LogWords } from "./log-words.js";

/** Bytes of records that are handed on at a time, and when nobody else waits. */
const PIECE = 1 << 18;
const LARGE_PIECE = 1 << 20;
/** After so many looks without a record the thread waits to be woken. */
const LOOKS_BEFORE_SLEEP = 20;

const task = workerData as Omit<LogTask, "end"> & { readonly share: ShareTask };
const words = new LogWords(task.words);
const ring = new Ring(task.ring);
const outOfBand: OutOfBand = {
  put: () => undefined,
  take: () => (receiveMessageOnPort(task.outOfBand) as { readonly message: unknown } | undefined)?.message,
};
const reader = new RingReader(ring, outOfBand, true, task.boot);

/** Slots of the ring, and the number of the last record in them. */
interface Mark {
  readonly slots: number;
  readonly last: number;
}

/** What was handed on and is not written, and what is not durable; oldest first. */
const unwritten: Mark[] = [];
const undurable: Mark[] = [];

let problem: string | null = null;
let looks = 0;
let timer: NodeJS.Timeout | undefined;
let isTurnDue = false;
let isArmed = false;
let isOver = false;

const peer = new SharePeer({
  disk: nodeDisk,
  dir: task.dir,
  headDirs: task.headDirs,
  origin: task.share.origin,
  boot: task.boot,
  software: task.software,
  now: Date.now,
  mono: () => performance.now() + performance.timeOrigin - task.timeOrigin,
  segmentLeaves: task.segmentRecords,
  spool: task.share.whenAway === "spool",
  onAck: heard,
  onTrouble: (news) => {
    problem = news;
    const isNews = (words.failing === "none") !== (news === null);
    words.fails(news === null ? "none" : "write", news ?? "");
    if (isNews) tell({ type: "news" });
    soon();
  },
  warn: (warning) => {
    tell({ type: "warning", problem: warning });
  },
});

try {
  await peer.start();
  tell({ type: "open" });
  turn();
} catch (error) {
  const { code, help } = ReinError.isInstance(error) ? error : { code: undefined, help: undefined };
  tell({ type: "unopened", code, message: messageOf(error), help });
  finish(() => {
    peer.abandon();
  });
}

function turn(): void {
  isTurnDue = false;
  clearTimeout(timer);
  if (isOver) return;
  const { wakes, ordered } = words;
  if (ordered === ABANDON) {
    finish(() => {
      peer.abandon();
    });
    return;
  }
  words.setBell(false);
  words.begin();
  const before = reader.tail;
  drain();
  words.end();
  if ((ordered === CLOSE || ordered === EXIT) && isDone()) {
    end();
    return;
  }
  looks = reader.tail === before ? looks + 1 : 0;
  const isDeep = looks > LOOKS_BEFORE_SLEEP;
  if (isDeep) words.setBell(true);
  // What came before the bell was set rings for nobody.
  if (hasMore()) soon();
  else if (!isDeep) timer = setTimeout(turn, task.flushIntervalMs);
  arm(wakes);
}

/** Hands on a piece of what is in the ring: others, whose records come in by sockets, get their turn as well. */
function drain(): void {
  if (hasMore()) {
    reader.drain(peer, peer.backlog + (peer.isAlone ? LARGE_PIECE : PIECE));
    const mark = { slots: reader.tail, last: peer.size - 1 };
    unwritten.push(mark);
    undurable.push(mark);
  }
  peer.write();
  confirm();
  if (((words.wantedDurable - words.durable) | 0) > 0) peer.sync();
  if (reader.isUrgent) peer.checkpoint();
  reader.isUrgent = false;
}

/** Whether something is in the ring, and room for it: what is not signed is kept. */
function hasMore(): boolean {
  return ring.head !== reader.tail && isRoomy();
}

function isRoomy(): boolean {
  return peer.backlog < OUTBOX_BYTES;
}

function heard(): void {
  confirm();
  // There may be room again, or somebody waits for the end.
  if (ring.head !== reader.tail || words.ordered !== 0) soon();
}

/** Says what has become of the records. */
function confirm(): void {
  const { written, durable, size, segments } = peer.ack;
  const slots = passed(unwritten, written);
  words.wrote(slots ?? words.written, peer.isSpooling ? -1 : size, segments);
  const durableSlots = passed(undurable, durable);
  if (durableSlots === undefined) return;
  words.synced(durableSlots);
  // Whoever waits looks at this word as well.
  words.wrote(words.written, peer.isSpooling ? -1 : size, segments);
}

/** Takes away what is behind a record; the last of the slots. */
function passed(marks: Mark[], last: number): number | undefined {
  let count = 0;
  while (count < marks.length && marks[count]!.last <= last) count += 1;
  return marks.splice(0, count).at(-1)?.slots;
}

/** Whether nothing is left to do, or nothing can be done. */
function isDone(): boolean {
  const isEmpty = ring.head === reader.tail && undurable.length === 0;
  if (!isEmpty) peer.sync();
  return isEmpty || problem !== null;
}

function end(): void {
  finish(() => {
    try {
      peer.close();
    } catch (error) {
      words.fails("write", messageOf(error));
    }
  });
}

function finish(close: () => void): void {
  if (isOver) return;
  isOver = true;
  clearTimeout(timer);
  close();
  words.hasEndedNow();
}

function soon(): void {
  if (isTurnDue || isOver) return;
  isTurnDue = true;
  setImmediate(turn);
}

/** Waits to be woken by the main thread. */
function arm(wakes: number): void {
  if (isArmed) return;
  isArmed = true;
  void words.sleepLater(wakes).then(() => {
    isArmed = false;
    looks = 0;
    soon();
  });
}

function tell(news: LogNews): void {
  parentPort!.postMessage(news);
}
