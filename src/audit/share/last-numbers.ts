import type { Disk } from "../../core/disk.js";
import { withFile } from "../log/files.js";
import { listSegments, notAFile, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import { LeafScanner } from "../verify/leaf-scanner.js";

const I = ',"i":';

/**
 * The number of the newest record of each run among the leaves from an index on: what of a run that was being sent has
 * arrived. Leaves must be whole and in order, as recovery leaves them.
 *
 * @throws ReinError `record_failed`; the system's errors
 */
export function lastNumbers(disk: Disk, dir: string, from: number, size: number): Map<string, number> {
  const found = new Map<string, number>();
  const scanner = new LeafScanner();
  const segments = listSegments(disk, dir);
  segments.forEach((first, k) => {
    const limit = Math.min(segments[k + 1] ?? Infinity, size);
    if (limit <= from || notAFile(disk, segmentPath(dir, first)) !== undefined) return;
    withFile(disk, segmentPath(dir, first), (file) => {
      const lines = new LineReader(file);
      for (let index = first; index < limit; index++) {
        const line = lines.next();
        if (line === undefined) return;
        if (index < from) continue;
        // The end of the line stands behind it.
        const withEnd = Buffer.from(line.buffer, line.byteOffset, line.length + 1);
        if (scanner.scan(withEnd, 0) !== undefined || scanner.boot === "") continue;
        const number = numberIn(line);
        if (number !== undefined) found.set(scanner.boot, number);
      }
    });
  });
  return found;
}

/** Field `i` of a line. */
function numberIn(line: Buffer): number | undefined {
  const at = line.indexOf(I, 0, "latin1");
  if (at < 0) return undefined;
  // Something inside of it may be called the same.
  if (line.indexOf(I, at + 1, "latin1") >= 0 || line[0] !== 0x7b) return parsed(line);
  const number = Number.parseInt(line.toString("latin1", at + I.length, at + I.length + 17), 10);
  return Number.isSafeInteger(number) ? number : parsed(line);
}

function parsed(line: Buffer): number | undefined {
  const { i } = JSON.parse(line.toString()) as { readonly i?: unknown };
  return typeof i === "number" ? i : undefined;
}
