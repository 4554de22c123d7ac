import { expect, test } from "vitest";
import { ReinError } from "../core/errors.js";
import { FakeDisk } from "../testing/fake-disk.js";
import { readRecords } from "./read-records.js";
import { recoverSegments } from "./recover.js";
import { QUARANTINE, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { SegmentSink } from "./segments.js";

const DIR = "/state";

const sinkAt = (disk: FakeDisk, at: Position): SegmentSink =>
  new SegmentSink({ disk, dir: DIR, at, segmentBytes: 1e6, maxBytes: Infinity, now: () => 1 });

const line = (i: number): string => `${JSON.stringify({ type: "r", i, pad: "é".repeat(i % 17) })}\n`;

const numbers = (disk: FakeDisk): unknown[] =>
  [...readRecords({ disk, dir: DIR })].map(({ record }) => record["i"]);

/** Ten records that are durable, and a chunk of ten that is not. */
function written(): { readonly disk: FakeDisk; readonly durable: number; readonly whole: Uint8Array } {
  const disk = new FakeDisk();
  const sink = sinkAt(disk, { segment: 1, offset: 0 });
  for (let i = 1; i <= 10; i++) sink.write(line(i));
  sink.syncNow();
  const durable = sink.position.offset;
  sink.write(Array.from({ length: 10 }, (_, i) => line(i + 11)).join(""));
  return { disk, durable, whole: disk.read(segmentPath(DIR, 1)) };
}

test("a tail that is cut anywhere, or zeros from anywhere on, is no damage: whole lines count, the rest is kept", () => {
  const { disk, durable, whole } = written();
  const path = segmentPath(DIR, 1);
  for (let at = durable; at < whole.length; at++) {
    for (const torn of [whole.slice(0, at), whole.slice().fill(0, at)]) {
      const copy = new FakeDisk();
      copy.plant(path.replace(/\/[^/]*$/, ""), { type: "directory" });
      copy.plant(path, { bytes: torn });
      const lines = Buffer.from(torn.subarray(0, at)).toString().split("\n").length;
      const { end, cut } = recoverSegments({ disk: copy, dir: DIR });
      const found = numbers(copy);
      expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1));
      expect(found.length).toBeGreaterThanOrEqual(Math.min(20, 10 + lines - whole.subarray(0, durable).filter((byte) => byte === 10).length - 1)); // prettier-ignore
      if (cut !== null) expect(cut.files).toEqual(["records-00000001.jsonl"]);
      expect(Buffer.from(torn).equals(copy.read(path))).toBe(true);
      // Writing goes on behind a copy of what may not be durable, and a second start finds nothing to do.
      const sink = sinkAt(copy, end);
      sink.write(line(99));
      sink.syncNow();
      expect(numbers(copy)).toEqual([...found, 99]);
      expect(recoverSegments({ disk: copy.crash(), dir: DIR }).cut).toBeNull();
    }
  }
  expect(numbers(disk)).toHaveLength(20);
});

test("nothing is taken from a chunk whose own sum says that something else was written", () => {
  const { disk, durable } = written();
  disk.damage(segmentPath(DIR, 1), (bytes) => {
    bytes[durable + 15]! ^= 1;
    return bytes;
  });
  expect(recoverSegments({ disk, dir: DIR }).cut?.files).toEqual(["records-00000001.jsonl"]);
  expect(numbers(disk)).toHaveLength(10);
});

test("what a crash left in a segment that was only begun is kept, and so is what the next one leaves there", () => {
  const disk = new FakeDisk();
  const header = disk.read(segmentPath(DIR, (sinkAt(disk, { segment: 1, offset: 0 }), 1)));
  for (const text of ["first", "second"]) {
    disk.damage(segmentPath(DIR, 1), () => Buffer.concat([Buffer.from("x"), header, Buffer.from(text)]));
    expect(recoverSegments({ disk, dir: DIR }).cut?.files).toHaveLength(1);
  }
  const kept = disk
    .list(`${DIR}/${QUARANTINE}`)
    .map((name) => Buffer.from(disk.read(`${DIR}/${QUARANTINE}/${name}`)).toString());
  expect(new Set(kept.map((text) => text.split("\n").at(-1)))).toEqual(new Set(["first", "second"]));
});

/** An owner that sleeps, and the one that comes after it. */
function asleep(): { readonly disk: FakeDisk; readonly ghost: SegmentSink } {
  const disk = new FakeDisk();
  const ghost = sinkAt(disk, { segment: 1, offset: 0 });
  for (let i = 1; i <= 3; i++) ghost.write(line(i));
  ghost.syncNow();
  ghost.write(line(4));
  return { disk, ghost };
}

