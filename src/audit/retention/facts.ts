import type { Disk } from "../../core/disk.js";
import { withFile } from "../log/files.js";
import { listSegments, logPlaces, namesIn, segmentPath } from "../log/layout.js";
import { readLeaf } from "../log/leaf.js";
import { LineReader } from "../log/lines.js";
import { newestNotes } from "../log/notes.js";
import { parseVkey } from "../note/index.js";
import type { Checkpoint } from "../note/index.js";
import { vaultPath } from "../privacy/index.js";
import type { SegmentFacts } from "./plan.js";

/** What a log is made of, for a plan. */
export interface LogFacts {
  readonly segments: readonly SegmentFacts[];
  /** The newest checkpoint that the log's key has signed; null when there is none. */
  readonly signed: Checkpoint | null;
}

/** Looks at a log. @throws ReinError `record_failed`, `key_invalid`; errors of the system */
export function readLogFacts(disk: Disk, dir: string): LogFacts {
  const firsts = listSegments(disk, dir);
  const blobs = blobBytes(disk, dir, firsts);
  const segments = firsts.map((first, i): SegmentFacts => {
    const end = firsts[i + 1] ?? null;
    const bytes =
      sizeOf(disk, segmentPath(dir, first)) + sizeOf(disk, vaultPath(dir, first)) + (blobs.get(first) ?? 0);
    return { first, end, bytes, endedAt: end === null ? null : beginning(disk, dir, end) };
  });
  return { segments, signed: newestSigned(disk, dir) };
}

/** Index of the leaf that a large value belongs to, by its file's name; undefined for other files. */
export function indexOfBlob(name: string): number | undefined {
  const index = Number(/^(\d{16})\./.exec(name)?.[1] ?? NaN);
  return Number.isSafeInteger(index) ? index : undefined;
}

function newestSigned(disk: Disk, dir: string): Checkpoint | null {
  const { vkey } = logPlaces(dir);
  if (disk.look(vkey) === undefined) return null;
  const verifier = parseVkey(new TextDecoder().decode(disk.read(vkey)).trim());
  return newestNotes(disk, dir, verifier).at(-1)?.checkpoint ?? null;
}

/** When a segment began, by its first leaf. */
function beginning(disk: Disk, dir: string, first: number): number | null {
  return withFile(disk, segmentPath(dir, first), (file) => {
    const line = new LineReader(file).next();
    const leaf = line === undefined ? "none" : readLeaf(line.toString());
    const at = typeof leaf === "string" ? null : leaf["at"];
    return typeof at === "number" && Number.isFinite(at) ? at : null;
  });
}

function blobBytes(disk: Disk, dir: string, firsts: readonly number[]): Map<number, number> {
  const { blobs } = logPlaces(dir);
  const bytes = new Map<number, number>();
  for (const name of namesIn(disk, blobs)) {
    const index = indexOfBlob(name);
    const home = index === undefined ? undefined : firsts.findLast((first) => first <= index);
    if (home !== undefined) bytes.set(home, (bytes.get(home) ?? 0) + sizeOf(disk, `${blobs}/${name}`));
  }
  return bytes;
}

function sizeOf(disk: Disk, path: string): number {
  return disk.look(path)?.bytes ?? 0;
}
