import type { Disk } from "../core/disk.js";
import type { ReinError } from "../core/errors.js";
import type { DirSync } from "./dir-sync.js";
import { JournalFile } from "./journal-file.js";
import {
  applyChange,
  JOURNAL_FORMAT,
  raise,
  type Books,
  type Change,
  type JournalEntry,
  type MutableBooks,
} from "./journal-format.js";
import { storeFailed } from "./store-errors.js";

export interface LedgerParts {
  readonly disk: Disk;
  readonly dir: string;
  readonly names: DirSync;
  /** How the user calls the directory. */
  readonly name: string;
  readonly era: number;
  /** Number of the first journal to write. */
  readonly nextNumber: number;
  /** Number of the newest snapshot; 0 for none. */
  readonly snapshot: number;
  /** What is in force; the ledger keeps it up to date. */
  readonly books: MutableBooks;
  /** Throws when the directory is somebody else's. */
  readonly mustBeMine: () => void;
  /** A journal that replaces all before it has become durable. */
  readonly onBase: (number: number) => void;
}

/** A change that is written and not known to be durable. */
interface Step {
  readonly change: Change;
  readonly settle: () => void;
  readonly fail: (error: ReinError) => void;
}

/** A journal of this length gives way to one that begins with what is in force. */
const JOURNAL_BYTES_MAX = 64 * 2 ** 20;

/**
 * The books and their journal. A change counts when it is durable: it is written at once, and changes that come while
 * one sync is under way share the next one. After any failure the journal is given up for a new one that begins with
 * everything in force and everything that waits; when that fails too, what waits is refused.
 */
