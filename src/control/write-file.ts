import { join } from "node:path";
import type { AppendableFile, Disk } from "../core/disk.js";
import { unfinishedName } from "./layout.js";

/**
 * Writes a file that others see whole or not at all.
 *
 * @param onSeen is called once others can see it, with the file still open for a sync
 */
export function writeWhole(
  disk: Disk,
  dir: string,
  name: string,
  bytes: Uint8Array,
  onSeen?: (file: AppendableFile) => void,
): void {
  const unfinished = join(dir, unfinishedName(name));
  // Left by a writer that died: it would be appended to.
  removeQuietly(disk, unfinished);
  const file = disk.openToAppend(unfinished, true);
  try {
    try {
      writeAll(file, bytes);
      disk.rename(unfinished, join(dir, name));
    } catch (error) {
      removeQuietly(disk, unfinished);
      throw error;
    }
    onSeen?.(file);
  } finally {
    file.close();
  }
}

/** Removes a file; one that is gone or stuck is nobody's business here. */
export function removeQuietly(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch {
    // Whoever looks for it finds it, and nobody depends on its absence.
  }
}

/** The system's word for what went wrong, such as `EACCES`; empty when the error is not the system's. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

function writeAll(file: AppendableFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const taken = file.write(bytes.subarray(done));
    if (taken === 0) throw Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
    done += taken;
  }
}
