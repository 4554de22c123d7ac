import type { Disk } from "../core/disk.js";
import { messageOf } from "../core/errors.js";

/**
 * Makes the names in a directory durable. After a sync has failed, the next one may succeed without having written
 * what the failed one lost, whoever asked for it: a name that a failed sync was to make durable is never taken for
 * durable again.
 */
export class DirSync {
  readonly #disk: Disk;
  readonly #dir: string;
  /** Counts marks and syncs, to tell which came first. */
  #clock = 0;
  /** Syncs that have begun and of which nothing has been heard. */
  readonly #open = new Set<number>();
  #lastFailed = 0;
  #lastFailure: unknown;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /** Taken before a name changes, and given to the sync that is to make it durable. */
  mark(): number {
    return ++this.#clock;
  }

  /** Resolves when what has changed since the mark is durable. */
  async sync(mark: number): Promise<void> {
    const begun = ++this.#clock;
    this.#open.add(begun);
    try {
      await this.#disk.syncDir(this.#dir);
    } catch (error) {
      this.#failed(begun, error);
      throw error;
    } finally {
      this.#open.delete(begun);
    }
    this.#mustHaveHeld(mark);
  }

  /** The same, waited for; fails when a sync under way may have failed over the same change without our knowing. */
  syncNow(mark: number): void {
    const begun = ++this.#clock;
    for (const other of this.#open) {
      if (other > mark) throw new Error("the directory is being synced by somebody else");
    }
    try {
      this.#disk.syncDirNow(this.#dir);
    } catch (error) {
      this.#failed(begun, error);
      throw error;
    }
    this.#mustHaveHeld(mark);
  }

  #failed(begun: number, error: unknown): void {
    this.#lastFailed = Math.max(this.#lastFailed, begun);
    this.#lastFailure = error;
  }

  #mustHaveHeld(mark: number): void {
    if (this.#lastFailed < mark) return;
    throw new Error(`a sync of the directory failed meanwhile: ${messageOf(this.#lastFailure)}`, {
      cause: this.#lastFailure,
    });
  }
}
