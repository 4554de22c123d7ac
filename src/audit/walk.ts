import type { Disk, ReadableFile } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import { provesDurable, readChunks, readHeader, readLoose } from "./chunks.js";
import type { Chunk, ChunksEnd } from "./chunks.js";
import {
  comparePositions,
  damaged,
  listSegments,
  notAFile,
  segmentPath,
  unreadable,
} from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { CLOSING_MARK, SEGMENT_FORMAT } from "./segment-lines.js";
import type { SegmentClosing, SegmentHeader } from "./segment-lines.js";

export interface WalkOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** A position that the sink once had; without it, the beginning of the oldest segment that is there. */
  readonly from?: Position | null | undefined;
  /** What lies before this position is known to have been durable. */
  readonly syncedTo?: Position | undefined;
}

/** Whole lines of records, which stand in one segment. */
export interface Piece extends Chunk {
  readonly segment: number;
  /** False: the end of the chunk is missing, these are the lines before the cut. */
  readonly isSealed: boolean;
}

export interface WalkEnd {
  /** Behind the last good line. */
  readonly end: Position;
  /** Bytes behind it in the same segment. */
  readonly tornBytes: number;
  /** Where the last chunk begins, when it has no sum. */
  readonly looseFrom: number | undefined;
  /** Segments behind it, in which nothing is good. */
  readonly beyond: readonly number[];
}

/** Something that was durable once is not there as it was. */
export interface Damage {
  readonly at: Position;
  readonly problem: string;
  /** `bytes`: from there on; `extra`: bytes too many; `file`: the whole segment, or that there is none. */
  readonly what: "bytes" | "extra" | "file";
}

/** What came of reading one segment. */
type Outcome =
  | { readonly kind: "next"; readonly at: Position }
  | { readonly kind: "end"; readonly end: WalkEnd }
  /** `readTo`: what lies before it has been read. */
  | { readonly kind: "damage"; readonly damage: Damage; readonly readTo: Position };

/** Where reading a segment stopped. */
interface Stop extends Omit<ChunksEnd, "problem"> {
  readonly problem?: ChunksEnd["problem"] | "no header" | undefined;
  /** The last chunk says that what came after it is lost. */
  readonly isClosed?: boolean;
}

const PROBLEMS = {
  "no sum": "what follows has no checksum, and it was durable once",
  "wrong sum": "its checksum does not agree with what is there",
  "no header": "it does not begin with the line that says which segment it is",
  short: "it ends here, and more was durable once",
} as const;

/**
 * Reads the records of a directory chunk by chunk, in order, and checks them. A torn end is an end: bytes that are
 * not what was written, and of which nothing proves that they were ever durable.
 *
 * @throws ReinError `record_damaged` with the place, `store_newer`, `record_failed`
 */
export function* walkRecords(options: WalkOptions): Generator<Piece, WalkEnd, void> {
  const outcome = yield* walk(options);
  if (outcome.kind === "end") return outcome.end;
  throw damaged(options.dir, outcome.damage.at, outcome.damage.problem);
}

/** The same, returning the first damage rather than throwing. */
export function* walk(
  options: WalkOptions,
): Generator<Piece, Exclude<Outcome, { readonly kind: "next" }>, void> {
  const { disk, dir, syncedTo } = options;
  let at: Position = options.from ?? { segment: listSegments(disk, dir)[0] ?? 1, offset: 0 };
  let suspect: Position | undefined;
  for (;;) {
    const { segment } = at;
    const begun = at.offset > 0 || listSegments(disk, dir).some((number) => number >= segment);
    let outcome: Outcome = { kind: "end", end: endAt(at) };
    if (begun) outcome = yield* readSegment(options, at);
    if (outcome.kind === "next") {
      at = outcome.at;
    } else if (outcome.kind === "end") {
      const { end } = outcome.end;
      if (syncedTo === undefined || comparePositions(end, syncedTo) >= 0) return outcome;
      return { kind: "damage", damage: { at: end, problem: PROBLEMS.short, what: "bytes" }, readTo: end };
    } else {
      // A log may be read while it is written to: what looks wrong is looked at twice.
      if (suspect !== undefined && comparePositions(suspect, outcome.damage.at) === 0) return outcome;
      suspect = outcome.damage.at;
      at = outcome.readTo;
    }
  }
}

