import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../src/cli/main.js";
import { Rein } from "../src/index.js";
import { build } from "./support/built.js";

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-outputs-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

const LAX = "Allow at most 1000 send_email actions per minute";
const STRICT = "Allow at most 1 send_email action per minute";
const SESSION = `${JSON.stringify({
  events: [
    { source: "agent", series: "send_email", ok: true },
    { source: "agent", series: "send_email", ok: true },
  ],
})}\n`;
const QUICK = ["--domain", "mail", "--attack", "wrong-list", "--sessions", "1"];

describe("what a command reads is never written over", () => {
  test.each<[what: string, argv: () => string[], complaint: RegExp]>([
    [
      "recorded sessions",
      () => ["backtest", at("s.jsonl"), "-p", at("p.txt"), "--flips", at("s.jsonl")],
      /--flips would overwrite the history/,
    ],
    [
      "a policy of a backtest",
      () => ["backtest", at("s.jsonl"), "-p", at("p.txt"), "--flips", at("p.txt")],
      /--flips would overwrite a policy/,
    ],
    [
      "the policy that is compared with",
      () => ["backtest", at("s.jsonl"), "-p", at("p.txt"), "--against", at("q.txt"), "--flips", at("q.txt")],
      /--flips would overwrite a policy/,
    ],
    [
      "a policy that is attacked",
      () => ["redteam", "-p", at("p.txt"), "--html", at("p.txt")],
      /--html would overwrite the policy/,
    ],
    [
      "a file of attacks",
      () => ["redteam", "-p", at("p.txt"), "--attacks-file", at("a.mjs"), "--junit", at("a.mjs")],
      /--junit would overwrite a file of attacks/,
    ],
    [
      "sessions in a folder",
      () => ["redteam", "-p", at("p.txt"), "--benign", dir, "--html", at("s.jsonl")],
      /--html would overwrite recorded sessions/,
    ],
    [
      "it by a way around",
      () => ["redteam", "-p", at("p.txt"), "--html", `${dir}/sub/../p.txt`],
      /--html would overwrite the policy/,
    ],
    [
      "it by a link",
      () => ["redteam", "-p", at("p.txt"), "--html", at("link")],
      /--html would overwrite the policy/,
    ],
    [
      "it by a link to its folder",
      () => ["redteam", "-p", at("p.txt"), "--html", at("here", "p.txt")],
      /--html would overwrite the policy/,
    ],
    [
      "it by a second name",
      () => ["redteam", "-p", at("p.txt"), "--html", at("second")],
      /--html would overwrite the policy/,
    ],
  ])("%s: refused, and everything is as it was", async (_what, argv, complaint) => {
    write("p.txt", LAX);
    write("q.txt", STRICT);
    write("s.jsonl", SESSION);
    write("a.mjs", "throw new Error('run')");
    fs.mkdirSync(at("sub"));
    fs.symlinkSync("p.txt", at("link"));
    fs.symlinkSync(".", at("here"));
    fs.linkSync(at("p.txt"), at("second"));
    await refused(argv(), complaint);
  });

  test("a log, by any way into it", async () => {
    const state = at("state");
    const rein = await Rein.open({ policy: [LAX], dir: state, mode: "enforce" });
    rein.gate({ source: "agent", series: "send_email" });
    await rein.close();
    write("p.txt", LAX);
    const segment = join(state, "audit", "seg", fs.readdirSync(join(state, "audit", "seg"))[0]!);
    fs.linkSync(segment, at("second"));
    fs.symlinkSync(join(state, "audit"), at("link"));
    for (const log of [state, join(state, "audit")]) {
      for (const path of [
        segment,
        at("second"),
        at("link", "checkpoint"),
        at("link", "seg", "new"),
        join(log, "new"),
      ]) {
        await refused(["backtest", log, "-p", at("p.txt"), "--flips", path], /is in the history/);
        await refused(
          ["audit", "prove", "0", log, "-o", join(state, "audit", "checkpoint")],
          /is in the log/,
        );
        await refused(["audit", "prove", "0", log, "--leaf", at("second")], /is in the log/);
      }
    }
  });

  test("a report may stand beside recorded sessions", async () => {
    write("s.jsonl", SESSION);
    const { code, err } = await rein(
      ...["redteam", "-p", write("p.txt", LAX), ...QUICK, "--benign", dir, "--html", at("r.html")],
    );
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(names()).toEqual(["p.txt", "r.html", "s.jsonl"]);
  });
});

