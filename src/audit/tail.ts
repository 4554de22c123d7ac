import type { Disk, ReadableFile } from "../core/disk.js";
import { cutOf, readRange } from "./chunks.js";
import type { LogRecord } from "./read-records.js";
import { isMissing, listSegments, notAFile, segmentPath, unreadable } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { parseRecord } from "./segment-lines.js";

/** Bytes that one poll reads at most; what is behind comes with the next. */
const POLL_BYTES = 1 << 22;

const LINE_END = 0x0a;

export interface TailOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Where to begin; at the end of what is there when left out. */
  readonly from?: Position | undefined;
}

/**
 * Follows records that somebody else writes: each poll gives the whole lines that came since the last one. For looking
 * on, not for proof: nothing is checked, and lines that are no records are passed over.
 */
export class Tail {
  readonly #disk: Disk;
  readonly #dir: string;
  /** Undefined while there are no segments. */
  #at: Position | undefined;
  /** The place may be in the middle of a line, which is then not whole. */
  #isAligned = true;
  /** Records that come again, because the next segment begins with a copy of them. */
  #again = 0;

  constructor({ disk, dir, from }: TailOptions) {
    this.#disk = disk;
    this.#dir = dir;
    this.#at = from;
    const newest = listSegments(disk, dir).at(-1);
    if (from !== undefined || newest === undefined) return;
    const bytes = disk.look(segmentPath(dir, newest))?.bytes ?? 0;
    // The byte before tells whether a line begins here.
    this.#at = { segment: newest, offset: Math.max(0, bytes - 1) };
    this.#isAligned = bytes === 0;
  }

  /** Where the next poll goes on; undefined when there is nothing yet. */
  get position(): Position | undefined {
    return this.#at;
  }

  /** Whole records that came since the last poll, oldest first. @throws ReinError `record_failed` */
  poll(): LogRecord[] {
    const records: LogRecord[] = [];
    let left = POLL_BYTES;
    while (left > 0) {
      const segments = listSegments(this.#disk, this.#dir);
      this.#at ??= segments[0] === undefined ? undefined : { segment: segments[0], offset: 0 };
      if (this.#at === undefined) break;
      const { segment, offset } = this.#at;
      const next = segments.find((number) => number > segment);
      const cut = next === undefined ? Infinity : cutOf(this.#disk, this.#dir, segment);
      const most = Math.min(left, cut - offset);
      const read = most > 0 && segments.includes(segment) ? this.#read(segment, most, records) : 0;
      left -= read;
      if (read > 0) continue;
      if (next === undefined) break;
      this.#again = offset > cut ? this.#count(segment, cut, offset) : 0;
      this.#at = { segment: next, offset: 0 };
      this.#isAligned = true;
    }
    return records;
  }

  /** Reads on in a segment; returns how many bytes, 0 when no whole line came. */
  #read(segment: number, bytes: number, records: LogRecord[]): number {
    if (notAFile(this.#disk, this.#dir, segment) !== undefined) return 0;
    const file = this.#open(segment);
    if (file === undefined) return 0;
    let { offset } = this.#at!;
    try {
      // Recovery cut the end off; what comes now is new.
      if (file.bytes < offset) this.#at = { segment, offset: (offset = file.bytes) };
      // A line longer than a poll must not stop it for ever.
      let piece = readRange(file, offset, Math.min(bytes, file.bytes - offset));
      if (piece.length === bytes && piece.lastIndexOf(LINE_END) < 0) {
        piece = readRange(file, offset, file.bytes - offset);
      }
      const end = piece.lastIndexOf(LINE_END) + 1;
      this.#take(piece.toString("utf8", 0, end), records);
      this.#at = { segment, offset: offset + end };
      return end;
    } finally {
      file.close();
    }
  }

  /** Records between two places. */
  #count(segment: number, from: number, to: number): number {
    const file = this.#open(segment);
    if (file === undefined) return 0;
    try {
      const lines = readRange(file, from, to - from)
        .toString()
        .split("\n");
      return lines.filter((line) => isRecord(parseRecord(line))).length;
    } finally {
      file.close();
    }
  }

  #take(text: string, records: LogRecord[]): void {
    if (text === "") return;
    let from = this.#isAligned ? 0 : text.indexOf("\n") + 1;
    this.#isAligned = true;
    for (let end = text.indexOf("\n", from); end >= 0; end = text.indexOf("\n", from)) {
      const record = parseRecord(text.slice(from, end));
      if (isRecord(record)) {
        if (this.#again > 0) this.#again -= 1;
        else records.push(record);
      } else if (record?.["bytes"] === 0) {
        // The copies end here.
        this.#again = 0;
      }
      from = end + 1;
    }
  }

  #open(segment: number): ReadableFile | undefined {
    const path = segmentPath(this.#dir, segment);
    try {
      return this.#disk.openToRead(path);
    } catch (error) {
      // Retention was quicker.
      if (isMissing(error)) return undefined;
      throw unreadable(path, error);
    }
  }
}

function isRecord(line: Record<string, unknown> | undefined): line is LogRecord {
  const type = line?.["type"];
  return typeof type === "string" && type !== "sum" && type !== "segment";
}