test("nothing of an owner that was pushed aside reaches the records, wherever it wakes up in the takeover", () => {
  const operations = asleep().disk.operations;
  for (let at = 1; at < 60; at++) {
    for (const deed of ["write", "rotate", "seal"] as const) {
      const { disk, ghost } = asleep();
      let isAwake = false;
      disk.fault = () => {
        if (isAwake || disk.operations < operations + at) return undefined;
        isAwake = true;
        haunt(ghost, deed);
        return undefined;
      };
      const { end } = recoverSegments({ disk, dir: DIR, fence: true });
      disk.fault = undefined;
      const found = numbers(disk);
      // What it wrote before the new owner had read that far is there, and nothing else.
      expect([
        [1, 2, 3, 4],
        [1, 2, 3, 4, 666],
      ]).toContainEqual(found);
      const sink = sinkAt(disk, end);
      for (let i = 0; i < 3; i++) haunt(ghost, "write");
      sink.write(line(5));
      haunt(ghost, "rotate");
      sink.rotate();
      haunt(ghost, "rotate");
      sink.write(line(6));
      haunt(ghost, "seal");
      sink.syncNow();
      expect(numbers(disk)).toEqual([...found, 5, 6]);
      expect(numbers(disk.crash())).toEqual([...found, 5, 6]);
    }
  }
});

/** What it does may fail: others have made the segment that it needs. */
function haunt(ghost: SegmentSink, deed: "write" | "rotate" | "seal"): void {
  try {
    if (deed === "seal") ghost.seal();
    else ghost.write(line(666));
    if (deed === "rotate") ghost.rotate();
  } catch (error) {
    expect(error).toMatchObject({ code: "EEXIST" });
  }
}

test("a start that is pushed aside itself leaves the records to the one that came after", () => {
  let isLost = false;
  const lost = new ReinError("store_in_use", "taken over", { help: "stop" });
  const mustBeOurs = (): void => {
    if (isLost) throw lost;
  };
  for (let at = 1; at < 80; at++) {
    const before = asleep();
    const from = before.disk.operations;
    isLost = false;
    let end: Position | undefined;
    before.disk.fault = () => {
      if (isLost || before.disk.operations < from + at) return undefined;
      isLost = true;
      ({ end } = recoverSegments({ disk: before.disk, dir: DIR, fence: true }));
      return undefined;
    };
    try {
      recoverSegments({ disk: before.disk, dir: DIR, fence: true, mustBeOurs });
    } catch (error) {
      expect(error).toBe(lost);
    }
    before.disk.fault = undefined;
    expect(numbers(before.disk)).toEqual([1, 2, 3, 4]);
    if (end === undefined) break;
    sinkAt(before.disk, end).write(line(5));
    expect(numbers(before.disk)).toEqual([1, 2, 3, 4, 5]);
  }
});

test("the newest segment may be lost or torn at its beginning, as long as nothing was in it", () => {
  for (const bytes of ["", '{"type":"segm', "\0".repeat(100)]) {
    const { disk } = written();
    disk.plant(segmentPath(DIR, 2), { bytes });
    const { end, cut } = recoverSegments({ disk, dir: DIR });
    expect(end.segment).toBe(2);
    expect(cut?.bytes ?? 0).toBe(bytes.length);
    const sink = sinkAt(disk, end);
    sink.rotate();
    expect(sink.position.segment).toBe(3);
    expect(numbers(disk)).toHaveLength(20);
  }
});

test("a directory that is not there has no records, and its first one makes it", () => {
  const disk = new FakeDisk();
  const { end, cut } = recoverSegments({ disk, dir: "/a/b" });
  expect({ end, cut }).toEqual({ end: { segment: 1, offset: 0 }, cut: null });
  expect([...readRecords({ disk, dir: "/a/b" })]).toEqual([]);
});

test("a disk that does not let it work is told apart from damage, and nothing is lost by it", () => {
  for (const operation of ["write", "sync", "link", "syncDir", "openToRead"] as const) {
    const { disk, whole } = written();
    disk.damage(segmentPath(DIR, 1), () => whole.slice(0, -3));
    disk.failNext(operation, "EIO");
    let error: unknown;
    try {
      recoverSegments({ disk, dir: DIR });
    } catch (thrown) {
      error = thrown;
    }
    expect(ReinError.isInstance(error) && error.code).toBe("record_failed");
    recoverSegments({ disk, dir: DIR });
    expect(numbers(disk)).toHaveLength(20);
  }
});
