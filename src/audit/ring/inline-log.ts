import { ReinError } from "../../core/errors.js";
import type { KeptValue } from "../privacy/vault.js";
import type { DecisionExtra, GovernorLog, LaneNames, MeasureNames, RecordedVerdict } from "../recorder.js";
import { unwritable } from "./failures.js";
import { LineList } from "./line-sink.js";
import type { InlineSink } from "./line-sink.js";
import { Drawer, newRing, Ring, capacityOf } from "./ring.js";
import { RingReader } from "./ring-reader.js";
import { RingRecorder } from "./ring-recorder.js";
import { SinkCare } from "./sink-care.js";

export interface InlineLogOptions {
  /** Without a sink the newest records are kept in memory and the oldest are forgotten. */
  readonly sink?: InlineSink | undefined;
  readonly measures: MeasureNames;
  /** Records that may wait to be written; rounded up to a power of two. */
  readonly capacity: number;
  /** What is recorded is written after at most this long … */
  readonly flushIntervalMs: number;
  /** … and then synced and signed after at most this long; 1,000 when left out. */
  readonly syncIntervalMs?: number | undefined;
  /** When there is no room: `hasRoom` says so (`refuse`, default), or records are lost and a `gap` tells how many. */
  readonly whenFull?: "refuse" | "gap" | undefined;
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

/** Slots at first: most governors never fill them. */
const FIRST_CAPACITY = 256;

/** Bytes that a sink holds at most before it has to write. */
const MAX_BACKLOG = 1 << 20;

/** A caller that never pauses writes after so many slots: little at a time, and the ring stays in the cache. */
const WRITE_AFTER = 16_384;

/** Records kept where nobody takes them. */
const KEPT_IN_MEMORY = 4096;

const SYNC_INTERVAL_MS = 1000;

/** A log that is written by the thread that records: for simulations, and for sinks that belong to the caller. */
export class InlineLog implements GovernorLog {
  keepFrom = 0;
  readonly #options: InlineLogOptions;
  readonly #sink: InlineSink | undefined;
  readonly #isLog: boolean;
  readonly #drawer = new Drawer();
  /** Set while the next record shall start the timer. */
  readonly #bell = new Int32Array(1).fill(1);
  #ring: Ring;
  readonly #reader: RingReader;
  readonly #recorder: RingRecorder;
  readonly #maxCapacity: number;
  readonly #care: SinkCare | undefined;
  #segmentsSeen: number;
  #cancelFlush: (() => void) | undefined;
  #cancelSync: (() => void) | undefined;
  #cancelUrgent: (() => void) | undefined;
  #closed = false;
  #abandoned = false;

  constructor(options: InlineLogOptions) {
    this.#options = options;
    this.#sink = options.sink;
    this.#isLog = options.sink?.segments !== undefined;
    const { capacity } = options;
    // In memory, records with texts take a few slots each.
    this.#maxCapacity = capacityOf(
      Math.max(FIRST_CAPACITY, this.#sink === undefined ? 2 * Math.min(capacity, KEPT_IN_MEMORY) : capacity),
    );
    this.#ring = new Ring(newRing(FIRST_CAPACITY, false));
    this.#reader = new RingReader(this.#ring, this.#drawer, this.#isLog);
    this.#recorder = new RingRecorder({
      ring: this.#ring,
      outOfBand: this.#drawer,
      measures: options.measures,
      bell: this.#bell,
      notice: (soon) => {
        this.#hear(soon);
      },
      manySlots: WRITE_AFTER,
      makeRoom: (slots) => {
        this.#makeRoom(slots);
      },
    });
    this.#care = this.#sink && new SinkCare(this.#sink, options.onFailure);
    this.#segmentsSeen = this.#sink?.segments ?? 0;
    if (this.#isLog) this.#armSync();
  }

  get position(): number | undefined {
    return this.#isLog ? this.#care!.written : undefined;
  }

  get wantsState(): boolean {
    return this.#isLog && (this.#recorder.isMissingSome || this.#sink!.segments !== this.#segmentsSeen);
  }

