import type { Disk } from "../../core/disk.js";
import { HASH_BYTES, hashToBytes, leafHash } from "../tree/index.js";
import { replaceFile, withFile } from "./files.js";
import { hashesPath, segmentPath } from "./layout.js";
import { LineReader } from "./lines.js";

/** Makes the cache of a segment's leaf hashes anew. @throws the system's error */
export function rebuildHashes(disk: Disk, dir: string, first: number, leaves: number): void {
  const hashes = new Uint8Array(leaves * HASH_BYTES);
  let made = 0;
  withFile(disk, segmentPath(dir, first), (file) => {
    const lines = new LineReader(file);
    for (let line = lines.next(); line !== undefined && made < leaves; line = lines.next()) {
      hashes.set(hashToBytes(leafHash(line)), made++ * HASH_BYTES);
    }
  });
  replaceFile(disk, hashesPath(dir, first), hashes.subarray(0, made * HASH_BYTES), "nothing");
}
