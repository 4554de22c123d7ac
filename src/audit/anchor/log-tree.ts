import type { Disk } from "../../core/disk.js";
import { readRange, withFile } from "../log/files.js";
import { damaged, hashesPath, listSegments, logPlaces, notAFile, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import {
  CompactRange,
  consistencyProof,
  HASH_BYTES,
  hashFromBytes,
  hashToBytes,
  leafHash,
  nodeHash,
} from "../tree/index.js";
import type { Hash } from "../tree/index.js";

/** Leaves of which only the common root is held; what is below is read again when a proof needs it. */
const CHUNK_LEVEL = 8;
const CHUNK_LEAVES = 2 ** CHUNK_LEVEL;
/** Leaves read at a time: a megabyte of hashes. */
const READ_LEAVES = 128 * CHUNK_LEAVES;

/**
 * The tree of a log, from the hashes of its leaves on the disk: roots and proofs for every size up to one whose root is
 * known. Holds about a quarter of a byte a leaf, and reads on when the log grows.
 */
export class LogTree {
  readonly #disk: Disk;
  readonly #dir: string;
  /** By level from `CHUNK_LEVEL` on: roots of the complete subtrees, from the left. */
  #levels: Hash[][] = [[]];
  #size = 0;
  /** Hashes made from the lines, by segment, where the files of hashes are short or wrong. */
  readonly #remade = new Map<number, Uint8Array>();
  #segments: readonly number[] = [];
  #chunk: { readonly index: number; readonly leaves: number; readonly hashes: Uint8Array } | undefined;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /** Leaves that are known to lead to a root that was asked for. */
  get size(): number {
    return this.#size;
  }

  /**
   * Reads on, up to a size with a known root.
   *
   * @throws ReinError `record_damaged` when the leaves do not lead to it; the system's errors
   */
  extendTo(size: number, root: Hash): void {
    this.#segments = segmentsOf(this.#disk, this.#dir);
    this.#chunk = undefined;
    const before = this.#size;
    this.#size = Math.max(before, size);
    try {
      if (this.#load() && this.rootAt(size) === root) return;
      // What keeps the hashes is only a cache: the lines decide.
      this.#levels = [[]];
      this.#chunk = undefined;
      this.#remake();
      if (this.#load() && this.rootAt(size) === root) return;
    } catch (error) {
      this.#size = before;
      throw error;
    }
    this.#size = before;
    throw damaged(
      logPlaces(this.#dir).segments,
      `does not lead to the root of ${size} leaves that was signed`,
    );
  }

  /** Root of the first leaves. @throws RangeError beyond `size` */
  rootAt(size: number): Hash {
    if (size > this.#size) throw new RangeError(`the tree is known up to ${this.#size} leaves only`);
    const range = new CompactRange();
    for (let at = 0; at < size;) {
      const level = Math.floor(Math.log2(size - at));
      // What is left is below the size of the subtree before it, so every one begins at a multiple of its own size.
      range.appendSubtree(level, this.nodeAt(level, at / 2 ** level));
      at += 2 ** level;
    }
    return range.root();
  }

  /** Root of a complete subtree, see `NodeAt`. @throws RangeError beyond `size` */
  readonly nodeAt = (level: number, index: number): Hash => {
    if (level >= CHUNK_LEVEL) {
      const root = this.#levels[level - CHUNK_LEVEL]?.[index];
      if (root === undefined) throw new RangeError(`there is no node ${index} on level ${level}`);
      return root;
    }
    const leaves = 2 ** level;
    const from = index * leaves;
    const chunk = Math.floor(from / CHUNK_LEAVES);
    const hashes = this.#chunkAt(chunk);
    const at = from - chunk * CHUNK_LEAVES;
    if ((at + leaves) * HASH_BYTES > hashes.length) {
      throw new RangeError(`there is no node ${index} on level ${level}`);
    }
    return rootOf(hashes, at, leaves);
  };

  /** @throws InvalidInputError; RangeError beyond `size` */
  proofOf(from: number, to: number): Hash[] {
    return consistencyProof(from, to, this.nodeAt);
  }

  /** Reads whole chunks; false when hashes are missing. */
  #load(): boolean {
    const end = this.#size - (this.#size % CHUNK_LEAVES);
    for (let at = this.#levels[0]!.length * CHUNK_LEAVES; at < end;) {
      const leaves = Math.min(READ_LEAVES, end - at);
      const hashes = this.#read(at, leaves);
      if (hashes === undefined) return false;
      for (let i = 0; i < leaves; i += CHUNK_LEAVES) this.#push(rootOf(hashes, i, CHUNK_LEAVES));
      at += leaves;
    }
    return this.#read(end, this.#size - end) !== undefined;
  }

  #push(root: Hash): void {
    let hash = root;
    for (let level = 0; ; level++) {
      const nodes = (this.#levels[level] ??= []);
      nodes.push(hash);
      if (nodes.length % 2 === 1) return;
      hash = nodeHash(nodes.at(-2)!, hash);
    }
  }

  #chunkAt(index: number): Uint8Array {
    const from = index * CHUNK_LEAVES;
    const leaves = Math.max(0, Math.min(CHUNK_LEAVES, this.#size - from));
    if (this.#chunk?.index !== index || this.#chunk.leaves !== leaves) {
      const hashes = this.#read(from, leaves);
      if (hashes === undefined) throw new RangeError(`the hashes of the leaves from ${from} on are missing`);
      this.#chunk = { index, leaves, hashes };
    }
    return this.#chunk.hashes;
  }

  /** Hashes of leaves; undefined when not all of them are there. */
  #read(from: number, leaves: number): Uint8Array | undefined {
    const target = new Uint8Array(leaves * HASH_BYTES);
    for (let at = from; at < from + leaves;) {
      const i = this.#segments.findLastIndex((first) => first <= at);
      const first = this.#segments[i];
      if (first === undefined) return undefined;
      const end = Math.min(from + leaves, this.#segments[i + 1] ?? Infinity);
      const piece = this.#readSegment(first, at - first, end - at);
      if (piece.length < (end - at) * HASH_BYTES) return undefined;
      target.set(piece, (at - from) * HASH_BYTES);
      at = end;
    }
    return target;
  }

  #readSegment(first: number, from: number, leaves: number): Uint8Array {
    const remade = this.#remade.get(first);
    if (remade !== undefined) return remade.subarray(from * HASH_BYTES, (from + leaves) * HASH_BYTES);
    const path = hashesPath(this.#dir, first);
    if (notAFile(this.#disk, path) !== undefined) return new Uint8Array(0);
    return withFile(this.#disk, path, (file) => readRange(file, from * HASH_BYTES, leaves * HASH_BYTES));
  }

  /** Hashes all lines that are still there. */
  #remake(): void {
    this.#segments.forEach((first, i) => {
      const path = segmentPath(this.#dir, first);
      if (first >= this.#size || notAFile(this.#disk, path) !== undefined) return;
      const leaves = Math.min(this.#size, this.#segments[i + 1] ?? Infinity) - first;
      const hashes = new Uint8Array(leaves * HASH_BYTES);
      let made = 0;
      withFile(this.#disk, path, (file) => {
        const lines = new LineReader(file);
        for (let line = lines.next(); line !== undefined && made < leaves; line = lines.next()) {
          hashes.set(hashToBytes(leafHash(line)), made++ * HASH_BYTES);
        }
      });
      this.#remade.set(first, hashes.subarray(0, made * HASH_BYTES));
    });
  }
}

/** First indices of all segments: of old ones, only the hashes may be left. */
function segmentsOf(disk: Disk, dir: string): number[] {
  const firsts = new Set([...listSegments(disk, dir, "jsonl"), ...listSegments(disk, dir, "hashes")]);
  return [...firsts].sort((a, b) => a - b);
}

/** Root over a power of two of hashes. */
function rootOf(hashes: Uint8Array, from: number, leaves: number): Hash {
  let nodes: Hash[] = [];
  for (let i = from; i < from + leaves; i++) nodes.push(hashFromBytes(hashes, i * HASH_BYTES));
  while (nodes.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i < nodes.length; i += 2) above.push(nodeHash(nodes[i]!, nodes[i + 1]!));
    nodes = above;
  }
  return nodes[0]!;
}
