import { basename } from "node:path";
import { logBytes } from "../audit/index.js";
import { listSegments } from "../audit/log/layout.js";
import type { Disk } from "../core/disk.js";
import { steadyDisk } from "../rein/reading.js";
import { nodeDisk } from "../store/index.js";

const RECORDS = /^\d{16}\.jsonl$/;

/**
 * The disk of this machine, which tells how much of the records has been read: a progress line is made of that. They
 * may be written to meanwhile.
 */
export function watchedDisk(onBytes: (bytes: number) => void): Disk {
  const disk = steadyDisk(nodeDisk);
  return {
    ...disk,
    openToRead(path) {
      const file = disk.openToRead(path);
      if (!RECORDS.test(basename(path))) return file;
      return {
        bytes: file.bytes,
        read(target, position) {
          const bytes = file.read(target, position);
          onBytes(bytes);
          return bytes;
        },
        close: () => {
          file.close();
        },
      };
    },
  };
}

/** The records of a log: how many files, and how large. */
export function recordsSize(log: string): { readonly segments: number; readonly bytes: number } {
  return { segments: listSegments(nodeDisk, log).length, bytes: logBytes(nodeDisk, log) };
}
