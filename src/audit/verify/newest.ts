import type { Disk } from "../../core/disk.js";
import { readRange, withFile } from "../log/files.js";
import { listSegments, notAFile, segmentPath } from "../log/layout.js";

const PIECE = 1 << 16;
const LINE_END = 0x0a;

/**
 * Index of the oldest of the newest `count` leaves, found from the end of the log.
 *
 * @throws ReinError `record_failed`
 */
export function oldestOf(disk: Disk, dir: string, count: number): number {
  const segments = listSegments(disk, dir);
  const last = segments.at(-1);
  if (last === undefined) return 0;
  const size = last + linesIn(disk, dir, last);
  return Math.max(segments[0] ?? 0, size - count);
}

function linesIn(disk: Disk, dir: string, first: number): number {
  const path = segmentPath(dir, first);
  if (notAFile(disk, path) !== undefined) return 0;
  return withFile(disk, path, (file) => {
    let lines = 0;
    for (let at = 0; at < file.bytes; at += PIECE) {
      const piece = readRange(file, at, PIECE);
      for (let end = piece.indexOf(LINE_END); end >= 0; end = piece.indexOf(LINE_END, end + 1)) lines++;
    }
    return lines;
  });
}
