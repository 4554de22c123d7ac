import { messageOf, ReinError } from "../core/errors.js";
import type { RecordSink } from "./record-log.js";

/** Sees to it that what a sink wrote is synced before long, and remembers when the disk failed to confirm it. */
export class SyncWatch {
  readonly #sink: RecordSink;
  readonly #schedule: (callback: () => void, ms: number) => () => void;
  readonly #intervalMs: number;
  readonly #onFailure: (error: unknown) => void;
  #cancelTimer: (() => void) | undefined;
  /** Something was written since the last sync began. */
  #isDirty = false;
  #failure: { readonly error: unknown } | undefined;
  #stopped = false;

  constructor(
    sink: RecordSink,
    schedule: (callback: () => void, ms: number) => () => void,
    intervalMs: number,
    onFailure: (error: unknown) => void,
  ) {
    this.#sink = sink;
    this.#schedule = schedule;
    this.#intervalMs = intervalMs;
    this.#onFailure = onFailure;
  }

  /**
   * The disk failed to confirm records that may be lost, and the sink has not begun a new segment since. Sinks without
   * segments are taken at their word the next time.
   */
  get isDoubtful(): boolean {
    return this.#failure !== undefined && this.#sink.rotate !== undefined;
  }

  /** Lines went to the sink. */
  wrote(): void {
    this.#isDirty = true;
    this.#arm();
  }

  /** Resolves when what was written is durable. @throws ReinError `record_failed` */
  async sync(): Promise<void> {
    this.#isDirty = false;
    try {
      await this.#sink.sync();
    } catch (error) {
      this.#fail(error);
      throw unconfirmed(error);
    }
    this.#confirm();
  }

  /** The same, waited for, where the sink can. */
  syncNow(): void {
    if (this.#sink.syncNow === undefined) return;
    this.#isDirty = false;
    try {
      this.#sink.syncNow();
    } catch (error) {
      this.#fail(error);
      throw unconfirmed(error);
    }
    this.#confirm();
  }

  /** A new segment has begun, whose first records say again what may have been lost. */
  begunAnew(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#onFailure(undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** One sync at a time: what is written while it runs is for the next. When all is durable, the sink may note it. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#stopped) return;
    this.#cancelTimer = this.#schedule(() => {
      const again = (): void => {
        this.#cancelTimer = undefined;
        this.#arm();
      };
      if (this.#stopped) return;
      if (this.#isDirty) {
        void this.sync().then(again, again);
        return;
      }
      this.#cancelTimer = undefined;
      this.#sink.seal?.();
    }, this.#intervalMs);
  }

  /** A sync that works says nothing about what an earlier one failed to confirm. */
  #confirm(): void {
    if (this.isDoubtful) throw unconfirmed(this.#failure!.error);
    this.begunAnew();
  }

  #fail(error: unknown): void {
    const isNews = this.#failure === undefined;
    this.#failure = { error };
    if (isNews) this.#onFailure(unconfirmed(error));
  }
}

function unconfirmed(cause: unknown): ReinError {
  return new ReinError("record_failed", `the disk did not confirm the records: ${messageOf(cause)}`, {
    help: "mend the disk; nothing that must be durable is allowed until a new segment has begun",
    cause,
  });
}
