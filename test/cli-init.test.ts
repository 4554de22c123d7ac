import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv, stripVTControlCharacters } from "node:util";
import { Command, CommanderError } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { addInit } from "../src/cli/init.js";
import type { Io } from "../src/cli/io.js";
import { ReinError } from "../src/core/errors.js";
import * as rein from "../src/index.js";
import { parsePolicyText } from "../src/policy/index.js";
import { act, answer, open, permitFor } from "./support/open.js";

const root = mkdtempSync(join(tmpdir(), "rein-init-"));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let made = 0;
function newDir(): string {
  const dir = join(root, String(made++));
  mkdirSync(dir);
  return dir;
}

interface Result {
  readonly code: number | undefined;
  readonly out: string;
  readonly error: ReinError | undefined;
}

/** The command by itself, as the program would call it. */
async function init(argv: readonly string[], io: Partial<Io> = {}): Promise<Result> {
  let out = "";
  let code: number | undefined;
  const console: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    isTTY: false,
    columns: 80,
    env: {},
    ...io,
  };
  const program = new Command("rein")
    .exitOverride()
    .configureOutput({ writeOut: console.stdout, writeErr: console.stderr });
  addInit(program, console, (result) => (code = result));
  try {
    await program.parseAsync(["init", ...argv], { from: "user" });
    return { code, out, error: undefined };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, out, error: undefined };
    if (!ReinError.isInstance(error)) throw error;
    return { code, out, error };
  }
}

const policyIn = (dir: string): string => readFileSync(join(dir, "rein.policy.txt"), "utf8");
const settingsIn = (dir: string): string => readFileSync(join(dir, "rein.env"), "utf8");

async function written(): Promise<{
  readonly dir: string;
  readonly policy: string;
  readonly settings: string;
}> {
  const dir = newDir();
  expect(await init([dir])).toMatchObject({ code: 0, error: undefined });
  return { dir, policy: policyIn(dir), settings: settingsIn(dir) };
}

