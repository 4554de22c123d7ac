import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hashFromBase64, sha256 } from "./hash.js";
import {
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "./proof.js";

interface Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly size1: number;
  readonly size2: number;
  readonly size: number;
  readonly start: number;
  readonly end: number;
  readonly root: string;
  readonly root1: string;
  readonly root2: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly desc: string;
  readonly wantErr: boolean;
}

const folder = fileURLToPath(new URL("../../../../shared/data/audit-vectors/merkle/", import.meta.url));
const present = existsSync(folder);
if (!present) {
  console.warn(
    "SKIPPED: the Merkle vectors are not here (../shared/data/audit-vectors/merkle), so agreement with them is NOT tested",
  );
}

const hash = (text: string): string => hashFromBase64(text) ?? "";

/** Some roots are words such as "don't care 1": a root of their own stands for each. */
const root = (text: string): string => hashFromBase64(text) ?? sha256(text);

const KINDS: readonly [string, number, (vector: Vector, proof: readonly string[]) => boolean][] = [
  [
    "inclusion",
    98,
    (v, proof) => verifyInclusion(v.leafIdx, v.treeSize, hash(v.leafHash), proof, root(v.root)),
  ],
  ["consistency", 98, (v, proof) => verifyConsistency(v.size1, v.size2, root(v.root1), root(v.root2), proof)],
  [
    "subtreeinclusion",
    204,
    (v, proof) => verifySubtreeInclusion(v.leafIdx, v.start, v.end, hash(v.leafHash), proof, root(v.root)),
  ],
  [
    "subtreeconsistency",
    118,
    (v, proof) => verifySubtreeConsistency(v.start, v.end, v.size, proof, root(v.root1), root(v.root2)),
  ],
];

describe.skipIf(!present)("transparency-dev/merkle vectors", () => {
  test.each(KINDS)("%s: all %i are judged as their authors say", (kind, count, verify) => {
    const files = readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".json"),
    );
    expect(files).toHaveLength(count);
    const wrong = files.filter((name) => {
      const vector = JSON.parse(readFileSync(join(folder, kind, name), "utf8")) as Vector;
      return verify(vector, (vector.proof ?? []).map(hash)) === vector.wantErr;
    });
    expect(wrong).toEqual([]);
  });
});
