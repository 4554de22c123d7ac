import { messageOf, ReinError } from "../core/errors.js";
import type { DecisionExtra, LaneNames, MeasureNames, RecordedVerdict, Recorder } from "./recorder.js";
import type { Position } from "./segment-files.js";
import { SyncWatch } from "./sync-watch.js";

/** Where finished lines go. */
export interface RecordSink {
  /** Writes whole lines; when it throws, the same lines are offered again, and none may end up written twice. */
  write(lines: string): void;
  /** Resolves when what was written would survive a power failure. */
  sync(): Promise<void>;
  /** The same, waited for; absent where waiting would mean a network. */
  syncNow?(): void;
  /** The end of what is written, in sinks that are made of segments. */
  readonly position?: Position;
  /** Whether it is time for the next segment. */
  readonly isFull?: boolean;
  /** Begins the next segment. */
  rotate?(): void;
  /** Called when all is durable and nothing more came for a while: a sink may note the fact. Does not throw. */
  seal?(): void;
  close(): Promise<void>;
}

export interface RecordLogOptions {
  /** Without a sink the newest records are kept in memory and the oldest are forgotten. */
  readonly sink?: RecordSink | undefined;
  readonly measures: MeasureNames;
  /** Records that may wait to be written; rounded up to a power of two. */
  readonly capacity: number;
  readonly flushIntervalMs: number;
  /** What is written is synced after at most this long; 1,000 when left out. */
  readonly syncIntervalMs?: number | undefined;
  /**
   * Throws when the records are another process's by now: asked when something was written, and before anybody is told
   * that it is on the record.
   */
  readonly mustBeOurs?: (() => void) | undefined;
  /** Calls back after a while; returns how to cancel it. */
  readonly schedule: (callback: () => void, ms: number) => () => void;
  /** Hears when writing or syncing fails, and (undefined) when it works again. */
  readonly onFailure: (error: unknown) => void;
}

const DECISION = 0;
const OUTCOME = 1;
const EVENT = 2;

/** Numbers of one record: kind, seq, at, mono, verdict or ok, latency, progress, number of amounts, amounts. */
const WIDTH = 12;
/** Amounts that fit into the numbers; more are kept as a copy. */
const AMOUNTS = WIDTH - 8;
/** References of one record: lane, amounts when they are many, extra (decision) or the object (event). */
const REFS = 3;

/** Lines are handed to the sink in pieces of about this many characters. */
const CHUNK = 1 << 20;

/** Room kept for commands and news beyond what decisions and outcomes need. */
const HEADROOM = 64;

/** A caller that never pauses writes after this many records: little at a time, and the ring stays in the cache. */
const WRITE_AFTER = 16_384;

/** Records kept where nobody takes them. */
const KEPT_IN_MEMORY = 4096;

/** Records that fit before the ring grows. */
const FIRST_CAPACITY = 256;

const SYNC_INTERVAL_MS = 1000;

const VERDICTS: readonly RecordedVerdict[] = ["allow", "block", "approve"];

/** Records as JSON lines: taken down as numbers and references, formatted when they are written. */
export class RecordLog implements Recorder {
  readonly #sink: RecordSink | undefined;
  readonly #options: RecordLogOptions;
  readonly #maxCapacity: number;
  #mask = FIRST_CAPACITY - 1;
  #numbers = new Float64Array(FIRST_CAPACITY * WIDTH);
  #refs: unknown[] = new Array<unknown>(FIRST_CAPACITY * REFS).fill(undefined);
  /** Counters since the start: records taken down, and written or forgotten. */
  #taken = 0;
  #done = 0;
  #lost = 0;
  /** Records are missing in this segment: whoever reads it can go on with the next one only. */
  #hasGap = false;
  #failed = false;
  /** Why the last try to write failed. */
  #cause: unknown;
  /** Lines that the sink would not take: offered again as they are. `next` is the first record behind them. */
  #refused: { readonly lines: string; readonly next: number } | undefined;
  /** Lines that go before all others, being the first of a segment. */
  #head = "";
  readonly #syncs: SyncWatch | undefined;
  /** Names and measures as JSON. */
  readonly #names = new WeakMap<LaneNames, string>();
  readonly #measures: (string | undefined)[] = [];
  #cancelTimer: (() => void) | undefined;
  #closed = false;
  #abandoned = false;

