import type { AppendableFile, Disk } from "../core/disk.js";

/** The system's word for what went wrong, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** Writes all of it: a full disk takes a part first and says so only when asked again. */
export function writeAll(file: AppendableFile, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    const taken = file.write(at === 0 ? bytes : bytes.subarray(at));
    if (taken <= 0) throw Object.assign(new Error("the disk takes nothing more"), { code: "ENOSPC" });
    at += taken;
  }
}

/** Makes a file with these bytes, which then survive a power failure; its name does after the directory is synced. */
export async function writeFresh(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = disk.openToAppend(path, true);
  try {
    writeAll(file, bytes);
    await file.sync();
  } catch (error) {
    file.close();
    removeIfThere(disk, path);
    throw error;
  }
  file.close();
}

/** Removes what nobody needs: a failure leaves it for the next time. */
export function removeIfThere(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch {
    // It is gone already, or stays without harm.
  }
}

/** The bytes of a file; undefined when there is none. */
export function readIfThere(disk: Disk, path: string): Uint8Array | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