function* readSegment(options: WalkOptions, at: Position): Generator<Piece, Outcome, void> {
  const { disk, dir } = options;
  const { segment } = at;
  const damage = (offset: number, problem: string, what: Damage["what"] = "bytes"): Outcome => ({
    kind: "damage",
    damage: { at: { segment, offset }, problem, what },
    readTo: { segment, offset: Math.max(at.offset, offset) },
  });
  const unusable = notAFile(disk, dir, segment);
  if (unusable !== undefined) return damage(at.offset, `it ${unusable}`, "file");
  const file = open(disk, segmentPath(dir, segment));
  try {
    if (file.bytes < at.offset) return damage(file.bytes, PROBLEMS.short);
    const header = headerOf(disk, dir, segment);
    const next = headerOf(disk, dir, segment + 1);
    const closing = next?.previous ?? undefined;
    const stop: Stop =
      header === undefined && at.offset === 0
        ? { offset: 0, problem: file.bytes > 0 ? "no header" : undefined }
        : yield* readSound(file, segment, at.offset, closing?.bytes ?? Infinity);
    const { offset } = stop;
    if (next !== undefined) {
      const size = Math.max(offset, file.bytes);
      // A closing mark by repair, or no word about this segment, leave nothing to compare with.
      const left = closing === undefined || stop.isClosed === true ? { bytes: size } : closing;
      const problem = isWhole(offset, size, left);
      if (problem !== undefined) return damage(offset, problem, offset === left.bytes ? "extra" : "bytes");
      if (offset < left.bytes) yield* readRest(file, segment, offset, left.bytes);
      return { kind: "next", at: { segment: segment + 1, offset: 0 } };
    }

    // The next segment may have been begun since.
    if (headerOf(disk, dir, segment + 1) !== undefined) return { kind: "next", at: { segment, offset } };
    const beyond = listSegments(disk, dir).filter((number) => number > segment);
    if (stop.problem !== undefined) {
      const proven =
        isDurable(options, { segment, offset }) ||
        provesDurable(file, segment, offset) ||
        isFollowed(options, segment + 1, beyond);
      if (proven) return damage(offset, PROBLEMS[stop.problem]);
    } else if (beyond.length > 0 && isFollowed(options, segment + 1, beyond)) {
      const missing = notAFile(disk, dir, segment + 1);
      const problem = missing === undefined ? PROBLEMS["no header"] : `it ${missing}`;
      const next = { segment: segment + 1, offset: 0 };
      const what = missing === undefined ? "bytes" : "file";
      return { kind: "damage", damage: { at: next, problem, what }, readTo: { segment, offset } };
    }
    const isHeadless = header === undefined && at.offset === 0;
    const end = isHeadless ? 0 : yield* readRest(file, segment, offset, Math.max(offset, file.bytes));
    const tornBytes = Math.max(0, file.bytes - end);
    const looseFrom = end > offset ? offset : undefined;
    return { kind: "end", end: { end: { segment, offset: end }, tornBytes, looseFrom, beyond } };
  } finally {
    file.close();
  }
}

/** Yields the sound chunks before `limit`. */
function* readSound(
  file: ReadableFile,
  segment: number,
  from: number,
  limit: number,
): Generator<Piece, Stop, void> {
  const chunks = readChunks(file, segment, from);
  let end = from;
  let isClosed = false;
  while (end < limit) {
    const { done, value } = chunks.next();
    if (done === true) return { ...value, isClosed };
    isClosed = value.body.subarray(-CLOSING_MARK.length).equals(CLOSING_MARK);
    yield { segment, isSealed: true, ...value };
    end = value.end;
  }
  return { offset: end, isClosed };
}

/** Yields the lines before a cut; returns where they end. */
function* readRest(
  file: ReadableFile,
  segment: number,
  from: number,
  to: number,
): Generator<Piece, number, void> {
  const body = readLoose(file, from, to);
  const end = from + body.length;
  if (body.length > 0) yield { segment, isSealed: false, start: from, end, body, synced: 0 };
  return end;
}

/** What is wrong with a segment that was left for the next one; undefined when nothing is. */
function isWhole(offset: number, size: number, closing: SegmentClosing): string | undefined {
  // What the disk failed to confirm may be gone, and what was begun again in the next segment may be there.
  if (closing.synced !== undefined && offset >= closing.synced) return undefined;
  if (size < closing.bytes) return `${closing.bytes - size} bytes are missing at its end`;
  if (offset < closing.bytes) return PROBLEMS["wrong sum"];
  if (closing.cut === true) return undefined;
  return size > closing.bytes ? `${size - closing.bytes} bytes were added to its end` : undefined;
}

function isDurable({ syncedTo }: WalkOptions, place: Position): boolean {
  return syncedTo !== undefined && comparePositions(place, syncedTo) < 0;
}

/** Whether a segment that cannot be read was once in use: nothing is written to it before its first line is durable. */
function isFollowed({ disk, dir }: WalkOptions, segment: number, present: readonly number[]): boolean {
  if (present.some((number) => number > segment)) return true;
  if (!present.includes(segment)) return false;
  if (notAFile(disk, dir, segment) !== undefined) return true;
  const file = open(disk, segmentPath(dir, segment));
  try {
    return provesDurable(file, segment, 0);
  } finally {
    file.close();
  }
}

/** @throws ReinError `store_newer` */
function headerOf(disk: Disk, dir: string, segment: number): SegmentHeader | undefined {
  const header = readHeader(disk, dir, segment);
  if (header === undefined || header.format <= SEGMENT_FORMAT) return header;
  throw new ReinError(
    "store_newer",
    `\`${segmentPath(dir, segment)}\` has format ${header.format}, and this version reads up to ${SEGMENT_FORMAT}`,
    { help: "use the version of Rein that wrote it, or a newer one" },
  );
}

function endAt(end: Position): WalkEnd {
  return { end, tornBytes: 0, looseFrom: undefined, beyond: [] };
}

function open(disk: Disk, path: string): ReadableFile {
  try {
    return disk.openToRead(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
