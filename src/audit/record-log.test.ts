import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageOf } from "../core/errors.js";
import { FakeDisk } from "../testing/fake-disk.js";
import { readRecords } from "./read-records.js";
import { RecordLog } from "./record-log.js";
import type { RecordLogOptions } from "./record-log.js";
import { recoverSegments } from "./recover.js";
import { SegmentSink } from "./segments.js";

const MEASURES = ["calls", "usd", '"quoted"\n', "tokens", "a", "b", "c"];

function open(options: Partial<RecordLogOptions> = {}) {
  const written: string[] = [];
  const log = new RecordLog({
    sink: {
      write: (lines) => void written.push(lines),
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    measures: MEASURES,
    capacity: 1024,
    flushIntervalMs: 50,
    schedule: () => () => undefined,
    onFailure: () => undefined,
    ...options,
  });
  const records = async (): Promise<unknown[]> => {
    await log.flush(false);
    return written
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  };
  return { log, records };
}

const amounts = fc.array(fc.integer({ min: -1, max: 2 ** 40 }), { maxLength: MEASURES.length });
const time = fc.double({ min: 0, max: 2e12, noNaN: true });
const extra = fc.option(
  fc.record(
    { tags: fc.array(fc.string(), { maxLength: 4 }), code: fc.string(), rule: fc.string() },
    { requiredKeys: [] },
  ),
  { nil: null },
);

const costOf = (given: readonly number[]): Record<string, number> | undefined => {
  const named = given.flatMap((amount, i) => (i > 0 && amount >= 0 ? [[MEASURES[i]!, amount]] : []));
  return named.length === 0 ? undefined : (Object.fromEntries(named) as Record<string, number>);
};

test("every line is the JSON of what was taken down, whatever the names and numbers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.string(),
      time,
      amounts,
      extra,
      fc.boolean(),
      async (source, series, mono, given, more, ok) => {
        const { log, records } = open();
        log.decision(1, 2, mono, { source, series }, "allow", given, more);
        log.outcome(1, 2, mono, ok, given, mono, ok);
        log.outcome(1, 2, mono, ok, null, NaN, undefined);
        log.event({ type: "tick" });
        const times = { seq: 1, at: 2, mono: mono + 0 };
        const cost = costOf(given);
        const expected = [
          { type: "gate", ...times, source, series, cost, verdict: "allow", ...more },
          { type: "settle", ...times, ok, cost, latencyMs: mono + 0, progress: ok },
          { type: "settle", ...times, ok },
          { type: "tick" },
        ];
        expect(await records()).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    ),
  );
});

test("in memory the newest records are kept, and an old one leaves nothing in its place", () => {
  const { log } = open({ sink: undefined, capacity: 256 });
  const lane = { source: "a", series: "x" };
  for (let seq = 1; seq <= 256; seq++) log.decision(seq, 0, 0, lane, "block", [1], { code: "halted" });
  for (let seq = 257; seq <= 512; seq++) log.decision(seq, 0, 0, lane, "allow", [1], null);
  const kept = [...log.recent()] as { seq: number; code?: string }[];
  expect(kept).toHaveLength(256);
  expect(kept.map(({ seq }) => seq)).toEqual(Array.from({ length: 256 }, (_, i) => i + 257));
  expect(kept.every(({ code }) => code === undefined)).toBe(true);
});

