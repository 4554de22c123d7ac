import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../core/errors.js";
import { formatCheckpoint, parseCheckpoint } from "../note/checkpoint.js";
import { parseVkey } from "../note/keys.js";
import { formatNote, parseNote, verifiedBy } from "../note/note.js";
import { CompactRange } from "./compact-range.js";
import { EMPTY_ROOT, leafHash } from "./hash.js";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./proof.js";
import { entriesPath, tilePath, tileWidth } from "./tile-paths.js";
import { tileNodeAt } from "./tile-reader.js";
import { entriesOfBundle, TileWriter, writeTiles } from "./tiles.js";

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`leaf ${i}`));

function written(leaves: Iterable<Uint8Array>): {
  files: Map<string, Uint8Array>;
  size: number;
  root: string;
} {
  const files = new Map<string, Uint8Array>();
  const end = writeTiles(leaves, (path, bytes) => {
    expect(files.has(path)).toBe(false);
    files.set(path, bytes);
  });
  return { files, ...end };
}

describe("Tessera's golden log", () => {
  const folder = fileURLToPath(
    new URL("../../../../shared/data/audit-vectors/tessera-log/", import.meta.url),
  );
  const present = existsSync(folder);
  if (!present) {
    console.warn(
      "SKIPPED: Tessera's log is not here (../shared/data/audit-vectors/tessera-log), so writing it again is NOT tested",
    );
  }
  const read = (path: string): Buffer => readFileSync(join(folder, path));
  const SIZES = Array.from({ length: 16 }, (_, size) => size);

  test.skipIf(!present).each(SIZES)("at size %i every tile, bundle and checkpoint is the same", (size) => {
    const entries = entriesOfBundle(read("tile/entries/000.p/15"), 15)!.slice(0, size);
    const { files, root } = written(entries);
    for (const [path, bytes] of files) expect(Buffer.from(bytes)).toEqual(read(path));
    expect([...files.keys()]).toEqual(size === 0 ? [] : [entriesPath(0, size), tilePath(0, 0, size)]);

    const note = read(`checkpoint.${size}`).toString();
    const signed = parseNote(note);
    const origin = "example.com/log/testdata";
    expect(signed.text).toBe(formatCheckpoint({ origin, size, root }));
    expect(parseCheckpoint(signed.text)).toEqual({ origin, size, root });
    const vkey = parseVkey(read("vkey").toString().trim());
    expect(verifiedBy(signed, [vkey])).toEqual([vkey]);
    expect(formatNote(signed.text, signed.signatures)).toBe(note);
  });

  test.skipIf(!present)("all of its 46 files were written again", () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const ours = files.filter(({ name }) => !["LICENSE", "vkey", "checkpoint"].includes(name));
    expect(ours).toHaveLength(46);
    expect(read("checkpoint")).toEqual(read("checkpoint.15"));
  });

  test.skipIf(!present)("its tiles prove each of its checkpoints from each one before", () => {
    const rootOf = (size: number): string => parseCheckpoint(parseNote(read(`checkpoint.${size}`)).text).root;
    const nodeAt = (size: number) =>
      tileNodeAt((path) => (existsSync(join(folder, path)) ? read(path) : undefined), size);
    for (let to = 1; to <= 15; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = consistencyProof(from, to, nodeAt(to));
        expect(verifyConsistency(from, to, rootOf(from), rootOf(to), proof)).toBe(true);
      }
    }
  });
});