  constructor(options: RecordLogOptions) {
    this.#options = options;
    this.#sink = options.sink;
    const capacity =
      options.sink === undefined ? Math.min(options.capacity, KEPT_IN_MEMORY) : options.capacity;
    if (this.#sink !== undefined) {
      const { schedule, onFailure, syncIntervalMs } = options;
      this.#syncs = new SyncWatch(this.#sink, schedule, syncIntervalMs ?? SYNC_INTERVAL_MS, onFailure);
    }
    this.#maxCapacity = 2 ** Math.ceil(Math.log2(Math.max(FIRST_CAPACITY, capacity)));
  }

  hasRoom(open: number): boolean {
    if (this.#sink === undefined) return true;
    const needed = open + HEADROOM;
    if (this.#maxCapacity - (this.#taken - this.#done) > needed) return true;
    this.#drain();
    return this.#maxCapacity - (this.#taken - this.#done) > needed;
  }

  decision(
    seq: number,
    at: number,
    mono: number,
    lane: LaneNames,
    verdict: RecordedVerdict,
    amounts: readonly number[],
    extra: DecisionExtra | null,
  ): void {
    const slot = this.#next();
    if (slot < 0) return;
    const n = slot * WIDTH;
    this.#numbers[n] = DECISION;
    this.#numbers[n + 1] = seq;
    this.#numbers[n + 2] = at;
    this.#numbers[n + 3] = mono;
    this.#numbers[n + 4] = verdict === "allow" ? 0 : verdict === "block" ? 1 : 2;
    const r = slot * REFS;
    this.#refs[r] = lane;
    // A reference to something young in an old array is dear to the collector: what is rare is only written when there.
    if (extra !== null) this.#refs[r + 2] = extra;
    this.#keep(slot, amounts);
  }

  outcome(
    seq: number,
    at: number,
    mono: number,
    ok: boolean,
    amounts: readonly number[] | null,
    latencyMs: number,
    progress: boolean | undefined,
  ): void {
    const slot = this.#next();
    if (slot < 0) return;
    const n = slot * WIDTH;
    this.#numbers[n] = OUTCOME;
    this.#numbers[n + 1] = seq;
    this.#numbers[n + 2] = at;
    this.#numbers[n + 3] = mono;
    this.#numbers[n + 4] = ok ? 1 : 0;
    this.#numbers[n + 5] = latencyMs;
    this.#numbers[n + 6] = progress === undefined ? NaN : progress ? 1 : 0;
    this.#keep(slot, amounts);
  }

  event(record: object): void {
    const slot = this.#next();
    if (slot < 0) return;
    this.#numbers[slot * WIDTH] = EVENT;
    this.#refs[slot * REFS + 2] = record;
  }

  async flush(durable: boolean): Promise<void> {
    if (this.#syncs === undefined) return;
    this.#write();
    if (durable) await this.#syncs.sync();
    this.#options.mustBeOurs?.();
  }

  writeNow(durable: boolean): void {
    if (this.#syncs === undefined) return;
    this.#write();
    if (durable) this.#syncs.syncNow();
    this.#options.mustBeOurs?.();
  }

  /**
   * Whether `rotate` should be called soon: the segment is full, or records are missing in it, or the disk failed to
   * confirm part of them, and nothing counts as durable until a segment begins anew.
   */
  get wantsRotation(): boolean {
    return this.#hasGap || this.#sink?.isFull === true || this.#syncs?.isDoubtful === true;
  }

  /** The end of what is written; undefined where there are no segments. What waits lies behind it: `writeNow` first. */
  get position(): Position | undefined {
    return this.#sink?.position;
  }

  /**
   * Writes what waits, begins the next segment, and writes `head` first in it: records that repeat what a reader of
   * this segment has to know. They are first in it also when the disk takes them only later.
   *
   * @throws ReinError `record_failed`: the segment is the old one
   */
  rotate(head: readonly object[]): void {
    const sink = this.#sink;
    if (sink?.rotate === undefined) return;
    this.#write();
    try {
      sink.rotate();
    } catch (cause) {
      throw unwritable(cause);
    }
    this.#hasGap = false;
    this.#syncs!.begunAnew();
    this.#head = head.map((record) => `${JSON.stringify(record)}\n`).join("");
    this.#drain();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#cancelTimer?.();
    await this.flush(true).finally(async () => {
      this.#closed = true;
      this.#syncs?.stop();
      await this.#sink?.close();
    });
  }

  abandon(): void {
    this.#closed = true;
    this.#abandoned = true;
    this.#cancelTimer?.();
    this.#syncs?.stop();
    this.#forgetAll();
  }

  /** The records in memory as objects, oldest first. */
  *recent(): IterableIterator<unknown> {
    for (let i = this.#done; i < this.#taken; i++) yield JSON.parse(this.#format(i & this.#mask));
  }

  /** The slot of a new record; -1 when there is none and the loss has been counted. */
  #next(): number {
    if (this.#abandoned) return -1;
    if (this.#sink !== undefined && !this.#failed && this.#taken - this.#done >= WRITE_AFTER) this.#drain();
    if (this.#taken - this.#done > this.#mask) {
      if (this.#mask + 1 < this.#maxCapacity) {
        this.#grow();
      } else if (this.#sink === undefined) {
        this.#release(this.#done + 1);
      } else {
        this.#drain();
        if (this.#taken - this.#done > this.#mask) {
          this.#lost += 1;
          return -1;
        }
      }
    }
    const slot = this.#taken & this.#mask;
    this.#taken += 1;
    if (this.#sink !== undefined && this.#cancelTimer === undefined) this.#arm();
    return slot;
  }

  /** The ring starts small, for most Reins never fill it. */
  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const numbers = new Float64Array(capacity * WIDTH);
    const refs = new Array<unknown>(capacity * REFS).fill(undefined);
    for (let i = this.#done; i < this.#taken; i++) {
      const from = i & this.#mask;
      const to = i & (capacity - 1);
      numbers.set(this.#numbers.subarray(from * WIDTH, (from + 1) * WIDTH), to * WIDTH);
      for (let k = 0; k < REFS; k++) refs[to * REFS + k] = this.#refs[from * REFS + k];
    }
    this.#mask = capacity - 1;
    this.#numbers = numbers;
    this.#refs = refs;
  }

  #arm(): void {
    this.#cancelTimer = this.#options.schedule(() => {
      this.#cancelTimer = undefined;
      if (this.#closed) return;
      this.#drain();
      this.#look();
      if (this.#taken > this.#done) this.#arm();
    }, this.#options.flushIntervalMs);
  }

  /** Whoever hears that the records are no longer ours abandons them. */
  #look(): void {
    try {
      this.#options.mustBeOurs?.();
    } catch {
      // What nobody can tell now will be told before anybody relies on it.
    }
  }

  #forgetAll(): void {
    this.#release(this.#taken);
    this.#refused = undefined;
    this.#head = "";
  }

  /** @throws ReinError `record_failed` */
  #write(): void {
    this.#drain();
    if (!this.#failed) return;
    // Whoever has taken the records over is the better reason.
    this.#options.mustBeOurs?.();
    throw unwritable(this.#cause);
  }

  /** Writes what waits, in order; what cannot be written stays. */
  #drain(): void {
    if (this.#abandoned) return this.#forgetAll();
    while (this.#done < this.#taken || this.#head !== "") {
      const { lines, next } = this.#refused ?? this.#gather();
      try {
        this.#sink!.write(lines);
      } catch (error) {
        this.#refused = { lines, next };
        this.#cause = error;
        if (!this.#failed) this.#options.onFailure(error);
        this.#failed = true;
        return;
      }
      this.#refused = undefined;
      this.#head = "";
      this.#release(next);
      this.#syncs!.wrote();
    }
    if (!this.#failed) return;
    this.#failed = false;
    this.#cause = undefined;
    this.#options.onFailure(undefined);
    if (this.#lost > 0) {
      const lost = this.#lost;
      this.#lost = 0;
      this.event({ type: "gap", lost });
      this.#hasGap = true;
    }
  }

  /** The next piece to write. */
  #gather(): { readonly lines: string; readonly next: number } {
    let lines = this.#head;
    let next = this.#done;
    while (next < this.#taken && lines.length < CHUNK) lines += `${this.#format(next++ & this.#mask)}\n`;
    return { lines, next };
  }

  #release(upTo: number): void {
    for (; this.#done < upTo; this.#done++) {
      const r = (this.#done & this.#mask) * REFS;
      this.#refs[r + 1] = undefined;
      this.#refs[r + 2] = undefined;
    }
  }

  /** One line of JSON. The two common kinds are put together by hand: nothing in them but names needs escaping. */
  #format(slot: number): string {
    const n = slot * WIDTH;
    const r = slot * REFS;
    const numbers = this.#numbers;
    const kind = numbers[n];
    if (kind === EVENT) return JSON.stringify(this.#refs[r + 2]);
    const times = `"seq":${numbers[n + 1]!},"at":${numbers[n + 2]!},"mono":${numbers[n + 3]!}`;
    if (kind === OUTCOME) {
      const latencyMs = numbers[n + 5]!;
      const progress = numbers[n + 6]!;
      const latency = Number.isNaN(latencyMs) ? "" : `,"latencyMs":${latencyMs}`;
      const moved = Number.isNaN(progress) ? "" : `,"progress":${progress === 1}`;
      return `{"type":"settle",${times},"ok":${numbers[n + 4] === 1}${this.#costOf(slot)}${latency}${moved}}`;
    }
    const names = this.#namesOf(this.#refs[r] as LaneNames);
    const extra = this.#refs[r + 2] as DecisionExtra | undefined;
    const fields = extra === undefined ? "" : JSON.stringify(extra).slice(1, -1);
    const more = fields === "" ? "" : `,${fields}`;
    return `{"type":"gate",${times},${names}${this.#costOf(slot)},"verdict":"${VERDICTS[numbers[n + 4]!]!}"${more}}`;
  }

  /** The names of a lane as JSON fields, kept for as long as the lane is. */
  #namesOf(lane: LaneNames): string {
    let names = this.#names.get(lane);
    if (names === undefined) {
      names = `"source":${JSON.stringify(lane.source)},"series":${JSON.stringify(lane.series)}`;
      this.#names.set(lane, names);
    }
    return names;
  }

  #keep(slot: number, amounts: readonly number[] | null): void {
    const n = slot * WIDTH + 7;
    const count = amounts === null ? 0 : amounts.length;
    this.#numbers[n] = count;
    if (count > AMOUNTS) this.#refs[slot * REFS + 1] = amounts!.slice();
    else for (let i = 0; i < count; i++) this.#numbers[n + 1 + i] = amounts![i]!;
  }

  /** The field of micro-units by measure; empty where nothing but the call itself was named. */
  #costOf(slot: number): string {
    const n = slot * WIDTH + 7;
    const count = this.#numbers[n]!;
    const many = count > AMOUNTS ? (this.#refs[slot * REFS + 1] as readonly number[]) : null;
    let cost = "";
    for (let i = 1; i < count; i++) {
      const amount = many === null ? this.#numbers[n + 1 + i]! : many[i]!;
      if (amount < 0) continue;
      this.#measures[i] ??= JSON.stringify(this.#options.measures[i]);
      cost += `${cost === "" ? "" : ","}${this.#measures[i]!}:${amount}`;
    }
    return cost === "" ? "" : `,"cost":{${cost}}`;
  }
}

function unwritable(cause: unknown): ReinError {
  return new ReinError("record_failed", `the records cannot be written: ${messageOf(cause)}`, {
    help: "free space or mend the disk; actions are refused until writing works again",
    cause,
  });
}
