import type { Position } from "../audit/index.js";
import { cutOf } from "../audit/chunks.js";
import { listSegments, segmentPath } from "../audit/segment-files.js";
import type { Disk, ReadableFile } from "../core/disk.js";

/** A whole line of the records that begins as it was looked for. */
export interface ScannedLine extends Position {
  readonly text: string;
}

/** Bytes that are searched at a time. */
const PIECE = 1 << 22;
/** Bytes of a segment's beginning that are enough to tell what it begins with. */
const HEAD = 1 << 14;
const LINE_END = 0x0a;

/**
 * Finds lines by how they begin, without parsing the others: as fast as the disk. Nothing is checked, so this is for
 * finding places and not for proof.
 *
 * @param starts such as `{"type":"open",`
 */
export function* linesIn(
  disk: Disk,
  dir: string,
  segment: number,
  starts: readonly string[],
  from = 0,
): Generator<ScannedLine, void, void> {
  const file = open(disk, dir, segment);
  if (file === undefined) return;
  const to = cutOf(disk, dir, segment);
  try {
    const needles = starts.map((start) => Buffer.from(start));
    let buffer = Buffer.allocUnsafe(PIECE);
    let filled = 0;
    /** Place of the buffer's first byte, which begins a line. */
    let base = from;
    for (;;) {
      const room = Math.min(buffer.length, to - base);
      const read = room > filled ? file.read(buffer.subarray(filled, room), base + filled) : 0;
      if (read === 0) return;
      filled += read;
      const end = buffer.subarray(0, filled).lastIndexOf(LINE_END) + 1;
      const lines = buffer.subarray(0, end);
      for (const at of matchesIn(lines, needles)) {
        const text = lines.toString("utf8", at, lines.indexOf(LINE_END, at));
        yield { segment, offset: base + at, text };
      }
      buffer.copyWithin(0, end, filled);
      base += end;
      filled -= end;
      // A line that is longer than the buffer.
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } finally {
    file.close();
  }
}

/** The first such line from a place on, over all segments. */
export function firstLine(
  disk: Disk,
  dir: string,
  from: Position,
  starts: readonly string[],
): ScannedLine | undefined {
  for (const segment of listSegments(disk, dir)) {
    if (segment < from.segment) continue;
    const step = linesIn(disk, dir, segment, starts, segment === from.segment ? from.offset : 0).next();
    if (step.done !== true) return step.value;
  }
  return undefined;
}

/** The last such line before a place, over all segments. */
export function lastLine(
  disk: Disk,
  dir: string,
  before: Position,
  starts: readonly string[],
): ScannedLine | undefined {
  for (const segment of listSegments(disk, dir).reverse()) {
    if (segment > before.segment) continue;
    let last: ScannedLine | undefined;
    for (const line of linesIn(disk, dir, segment, starts)) {
      if (segment === before.segment && line.offset >= before.offset) break;
      last = line;
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

/** What a segment begins with, as far as its first bytes tell. */
export interface SegmentHead {
  readonly segment: number;
  /** Replay can begin here: with the opening of a fresh run, or with a state. */
  readonly isStart: boolean;
  /** Decisions before it; undefined where it does not say. */
  readonly decisions: number | undefined;
}

export function segmentHeads(disk: Disk, dir: string): SegmentHead[] {
  return listSegments(disk, dir).map((segment) => ({ segment, ...headOf(disk, dir, segment) }));
}

function headOf(disk: Disk, dir: string, segment: number): Omit<SegmentHead, "segment"> {
  const file = open(disk, dir, segment);
  if (file === undefined) return { isStart: false, decisions: undefined };
  try {
    const buffer = Buffer.allocUnsafe(HEAD);
    const text = buffer.toString("utf8", 0, file.read(buffer, 0));
    const state = /^\{"type":"state",.*?"image":\{[^{}[\]]*?"seq":(\d+)[,}]/m.exec(text);
    if (state !== null) return { isStart: true, decisions: Number(state[1]) };
    const isFresh = /^\{"type":"open",(?!.*"restored":true).*\}$/m.test(text);
    return { isStart: isFresh, decisions: isFresh ? 0 : undefined };
  } finally {
    file.close();
  }
}

/** Places of lines that begin with one of the needles, ascending. */
function matchesIn(lines: Buffer, needles: readonly Buffer[]): number[] {
  const found: number[] = [];
  for (const needle of needles) {
    for (let at = lines.indexOf(needle); at >= 0; at = lines.indexOf(needle, at + needle.length))
      if (at === 0 || lines[at - 1] === LINE_END) found.push(at);
  }
  return needles.length === 1 ? found : found.sort((a, b) => a - b);
}

/** Undefined: retention was quicker, or it is no file. */
function open(disk: Disk, dir: string, segment: number): ReadableFile | undefined {
  try {
    return disk.openToRead(segmentPath(dir, segment));
  } catch {
    return undefined;
  }
}
