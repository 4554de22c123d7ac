import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FakeDisk } from "../../testing/fake-disk.js";
import { fileHeads } from "../log/head.js";
import { logPlaces } from "../log/layout.js";
import { recoverLog } from "../log/recover.js";
import { LogWriter } from "../log/writer.js";
import { contextOf, logLeaves } from "./log-leaves.js";

const dir = "/log";

/** A log of segments of four leaves. */
function newLog(records: number): FakeDisk {
  const disk = new FakeDisk({ seed: 1 });
  const heads = [fileHeads(disk, logPlaces(dir).heads)];
  const end = recoverLog({ disk, dir, heads, origin: "example.com/agents" });
  const system = { now: () => 1767614400000, mono: () => 1 };
  const writer = new LogWriter({
    disk,
    dir,
    end,
    heads,
    ...system,
    writer: "w",
    software: "s",
    segmentLeaves: 4,
  });
  for (let i = 0; i < records; i++) writer.append(`{"at":${i},"n":`, `,"type":"tick"}`);
  writer.close();
  return disk;
}

const indices = (disk: FakeDisk, from?: number): number[] =>
  [...logLeaves({ disk, dir, from })].map(({ n }) => n);

describe("leaves for an export", () => {
  test("come from all segments, in order, with the very lines", () => {
    const disk = newLog(10);
    const leaves = [...logLeaves({ disk, dir })];
    expect(leaves.map(({ n }) => n)).toEqual(leaves.map((_, i) => i));
    expect(leaves.length).toBeGreaterThan(12);
    expect(leaves.map(({ record }) => record["n"])).toEqual(leaves.map(({ n }) => n));
    for (const { line, record } of leaves) expect(JSON.parse(line)).toEqual(record);
  });

  test("can begin anywhere, also behind the end", () => {
    const disk = newLog(10);
    const all = indices(disk);
    expect(indices(disk, 6)).toEqual(all.slice(6));
    expect(indices(disk, 1_000)).toEqual([]);
  });

  test("begin with the oldest that retention left", () => {
    const disk = newLog(10);
    disk.remove(join(dir, "seg", "0000000000000000.jsonl"));
    expect(indices(disk)[0]).toBe(4);
  });

  test("a hole between segments is an error, and no end", () => {
    const disk = newLog(10);
    const path = join(dir, "seg", "0000000000000004.jsonl");
    const file = disk.openToAppend(path);
    file.truncate(file.bytes - 3);
    expect(() => indices(disk)).toThrow(/ends with record 6, and the next segment begins with 8/);
  });

  test("the export's context is the log's checkpoint, or without it the first leaf", () => {
    const disk = newLog(3);
    const context = contextOf(disk, dir, "1.2.3");
    expect(context).toMatchObject({ origin: "example.com/agents", head: { size: indices(disk).length } });
    disk.remove(logPlaces(dir).checkpoint);
    expect(contextOf(disk, dir, "1.2.3")).toEqual({ origin: "example.com/agents", version: "1.2.3" });
    expect(contextOf(new FakeDisk(), dir, "1.2.3").origin).toBe("unknown-log");
  });
});