describe("on a disk", () => {
  const DIR = "/state";
  const lane = { source: "a", series: "x" };

  function openOn(disk: FakeDisk, capacity = 512) {
    const { end } = recoverSegments({ disk, dir: DIR });
    const news: string[] = [];
    const timers: { readonly callback: () => void; readonly ms: number }[] = [];
    const sink = new SegmentSink({
      ...{ disk, dir: DIR, at: end, segmentBytes: 20_000, maxBytes: Infinity },
      now: () => 1,
    });
    const log = new RecordLog({
      ...{ sink, measures: MEASURES, capacity, flushIntervalMs: 50 },
      schedule: (callback, ms) => {
        const timer = { callback, ms };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
      onFailure: (error) => news.push(error === undefined ? "works" : messageOf(error)),
    });
    const read = () => [...readRecords({ disk, dir: DIR })].map(({ record }) => record);
    const seqs = () => read().flatMap(({ type, seq }) => (type === "gate" ? [seq as number] : []));
    const gate = (seq: number): void => {
      log.decision(seq, 1, 1, lane, "allow", [1], null);
    };
    /** Lets timers of this length fall due. */
    const due = async (ms: number): Promise<void> => {
      for (const timer of timers.filter((each) => each.ms === ms)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.callback();
      }
      for (let i = 0; i < 10; i++) await Promise.resolve();
    };
    return { log, sink, news, read, seqs, gate, due };
  }

  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

  test("what writeNow(true) has returned for is there after a power failure", () => {
    const disk = new FakeDisk();
    const { log, gate } = openOn(disk);
    gate(1);
    log.writeNow(true);
    gate(2);
    log.writeNow(false);
    expect(openOn(disk.crash()).seqs()).toContain(1);
  });

  test("a full disk loses nothing: refused when the queue is full, written in order and once when there is space", () => {
    const disk = new FakeDisk({ seed: 3 });
    const { log, gate, news, seqs } = openOn(disk);
    gate(1);
    log.writeNow(false);
    let seq = 1;
    disk.capacityBytes = disk.usedBytes + 3_000;
    while (log.hasRoom(1)) gate(++seq);
    expect(seq).toBeGreaterThan(400);
    expect(() => log.writeNow(false)).toThrow(/cannot be written: .*ENOSPC/);
    expect(news).toHaveLength(1);
    // A little space at a time, the way it comes back.
    for (let i = 0; i < 200 && news.length === 1; i++) {
      disk.capacityBytes += 777;
      log.hasRoom(1);
    }
    expect(news).toEqual([expect.stringContaining("ENOSPC"), "works"]);
    log.writeNow(true);
    expect(seqs()).toEqual(upTo(seq));
    disk.capacityBytes = Infinity;
    expect(openOn(disk.crash()).seqs()).toEqual(upTo(seq));
  });

  test("a process that dies while the disk is full leaves whole records", () => {
    const disk = new FakeDisk({ seed: 4 });
    const { log, gate } = openOn(disk);
    for (let seq = 1; seq <= 100; seq++) gate(seq);
    disk.capacityBytes = disk.usedBytes + 2_222;
    expect(() => log.writeNow(false)).toThrow(/ENOSPC/);
    const after = disk.kill();
    after.capacityBytes = Infinity;
    const { seqs } = openOn(after);
    const found = seqs();
    expect(found.length).toBeGreaterThan(10);
    expect(found).toEqual(upTo(found.length));
  });

  test.each(["EIO", "EROFS", "EACCES"])("%s is told once, and that it works again", (code) => {
    const disk = new FakeDisk();
    const { log, gate, news, seqs } = openOn(disk);
    disk.fault = (operation) => (operation === "write" ? code : undefined);
    for (let i = 1; i <= 3; i++) {
      gate(i);
      expect(() => log.writeNow(true)).toThrow(code);
    }
    disk.fault = undefined;
    log.writeNow(true);
    expect(news).toEqual([expect.stringContaining(code), "works"]);
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test("what is written is synced before long, and then said to be", async () => {
    const disk = new FakeDisk();
    const { gate, due } = openOn(disk);
    gate(1);
    await due(50);
    await due(1000);
    await due(1000);
    const segment = new TextDecoder()
      .decode(disk.read(`${DIR}/records-00000001.jsonl`))
      .trimEnd()
      .split("\n");
    expect(JSON.parse(segment.at(-1)!)).toMatchObject({ type: "sum", bytes: 0 });
    expect(openOn(disk.crash()).seqs()).toEqual([1]);
  });

  test("when the disk fails to confirm, nothing counts as durable until a segment begins anew, and a gap says so", async () => {
    const disk = new FakeDisk();
    const { log, gate, due, news, read, sink } = openOn(disk);
    gate(1);
    log.writeNow(true);
    gate(2);
    await due(50);
    disk.failNext("sync", "EIO");
    await due(1000);
    expect(news).toEqual([expect.stringContaining("did not confirm")]);
    expect(log.wantsRotation).toBe(true);
    gate(3);
    await expect(log.flush(true)).rejects.toThrow("did not confirm");
    expect(() => log.writeNow(true)).toThrow("did not confirm");
    log.writeNow(false);
    gate(4);
    log.rotate([{ type: "head", knows: "everything" }]);
    gate(5);
    log.writeNow(true);
    expect(log.wantsRotation).toBe(false);
    expect(news).toHaveLength(2);
    expect(sink.position.segment).toBe(3);
    expect(read().map(({ type, seq }) => seq ?? type)).toEqual([1, 2, "gap", 3, 4, "head", 5]);
    const after = openOn(disk.crash()).read();
    expect(after.map(({ type, seq }) => seq ?? type).filter((what) => what !== 2)).toEqual([
      1,
      "gap",
      3,
      4,
      "head",
      5,
    ]);
  });

  test("a full segment is followed by one that begins with its head, also when that is written late", () => {
    const disk = new FakeDisk();
    const { log, gate, read, sink } = openOn(disk);
    for (let seq = 1; !log.wantsRotation; seq++) {
      gate(seq);
      log.writeNow(false);
    }
    gate(1000);
    log.rotate([{ type: "head", n: 1 }]);
    expect(log.position).toEqual(sink.position);
    gate(1001);
    log.writeNow(false);
    // The segment itself can still be made.
    let creating = true;
    disk.fault = (operation) => {
      if (operation === "syncDir") creating = false;
      return operation === "write" && !creating ? "ENOSPC" : undefined;
    };
    log.rotate([{ type: "head", n: 2 }]);
    gate(1002);
    expect(() => log.writeNow(false)).toThrow("ENOSPC");
    disk.fault = undefined;
    log.writeNow(true);
    const found = read().map(({ type, seq }) => seq ?? type);
    expect(found.slice(found.indexOf(1000))).toEqual([1000, "head", 1001, "head", 1002]);
  });

  test("a segment that cannot be made is an error, and is made by the next that asks", () => {
    const disk = new FakeDisk();
    const { log, gate, seqs } = openOn(disk);
    gate(1);
    disk.failNext("syncDir", "EIO");
    expect(() => log.rotate([])).toThrow(/cannot be written: .*EIO/);
    gate(2);
    log.writeNow(false);
    expect(log.position?.segment).toBe(2);
    expect(log.wantsRotation).toBe(true);
    expect(seqs()).toEqual([1, 2]);
  });
});
