import type { Disk, ReadableFile } from "../core/disk.js";
import { notAFile, segmentPath, unreadable } from "./segment-files.js";
import { isSound, parseHeader, parseRecord, parseSum, SUM_BYTES_MAX, SUM_START } from "./segment-lines.js";
import type { SegmentHeader } from "./segment-lines.js";

/** Bytes read at a time. */
const PIECE = 1 << 20;

/** Bytes of records that may stand without a sum; the writer stays far below. */
const CHUNK_BYTES_MAX = 1 << 28;

/** A first chunk holds one or two short lines, and is shorter. */
const HEADER_BYTES_MAX = 1024;

const LINE_END = 0x0a;
const SUM = Buffer.from(SUM_START);
const SUM_AT_LINE_START = Buffer.from(`\n${SUM_START}`);

/** Whole lines of records that are known to be what was written. */
export interface Chunk {
  /** The first byte. */
  readonly start: number;
  /** The byte after the sum line, which is not in `body`. */
  readonly end: number;
  /** Good until the next chunk is read. */
  readonly body: Buffer;
  /** Bytes of the segment that were known to be durable when the chunk was written. */
  readonly synced: number;
}

/** Why reading ended. */
export interface ChunksEnd {
  /** The end of the last sound chunk. */
  readonly offset: number;
  /** Undefined at the end of the file: nothing unsound follows. */
  readonly problem?: "no sum" | "wrong sum";
}

/** Reads a segment chunk by chunk until one is not sound, holding one at a time. */
export function* readChunks(
  file: ReadableFile,
  segment: number,
  from: number,
): Generator<Chunk, ChunksEnd, void> {
  let buffer = Buffer.allocUnsafe(PIECE + SUM_BYTES_MAX);
  /** Place of the buffer's first byte in the file, bytes in it, and where the search for a sum goes on. */
  let base = from;
  let filled = 0;
  let start = 0;
  let searched = 0;
  for (;;) {
    const view = buffer.subarray(0, filled);
    const isEmpty = view.subarray(start, start + SUM.length).equals(SUM);
    const at = isEmpty ? start : view.indexOf(SUM_AT_LINE_START, searched) + 1;
    const end = at > start || isEmpty ? view.indexOf(LINE_END, at) : -1;
    if (end >= 0) {
      const sum = parseSum(view.toString("latin1", at, end));
      const body = buffer.subarray(start, at);
      if (sum === undefined || !isSound(segment, base + start, body, sum)) {
        return { offset: base + start, problem: "wrong sum" };
      }
      yield { start: base + start, end: base + end + 1, body, synced: sum.synced };
      searched = start = end + 1;
      continue;
    }
    // A sum line that begins at the end of the buffer is found again when there is more of it.
    searched = at > start ? at - 1 : Math.max(searched, filled - SUM_AT_LINE_START.length);
    if (start > 0) {
      buffer.copyWithin(0, start, filled);
      base += start;
      filled -= start;
      searched = Math.max(0, searched - start);
      start = 0;
    }
    if (filled - start > CHUNK_BYTES_MAX) return { offset: base + start, problem: "no sum" };
    if (buffer.length - filled < PIECE / 2) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, filled);
      buffer = larger;
    }
    const more = file.read(buffer.subarray(filled), base + filled);
    if (more === 0) return { offset: base + start, ...(filled > start && { problem: "no sum" as const }) };
    filled += more;
  }
}

/** The first line of a segment; undefined when there is none, or when it is not sound. */
export function readHeader(disk: Disk, dir: string, segment: number): SegmentHeader | undefined {
  if (notAFile(disk, dir, segment) !== undefined) return undefined;
  return withFile(disk, segmentPath(dir, segment), (file) => {
    const first = readRange(file, 0, HEADER_BYTES_MAX);
    const sumAt = first.indexOf(SUM_AT_LINE_START) + 1;
    const sum = parseSum(first.toString("latin1", sumAt, Math.max(sumAt, first.indexOf(LINE_END, sumAt))));
    if (sumAt === 0 || sum === undefined || !isSound(segment, 0, first.subarray(0, sumAt), sum)) {
      return undefined;
    }
    const header = parseHeader(first.toString("utf8", 0, first.indexOf(LINE_END)));
    return header?.n === segment ? header : undefined;
  });
}

/** Where a segment stops to count, as the next one says; Infinity where it says nothing of the kind. */
export function cutOf(disk: Disk, dir: string, segment: number): number {
  const previous = readHeader(disk, dir, segment + 1)?.previous;
  return previous?.cut === true ? previous.bytes : Infinity;
}

/**
 * Whole lines without a sum, such as a crash leaves behind: taken one by one up to the first that is not JSON, for
 * what was not written yet shows as zeros or as a line without its end. None are taken when their own sum is there
 * and says that something else was written.
 *
 * @param to where they end at the latest
 */
export function readLoose(file: ReadableFile, from: number, to: number): Buffer {
  const rest = readRange(file, from, Math.min(to - from, CHUNK_BYTES_MAX));
  let good = 0;
  for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END, good)) {
    const line = rest.toString("utf8", good, end);
    if (line.startsWith(SUM_START))
      return parseSum(line)?.bytes === good ? rest.subarray(0, 0) : rest.subarray(0, good);
    if (line.includes("\0") || parseRecord(line) === undefined) break;
    good = end + 1;
  }
  return rest.subarray(0, good);
}

/** Whether what is in a segment beyond a place that is not sound says that the place was durable once. */
export function provesDurable(file: ReadableFile, segment: number, unsound: number): boolean {
  // The first chunk is durable before anything else is written.
  if (unsound === 0 && file.bytes >= HEADER_BYTES_MAX) return true;
  return soundChunkAfter(file, segment, unsound, unsound + 1) !== undefined;
}

/**
 * Where the next sound chunk begins, at or beyond a place; undefined when there is none.
 *
 * @param synced only a chunk that says that so many bytes were durable
 */
export function soundChunkAfter(
  file: ReadableFile,
  segment: number,
  from: number,
  synced: number,
): number | undefined {
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let base = from; base < file.bytes;) {
    const filled = fill(file, buffer, base);
    if (filled === 0) return undefined;
    const view = buffer.subarray(0, filled);
    // The line end before it may be what is damaged.
    for (let at = view.indexOf(SUM); at >= 0; at = view.indexOf(SUM, at + 1)) {
      const end = view.indexOf(LINE_END, at);
      const sum = parseSum(view.toString("latin1", at, end < 0 ? filled : end));
      if (sum === undefined || sum.synced < synced || sum.bytes > CHUNK_BYTES_MAX) continue;
      const start = base + at - sum.bytes;
      if (start >= from && isSound(segment, start, readRange(file, start, sum.bytes), sum)) return start;
    }
    if (base + filled >= file.bytes) return undefined;
    // A sum line across the edge is whole in the next piece.
    base += Math.max(1, filled - SUM_BYTES_MAX);
  }
  return undefined;
}

/** Opens a file for as long as `use` runs. */
export function withFile<T>(disk: Disk, path: string, use: (file: ReadableFile) => T): T {
  let file: ReadableFile;
  try {
    file = disk.openToRead(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Bytes of a file from a place on, fewer at its end. */
export function readRange(file: ReadableFile, from: number, bytes: number): Buffer {
  const range = Buffer.allocUnsafe(bytes);
  return range.subarray(0, fill(file, range, from));
}

function fill(file: ReadableFile, target: Buffer, from: number): number {
  let filled = 0;
  while (filled < target.length) {
    const more = file.read(target.subarray(filled), from + filled);
    if (more === 0) break;
    filled += more;
  }
  return filled;
}
