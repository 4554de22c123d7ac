import { MessageChannel } from "node:worker_threads";
import type { MessagePort, Worker } from "node:worker_threads";
import type { DecisionExtra, GovernorLog, LaneNames, RecordedVerdict, KeptValue } from "../audit/index.js";
import { newRing, Ring, RingRecorder, unwritable } from "../audit/ring/index.js";
import { messageOf } from "../core/errors.js";
import { atExit, notAtExit } from "./log-exit.js";
import type { LogOptions } from "./log-options.js";
import { startLogThread } from "./log-start.js";
import type { LogNews, LogTask } from "./log-task.js";
import { LogWaiters } from "./log-waiters.js";
import { ABANDON, CLOSE, EXIT, LogWords } from "./log-words.js";

/** A caller waits so long for room, as long as there is any progress. */
const ROOM_WAIT_MS = 100;

/** A log whose thread is told to stop is waited for this long. */
const ABANDON_WAIT_MS = 100;

/** Slots at least: definitions of names and what is kept for commands must fit. */
const MIN_CAPACITY = 1024;

/**
 * Goes on with a log in a thread of its own; resolves when the log has been opened, durably. The thread keeps no process
 * alive, but whoever awaits a flush does; when the process exits, what was recorded is written and synced first.
 *
 * @throws ReinError what `LogWriter` throws, and `record_failed` when the thread cannot be started
 */
export function openThreadLog(options: LogOptions): Promise<GovernorLog> {
  return startThreadLog(options, { end: options.end }, new URL("./log-thread.js", import.meta.url));
}

/**
 * Starts the thread of a log; `more` is what it is told besides what threads of all logs are.
 *
 * @throws ReinError what the thread says, and `record_failed` when it cannot be started
 */
export async function startThreadLog<More extends object>(
  options: Omit<LogOptions, "end">,
  more: More,
  thread: URL,
): Promise<GovernorLog> {
  const buffers = newRing(Math.max(MIN_CAPACITY, options.capacity), true);
  const words = new LogWords();
  const { port1, port2 } = new MessageChannel();
  const task: Omit<LogTask, "end"> & More = {
    ...more,
    ...{ ring: buffers, words: words.buffer, outOfBand: port2 },
    ...{ dir: options.dir, headDirs: options.headDirs, boot: options.boot },
    ...{ software: options.software, segmentRecords: options.segmentRecords, maxBytes: options.maxBytes },
    ...{ flushIntervalMs: options.flushIntervalMs, ownerFile: options.ownerFile },
    timeOrigin: performance.timeOrigin,
  };
  try {
    const worker = await startLogThread(thread, task);
    return new ThreadLog(options, new Ring(buffers), words, port1, worker);
  } catch (error) {
    port1.close();
    throw error;
  }
}

