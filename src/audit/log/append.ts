import type { Disk } from "../../core/disk.js";
import { readErasure } from "../privacy/erasure.js";
import type { Erasure } from "../privacy/erasure.js";
import { fieldsOf, fit, split } from "../ring/fields.js";
import { fileHeads } from "./head.js";
import { logPlaces } from "./layout.js";
import type { LeafSink } from "./leaf-sink.js";
import { recoverLog } from "./recover.js";
import { LogWriter } from "./writer.js";

export interface AppendOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Who appends, in the log. */
  readonly writer: string;
  readonly software: string;
  readonly now: () => number;
  /** Further directories of heads, besides the log's own. */
  readonly headDirs?: readonly string[] | undefined;
  readonly origin?: string | undefined;
  /** What a new log goes on from, said in its first record. */
  readonly previous?: object | undefined;
  readonly fence?: boolean | undefined;
  readonly mustBeOurs?: (() => void) | undefined;
}

/** Appends a record to a log, its large values in files of their own. */
export function appendRecord(sink: LeafSink, record: object): void {
  const [head, tail] = split(
    fit(fieldsOf(record, null), (field, text) => {
      sink.blob(field, text);
    }),
  );
  sink.append(head, tail);
}

/**
 * Opens a log that nobody else writes to, or makes one, appends records, signs them and closes it: durable when it
 * returns. Returns the number of records in the log behind the last of them.
 *
 * @throws what `recoverLog` throws; errors of the system
 */
export function appendToLog(options: AppendOptions, records: Iterable<object>): number {
  const { disk, dir, headDirs = [], origin, fence, mustBeOurs, now, ...about } = options;
  const heads = [logPlaces(dir).heads, ...headDirs].map((place) => fileHeads(disk, place));
  const end = recoverLog({ disk, dir, heads, origin, fence, mustBeOurs });
  const mono = (): number => performance.now();
  const writer = new LogWriter({ disk, dir, heads, end, mustBeOurs, now, mono, ...about });
  const erasures: Erasure[] = [];
  try {
    for (const record of records) {
      appendRecord(writer, record);
      const { type, what } = record as { readonly type?: unknown; readonly what?: unknown };
      const erasure = type === "log.redacted" ? readErasure(what) : undefined;
      if (erasure !== undefined) erasures.push(erasure);
      if (writer.backlog > BACKLOG_BYTES_MAX) writer.write();
    }
    const { size } = writer;
    writer.checkpoint();
    for (const erasure of erasures) writer.forget(erasure);
    writer.close();
    return size;
  } finally {
    writer.release();
  }
}

const BACKLOG_BYTES_MAX = 1 << 22;
