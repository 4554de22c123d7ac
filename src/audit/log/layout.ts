import { dirname, join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";

/** The format of logs that this version writes. */
export const LOG_FORMAT = 1;

/** Digits of an index in a name: names sort as indices do. */
const DIGITS = 16;

/** Where the parts of a log are; see docs/log-format.md. */
export interface LogPlaces {
  readonly dir: string;
  readonly vkey: string;
  readonly checkpoint: string;
  readonly checkpoints: string;
  readonly segments: string;
  readonly blobs: string;
  readonly heads: string;
  readonly keys: string;
  readonly vault: string;
  readonly receipts: string;
  readonly quarantine: string;
}

export function logPlaces(dir: string): LogPlaces {
  return {
    dir,
    vkey: join(dir, "vkey"),
    checkpoint: join(dir, "checkpoint"),
    checkpoints: join(dir, "checkpoints"),
    segments: join(dir, "seg"),
    blobs: join(dir, "blobs"),
    heads: join(dir, "head"),
    keys: join(dir, "keys"),
    vault: join(dir, "vault"),
    receipts: join(dir, "receipts"),
    quarantine: join(dir, "quarantine"),
  };
}

/** The log of a governor that keeps its state in `dir`. */
export function logDirIn(stateDir: string): string {
  return join(stateDir, "audit");
}

/** The log that somebody means who names a directory: of a log, or of a governor's state. */
export function logDirOf(disk: Disk, dir: string): string {
  return isLog(disk, dir) || !isLog(disk, logDirIn(dir)) ? dir : logDirIn(dir);
}

/** Whether there is a log in a directory, however little of it. */
export function isLog(disk: Disk, dir: string): boolean {
  const { checkpoint, checkpoints, segments } = logPlaces(dir);
  return [segments, checkpoint, checkpoints].some((path) => lookAt(disk, path) !== undefined);
}

function lookAt(disk: Disk, path: string): unknown {
  try {
    return disk.look(path);
  } catch {
    return undefined;
  }
}

/** The part of a name that is an index: `0000000000065536`. */
export function indexName(index: number): string {
  return String(index).padStart(DIGITS, "0");
}

export function segmentPath(dir: string, first: number): string {
  return join(dir, "seg", `${indexName(first)}.jsonl`);
}

/** Leaf hashes of a segment, 32 bytes each. */
export function hashesPath(dir: string, first: number): string {
  return join(dir, "seg", `${indexName(first)}.hashes`);
}

/** The compact range before a segment's first leaf. */
export function rangePath(dir: string, first: number): string {
  return join(dir, "seg", `${indexName(first)}.range`);
}

export function blobName(index: number, field: string): string {
  // A field is a name of ours; one that is not must not become a path.
  return `${indexName(index)}.${field.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}.json`;
}

export function blobPath(dir: string, index: number, field: string): string {
  return join(dir, "blobs", blobName(index, field));
}

const NAME = /^(\d{16})\.([a-z]+)$/;

/** First indices of the segments that are there, ascending; none where there is no log. @throws ReinError `record_failed` */
export function listSegments(disk: Disk, dir: string, kind: "jsonl" | "hashes" = "jsonl"): number[] {
  return namesIn(disk, join(dir, "seg"))
    .flatMap((name) => {
      const match = NAME.exec(name);
      const first = Number(match?.[1] ?? NaN);
      return match?.[2] === kind && Number.isSafeInteger(first) ? [first] : [];
    })
    .sort((a, b) => a - b);
}

/** Names in a directory; none where there is no directory. @throws ReinError `record_failed` */
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

/** What keeps a file from being read: undefined for a plain one. */
export function notAFile(disk: Disk, path: string): string | undefined {
  const facts = disk.look(path);
  if (facts === undefined) return "is missing";
  if (facts.type === "link") return "is a link, and links are not followed";
  return facts.type === "file" ? undefined : "is not a file";
}

/** The system does not let the log be read. */
export function unreadable(path: string, cause: unknown): ReinError {
  return new ReinError("record_failed", `the log in \`${path}\` cannot be read: ${messageOf(cause)}`, {
    help: "check the disk, and that this user may read the directory",
    cause,
  });
}

/** What is there is not what was written. */
export function damaged(path: string, problem: string, cause?: unknown): ReinError {
  return new ReinError("record_damaged", `\`${path}\` ${problem}`, {
    help: "run `rein audit verify` to see what is wrong, and keep a copy before anything else; `rein doctor --repair` sets the log aside and begins a new one",
    cause,
  });
}
