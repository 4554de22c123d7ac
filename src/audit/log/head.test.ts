import fc from "fast-check";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeDisk } from "../../store/node-disk.js";
import { FakeDisk } from "../../testing/fake-disk.js";
import { SeededRandom } from "../../testing/seeded-random.js";
import type { Head } from "./head.js";
import { fileHeads, isSameHead } from "./head.js";

const DIR = "/log/head";
/** More of them find more: `HEAD_SEEDS=20000 npx vitest run src/audit/log/head.test.ts`. */
const SEEDS = Number(process.env["HEAD_SEEDS"] ?? 400);

function headOf(size: number, salt = 0): Head {
  return { origin: "example.com/log", size, root: String.fromCharCode(size % 251, salt).padEnd(32, "r") };
}

describe("a kept head", () => {
  test("there is none at first, not even a directory; then it is the newest that was kept", () => {
    const disk = new FakeDisk();
    const heads = fileHeads(disk, DIR);
    expect(heads.read()).toBeNull();
    expect(heads.swap(null, headOf(1))).toBe(true);
    expect(heads.swap(headOf(1), headOf(2))).toBe(true);
    expect(heads.read()).toEqual(headOf(2));
    expect(fileHeads(disk, DIR).read()).toEqual(headOf(2));
  });

  test("whoever is not up to date keeps nothing", () => {
    const heads = fileHeads(new FakeDisk(), DIR);
    expect(heads.swap(headOf(1), headOf(2))).toBe(false);
    heads.swap(null, headOf(1));
    expect(heads.swap(null, headOf(2))).toBe(false);
    expect(heads.swap(headOf(1, 7), headOf(2))).toBe(false);
    expect(heads.swap({ ...headOf(1), origin: "example.com/other" }, headOf(2))).toBe(false);
    expect(heads.read()).toEqual(headOf(1));
  });

  test("two files are enough for any number of heads", () => {
    const disk = new FakeDisk();
    const heads = fileHeads(disk, DIR);
    for (let size = 1; size <= 50; size++) heads.swap(size === 1 ? null : headOf(size - 1), headOf(size));
    expect(disk.list(DIR)).toEqual(["head.00000049", "head.00000050"]);
    expect(new TextDecoder().decode(disk.read(`${DIR}/head.00000050`))).toMatch(
      /^\{"generation":50,"origin":"example\.com\/log","size":50,"root":"[A-Za-z0-9+/]{43}="\}\n$/,
    );
  });

  test("what the dead left behind goes away, what somebody may be writing stays", () => {
    let now = 1_000_000;
    const disk = new FakeDisk({ now: () => now });
    disk.makeDir(DIR);
    disk.plant(`${DIR}/head.new.dead`);
    now += 120_000;
    disk.plant(`${DIR}/head.new.busy`);
    fileHeads(disk, DIR).swap(null, headOf(1));
    expect(disk.list(DIR)).toEqual(["head.00000001", "head.new.busy"]);
  });

  test("works on the real disk", () => {
    const dir = join(mkdtempSync(join(tmpdir(), "rein-heads-")), "head");
    const [one, other] = [fileHeads(nodeDisk, dir), fileHeads(nodeDisk, dir)];
    expect(one.swap(null, headOf(1))).toBe(true);
    expect(other.swap(null, headOf(1))).toBe(false);
    expect(other.swap(headOf(1), headOf(5))).toBe(true);
    expect(one.read()).toEqual(headOf(5));
    expect(readdirSync(dir)).toEqual(["head.00000001", "head.00000002"]);
  });
});

