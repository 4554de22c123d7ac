import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { ReinError } from "../../core/errors.js";
import { replaceFile, withFile } from "../log/files.js";
import { rebuildHashes } from "../log/hash-cache.js";
import { damaged, hashesPath, indexName, logPlaces, namesIn, rangePath, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import type { Checkpoint } from "../note/index.js";
import { listVault, readHold, vaultPath } from "../privacy/index.js";
import { hashToBase64 } from "../tree/index.js";
import { indexOfBlob } from "./facts.js";
import type { RetentionPlan, SegmentFacts } from "./plan.js";
import { proveTree } from "./proven-tree.js";

/** Leaves that announce keys: without them nobody could check the seals of what stays. */
const LASTING = [Buffer.from('"type":"log.begin"'), Buffer.from('"type":"key.rotate"')];

export interface ApplyOptions {
  /** The newest checkpoint: what goes must lead to its root. */
  readonly signed: Checkpoint;
  /** Wall time in ms. */
  readonly now: number;
  /** Hears of each segment whose leaves are gone. */
  readonly onSegment?: ((segment: SegmentFacts) => void) | undefined;
}

/**
 * Removes the leaves of old segments, with their large values and what the vault kept for them, and never a hash: all
 * proofs of newer records, and from older checkpoints to newer ones, go on working. Leaves that announce keys move to
 * `seg/<first>.kept`.
 *
 * The record that says so (`retentionRecord`) must be durable in the log before. Goes segment by segment, the oldest
 * first, and may die at any moment: the next plan goes on where this one stopped.
 *
 * @throws ReinError `legal_hold` when there is one by now; `record_damaged` when what is to go is not what was signed;
 *   `record_failed`; errors of the system
 */
export function applyRetention(disk: Disk, dir: string, plan: RetentionPlan, options: ApplyOptions): void {
  if (plan.remove.length === 0) return;
  const hold = readHold(disk, dir, options.now);
  if (hold !== undefined) {
    throw new ReinError("legal_hold", `a legal hold by \`${hold.by}\` is in force: ${hold.reason}`, {
      help: "nothing is removed until it is released: `rein audit retention DIR --release`",
    });
  }
  const { range, stale } = proveTree(disk, dir, plan, options.signed);
  const { segments } = logPlaces(dir);
  for (const { first, end } of plan.remove) {
    if (stale.has(first)) rebuildHashes(disk, dir, first, (end ?? first) - first);
    syncFile(disk, hashesPath(dir, first));
    keepLasting(disk, dir, first, end ?? first);
  }
  const text = range.hashes.map((hash) => `${hashToBase64(hash)}\n`).join("");
  replaceFile(disk, rangePath(dir, plan.to), text, "new");
  disk.syncDirNow(segments);
  for (const segment of plan.remove) {
    const { first, end } = segment;
    // Before the leaves: what belongs to leaves that are gone would be found by nobody.
    removeBlobs(disk, dir, end ?? first);
    removeKeptValues(disk, dir, end ?? first);
    disk.remove(segmentPath(dir, first));
    // One by one: were a later one to vanish before an earlier one, a power failure would leave a hole.
    disk.syncDirNow(segments);
    options.onSegment?.(segment);
  }
}

/** Leaves that announce keys, of a segment whose leaves are gone: lines with their indices in them, oldest first. */
export function keptLeavesPath(dir: string, first: number): string {
  return join(logPlaces(dir).segments, `${indexName(first)}.kept`);
}

function keepLasting(disk: Disk, dir: string, first: number, end: number): void {
  const lines: Buffer[] = [];
  withFile(disk, segmentPath(dir, first), (file) => {
    const reader = new LineReader(file);
    for (let index = first; index < end; index++) {
      const line = reader.next();
      if (line === undefined) throw damaged(segmentPath(dir, first), `ends with record ${index - 1}`);
      if (LASTING.some((type) => line.includes(type))) lines.push(Buffer.from(`${line.toString()}\n`));
    }
  });
  if (lines.length > 0) replaceFile(disk, keptLeavesPath(dir, first), Buffer.concat(lines), "new");
}

function removeBlobs(disk: Disk, dir: string, end: number): void {
  const { blobs } = logPlaces(dir);
  const names = namesIn(disk, blobs).filter((name) => (indexOfBlob(name) ?? end) < end);
  for (const name of names) disk.remove(join(blobs, name));
  if (names.length > 0) disk.syncDirNow(blobs);
}

function removeKeptValues(disk: Disk, dir: string, end: number): void {
  const files = listVault(disk, dir).filter((first) => first < end);
  for (const first of files) disk.remove(vaultPath(dir, first));
  if (files.length > 0) disk.syncDirNow(logPlaces(dir).vault);
}

/** What is a cache while the leaves are there is the only thing left when they are gone. */
function syncFile(disk: Disk, path: string): void {
  const file = disk.openToAppend(path);
  try {
    file.syncNow();
  } finally {
    file.close();
  }
}
