import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { removeIfThere } from "./disk-files.js";
import { storeFileOf } from "./file-names.js";

export interface InUse {
  /** The newest snapshot and the one before; 0 for none. */
  readonly snapshot: number;
  readonly previous: number;
  /** The journal that everything in force begins with. */
  readonly base: number;
}

/** Journals that a later one has restated and that are kept for repairs all the same. */
const RESTATED_KEPT = 8;

/**
 * Removes what neither a start nor a repair needs. The snapshot before the newest stays, with its journals: it is
 * what a repair falls back to. What cannot be removed is left for the next time.
 */
export function sweep(disk: Disk, dir: string, inUse: InUse): void {
  let names: readonly string[];
  try {
    names = disk.list(dir);
  } catch {
    return;
  }
  const restated: { readonly name: string; readonly number: number }[] = [];
  for (const name of names) {
    const file = storeFileOf(name);
    if (file === undefined) continue;
    if (file.kind === "snapshot") {
      if (file.number !== inUse.snapshot && file.number !== inUse.previous)
        removeIfThere(disk, join(dir, name));
    } else if (file.kind === "journal") {
      if (file.number < inUse.previous) removeIfThere(disk, join(dir, name));
      else if (file.number >= inUse.snapshot && file.number < inUse.base) {
        restated.push({ name, number: file.number });
      }
    }
  }
  restated.sort((a, b) => b.number - a.number);
  for (const { name } of restated.slice(RESTATED_KEPT)) removeIfThere(disk, join(dir, name));
}

/** Removes files that never got their real names; only the owner may, before it writes any itself. */
export function sweepTemporaries(disk: Disk, dir: string): void {
  for (const name of disk.list(dir)) {
    if (storeFileOf(name)?.kind === "temporary") removeIfThere(disk, join(dir, name));
  }
}
