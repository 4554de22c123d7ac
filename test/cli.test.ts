import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Circumstances } from "../src/cli/decision-replay.js";
import type { Io } from "../src/cli/io.js";
import { run } from "../src/cli/main.js";
import { Rein } from "../src/index.js";

const root = new URL("../", import.meta.url);
const example = new URL("policies/example.yaml", root).pathname;
const dir = mkdtempSync(join(tmpdir(), "rein-cli-"));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function rein(argv: readonly string[], io: Partial<Io> = {}): Promise<Result> {
  let out = "";
  let err = "";
  const code = await run(argv, {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    isTTY: false,
    columns: 80,
    env: {},
    ...io,
  });
  return { code, out, err };
}

function file(name: string, ...lines: readonly (string | object)[]): string {
  const path = join(dir, name);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return path;
}

const deletion = file("deletion.jsonl", {
  id: "s1",
  events: [
    { source: "agent", series: "read_mail" },
    { source: "agent", series: "delete_mail" },
    { source: "agent", series: "send_mail" },
  ],
});
const harmless = file("harmless.jsonl", { events: [{ source: "agent", series: "read_mail" }] });

describe("rein", () => {
  test("--help begins with its usage and lists only commands that exist", async () => {
    const { code, out, err } = await rein(["--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Usage: rein /);
    const commands = [...out.split("Commands:")[1]!.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name!);
    expect(commands).toEqual([
      ...["init", "compile", "lint", "diff", "blast-radius", "redteam", "attacks"],
      ...["status", "halt", "resume", "approve", "reject"],
      ...["budgets", "explain", "top", "doctor", "audit", "replay", "backtest", "schema"],
    ]);
    for (const name of commands)
      expect((await rein([name, "--help"])).out).toMatch(new RegExp(`^Usage: rein ${name} `));
  });

  test("--version tells the package's version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
      version: string;
    };
    expect(await rein(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  test.each<[what: string, argv: string[], complaint: RegExp]>([
    ["no command", [], /^Usage: rein /],
    ["an unknown command", ["repaly"], /unknown command 'repaly'\n\(Did you mean replay\?\)/],
    ["an unknown option", ["replay", "x", "-p", "y", "--polcy", "z"], /unknown option '--polcy'/],
    ["a missing argument", ["replay", "-p", example], /missing required argument 'path'/],
    ["a missing policy", ["replay", deletion], /required option '-p, --policy <file>'/],
    ["too many arguments", ["replay", deletion, deletion, "-p", example], /too many arguments/],
    ["a bad duration", ["replay", deletion, "-p", example, "--pace", "soon"], /--pace.*500ms/s],
    ["a bad time", ["replay", deletion, "-p", example, "--start", "12:00"], /--start.*2026-01-05/s],
    ["a bad count", ["replay", deletion, "-p", example, "--limit", "-1"], /--limit.*whole number/s],
    ["no such file", ["replay", join(dir, "none.jsonl"), "-p", example], /there is no file `.*none.jsonl`/],
    ["a directory", ["replay", dir, "-p", example], /is a directory\n.*file of recorded sessions/],
    ["a directory without records", ["replay", dir], /there are no records in/],
    [
      "no such policy",
      ["replay", deletion, "-p", join(dir, "none.yaml")],
      /none.yaml: the file cannot be read/,
    ],
  ])(
    "%s: a message on standard error, nothing on standard output, exit 1",
    async (_what, argv, complaint) => {
      const { code, out, err } = await rein(argv);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(complaint);
      expect(err).not.toMatch(/\n\s+at /);
    },
  );

  test("an error shows its stack only with --debug", async () => {
    const argv = ["replay", join(dir, "none.jsonl"), "-p", example];
    expect((await rein(argv)).err).not.toMatch(/\n\s+at /);
    expect((await rein([...argv, "--debug"])).err).toMatch(/\n\s+at /);
  });

  test("schema prints the JSON Schema that the package ships", async () => {
    const { code, out } = await rein(["schema"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: "Rein policy", $defs: { rate: {} } });
  });
});

describe("rein replay", () => {
  test("a policy that does not compile: every issue is told", async () => {
    const policy = file(
      "broken.yaml",
      "- { kind: rate, limit: -1, window: 1s }",
      "- { kind: rat, limit: 1 }",
    );
    const { code, err } = await rein(["replay", deletion, "-p", policy]);
    expect(code).toBe(1);
    expect(err).toMatch(/line 1.*limit/);
    expect(err).toMatch(/line 2.*rat/);
  });

  test("refusals alone are no failure; with --fail-on-refusal they exit with 2, and silence with 0", async () => {
    expect((await rein(["replay", deletion, "-p", example])).code).toBe(0);
    expect((await rein(["replay", deletion, "-p", example, "--fail-on-refusal"])).code).toBe(2);
    expect((await rein(["replay", harmless, "-p", example, "--fail-on-refusal"])).code).toBe(0);
  });

  test("--json prints one document that says what the text says", async () => {
    const { out } = await rein(["replay", deletion, "--policy", example, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      ...{ file: deletion, sessions: 1, sessionsTouched: 1, events: 3, allowed: 2, refused: 1, uncertain: 1 },
      rows: [{ effect: "refused", rule: "no-deletions", code: "access_denied", count: 1, sessions: 1 }],
      refusals: [
        { session: "s1", place: "line 1, event 2", event: 2, series: "delete_mail", uncertain: false },
      ],
      refusalsNotListed: 0,
    });
  });

  test("--limit lists fewer and counts all", async () => {
    const { out } = await rein(["replay", deletion, "-p", example, "--json", "--limit", "0"]);
    expect(JSON.parse(out)).toMatchObject({ refused: 1, refusals: [], refusalsNotListed: 1 });
  });

  test("the text names rule, code, an example and what stays unknown", async () => {
    const { out, err } = await rein(["replay", deletion, "-p", example]);
    expect(err).toBe("");
    expect(out).toContain("deletion.jsonl under example.yaml (10 rules)");
    expect(out).toMatch(/refused +1 +33\.3 %/);
    expect(out).toMatch(/no-deletions +refused +access_denied +1 +1/);
    expect(out).toContain("rule `no-deletions` does not allow `delete_mail` by `agent`");
    expect(out).toMatch(/s1 +2 +delete_mail +no-deletions: access_denied/);
    expect(out.replace(/\s+/g, " ")).toContain("is unknown: 1 event (marked ?)");
    expect((await rein(["replay", harmless, "-p", example])).out).toContain(
      "Nothing would have been refused.",
    );
  });

  test.each([60, 80, 100])("the text fits into %i columns, long names and all", async (columns) => {
    const long = (prefix: string): string => `${prefix}_${"with_a_long_name_".repeat(6)}`;
    const path = file("long.jsonl", {
      id: long("session"),
      events: [
        { source: long("planner"), series: long("delete_a") },
        { source: "other", series: long("delete_b") },
      ],
    });
    const { out } = await rein(["replay", path, "-p", example], {
      columns,
      isTTY: true,
      env: { FORCE_COLOR: "1" },
    });
    const lines = stripVTControlCharacters(out).split("\n");
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });

  test("colours come with a terminal and go with NO_COLOR; the words are the same", async () => {
    const argv = ["replay", deletion, "-p", example];
    const plain = (await rein(argv)).out;
    const colourful = (await rein(argv, { isTTY: true })).out;
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(colourful).not.toBe(plain);
    expect(stripVTControlCharacters(colourful)).toBe(plain);
    expect((await rein(argv, { isTTY: true, env: { NO_COLOR: "1" } })).out).toBe(plain);
  });

  test("names from the file cannot steer the terminal", async () => {
    const path = file("escape.jsonl", {
      id: "evil\u001b[2J\u202e",
      events: [{ source: "agent\u001b]0;x\u0007", series: "\u009b31m", "na\u001bme": 1 }],
    });
    const { out } = await rein(["replay", path, "-p", example]);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(out).toMatch(/\(the gate\) +refused +invalid_action/);
  });

  test("without a terminal there is no progress line", async () => {
    expect((await rein(["replay", deletion, "-p", example], { isTTY: true, stderrIsTTY: false })).err).toBe(
      "",
    );
  });
});

describe("the program", () => {
  // A build of its own, beside the package's: tests need none, and must not be fooled by an old one.
  const built = fileURLToPath(new URL("build/test-cli/", root));
  const program = join(built, "rein");

  beforeAll(() => {
    rmSync(built, { recursive: true, force: true });
    mkdirSync(built, { recursive: true });
    copyFileSync(new URL("package.json", root), join(built, "package.json"));
    const tsc = fileURLToPath(new URL("node_modules/typescript/lib/tsc.js", root));
    const flags = [
      "--noCheck",
      "--noEmitOnError",
      "false",
      "--declaration",
      "false",
      "--outDir",
      join(built, "dist"),
    ];
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", ...flags], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    // As npm installs it: a link.
    symlinkSync(join(built, "dist/cli/main.js"), program);
  }, 60_000);

  const start = (...argv: string[]) => spawnSync(process.execPath, [program, ...argv], { encoding: "utf8" });

  test("runs through a link, with its exit codes", () => {
    expect(start("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: rein /) as string,
      stderr: "",
    });
    expect(start("replay", deletion, "-p", example, "--fail-on-refusal")).toMatchObject({
      status: 2,
      stderr: "",
    });
    expect(start("nonsense")).toMatchObject({ status: 1, stdout: "" });
  });

  test("a session that goes round in circles is stopped by its results, one that gets on is not", () => {
    const policy = file("circles.yaml", "- { id: circles, kind: loop, then: block }");
    const words = [
      "queued",
      "built",
      "tested",
      "packed",
      "signed",
      "sent",
      "landed",
      "opened",
      "read",
      "done",
    ];
    const turns = (result: (i: number) => string): object => ({
      events: words.map((_, i) => ({ source: "a", series: "look", args: { q: 1 }, result: result(i) })),
    });
    const circling = file(
      "circling.jsonl",
      turns((i) => `nothing found in 1${i} ms`),
    );
    const working = file(
      "working.jsonl",
      turns((i) => `it is ${words[i]!}`),
    );
    expect(start("replay", circling, "-p", policy, "--fail-on-refusal")).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/circles +refused/) as string,
      stderr: "",
    });
    expect(start("replay", working, "-p", policy, "--fail-on-refusal")).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  test("explains a decision with what led to it, beside the process that made it", async () => {
    const state = join(dir, "state");
    const running = await Rein.open({
      ...{ dir: state, mode: "enforce", logger: { info() {}, warn() {}, error() {} } },
      policy: [{ id: "care", kind: "score", settings: { minSamplesForKill: 15 } }],
    });
    const lane = { source: "planner", series: "search" };
    for (let i = 0; i < 60; i++) running.gate(lane).permit?.settle({ ok: false });
    const { id, refusal } = running.gate(lane);
    await running.flush();
    const { status, stdout, stderr } = start("explain", id, "--dir", state, "--json");
    await running.close();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { then } = JSON.parse(stdout) as { then: Circumstances };
    expect(then.refusal).toEqual(refusal);
    expect(then.lane).toMatchObject({ status: "red", byHand: false });
    expect(then.way.events).toMatchObject([{ kind: "status", to: "red", reason: then.lane.reason }]);
    expect(then.way.outcomes).toMatchObject({ worked: 0, realized: 0 });
  });

  test("a reader that has seen enough is no error", () => {
    const many = file("many.jsonl", {
      events: Array.from({ length: 5000 }, () => ({ source: "a", series: "delete_x" })),
    });
    const pipe = `'${process.execPath}' '${program}' replay '${many}' -p '${example}' --json | head -n 1`;
    expect(spawnSync("sh", ["-c", pipe], { encoding: "utf8" })).toMatchObject({
      status: 0,
      stdout: "{\n",
      stderr: "",
    });
  });
});
