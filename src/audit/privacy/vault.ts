import { dirname } from "node:path";
import type { AppendableFile, Disk } from "../../core/disk.js";
import { copyBytes, putFile, withFile, writeAll } from "../log/files.js";
import { makeDirDurably } from "../log/layout.js";
import { commitmentOf, SaltPool } from "./commitment.js";
import type { Commitment, Salt } from "./commitment.js";
import { filterOf, removeLines } from "./erase-lines.js";
import type { Erasure } from "./erasure.js";
import { recoverVault } from "./recover-vault.js";
import { NONCE_BYTES, sealBox } from "./sealed-box.js";
import { SubjectKeys } from "./subject-keys.js";
import { MAX_VALUE_LENGTH, plainLine, sealedLine, vaultPath } from "./vault-lines.js";

/** Bytes of a line besides its value, roughly. */
const LINE_BYTES = 160;

/** A value that was committed to, on its way into the vault. */
export interface KeptValue {
  readonly commitment: Commitment;
  readonly path: string;
  readonly salt: Salt;
  readonly canonical: string;
  readonly subject: string | undefined;
}

export interface VaultOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  /** First index of the segment that is being written. */
  readonly segment: number;
  /** Leaves that the log has: what the vault keeps beyond them belongs to leaves that a crash took. */
  readonly size: number;
  /** Leaves that were signed when it was opened: what was written beyond them may be torn. */
  readonly signed: number;
}

interface Queued {
  readonly n: number;
  readonly kept: KeptValue;
}

/** What comes behind it belongs to another segment. */
interface Boundary {
  readonly begin: number;
}

/**
 * Writes values beside the log that leaves only commit to. First `commit` for the text of the leaf, then `keep` when
 * its index is known. `write` and `sync` come before those of the leaves: a value without its leaf is taken away at the
 * next start, a leaf without its value would be one that nobody can disclose.
 *
 * Only values of the current segment are touched, and only here: whoever erases leaves that file to `forget`.
 */
export class Vault {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #keys: SubjectKeys;
  readonly #pool = new SaltPool();
  #path: string;
  /** Segments that were begun in this life. */
  readonly #begun: number[] = [];
  /** Open while there is something to write. */
  #file: AppendableFile | undefined;
  #isNamed = false;
  #queue: (Queued | Boundary)[] = [];
  #queuedBytes = 0;
  /** Lines on their way to the file, and how much of them it took. */
  #waiting: Uint8Array | undefined;
  #taken = 0;
  /** Bytes that are durable; what came behind them, until it is, too. */
  #synced = 0;
  #unsynced: Uint8Array[] = [];
  /** A sync has failed: nobody knows what of the unsynced is on the disk. */
  #isDoubtful = false;

  /** Mends first what a crash left. @throws ReinError `record_failed`; errors of the system */
  constructor({ disk, dir, segment, size, signed }: VaultOptions) {
    this.#disk = disk;
    this.#dir = dir;
    this.#keys = new SubjectKeys(disk, dir);
    this.#path = vaultPath(dir, segment);
    recoverVault({ disk, dir, size, signed });
  }