describe("tiles", () => {
  test("paths are those of the specification", () => {
    expect(tilePath(0, 1_234_067)).toBe("tile/0/x001/x234/067");
    expect(tilePath(0, 1234, 5)).toBe("tile/0/x001/234.p/5");
    expect(tilePath(63, 0, 255)).toBe("tile/63/000.p/255");
    expect(entriesPath(0)).toBe("tile/entries/000");
    expect(entriesPath(999)).toBe("tile/entries/999");
    expect(entriesPath(1000, 1)).toBe("tile/entries/x001/000.p/1");
    expect(entriesPath(Number.MAX_SAFE_INTEGER)).toBe("tile/entries/x009/x007/x199/x254/x740/991");
    for (const [level, index, width] of [
      [64, 0, 1],
      [-1, 0, 1],
      [0, -1, 1],
      [0, 0.5, 1],
      [0, 0, 0],
      [0, 0, 257],
    ] as const) {
      expect(() => tilePath(level, index, width)).toThrow(InvalidInputError);
    }
  });

  test("a tree of 70,000 leaves has the tiles that the specification names", () => {
    const { files, size, root } = written(leavesOf(70_000));
    expect(size).toBe(70_000);
    const level = (prefix: string): string[] => [...files.keys()].filter((path) => path.startsWith(prefix));
    expect(level("tile/0/")).toHaveLength(274);
    expect(level("tile/entries/")).toHaveLength(274);
    expect(level("tile/1/")).toEqual(["tile/1/000", "tile/1/001.p/17"]);
    expect(level("tile/2/")).toEqual(["tile/2/000.p/1"]);
    expect(files.get("tile/0/273.p/112")).toHaveLength(112 * 32);
    expect(files.size).toBe(274 * 2 + 3);
    for (const [path, bytes] of files) {
      if (!path.includes(".p/") && !path.includes("entries")) expect(bytes).toHaveLength(8192);
    }

    const nodeAt = tileNodeAt((path) => files.get(path), size);
    for (const index of [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      const proof = inclusionProof(index, size, nodeAt);
      expect(verifyInclusion(index, size, leafHash(`leaf ${index}`), proof, root)).toBe(true);
    }
  });

  test("a tree of 256 leaves has a full tile and one of width 1 above it", () => {
    expect([...written(leavesOf(256)).files.keys()]).toEqual([
      "tile/entries/000",
      "tile/0/000",
      "tile/1/000.p/1",
    ]);
  });

  test("the log without leaves has no files", () => {
    const { files, size, root } = written([]);
    expect([files.size, size, root]).toEqual([0, 0, EMPTY_ROOT]);
  });

  test("roots, proofs and bundles out of tiles are right at any size", () => {
    const leaves = leavesOf(1500);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1500 }), fc.nat(), fc.nat(), (size, a, b) => {
        const { files, root } = written(leaves.slice(0, size));
        const range = new CompactRange();
        const roots = leaves.slice(0, size).map((leaf) => {
          range.append(leafHash(leaf));
          return range.root();
        });
        expect(root).toBe(roots[size - 1]);
        const index = a % size;
        const from = 1 + (b % size);
        const nodeAt = tileNodeAt((path) => files.get(path), size);
        expect(
          verifyInclusion(index, size, leafHash(leaves[index]!), inclusionProof(index, size, nodeAt), root),
        ).toBe(true);
        expect(
          verifyConsistency(from, size, roots[from - 1]!, root, consistencyProof(from, size, nodeAt)),
        ).toBe(true);
        const width = tileWidth(0, Math.floor(index / 256), size);
        const bundle = files.get(entriesPath(Math.floor(index / 256), width))!;
        expect(Buffer.from(entriesOfBundle(bundle, width)![index % 256]!)).toEqual(leaves[index]);
      }),
      { numRuns: 40 },
    );
  });

  test("a partial tile that was deleted is read from the full one", () => {
    const { files } = written(leavesOf(600));
    const root = written(leavesOf(100)).root;
    const nodeAt = tileNodeAt((path) => files.get(path), 100);
    expect(verifyInclusion(7, 100, leafHash("leaf 7"), inclusionProof(7, 100, nodeAt), root)).toBe(true);
  });

  test("tiles that are missing or have a wrong length are told", () => {
    const { files } = written(leavesOf(300));
    expect(() => tileNodeAt(() => undefined, 300)(0, 0)).toThrow(
      expect.objectContaining({ code: "record_damaged" }),
    );
    expect(() => tileNodeAt((path) => files.get(path)?.subarray(1), 300)(0, 0)).toThrow(
      expect.objectContaining({ code: "record_damaged" }),
    );
    const nodeAt = tileNodeAt((path) => files.get(path), 300);
    for (const [level, index] of [
      [0, 300],
      [8, 1],
      [9, 0],
      [-1, 0],
      [0, -1],
    ] as const) {
      expect(() => nodeAt(level, index)).toThrow(InvalidInputError);
    }
  });

  test("leaves that are gone are counted by their hashes, and bundles with one of them are not written", () => {
    const leaves = leavesOf(700);
    const whole = written(leaves);
    const files = new Map<string, Uint8Array>();
    const writer = new TileWriter((path, bytes) => files.set(path, bytes));
    leaves.forEach((leaf, i) => (i < 300 ? writer.appendHash(leafHash(leaf)) : writer.append(leaf)));
    expect(writer.end()).toEqual({ size: 700, root: whole.root });
    expect([...whole.files.keys()].filter((path) => !files.has(path))).toEqual([
      "tile/entries/000",
      "tile/entries/001",
    ]);
    for (const [path, bytes] of files) expect(bytes).toEqual(whole.files.get(path));
  });

  test("a leaf may have 65,535 bytes and not one more", () => {
    const { files } = written([Buffer.alloc(65_535, "x"), Buffer.alloc(0)]);
    const entries = entriesOfBundle(files.get("tile/entries/000.p/2")!, 2)!;
    expect(entries.map((entry) => entry.length)).toEqual([65_535, 0]);
    expect(() => written([Buffer.alloc(65_536)])).toThrow(InvalidInputError);
  });

  test("whatever bytes are read as a bundle, entries are exact or there are none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(300), (bytes, width) => {
        const entries = entriesOfBundle(bytes, width);
        if (entries === undefined) return;
        expect(entries).toHaveLength(width);
        expect(entries.reduce((sum, entry) => sum + entry.length + 2, 0)).toBe(bytes.length);
      }),
    );
  });
});
