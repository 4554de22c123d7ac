import type { Disk } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";
import { fileHeads } from "../log/head.js";
import { isLog, logPlaces } from "../log/layout.js";
import { piecesOf } from "../log/leaf.js";
import type { LeafSink } from "../log/leaf-sink.js";
import { recoverLog } from "../log/recover.js";
import { LogWriter } from "../log/writer.js";
import { isKeyName } from "../note/index.js";
import { hashToBase64 } from "../tree/index.js";
import type { ImportRecord } from "./import-log.js";

/** A log that was written. */
export interface WrittenLog {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly vkey: string;
}

export interface NewLogOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly origin: string;
  readonly software: string;
  readonly now: () => number;
  readonly mono: () => number;
}

/** Bytes that wait in memory before they are written. */
const MAX_BACKLOG = 1 << 20;

/**
 * Writes a log of its own with nothing but these records in it, closed and signed at the end.
 *
 * @throws InvalidInputError when there is a log already, or the name cannot be one; ReinError; the system's errors
 */
export function writeNewLog(options: NewLogOptions, records: Iterable<ImportRecord>): WrittenLog {
  const { disk, dir, origin } = options;
  if (isLog(disk, dir)) {
    throw new InvalidInputError("dir", `there is a log in \`${dir}\` already`, {
      help: "an import makes a new log: give a directory that does not exist yet",
    });
  }
  if (!isKeyName(origin)) {
    throw new InvalidInputError("origin", `\`${origin}\` cannot name a log`, {
      help: "give a name without spaces and `+`, such as example.com/old-audit-log",
    });
  }
  const heads = [fileHeads(disk, logPlaces(dir).heads)];
  const end = recoverLog({ disk, dir, heads, origin });
  const writer = new LogWriter({ ...options, end, heads, writer: "import" });
  try {
    appendRecords(writer, records);
    writer.close();
  } catch (error) {
    writer.release();
    throw error;
  }
  const head = heads[0]!.read();
  return { origin, size: writer.size, root: head === null ? "" : hashToBase64(head.root), vkey: writer.vkey };
}

/** Appends records, and writes whenever enough of them wait. */
export function appendRecords(sink: LeafSink, records: Iterable<ImportRecord>): void {
  for (const { record, blob } of records) {
    if (blob !== undefined) sink.blob(blob.field, blob.text);
    const { head, tail } = piecesOf(record);
    sink.append(head, tail);
    if (blob !== undefined || sink.backlog > MAX_BACKLOG) sink.write();
  }
  sink.sync();
}
