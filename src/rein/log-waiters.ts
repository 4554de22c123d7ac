import type { Worker } from "node:worker_threads";
import { unwritable } from "../audit/ring/index.js";
import type { LogWords } from "./log-words.js";

/** A thread that does not answer for so long is given up by whoever blocks everything else to wait for it. */
const ANSWER_WAIT_MS = 10_000;

/** Somebody who waits until the slots before a place are written, or durable. */
interface Waiter {
  readonly slots: number;
  readonly isDurable: boolean;
  /** Tries that had begun before: only one that begins later can fail for him. */
  readonly started: number;
}

export interface LogWaitersOptions {
  readonly words: LogWords;
  readonly worker: Worker;
  /** Slots that were recorded by now, modulo 2^32. */
  readonly head: () => number;
  /** Why nothing is written any more, once that is so. */
  readonly end: () => Error | undefined;
  /** Looks for news, before anybody is answered. */
  readonly hear: () => void;
  /** Whoever has taken the records over is a better reason than any other. */
  readonly betterReason: (failure: Error) => Error;
}

/** Those who wait until what was recorded before is written. */
export class LogWaiters {
  readonly #options: LogWaitersOptions;
  #waiting: (Waiter & { readonly settle: (error: Error | undefined) => void })[] = [];
  #isServing = false;

  constructor(options: LogWaitersOptions) {
    this.#options = options;
  }

  /** Resolves when it is; keeps the process alive until then. */
  wait(isDurable: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | undefined): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waiting.push({ ...this.#ask(isDurable), settle });
      if (!this.#isServing) void this.#serveAll();
    });
  }

  /** Blocks until it is. @throws ReinError `record_failed` */
  waitNow(isDurable: boolean): void {
    const { words, end, hear, betterReason } = this.#options;
    const waiter = this.#ask(isDurable);
    for (;;) {
      const ended = end();
      if (ended !== undefined) throw unwritable(ended);
      const { answer } = words;
      if (this.#isDone(waiter)) return hear();
      const failure = this.#failureOf(waiter);
      if (failure !== undefined) {
        hear();
        throw betterReason(failure);
      }
      if (words.hasEnded || !words.waitNow(answer, ANSWER_WAIT_MS))
        throw unwritable(new Error("the thread that writes the log does not answer"));
    }
  }

  /** Answers everybody for whom there is an answer. */
  serve(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (this.#isDone(waiter)) {
        waiter.settle(undefined);
        continue;
      }
      const ended = this.#options.end();
      const failure = ended === undefined ? this.#failureOf(waiter) : unwritable(ended);
      if (failure === undefined) this.#waiting.push(waiter);
      else waiter.settle(this.#options.betterReason(failure));
    }
  }

  /** Until nobody waits any more. */
  async #serveAll(): Promise<void> {
    const { words, worker, hear, end } = this.#options;
    this.#isServing = true;
    worker.ref();
    for (;;) {
      const { answer } = words;
      hear();
      this.serve();
      if (this.#waiting.length === 0) break;
      await words.waitLater(answer);
    }
    // A log that is being closed is waited for.
    if (end() === undefined) worker.unref();
    this.#isServing = false;
  }

  #ask(isDurable: boolean): Waiter {
    const { words, head } = this.#options;
    const slots = head();
    const { started } = words;
    if (isDurable) words.wantDurable(slots);
    words.wake();
    return { slots, isDurable, started };
  }

  #isDone({ slots, isDurable }: Waiter): boolean {
    const { durable, written } = this.#options.words;
    return (((isDurable ? durable : written) - slots) | 0) >= 0;
  }

  #failureOf({ started }: Waiter): Error | undefined {
    const { words } = this.#options;
    if (words.failing === "none" || ((words.done - started) | 0) <= 0) return undefined;
    return unwritable(new Error(words.text));
  }
}
