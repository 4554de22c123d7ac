import { createHash } from "node:crypto";
import type { Disk } from "../../core/disk.js";
import { blobPath, notAFile } from "../log/layout.js";
import { isBlobRef } from "../log/leaf.js";
import { codeOf } from "./places.js";

const PIECE = Buffer.alloc(1 << 16);

/** Checks the files in which a leaf's large values stand. Returns how many there are, and the first that is wrong. */
export function checkBlobs(
  disk: Disk,
  dir: string,
  index: number,
  leaf: Readonly<Record<string, unknown>>,
): { readonly count: number; readonly problem?: string; readonly path?: string } {
  let count = 0;
  for (const [field, value] of Object.entries(leaf)) {
    if (!isBlobRef(value) || Object.keys(value).length !== 2) continue;
    count++;
    const path = blobPath(dir, index, field);
    const problem = problemOf(disk, path, value.$blob, value.bytes);
    if (problem !== undefined)
      return { count, path, problem: `\`${field}\` of record ${index} is in a file that ${problem}` };
  }
  return { count };
}

function problemOf(disk: Disk, path: string, sha256: string, bytes: number): string | undefined {
  try {
    const problem = notAFile(disk, path);
    if (problem !== undefined) return problem;
    const file = disk.openToRead(path);
    try {
      if (file.bytes !== bytes) return `has ${file.bytes} bytes, and ${bytes} were written`;
      const hash = createHash("sha256");
      for (let at = 0; at < bytes;) {
        const read = file.read(PIECE, at);
        if (read === 0) break;
        hash.update(PIECE.subarray(0, read));
        at += read;
      }
      return hash.digest("hex") === sha256 ? undefined : "is not the one that was written";
    } finally {
      file.close();
    }
  } catch (error) {
    return `cannot be read (${codeOf(error)})`;
  }
}