describe("the policy it writes", () => {
  test("loads, and says in English what it does", async () => {
    const { dir } = await written();
    const policy = await rein.loadPolicy(join(dir, "rein.policy.txt"));
    expect(policy.unparsed).toEqual([]);
    expect(policy.rules.length).toBeGreaterThanOrEqual(10);
    expect(policy.explain()).toContain(
      "access-1: Ask a human before actions where the tool has the word `delete`",
    );
  });

  test("says the same when it is read from its canonical English", async () => {
    const { policy } = await written();
    const compiled = parsePolicyText(policy, "text");
    const canonical = compiled.explain().replace(/^[^:]*: /gm, "");
    expect(parsePolicyText(canonical, "text").digest).toBe(compiled.digest);
  });

  test("the rules to switch on hold, too, when their comment signs are taken away", async () => {
    const { policy } = await written();
    const all = parsePolicyText(policy.replace(/^#(?=\w)/gm, ""), "text");
    const inForce = parsePolicyText(policy, "text");
    expect(all.rules.length).toBeGreaterThan(inForce.rules.length);
    expect(new Set(all.rules.map(({ kind }) => kind))).toEqual(
      new Set([
        ...["access", "budget", "concurrency", "errors", "floor"],
        ...["loss", "rate", "size", "stale", "timeout"],
      ] as const),
    );
    // Each kind has a guard, or opening would throw.
    await (await rein.Rein.open({ policy: all, logger: { info() {}, warn() {}, error() {} } })).close();
  });

  test("lets harmless work pass, asks before what cannot be undone, and ends an agent out of control", async () => {
    const { policy } = await written();
    const { rein: governor } = await open(parsePolicyText(policy, "text"));
    for (const series of ["search", "read_file", "list_payments", "llm", "book_flight"])
      expect([series, act(governor, { source: "agent", series })]).toEqual([series, "ok"]);
    for (const series of ["delete_user", "db/drop_table", "bulkDelete", "refund_order", "makePayment"])
      expect([series, answer(governor, { source: "agent", series })]).toEqual([series, "approval_required"]);
    for (let i = 0; i < 20; i++) act(governor, { source: "mailer", series: "send_email" });
    expect(act(governor, { source: "mailer", series: "send_email" })).toBe("rate_limited");
    for (let i = 0; i < 10; i++) permitFor(governor, { source: "wide", series: "fetch" });
    expect(answer(governor, { source: "wide", series: "fetch" })).toBe("concurrency_limited");
    for (let i = 0; i < 5; i++) act(governor, { source: "x", series: "flaky" }, { ok: false });
    expect(act(governor, { source: "x", series: "flaky" })).toBe("breaker_open");
    expect(act(governor, { source: "spender", series: "llm", cost: { usd: 20.01 } })).toBe(
      "budget_exhausted",
    );
    for (const source of ["a", "b"])
      expect(act(governor, { source, series: "llm", cost: { usd: 20 } })).toBe("ok");
    expect(act(governor, { source: "c", series: "llm", cost: { usd: 15 } })).toBe("budget_exhausted");
    expect(act(governor, { source: "agent", series: "search" })).toBe("halted");
  });
});

describe("a pack", () => {
  const packs = readdirSync(new URL("../policies/", import.meta.url)).flatMap((file) =>
    file.endsWith(".txt") ? [file.slice(0, -".txt".length)] : [],
  );

  test.each(packs)(
    "%s is written instead, and names its page where the installed package has it",
    async (name) => {
      const dir = newDir();
      const { code, out } = await init([dir, "--pack", name]);
      expect(code).toBe(0);
      const shipped = readFileSync(new URL(`../policies/${name}.txt`, import.meta.url), "utf8");
      expect(policyIn(dir)).toBe(shipped.replace("docs/policies/", "node_modules/rein/docs/policies/"));
      expect(policyIn(dir)).toContain(`node_modules/rein/docs/policies/${name}.md`);
      expect(existsSync(new URL(`../docs/policies/${name}.md`, import.meta.url))).toBe(true);
      expect(out).toContain(`note: node_modules/rein/docs/policies/${name}.md`);
      expect(parsePolicyText(policyIn(dir), "text").rules.length).toBeGreaterThanOrEqual(10);
    },
  );

  test("--help names each of them, and the package ships them", async () => {
    const { out } = await init(["--help"]);
    for (const name of packs) expect(out).toContain(`\n  ${name} `);
    const { files } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      files: string[];
    };
    expect(files).toEqual(expect.arrayContaining(["policies", "docs/policies"]));
  });

  test("of an unknown name is refused, with the names there are, and nothing is written", async () => {
    const dir = newDir();
    const { error } = await init([dir, "--pack", "tradign"]);
    expect(error?.message).toBe("there is no policy pack `tradign`");
    expect(error?.help).toMatch(/^did you mean trading\? there are llm-agent, /);
    expect(readdirSync(dir)).toEqual([]);
    expect((await init([dir, "--pack", "../trading"])).error?.message).toContain("no policy pack");
  });
});

describe("the settings it writes", () => {
  test("as written, nothing is set; with every # taken away, everything is at its default", async () => {
    const { settings } = await written();
    expect(parseEnv(settings)).toEqual({});
    const env = parseEnv(settings.replace(/^#(?=REIN_)/gm, "")) as Record<string, string>;
    expect(Object.keys(env).length).toBeGreaterThanOrEqual(10);
    expect(settings.match(/^#REIN_\w+/m)?.[0]).toBe("#REIN_SHADOW");
    const config = rein.ReinConfig.fromEnv("REIN_", env);
    expect(config.warnings).toEqual([]);
    expect(config.toJSON()).toEqual(new rein.ReinConfig().toJSON());
  });

  test("it says how to go from shadow to enforcement", async () => {
    const { settings } = await written();
    expect(settings).toMatch(/shadow mode[^]*enforce[^]*\n#REIN_SHADOW=true\n/);
  });
});

describe("what is there already", () => {
  test("is never replaced: an error names every such file, and nothing is written", async () => {
    const dir = newDir();
    writeFileSync(join(dir, "rein.env"), "REIN_SHADOW=false\n");
    const { error, out } = await init([dir]);
    expect(error?.message).toBe(`\`${join(dir, "rein.env")}\` is there already`);
    expect(error?.help).toContain("--force");
    expect(out).toBe("");
    expect(readdirSync(dir)).toEqual(["rein.env"]);
    expect(settingsIn(dir)).toBe("REIN_SHADOW=false\n");
    writeFileSync(join(dir, "rein.policy.txt"), "# nothing");
    expect((await init([dir])).error?.message).toMatch(
      /rein\.policy\.txt` and `.*rein\.env` are there already/,
    );
  });

  test("a link that leads nowhere is something, too", async () => {
    const dir = newDir();
    symlinkSync(join(dir, "nowhere"), join(dir, "rein.policy.txt"));
    expect((await init([dir])).error?.message).toMatch(/is there already/);
    expect(existsSync(join(dir, "nowhere"))).toBe(false);
  });

  test("--force replaces it, and says so", async () => {
    const { dir, policy } = await written();
    writeFileSync(join(dir, "rein.policy.txt"), "# nothing");
    const { code, out } = await init([dir, "--force"]);
    expect({ code, policy: policyIn(dir) }).toEqual({ code: 0, policy });
    expect(out).toMatch(/^Replaced .*rein\.policy\.txt/);
  });
});

describe("what it prints", () => {
  test("what it wrote, with the rules in English, and three steps that name what exists", async () => {
    const dir = newDir();
    const { out } = await init([dir]);
    expect(out).toMatch(/^Wrote .*rein\.policy\.txt \(11 rules\)\n/);
    expect(out).toMatch(/^Wrote .*rein\.env$/m);
    expect(out).toMatch(/^ {2}budget-1 +\S/m);
    expect([...out.matchAll(/^ {2}(\d)\. /gm)].map(([, n]) => n)).toEqual(["1", "2", "3"]);
    expect(out).toContain('policy: await loadPolicy("rein.policy.txt")');
    expect(out).toContain('dir: "./rein_state"');
    expect(out).toContain('mode: "shadow"');
    expect(out).toContain("rein status");
    expect(out).toContain("rein halt");
    for (const name of /import \{ (.*) \} from "rein"/.exec(out)![1]!.split(", "))
      expect(rein).toHaveProperty(name);
  });

  test("it advises to ignore the state directory unless that is done, and does not touch .gitignore", async () => {
    const dir = newDir();
    writeFileSync(join(dir, ".gitignore"), "node_modules/\n");
    expect((await init([dir])).out).toContain("add `rein_state/` to .gitignore");
    expect(readFileSync(join(dir, ".gitignore"), "utf8")).toBe("node_modules/\n");
    writeFileSync(join(dir, ".gitignore"), "node_modules/\nrein_state/\n");
    expect((await init([dir, "--force"])).out).not.toContain(".gitignore");
  });

  test("--dry-run prints both files whole and writes nothing", async () => {
    const dir = join(newDir(), "later");
    const { code, out } = await init([dir, "--dry-run"]);
    expect(code).toBe(0);
    expect(existsSync(dir)).toBe(false);
    await init([dir]);
    expect(out).toContain(policyIn(dir));
    expect(out).toContain(settingsIn(dir));
    expect((await init([dir, "--dry-run"])).out).toContain("is there already");
  });

  test("--json prints one document", async () => {
    const dir = newDir();
    const { out } = await init([dir, "--json"]);
    const document = JSON.parse(out) as { files: { path: string; text: string }[]; next: unknown[] };
    expect(document).toMatchObject({
      dir,
      dryRun: false,
      files: [
        { path: join(dir, "rein.policy.txt"), existed: false, written: true },
        { path: join(dir, "rein.env"), existed: false, written: true },
      ],
    });
    expect(document.files.map(({ text }) => text)).toEqual([policyIn(dir), settingsIn(dir)]);
    expect(document.next).toHaveLength(3);
    const dry = JSON.parse((await init([dir, "--json", "--dry-run"])).out) as object;
    expect(dry).toMatchObject({ dryRun: true, files: [{ existed: true, written: false }, {}] });
  });

  test.each([60, 80, 120])("its own lines fit into %i columns, colours change no word", async (columns) => {
    const plain = (await init([newDir(), "--force"], { columns })).out;
    const dir = newDir();
    const colourful = (await init([dir], { columns, isTTY: true, env: { FORCE_COLOR: "1" } })).out;
    expect(colourful).not.toBe(stripVTControlCharacters(colourful));
    const words = (text: string): string => stripVTControlCharacters(text).replaceAll(/\/\S+\//g, "");
    expect(words(colourful)).toBe(words(plain));
    const rules = plain.slice(plain.indexOf("\n\n"), plain.indexOf("Wrote", 10));
    expect(rules.split("\n").filter((line) => line.length > columns)).toEqual([]);
  });

  test("--help has examples", async () => {
    const { code, out } = await init(["--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}rein init /);
  });
});

describe("bad input", () => {
  test("a directory that is a file", async () => {
    const dir = newDir();
    writeFileSync(join(dir, "file"), "");
    expect((await init([join(dir, "file")])).error?.message).toMatch(/file` is no directory/);
    expect((await init([join(dir, "file/below")])).error?.message).toMatch(/below` is no directory/);
  });

  test("a directory where a file belongs", async () => {
    const dir = newDir();
    mkdirSync(join(dir, "rein.env"));
    expect((await init([dir, "--force"])).error?.message).toMatch(/rein\.env` is a directory/);
  });

  test.skipIf(process.getuid?.() === 0)("a directory that may not be written to", async () => {
    const dir = newDir();
    chmodSync(dir, 0o500);
    expect((await init([dir])).error?.message).toMatch(/may not be written by this user/);
  });
});
