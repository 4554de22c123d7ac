import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compilePolicy } from "../policy/index.js";
import { ReinError } from "../core/errors.js";
import { addCompile } from "./compile.js";
import type { Io } from "./io.js";

let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-compile-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function fileOf(name: string, text: string | Uint8Array): string {
  const path = join(dir, name);
  fs.writeFileSync(path, text);
  return path;
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Setting {
  readonly stdin?: string | Uint8Array;
  readonly env?: Io["env"];
  readonly isTTY?: boolean;
  readonly columns?: number;
}

async function rein(argv: readonly string[], setting: Setting = {}): Promise<Result> {
  let [out, err, code] = ["", "", 0];
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    isTTY: setting.isTTY ?? false,
    stderrIsTTY: false,
    columns: setting.columns ?? 100,
    env: setting.env ?? {},
  };
  const program = new Command("rein").exitOverride().configureOutput({
    writeOut: io.stdout.bind(io),
    writeErr: io.stderr.bind(io),
  });
  const exit = (result: number): void => {
    code = result;
  };
  addCompile(program, io, exit, () => Promise.resolve(Buffer.from(setting.stdin ?? "")));
  await program.parseAsync(["compile", ...argv], { from: "user" });
  return { code, out, err };
}

/** What a command that could not run says. */
async function failure(argv: readonly string[], setting?: Setting): Promise<string> {
  const error = await rein(argv, setting).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (ReinError.isInstance(error)) return error.message;
  throw new Error("it did run");
}

const RATE = { kind: "rate", limit: 2, window: "1s" } as const;

describe("rein compile", () => {
  test("shows each rule as written, as understood, as data, and its boundary cases, in the order of the file", async () => {
    const path = fileOf(
      "policy.txt",
      "# ours\n\nNever delete anything\n- Cap each caller at 8 requests per second with bursts of 16\n",
    );
    const { code, out, err } = await rein([path], { columns: 120 });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { digest } = compilePolicy([
      "Never delete anything",
      "Cap each caller at 8 requests per second with bursts of 16",
    ]);
    expect(out).toBe(
      [
        `${path}: 2 rules`,
        digest,
        "",
        `access-1  ${path}:3`,
        "  written   Never delete anything",
        "  means     Never allow actions where the tool has the word `delete`",
        "  data      { id: access-1, kind: access, effect: deny, match: { series: [ ~delete ] }, then: block }",
        "  refused   `delete` by `agent` is refused (access_denied)",
        "  allowed   `another_tool` passes",
        "",
        `rate-1  ${path}:4`,
        "  written   Cap each caller at 8 requests per second with bursts of 16",
        "  means     Cap each agent at 8 actions per second with bursts of 16",
        "  data      { id: rate-1, kind: rate, limit: 8, window: 1s, burst: 16, per: [ source ], then: block }",
        "  allowed   the 16th action at once passes",
        "  refused   the 17th action at once is refused (rate_limited) until 0.125 s later",
        "  allowed   0.125 s later it passes, and not 1 ms before",
        "  allowed   another agent (`another_agent`) passes: it has a counter of its own",
        "  refused   its sub-agent `agent/helper` is refused (rate_limited): what it does is charged to both",
        "",
      ].join("\n"),
    );
  });

  test("files, standard input and rules from the command line make one policy", async () => {
    const path = fileOf("base.yaml", "- { kind: rate, limit: 2, window: 1s }\n");
    const { code, out } = await rein(
      [
        path,
        "-",
        "-e",
        "{ kind: concurrency, limit: 3 }",
        "--rule",
        "Never delete anything",
        "--no-cases",
        "--json",
      ],
      { stdin: '[{"kind":"size","measure":"usd","limit":5}]' },
    );
    expect(code).toBe(0);
    const { rules, sources, digest } = JSON.parse(out) as {
      rules: { file: string; line: number; sentence?: string; rule: { kind: string } }[];
      sources: string[];
      digest: string;
    };
    expect(sources).toEqual([path, "<stdin>", "<rule 1>", "<rule 2>"]);
    expect(rules.map(({ file, line, rule }) => [file, line, rule.kind])).toEqual([
      [path, 1, "rate"],
      ["<stdin>", 1, "size"],
      ["<rule 1>", 1, "concurrency"],
      ["<rule 2>", 1, "access"],
    ]);
    expect(rules[3]!.sentence).toBe("Never delete anything");
    expect(digest).toBe(
      compilePolicy([
        RATE,
        { kind: "size", measure: "usd", limit: 5 },
        { kind: "concurrency", limit: 3 },
        "Never delete anything",
      ]).digest,
    );
  });

  test("--json holds the boundary cases as data", async () => {
    const { out } = await rein(["-e", JSON.stringify(RATE), "--json"]);
    const { rules, issues, unparsed, exitCode } = JSON.parse(out) as Record<string, unknown>;
    expect({ issues, unparsed, exitCode }).toEqual({ issues: [], unparsed: [], exitCode: 0 });
    expect(rules).toMatchObject([
      {
        rule: { id: "rate-1", ...RATE },
        canonical: "Cap all agents together at 2 actions per second",
        boundaryCases: [
          { what: "limit" },
          { what: "over", code: "rate_limited", retryAfterMs: 1000 },
          {},
          {},
        ],
      },
    ]);
  });

  test("--digest prints the digest only", async () => {
    const { out } = await rein(["-e", JSON.stringify(RATE), "--digest"]);
    expect(out).toBe(`${compilePolicy([RATE]).digest}\n`);
  });

  test("--no-cases leaves them out", async () => {
    const { out } = await rein(["-e", JSON.stringify(RATE), "--no-cases"]);
    expect(out).toMatch(/then: block }\n$/);
  });

  test("standard input says by its looks how it is written, unless --format does", async () => {
    for (const stdin of ["rules:\n  - kind: rate\n    limit: 2\n    window: 1s\n", JSON.stringify([RATE])])
      expect((await rein(["-", "--digest"], { stdin })).out).toBe(`${compilePolicy([RATE]).digest}\n`);
    const sentences = "Never delete anything\n";
    expect((await rein(["-", "--digest"], { stdin: sentences })).code).toBe(0);
    expect((await rein(["-", "--format", "json"], { stdin: sentences })).code).toBe(2);
  });
});

