import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import type { DirSync } from "./dir-sync.js";
import { removeIfThere, writeFresh } from "./disk-files.js";
import { REPAIR_MARKER, snapshotName, temporaryName } from "./file-names.js";
import type { Ledger } from "./ledger.js";
import { formatSnapshot, snapshotBody } from "./snapshot-file.js";
import { storeFailed } from "./store-errors.js";
import type { StoredSnapshot } from "./store.js";

export interface SavingParts {
  readonly disk: Disk;
  readonly dir: string;
  readonly names: DirSync;
  readonly name: string;
  readonly era: number;
  readonly ledger: Ledger;
  readonly nonce: () => string;
  readonly mustBeMine: () => void;
  /** A marker of a repair is there, and goes with the first snapshot. */
  readonly hasMarker: boolean;
  /** A snapshot is durable. */
  readonly onSaved: (number: number) => void;
}

/** A snapshot whose state is JSON already. */
interface Frozen {
  readonly format: number;
  readonly at: number;
  readonly state: string;
}

/**
 * Writes snapshots, one at a time; of those that come while one is being written only the last is written. A
 * snapshot has the number of the journal that goes on from it, and gets its name when both are durable.
 */
export class Saving {
  readonly #parts: SavingParts;
  #running: Promise<void> | undefined;
  #queued: { snapshot: Frozen; readonly promise: Promise<void> } | undefined;
  #hasMarker: boolean;

  constructor(parts: SavingParts) {
    this.#parts = parts;
    this.#hasMarker = parts.hasMarker;
  }

  save({ format, at, state }: StoredSnapshot, totals: ReadonlyMap<string, number>): Promise<void> {
    let snapshot: Frozen;
    try {
      snapshot = { format, at, state: JSON.stringify(state) ?? "null" };
    } catch (error) {
      return Promise.reject(storeFailed(`save a snapshot to \`${this.#parts.name}\``, error));
    }
    if (this.#running === undefined && this.#queued === undefined) return this.#begin(snapshot, totals);
    this.#parts.ledger.lower(totals);
    if (this.#queued !== undefined) {
      this.#queued.snapshot = snapshot;
      return this.#queued.promise;
    }
    const next = (): Promise<void> => this.#next();
    const promise = this.#running!.then(next, next);
    this.#queued = { snapshot, promise };
    return promise;
  }

  /** Resolves when nothing is being saved any more. */
  async drain(): Promise<void> {
    while (this.#running !== undefined || this.#queued !== undefined) {
      await (this.#queued?.promise ?? this.#running)?.catch(() => undefined);
    }
  }

  #next(): Promise<void> {
    const queued = this.#queued!;
    this.#queued = undefined;
    // In force since the call, and with what was granted since.
    return this.#begin(queued.snapshot, this.#parts.ledger.books.totals);
  }

  #begin(snapshot: Frozen, totals: ReadonlyMap<string, number>): Promise<void> {
    const running = this.#save(snapshot, totals).finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #save(snapshot: Frozen, totals: ReadonlyMap<string, number>): Promise<void> {
    const { disk, dir, name, names, era, ledger, nonce, mustBeMine, onSaved } = this.#parts;
    const temporary = join(dir, temporaryName(nonce()));
    /** Where it is while it may not be durable. */
    let path: string | undefined;
    try {
      ledger.lower(totals);
      const number = ledger.rotate();
      const body = snapshotBody(snapshot.state, ledger.books);
      await ledger.change({ grants: [] }, () => undefined);
      this.#mustStillWrite(number);
      const journal = { number, bytes: ledger.durableBytes };
      await writeFresh(disk, temporary, formatSnapshot(snapshot, { era, journal }, body));
      mustBeMine();
      this.#mustStillWrite(number);
      const mark = names.mark();
      path = join(dir, snapshotName(number));
      disk.rename(temporary, path);
      await names.sync(mark);
      this.#mustStillWrite(number);
      path = undefined;
      ledger.saved(number, this.#queued === undefined);
      onSaved(number);
      await this.#dropMarker();
    } catch (error) {
      removeIfThere(disk, temporary);
      // A name that may go with the next power failure must not be built upon: what is written next says so.
      if (path !== undefined) {
        removeIfThere(disk, path);
        ledger.giveUp();
      }
      throw storeFailed(`save a snapshot to \`${name}\``, error);
    }
  }

  /** A journal that was begun because of a failure restates what was in force before the snapshot. */
  #mustStillWrite(number: number): void {
    if (this.#parts.ledger.number === number) return;
    throw new ReinError("store_failed", "the journal failed while the snapshot was being written", {
      help: "free space or mend the disk; the snapshot before still stands",
    });
  }

  async #dropMarker(): Promise<void> {
    if (!this.#hasMarker) return;
    const { disk, dir, names } = this.#parts;
    const mark = names.mark();
    const path = join(dir, REPAIR_MARKER);
    if (disk.look(path) !== undefined) disk.remove(path);
    await names.sync(mark);
    this.#hasMarker = false;
  }
}
