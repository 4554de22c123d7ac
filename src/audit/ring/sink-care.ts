import { unconfirmed, unwritable } from "./failures.js";
import type { InlineSink } from "./line-sink.js";

/** Writes and syncs what a sink has taken, and tells once when that fails, and once when it works again. */
export class SinkCare {
  /** Leaves that are written. */
  written: number;
  /** Something was written that is not synced. */
  isUnsynced = false;
  readonly #sink: InlineSink;
  readonly #onFailure: (error: unknown) => void;
  #failure: { readonly of: "write" | "sync"; readonly error: unknown } | undefined;
  #isMute = false;

  constructor(sink: InlineSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
    this.written = sink.size;
  }

  /** The last try to write has failed. */
  get isRefused(): boolean {
    return this.#failure?.of === "write";
  }

  /** What is wrong when `isRefused`. */
  get reason(): Error {
    return unwritable(this.#failure?.error);
  }

  /** Writes what the sink has taken; false: it stays there. */
  write(): boolean {
    const hasSomething = this.#sink.backlog > 0;
    if (!hasSomething && !this.isRefused) return true;
    const isWritten = this.#try("write", () => {
      this.#sink.write();
      this.written = this.#sink.size;
    });
    if (isWritten && hasSomething) this.isUnsynced = true;
    return isWritten;
  }

  /** @throws ReinError `record_failed` */
  syncNow(): void {
    // Of a log, what is synced is still to be signed.
    if (this.#sink.segments === undefined) this.isUnsynced = false;
    const isSynced = this.#try("sync", () => {
      this.#sink.sync();
    });
    if (!isSynced) throw unconfirmed(this.#failure!.error);
  }

  /** The same without blocking, where the sink can. */
  async sync(): Promise<void> {
    const sink = this.#sink;
    if (sink.syncLater === undefined) {
      this.syncNow();
      return;
    }
    this.isUnsynced = false;
    try {
      await sink.syncLater();
    } catch (error) {
      this.#fails("sync", error);
      throw unconfirmed(error);
    }
    this.#works("sync");
  }

  /** Syncs and signs what is new, and lets time pass. */
  keepUp(): void {
    const sink = this.#sink;
    this.#try("sync", () => {
      if (this.isUnsynced) sink.checkpoint();
      this.isUnsynced = false;
      sink.tick();
      if (sink.backlog > 0) sink.write();
      this.written = sink.size;
    });
  }

  /** Tells nobody anything from now on. */
  mute(): void {
    this.#isMute = true;
  }

  #try(of: "write" | "sync", step: () => void): boolean {
    try {
      step();
    } catch (error) {
      this.#fails(of, error);
      return false;
    }
    this.#works(of);
    return true;
  }

  #fails(of: "write" | "sync", error: unknown): void {
    const isNews = this.#failure === undefined;
    this.#failure = { of, error };
    if (isNews && !this.#isMute) this.#onFailure(of === "sync" ? unconfirmed(error) : error);
  }

  #works(of: "write" | "sync"): void {
    if (this.#failure?.of !== of) return;
    this.#failure = undefined;
    if (!this.#isMute) this.#onFailure(undefined);
  }
}
