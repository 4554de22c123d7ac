import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import type { DirSync } from "./dir-sync.js";
import { removeIfThere, writeFresh } from "./disk-files.js";
import { REPAIR_MARKER, snapshotName, temporaryName } from "./file-names.js";
import { raise } from "./journal-format.js";
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

/** Times that a snapshot is written when the journal has to be begun anew meanwhile. */
const TRIES = 3;

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
    const { name, ledger } = this.#parts;
    const saved = new Map(totals);
    try {
      ledger.lower(saved);
      for (let tries = TRIES; !(await this.#write(snapshot, saved)); tries--) {
        if (tries > 1) continue;
        throw new ReinError("store_failed", "the journal failed while the snapshot was being written", {
          help: "free space or mend the disk; the snapshot before still stands",
        });
      }
      await this.#dropMarker();
    } catch (error) {
      throw storeFailed(`save a snapshot to \`${name}\``, error);
    }
  }

  /** False: a journal was begun meanwhile that restates what was in force before the snapshot, which so gives nothing back. */
  async #write(snapshot: Frozen, saved: ReadonlyMap<string, number>): Promise<boolean> {
    const { disk, dir, names, era, ledger, nonce, mustBeMine, onSaved } = this.#parts;
    const number = ledger.rotate();
    // The next snapshot may have given more back already; this one's state knows nothing of that.
    const totals = new Map(ledger.books.totals);
    raise(totals, saved);
    const body = snapshotBody(snapshot.state, { totals, halts: ledger.books.halts });
    await ledger.change({ grants: [] }, () => undefined);
    if (ledger.number !== number) return false;

    const journal = { number, bytes: ledger.durableBytes };
    const path = join(dir, snapshotName(number));
    const temporary = join(dir, temporaryName(nonce()));
    await writeFresh(disk, temporary, formatSnapshot(snapshot, { era, journal }, body));
    let isKept = false;
    try {
      mustBeMine();
      if (ledger.number !== number) return false;
      const mark = names.mark();
      disk.rename(temporary, path);
      await names.sync(mark);
      isKept = ledger.number === number;
    } finally {
      if (!isKept) {
        removeIfThere(disk, temporary);
        // A name that may go with the next power failure must not be built upon.
        removeIfThere(disk, path);
      }
    }
    if (!isKept) return false;
    ledger.saved(number, this.#queued === undefined);
    onSaved(number);
    return true;
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
