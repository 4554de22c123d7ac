import { InvalidInputError } from "../../core/errors.js";
import { EMPTY_ROOT, isHash, nodeHash } from "./hash.js";
import type { Hash } from "./hash.js";

/**
 * A tree of RFC 6962 that only grows, kept as the roots of the complete subtrees that its size is the sum of: one for
 * each bit that is set in the size, so at most 53 hashes. Adding a leaf costs one inner node on average.
 */
export class CompactRange {
  #size: number;
  readonly #hashes: Hash[];

  /**
   * @param size number of leaves
   * @param hashes roots of the complete subtrees, the largest (leftmost) first
   * @throws InvalidInputError `size` when it is no integer from 0 to 2^53 − 1, `hashes` when they do not fit the size
   */
  constructor(size = 0, hashes: readonly Hash[] = []) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new InvalidInputError("size", `a tree has a whole number of leaves, and not ${size}`);
    }
    const expected = bitsOf(size);
    if (hashes.length !== expected) {
      throw new InvalidInputError(
        "hashes",
        `a compact range of ${size} leaves has ${expected} hashes, not ${hashes.length}`,
      );
    }
    if (!hashes.every(isHash))
      throw new InvalidInputError("hashes", "each hash of a compact range has 32 bytes");
    this.#size = size;
    this.#hashes = [...hashes];
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Roots of the complete subtrees, the largest (leftmost) first; a copy. */
  get hashes(): readonly Hash[] {
    return [...this.#hashes];
  }

  /** Adds the hash of the next leaf. */
  append(leaf: Hash): void {
    let hash = leaf;
    // The bits that are set at the end of the size are the subtrees that this leaf completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#hashes.pop() ?? "", hash);
    }
    this.#hashes.push(hash);
    this.#size++;
  }

  /**
   * Adds 2^level leaves at once: the root of the complete subtree over them.
   * @throws InvalidInputError `level` when the size is no multiple of 2^level
   */
  appendSubtree(level: number, root: Hash): void {
    const leaves = 2 ** level;
    if (!Number.isInteger(level) || level < 0 || this.#size % leaves !== 0) {
      throw new InvalidInputError(
        "level",
        `no complete subtree of level ${level} begins at leaf ${this.#size}`,
      );
    }
    if (!Number.isSafeInteger(this.#size + leaves)) {
      throw new InvalidInputError("level", "a tree has fewer than 2^53 leaves");
    }
    let hash = root;
    for (let rest = this.#size / leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#hashes.pop() ?? "", hash);
    }
    this.#hashes.push(hash);
    this.#size += leaves;
  }

  /** The root of the tree. */
  root(): Hash {
    let at = this.#hashes.length - 1;
    let root = this.#hashes[at];
    if (root === undefined) return EMPTY_ROOT;
    while (at-- > 0) root = nodeHash(this.#hashes[at] ?? "", root);
    return root;
  }

  /** A copy that grows on its own. */
  clone(): CompactRange {
    return new CompactRange(this.#size, this.#hashes);
  }
}

function bitsOf(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}