  hasRoom(open: number): boolean {
    if (this.#sink === undefined) return true;
    return this.#recorder.hasRoom(open) || this.#options.whenFull === "gap";
  }

  keep(values: readonly KeptValue[]): void {
    // Elsewhere there is nothing that they could be kept in.
    if (!this.#abandoned && this.#isLog) this.#recorder.keep(values);
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
    if (!this.#abandoned) this.#recorder.decision(seq, at, mono, lane, verdict, amounts, extra);
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
    if (!this.#abandoned) this.#recorder.outcome(seq, at, mono, ok, amounts, latencyMs, progress);
  }

  event(record: object): void {
    if (this.#abandoned) return;
    this.#recorder.event(record);
    if ((record as { readonly type?: unknown }).type === "state")
      this.#segmentsSeen = this.#sink?.segments ?? 0;
  }

  async flush(durable: boolean): Promise<void> {
    if (this.#care === undefined) return;
    this.#write();
    if (durable && !this.#abandoned) await this.#care.sync();
    this.#options.mustBeOurs?.();
  }

  writeNow(durable: boolean): void {
    if (this.#care === undefined) return;
    this.#write();
    if (durable && !this.#abandoned) this.#care.syncNow();
    this.#options.mustBeOurs?.();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#stopTimers();
    try {
      await this.flush(true);
    } finally {
      this.#closed = true;
      this.#stopTimers();
      await this.#end();
    }
  }

  abandon(): void {
    if (this.#abandoned) return;
    this.#closed = true;
    this.#abandoned = true;
    this.#stopTimers();
    this.#care?.mute();
    this.#sink?.release?.();
  }

  /** The newest records in memory as objects, oldest first. */
  *recent(): IterableIterator<unknown> {
    const list = new LineList();
    this.#reader.peek(list, this.#drawer.waiting());
    const { capacity } = this.#options;
    for (const line of list.lines.slice(-Math.min(capacity, KEPT_IN_MEMORY))) {
      const { n: _n, ...record } = JSON.parse(line) as { readonly n: number };
      yield record;
    }
  }

  async #end(): Promise<void> {
    if (this.#abandoned) return;
    try {
      await this.#sink?.close?.();
    } catch (error) {
      this.#sink?.release?.();
      throw ReinError.isInstance(error) ? error : unwritable(error);
    }
  }

  #hear(soon: boolean): void {
    if (this.#sink === undefined || this.#closed) {
      this.#bell[0] = 0;
      return;
    }
    if (this.#cancelFlush === undefined) this.#armFlush();
    this.#bell[0] = 0;
    if (!soon || this.#care?.isRefused === true) return;
    this.#drain();
    if (!this.#reader.isUrgent || this.#cancelUrgent !== undefined) return;
    this.#reader.isUrgent = false;
    this.#cancelUrgent = this.#options.schedule(() => {
      this.#cancelUrgent = undefined;
      if (!this.#closed) this.#care?.keepUp();
    }, 0);
  }

  #makeRoom(slots: number): void {
    if (this.#ring.capacity < this.#maxCapacity) return this.#grow(slots);
    if (this.#sink === undefined) this.#reader.forget(slots);
    else this.#drain();
  }

  #grow(slots: number): void {
    do this.#ring = new Ring(this.#ring.grown());
    while (this.#ring.capacity < Math.min(slots, this.#maxCapacity));
    this.#recorder.use(this.#ring);
    this.#reader.use(this.#ring);
  }

  #armFlush(): void {
    this.#cancelFlush = this.#options.schedule(() => {
      this.#cancelFlush = undefined;
      if (this.#closed) return;
      this.#drain();
      this.#look();
      if (this.#closed) return;
      // What cannot be written is tried again; otherwise the next record starts the timer.
      if (this.#care?.isRefused === true) this.#armFlush();
      else this.#bell[0] = 1;
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

  /** A log is synced and signed now and then, and lets time pass; another sink is synced when there is something new. */
  #armSync(): void {
    if (this.#cancelSync !== undefined || this.#closed) return;
    this.#cancelSync = this.#options.schedule(() => {
      if (this.#closed) return;
      const again = (): void => {
        this.#cancelSync = undefined;
        if (this.#isLog || this.#care!.isUnsynced) this.#armSync();
      };
      if (!this.#isLog) return void this.#care!.sync().then(again, again);
      this.#care!.keepUp();
      again();
    }, this.#options.syncIntervalMs ?? SYNC_INTERVAL_MS);
  }

  #stopTimers(): void {
    this.#cancelFlush?.();
    this.#cancelSync?.();
    this.#cancelUrgent?.();
    this.#cancelFlush = this.#cancelSync = this.#cancelUrgent = undefined;
  }

  /** @throws ReinError `record_failed` */
  #write(): void {
    this.#drain();
    if (this.#care?.isRefused !== true) return;
    const { reason } = this.#care;
    // Whoever has taken the records over is the better reason.
    this.#options.mustBeOurs?.();
    throw reason;
  }

  /** Writes what waits, in order; what cannot be written stays. */
  #drain(): void {
    if (this.#abandoned || this.#care === undefined) return;
    for (let isDone = false; !isDone;) {
      isDone = this.#reader.drain(this.#sink!, MAX_BACKLOG);
      if (!this.#care.write()) return;
      if (this.#care.isUnsynced) this.#armSync();
    }
  }
}
