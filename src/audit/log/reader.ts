import { createHash } from "node:crypto";
import type { Disk } from "../../core/disk.js";
import { withFile } from "./files.js";
import { fileHeads } from "./head.js";
import { blobPath, damaged, listSegments, logPlaces, notAFile, segmentPath } from "./layout.js";
import { isBlobRef } from "./leaf.js";
import type { LogRecord } from "./leaf.js";
import { LineReader } from "./lines.js";

export interface ReadOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Index of the first leaf; the oldest that is there when left out. */
  readonly from?: number | undefined;
  /** Values that stand in files of their own are put into the records. */
  readonly withBlobs?: boolean | undefined;
  /** Hears that the log ends in something that is not a whole leaf: a crash, or a write that is under way. */
  readonly onTorn?: ((torn: { readonly size: number; readonly bytes: number }) => void) | undefined;
}

/**
 * Reads records in order, holding a piece of the log at a time; returns the index behind the last one. Indices must
 * follow each other; whether the records are those that were signed is for `verifyLog` to say. What is torn behind the
 * signed ones is an end.
 *
 * @throws ReinError `record_damaged` when leaves are missing or unreadable in the middle, `record_failed`
 */
export function* readLog(options: ReadOptions): Generator<LogRecord, number, void> {
  const { disk, dir, withBlobs = false, onTorn } = options;
  // What was signed before we look is there when we look.
  const signed = signedSize(disk, dir);
  const segments = listSegments(disk, dir);
  let at = options.from ?? segments[0] ?? 0;
  for (;;) {
    const segment = listSegments(disk, dir).findLast((first) => first <= at);
    if (segment === undefined) {
      if ((segments.length === 0 || at === 0) && at >= signed) return at;
      throw damaged(segmentPath(dir, at), "is missing");
    }
    const before = at;
    const torn = yield* readSegment(segment);
    // The next one may have been begun since.
    const next = listSegments(disk, dir).find((first) => first > segment);
    if (at === before || torn > 0) {
      if (next !== undefined && at !== next) {
        throw damaged(
          segmentPath(dir, segment),
          `ends with record ${at - 1}, and the next segment begins with ${next}`,
        );
      }
      if (next === undefined) {
        if (at < signed)
          throw damaged(segmentPath(dir, segment), `has no sound record ${at}, and ${signed} were signed`);
        if (torn > 0) onTorn?.({ size: at, bytes: torn });
        return at;
      }
    }
  }

  /** Reads a segment as far as it counts; returns how many bytes are left that are no leaves. */
  function* readSegment(first: number): Generator<LogRecord, number, void> {
    const path = segmentPath(dir, first);
    const problem = notAFile(disk, path);
    if (problem !== undefined) throw damaged(path, problem);
    const limit = listSegments(disk, dir).find((other) => other > first) ?? Infinity;
    const file = disk.openToRead(path);
    try {
      const lines = new LineReader(file);
      for (let index = first; index < limit; index++) {
        const line = lines.next();
        if (line === undefined) return file.bytes - lines.offset;
        if (index < at) continue;
        const record = parse(line.toString());
        if (record?.n !== index) return file.bytes - lines.offset + line.length + 1;
        at = index + 1;
        yield withBlobs ? withValues(disk, dir, record) : record;
      }
      return 0;
    } finally {
      file.close();
    }
  }
}

/** Records of the newest head that was kept; 0 where that cannot be said. */
function signedSize(disk: Disk, dir: string): number {
  try {
    return fileHeads(disk, logPlaces(dir).heads).read()?.size ?? 0;
  } catch {
    return 0;
  }
}

/** Bytes of all segments together. */
export function logBytes(disk: Disk, dir: string): number {
  return listSegments(disk, dir).reduce(
    (sum, first) => sum + (disk.look(segmentPath(dir, first))?.bytes ?? 0),
    0,
  );
}

/** A record with the values that stand in files of their own. @throws ReinError `record_damaged` */
export function withValues(disk: Disk, dir: string, record: LogRecord): LogRecord {
  let whole: Record<string, unknown> | undefined;
  for (const [field, value] of Object.entries(record)) {
    if (!isBlobRef(value)) continue;
    whole ??= { ...record };
    const found = JSON.parse(blobText(disk, dir, record.n, field, value.$blob)) as object;
    // Very many small fields stand together in one file.
    if (field === "record") Object.assign(whole, { record: undefined }, found);
    else whole[field] = found;
  }
  return (whole as LogRecord | undefined) ?? record;
}

function blobText(disk: Disk, dir: string, index: number, field: string, sha256: string): string {
  const path = blobPath(dir, index, field);
  const problem = notAFile(disk, path);
  if (problem !== undefined) throw damaged(path, problem);
  const bytes = withFile(disk, path, () => disk.read(path));
  if (createHash("sha256").update(bytes).digest("hex") === sha256) return new TextDecoder().decode(bytes);
  throw damaged(path, `is not what record ${index} says it is`);
}

function parse(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as LogRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
