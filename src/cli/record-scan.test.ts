import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeDisk } from "../store/index.js";
import { firstLine, lastLine, linesIn, segmentHeads } from "./record-scan.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rein-scan-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function segment(n: number, ...lines: readonly string[]): void {
  writeFileSync(
    join(dir, `records-${String(n).padStart(8, "0")}.jsonl`),
    lines.map((line) => `${line}\n`).join(""),
  );
}

const start = '{"type":"gate","seq":7,';
const line = `${start}"at":1}`;

describe("looking for lines without parsing the others", () => {
  test("finds whole lines and their places, and nothing in the middle of a line", () => {
    const lines = ['{"a":1}', line, `{"text":"${line.replaceAll('"', '\\"')}"}`, `x${line}`, line];
    segment(1, ...lines);
    expect([...linesIn(nodeDisk, dir, 1, [start])]).toEqual([
      { segment: 1, offset: 8, text: line },
      { segment: 1, offset: lines.slice(0, -1).join("\n").length + 1, text: line },
    ]);
  });

  test("a line that is not whole yet is not there", () => {
    writeFileSync(join(dir, "records-00000001.jsonl"), `${line}\n${line}`);
    expect([...linesIn(nodeDisk, dir, 1, [start])]).toHaveLength(1);
  });

  test("lines longer than what is read at a time, and lines across its edge, are found", () => {
    const long = `{"type":"state","image":"${"é".repeat(5_000_000)}"}`;
    const ticks = Array.from({ length: 200_000 }, (_, i) => `{"type":"tick","n":${i}}`).join("\n");
    segment(1, line, long, line, ticks, line);
    const found = [...linesIn(nodeDisk, dir, 1, ['{"type":"state"', start])];
    expect(found.map(({ text }) => text.length)).toEqual([
      line.length,
      long.length,
      line.length,
      line.length,
    ]);
  });

  test("the first from a place on, and the last before a place, over all segments", () => {
    segment(1, line, line);
    segment(2, '{"b":1}');
    segment(3, line, '{"c":1}', line);
    const length = line.length + 1;
    expect(firstLine(nodeDisk, dir, { segment: 1, offset: length }, [start])).toMatchObject({
      segment: 1,
      offset: length,
    });
    expect(firstLine(nodeDisk, dir, { segment: 1, offset: 2 * length }, [start])).toMatchObject({
      segment: 3,
      offset: 0,
    });
    expect(firstLine(nodeDisk, dir, { segment: 4, offset: 0 }, [start])).toBeUndefined();
    expect(lastLine(nodeDisk, dir, { segment: 3, offset: length }, [start])).toMatchObject({
      segment: 3,
      offset: 0,
    });
    expect(lastLine(nodeDisk, dir, { segment: 3, offset: 0 }, [start])).toMatchObject({
      segment: 1,
      offset: length,
    });
    expect(lastLine(nodeDisk, dir, { segment: 1, offset: 0 }, [start])).toBeUndefined();
  });

  test("what a segment begins with: a fresh run, a run that goes on, a state, or neither", () => {
    segment(1, '{"type":"segment","n":1}', '{"type":"sum"}', '{"type":"open","boot":"x","rules":[]}');
    segment(2, '{"type":"segment","n":2}', '{"type":"open","boot":"y","restored":true}');
    segment(
      3,
      '{"type":"state","at":1,"mono":2,"image":{"format":1,"engine":2,"at":1,"mono":2,"seq":42,"rules":[]}}',
    );
    segment(4, '{"type":"gap","lost":null}');
    expect(segmentHeads(nodeDisk, dir)).toEqual([
      { segment: 1, isStart: true, decisions: 0 },
      { segment: 2, isStart: false, decisions: undefined },
      { segment: 3, isStart: true, decisions: 42 },
      { segment: 4, isStart: false, decisions: undefined },
    ]);
  });
});
