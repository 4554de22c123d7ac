import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { program } from "./program.js";
import type { Bar, Curve, EvaluationSet, Section } from "./section.js";
import type { RegisteredSet } from "./sets.js";

let home: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "evaluate-"));
  mkdirSync(join(home, "data/alpha"), { recursive: true });
  stdout = "";
  stderr = "";
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const HOLDS: Bar = { name: "found", value: 0.8, want: ">=", target: 0.5 };
const MISSED: Bar = { name: "false alarms", value: 12.5, want: "<=", target: 10 };
const CURVE: Curve = {
  id: "alpha-roc",
  title: "Found by threshold",
  x: "threshold",
  y: "found",
  series: [{ name: "ours", points: [[1, 0.5]] }],
};

function section(id: string, more: Partial<Section> = {}): Section {
  const plain = { intro: `What ${id} is.`, tables: [], curves: [], bars: [HOLDS], notes: [] };
  return { id, title: `The ${id} set`, ...plain, ...more };
}

function setOf(
  id: string,
  evaluate: EvaluationSet["evaluate"],
  data: readonly string[] = [id],
): RegisteredSet {
  return { set: { id, title: `The ${id} set`, evaluate }, data };
}

function run(words: readonly string[], ...sets: readonly RegisteredSet[]): number {
  return program(words, sets, {
    io: {
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
      isTTY: false,
      columns: 80,
      env: {},
    },
    folder: join(home, "data"),
    out: join(home, "out"),
    now: () => new Date("2026-03-04T05:06:07Z"),
  });
}

const written = (name: string): string => readFileSync(join(home, "out", name), "utf8");
const json = () => JSON.parse(written("report.json"));

describe("the exit code", () => {
  test("0 when every bar holds", () => {
    expect(
      run(
        [],
        setOf("alpha", () => section("alpha")),
      ),
    ).toBe(0);
    expect(stdout).toContain("All 1 bars hold.");
  });

  test("2 when a bar is missed, which is told at the top", () => {
    const alpha = setOf("alpha", () => section("alpha", { bars: [HOLDS, MISSED] }));
    expect(run([], alpha)).toBe(2);
    expect(stdout).toMatch(/\| alpha +\| false alarms +\| +12\.5 \| ≤ 10 +\| MISSED \|/);
    expect(stdout).toContain("1 of 2 bars are MISSED.");
    expect(json().exitCode).toBe(2);
  });

  test("1 when a set fails, also if a bar is missed; the others are evaluated", () => {
    const broken = setOf("broken", () => {
      throw new Error("row 7 of x.csv has no\nvalue");
    });
    expect(
      run(
        [],
        broken,
        setOf("alpha", () => section("alpha", { bars: [MISSED] })),
      ),
    ).toBe(1);
    expect(stdout).toContain("- broken (The broken set): FAILED: row 7 of x.csv has no value");
    expect(stdout).toContain("What alpha is.");
    expect(stderr).toContain("broken failed: row 7");
  });

  test("1 when no chosen set has data", () => {
    expect(
      run(
        [],
        setOf("alpha", () => null),
      ),
    ).toBe(1);
    expect(stdout).toContain("- alpha (The alpha set): not in this folder");
  });

  test("a set without data does not hide that the others hold", () => {
    expect(
      run(
        [],
        setOf("alpha", () => section("alpha")),
        setOf("beta", () => null),
      ),
    ).toBe(0);
    expect(stdout).toContain("- beta (The beta set): not in this folder");
  });

  test("a bar of NaN is missed", () => {
    expect(
      run(
        [],
        setOf("alpha", () => section("alpha", { bars: [{ ...HOLDS, value: NaN }] })),
      ),
    ).toBe(2);
    expect(json().bars[0].value).toBe("NaN");
  });
});

