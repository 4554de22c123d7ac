import { InvalidInputError } from "../../core/errors.js";
import { EMPTY_ROOT, isHash, nodeHash } from "./hash.js";
import type { Hash } from "./hash.js";

/**
 * Returns the root of a complete subtree: the leaves from `index << level` up to `(index + 1) << level`. Level 0 are
 * the leaf hashes. Indices go up to 2^53 − 1, so the shifts are meant as arithmetic and not as operators of the language.
 */
export type NodeAt = (level: number, index: number) => Hash;

// A path in a tree of 2^53 leaves has 53 hashes; a consistency proof has one more.
const MAX_PROOF_HASHES = 54;

/**
 * Returns the proof that a leaf is in a tree: the hashes beside the path from the leaf to the root, the leaf's own
 * neighbour first (PATH of RFC 6962, section 2.1.1).
 * @throws InvalidInputError `index` when the tree has no such leaf, `size` when it is no size; what `nodeAt` throws
 */
export function inclusionProof(index: number, size: number, nodeAt: NodeAt): Hash[] {
  checkSize("size", size);
  checkSize("index", index);
  if (index >= size)
    throw new InvalidInputError("index", `a tree of ${size} leaves has no leaf with index ${index}`);
  const path: Hash[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + leftLeaves(end - start);
    if (index < middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle, nodeAt));
      start = middle;
    }
  }
  return path.reverse();
}

/**
 * Returns the proof that a tree is the beginning of a larger one (PROOF of RFC 6962, section 2.1.2); empty when both
 * have the same size.
 * @throws InvalidInputError `from` when it is 0 or greater than `to`, `to` when it is no size; what `nodeAt` throws
 */
export function consistencyProof(from: number, to: number, nodeAt: NodeAt): Hash[] {
  checkSize("to", to);
  checkSize("from", from);
  if (from === 0 || from > to) {
    throw new InvalidInputError(
      "from",
      `there is no consistency proof from ${from} to ${to} leaves: it goes from at least 1 leaf to at least as many`,
    );
  }
  const proof: Hash[] = [];
  let start = 0;
  let end = to;
  while (end !== from) {
    const middle = start + leftLeaves(end - start);
    if (from <= middle) {
      proof.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      proof.push(rangeRoot(start, middle, nodeAt));
      start = middle;
    }
  }
  // Where the old tree is a subtree of its own (start 0), the verifier knows its root already.
  if (start > 0) proof.push(rangeRoot(start, end, nodeAt));
  return proof.reverse();
}

/**
 * Tells whether a proof shows that a leaf hash is at an index of the tree with a root (RFC 9162, section 2.1.3.2).
 * False for anything malformed; never throws.
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (!areHashes(proof) || !isHash(leaf) || !isHash(root)) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const beside of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash);
      while (at % 2 === 0 && at > 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, beside);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && hash === root;
}

/**
 * Tells whether a proof shows that the tree of `from` leaves is the beginning of the tree of `to` leaves (RFC 9162,
 * section 2.1.4.2). False for anything malformed; never throws. From 0 leaves it is false too: a proof from the empty
 * tree says nothing, so whoever allows it must do so in words of its own.
 */
export function verifyConsistency(
  from: number,
  to: number,
  fromRoot: Hash,
  toRoot: Hash,
  proof: readonly Hash[],
): boolean {
  return from !== 0 && verifySubtreeConsistency(0, from, to, proof, fromRoot, toRoot);
}

/**
 * Tells whether a proof shows that a leaf hash is at an index of the subtree over the leaves from `start` up to `end`
 * (draft-ietf-plants-merkle-tree-certs, "Subtree Inclusion Proofs"). False for anything malformed; never throws.
 */
export function verifySubtreeInclusion(
  index: number,
  start: number,
  end: number,
  leaf: Hash,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isSubtree(start, end) || !isSize(index) || index < start || index >= end) return false;
  return verifyInclusion(index - start, end - start, leaf, proof, root);
}

/**
 * Tells whether a proof shows that the subtree over the leaves from `start` up to `end` is part of the tree of `size`
 * leaves (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency Proofs"; from 0 it is RFC 9162, section 2.1.4.2).
 * The subtree without leaves is part of every tree, with an empty proof. False for anything malformed; never throws.
 */
export function verifySubtreeConsistency(
  start: number,
  end: number,
  size: number,
  proof: readonly Hash[],
  subtreeRoot: Hash,
  root: Hash,
): boolean {
  if (!isSubtree(start, end) || !isSize(size) || end > size) return false;
  if (!areHashes(proof) || !isHash(subtreeRoot) || !isHash(root)) return false;
  if (start === end) return proof.length === 0 && subtreeRoot === EMPTY_ROOT;
  let first = start;
  let at = end - 1;
  let last = size - 1;
  const shift = (): void => {
    first = half(first);
    at = half(at);
    last = half(last);
  };
  while (first !== at && (at === last || at % 2 === 1)) shift();

  let next = 0;
  let sub = subtreeRoot;
  if (first !== at) {
    const given = proof[next++];
    if (given === undefined) return false;
    sub = given;
  }
  let whole = sub;
  for (; next < proof.length; next++) {
    const beside = proof[next] ?? "";
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      if (first < at) sub = nodeHash(beside, sub);
      whole = nodeHash(beside, whole);
      while (at % 2 === 0 && at > 0) shift();
    } else {
      whole = nodeHash(whole, beside);
    }
    shift();
  }
  return last === 0 && sub === subtreeRoot && whole === root;
}

/** Root over the leaves from `start` up to `end`, where `start` is a multiple of the largest power of two in the length. */
function rangeRoot(start: number, end: number, nodeAt: NodeAt): Hash {
  const complete: Hash[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let leaves = 1;
    while (leaves * 2 <= end - at) {
      leaves *= 2;
      level++;
    }
    complete.push(nodeAt(level, at / leaves));
    at += leaves;
  }
  let root = complete.pop() ?? "";
  while (complete.length > 0) root = nodeHash(complete.pop() ?? "", root);
  return root;
}

/** The largest power of two below a number of leaves: how many the left side of their root has. */
function leftLeaves(leaves: number): number {
  let left = 1;
  while (left * 2 < leaves) left *= 2;
  return left;
}

/** A subtree begins at a multiple of the smallest power of two that is not below its length. */
function isSubtree(start: number, end: number): boolean {
  if (!isSize(start) || !isSize(end) || start > end) return false;
  let leaves = 1;
  while (leaves < end - start) leaves *= 2;
  return start % leaves === 0;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(proof: readonly Hash[]): boolean {
  // Spread, because `every` steps over holes.
  return Array.isArray(proof) && proof.length <= MAX_PROOF_HASHES && [...(proof as Hash[])].every(isHash);
}

function checkSize(field: string, value: number): void {
  if (!isSize(value))
    throw new InvalidInputError(field, `\`${field}\` is a whole number below 2^53, and not ${value}`);
}
