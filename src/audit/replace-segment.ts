import type { AppendableFile, Disk, ReadableFile } from "../core/disk.js";
import { readRange } from "./chunks.js";
import { segmentPath } from "./segment-files.js";

const PIECE = 1 << 20;

/** Puts a file in the place of a segment, all at once and durably. Returns its length. */
export function replaceSegment(
  disk: Disk,
  dir: string,
  segment: number,
  write: (file: AppendableFile) => void,
): number {
  const path = segmentPath(dir, segment);
  const newPath = `${path}.new`;
  // Somebody died here before.
  if (disk.look(newPath) !== undefined) disk.remove(newPath);
  const file = disk.openToAppend(newPath, true);
  try {
    write(file);
    file.syncNow();
    disk.rename(newPath, path);
    disk.syncDirNow(dir);
    return file.bytes;
  } finally {
    file.close();
  }
}

/** Appends a stretch of one file to another. */
export function copyBytes(source: ReadableFile, target: AppendableFile, from: number, to: number): void {
  for (let at = from; at < to; at += PIECE) writeAll(target, readRange(source, at, Math.min(PIECE, to - at)));
}

/** Writes all of the bytes. @throws the system's error, ENOSPC when the disk takes no more */
export function writeAll(file: AppendableFile, bytes: Uint8Array): void {
  for (let there = 0; there < bytes.length;) {
    const taken = file.write(bytes.subarray(there));
    if (taken <= 0) throw Object.assign(new Error("the disk took nothing"), { code: "ENOSPC" });
    there += taken;
  }
}
