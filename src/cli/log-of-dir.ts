import { logDirIn, logDirOf } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import { fromStored } from "../rein/saved.js";
import type { SavedState } from "../rein/saved.js";
import { readDirStore } from "../store/index.js";
import { thisUser } from "./state-dir.js";

/** The log that goes with a directory. */
export interface LogOfDir {
  /** Where it is, or would be. */
  readonly dir: string;
  /** It goes with the state in the directory, and nobody else writes to it. */
  readonly isOwn: boolean;
  /** So many of its records are in the saved state; null: it has none, or there is none. */
  readonly position: number | null;
}

/** The log that is in a directory, belongs to the state in it, or is the directory itself. */
export function logOf(disk: Disk, dir: string): LogOfDir {
  const saved = savedIn(disk, dir);
  const log = saved?.log ?? (saved === null ? logDirOf(disk, dir) : logDirIn(dir));
  return { dir: log, isOwn: log === logDirIn(dir), position: saved?.position ?? null };
}

/** Records may be kept without a state, or it may be damaged: then they must do alone. */
export function savedIn(disk: Disk, dir: string): SavedState | null {
  try {
    const { snapshot } = readDirStore(dir, { disk, identity: thisUser() });
    return snapshot === null ? null : fromStored(snapshot);
  } catch {
    return null;
  }
}
