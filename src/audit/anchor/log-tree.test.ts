import { describe, expect, test } from "vitest";
import { MadeLog } from "../../../test/audit/witness-support.js";
import { FakeDisk } from "../../testing/fake-disk.js";
import { SeededRandom } from "../../testing/seeded-random.js";
import { EMPTY_ROOT } from "../tree/index.js";
import { LogTree } from "./log-tree.js";

const DIR = "/log";

function written(size: number, cuts: readonly number[] = [0]): { log: MadeLog; disk: FakeDisk } {
  const log = new MadeLog().growTo(size);
  const disk = new FakeDisk();
  log.write(disk, DIR, cuts);
  return { log, disk };
}

describe("the tree of a log on the disk", () => {
  test.each([
    [1, [0]],
    [255, [0]],
    [256, [0]],
    [257, [0, 200]],
    [1000, [0, 256, 300, 301, 999]],
    [40_000, [0, 32_768, 33_000]],
  ])("%i leaves in segments from %j on: every root and proof is the log's", (size, cuts) => {
    const { log, disk } = written(size, cuts);
    const tree = new LogTree(disk, DIR);
    tree.extendTo(size, log.root());
    expect(tree.rootAt(0)).toBe(EMPTY_ROOT);
    const random = new SeededRandom(size);
    for (let i = 0; i < 100; i++) {
      const to = 1 + random.below(size);
      const from = 1 + random.below(to);
      expect(tree.proofOf(from, to)).toEqual(log.proofOf(from, to));
      if (i < 10) expect(tree.rootAt(from)).toBe(log.root(from));
    }
  });

  test("reads on when the log has grown", () => {
    const { log, disk } = written(300);
    const tree = new LogTree(disk, DIR);
    tree.extendTo(300, log.root());
    log.growTo(700).write(disk, DIR, [0, 512]);
    expect(() => tree.rootAt(301)).toThrow(RangeError);
    tree.extendTo(700, log.root());
    expect(tree.rootAt(650)).toBe(log.root(650));
    tree.extendTo(300, log.root(300));
    expect(tree.size).toBe(700);
  });

  test.each<[string, (disk: FakeDisk, path: string) => void]>([
    ["missing", (disk, path) => disk.remove(path)],
    ["short", (disk, path) => disk.damage(path, (bytes) => bytes.subarray(0, 1000))],
    ["zeros at the end", (disk, path) => disk.damage(path, (bytes) => bytes.fill(0, 9000))],
    ["wrong in one bit", (disk, path) => disk.damage(path, (bytes) => bytes.fill(bytes[100]! ^ 1, 100, 101))],
  ])("hashes that are %s are made again from the lines", (_how, damage) => {
    const { log, disk } = written(600, [0, 400]);
    damage(disk, `${DIR}/seg/0000000000000000.hashes`);
    const tree = new LogTree(disk, DIR);
    tree.extendTo(600, log.root());
    expect(tree.proofOf(77, 600)).toEqual(log.proofOf(77, 600));
  });

  test("old segments of which only the hashes are left are no trouble", () => {
    const { log, disk } = written(600, [0, 400]);
    disk.remove(`${DIR}/seg/0000000000000000.jsonl`);
    const tree = new LogTree(disk, DIR);
    tree.extendTo(600, log.root());
    expect(tree.rootAt(100)).toBe(log.root(100));
  });

  test("another root than that of the leaves is refused, and what was known stays known", () => {
    const { log, disk } = written(600);
    const tree = new LogTree(disk, DIR);
    tree.extendTo(300, log.root(300));
    const error = expect.objectContaining({ code: "record_damaged" });
    expect(() => tree.extendTo(600, log.fork(599, 600).root())).toThrow(error);
    expect(() => tree.extendTo(601, log.root())).toThrow(error);
    expect(tree.size).toBe(300);
    expect(tree.rootAt(299)).toBe(log.root(299));
  });
});
