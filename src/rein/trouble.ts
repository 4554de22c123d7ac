import { join } from "node:path";
import type { Disk } from "../core/disk.js";

/**
 * A file that is there while the records cannot be written. What a process knows of its disk it can tell those outside
 * in no better way: a full disk has room for a name, often for one sentence in it.
 */
const TROUBLE = "trouble";
const MAX_BYTES = 1000;

/** Says so, or takes it back. A disk that lets nobody do that is in more trouble than this could tell. */
export function tellTrouble(disk: Disk, dir: string, problem: string | null): void {
  const path = join(dir, TROUBLE);
  try {
    if (disk.look(path) !== undefined) disk.remove(path);
    if (problem === null) return;
    const file = disk.openToAppend(path, true);
    try {
      file.write(new TextEncoder().encode(problem.slice(0, MAX_BYTES / 4)));
    } finally {
      file.close();
    }
  } catch {
    // The log says it as well.
  }
}

/** What the process that owns a directory says is wrong; null: nothing. */
export function readTrouble(disk: Disk, dir: string): string | null {
  const path = join(dir, TROUBLE);
  try {
    const facts = disk.look(path);
    if (facts?.type !== "file") return null;
    const problem = facts.bytes > MAX_BYTES ? "" : new TextDecoder().decode(disk.read(path));
    return problem === "" ? "the disk does not say why" : problem;
  } catch {
    return null;
  }
}
