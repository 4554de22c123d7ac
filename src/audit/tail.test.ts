import { expect, test } from "vitest";
import { FakeDisk } from "../testing/fake-disk.js";
import { recoverSegments } from "./recover.js";
import { segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { SegmentSink } from "./segments.js";
import { Tail } from "./tail.js";

const DIR = "/state";

function open() {
  const disk = new FakeDisk();
  const at: Position = { segment: 1, offset: 0 };
  const sink = new SegmentSink({ disk, dir: DIR, at, segmentBytes: 1e6, maxBytes: 0, now: () => 1 });
  let i = 0;
  const write = (count = 1): void => {
    for (let k = 0; k < count; k++) sink.write(`${JSON.stringify({ type: "r", i: ++i, pad: "é" })}\n`);
  };
  const poll = (tail: Tail): unknown[] => tail.poll().map((record) => record["i"]);
  return { disk, sink, write, poll };
}

test("a tail hears of what is written after it was made, once and in order, from segment to segment", () => {
  const { disk, sink, write, poll } = open();
  write(3);
  const tail = new Tail({ disk, dir: DIR });
  expect(poll(tail)).toEqual([]);
  write(2);
  expect(poll(tail)).toEqual([4, 5]);
  expect(poll(tail)).toEqual([]);
  write();
  sink.rotate();
  write();
  sink.rotate();
  write();
  expect(poll(tail)).toEqual([6, 7, 8]);
  expect(poll(new Tail({ disk, dir: DIR, from: { segment: 1, offset: 0 } }))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ]);
});

test("a line that is not whole yet is heard of when it is, and one that never will be is passed over", () => {
  const { disk, sink, write, poll } = open();
  write();
  const file = disk.openToAppend(segmentPath(DIR, 1));
  file.write(Buffer.from('{"type":"r","i":'));
  const early = new Tail({ disk, dir: DIR, from: { segment: 1, offset: 0 } });
  const late = new Tail({ disk, dir: DIR });
  expect(poll(early)).toEqual([1]);
  file.write(Buffer.from('2}\n{"type":"r","i":3}\n{"type":"r","i":4'));
  expect(poll(early)).toEqual([2, 3]);
  expect(poll(late)).toEqual([3]);
  sink.rotate();
  write();
  expect(poll(early)).toEqual([2]);
  expect(poll(late)).toEqual([2]);
});

test("a tail outlives retention, recovery, and a directory that is not there yet", () => {
  const { disk, sink, write, poll } = open();
  const nowhere = new Tail({ disk, dir: "/nowhere" });
  expect(poll(nowhere)).toEqual([]);
  write(2);
  const tail = new Tail({ disk, dir: DIR, from: { segment: 1, offset: 0 } });
  sink.keepFrom = 100;
  sink.rotate();
  write();
  sink.rotate();
  write();
  expect(poll(tail)).toEqual([4]);
  disk.openToAppend(segmentPath(DIR, 3)).truncate(sink.position.offset - 5);
  expect(poll(tail)).toEqual([]);
  disk.openToAppend(segmentPath(DIR, 3)).write(Buffer.from('\n{"type":"r","i":5}\n'));
  expect(poll(tail)).toEqual([5]);
});

test("records that a start after a crash has copied are heard of once, and those of an owner that is none any more never", () => {
  const { disk, sink, write, poll } = open();
  write(2);
  sink.syncNow();
  write(3);
  const early = new Tail({ disk, dir: DIR, from: { segment: 1, offset: 0 } });
  const late = new Tail({ disk, dir: DIR, from: sink.position });
  expect(poll(early)).toEqual([1, 2, 3, 4, 5]);
  write();
  expect(poll(late)).toEqual([6]);
  const at = recoverSegments({ disk, dir: DIR, fence: true }).end;
  const owner = new SegmentSink({ disk, dir: DIR, at, segmentBytes: 1e6, maxBytes: Infinity, now: () => 1 });
  write(2);
  owner.write('{"type":"r","i":70}\n');
  expect(poll(early)).toEqual([6, 70]);
  expect(poll(late)).toEqual([70]);
  expect(poll(new Tail({ disk, dir: DIR, from: { segment: 1, offset: 0 } }))).toEqual([1, 2, 3, 4, 5, 6, 70]);
});
