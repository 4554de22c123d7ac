import type { Disk } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";
import { withFile } from "../log/files.js";
import { listSegments, segmentPath } from "../log/layout.js";
import { readLeaf } from "../log/leaf.js";
import type { LogRecord } from "../log/leaf.js";
import { LineReader } from "../log/lines.js";
import { Redactions } from "./erasure.js";

const REDACTED = Buffer.from('"type":"log.redacted"');

/**
 * One leaf of a log.
 *
 * @throws InvalidInputError when there is none with this index, ReinError `record_failed`
 */
export function leafAt(disk: Disk, dir: string, n: number): LogRecord {
  const segments = listSegments(disk, dir);
  const first = segments.findLast((segment) => segment <= n);
  if (first === undefined) {
    throw new InvalidInputError("record", `there is no record ${n} in \`${dir}\` any more`, {
      help:
        segments[0] === undefined ? "give the log's directory" : `the oldest that is kept is ${segments[0]}`,
    });
  }
  const leaf = withFile(disk, segmentPath(dir, first), (file) => {
    const lines = new LineReader(file);
    for (let index = first; index < n; index++) if (lines.next() === undefined) return undefined;
    const line = lines.next();
    return line === undefined ? undefined : readLeaf(line.toString());
  });
  if (leaf === undefined) {
    throw new InvalidInputError("record", `the log in \`${dir}\` has no record ${n} yet`, {
      help: "records are numbered from 0; `rein audit tail` shows the newest",
    });
  }
  if (typeof leaf !== "string" && leaf.n === n) return leaf;
  const why = typeof leaf === "string" ? leaf : `says that it is record ${leaf.n}`;
  throw new InvalidInputError("record", `record ${n} ${why}`, { help: "run `rein audit verify`" });
}

/** All that the log says was erased, in leaves from `from` on. @throws ReinError `record_failed` */
export function readRedactions(disk: Disk, dir: string, from = 0): Redactions {
  const redactions = new Redactions();
  const segments = listSegments(disk, dir);
  segments.forEach((first, i) => {
    const end = segments[i + 1] ?? Infinity;
    if (end <= from) return;
    eachLine(disk, dir, first, end, (line) => {
      if (!line.includes(REDACTED)) return true;
      const leaf = readLeaf(line.toString());
      if (typeof leaf !== "string") redactions.add(leaf);
      return true;
    });
  });
  return redactions;
}

/**
 * The first leaf that is not older than a time, by what the leaves say; the log's size when all are older. Clocks are
 * set, so that leaves before it may be newer.
 */
export function firstLeafSince(disk: Disk, dir: string, at: number): number {
  const segments = listSegments(disk, dir);
  const isOld = (line: Buffer): boolean => {
    const leaf = readLeaf(line.toString());
    return typeof leaf !== "string" && typeof leaf["at"] === "number" && leaf["at"] < at;
  };
  // The last segment that begins with an old leaf, and none before it does not.
  let home = 0;
  for (let i = 1; i < segments.length; i++) {
    let begins = false;
    eachLine(disk, dir, segments[i]!, segments[i + 1] ?? Infinity, (line) => {
      begins = isOld(line);
      return false;
    });
    if (!begins) break;
    home = i;
  }
  const first = segments[home];
  if (first === undefined) return 0;
  let index = first;
  eachLine(disk, dir, first, segments[home + 1] ?? Infinity, (line) => {
    if (!isOld(line)) return false;
    index++;
    return true;
  });
  return index;
}

/** Runs through the lines of a segment while `use` says so. */
function eachLine(disk: Disk, dir: string, first: number, end: number, use: (line: Buffer) => boolean): void {
  withFile(disk, segmentPath(dir, first), (file) => {
    const lines = new LineReader(file);
    for (let index = first; index < end; index++) {
      const line = lines.next();
      if (line === undefined || !use(line)) return;
    }
  });
}
