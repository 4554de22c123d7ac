import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { holds } from "../../numbers.js";
import { randomSource } from "../../random.js";
import { readCorpus } from "./corpus.js";
import { nab } from "./index.js";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rein-nab-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, content: unknown): void {
  const file = join(folder, "nab", path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

function timeOf(i: number): string {
  return new Date(Date.UTC(2014, 1, 1) + i * 300_000).toISOString().slice(0, 19).replace("T", " ");
}

function writeSeries(name: string, valueOf: (i: number) => number): void {
  const lines = Array.from({ length: 2000 }, (_, i) => `${timeOf(i)},${valueOf(i)}`);
  write(`data/${name}`, `timestamp,value\n${lines.join("\n")}\n`);
}

/** Two folders with a file each, and one anomaly. */
function writeCorpus(): void {
  const random = randomSource(1);
  writeSeries("real/spike.csv", (i) => 10 + random() + (i === 1500 ? 9 : 0));
  writeSeries("made/calm.csv", () => 10 + random());
  write("labels/combined_windows.json", {
    "made/calm.csv": [],
    "real/spike.csv": [[`${timeOf(1400)}.000000`, `${timeOf(1600)}.000000`]],
    "elsewhere/other.csv": [],
  });
  write("config/profiles.json", {
    low: { CostMatrix: { tpWeight: 1, fnWeight: 1, fpWeight: 0.22, tnWeight: 1 } },
    standard: { CostMatrix: { tpWeight: 1, fnWeight: 1, fpWeight: 0.11, tnWeight: 1 } },
  });
}

describe("the set", () => {
  test("is absent where its data is", () => {
    expect(nab.evaluate(folder, () => undefined)).toBeNull();
    mkdirSync(join(folder, "nab", "data"), { recursive: true });
    expect(nab.evaluate(folder, () => undefined)).toBeNull();
  });

  test("scores each detector, whatever files are there, with a bar for the standard profile", () => {
    writeCorpus();
    const told: [number, number][] = [];
    const section = nab.evaluate(folder, (done, total) => told.push([done, total]))!;
    expect(told.at(-1)).toEqual([4, 4]);
    expect(section.bars).toHaveLength(1);
    expect(holds(section.bars[0]!)).toBe(true);
    const [atBest, fixed, files] = section.tables;
    expect(atBest!.columns).toEqual(["", "standard", "low", "threshold, standard"]);
    expect(atBest!.rows[0]![1]).toBe(section.bars[0]!.value);
    expect(atBest!.rows.at(-1)).toEqual(["null detector", 0, 0, "none"]);
    expect(fixed!.rows).toHaveLength(2 + 4);
    expect(files!.rows.map(([name, values, windows]) => [name, values, windows])).toEqual([
      ["made/calm.csv", 2000, 0],
      ["real/spike.csv", 2000, 1],
    ]);
    expect(section.curves.map(({ id }) => id)).toEqual(["nab-threshold", "nab-trade-off"]);
  });

  test("windows become indices", () => {
    writeCorpus();
    const { series } = readCorpus(folder)!;
    expect(series.map(({ name, windows }) => [name, windows])).toEqual([
      ["made/calm.csv", []],
      ["real/spike.csv", [[1400, 1600]]],
    ]);
  });

  test.each<[what: string, spoil: () => void, complaint: RegExp]>([
    ["labels for a file", () => write("labels/combined_windows.json", {}), /has no entry for made\/calm.csv/],
    [
      "a number",
      () => write("data/made/calm.csv", "timestamp,value\n2014-01-01 00:00:00,x"),
      /line 2, is no sample/,
    ],
    ["a time", () => write("data/made/calm.csv", "timestamp,value\nnow,1"), /line 2, is no sample: `now,1`/],
    ["the standard profile", () => write("config/profiles.json", {}), /no `standard` profile/],
    [
      "the profiles",
      () => rmSync(join(folder, "nab", "config"), { recursive: true }),
      /profiles.json is missing/,
    ],
    ["the window's sample", () => writeWindow("2010-01-01 00:00:00.000000"), /where it has no sample/],
    ["any window", () => writeWindow(null), /no file of nab\/data has a window/],
  ])("without %s it says so", (_, spoil, complaint) => {
    writeCorpus();
    spoil();
    expect(() => nab.evaluate(folder, () => undefined)).toThrow(complaint);
  });
});

function writeWindow(at: string | null): void {
  const windows = at === null ? [] : [[at, at]];
  write("labels/combined_windows.json", { "made/calm.csv": [], "real/spike.csv": windows });
}
