import { dirname, join } from "node:path";
import type { AppendableFile, Disk, ReadableFile } from "../../core/disk.js";
import { unreadable } from "./layout.js";

const PIECE = 1 << 20;
/** What comes behind the name of a file that is not whole yet. */
export const UNFINISHED = ".new";

/**
 * What survives a power failure when a file was put in the place of another: `nothing` for certain, one of the two and
 * `whole`, or the `new` one.
 */
export type Lasting = "nothing" | "whole" | "new";

/**
 * Puts a file in the place of another, all at once.
 *
 * @throws the system's error: what was there before still is
 */
export function replaceFile(disk: Disk, path: string, text: string | Uint8Array, lasting: Lasting): void {
  putFile(disk, path, lasting, (file) => {
    writeAll(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
  });
}

/** The same for whoever writes it piece by piece. */
export function putFile(
  disk: Disk,
  path: string,
  lasting: Lasting,
  write: (file: AppendableFile) => void,
): void {
  const newPath = `${path}${UNFINISHED}`;
  // Somebody died here before.
  if (disk.look(newPath) !== undefined) disk.remove(newPath);
  const file = disk.openToAppend(newPath, true);
  try {
    write(file);
    if (lasting !== "nothing") file.syncNow();
  } finally {
    file.close();
  }
  disk.rename(newPath, path);
  if (lasting === "new") disk.syncDirNow(dirname(path));
}

/** Writes all of the bytes. @throws the system's error, ENOSPC when the disk takes no more */
export function writeAll(file: AppendableFile, bytes: Uint8Array): void {
  for (let there = 0; there < bytes.length;) {
    const taken = file.write(there === 0 ? bytes : bytes.subarray(there));
    if (taken <= 0) throw Object.assign(new Error("the disk took nothing"), { code: "ENOSPC" });
    there += taken;
  }
}

/** Appends a stretch of one file to another. */
export function copyBytes(source: ReadableFile, target: AppendableFile, from: number, to: number): void {
  for (let at = from; at < to; at += PIECE) writeAll(target, readRange(source, at, Math.min(PIECE, to - at)));
}

/** Opens a file for as long as `use` runs. @throws ReinError `record_failed` when it cannot be opened */
export function withFile<T>(disk: Disk, path: string, use: (file: ReadableFile) => T): T {
  let file: ReadableFile;
  try {
    file = disk.openToRead(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Bytes of a file from a place on, fewer at its end. */
export function readRange(file: ReadableFile, from: number, bytes: number): Uint8Array {
  const range = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const more = file.read(range.subarray(filled), from + filled);
    if (more === 0) break;
    filled += more;
  }
  return range.subarray(0, filled);
}

/** A name in a directory that is not taken: `name`, `name-2` and so on. */
export function freeName(disk: Disk, dir: string, name: string): string {
  for (let i = 1; ; i++) {
    const free = i === 1 ? name : `${name}-${i}`;
    if (disk.look(join(dir, free)) === undefined) return free;
  }
}
