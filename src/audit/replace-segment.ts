import { join } from "node:path";
import type { AppendableFile, Disk, ReadableFile } from "../core/disk.js";
import { readRange } from "./chunks.js";
import { namesIn, segmentPath } from "./segment-files.js";

const PIECE = 1 << 20;
/** What comes behind the name of a segment that is not whole yet. */
const UNFINISHED = ".new";
/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"]);

/** Puts a file in the place of a segment, all at once and durably. Returns its length. */
export function replaceSegment(
  disk: Disk,
  dir: string,
  segment: number,
  write: (file: AppendableFile) => void,
): number {
  const path = segmentPath(dir, segment);
  const { newPath, bytes } = prepare(disk, path, write);
  disk.rename(newPath, path);
  disk.syncDirNow(dir);
  return bytes;
}

/**
 * Makes a segment that is not there yet, all at once and durably. Returns its length; undefined when somebody else was
 * faster, whose segment then stands.
 */
export function addSegment(
  disk: Disk,
  dir: string,
  segment: number,
  write: (file: AppendableFile) => void,
): number | undefined {
  const path = segmentPath(dir, segment);
  const { newPath, bytes } = prepare(disk, path, write);
  try {
    disk.link(newPath, path);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "EEXIST" && !NO_LINKS.has(code)) throw error;
    if (disk.look(path) !== undefined) {
      disk.remove(newPath);
      return undefined;
    }
    disk.rename(newPath, path);
  }
  if (disk.look(newPath) !== undefined) disk.remove(newPath);
  disk.syncDirNow(dir);
  return bytes;
}

/** Removes what somebody left who died while he made a segment. */
export function removeUnfinished(disk: Disk, dir: string): void {
  for (const name of namesIn(disk, dir)) {
    if (name.startsWith("records-") && name.endsWith(`.jsonl${UNFINISHED}`)) disk.remove(join(dir, name));
  }
}

/** Writes what is to become a segment, durably, beside it. */
function prepare(
  disk: Disk,
  path: string,
  write: (file: AppendableFile) => void,
): { readonly newPath: string; readonly bytes: number } {
  const newPath = `${path}${UNFINISHED}`;
  // Somebody died here before.
  if (disk.look(newPath) !== undefined) disk.remove(newPath);
  const file = disk.openToAppend(newPath, true);
  try {
    write(file);
    file.syncNow();
    return { newPath, bytes: file.bytes };
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
