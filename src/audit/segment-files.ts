import { dirname, join } from "node:path";
import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";

/** A place in the records: a segment, counted from 1, and a byte in it. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
}

/** Below, at, or beyond: negative, 0, positive. */
export function comparePositions(a: Position, b: Position): number {
  return a.segment - b.segment || a.offset - b.offset;
}

/** The directory for what had to be cut out of the records. */
export const QUARANTINE = "quarantine";

const NAME = /^records-(\d{8,15})\.jsonl$/;

export function segmentName(segment: number): string {
  return `records-${String(segment).padStart(8, "0")}.jsonl`;
}

export function segmentPath(dir: string, segment: number): string {
  return join(dir, segmentName(segment));
}

/** Numbers of the segments in a directory, ascending; none where there is no directory. */
export function listSegments(disk: Disk, dir: string): number[] {
  return namesIn(disk, dir)
    .flatMap((name) => {
      const number = Number(NAME.exec(name)?.[1] ?? NaN);
      return segmentName(number) === name ? [number] : [];
    })
    .sort((a, b) => a - b);
}

/** Names in a directory; none where there is no directory. */
export function namesIn(disk: Disk, dir: string): string[] {
  try {
    return disk.list(dir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(dir, error);
  }
}

/** Makes a directory so that a power failure does not take it away again. */
export function makeDirDurably(disk: Disk, path: string): void {
  if (disk.look(path) !== undefined) return;
  const parent = dirname(path);
  if (parent !== path) makeDirDurably(disk, parent);
  disk.makeDir(path);
  disk.syncDirNow(parent);
}

/** Whether an error says that nothing is at a path. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ENOENT";
}

/** What keeps a segment from being read: undefined for a plain file. */
export function notAFile(disk: Disk, dir: string, segment: number): string | undefined {
  const facts = disk.look(segmentPath(dir, segment));
  if (facts === undefined) return "is missing";
  if (facts.type === "link") return "is a link, and links are not followed";
  return facts.type === "file" ? undefined : "is not a file";
}

/** The records at a place are not what was written there. */
export function damaged(dir: string, at: Position, problem: string, cause?: unknown): ReinError {
  return new ReinError(
    "record_damaged",
    `\`${segmentPath(dir, at.segment)}\` is damaged at byte ${at.offset}: ${problem}`,
    { help: `look at it with \`rein doctor\`, then run \`rein doctor --repair ${dir}\``, cause },
  );
}

/** The system does not let the records be read or put in order. */
export function unreadable(path: string, cause: unknown): ReinError {
  return new ReinError("record_failed", `the records in \`${path}\` cannot be read: ${messageOf(cause)}`, {
    help: "check the disk, and that this user may read and write the directory",
    cause,
  });
}
