import { messageOf, ReinError } from "../core/errors.js";
import { soundChunkAfter, withFile } from "./chunks.js";
import { Filler } from "./filler.js";
import { inspectRecords, lookOn } from "./inspect.js";
import type { Finding, RecordsOptions } from "./inspect.js";
import { keepAside, setAside } from "./quarantine.js";
import { copyBytes, replaceSegment, writeAll } from "./replace-segment.js";
import { comparePositions, segmentName, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import type { Damage } from "./walk.js";

export interface RepairOptions extends RecordsOptions {
  /** Wall time in ms, for the marks. */
  readonly now: () => number;
}

/**
 * Makes damaged records readable again. Each damaged file is kept whole in `quarantine/`; in its place comes a copy in
 * which a record `gap` stands where the damage was. All other records stay, and stay where they are, so that
 * positions in snapshots hold. No record is made up, and none is deleted.
 *
 * The process that owns the directory must not be running.
 *
 * @returns what was found, with what was done about it
 * @throws ReinError `store_newer`, `record_failed`
 */
export function repairRecords(options: RepairOptions): Finding[] {
  const { disk, dir } = options;
  const done: Finding[] = [];
  let last: Position | undefined;
  try {
    for (;;) {
      const found = lookOn(disk, dir, last);
      if ("end" in found) return [...done, ...inspectRecords(options)];
      const { at, problem } = found;
      if (last !== undefined && comparePositions(last, at) === 0) {
        throw new Error(`the damage of ${segmentName(at.segment)} at byte ${at.offset} does not go away`);
      }
      last = at;
      const kept = mend(options, found);
      done.push({
        kind: "damage",
        file: segmentName(at.segment),
        problem: `${problem} (byte ${at.offset})`,
        fix: kept === undefined ? "marked as lost" : `kept as \`${kept}\`, and what is lost is marked`,
      });
    }
  } catch (error) {
    if (ReinError.isInstance(error)) throw error;
    throw new ReinError("record_failed", `the records cannot be repaired: ${messageOf(error)}`, {
      help: "free space or mend the disk, then repair again; nothing is lost",
      cause: error,
    });
  }
}

/** Mends one place; returns where the file as it was is kept, undefined when there was none. */
function mend(
  { disk, dir, now }: RepairOptions,
  { at: { segment, offset }, what }: Damage,
): string | undefined {
  const path = segmentPath(dir, segment);
  const before = disk.look(segmentPath(dir, segment - 1))?.bytes;
  const kept = what === "file" ? setAside(disk, dir, segment) : keepAside(disk, dir, segment);
  const reason = kept === undefined ? "the segment was missing" : `damaged, quarantined as ${kept}`;
  const filler = new Filler(segment, now(), reason);
  replaceSegment(disk, dir, segment, (copy) => {
    const fill = (bytes: Buffer): void => {
      writeAll(copy, bytes);
    };
    if (what === "file") {
      fill(filler.header(before));
      fill(filler.closing(copy.bytes));
      return;
    }
    withFile(disk, path, (file) => {
      copyBytes(file, copy, 0, offset);
      if (what === "extra") return;
      if (offset === 0) fill(filler.header(before));
      let next = soundChunkAfter(file, segment, offset, 0);
      // A mark takes some room; where it has too little, the chunk behind it has to go, too.
      while (next !== undefined && !filler.fits(next - copy.bytes)) {
        next = soundChunkAfter(file, segment, next + 1, 0);
      }
      if (next === undefined) {
        fill(filler.closing(copy.bytes));
        return;
      }
      while (copy.bytes < next) fill(filler.piece(copy.bytes, next));
      copyBytes(file, copy, next, file.bytes);
    });
  });
  return kept;
}
