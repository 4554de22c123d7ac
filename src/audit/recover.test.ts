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
      for (const name of cut?.files ?? []) {
        const kept = copy.read(`${DIR}/${name}`);
        expect(Buffer.from(torn.subarray(torn.length - kept.length)).equals(kept)).toBe(true);
      }
      // Writing goes on right there, and a second start finds nothing to do.
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
  expect(recoverSegments({ disk, dir: DIR }).cut?.files).toEqual([
    `${QUARANTINE}/records-00000001-from-${durable}.jsonl`,
  ]);
  expect(numbers(disk)).toHaveLength(10);
});

test("a second crash at the same place does not overwrite what the first one left", () => {
  const { disk, durable, whole } = written();
  for (const text of ["first", "second"]) {
    disk.damage(segmentPath(DIR, 1), () => Buffer.concat([whole.subarray(0, durable), Buffer.from(text)]));
    recoverSegments({ disk, dir: DIR });
  }
  const kept = disk
    .list(`${DIR}/${QUARANTINE}`)
    .map((name) => Buffer.from(disk.read(`${DIR}/${QUARANTINE}/${name}`)));
  expect(kept.map(String).sort()).toEqual(["first", "second"]);
});

test("the newest segment may be lost or torn at its beginning, as long as nothing was in it", () => {
  for (const bytes of ["", '{"type":"segm', "\0".repeat(100)]) {
    const { disk } = written();
    disk.plant(segmentPath(DIR, 2), { bytes });
    const { end, cut } = recoverSegments({ disk, dir: DIR });
    expect(end.segment).toBe(1);
    expect(cut?.bytes ?? 0).toBe(bytes.length);
    const sink = sinkAt(disk, end);
    sink.rotate();
    expect(sink.position.segment).toBe(2);
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
  for (const operation of ["write", "sync", "rename", "syncDir", "openToRead"] as const) {
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
