import { describe, expect, test } from "vitest";
import { FakeDisk } from "../testing/fake-disk.js";
import { readRecords } from "./read-records.js";
import { recoverSegments } from "./recover.js";
import { removeOldSegments } from "./retention.js";
import { listSegments, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { SegmentSink } from "./segments.js";
import type { SegmentOptions } from "./segments.js";

const DIR = "/state/log";
let time = 1_000_000;

function open(disk: FakeDisk, options: Partial<SegmentOptions> = {}): SegmentSink {
  const at = options.at ?? recoverSegments({ disk, dir: DIR }).end;
  return new SegmentSink({
    disk,
    dir: DIR,
    at,
    segmentBytes: 2000,
    maxBytes: Infinity,
    now: () => ++time,
    ...options,
  });
}

const line = (i: number, size = 0): string => `${JSON.stringify({ type: "r", i, pad: "é".repeat(size) })}\n`;

/** What the records say, without what segments say about themselves. */
function numbers(disk: FakeDisk, from?: Position): number[] {
  return [...readRecords({ disk, dir: DIR, from })].flatMap(({ record }) =>
    record.type === "r" ? [record["i"] as number] : [],
  );
}

function text(disk: FakeDisk, segment: number): string {
  return new TextDecoder().decode(disk.read(segmentPath(DIR, segment)));
}

describe("a segment", () => {
  test("begins with its number and how the one before was left, and every piece ends with its sum", async () => {
    const disk = new FakeDisk();
    const sink = open(disk);
    sink.write(line(1) + line(2));
    await sink.sync();
    sink.write(line(3));
    sink.rotate();
    sink.write(line(4));
    await sink.sync();
    const first = text(disk, 1).trimEnd().split("\n");
    expect(first.map((each) => (JSON.parse(each) as { type: string }).type)).toEqual([
      "segment",
      "sum",
      "r",
      "r",
      "sum",
      "r",
      "sum",
    ]);
    expect(JSON.parse(first[0]!)).toMatchObject({ type: "segment", n: 1, format: 2, previous: null });
    expect(JSON.parse(text(disk, 2).split("\n")[0]!)).toMatchObject({
      n: 2,
      previous: { bytes: text(disk, 1).length },
    });
    expect(disk.look(segmentPath(DIR, 1))?.mode).toBe(0o600);
    expect(numbers(disk)).toEqual([1, 2, 3, 4]);
  });

  test("that is full says so", () => {
    const sink = open(new FakeDisk(), { segmentBytes: 300 });
    expect(sink.isFull).toBe(false);
    sink.write(line(1, 200));
    expect(sink.isFull).toBe(true);
    sink.rotate();
    expect(sink.isFull).toBe(false);
    expect(sink.position.segment).toBe(2);
  });
});

describe("retention", () => {
  const filled = (options: Partial<SegmentOptions>) => {
    const disk = new FakeDisk();
    const sink = open(disk, options);
    const rotate = (): void => {
      sink.write(line(1, 500));
      sink.rotate();
    };
    return { disk, sink, rotate };
  };

  test("removes nothing until it is told what recovery needs, and never what it needs", () => {
    const { disk, sink, rotate } = filled({ maxBytes: 1500 });
    for (let i = 0; i < 5; i++) rotate();
    expect(listSegments(disk, DIR)).toEqual([1, 2, 3, 4, 5, 6]);
    sink.keepFrom = 3;
    rotate();
    expect(listSegments(disk, DIR)).toEqual([3, 4, 5, 6, 7]);
    sink.keepFrom = 100;
    rotate();
    expect(listSegments(disk, DIR)).toEqual([7, 8]);
  });

  test("removes what is too old", () => {
    let now = 0;
    const { disk, sink, rotate } = filled({ now: () => now, maxAgeMs: 1000 });
    sink.keepFrom = 100;
    rotate();
    now = 500;
    rotate();
    now = 1400;
    rotate();
    expect(listSegments(disk, DIR)).toEqual([2, 3, 4]);
    now = 1501;
    rotate();
    expect(listSegments(disk, DIR)).toEqual([3, 4, 5]);
  });

  test("that fails is told and hurts nothing else", () => {
    const troubles: unknown[] = [];
    const { disk, sink, rotate } = filled({ maxBytes: 0, onTrouble: (error) => troubles.push(error) });
    sink.keepFrom = 100;
    disk.failNext("remove", "EACCES");
    rotate();
    expect(troubles).toHaveLength(1);
    expect(sink.position.segment).toBe(2);
  });
});

test("segments are not kept without end, however little is in each", () => {
  const disk = new FakeDisk();
  disk.makeDir(DIR);
  for (let n = 1; n <= 4200; n++) disk.plant(segmentPath(DIR, n), { bytes: "x" });
  removeOldSegments({ disk, dir: DIR, maxBytes: 2 ** 30, now: () => 1, keepFrom: 4200 });
  const left = listSegments(disk, DIR);
  expect([left.length, left.at(-1)]).toEqual([4096, 4200]);
});