describe("a policy that is refused", () => {
  test("every line that cannot be read is shown with its place, a mark and why; exit 2", async () => {
    const path = fileOf(
      "policy.yaml",
      "rules:\n  - kind: rate\n    limit: 5\n    window: 1 fortnight\n  - kind: bugdet\n",
    );
    const { code, out, err } = await rein([path], { columns: 120 });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${path}:4:5: \`window\` must be a duration`);
    expect(err).toContain("\n        window: 1 fortnight\n        ^\n    help: units are");
    expect(err).toContain(`${path}:5:5: \`kind\` must be one of`);
    expect(err).toContain("help: did you mean `budget`?");
    expect(err).toMatch(/\nrein: the policy is refused: 2 problems\n$/);
  });

  test("in a sentence the mark stands below the words that are not understood", async () => {
    const path = fileOf("policy.md", "# Ours\n\n* Cap each caller at frobs requests per second\n");
    const { code, err } = await rein([path]);
    expect(code).toBe(2);
    const [, line, mark] = err.split("\n");
    expect(line).toBe("    * Cap each caller at frobs requests per second");
    expect(line!.slice(mark!.indexOf("^"), mark!.lastIndexOf("^") + 1)).toBe("frobs");
    expect(err).toMatch(new RegExp(`^${path}:3:22: `));
  });

  test("of a long line the part around what is wrong is shown", async () => {
    const name = "x".repeat(3000);
    const { err } = await rein([
      "-e",
      `{ kind: access, effect: deny, match: { series: ${name} }, wrong: 1 }`,
    ]);
    const [, line, mark] = err.split("\n").slice(-6, -2);
    for (const text of err.split("\n")) expect(text.length).toBeLessThanOrEqual(101);
    expect(`${line ?? ""}${mark ?? ""}`).not.toBe("");
    expect(err).toContain("wrong: 1");
  });

  test("a file that is no YAML is refused with its place, beside what is wrong elsewhere", async () => {
    const broken = fileOf("broken.yaml", "rules:\n  - id: [x\n");
    const empty = fileOf("empty.txt", "# nothing\n");
    const { code, err } = await rein([broken, empty, "-e", "{ kind: rate }"]);
    expect(code).toBe(2);
    expect(err).toContain(`${broken}:3:1: the policy cannot be read as YAML`);
    expect(err).toContain(`${empty}: the policy is empty`);
    expect(err).toContain("<rule 1>:1:1: `limit` is missing");
  });

  test("--partial shows the rest, too; the exit code stays 2", async () => {
    const path = fileOf("policy.yaml", "- { kind: rate, limit: 2, window: 1s }\n- { kind: bugdet }\n");
    const { code, out, err } = await rein([path, "--partial", "--no-cases"]);
    expect(code).toBe(2);
    expect(out).toContain(`${path}: 1 rule, 1 rule could not be read\n`);
    expect(out).toContain(`rate-1  ${path}:1`);
    expect(err).toContain(`${path}:2:5: \`kind\` must be one of`);
    expect(err).toMatch(/rein: the rest is left out\n$/);
  });

  test("with --json the issues are on standard output, and nothing on standard error", async () => {
    const { code, out, err } = await rein(["-e", "{ kind: bugdet }", "--json"]);
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      ...{ digest: null, rules: [], exitCode: 2 },
      issues: [{ file: "<rule 1>", line: 1, column: 3, path: "kind", index: 0 }],
    });
  });

  test("ids that two files share are refused", async () => {
    const rule = "- { id: a, kind: rate, limit: 2, window: 1s }\n";
    const { code, err } = await rein([fileOf("a.yaml", rule), fileOf("b.yaml", rule)]);
    expect(code).toBe(2);
    expect(err).toContain(`${join(dir, "b.yaml")}:1:5: \`id\` must be unique`);
  });
});

