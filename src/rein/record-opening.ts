import { fileHeads, isLog, listSegments, logDirIn, logPlaces, readLog, recoverLog } from "../audit/index.js";
import type { HeadKeeper, LogEnd } from "../audit/index.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { OpenStore } from "../store/index.js";
import type { ReinOptions } from "./options.js";
import { replayTail } from "./recovery.js";
import type { Recovered, TailRecord } from "./recovery.js";
import { fromStored } from "./saved.js";
import type { SavedState } from "./saved.js";
import type { System } from "./system.js";

/** Where a governor's log is, and where its heads are kept. */
export interface LogPlace {
  readonly dir: string;
  /** Directories of heads; the first is in the log itself. */
  readonly headDirs: readonly string[];
  readonly origin: string | undefined;
  /** The log goes with the state: one is nothing without the other. */
  readonly isState: boolean;
}

/** Null: records are kept in memory, or go elsewhere. */
export function logPlaceOf({ audit, dir }: ReinOptions): LogPlace | null {
  if (dir === undefined && audit?.sink !== undefined) return null;
  const logDir = audit?.dir ?? (dir === undefined ? undefined : logDirIn(dir));
  if (logDir === undefined) return null;
  const headDirs = [logPlaces(logDir).heads, ...(audit?.heads === undefined ? [] : [audit.heads])];
  return { dir: logDir, headDirs, origin: audit?.origin, isState: audit?.dir === undefined };
}

export interface Safety {
  /** Whoever wrote before may still do so. */
  readonly fence?: boolean | undefined;
  readonly mustBeOurs?: (() => void) | undefined;
}

/** What the store and the records after its snapshot amount to. */
export function readState(
  store: OpenStore,
  place: LogPlace | null,
  system: System,
  safety: Safety,
): { readonly recovered: Recovered | null; readonly end: LogEnd | null } {
  const { disk } = system;
  const saved = store.snapshot === null ? null : fromStored(store.snapshot);
  const position = saved?.position ?? null;
  if (place === null) return { recovered: saved && replayTail(saved, []), end: null };
  const { dir } = place;
  const hasLog = isLog(disk, dir);
  if (saved === null && hasLog && place.isState) {
    throw new ReinError(
      "store_damaged",
      `\`${dir}\` has records, and the snapshot that belongs to them is gone`,
      {
        help: `run \`rein doctor --repair\`, which counts every budget as spent, or begin in an empty directory`,
      },
    );
  }
  if (isShared(place, system)) return { recovered: saved && readShared(disk, dir, saved), end: null };
  if (!hasLog && position !== null && place.isState) throw behind(dir, 0, position);
  const end = openEnd(place, disk, { ...safety, verifyFrom: position ?? undefined });
  if (saved === null) return { recovered: null, end };
  if (position !== null && end.range.size < position) throw behind(dir, end.range.size, position);
  const from = position ?? end.range.size;
  return { recovered: replayTail(saved, recordsFrom(disk, dir, from)), end };
}

/** Whether others may write to the log at this moment. */
export function isShared(place: LogPlace, { openSharedLog }: Pick<System, "openSharedLog">): boolean {
  return !place.isState && openSharedLog !== undefined;
}

/** What a log that others may be writing to adds to a state. @throws ReinError `log_rolled_back`, as `readLog` */
function readShared(disk: System["disk"], dir: string, saved: SavedState): Recovered {
  const { position } = saved;
  if (position === null) return replayTail(saved, []);
  const size = isLog(disk, dir) ? sizeOf(disk, dir) : 0;
  if (size < position) throw behind(dir, size, position);
  return replayTail(saved, recordsFrom(disk, dir, position));
}

/** Leaves that are there now. */
function sizeOf(disk: System["disk"], dir: string): number {
  const from = listSegments(disk, dir).at(-1);
  const leaves = readLog({ disk, dir, from });
  for (;;) {
    const { done, value } = leaves.next();
    if (done === true) return value;
  }
}

/** Makes the log ready to be written to. @throws ReinError as `recoverLog`, `record_failed` */
export function openEnd(
  { dir, headDirs, origin }: LogPlace,
  disk: System["disk"],
  options: Safety & { readonly verifyFrom?: number | undefined },
): LogEnd {
  try {
    return recoverLog({ disk, dir, heads: keepersOf(disk, headDirs), origin, ...options });
  } catch (cause) {
    if (ReinError.isInstance(cause)) throw cause;
    options.mustBeOurs?.();
    throw new ReinError("record_failed", `the log in \`${dir}\` cannot be opened: ${messageOf(cause)}`, {
      help: "name a directory that this process may create and write to, and see that the disk works",
      cause,
    });
  }
}

export function keepersOf(disk: System["disk"], headDirs: readonly string[]): HeadKeeper[] {
  return headDirs.map((dir) => fileHeads(disk, dir));
}

function* recordsFrom(disk: System["disk"], dir: string, from: number): Generator<TailRecord, void, void> {
  yield* readLog({ disk, dir, from, withBlobs: true });
}

function behind(dir: string, size: number, position: number): ReinError {
  return new ReinError(
    "log_rolled_back",
    `the log in \`${dir}\` has ${size} records, and the saved state knows of ${position}`,
    {
      help: "put back what was taken away, or run `rein doctor --repair`, which counts every budget as spent",
    },
  );
}
