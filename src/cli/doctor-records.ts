import { dirname, join } from "node:path";
import { isLog, logDirIn, logPlaces } from "../audit/index.js";
import { appendToLog } from "../audit/log/append.js";
import { fileHeads } from "../audit/log/head.js";
import { makeDirDurably } from "../audit/log/layout.js";
import { hashToBase64 } from "../audit/tree/index.js";
import type { Disk } from "../core/disk.js";
import { SOFTWARE } from "../rein/version.js";
import type { OpenDirStore } from "../store/index.js";

/** A log that nobody else writes to. */
export interface RecordsPlace {
  readonly disk: Disk;
  /** Of the log. */
  readonly dir: string;
  readonly now: number;
  /** Whose the state is meanwhile. */
  readonly store: OpenDirStore;
  /** What a new log goes on from. */
  readonly previous?: object | undefined;
}

/** Appends records, durably and signed; how many records the log has then. @throws what \`recoverLog\` throws */
export function appendRecords(place: RecordsPlace, records: readonly object[]): number {
  const { disk, dir, now, store, previous } = place;
  const size = appendToLog(
    {
      ...{ disk, dir, previous, writer: "doctor", software: SOFTWARE, now: () => now },
      fence: store.mustFence,
      mustBeOurs: () => {
        store.mustBeMine();
      },
    },
    records,
  );
  store.fenced();
  return size;
}

/** A log that was set aside. */
export interface SetAside {
  /** Where it is now, below the state's directory; null: it was gone. */
  readonly name: string | null;
  /** What is known of it, for the first record of the log that goes on from it. */
  readonly previous: object;
}

/** Moves the log of a state directory into the quarantine, whole. @throws the system's error */
export function setLogAside(disk: Disk, dir: string, reason: string): SetAside {
  const log = logDirIn(dir);
  if (disk.look(log) === undefined) return { name: null, previous: { reason } };
  const previous = { ...headOf(disk, log), reason };
  const quarantine = join(dir, "quarantine");
  makeDirDurably(disk, quarantine);
  let name = "audit";
  for (let i = 2; disk.look(join(quarantine, name)) !== undefined; i++) name = `audit-${i}`;
  disk.rename(log, join(quarantine, name));
  disk.syncDirNow(quarantine);
  disk.syncDirNow(dirname(log));
  return { name: `quarantine/${name}`, previous: { ...previous, path: `quarantine/${name}` } };
}

/** The newest head that was kept of a log, as far as it can be read. */
function headOf(disk: Disk, dir: string): object {
  try {
    const head = isLog(disk, dir) ? fileHeads(disk, logPlaces(dir).heads).read() : null;
    return head === null ? {} : { origin: head.origin, size: head.size, root: hashToBase64(head.root) };
  } catch {
    return {};
  }
}
