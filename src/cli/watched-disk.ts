import { basename } from "node:path";
import type { Disk } from "../core/disk.js";
import { steadyDisk } from "../rein/reading.js";
import { nodeDisk } from "../store/index.js";

const RECORDS = /^records-\d+\.jsonl$/;

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

/** The records in a directory: how many files, and how large. */
export function recordsSize(dir: string): { readonly segments: number; readonly bytes: number } {
  const names = nodeDisk.list(dir).filter((name) => RECORDS.test(name));
  const bytes = names.reduce((sum, name) => sum + (nodeDisk.look(`${dir}/${name}`)?.bytes ?? 0), 0);
  return { segments: names.length, bytes };
}
