import type { Disk, ReadableFile } from "../../core/disk.js";
import { readRange } from "./files.js";
import { isMissing, listSegments, notAFile, segmentPath, unreadable } from "./layout.js";
import type { LogRecord } from "./leaf.js";
import { readLeaf } from "./leaf.js";

/** Bytes that one poll reads at most; what is behind comes with the next. */
const POLL_BYTES = 1 << 22;
const LINE_END = 0x0a;

export interface TailOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Index of the first leaf to give; the one behind the last that is there when left out. */
  readonly from?: number | undefined;
}

/**
 * Follows a log that somebody else writes: each poll gives the leaves that came since the last one. For looking on, not
 * for proof: hashes and signatures are not checked.
 */
export class LogTail {
  readonly #disk: Disk;
  readonly #dir: string;
  /** Index of the next leaf; undefined until the log has one. */
  #next: number | undefined;
  /** The segment that is read, and how far. */
  #segment: number | undefined;
  #offset = 0;

  constructor({ disk, dir, from }: TailOptions) {
    this.#disk = disk;
    this.#dir = dir;
    this.#next = from;
    if (from !== undefined) return;
    // What is there is passed over.
    this.#segment = listSegments(disk, dir).at(-1);
    this.#next = this.#segment;
    while (this.poll().length > 0);
  }

  /** Index of the leaf that the next poll begins with. */
  get position(): number {
    return this.#next ?? 0;
  }

  /** Leaves that came since the last poll, oldest first. @throws ReinError `record_failed` */
  poll(): LogRecord[] {
    const records: LogRecord[] = [];
    let left = POLL_BYTES;
    while (left > 0) {
      const segments = listSegments(this.#disk, this.#dir);
      this.#segment ??= segments.findLast((first) => first <= (this.#next ?? Infinity)) ?? segments[0];
      if (this.#segment === undefined) break;
      this.#next ??= this.#segment;
      const read = this.#read(this.#segment, left, records);
      left -= read;
      if (read > 0) continue;
      const current = this.#segment;
      // A segment counts up to the first index of the next one: leaves that come again are known by their indices.
      const next = segments.find((first) => first > current);
      if (next === undefined) break;
      this.#segment = next;
      this.#offset = 0;
    }
    return records;
  }

  /** Reads on in a segment; returns how many bytes. */
  #read(segment: number, most: number, records: LogRecord[]): number {
    const file = this.#open(segment);
    if (file === undefined) return 0;
    try {
      // A segment that was written anew begins from its beginning.
      if (file.bytes < this.#offset) this.#offset = 0;
      let piece = Buffer.from(readRange(file, this.#offset, Math.min(most, file.bytes - this.#offset)));
      // A line longer than what is left must not stop it for ever.
      if (piece.length === most && piece.lastIndexOf(LINE_END) < 0)
        piece = Buffer.from(readRange(file, this.#offset, file.bytes - this.#offset));
      const end = piece.lastIndexOf(LINE_END) + 1;
      for (const line of piece.toString("utf8", 0, end).split("\n")) {
        const leaf = line === "" ? "" : readLeaf(line);
        if (typeof leaf === "string" || leaf.n < this.#next!) continue;
        this.#next = leaf.n + 1;
        records.push(leaf);
      }
      this.#offset += end;
      return end;
    } finally {
      file.close();
    }
  }

  #open(segment: number): ReadableFile | undefined {
    const path = segmentPath(this.#dir, segment);
    try {
      return notAFile(this.#disk, path) === undefined ? this.#disk.openToRead(path) : undefined;
    } catch (error) {
      // Retention was quicker.
      if (isMissing(error)) return undefined;
      throw unreadable(path, error);
    }
  }
}
