import { closeSync, fdatasync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RecordSink } from "./record-log.js";

/** The file of records inside a directory. */
export const RECORDS_FILE = "records.jsonl";

const syncFile = promisify(fdatasync);

/** Appends lines to `records.jsonl` in `dir`, which is made when it is missing; only its owner may read either. */
export function jsonlFile(dir: string): RecordSink {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fd = openSync(join(dir, RECORDS_FILE), "a", 0o600);
  // A disk that fills up takes part of a piece. The caller then offers the same lines again, perhaps with more behind
  // them, and the part that is there already is passed over.
  let there = 0;
  return {
    write(lines) {
      const bytes = Buffer.from(lines);
      while (there < bytes.length) there += writeSync(fd, bytes, there);
      there = 0;
    },
    sync: () => syncFile(fd),
    close: () => {
      closeSync(fd);
      return Promise.resolve();
    },
  };
}
