import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import type { Disk } from "../../core/disk.js";
import { CompactRange, hashFromBase64, leafHash } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import { withFile } from "./files.js";
import { blobPath, damaged, notAFile, rangePath, segmentPath } from "./layout.js";
import { isBlobRef, readLeaf } from "./leaf.js";
import type { LogRecord } from "./leaf.js";
import { LineReader } from "./lines.js";

/** What a walk over segments came to. */
export interface Scan {
  /** The tree of all leaves that count. */
  readonly range: CompactRange;
  /** The segment in which the last of them is, and where in it they end. */
  readonly segment: number;
  readonly bytes: number;
  /** The tree of the leaves that the trusted size covers. */
  readonly trustedRange: CompactRange;
  /** Where the leaves are that the trusted size does not cover. */
  readonly tail: readonly Stretch[];
  /** Bytes behind the end in the same segment; segments behind it. */
  readonly strayBytes: number;
  readonly beyond: readonly number[];
  readonly why: string | undefined;
}

/** Bytes of a segment. */
export interface Stretch {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

export interface ScanOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** First indices of the segments that are there. */
  readonly segments: readonly number[];
  /** Where to begin: a segment, and the tree before it. */
  readonly from: number;
  readonly range: CompactRange;
  /** Size and root that are known to have been durable. */
  readonly trusted: { readonly size: number; readonly root: Hash };
}

/** What was read does not lead to the root that was signed. */
export class RootMismatch extends Error {}

/**
 * Reads leaves up to the end of the log. Below the trusted size they must lead to the trusted root, whatever is in
 * them; beyond it each must be a sound leaf with its index, and the first that is not is where the log ends.
 *
 * @throws RootMismatch; ReinError `record_damaged` when leaves below the trusted size are missing, `record_failed`
 */
export function scanLeaves({ disk, dir, segments, from, range, trusted }: ScanOptions): Scan {
  const tree = range.clone();
  let segment = from;
  let bytes = 0;
  const tail: Stretch[] = [];
  let trustedRange = tree;
  const compare = (): void => {
    if (tree.size !== trusted.size) return;
    if (tree.root() !== trusted.root) throw new RootMismatch();
    trustedRange = tree.clone();
  };
  compare();
  for (;;) {
    const limit = segments.find((first) => first > segment) ?? Infinity;
    let signedBytes = 0;
    const end = readSegment(segment, limit, (signed) => (signedBytes = signed));
    if (tree.size > trusted.size) tail.push({ segment, from: signedBytes, to: bytes });
    const beyond = segments.filter((first) => first > segment);
    const isWhole = end.why === undefined && tree.size === limit;
    if (tree.size < trusted.size && !isWhole) {
      throw damaged(
        segmentPath(dir, segment),
        end.why === undefined
          ? `ends with record ${tree.size - 1}, and ${trusted.size} were signed`
          : `is damaged at byte ${bytes}: record ${tree.size} ${end.why}, and ${trusted.size} were signed`,
      );
    }
    if (!isWhole) {
      const strayBytes = end.size - bytes;
      return { range: tree, trustedRange, segment, bytes, tail, strayBytes, beyond, why: end.why };
    }
    segment = limit;
    bytes = 0;
  }

  function readSegment(
    first: number,
    limit: number,
    onSigned: (bytes: number) => void,
  ): { readonly size: number; readonly why?: string } {
    const path = segmentPath(dir, first);
    const problem = notAFile(disk, path);
    if (problem !== undefined) {
      if (tree.size < trusted.size) throw damaged(path, problem);
      return { size: 0, why: problem };
    }
    return withFile(disk, path, (file) => {
      const lines = new LineReader(file);
      while (tree.size < limit) {
        const line = lines.next();
        if (line === undefined) {
          return { size: file.bytes, ...(bytes < file.bytes && { why: "is not a whole line" }) };
        }
        if (tree.size >= trusted.size) {
          const leaf = soundLeaf(disk, dir, line, tree.size);
          if (typeof leaf === "string") return { size: file.bytes, why: leaf };
        }
        tree.append(leafHash(line));
        bytes = lines.offset;
        if (tree.size <= trusted.size) onSigned(bytes);
        compare();
      }
      return { size: file.bytes };
    });
  }
}

/** The leaf in a line, its blobs looked at; or why it is none. */
function soundLeaf(disk: Disk, dir: string, line: Buffer, index: number): LogRecord | string {
  if (!isUtf8(line)) return "is not UTF-8";
  const leaf = readLeaf(line.toString());
  if (typeof leaf === "string") return leaf;
  if (leaf.n !== index) return `says that it is record ${leaf.n}`;
  // Its seal was not signed, so it says nothing yet: the key is still there, and is announced again.
  if (leaf.type === "key.rotate") return "announces a key before the epoch was sealed";
  for (const [field, value] of Object.entries(leaf)) {
    if (!isBlobRef(value)) continue;
    const problem = blobProblem(disk, dir, index, field, value.$blob);
    if (problem !== undefined) return problem;
  }
  return leaf;
}

/** What is wrong with the file of a leaf's large value. */
export function blobProblem(
  disk: Disk,
  dir: string,
  index: number,
  field: string,
  sha256: string,
): string | undefined {
  const path = blobPath(dir, index, field);
  const problem = notAFile(disk, path);
  if (problem !== undefined) return `has \`${field}\` in a file that ${problem}`;
  const found = createHash("sha256").update(disk.read(path)).digest("hex");
  return found === sha256 ? undefined : `has \`${field}\` in a file that is not the one that was written`;
}

/** The tree before a segment, as it was noted; undefined when it was not, or is not readable. */
export function readRange(disk: Disk, dir: string, first: number): CompactRange | undefined {
  if (first === 0) return new CompactRange();
  const path = rangePath(dir, first);
  if (notAFile(disk, path) !== undefined) return undefined;
  const hashes = new TextDecoder().decode(disk.read(path)).split("\n").filter(Boolean).map(hashFromBase64);
  try {
    return new CompactRange(
      first,
      hashes.map((hash) => {
        if (hash === undefined) throw new RangeError();
        return hash;
      }),
    );
  } catch {
    return undefined;
  }
}