describe("the folder", () => {
  const alpha = setOf("alpha", (folder) => section("alpha", { intro: `read ${folder}` }));

  test("one that is not there is an error that says what to do, and nothing is run", () => {
    expect(run([join(home, "nowhere")], alpha)).toBe(1);
    expect(stderr).toMatch(/there is no folder `.*nowhere`: name the one that has alpha\//);
    expect(stdout).toBe("");
  });

  test("one with none of the sets is an error that names what should be there", () => {
    expect(run([join(home, "data/alpha")], alpha)).toBe(1);
    expect(stderr).toMatch(/has none of the sets: it should have one or more of alpha\//);
  });

  test("sets that simulate need none", () => {
    expect(
      run(
        [join(home, "nowhere")],
        setOf("kills", () => section("kills"), []),
      ),
    ).toBe(0);
  });

  test("is the default one unless it is named", () => {
    mkdirSync(join(home, "other/alpha"), { recursive: true });
    run([], alpha);
    expect(stdout).toContain(`read ${join(home, "data")}`);
    run([join(home, "other")], alpha);
    expect(stdout).toContain(`read ${join(home, "other")}`);
  });
});

describe("what is written", () => {
  const curved = setOf("alpha", () =>
    section("alpha", {
      tables: [{ title: "Scores", columns: ["who", "score"], rows: [["ours | mine", 0.123456]] }],
      curves: [CURVE],
      notes: ["Labels are disputed."],
    }),
  );

  test("the report as markdown and as JSON, and each curve as a picture that the markdown shows", () => {
    run([], curved);
    expect(readdirSync(join(home, "out")).sort()).toEqual(["alpha-roc.svg", "report.json", "report.md"]);
    expect(written("report.md")).toBe(stdout);
    expect(stdout).toContain("![Found by threshold](alpha-roc.svg)");
    expect(written("alpha-roc.svg")).toMatch(/^<svg /);
  });

  test("tables escape what would end a cell, and numbers are rounded and to the right", () => {
    run([], curved);
    expect(stdout).toContain(
      "| who          |  score |\n| ------------ | -----: |\n| ours \\| mine | 0.1235 |",
    );
    expect(stdout).toContain("- Labels are disputed.");
  });

  test("the JSON has the exact numbers", () => {
    run([], curved);
    const report = json();
    expect(report).toMatchObject({ day: "2026-03-04", node: process.version, exitCode: 0 });
    expect(report.bars).toEqual([{ ...HOLDS, set: "alpha", holds: true }]);
    expect(report.sets[0]).toMatchObject({ id: "alpha", is: "evaluated" });
    expect(report.sets[0].section.tables[0].rows[0][1]).toBe(0.123456);
  });

  test("--json prints the JSON instead", () => {
    run(["--json"], curved);
    expect(stdout).toBe(written("report.json"));
  });

  test("--out names another folder, which need not be there", () => {
    run(["--out", join(home, "a/b")], curved);
    expect(readdirSync(join(home, "a/b"))).toContain("report.md");
  });

  test("a folder that cannot be made is an error before anything is run", () => {
    writeFileSync(join(home, "file"), "");
    expect(run(["--out", join(home, "file/out")], curved)).toBe(1);
    expect(stderr).toContain("cannot write to");
    expect(stdout).toBe("");
  });

  test("a second curve of the same name fails its set", () => {
    const again = setOf("again", () => section("again", { curves: [CURVE] }));
    expect(run([], curved, again)).toBe(1);
    expect(stderr).toContain("again failed: a second curve is called `alpha-roc.svg`");
  });

  test("a curve's name cannot leave the folder", () => {
    run(
      [],
      setOf("alpha", () => section("alpha", { curves: [{ ...CURVE, id: "../B rent_1.5" }] })),
    );
    expect(stdout).toContain("(..-B-rent_1.5.svg)");
    expect(readdirSync(join(home, "out"))).toContain("..-B-rent_1.5.svg");
  });
});

describe("the words of the command line", () => {
  const sets = ["alpha", "beta", "gamma"].map((id) => setOf(id, () => section(id)));

  test.each([
    [["--only", "alpha,gamma"]],
    [["--only", "alpha", "--only", "gamma"]],
    [["--only", "gamma, alpha"]],
  ])("%j runs those sets, in the order of the report", (words) => {
    run(words, ...sets);
    expect(json().sets.map(({ id }: { id: string }) => id)).toEqual(["alpha", "gamma"]);
  });

  test("an unknown set is an error that names those that are", () => {
    expect(run(["--only", "delta"], ...sets)).toBe(1);
    expect(stderr).toBe("there is no set `delta`; there are alpha, beta, gamma\n");
  });

  test("--list names the sets and what they read", () => {
    expect(
      run(
        ["--list"],
        ...sets,
        setOf("kills", () => section("kills"), []),
      ),
    ).toBe(0);
    expect(stdout).toContain("alpha        The alpha set (alpha/)");
    expect(stdout).toContain("kills        The kills set (simulated)");
  });

  test("--help says how it is used and what the exit codes mean", () => {
    expect(run(["--help"], ...sets)).toBe(0);
    expect(stdout).toContain("Usage: npm run evaluate");
    expect(stdout).toContain("2 a bar is missed");
  });

  test.each([[["--colour"]], [["--out"]], [["a", "b"]], [["--only", ""]]])("%j is an error", (words) => {
    expect(run(words, ...sets)).toBe(1);
    expect(stderr).not.toBe("");
    expect(stdout).toBe("");
  });
});

test("progress is told of all sets together, and only to a terminal", () => {
  const told: string[] = [];
  const slow = setOf("alpha", (_, tell) => {
    const until = performance.now() + 700;
    while (performance.now() < until) tell(1, 2);
    return section("alpha");
  });
  const io = { stdout: () => undefined, isTTY: false, columns: 80, env: {} };
  const surroundings = { folder: join(home, "data"), out: join(home, "out"), now: () => new Date(0) };
  const stderrTo = (lines: string[]) => (text: string) => void lines.push(text);
  program([], [slow, setOf("beta", () => null)], {
    io: { ...io, stderr: stderrTo(told), stderrIsTTY: true },
    ...surroundings,
  });
  expect(told.some((line) => line.includes("25 %") && line.includes("[1/2] alpha"))).toBe(true);
  const silent: string[] = [];
  program([], [slow], { io: { ...io, stderr: stderrTo(silent) }, ...surroundings });
  expect(silent).toEqual([]);
});