describe("two outputs are two files", () => {
  test.each<[what: string, paths: () => [string, string]]>([
    ["one name", () => [at("x"), at("x")]],
    ["two ways", () => [at("x"), `${dir}/./x`]],
    ["a link that leads nowhere yet", () => [at("x"), at("dangling")]],
    ["a link to the folder", () => [at("x"), at("here", "x")]],
    ["two names of a file", () => [at("one"), at("two")]],
  ])("%s: refused", async (_what, paths) => {
    fs.symlinkSync("x", at("dangling"));
    fs.symlinkSync(".", at("here"));
    write("one", "");
    fs.linkSync(at("one"), at("two"));
    const [junit, html] = paths();
    const argv = ["redteam", "-p", write("p.txt", LAX), "--junit", junit, "--html", html];
    await refused(argv, /--junit and --html name the same file/);
  });

  test("of a proof, too", async () => {
    const log = at("state");
    const rein = await Rein.open({ policy: [LAX], dir: log });
    await rein.close();
    await refused(["audit", "prove", "0", log, "-o", at("x"), "--leaf", at("x")], /name the same file/);
  });

  test("nothing that is written is lost in /dev/null", async () => {
    const both = ["--junit", "/dev/null", "--html", "/dev/null"];
    expect((await rein("redteam", "-p", write("p.txt", LAX), ...QUICK, ...both)).err).toBe("");
  });
});

describe("a file that cannot be written", () => {
  test.each<[what: string, path: () => string, why: RegExp]>([
    ["in a folder that does not exist", () => at("no", "x"), /folder does not exist/],
    ["in a file", () => at("file", "x"), /no folder/],
    ["that is a folder", () => dir, /it is a folder/],
    ["that would be one", () => at("x/"), /it is a folder/],
  ])("%s: told before anything is read", async (_what, path, why) => {
    write("file", "");
    // Neither policy nor log is there: whoever came to them would say so.
    await refused(["redteam", "-p", at("none"), "--html", path()], why);
    await refused(["backtest", at("none"), "-p", at("none"), "--flips", path()], why);
  });

  test.skipIf(process.getuid?.() === 0)("by this user: told before anything is read", async () => {
    fs.mkdirSync(at("closed"), { mode: 0o500 });
    fs.chmodSync(write("read-only", "mine"), 0o400);
    await refused(["redteam", "-p", at("none"), "--html", at("closed", "x")], /may not write/);
    await refused(["redteam", "-p", at("none"), "--html", at("read-only")], /may not write/);
  });

  test("after all: what it took so long to find is printed, the other file written, and exit 1", async () => {
    const gone = at("gone");
    fs.mkdirSync(gone);
    write("p.txt", LAX);
    const attack = `import { rmSync } from "node:fs";
      rmSync(${JSON.stringify(gone)}, { recursive: true });
      const action = { source: "agent", series: "send_email" };
      export const own = { id: "own", title: "T", story: "S", domains: ["mail"], owasp: ["ASI02"],
        source: "https://example.com", damage: { mails: 1 }, unit: "mails", tolerable: 0, remedy: "Never allow actions",
        *run() { yield { do: "act", action, deeds: { mails: 1 } }; } };`;
    for (const json of [[], ["--json"]]) {
      const { code, out, err } = await rein(
        ...["redteam", "-p", at("p.txt"), "--attacks-file", write("a.mjs", attack), "--attack", "own"],
        ...["--domain", "mail", "--sessions", "0", ...json],
        ...["--junit", join(gone, "x.xml"), "--html", at("x.html")],
      );
      expect(code).toBe(1);
      expect(out).toContain("own");
      if (json.length > 0) expect(JSON.parse(out)).toMatchObject({ attacks: [{ id: "own" }] });
      expect(err).toMatch(/^rein: `.*x\.xml` cannot be written: its folder does not exist\n/);
      expect(fs.readFileSync(at("x.html"), "utf8")).toMatch(/^<!doctype html>/i);
      fs.mkdirSync(gone);
    }
  });

  test.runIf(fs.existsSync("/dev/full"))("flips that the disk has no room for end no backtest", async () => {
    const argv = [write("s.jsonl", SESSION), "-p", write("p.txt", STRICT), "--flips", "/dev/full"];
    const { code, out, err } = await rein("backtest", ...argv, "--json");
    expect(JSON.parse(out)).toMatchObject({ exitCode: 1, policies: [{}] });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("the disk is full") });
  });
});

