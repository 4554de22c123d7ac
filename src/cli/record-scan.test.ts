import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { segmentPath } from "../audit/log/layout.js";
import { nodeDisk } from "../store/index.js";
import { endOfLog, firstDecision, recordsBefore, recordsFrom, recordsWith } from "./record-scan.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rein-scan-"));
  mkdirSync(join(dir, "seg"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Writes a segment; `#` in a line is its index. */
function segment(first: number, ...lines: readonly string[]): void {
  const text = lines.map((line, i) => `${line.replace("#", String(first + i))}\n`).join("");
  writeFileSync(segmentPath(dir, first), text);
}

const NEEDLE = '"seq":7,';
const line = `{"n":#,${NEEDLE}"type":"gate"}`;
const other = '{"n":#,"seq":77,"type":"gate"}';
const indices = (records: Iterable<{ readonly n: number }>) => [...records].map(({ n }) => n);

describe("looking for records without parsing the others", () => {
  test("finds whole lines that have what is looked for, and nothing inside strings", () => {
    const quoted = `{"n":#,"text":${JSON.stringify(line.replace("#", "9"))},"type":"x"}`;
    segment(0, '{"n":#,"type":"a"}', line, quoted, `x${line}`, other, line);
    expect(indices(recordsWith(nodeDisk, dir, 0, [NEEDLE]))).toEqual([1, 5]);
  });

  test("a line that is not whole yet is not there", () => {
    const text = `${line.replace("#", "0")}\n${line.replace("#", "1")}`;
    writeFileSync(segmentPath(dir, 0), text);
    expect(indices(recordsWith(nodeDisk, dir, 0, [NEEDLE]))).toEqual([0]);
    expect(endOfLog(nodeDisk, dir)).toBe(1);
  });

  test("lines across the edge of what is read at a time are found, and what follows something overlong", () => {
    const ticks = Array.from({ length: 200_000 }, () => '{"n":#,"type":"tick"}');
    const text = [line, ...ticks, line].map((each, i) => each.replace("#", String(i))).join("\n");
    writeFileSync(segmentPath(dir, 0), `${text}\n${"é".repeat(5_000_000)}\n${line.replace("#", "300000")}\n`);
    expect(indices(recordsWith(nodeDisk, dir, 0, [NEEDLE]))).toEqual([0, 200_001, 300_000]);
  });

  test("what a crash left in a segment beyond the first index of the next one does not count", () => {
    segment(0, line, line, line);
    segment(2, other, line);
    expect(indices(recordsFrom(nodeDisk, dir, 0, [NEEDLE]))).toEqual([0, 1, 3]);
  });

  test("from a place on, oldest first, and before a place, newest first, over all segments", () => {
    segment(0, line, line);
    segment(2, other);
    segment(3, line, other, line);
    expect(indices(recordsFrom(nodeDisk, dir, 1, [NEEDLE]))).toEqual([1, 3, 5]);
    expect(indices(recordsFrom(nodeDisk, dir, 4, [NEEDLE, '"seq":77,']))).toEqual([4, 5]);
    expect(indices(recordsBefore(nodeDisk, dir, 5, [NEEDLE]))).toEqual([3, 1, 0]);
    expect(indices(recordsBefore(nodeDisk, dir, 0, [NEEDLE]))).toEqual([]);
  });

  test("the first decision of a segment, and the end of the log", () => {
    segment(0, '{"n":#,"type":"open"}', line);
    segment(2, '{"n":#,"type":"tick"}');
    expect(firstDecision(nodeDisk, dir, 0)).toMatchObject({ n: 1, seq: 7 });
    expect(firstDecision(nodeDisk, dir, 2)).toBeUndefined();
    expect(endOfLog(nodeDisk, dir)).toBe(3);
  });
});