export class Ledger {
  readonly #parts: LedgerParts;
  #file: JournalFile | undefined;
  #nextNumber: number;
  #snapshot: number;
  #waiting: Step[] = [];
  /** Durable, and their callers are about to hear of it: the totals that they will hear. */
  readonly #unseen = new Map<Step, readonly (readonly [string, number])[]>();
  #isSyncing = false;
  /** The last run of it. */
  #syncing = Promise.resolve();
  /** Number of a journal that begins with all there is, until it is durable. */
  #base: number | undefined;
  /**
   * Totals that a restart would find if the snapshot under way never became durable; undefined when the books say it.
   * What a snapshot gives back is given back only with it.
   */
  #kept: Map<string, number> | undefined;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#nextNumber = parts.nextNumber;
    this.#snapshot = parts.snapshot;
  }

  get books(): Books {
    return this.#parts.books;
  }

  /** Begins the first journal: resolves when what was found is durable under this owner. */
  async start(): Promise<void> {
    await this.change({ grants: [] }, () => undefined);
  }

  /** Resolves when the change is durable, with what `result` then returns. */
  change<T>(change: Change, result: () => T): Promise<T> {
    let step: Step | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      step = { change, settle: () => resolve(result()), fail: reject };
      try {
        this.#write(step);
        if (!this.#isSyncing) this.#syncing = this.#syncWaiting();
      } catch (error) {
        reject(this.#failed(error));
      }
    });
    // Runs right before whoever waits for it: from then on the caller knows, until then we must remember for them.
    const seen = () => this.#unseen.delete(step!);
    promise.then(seen, seen);
    return promise;
  }

  /** The same, waited for. */
  changeNow(change: Change): void {
    const step: Step = { change, settle: () => undefined, fail: () => undefined };
    try {
      let file = this.#write(step);
      try {
        file.syncNow();
      } catch {
        this.#giveUp(file);
        file = this.#begin();
        file.syncNow();
      }
      this.#parts.mustBeMine();
      this.#settleUpTo(step);
      this.#unseen.delete(step);
      this.#durable(file);
    } catch (error) {
      if (this.#file !== undefined) this.#giveUp(this.#file);
      this.#waiting = this.#waiting.filter((other) => other !== step);
      throw this.#failed(error);
    }
  }

  /** Number of the journal in use; undefined while there is none because of a failure. */
  get number(): number | undefined {
    return this.#file?.number;
  }

  get durableBytes(): number {
    return this.#file?.durableBytes ?? 0;
  }

  /** Sets the totals as a snapshot will: they are the ones in force, and count after a restart when it is durable. */
  lower(totals: ReadonlyMap<string, number>): void {
    const { books } = this.#parts;
    this.#kept ??= new Map(books.totals);
    const lowered = new Map(totals);
    books.totals.clear();
    raise(books.totals, lowered);
    for (const heard of this.#unseen.values()) raise(books.totals, heard);
  }

  /** Begins the journal that goes on from a snapshot of this moment; returns its number. */
  rotate(): number {
    const old = this.#file;
    // Of a journal that never became durable nothing may be left, not even its name.
    const isKnown = old !== undefined && old.durableBytes > 0;
    const after = isKnown ? { number: old.number, bytes: old.durableBytes } : null;
    const waiting = this.#waiting.map(({ change }): JournalEntry => ({ kind: "change", change }));
    try {
      this.#file = this.#create([this.#header(after), ...waiting]);
      // Waited for, so that no sync of the directory is under way when a grant cannot wait.
      this.#file.makeNameDurable();
    } catch (error) {
      // What is left of it may come back after a power failure, and would then be read after the old one.
      if (old !== undefined) this.#giveUp(old);
      this.#file = undefined;
      throw error;
    }
    old?.retire();
    return this.#file.number;
  }

  /** The snapshot before the journal in use is durable; `isLast`: none other is under way. */
  saved(snapshot: number, isLast: boolean): void {
    this.#snapshot = snapshot;
    if (isLast) this.#kept = undefined;
    this.#note({ kind: "saved", snapshot });
  }

  /** The next change begins a journal that restates all and names the last snapshot that was saved. */
  giveUp(): void {
    if (this.#file !== undefined) this.#giveUp(this.#file);
  }

  /** Resolves when nothing waits any more, and the last journal is a whole one if the disk allows it. */
  async drain(): Promise<void> {
    if (this.#file === undefined) await this.change({ grants: [] }, () => undefined).catch(() => undefined);
    while (this.#isSyncing) await this.#syncing;
  }

  close(): void {
    this.#file?.retire();
    this.#file = undefined;
  }

  #write(step: Step): JournalFile {
    const file = this.#file;
    if (file !== undefined && file.bytes < JOURNAL_BYTES_MAX) {
      try {
        file.append([{ kind: "change", change: step.change }]);
        this.#waiting.push(step);
        return file;
      } catch {
        this.#giveUp(file);
      }
    }
    this.#waiting.push(step);
    try {
      return this.#begin();
    } catch (error) {
      this.#waiting = this.#waiting.filter((other) => other !== step);
      throw error;
    }
  }

  async #syncWaiting(): Promise<void> {
    this.#isSyncing = true;
    let failures = 0;
    while (this.#waiting.length > 0) {
      const last = this.#waiting[this.#waiting.length - 1]!;
      let file = this.#file;
      try {
        file ??= this.#begin();
        await file.sync();
        // Given up or followed by another meanwhile: what waits has been written there, and counts there.
        if (this.#file !== file) continue;
        this.#parts.mustBeMine();
      } catch (error) {
        if (file !== undefined && this.#file !== file) continue;
        if (file !== undefined) this.#giveUp(file);
        failures++;
        if (failures > 1 || file === undefined) this.#failAll(error);
        continue;
      }
      failures = 0;
      this.#settleUpTo(last);
      this.#durable(file);
    }
    this.#isSyncing = false;
  }

  #settleUpTo(last: Step): void {
    const { books } = this.#parts;
    const done = this.#waiting.splice(0, this.#waiting.indexOf(last) + 1);
    for (const step of done) {
      applyChange(books, step.change);
      const grants = "grants" in step.change ? step.change.grants : [];
      if (this.#kept !== undefined) raise(this.#kept, grants);
      this.#unseen.set(
        step,
        grants.map(([account]) => [account, books.totals.get(account) ?? 0]),
      );
      step.settle();
    }
  }

  /** Says in the file how much of it is durable, unless the next change is about to. */
  #durable(file: JournalFile): void {
    if (file.number === this.#base) {
      this.#base = undefined;
      this.#parts.onBase(file.number);
    }
    if (this.#waiting.length === 0) this.#note({ kind: "mark" });
  }

  /** Writes what helps to tell damage from an unfinished write, and needs no sync of its own. */
  #note(entry: JournalEntry): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      file.append([entry]);
    } catch {
      this.#giveUp(file);
    }
  }

  #failAll(error: unknown): void {
    const failed = this.#failed(error);
    for (const step of this.#waiting.splice(0)) step.fail(failed);
  }

  #giveUp(file: JournalFile): void {
    file.retire();
    if (this.#file === file) this.#file = undefined;
  }

  /** Begins a journal with everything in force and everything that waits. */
  #begin(): JournalFile {
    const { books } = this.#parts;
    const all = { totals: new Map(this.#kept ?? books.totals), halts: new Map(books.halts) };
    for (const { change } of this.#waiting) applyChange(all, change);
    const entry: JournalEntry = { kind: "all", books: all, snapshot: this.#snapshot };
    const old = this.#file;
    this.#file = undefined;
    old?.retire();
    const file = this.#create([this.#header(null), entry]);
    this.#base = file.number;
    this.#file = file;
    return file;
  }

  #header(after: { number: number; bytes: number } | null): JournalEntry {
    return { kind: "header", header: { format: JOURNAL_FORMAT, era: this.#parts.era, after } };
  }

  #create(entries: readonly JournalEntry[]): JournalFile {
    const { disk, dir, names, mustBeMine } = this.#parts;
    mustBeMine();
    return new JournalFile(disk, dir, names, this.#nextNumber++, entries);
  }

  #failed(error: unknown): ReinError {
    return storeFailed(`write to \`${this.#parts.name}\``, error);
  }
}
