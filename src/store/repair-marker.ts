import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { readIfThere, writeFresh } from "./disk-files.js";
import { REPAIR_MARKER, temporaryName } from "./file-names.js";

/** Says durably, before anything is repaired, that what is found afterwards may be less than what was. */
export async function writeRepairMarker(
  disk: Disk,
  dir: string,
  marker: { readonly at: number; readonly files: readonly string[] },
  nonce: string,
): Promise<void> {
  const temporary = join(dir, temporaryName(nonce));
  await writeFresh(disk, temporary, Buffer.from(`${JSON.stringify({ exhausted: true, ...marker })}\n`));
  disk.rename(temporary, join(dir, REPAIR_MARKER));
  await disk.syncDir(dir);
}

/** What to tell about a repair; undefined when there was none since the last snapshot. A marker counts whatever it says. */
export function repairNote(disk: Disk, dir: string): string | undefined {
  const bytes = readIfThere(disk, join(dir, REPAIR_MARKER));
  if (bytes === undefined) return undefined;
  return `the directory was repaired${timeIn(bytes)} and may have lost some of what was spent or stopped: every budget counts as spent and everything is halted until somebody resumes it`;
}

function timeIn(bytes: Uint8Array): string {
  try {
    const { at } = JSON.parse(new TextDecoder().decode(bytes)) as { at?: unknown };
    return typeof at === "number" ? ` at ${new Date(at).toISOString()}` : "";
  } catch {
    return "";
  }
}