describe("damage", () => {
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["nothing", () => new Uint8Array(0)],
    ["zeros", (bytes) => new Uint8Array(bytes.length)],
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["longer", (bytes) => Buffer.concat([bytes, Buffer.from("\n")])],
    ["a number", () => Buffer.from("7\n")],
    ["null", () => Buffer.from("null\n")],
    ["written otherwise", (bytes) => Buffer.from(Buffer.from(bytes).toString().replace(":", ": "))],
  ])("%s: the one before counts, and the next one is kept on top", (_what, change) => {
    const disk = keptTwo();
    disk.damage(`${DIR}/head.00000002`, change);
    const heads = fileHeads(disk, DIR);
    expect(heads.read()).toEqual(headOf(1));
    expect(heads.swap(headOf(1), headOf(3))).toBe(true);
    expect(heads.read()).toEqual(headOf(3));
    expect(disk.list(DIR)).toEqual(["head.00000002", "head.00000003"]);
  });

  test("a file under another's name is not believed", () => {
    const disk = keptTwo();
    disk.plant(`${DIR}/head.00000003`, { bytes: disk.read(`${DIR}/head.00000001`) });
    expect(fileHeads(disk, DIR).read()).toEqual(headOf(2));
  });

  test("nothing readable is an error that says what to do, and never `none was kept`", () => {
    const disk = keptTwo();
    disk.damage(`${DIR}/head.00000001`, () => Buffer.from("?"));
    disk.damage(`${DIR}/head.00000002`, () => new Uint8Array(0));
    const error = expect.objectContaining({ code: "head_invalid", help: expect.stringContaining("witness") });
    expect(() => fileHeads(disk, DIR).read()).toThrow(error);
    expect(() => fileHeads(disk, DIR).swap(null, headOf(1))).toThrow(error);
  });

  test("a disk that cannot read is the system's error, and not a torn file", () => {
    const disk = keptTwo();
    disk.failNext("read", "EIO");
    expect(() => fileHeads(disk, DIR).read()).toThrow(expect.objectContaining({ code: "EIO" }));
  });

  function keptTwo(): FakeDisk {
    const disk = new FakeDisk();
    fileHeads(disk, DIR).swap(null, headOf(1));
    fileHeads(disk, DIR).swap(headOf(1), headOf(2));
    return disk;
  }
});

describe.each([
  ["with hard links", false],
  ["without hard links", true],
])("crashes and races, %s", (_where, isLinkless) => {
  /** What a disk without links answers, whatever else goes wrong. */
  function fault(operation: string): string | undefined {
    return isLinkless && operation === "link" ? "EPERM" : undefined;
  }

  test(
    "a head that was kept survives power failures; one that was not is there as a whole or not at all",
    { timeout: 3_600_000 },
    () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new SeededRandom(seed);
        let disk = new FakeDisk({ seed });
        disk.makeDir("/log");
        disk.syncDirNow("/");
        /** What may be read: the last one of which we were told, and those that were under way since. */
        let possible: (Head | null)[] = [null];
        let size = 0;
        for (let life = 0; life < 6; life++) {
          disk.fault = fault;
          if (random.chance(0.8)) disk.dieAt(disk.operations + 1 + random.below(60));
          try {
            let now = fileHeads(disk, DIR).read();
            if (!possible.some((head) => isSameHead(head, now))) {
              throw new Error(`seed ${seed}: ${now?.size ?? "none"} is back`);
            }
            for (let i = 0; i < 5; i++) {
              const next = headOf(++size);
              possible.push(next);
              if (!fileHeads(disk, DIR).swap(now, next)) throw new Error(`seed ${seed}: refused, and alone`);
              now = next;
              possible = [next];
            }
          } catch (error) {
            if (!disk.isDead) throw error;
          }
          // What was only seen, a power failure may still take back: that is why `possible` is not narrowed by reading.
          disk = random.chance(0.5) ? disk.kill() : disk.crash();
        }
      }
    },
  );

  test("of two that keep at once, at whatever moment the other comes in between, one at most succeeds", () => {
    for (const already of [0, 1, 2, 5]) {
      for (let moment = 1; moment <= 60; moment++) {
        for (const swaps of [1, 2, 3, 4]) {
          const disk = new FakeDisk({ seed: moment });
          disk.fault = fault;
          for (let size = 1; size <= already; size++) {
            fileHeads(disk, DIR).swap(size === 1 ? null : headOf(size - 1), headOf(size));
          }
          const start = already === 0 ? null : headOf(already);
          let last = start;
          let others = 0;
          let isInside = false;
          const until = disk.operations + moment;
          disk.fault = (operation) => {
            if (!isInside && others === 0 && disk.operations >= until) {
              isInside = true;
              for (let i = 0; i < swaps; i++) {
                const next = headOf(100 + i, 1);
                if (!fileHeads(disk, DIR).swap(last, next)) break;
                last = next;
                others++;
              }
              isInside = false;
            }
            return fault(operation);
          };
          const mine = fileHeads(disk, DIR).swap(start, headOf(200));
          disk.fault = fault;
          const where = `after ${already}, ${swaps} at ${moment}`;
          expect(mine && others > 0, where).toBe(false);
          const now = fileHeads(disk, DIR).read();
          if (mine) expect(now, where).toEqual(headOf(200));
          else if (others > 0) expect(now, where).toEqual(last);
        }
      }
    }
  });
});

test("any head that can be written is read again", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.maxSafeNat(),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (origin, size, bytes) => {
        const head: Head = { origin, size, root: Buffer.from(bytes).toString("latin1") };
        const heads = fileHeads(new FakeDisk(), DIR);
        expect(heads.swap(null, head)).toBe(true);
        expect(heads.read()).toEqual(head);
      },
    ),
  );
});