  /** Bytes that were taken and are not written yet, roughly. */
  get backlog(): number {
    const waiting = (this.#waiting?.length ?? 0) - this.#taken;
    const doubtful = this.#isDoubtful ? this.#unsynced.reduce((sum, { length }) => sum + length, 0) : 0;
    return this.#queuedBytes + waiting + doubtful;
  }

  /**
   * Commits to a value, in memory only: the commitment stands in the leaf.
   *
   * @param path see `keptPath`
   * @param canonical canonical JSON text (RFC 8785)
   * @param subject whose data it is: sealed under a key of theirs, so that all of it can be erased at once
   */
  commit(path: string, canonical: string, subject?: string): KeptValue {
    const salt = this.#pool.next();
    return { commitment: { $c: commitmentOf(salt, canonical) }, path, salt, canonical, subject };
  }

  /** Takes a value for leaf `n`, in memory only; one beyond `MAX_VALUE_LENGTH` is not kept, and its commitment stays. */
  keep(n: number, kept: KeptValue): void {
    if (kept.canonical.length > MAX_VALUE_LENGTH) return;
    this.#queue.push({ n, kept });
    this.#queuedBytes += kept.canonical.length + LINE_BYTES;
  }

  /** A segment begins with the next leaf; in memory only. */
  begin(segment: number): void {
    this.#queue.push({ begin: segment });
    this.#begun.push(segment);
  }

  /**
   * Hands what was taken to the disk; where a segment has ended, makes it durable.
   *
   * @throws the system's error; the next call goes on where this one stopped
   */
  write(): void {
    this.#pour();
    while (this.#queue.length > 0) {
      const end = this.#queue.findIndex((entry) => "begin" in entry);
      const values = (end < 0 ? this.#queue : this.#queue.slice(0, end)) as Queued[];
      if (values.length > 0) {
        this.#waiting = Buffer.from(this.#linesOf(values), "utf8");
        this.#taken = 0;
        for (const { kept } of values) this.#queuedBytes -= kept.canonical.length + LINE_BYTES;
        this.#queue = this.#queue.slice(values.length);
        this.#pour();
      }
      const boundary = this.#queue[0];
      if (boundary === undefined || !("begin" in boundary)) continue;
      this.sync();
      this.#goTo(boundary.begin);
      this.#queue = this.#queue.slice(1);
    }
  }

  /** Makes what was written durable. @throws the system's error */
  sync(): void {
    if (this.#unsynced.length === 0) return;
    if (this.#isDoubtful) this.#writeAnew();
    const file = this.#open();
    try {
      file.syncNow();
      if (!this.#isNamed) this.#disk.syncDirNow(dirname(this.#path));
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    }
    this.#isNamed = true;
    for (const { length } of this.#unsynced) this.#synced += length;
    this.#unsynced = [];
  }

  /**
   * The log has written its leaves from `first` on once more, into a segment that begins there: their values follow.
   *
   * @throws the system's error; may be called again
   */
  moveTo(first: number): void {
    this.write();
    this.sync();
    this.close();
    const begun = this.#begun.filter((segment) => segment > first);
    recoverVault({
      disk: this.#disk,
      dir: this.#dir,
      size: Infinity,
      signed: first,
      begun: [first, ...begun],
    });
    this.#goTo(begun.at(-1) ?? first);
  }

  /** Takes away what was erased from the current segment: a record `log.redacted` is durable. @throws the system's error */
  forget(erasure: Erasure): void {
    this.write();
    this.sync();
    this.close();
    removeLines(this.#disk, this.#path, filterOf(erasure));
  }

  /** Lets the file go; what was not written is still taken, and the next call opens it again. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #goTo(segment: number): void {
    this.close();
    this.#path = vaultPath(this.#dir, segment);
  }

  #linesOf(queue: readonly Queued[]): string {
    const subjects = new Set<string>();
    for (const { kept } of queue) if (kept.subject !== undefined) subjects.add(kept.subject);
    const keys = this.#keys.findOrMake(subjects);
    let lines = "";
    for (const { n, kept } of queue) {
      const { path, salt, canonical, subject } = kept;
      const { $c } = kept.commitment;
      const opening = { salt, canonical };
      const keyed = subject === undefined ? undefined : keys.get(subject);
      if (keyed === undefined) {
        lines += plainLine({ n, path }, $c, opening);
      } else {
        const box = sealBox(keyed.key, this.#pool.take(NONCE_BYTES), $c, opening);
        lines += sealedLine({ n, path }, $c, box, keyed.pseudonym);
      }
    }
    return lines;
  }

  #pour(): void {
    if (this.#waiting === undefined) return;
    const file = this.#open();
    while (this.#taken < this.#waiting.length) {
      const taken = file.write(this.#waiting.subarray(this.#taken));
      if (taken <= 0) throw Object.assign(new Error("the disk took nothing"), { code: "ENOSPC" });
      this.#taken += taken;
    }
    this.#unsynced.push(this.#waiting);
    this.#waiting = undefined;
    this.#taken = 0;
  }

  #open(): AppendableFile {
    if (this.#file !== undefined) return this.#file;
    makeDirDurably(this.#disk, dirname(this.#path));
    const isThere = this.#disk.look(this.#path) !== undefined;
    this.#file = this.#disk.openToAppend(this.#path);
    if (this.#unsynced.length === 0 && this.#taken === 0) {
      this.#synced = this.#file.bytes;
      this.#isNamed = isThere;
    }
    return this.#file;
  }

  /** After a failed sync: only bytes of another file can be synced with certainty. */
  #writeAnew(): void {
    this.close();
    putFile(this.#disk, this.#path, "new", (file) => {
      withFile(this.#disk, this.#path, (source) => {
        copyBytes(source, file, 0, this.#synced);
      });
      for (const bytes of this.#unsynced) writeAll(file, bytes);
      // What the file has begun to take goes on behind it.
      if (this.#waiting !== undefined) writeAll(file, this.#waiting.subarray(0, this.#taken));
    });
    this.#isNamed = true;
    this.#isDoubtful = false;
  }
}
