import type { AppendableFile, Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import { readHeader, readRange, withFile } from "./chunks.js";
import { copyAside, setAside } from "./quarantine.js";
import { addSegment, copyBytes, removeUnfinished, replaceSegment, writeAll } from "./replace-segment.js";
import { listSegments, segmentName, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { headerLine, sumLine } from "./segment-lines.js";
import type { SegmentClosing } from "./segment-lines.js";
import { walkRecords } from "./walk.js";
import type { WalkEnd, WalkOptions } from "./walk.js";

export interface RecoverOptions extends WalkOptions {
  /** Whoever wrote here before may still do so: what it writes from now on must not become part of the records. */
  readonly fence?: boolean | undefined;
  /** Throws when the directory is another process's by now: asked before each step that others could see. */
  readonly mustBeOurs?: (() => void) | undefined;
  /** Wall time in ms, for the first lines of segments. */
  readonly now?: (() => number) | undefined;
}

export interface Recovered {
  /** Where writing goes on; everything before it is durable. */
  readonly end: Position;
  /** What a crash had left behind it, and the files in `dir` that keep it now; null when there was nothing. */
  readonly cut: { readonly bytes: number; readonly files: readonly string[] } | null;
}

/** What was found, and how much of the last segment can be relied upon. */
interface Found extends WalkEnd {
  /** Bytes that were durable for certain. */
  readonly synced: number;
  /** End of the last chunk with records in it. */
  readonly recordsEnd: number;
  /** Something was written to it since it was made: it was durable then, and so was its name. */
  readonly isBegun: boolean;
  /** The highest number that a segment has. */
  readonly highest: number;
}

/** Others may be making segments at the same time, until they notice whose the directory is. */
const ROUNDS_MAX = 20;

/**
 * Makes records ready to be written to after a crash: checks them from `from` on (where the newest snapshot lies), and
 * makes what can be read durable. That something can be read does not say that it is on the disk: if the process before
 * this one was told of a failure, no later sync would write it. So the next segment begins with a copy of what may not
 * be durable, and says from where on the one before does not count any more: a torn end stays there, unread, and so
 * does whatever a process still writes there that others have taken for dead. May die at any moment and be run again.
 *
 * @throws ReinError `record_damaged` where something that was durable once is missing or changed, `store_newer`,
 *   `record_failed` when the disk does not let it work; what `mustBeOurs` throws
 */
export function recoverSegments(options: RecoverOptions): Recovered {
  const { dir } = options;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = find(options);
    try {
      const recovered = recover(options, found);
      if (recovered !== undefined) return recovered;
    } catch (error) {
      if (ReinError.isInstance(error)) throw error;
      // Whoever came after may have taken away what this one was making.
      options.mustBeOurs?.();
      throw unorderly(dir, messageOf(error), error);
    }
  }
  throw unorderly(dir, "somebody else goes on making segments there", undefined);
}

function find(options: WalkOptions): Found {
  const { disk, dir, from, syncedTo } = options;
  const known = (segment: number): number =>
    Math.max(...[from, syncedTo].map((at) => (at?.segment === segment ? at.offset : 0)));
  const walk = walkRecords(options);
  let segment = (from?.offset ?? 0) > 0 ? from!.segment : 0;
  let synced = known(segment);
  let recordsEnd = 0;
  /** What it was made with ends here: one chunk, or in recovery more, of which the last one is empty. */
  let made = Infinity;
  let isCopy = false;
  let step = walk.next();
  for (; step.done !== true; step = walk.next()) {
    const piece = step.value;
    if (piece.segment !== segment) {
      segment = piece.segment;
      synced = known(segment);
      recordsEnd = 0;
      made = Infinity;
      isCopy = readHeader(disk, dir, segment)?.previous?.cut === true;
    }
    const isLast = isCopy ? piece.body.length === 0 : piece.start === 0;
    if (made === Infinity && known(segment) === 0 && piece.isSealed && isLast) made = piece.end;
    synced = Math.max(synced, piece.synced);
    if (piece.body.length > 0) recordsEnd = piece.end;
  }
  const { end, tornBytes } = step.value;
  if (end.segment !== segment) [synced, recordsEnd] = [known(end.segment), 0];
  const isBegun = end.segment === segment && (known(segment) > 0 || end.offset + tornBytes > made);
  if (isBegun && made < Infinity) synced = Math.max(synced, made);
  const highest = listSegments(disk, dir).at(-1) ?? 0;
  return { ...step.value, synced, recordsEnd, isBegun, highest };
}

/** Undefined: somebody else has made a segment meanwhile. */
function recover(options: RecoverOptions, found: Found): Recovered | undefined {
  const { disk, dir, fence = false, mustBeOurs, now = Date.now } = options;
  const { synced, recordsEnd, tornBytes, highest } = found;
  let { segment, offset } = found.end;
  const hasFile = disk.look(segmentPath(dir, segment)) !== undefined;
  if (!hasFile && found.beyond.length === 0) return { end: found.end, cut: null };

  mustBeOurs?.();
  removeUnfinished(disk, dir);
  const cut = { bytes: tornBytes, files: [] as string[] };
  // The newest first: were an earlier one to vanish before a later one, a power failure would leave a hole.
  for (const number of [...found.beyond].reverse()) {
    mustBeOurs?.();
    cut.bytes += disk.look(segmentPath(dir, number))?.bytes ?? 0;
    const name = setAside(disk, dir, number);
    if (name !== undefined) cut.files.push(name);
  }

  const next = (previous: SegmentClosing, to: number): boolean => {
    mustBeOurs?.();
    const bytes = addSegment(disk, dir, segment + 1, (file) => {
      put(file, segment + 1, headerLine(segment + 1, now(), previous));
      if (to > previous.bytes) copyRecords(options, { segment, offset: previous.bytes }, file);
      // So that nothing of it is in doubt at the next start: it gets its name when it is durable.
      put(file, segment + 1, "", file.bytes);
    });
    if (bytes === undefined) return false;
    segment += 1;
    offset = bytes;
    return true;
  };
  if (found.isBegun) {
    const counted = Math.min(offset, synced);
    if (fence || tornBytes > 0 || recordsEnd > counted) {
      if (tornBytes > 0) cut.files.push(segmentName(segment));
      if (!next({ bytes: counted, cut: true }, recordsEnd)) return undefined;
    } else {
      // A note that all is durable, which need not be so itself.
      shorten(disk, dir, segment, (offset = counted));
    }
  } else {
    mustBeOurs?.();
    if (tornBytes > 0) cut.files.push(copyAside(disk, dir, segment, offset, offset + tornBytes));
    if (recordsEnd > 0) offset = rewrite(disk, dir, found);
    else if (fence)
      offset = replaceSegment(disk, dir, segment, (file) =>
        put(file, segment, headerLine(segment, now(), null)),
      );
    else shorten(disk, dir, segment, 0);
  }
  // Whoever wrote before is at the highest number, and would make the one after it next.
  while (fence && segment <= highest) if (!next({ bytes: offset, cut: true }, 0)) return undefined;
  return { end: { segment, offset }, cut: cut.bytes === 0 ? null : cut };
}

/** Copies all records from a place on, which is the end of a chunk. */
function copyRecords(options: WalkOptions, from: Position, file: AppendableFile): void {
  for (const { body } of walkRecords({ ...options, from })) {
    if (body.length > 0) put(file, from.segment + 1, body);
  }
}

/** Writes a chunk. */
function put(file: AppendableFile, segment: number, lines: string | Uint8Array, synced = 0): void {
  const { buffer, byteOffset, length } = typeof lines === "string" ? Buffer.from(lines) : lines;
  // Not a Buffer, whose `slice` is no copy: a disk may keep what it is given, and reading goes on in this memory.
  const chunk = new Uint8Array(buffer, byteOffset, length);
  const sum = sumLine(segment, file.bytes, chunk, synced);
  writeAll(file, chunk);
  writeAll(file, Buffer.from(sum));
}

/** Replaces a segment by a copy of its good part; returns the length. */
function rewrite(disk: Disk, dir: string, { end: { segment, offset }, looseFrom }: WalkEnd): number {
  return replaceSegment(disk, dir, segment, (copy) => {
    withFile(disk, segmentPath(dir, segment), (file) => {
      copyBytes(file, copy, 0, looseFrom ?? offset);
      // The last lines get the sum that they had lost.
      if (looseFrom !== undefined) put(copy, segment, readRange(file, looseFrom, offset - looseFrom));
    });
  });
}

/** Cuts off what are no records. */
function shorten(disk: Disk, dir: string, segment: number, bytes: number): void {
  const file = disk.openToAppend(segmentPath(dir, segment));
  try {
    if (file.bytes > bytes) file.truncate(bytes);
    file.syncNow();
  } finally {
    file.close();
  }
}

function unorderly(dir: string, problem: string, cause: unknown): ReinError {
  return new ReinError(
    "record_failed",
    `the end of the records in \`${dir}\` cannot be put in order: ${problem}`,
    {
      help: "free space or mend the disk, then start again; nothing is lost",
      cause,
    },
  );
}
