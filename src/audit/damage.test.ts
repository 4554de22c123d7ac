import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReinError } from "../core/errors.js";
import { FakeDisk } from "../testing/fake-disk.js";
import { inspectRecords } from "./inspect.js";
import { readRecords } from "./read-records.js";
import type { LogRecord } from "./read-records.js";
import { recoverSegments } from "./recover.js";
import { repairRecords } from "./repair.js";
import { QUARANTINE, segmentName, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { parseSum, sumLine } from "./segment-lines.js";
import { SegmentSink } from "./segments.js";

const DIR = "/state";
const RUNS = Number(process.env["REIN_RUNS"] ?? 500);
const now = (): number => 1_767_600_000_000;

const sinkAt = (disk: FakeDisk, at: Position): SegmentSink =>
  new SegmentSink({ disk, dir: DIR, at, segmentBytes: 1e6, maxBytes: Infinity, now });

const recover = (disk: FakeDisk, syncedTo?: Position) => recoverSegments({ disk, dir: DIR, syncedTo });

/** Three segments of four chunks, synced after each; records are numbered. */
function filled(seed = 1): { disk: FakeDisk; end: Position; positions: Position[] } {
  const disk = new FakeDisk({ seed });
  const sink = sinkAt(disk, { segment: 1, offset: 0 });
  const positions: Position[] = [];
  let i = 0;
  for (let segment = 1; segment <= 3; segment++) {
    for (let chunk = 0; chunk < 4; chunk++) {
      const lines = [0, 1, 2].map(
        () => `${JSON.stringify({ type: "r", i: ++i, pad: "é".repeat((i * 13) % 40) })}\n`,
      );
      sink.write(lines.join(""));
      sink.syncNow();
      positions.push(sink.position);
    }
    if (segment < 3) sink.rotate();
  }
  const end = sink.position;
  void sink.close();
  return { disk, end, positions };
}

const ALL = Array.from({ length: 36 }, (_, i) => i + 1);

function records(disk: FakeDisk, from?: Position): LogRecord[] {
  return [...readRecords({ disk, dir: DIR, from })].map(({ record }) => record);
}

const numbersOf = (found: readonly LogRecord[]): number[] =>
  found.flatMap((record) => (record.type === "r" ? [record["i"] as number] : []));

/** How far the last sound word about durability in a segment goes. */
function durableTo(disk: FakeDisk, segment: number): number {
  const lines = new TextDecoder().decode(disk.read(segmentPath(DIR, segment))).split("\n");
  return Math.max(...lines.map((line) => parseSum(line)?.synced ?? 0));
}

function errorOf(action: () => unknown): ReinError {
  try {
    action();
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const flip = (at: number, by: number) => (bytes: Uint8Array) => {
  bytes[at]! ^= by;
  return bytes;
};

const without = (from: number, bytes: number) => (whole: Uint8Array) =>
  Uint8Array.from([...whole.subarray(0, from), ...whole.subarray(from + bytes)]);

const zeroed = (from: number, bytes: number) => (whole: Uint8Array) =>
  whole.fill(0, from, Math.min(from + bytes, whole.length));

type Change = (bytes: Uint8Array) => Uint8Array;
const changes = fc.record({
  segment: fc.integer({ min: 1, max: 3 }),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.oneof(
    fc.integer({ min: 1, max: 255 }).map(
      (by) =>
        (at: number): Change =>
          flip(at, by),
    ),
    fc.integer({ min: 1, max: 700 }).map(
      (n) =>
        (at: number): Change =>
          without(at, n),
    ),
    fc.integer({ min: 1, max: 700 }).map(
      (n) =>
        (at: number): Change =>
          zeroed(at, n),
    ),
    fc.string({ minLength: 1 }).map(
      (text) =>
        (at: number): Change =>
        (whole) =>
          Buffer.concat([whole.subarray(0, at), Buffer.from(text), whole.subarray(at)]),
    ),
  ),
});

describe("damage", () => {
  test("every byte that was durable is watched over: any that is changed is found, and its file is named", () => {
    const { disk, end } = filled();
    for (const segment of [1, 2, 3]) {
      const path = segmentPath(DIR, segment);
      const durable = durableTo(disk, segment);
      for (let at = 0; at < durable; at++) {
        disk.damage(path, flip(at, 1 << (at % 8)));
        const error = errorOf(() => records(disk));
        expect(error.code).toBe("record_damaged");
        expect(error.message).toContain(segmentName(segment));
        expect(errorOf(() => recover(disk)).code).toBe("record_damaged");
        disk.damage(path, flip(at, 1 << (at % 8)));
      }
    }
    expect(durableTo(disk, 3)).toBe(end.offset);
    expect(numbersOf(records(disk))).toEqual(ALL);
  });

  test("what is changed, cut out, zeroed or slipped in is found, and nothing that was changed comes out", () => {
    fc.assert(
      fc.property(changes, ({ segment, place, kind }) => {
        const { disk } = filled();
        const at = Math.floor(place * (durableTo(disk, segment) - 1));
        const before = disk.read(segmentPath(DIR, segment));
        disk.damage(segmentPath(DIR, segment), kind(at));
        // That something is missing at the very end is for somebody else to know.
        if (Buffer.from(before).includes(Buffer.from(disk.read(segmentPath(DIR, segment))))) return;
        const found: LogRecord[] = [];
        const error = errorOf(() => {
          for (const { record } of readRecords({ disk, dir: DIR, onTorn: () => { throw new ReinError("record_failed", "torn"); } })) found.push(record); // prettier-ignore
        });
        expect(["record_damaged", "record_failed"]).toContain(error.code);
        expect(numbersOf(found)).toEqual(ALL.slice(0, numbersOf(found).length));
      }),
      { numRuns: RUNS },
    );
  });

  test("an error says where, and what to do", () => {
    const { disk, positions } = filled();
    disk.damage(segmentPath(DIR, 2), flip(positions[4]!.offset + 5, 1));
    const error = errorOf(() => recover(disk));
    expect(error.message).toBe(
      `\`/state/records-00000002.jsonl\` is damaged at byte ${positions[4]!.offset}: its checksum does not agree with what is there`,
    );
    expect(error.help).toContain("rein doctor --repair /state");
  });

  test("before the snapshot it does not keep anybody from starting", () => {
    const { disk, positions, end } = filled();
    disk.damage(segmentPath(DIR, 2), flip(200, 1));
    const from = positions[7]!;
    expect(recoverSegments({ disk, dir: DIR, from }).end).toEqual(end);
    expect(numbersOf(records(disk, from))).toEqual(ALL.slice(24));
  });

  test("a tail that ends cleanly and too early is found when somebody knows how far it went", () => {
    const { disk, end, positions } = filled();
    disk.damage(segmentPath(DIR, 3), (bytes) => bytes.slice(0, positions[10]!.offset));
    expect(errorOf(() => recover(disk, end)).message).toContain("more was durable once");
    expect(errorOf(() => recoverSegments({ disk, dir: DIR, from: end })).code).toBe("record_damaged");
    expect(numbersOf(records(disk))).toEqual(ALL.slice(0, 33));
  });

  test.each<[string, (disk: FakeDisk) => void, string]>([
    ["missing", (disk) => disk.remove(segmentPath(DIR, 2)), "it is missing"],
    ["shorter than it was left", (disk) => disk.damage(segmentPath(DIR, 1), (b) => b.slice(0, b.lastIndexOf(10, -2) + 1)), "missing at its end"], // prettier-ignore
    ["longer than it was left", (disk) => disk.damage(segmentPath(DIR, 1), (b) => Buffer.concat([b, Buffer.from('{"type":"r"}\n')])), "added to its end"], // prettier-ignore
    ["another one's copy", (disk) => disk.damage(segmentPath(DIR, 2), () => disk.read(segmentPath(DIR, 1))), "which segment it is"], // prettier-ignore
    ["empty", (disk) => disk.damage(segmentPath(DIR, 2), () => new Uint8Array(0)), "which segment it is"],
    ["a link", (disk) => { disk.rename(segmentPath(DIR, 2), "/elsewhere"); disk.plant(segmentPath(DIR, 2), { type: "link", target: "/elsewhere" }); }, "it is a link"], // prettier-ignore
    ["the newest, and a link", (disk) => { disk.rename(segmentPath(DIR, 3), "/elsewhere"); disk.plant(segmentPath(DIR, 3), { type: "link", target: "/elsewhere" }); }, "it is a link"], // prettier-ignore
    ["a directory", (disk) => { disk.remove(segmentPath(DIR, 2)); disk.makeDir(segmentPath(DIR, 2)); }, "it is not a file"], // prettier-ignore
  ])("a segment that is %s is damage, found, told and repaired", (_what, change, problem) => {
    const { disk } = filled();
    change(disk);
    expect(errorOf(() => recover(disk)).message).toContain(problem);
    expect(errorOf(() => records(disk)).code).toBe("record_damaged");
    expect(inspectRecords({ disk, dir: DIR })[0]).toMatchObject({ kind: "damage" });
    repairRecords({ disk, dir: DIR, now });
    const { end } = recover(disk);
    expect(inspectRecords({ disk, dir: DIR })).toEqual([]);
    expect(numbersOf(records(disk)).slice(0, 9)).toEqual(ALL.slice(0, 9));
    expect(end.segment).toBeGreaterThanOrEqual(3);
  });

  test("of a version to come is told from damage", () => {
    const disk = new FakeDisk();
    const sink = sinkAt(disk, { segment: 1, offset: 0 });
    sink.write('{"type":"r"}\n');
    expect(errorOf(() => newer(disk)).code).toBe("store_newer");
  });
});

function newer(disk: FakeDisk): unknown {
  const lines = '{"type":"segment","n":1,"format":3,"at":1,"previous":null}\n';
  disk.damage(segmentPath(DIR, 1), () => Buffer.from(lines + sumLine(1, 0, Buffer.from(lines), 0)));
  return recover(disk);
}

describe("repair", () => {
  test("keeps every record outside of the damage at its place, marks each loss, and keeps what was there", () => {
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (damages) => {
        const { disk } = filled();
        const original = new Map(
          [1, 2, 3].map((n) => [n, Buffer.from(disk.read(segmentPath(DIR, n))).toString("hex")]),
        );
        for (const { segment, place, kind } of damages) {
          disk.damage(
            segmentPath(DIR, segment),
            kind(Math.floor(place * (disk.read(segmentPath(DIR, segment)).length - 1))),
          );
        }
        const broken = new Map(
          [1, 2, 3].map((n) => [n, Buffer.from(disk.read(segmentPath(DIR, n))).toString("hex")]),
        );
        const told = inspectRecords({ disk, dir: DIR }).filter(({ kind }) => kind === "damage");
        const done = repairRecords({ disk, dir: DIR, now }).filter(({ kind }) => kind === "damage");
        expect(done.length === 0).toBe(told.length === 0);
        const { end } = recover(disk);
        const found = records(disk);
        const numbers = numbersOf(found);
        expect(numbers).toEqual(ALL.filter((i) => numbers.includes(i)));
        const gaps = found.filter(({ type }) => type === "gap");
        if (done.length > 0) expect(gaps.length).toBeGreaterThan(0);
        for (const gap of gaps) expect(gap).toMatchObject({ lost: null, at: now() });
        // What was there is there, somewhere.
        const kept = disk.list(`${DIR}`).includes(QUARANTINE)
          ? disk
              .list(`${DIR}/${QUARANTINE}`)
              .map((name) => Buffer.from(disk.read(`${DIR}/${QUARANTINE}/${name}`)).toString("hex"))
          : [];
        for (const [n, hex] of broken) {
          const isTouched = done.some(({ file }) => file === segmentName(n));
          if (isTouched) expect(kept).toContain(hex);
          else if (n < end.segment)
            expect(Buffer.from(disk.read(segmentPath(DIR, n))).toString("hex")).toBe(hex);
          // A segment that nothing happened to is not touched, nor is anything of it lost.
          if (hex === original.get(n))
            expect(numbers).toEqual(expect.arrayContaining(ALL.slice((n - 1) * 12, n * 12)));
        }
        // Writing goes on, and nothing is left to repair.
        const sink = sinkAt(disk, end);
        sink.write('{"type":"r","i":99}\n');
        expect(numbersOf(records(disk)).at(-1)).toBe(99);
        expect(repairRecords({ disk, dir: DIR, now })).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test("may be cut short anywhere and done again", () => {
    fc.assert(
      fc.property(fc.nat(), changes, fc.integer({ min: 1, max: 80 }), (seed, { place, kind }, operations) => {
        const { disk } = filled(seed);
        const size = disk.read(segmentPath(DIR, 2)).length;
        disk.damage(segmentPath(DIR, 2), kind(Math.floor(place * (size - 1))));
        const whole = disk.kill();
        whole.dieAt(operations);
        let after = whole;
        try {
          repairRecords({ disk: whole, dir: DIR, now });
        } catch {
          after = whole.crash();
        }
        after.dieAt(Infinity);
        repairRecords({ disk: after, dir: DIR, now });
        const numbers = numbersOf(records(after));
        expect(numbers).toEqual(ALL.filter((i) => numbers.includes(i)));
        expect(numbers).toEqual(expect.arrayContaining([...ALL.slice(0, 12), ...ALL.slice(24)]));
      }),
      { numRuns: RUNS },
    );
  });
});
