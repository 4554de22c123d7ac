import { isUtf8 } from "node:buffer";
import type { Disk, ReadableFile } from "../../core/disk.js";
import { damaged, listSegments, logPlaces, notAFile, segmentPath, unreadable } from "../log/layout.js";
import { readLeaf } from "../log/leaf.js";
import { LineReader } from "../log/lines.js";
import { parseCheckpoint, parseNote } from "../note/index.js";
import { hashToBase64 } from "../tree/index.js";
import type { ExportContext, ExportEntry } from "./entry.js";

export interface LogLeavesOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  /** First index that is wanted. */
  readonly from?: number | undefined;
}

/**
 * Reads the leaves of a log in order, one at a time. Nothing is verified but that each is a leaf with the right index:
 * that is `rein audit verify`'s task. The end of the last segment may be what a crash left, and is an end.
 *
 * @throws ReinError `record_damaged` with the place, `record_failed`
 */
export function* logLeaves({ disk, dir, from = 0 }: LogLeavesOptions): Generator<ExportEntry, void, void> {
  const segments = listSegments(disk, dir);
  for (const [i, first] of segments.entries()) {
    const limit = segments[i + 1] ?? Infinity;
    if (limit > from) yield* segmentLeaves(disk, dir, first, limit, from);
  }
}

function* segmentLeaves(
  disk: Disk,
  dir: string,
  first: number,
  limit: number,
  from: number,
): Generator<ExportEntry, void, void> {
  const path = segmentPath(dir, first);
  const problem = notAFile(disk, path);
  if (problem !== undefined) throw damaged(path, problem);
  const file = open(disk, path);
  try {
    const lines = new LineReader(file);
    for (let n = first; n < limit; n++) {
      const line = lines.next();
      if (line === undefined) {
        if (limit === Infinity) return;
        throw damaged(path, `ends with record ${n - 1}, and the next segment begins with ${limit}`);
      }
      if (n < from) continue;
      const record = isUtf8(line) ? readLeaf(line.toString()) : "is not UTF-8";
      const why =
        typeof record === "string" ? record : record.n === n ? undefined : `says that it is ${record.n}`;
      if (typeof record !== "string" && why === undefined) {
        yield { n, line: line.toString(), record };
        continue;
      }
      // Behind what was signed, a crash may have left anything.
      if (limit === Infinity && n >= (headOf(disk, dir)?.size ?? 0)) return;
      throw damaged(path, `has a record ${n} that ${why ?? ""}`);
    }
  } finally {
    file.close();
  }
}

function open(disk: Disk, path: string): ReadableFile {
  try {
    return disk.openToRead(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The newest checkpoint in the log's directory, as it says, without a look at its signature; undefined without one. */
export function headOf(
  disk: Disk,
  dir: string,
): { readonly origin: string; readonly size: number; readonly root: string } | undefined {
  try {
    const { origin, size, root } = parseCheckpoint(parseNote(disk.read(logPlaces(dir).checkpoint)).text);
    return { origin, size, root: hashToBase64(root) };
  } catch {
    return undefined;
  }
}

/** What an export says of a log. The name comes from its checkpoint, or else from its first leaf. */
export function contextOf(disk: Disk, dir: string, version: string): ExportContext {
  const head = headOf(disk, dir);
  if (head !== undefined) return { origin: head.origin, head: { size: head.size, root: head.root }, version };
  return { origin: firstOrigin(disk, dir) ?? "unknown-log", version };
}

function firstOrigin(disk: Disk, dir: string): string | undefined {
  try {
    for (const { record } of logLeaves({ disk, dir })) {
      const { origin } = record;
      return typeof origin === "string" && origin !== "" ? origin : undefined;
    }
  } catch {
    // Whoever reads the leaves is told.
  }
  return undefined;
}
