import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import { readRange, withFile } from "./chunks.js";
import { copyAside, setAside } from "./quarantine.js";
import { copyBytes, replaceSegment, writeAll } from "./replace-segment.js";
import { segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { sumLine } from "./segment-lines.js";
import { walkRecords } from "./walk.js";
import type { WalkEnd, WalkOptions } from "./walk.js";

export interface Recovered {
  /** Where writing goes on; everything before it is durable. */
  readonly end: Position;
  /** What a crash had left behind it, and the files in `dir` that keep it now; null when there was nothing. */
  readonly cut: { readonly bytes: number; readonly files: readonly string[] } | null;
  /** Bytes that were checked. */
  readonly checkedBytes: number;
}

/** What was found, and how much of the last segment can be relied upon. */
interface Found extends WalkEnd {
  /** Bytes that were durable for certain. */
  readonly synced: number;
  /** End of the last chunk with records in it. */
  readonly recordsEnd: number;
}

/**
 * Makes records ready to be written to after a crash: checks them from `from` on (where the newest snapshot lies),
 * cuts off a torn end, keeps that in `quarantine/`, and makes the rest durable. May die at any moment and be run
 * again.
 *
 * @throws ReinError `record_damaged` where something that was durable once is missing or changed, `store_newer`,
 *   `record_failed` when the disk does not let it work
 */
export function recoverSegments(options: WalkOptions): Recovered {
  const { disk, dir } = options;
  const { found, checkedBytes } = find(options);
  const { segment } = found.end;
  try {
    const cut = cutAside(disk, dir, found);
    let { offset } = found.end;
    if (disk.look(segmentPath(dir, segment)) !== undefined) {
      // That something can be read does not say that it is on the disk: if the process before this one was told so,
      // no later sync would write it. What may be so is written again.
      if (found.recordsEnd > found.synced) offset = rewrite(disk, dir, found);
      else shorten(disk, dir, segment, (offset = Math.min(offset, found.synced)));
    }
    return { end: { segment, offset }, cut, checkedBytes };
  } catch (error) {
    if (ReinError.isInstance(error)) throw error;
    throw new ReinError(
      "record_failed",
      `the end of the records in \`${dir}\` cannot be put in order: ${messageOf(error)}`,
      { help: "free space or mend the disk, then start again; nothing is lost", cause: error },
    );
  }
}

function find(options: WalkOptions): { readonly found: Found; readonly checkedBytes: number } {
  const { from, syncedTo } = options;
  const known = (segment: number): number =>
    Math.max(...[from, syncedTo].map((at) => (at?.segment === segment ? at.offset : 0)));
  const walk = walkRecords(options);
  let checkedBytes = 0;
  let segment = from?.segment ?? 0;
  let synced = known(segment);
  let recordsEnd = 0;
  let step = walk.next();
  for (; step.done !== true; step = walk.next()) {
    const piece = step.value;
    checkedBytes += piece.end - piece.start;
    if (piece.segment !== segment) {
      segment = piece.segment;
      synced = known(segment);
      recordsEnd = 0;
    }
    synced = Math.max(synced, piece.synced);
    if (piece.body.length > 0) recordsEnd = piece.end;
  }
  return { found: { ...step.value, synced, recordsEnd }, checkedBytes };
}

function cutAside(disk: Disk, dir: string, found: WalkEnd): Recovered["cut"] {
  const { segment, offset } = found.end;
  let bytes = found.tornBytes;
  const files: string[] = [];
  // The newest first: were an earlier one to vanish before a later one, a power failure would leave a hole.
  for (const number of [...found.beyond].reverse()) {
    bytes += disk.look(segmentPath(dir, number))?.bytes ?? 0;
    const name = setAside(disk, dir, number);
    if (name !== undefined) files.push(name);
  }
  if (found.tornBytes > 0) files.push(copyAside(disk, dir, segment, offset, offset + found.tornBytes));
  return bytes === 0 ? null : { bytes, files };
}

/** Replaces the segment by a copy of its good part; returns the length. */
function rewrite(disk: Disk, dir: string, { end: { segment, offset }, looseFrom }: Found): number {
  return replaceSegment(disk, dir, segment, (copy) => {
    withFile(disk, segmentPath(dir, segment), (file) => {
      copyBytes(file, copy, 0, offset);
      if (looseFrom === undefined) return;
      // The last lines get the sum that they had lost.
      const chunk = readRange(file, looseFrom, offset - looseFrom);
      writeAll(copy, Buffer.from(sumLine(segment, looseFrom, chunk, 0)));
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