class ThreadLog implements GovernorLog {
  readonly #options: Omit<LogOptions, "end">;
  readonly #words: LogWords;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #recorder: RingRecorder;
  readonly #ring: Ring;
  readonly #waiters: LogWaiters;
  #segmentsSeen: number;
  #newsHeard = 0;
  #isFailing = false;
  /** Why nothing is recorded any more. */
  #end: Error | undefined;
  /** Where the reading side stood when it did not move in time. */
  #stuckAt: number | undefined;
  #closing: Promise<void> | undefined;
  readonly #ended: Promise<void>;
  readonly #exit = {
    begin: (): void => {
      this.#words.order(EXIT);
    },
    finish: (ms: number): void => {
      this.#waitForEnd(ms);
    },
  };

  constructor(
    options: Omit<LogOptions, "end">,
    ring: Ring,
    words: LogWords,
    port: MessagePort,
    worker: Worker,
  ) {
    this.#options = options;
    this.#ring = ring;
    this.#words = words;
    this.#port = port;
    this.#worker = worker;
    this.#segmentsSeen = words.segments;
    this.#recorder = new RingRecorder({
      ring,
      outOfBand: {
        put: (value) => {
          port.postMessage(value);
        },
        take: () => undefined,
      },
      measures: options.measures,
      bell: words.bell,
      notice: () => {
        words.wake();
      },
      manySlots: ring.capacity >> 2,
      makeRoom: (slots) => {
        this.#makeRoom(slots);
      },
    });
    this.#waiters = new LogWaiters({
      words,
      worker,
      head: () => this.#recorder.head,
      end: () => this.#end,
      hear: () => {
        this.#hear();
      },
      betterReason: (failure) => this.#betterReason(failure),
    });
    this.#ended = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#die(new Error("the thread that writes the log has ended"));
        resolve();
      });
    });
    worker.on("error", (error) => {
      this.#die(error);
    });
    worker.on("message", (news: LogNews) => {
      if (news.type === "warning") options.warn(news.problem);
      else this.#hear();
    });
    worker.unref();
    atExit(this.#exit);
  }

  get position(): number | undefined {
    const { position } = this.#words;
    return position < 0 ? undefined : position;
  }

  get keepFrom(): number {
    return this.#words.keepFrom;
  }

  set keepFrom(leaf: number) {
    this.#words.keepFrom = leaf;
  }

  get wantsState(): boolean {
    return this.#recorder.isMissingSome || this.#words.segments !== this.#segmentsSeen;
  }

  hasRoom(open: number): boolean {
    if (this.#end !== undefined) return false;
    return this.#recorder.hasRoom(open) || this.#options.whenFull === "gap";
  }

  keep(values: readonly KeptValue[]): void {
    if (this.#end === undefined) this.#recorder.keep(values);
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
    if (this.#end === undefined) this.#recorder.decision(seq, at, mono, lane, verdict, amounts, extra);
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
    if (this.#end === undefined) this.#recorder.outcome(seq, at, mono, ok, amounts, latencyMs, progress);
  }

  event(record: object): void {
    if (this.#end !== undefined) return;
    const { segments } = this.#words;
    this.#recorder.event(record);
    if ((record as { readonly type?: unknown }).type === "state") this.#segmentsSeen = segments;
  }

  async flush(durable: boolean): Promise<void> {
    if (this.#end === undefined) await this.#waiters.wait(durable);
    else if (this.#closing === undefined) throw unwritable(this.#end);
    this.#options.mustBeOurs?.();
  }

  writeNow(durable: boolean): void {
    this.#waiters.waitNow(durable);
    this.#options.mustBeOurs?.();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  abandon(): void {
    if (this.#end !== undefined) return;
    this.#end = new Error("the log belongs to another process now");
    notAtExit(this.#exit);
    this.#words.order(ABANDON);
    this.#waitForEnd(ABANDON_WAIT_MS);
    this.#waiters.serve();
    this.#port.close();
  }

  async #close(): Promise<void> {
    if (this.#end !== undefined) return;
    try {
      await this.flush(true);
    } finally {
      if (this.#end === undefined) {
        this.#end = new Error("the log is closed");
        notAtExit(this.#exit);
        // From here on somebody waits for the thread.
        this.#worker.ref();
        this.#words.order(CLOSE);
        await this.#ended;
        this.#port.close();
      }
    }
    if (this.#words.failing !== "none") throw unwritable(new Error(this.#words.text));
  }

  /** Whoever has taken the records over is the better reason. */
  #betterReason(failure: Error): Error {
    try {
      this.#options.mustBeOurs?.();
      return failure;
    } catch (error) {
      return error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  #makeRoom(slots: number): void {
    const words = this.#words;
    const ring = this.#ring;
    words.wake();
    this.#hear();
    const { tail: before } = ring;
    // Who waited in vain does not wait again before anything has moved.
    if (this.#end !== undefined || words.failing !== "none" || before === this.#stuckAt) return;
    const until = performance.now() + ROOM_WAIT_MS;
    for (;;) {
      const { answer } = words;
      if (ring.capacity - ((this.#recorder.head - ring.tail) | 0) >= slots) return;
      const left = until - performance.now();
      if (left <= 0 || words.hasEnded || words.failing !== "none") break;
      words.waitNow(answer, left);
    }
    if (ring.tail === before) this.#stuckAt = before;
    this.#hear();
  }

  #waitForEnd(ms: number): void {
    const until = performance.now() + ms;
    for (;;) {
      const { answer } = this.#words;
      const left = until - performance.now();
      if (this.#words.hasEnded || left <= 0) return;
      this.#words.waitNow(answer, left);
    }
  }

  /** Tells of what has changed for the worse or the better, once. */
  #hear(): void {
    const { news, failing, text } = this.#words;
    if (news === this.#newsHeard) return;
    this.#newsHeard = news;
    const isFailing = failing !== "none";
    if (isFailing === this.#isFailing) return;
    const failure = isFailing ? new Error(text) : undefined;
    if (failure !== undefined) this.#betterReason(failure);
    // Nobody cares any more about the records of a log that was taken over.
    if (this.#end !== undefined) return;
    this.#isFailing = isFailing;
    this.#options.onFailure(failure);
  }

  #die(error: Error): void {
    notAtExit(this.#exit);
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#port.close();
    if (!this.#isFailing) this.#options.onFailure(error);
    this.#isFailing = true;
    this.#waiters.serve();
  }
}
