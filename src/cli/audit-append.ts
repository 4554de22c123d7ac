import { basename, dirname } from "node:path";
import { logDirIn } from "../audit/index.js";
import { appendToLog } from "../audit/log/append.js";
import { SOFTWARE } from "../rein/version.js";
import { fromStored } from "../rein/saved.js";
import { dirStore, nodeDisk, readDirStore } from "../store/index.js";
import { holdsState } from "./doctor-state.js";
import { thisUser } from "./state-dir.js";

/**
 * Appends records to a log that no process writes to, as its owner for that long.
 *
 * @param dir of the log
 * @throws ReinError `store_in_use` while a governor runs there; what `recoverLog` throws
 */
export async function appendAsOwner(dir: string, records: readonly object[]): Promise<void> {
  const about = { disk: nodeDisk, dir, writer: "operator", software: SOFTWARE, now: Date.now };
  const stateDir = stateDirBeside(dir);
  if (stateDir === undefined) {
    appendToLog(about, records);
    return;
  }
  const store = await dirStore(stateDir, { identity: thisUser() }).open();
  try {
    const mustBeOurs = (): void => {
      store.mustBeMine();
    };
    appendToLog({ ...about, fence: store.mustFence, mustBeOurs }, records);
    store.fenced();
  } finally {
    await store.close();
  }
}

/** The oldest record that the governor whose log it is needs to start; Infinity where there is none. */
export function neededFrom(dir: string): number {
  const stateDir = stateDirBeside(dir);
  if (stateDir === undefined) return Infinity;
  const { snapshot } = readDirStore(stateDir, { disk: nodeDisk, identity: thisUser() });
  return snapshot === null ? 0 : (fromStored(snapshot).position ?? 0);
}

function stateDirBeside(dir: string): string | undefined {
  const parent = dirname(dir);
  return basename(dir) === basename(logDirIn(parent)) && holdsState(parent) ? parent : undefined;
}