describe("what cannot run", () => {
  test("nothing to compile, no such file, another format, not text: said, and nothing printed", async () => {
    expect(await failure([])).toBe("there is nothing to compile");
    expect(await failure([join(dir, "none.yaml")])).toContain("none.yaml");
    expect(await failure([fileOf("policy.exe", "x")])).toContain(
      "policy.exe: the file is of no known format",
    );
    expect(await failure([fileOf("policy.txt", Uint8Array.of(0x61, 0x0a, 0xff))])).toMatch(
      /policy\.txt:2:1: .*not UTF-8/,
    );
    expect(await failure(["-"], { stdin: Uint8Array.of(0xff) })).toMatch(/^<stdin>:1:1: /);
  });
});

describe("what people see", () => {
  test("colours in a terminal, none with NO_COLOR or in a pipe", async () => {
    const argv = ["-e", JSON.stringify(RATE)];
    expect((await rein(argv, { isTTY: true })).out).toContain("\u001b[31mrefused");
    expect((await rein(argv, { isTTY: true, env: { NO_COLOR: "1" } })).out).not.toContain("\u001b");
    expect((await rein(argv)).out).not.toContain("\u001b");
  });

  test("names from a policy cannot move the cursor or turn the text round", async () => {
    const rule = { id: "a", kind: "access", effect: "deny", match: { args: { "x\u202ey": "b" } } };
    const { out, err } = await rein(["-e", JSON.stringify(rule)]);
    expect(`${out}${err}`).not.toContain("\u202e");
  });

  test("lines fit into the width", async () => {
    const { out } = await rein(["-e", JSON.stringify(RATE), "-e", "Never delete anything"], { columns: 60 });
    for (const line of out.split("\n").filter((text) => !text.startsWith("sha256:")))
      expect(line.length).toBeLessThanOrEqual(60);
  });
});

test("docs/policies.md shows what is really printed", async () => {
  const docs = fs.readFileSync(new URL("../../docs/policies.md", import.meta.url), "utf8");
  const [, policy = ""] = /```txt\n([^]*?)```/.exec(docs) ?? [];
  const [, printed] = /it prints\n\n```\n([^]*?)```/.exec(docs) ?? [];
  const { out } = await rein([fileOf("policy.txt", policy)], { columns: 110 });
  expect(out.replaceAll(join(dir, "policy.txt"), "policy.txt")).toBe(printed);
});
