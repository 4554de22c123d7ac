import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../core/errors.js";
import { CompactRange } from "./compact-range.js";
import {
  EMPTY_ROOT,
  hashFromBase64,
  hashFromBytes,
  hashToBase64,
  hashToBytes,
  isHash,
  leafHash,
  nodeHash,
  sha256,
} from "./hash.js";
import type { Hash } from "./hash.js";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "./proof.js";
import type { NodeAt } from "./proof.js";

const hex = (hash: Hash): string => Buffer.from(hash, "latin1").toString("hex");
const MAX = Number.MAX_SAFE_INTEGER;

/** The definition of RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH of section 2.1.1. */
function naivePath(m: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

/** SUBPROOF of section 2.1.2. */
function naiveSubproof(m: number, leaves: readonly Hash[], known: boolean): Hash[] {
  if (m === leaves.length) return known ? [] : [naiveRoot(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...naiveSubproof(m, leaves.slice(0, k), known), naiveRoot(leaves.slice(k))]
    : [...naiveSubproof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

/** SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs. */
function naiveSubtreeProof(start: number, end: number, leaves: readonly Hash[], known: boolean): Hash[] {
  if (start === 0 && end === leaves.length) return known ? [] : [naiveRoot(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (end <= k) return [...naiveSubtreeProof(start, end, left, known), naiveRoot(right)];
  if (start >= k) return [...naiveSubtreeProof(start - k, end - k, right, known), naiveRoot(left)];
  return [...naiveSubtreeProof(0, end - k, right, false), naiveRoot(left)];
}

function split(leaves: number): number {
  let k = 1;
  while (k * 2 < leaves) k *= 2;
  return k;
}

function leavesOf(count: number): Hash[] {
  return Array.from({ length: count }, (_, i) => leafHash(`leaf ${i}`));
}

function nodesOf(leaves: readonly Hash[]): NodeAt {
  return (level, index) => {
    const end = (index + 1) * 2 ** level;
    if (end > leaves.length) throw new Error(`node ${level}/${index} is not complete`);
    return naiveRoot(leaves.slice(index * 2 ** level, end));
  };
}

/** A tree whose leaves are all equal: its nodes depend on the level only, so it can have any size. */
const uniform: Hash[] = [leafHash("same")];
for (let level = 1; level <= 53; level++) uniform.push(nodeHash(uniform[level - 1]!, uniform[level - 1]!));

function uniformNodes(size: number): NodeAt {
  return (level, index) => {
    expect(Number.isSafeInteger(index)).toBe(true);
    // A node is complete: its end, which may be beyond what a number can hold exactly, is not beyond the size.
    expect((BigInt(index) + 1n) * 2n ** BigInt(level) <= BigInt(size)).toBe(true);
    return uniform[level]!;
  };
}

function uniformRoot(size: number): Hash {
  const levels = [...size.toString(2)].reverse().flatMap((bit, level) => (bit === "1" ? [level] : []));
  return new CompactRange(
    size,
    levels.reverse().map((level) => uniform[level]!),
  ).root();
}

const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashFromBytes(bytes));
const anySize = fc.oneof(
  fc.integer({ min: 1, max: 70 }),
  fc.maxSafeNat().map((n) => Math.max(1, n)),
  fc.integer({ min: 1, max: 52 }).chain((bits) => fc.constantFrom(2 ** bits - 1, 2 ** bits, 2 ** bits + 1)),
  fc.constantFrom(MAX, MAX - 1, 2 ** 52, 2 ** 32, 2 ** 32 + 1),
);

describe("hashes", () => {
  test("the constants of RFC 6962 come out", () => {
    expect(hex(EMPTY_ROOT)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex(leafHash(""))).toBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    expect(hex(leafHash("L123456"))).toBe("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  });

  test("the reference tree of Certificate Transparency has its roots", () => {
    const roots = [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"];
    const range = new CompactRange();
    [...leaves, "606162636465666768696a6b6c6d6e6f"].forEach((leaf, i) => {
      range.append(leafHash(Buffer.from(leaf, "hex")));
      expect(hex(range.root())).toBe(roots[i]);
    });
  });

  test("a string and its UTF-8 bytes are the same leaf", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (line) => {
        expect(leafHash(Buffer.from(line))).toBe(leafHash(line));
        expect(leafHash(line)).toBe(sha256(`\0${line}`));
      }),
    );
    for (const bytes of [65_534, 65_535, 65_536, 200_000]) {
      expect(leafHash(Buffer.alloc(bytes, "x"))).toBe(leafHash("x".repeat(bytes)));
    }
  });

  test("base64 and bytes bring a hash back", () => {
    fc.assert(
      fc.property(anyHash, fc.nat(40), (hash, offset) => {
        expect(hashFromBase64(hashToBase64(hash))).toBe(hash);
        expect(isHash(hash)).toBe(true);
        const bytes = Buffer.concat([Buffer.alloc(offset), hashToBytes(hash), Buffer.alloc(3)]);
        expect(hashFromBytes(bytes, offset)).toBe(hash);
      }),
    );
  });

  test("a hash has one base64 text only", () => {
    const text = hashToBase64(EMPTY_ROOT);
    const others = [
      "",
      text.slice(0, -1),
      `${text}=`,
      ` ${text.slice(1)}`,
      `${text}\n`,
      text.replaceAll("+", "-"),
      text.replace("U=", "V="),
      "A".repeat(44),
      `${"A".repeat(42)}==`,
    ];
    for (const other of others) expect(hashFromBase64(other)).toBeUndefined();
  });

  test("what is no hash is refused", () => {
    expect(() => nodeHash("short", EMPTY_ROOT)).toThrow(InvalidInputError);
    expect(() => nodeHash(EMPTY_ROOT, `${EMPTY_ROOT}x`)).toThrow(InvalidInputError);
    expect(() => hashFromBytes(new Uint8Array(40), 9)).toThrow(InvalidInputError);
    expect(() => hashFromBytes(new Uint8Array(40), -1)).toThrow(InvalidInputError);
    expect(isHash(`${EMPTY_ROOT.slice(1)}\u0100`)).toBe(false);
  });
});

describe("compact range", () => {
  test("its root is the root of the definition at every size", () => {
    const leaves = leavesOf(140);
    const range = new CompactRange();
    for (let size = 0; size <= leaves.length; size++) {
      expect(range.size).toBe(size);
      expect(range.root()).toBe(naiveRoot(leaves.slice(0, size)));
      expect(new CompactRange(size, range.hashes).root()).toBe(range.root());
      if (size < leaves.length) range.append(leaves[size]!);
    }
  });

  test("subtrees added whole give the same root", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 12 }), (levels) => {
        const plain = new CompactRange();
        const range = new CompactRange();
        for (const wanted of levels) {
          let level = wanted;
          while (range.size % 2 ** level !== 0) level--;
          const leaves = Array.from({ length: 2 ** level }, (_, i) => leafHash(`${plain.size + i}`));
          for (const leaf of leaves) plain.append(leaf);
          range.appendSubtree(level, naiveRoot(leaves));
        }
        expect(range.size).toBe(plain.size);
        expect(range.root()).toBe(plain.root());
      }),
    );
  });

  test("a copy grows on its own", () => {
    const range = new CompactRange();
    range.append(leafHash("a"));
    const copy = range.clone();
    copy.append(leafHash("b"));
    (copy.hashes as Hash[]).pop();
    expect(range.size).toBe(1);
    expect(range.root()).toBe(leafHash("a"));
    expect(copy.root()).toBe(naiveRoot([leafHash("a"), leafHash("b")]));
  });

  test("it works beyond 2^32 leaves", () => {
    const size = 2 ** 40 - 1;
    const range = new CompactRange(size, uniform.slice(0, 40).reverse());
    range.append(uniform[0]!);
    expect(range.hashes).toEqual([uniform[40]]);
  });

  test("hashes that do not fit a size are refused", () => {
    expect(() => new CompactRange(3, [EMPTY_ROOT])).toThrow(/has 2 hashes, not 1/);
    expect(() => new CompactRange(1, ["short"])).toThrow(InvalidInputError);
    expect(() => new CompactRange(-1)).toThrow(InvalidInputError);
    expect(() => new CompactRange(0.5)).toThrow(InvalidInputError);
    expect(() => new CompactRange(2 ** 53)).toThrow(InvalidInputError);
    expect(() => new CompactRange(1, [EMPTY_ROOT]).appendSubtree(1, EMPTY_ROOT)).toThrow(InvalidInputError);
    expect(() => new CompactRange().appendSubtree(-1, EMPTY_ROOT)).toThrow(InvalidInputError);
    expect(() => new CompactRange().appendSubtree(53, EMPTY_ROOT)).toThrow(InvalidInputError);
  });
});

describe("proofs", () => {
  test("every proof of every tree up to 40 leaves is the one of RFC 6962 and verifies", () => {
    const leaves = leavesOf(40);
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size);
      const root = naiveRoot(tree);
      const nodeAt = nodesOf(tree);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, nodeAt);
        expect(proof).toEqual(naivePath(index, tree));
        expect(verifyInclusion(index, size, tree[index]!, proof, root)).toBe(true);
        const proven = consistencyProof(index + 1, size, nodeAt);
        expect(proven).toEqual(naiveSubproof(index + 1, tree, true));
        expect(verifyConsistency(index + 1, size, naiveRoot(tree.slice(0, index + 1)), root, proven)).toBe(
          true,
        );
      }
    }
  });

  test("every subtree of every tree up to 24 leaves is part of it, and no other is", () => {
    const leaves = leavesOf(24);
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size);
      const root = naiveRoot(tree);
      for (let start = 0; start < size; start++) {
        for (let end = start + 1; end <= size; end++) {
          let width = 1;
          while (width < end - start) width *= 2;
          const sub = naiveRoot(tree.slice(start, end));
          const valid = start % width === 0;
          const proof = valid ? naiveSubtreeProof(start, end, tree, true) : [];
          expect(verifySubtreeConsistency(start, end, size, proof, sub, root)).toBe(valid);
          if (!valid) continue;
          expect(verifySubtreeConsistency(start, end, size, proof, EMPTY_ROOT, root)).toBe(false);
          expect(verifySubtreeConsistency(start, end, size, proof, sub, EMPTY_ROOT)).toBe(false);
          expect(verifySubtreeConsistency(start, end, size, [...proof, sub], sub, root)).toBe(false);
          const path = naivePath(end - 1 - start, tree.slice(start, end));
          expect(verifySubtreeInclusion(end - 1, start, end, tree[end - 1]!, path, sub)).toBe(true);
          if (start > 0) {
            expect(verifySubtreeInclusion(end - 1 - start, start, end, tree[end - 1]!, path, sub)).toBe(
              false,
            );
          }
        }
      }
    }
  });

  test("proofs of trees of any size up to 2^53 − 1 verify", () => {
    fc.assert(
      fc.property(anySize, anySize, fc.maxSafeNat(), (a, b, seed) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const index = seed % to;
        const proof = inclusionProof(index, to, uniformNodes(to));
        expect(proof.length).toBeLessThanOrEqual(53);
        expect(verifyInclusion(index, to, uniform[0]!, proof, uniformRoot(to))).toBe(true);
        const proven = consistencyProof(from, to, uniformNodes(to));
        expect(proven.length).toBeLessThanOrEqual(54);
        expect(verifyConsistency(from, to, uniformRoot(from), uniformRoot(to), proven)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("no altered inclusion proof verifies", () => {
    const leaves = leavesOf(70);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        fc.nat(),
        fc.nat(5),
        anyHash,
        (size, seed, at, kind, other) => {
          const index = seed % size;
          const tree = leaves.slice(0, size);
          const root = naiveRoot(tree);
          const proof = inclusionProof(index, size, nodesOf(tree));
          const altered = alter(proof, at, kind, other);
          if (altered !== undefined)
            expect(verifyInclusion(index, size, tree[index]!, altered, root)).toBe(false);
          expect(verifyInclusion(index, size, other, proof, root)).toBe(false);
          expect(verifyInclusion(index, size, tree[index]!, proof, other)).toBe(false);
          for (let wrong = 0; wrong < size + 2; wrong++) {
            if (wrong !== index) expect(verifyInclusion(wrong, size, tree[index]!, proof, root)).toBe(false);
          }
        },
      ),
    );
  });

  test("no altered consistency proof verifies", () => {
    const leaves = leavesOf(70);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        fc.nat(),
        fc.nat(5),
        anyHash,
        (to, seed, at, kind, other) => {
          const from = 1 + (seed % to);
          const tree = leaves.slice(0, to);
          const fromRoot = naiveRoot(tree.slice(0, from));
          const root = naiveRoot(tree);
          const proof = consistencyProof(from, to, nodesOf(tree));
          const altered = alter(proof, at, kind, other);
          if (altered !== undefined) expect(verifyConsistency(from, to, fromRoot, root, altered)).toBe(false);
          expect(verifyConsistency(from, to, other, root, proof)).toBe(false);
          expect(verifyConsistency(from, to, fromRoot, other, proof)).toBe(false);
          for (let wrong = 0; wrong <= to + 2; wrong++) {
            if (wrong !== from) expect(verifyConsistency(wrong, to, fromRoot, root, proof)).toBe(false);
          }
        },
      ),
    );
  });

  test("from the empty tree nothing is proven", () => {
    expect(verifyConsistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])).toBe(false);
    expect(verifyConsistency(0, 1, EMPTY_ROOT, leafHash(""), [])).toBe(false);
    expect(() => consistencyProof(0, 3, uniformNodes(3))).toThrow(InvalidInputError);
  });

  test("what is asked of no tree is refused", () => {
    expect(() => inclusionProof(3, 3, uniformNodes(3))).toThrow(/no leaf with index 3/);
    expect(() => inclusionProof(-1, 3, uniformNodes(3))).toThrow(InvalidInputError);
    expect(() => inclusionProof(0, 2 ** 53, uniformNodes(3))).toThrow(InvalidInputError);
    expect(() => consistencyProof(4, 3, uniformNodes(3))).toThrow(InvalidInputError);
    expect(() => consistencyProof(1.5, 3, uniformNodes(3))).toThrow(InvalidInputError);
  });

  test("whatever is handed in, verifying does not throw and takes no proof of nothing", () => {
    const hostile = fc.oneof(
      fc.anything(),
      anyHash,
      fc.array(fc.oneof(anyHash, fc.string()), { maxLength: 80 }),
    );
    const number = fc.oneof(fc.anything(), fc.double(), fc.maxSafeNat(), fc.nat(4)) as fc.Arbitrary<number>;
    fc.assert(
      fc.property(number, number, hostile, hostile, hostile, (a, b, c, d, e) => {
        expect(verifyInclusion(a, b, c as Hash, d as Hash[], e as Hash)).toBeTypeOf("boolean");
        expect(verifyInclusion(0, 2, EMPTY_ROOT, d as Hash[], e as Hash)).toBe(false);
        expect(verifyConsistency(a, b, c as Hash, e as Hash, d as Hash[])).toBeTypeOf("boolean");
        expect(verifyConsistency(1, 2, EMPTY_ROOT, e as Hash, d as Hash[])).toBe(false);
        expect(verifySubtreeInclusion(a, b, 9, c as Hash, d as Hash[], e as Hash)).toBeTypeOf("boolean");
      }),
      { numRuns: 2000 },
    );
    expect(verifyInclusion(0, 2, EMPTY_ROOT, [,] as unknown as Hash[], EMPTY_ROOT)).toBe(false);
    const endless = Array.from({ length: 1_000_000 }, () => EMPTY_ROOT);
    expect(verifyInclusion(0, MAX, EMPTY_ROOT, endless, EMPTY_ROOT)).toBe(false);
  });
});

/** Another proof than this one; undefined where the way to alter does not apply. */
function alter(proof: readonly Hash[], at: number, kind: number, other: Hash): Hash[] | undefined {
  const altered = [...proof];
  const place = proof.length === 0 ? 0 : at % proof.length;
  if (kind === 0) altered.push(other);
  else if (kind === 1) altered.unshift(other);
  else if (proof.length === 0) return undefined;
  else if (kind === 2) altered.splice(place, 1);
  else if (kind === 3) altered[place] = other;
  else if (kind === 4) altered.splice(place, 0, altered[place]!);
  else altered.reverse();
  return altered.length === proof.length && altered.every((hash, i) => hash === proof[i])
    ? undefined
    : altered;
}
