import { listSegments, segmentPath } from "../audit/log/layout.js";
import { readLeaf } from "../audit/log/leaf.js";
import type { LogRecord } from "../audit/index.js";
import type { Disk, ReadableFile } from "../core/disk.js";

/** Bytes that are searched at a time. */
const PIECE = 1 << 22;
/** Bytes of a segment's beginning that are enough to tell whose decisions it begins with. */
const HEAD = 1 << 16;
/** The longest line, and the end of the one before it. */
const TAIL = 1 << 17;
const LINE_END = 0x0a;

/**
 * Finds records of a segment by what is in their lines, without parsing the others: as fast as the disk. Nothing is
 * checked, so this is for finding places and not for proof.
 *
 * @param needles such as `"type":"open"`; a quote cannot stand like that inside a string
 */
export function* recordsWith(
  disk: Disk,
  dir: string,
  segment: number,
  needles: readonly string[],
): Generator<LogRecord, void, void> {
  const file = open(disk, dir, segment);
  if (file === undefined) return;
  // What a crash left behind the next one's first record does not count.
  const limit = listSegments(disk, dir).find((first) => first > segment) ?? Infinity;
  try {
    const wanted = needles.map((needle) => Buffer.from(needle));
    let buffer = Buffer.allocUnsafe(PIECE);
    let filled = 0;
    /** Place of the buffer's first byte, which begins a line. */
    let base = 0;
    for (;;) {
      const read = file.read(buffer.subarray(filled), base + filled);
      if (read === 0) return;
      filled += read;
      const end = buffer.subarray(0, filled).lastIndexOf(LINE_END) + 1;
      const lines = buffer.subarray(0, end);
      for (const at of linesOf(lines, wanted)) {
        const leaf = readLeaf(lines.toString("utf8", at, lines.indexOf(LINE_END, at)));
        if (typeof leaf !== "string" && leaf.n < limit) yield leaf;
      }
      buffer.copyWithin(0, end, filled);
      base += end;
      filled -= end;
      // A line that is longer than the buffer: no leaf, and something may come behind it.
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } finally {
    file.close();
  }
}

/** Such records from a place on, over all segments. */
export function* recordsFrom(
  disk: Disk,
  dir: string,
  from: number,
  needles: readonly string[],
): Generator<LogRecord, void, void> {
  const segments = listSegments(disk, dir);
  for (const [i, segment] of segments.entries()) {
    if ((segments[i + 1] ?? Infinity) <= from) continue;
    for (const record of recordsWith(disk, dir, segment, needles)) if (record.n >= from) yield record;
  }
}

/** Such records before a place, the newest first. */
export function* recordsBefore(
  disk: Disk,
  dir: string,
  before: number,
  needles: readonly string[],
): Generator<LogRecord, void, void> {
  for (const segment of listSegments(disk, dir).reverse()) {
    if (segment >= before) continue;
    const found = [...recordsWith(disk, dir, segment, needles)].filter(({ n }) => n < before);
    yield* found.reverse();
  }
}

/** The first decision in a segment, as far as its beginning tells. */
export function firstDecision(disk: Disk, dir: string, segment: number): LogRecord | undefined {
  const lines = textOf(disk, dir, segment, 0, HEAD).split("\n").slice(0, -1);
  return lines.map(recordIn).find((record) => record?.type === "gate");
}

/** The index behind the last record that is whole; 0 where there is none. */
export function endOfLog(disk: Disk, dir: string): number {
  for (const segment of listSegments(disk, dir).reverse()) {
    const bytes = disk.look(segmentPath(dir, segment))?.bytes ?? 0;
    const lines = textOf(disk, dir, segment, Math.max(0, bytes - TAIL), TAIL)
      .split("\n")
      .slice(0, -1);
    const last = lines.map(recordIn).findLast((record) => record !== undefined);
    if (last !== undefined) return last.n + 1;
    if (segment > 0) return segment;
  }
  return 0;
}

function recordIn(line: string): LogRecord | undefined {
  const leaf = readLeaf(line);
  return typeof leaf === "string" ? undefined : leaf;
}

function textOf(disk: Disk, dir: string, segment: number, from: number, bytes: number): string {
  const file = open(disk, dir, segment);
  if (file === undefined) return "";
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    return buffer.toString("utf8", 0, file.read(buffer, from));
  } finally {
    file.close();
  }
}

/** Places of lines that contain one of the needles, ascending. */
function linesOf(lines: Buffer, needles: readonly Buffer[]): Iterable<number> {
  const found = new Set<number>();
  for (const needle of needles) {
    for (let at = lines.indexOf(needle); at >= 0;) {
      found.add(at === 0 ? 0 : lines.lastIndexOf(LINE_END, at - 1) + 1);
      at = lines.indexOf(needle, lines.indexOf(LINE_END, at));
    }
  }
  return needles.length === 1 ? found : [...found].sort((a, b) => a - b);
}

/** Undefined: retention was quicker, or it is no file. */
function open(disk: Disk, dir: string, segment: number): ReadableFile | undefined {
  try {
    return disk.openToRead(segmentPath(dir, segment));
  } catch {
    return undefined;
  }
}
