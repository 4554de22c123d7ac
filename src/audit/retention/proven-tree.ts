import type { Disk } from "../../core/disk.js";
import { readRange as readBytes, withFile } from "../log/files.js";
import { damaged, hashesPath, listSegments, notAFile, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import { readRange } from "../log/scan.js";
import type { Checkpoint } from "../note/index.js";
import { CompactRange, HASH_BYTES, hashFromBytes, leafHash } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import type { RetentionPlan } from "./plan.js";

/** What is left to be done before leaves may go. */
export interface Proof {
  /** The tree before the first leaf that stays. */
  readonly range: CompactRange;
  /** Segments whose cache of hashes is short or wrong: it must be made again while their leaves are there. */
  readonly stale: ReadonlySet<number>;
}

/**
 * Proves that what is about to go, and what is left of it, lead to the root that was signed: once the leaves are gone,
 * their hashes cannot be made again, and what was tampered with must not vanish in good order.
 *
 * @throws ReinError `record_damaged`, `record_failed`
 */
export function proveTree(disk: Disk, dir: string, plan: RetentionPlan, signed: Checkpoint): Proof {
  for (const trustsCaches of [true, false]) {
    const stale = new Set<number>();
    const tree = treeBefore(disk, dir, plan.from, trustsCaches);
    for (const { first, end } of plan.remove) {
      const cached = cachedHashes(disk, dir, first, (end ?? first) - first);
      eachLeafHash(disk, dir, first, end ?? first, (hash, i) => {
        if (cached === undefined || hashFromBytes(cached, i * HASH_BYTES) !== hash) stale.add(first);
        tree.append(hash);
      });
      if (tree.size !== end) throw damaged(segmentPath(dir, first), `ends with record ${tree.size - 1}`);
    }
    const range = tree.clone();
    addRest(disk, dir, tree, signed.size, trustsCaches);
    if (tree.size === signed.size && tree.root() === signed.root) return { range, stale };
  }
  throw damaged(dir, `is not what was signed: its records do not lead to the root of the checkpoint`);
}

/** Adds the leaves that stay, as far as they are signed. */
function addRest(disk: Disk, dir: string, tree: CompactRange, size: number, trustsCaches: boolean): void {
  const segments = listSegments(disk, dir).filter((first) => first >= tree.size);
  segments.forEach((first, i) => {
    const end = Math.min(segments[i + 1] ?? Infinity, size);
    if (end <= first) return;
    const cached = trustsCaches ? cachedHashes(disk, dir, first, end - first) : undefined;
    if (cached === undefined) eachLeafHash(disk, dir, first, end, (hash) => void tree.append(hash));
    else for (let at = 0; at < cached.length; at += HASH_BYTES) tree.append(hashFromBytes(cached, at));
  });
}

/** The tree before a leaf, from what was noted or from the hashes of all before it. */
function treeBefore(disk: Disk, dir: string, size: number, trustsCaches: boolean): CompactRange {
  const noted = trustsCaches ? readRange(disk, dir, size) : undefined;
  if (noted !== undefined) return noted;
  const tree = new CompactRange();
  for (const first of listSegments(disk, dir, "hashes")) {
    if (first !== tree.size || first >= size) break;
    const next = listSegments(disk, dir, "hashes").find((other) => other > first) ?? size;
    const cached = cachedHashes(disk, dir, first, Math.min(next, size) - first);
    if (cached === undefined) break;
    for (let at = 0; at < cached.length; at += HASH_BYTES) tree.append(hashFromBytes(cached, at));
  }
  if (tree.size === size) return tree;
  throw damaged(hashesPath(dir, tree.size), "is missing or short, and the records that it is of are gone");
}

/** The hashes that were noted of a segment's first leaves; undefined when they are fewer. */
function cachedHashes(disk: Disk, dir: string, first: number, leaves: number): Uint8Array | undefined {
  const path = hashesPath(dir, first);
  if (notAFile(disk, path) !== undefined) return undefined;
  const bytes = withFile(disk, path, (file) => readBytes(file, 0, leaves * HASH_BYTES));
  return bytes.length === leaves * HASH_BYTES ? bytes : undefined;
}

function eachLeafHash(
  disk: Disk,
  dir: string,
  first: number,
  end: number,
  use: (hash: Hash, i: number) => void,
): void {
  withFile(disk, segmentPath(dir, first), (file) => {
    const lines = new LineReader(file);
    for (let index = first; index < end; index++) {
      const line = lines.next();
      if (line === undefined) return;
      use(leafHash(line), index - first);
    }
  });
}
