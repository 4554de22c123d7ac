import { join } from "node:path";
import type { AppendableFile, Disk } from "../core/disk.js";
import type { DirSync } from "./dir-sync.js";
import { removeIfThere, writeAll } from "./disk-files.js";
import { journalName } from "./file-names.js";
import { type JournalEntry, journalLine } from "./journal-format.js";

/**
 * A journal that is being written. It knows how much of it is durable; after any failure it is of no use any more:
 * a sync that is tried again may succeed without having written what the failed one lost.
 */
export class JournalFile {
  readonly number: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #names: DirSync;
  readonly #mark: number;
  readonly #file: AppendableFile;
  /**
   * A second handle for syncs that are waited for. Systems report a failed write once per handle: two syncs on the
   * same one, at the same time, could each take the other's failure for its own success.
   */
  readonly #nowFile: AppendableFile;
  #bytes = 0;
  #durableBytes = 0;
  #isNameDurable = false;
  #syncs = 0;
  #isRetired = false;

  /** Makes the file and writes its first lines; none of it is durable yet. */
  constructor(disk: Disk, dir: string, names: DirSync, number: number, entries: readonly JournalEntry[]) {
    const path = join(dir, journalName(number));
    this.#disk = disk;
    this.#path = path;
    this.#names = names;
    this.#mark = names.mark();
    this.number = number;
    this.#file = disk.openToAppend(path, true);
    let nowFile: AppendableFile | undefined;
    try {
      nowFile = disk.openToAppend(path);
      this.#nowFile = nowFile;
      this.append(entries);
    } catch (error) {
      nowFile?.close();
      this.#file.close();
      removeIfThere(disk, path);
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that would survive a power failure. */
  get durableBytes(): number {
    return this.#durableBytes;
  }

  append(entries: readonly JournalEntry[]): void {
    const lines = entries.map((entry) => journalLine(entry, this.#durableBytes));
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines);
    writeAll(this.#file, bytes);
    this.#bytes += bytes.length;
  }

  /** Resolves when everything written before this call is durable, with the file's name. */
  async sync(): Promise<void> {
    const bytes = this.#bytes;
    this.#syncs++;
    try {
      await this.#file.sync();
      if (!this.#isNameDurable) await this.#names.sync(this.#mark);
      this.#isNameDurable = true;
      this.#durableBytes = Math.max(this.#durableBytes, bytes);
    } finally {
      this.#syncs--;
      this.#closeIfIdle();
    }
  }

  syncNow(): void {
    this.#nowFile.syncNow();
    this.#syncName();
    this.#durableBytes = this.#bytes;
  }

  /** Makes the name durable, and no bytes; when that fails, the file is gone. */
  makeNameDurable(): void {
    try {
      this.#syncName();
    } catch (error) {
      this.retire();
      removeIfThere(this.#disk, this.#path);
      throw error;
    }
  }

  #syncName(): void {
    if (!this.#isNameDurable) this.#names.syncNow(this.#mark);
    this.#isNameDurable = true;
  }

  /** Nothing more will be written; handles close when no sync needs them. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (!this.#isRetired || this.#syncs > 0) return;
    this.#syncs = Infinity;
    for (const file of [this.#file, this.#nowFile]) {
      try {
        file.close();
      } catch {
        // What counts was synced before.
      }
    }
  }
}