describe("a file that is written", () => {
  test("takes the place of another as a whole, keeps its mode, and leaves nothing beside it", async () => {
    write("old.html", "old");
    fs.chmodSync(at("old.html"), 0o640);
    fs.symlinkSync("old.html", at("link"));
    const before = fs.statSync(at("old.html")).ino;
    await rein(
      "redteam",
      "-p",
      write("p.txt", LAX),
      ...QUICK,
      "--html",
      at("link"),
      "--junit",
      at("new.xml"),
    );
    expect(names()).toEqual(["link", "new.xml", "old.html", "p.txt"]);
    expect(fs.readFileSync(at("old.html"), "utf8")).toMatch(/^<!doctype html>/i);
    expect(fs.statSync(at("old.html")).ino).not.toBe(before);
    expect(fs.statSync(at("old.html")).mode & 0o777).toBe(0o640);
  });

  test("stays what it was when the command fails", async () => {
    write("old", "old");
    const sessions = write("s.jsonl", `${SESSION}{`);
    const argv = ["backtest", sessions, "-p", write("p.txt", STRICT), "--flips", at("old")];
    expect((await rein(...argv)).code).toBe(1);
    expect(names()).toEqual(["old", "p.txt", "s.jsonl"]);
    expect(fs.readFileSync(at("old"), "utf8")).toBe("old");
  });
});

describe("a signal", () => {
  let cli: string;
  beforeAll(() => {
    cli = build().cli;
  }, 120_000);

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s leaves no state of a mutation behind",
    async (signal) => {
      const temporary = at("tmp");
      fs.mkdirSync(temporary);
      const argv = ["redteam", "-p", write("p.txt", LAX), ...QUICK, "--mutations", "--seeds", "1"];
      const child = spawn(process.execPath, [cli, ...argv], {
        stdio: "ignore",
        env: { ...process.env, TMPDIR: temporary },
      });
      const ended = once(child, "exit");
      const hasState = (): boolean =>
        fs.readdirSync(temporary, { recursive: true }).some((path) => String(path).includes("rein-redteam-"));
      let isOver = false;
      void ended.then(() => (isOver = true));
      while (!isOver && !ignoringRaces(hasState)) await setImmediate();
      child.kill(signal);
      expect(await ended).toEqual([null, signal]);
      expect(fs.readdirSync(temporary)).toEqual([]);
    },
    60_000,
  );
});

/** Folders may go while they are looked at. */
function ignoringRaces(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}

/** The command says why, with what to do; it prints no report, and no file changes, comes or goes. */
async function refused(argv: readonly string[], complaint: RegExp): Promise<void> {
  const before = contents();
  const { code, out, err } = await rein(...argv);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(complaint);
  expect(err).toMatch(/^rein: .*\n {6}\S.*\n$/);
  expect(contents()).toEqual(before);
}

function contents(): ReadonlyMap<string, string> {
  const isFile = (name: string): boolean => fs.lstatSync(at(name)).isFile();
  return new Map(names().map((name) => [name, isFile(name) ? fs.readFileSync(at(name), "latin1") : "-"]));
}

/** All that there is, no link followed. */
function names(below = ""): readonly string[] {
  return fs
    .readdirSync(at(below), { withFileTypes: true })
    .map((entry) => [join(below, entry.name), entry.isDirectory()] as const)
    .flatMap(([name, isDirectory]) => [name, ...(isDirectory ? names(name) : [])])
    .sort();
}

async function rein(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const code = await run(argv, {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    ...{ isTTY: false, columns: 100, env: {} },
  });
  return { code, out, err };
}

function at(...parts: readonly string[]): string {
  return join(dir, ...parts);
}

function write(name: string, text: string): string {
  fs.writeFileSync(at(name), text);
  return at(name);
}
