import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { replaceFile } from "../log/files.js";
import { fileHeads, isSameHead } from "../log/head.js";
import type { Head, HeadKeeper } from "../log/head.js";
import { isMissing, makeDirDurably, namesIn } from "../log/layout.js";

/** What a witness knows of one log: the newest head that it cosigned, by compare-and-swap, and the note that says so. */
export class WitnessState {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #heads: HeadKeeper;

  /** @param dir of the witness; what it knows of this log is in a directory of its own */
  constructor(disk: Disk, dir: string, origin: string) {
    this.#disk = disk;
    this.#dir = join(dir, "logs", nameOf(origin));
    this.#heads = fileHeads(disk, join(this.#dir, "head"));
  }

  /** The head that was cosigned last; null for none. @throws what `HeadKeeper.read` throws */
  read(): Head | null {
    return this.#heads.read();
  }

  /** The note of a head that was cosigned; undefined when it is not there, because the process died between the two. */
  noteOf(head: Head): string | undefined {
    try {
      return new TextDecoder().decode(this.#disk.read(this.#notePath(head)));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Keeps a head and its note, durably, when it returns true. False: another request was faster.
   *
   * @throws what `HeadKeeper.swap` throws
   */
  advance(previous: Head | null, next: Head, note: string): boolean {
    if (isSameHead(previous, next) && this.noteOf(next) !== undefined) return true;
    makeDirDurably(this.#disk, this.#dir);
    // The note first: then a head that is kept always has one, to show if the log ever says otherwise.
    replaceFile(this.#disk, this.#notePath(next), note, "new");
    if (!this.#heads.swap(previous, next)) return false;
    // Larger ones may belong to requests that other processes are at.
    for (const name of namesIn(this.#disk, this.#dir)) {
      const size = Number(NOTE.exec(name)?.[1] ?? NaN);
      if (size < (previous?.size ?? 0)) this.#disk.remove(join(this.#dir, name));
    }
    return true;
  }

  #notePath({ size, root }: Head): string {
    const id = Buffer.from(root, "latin1").toString("hex").slice(0, 16);
    return join(this.#dir, `note.${String(size).padStart(16, "0")}.${id}`);
  }
}

const NOTE = /^note\.(\d{16})\.[0-9a-f]{16}$/;

/** An origin may hold anything; its digest is a name on every file system. */
function nameOf(origin: string): string {
  return createHash("sha256").update(origin).digest("hex").slice(0, 32);
}
