import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rein, reinJson } from "./support/command-line.js";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rein-lint-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const SOUND = `- { id: total, kind: budget, measure: calls, limit: 1000, window: 1d }
- { id: stop, kind: errors, consecutive: 9, then: halt }
`;
const WARNED = `${SOUND}- { id: a, kind: access, effect: deny, match: { series: "delete_*" } }
- { id: b, kind: access, effect: deny, match: { series: delete_row } }
`;
const BROKEN = `${SOUND}- id: daily
  kind: budget
  measure: calls
  limit: 50
  window: 1h
- id: more
  kind: budget
  measure: calls
  limit: 80
  window: 1h
`;

describe("rein lint", () => {
  test("says that nothing is to be said, and exits with 0", async () => {
    const { code, out, err } = await rein(["lint", file("p.yaml", SOUND)]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/p\.yaml: 2 rules, nothing to be said against it\n$/);
  });

  test("names the line, the reason and the sentence that mends it, and exits with 2 for an error", async () => {
    const path = file("p.yaml", BROKEN);
    const { code, out, err } = await rein(["lint", path], { columns: 300 });
    expect({ code, err }).toEqual({ code: 2, err: "" });
    expect(out).toContain("4 rules, 1 error");
    expect(out).toContain(`:8 (more)  error  conflicting-limits`);
    expect(out).toMatch(/see also\s+\S+p\.yaml:3 \(daily\)/);
    expect(out).toMatch(/write\s+Let all agents together use at most 50 .*per hour/);
    expect(out).toContain("in the place of `daily` and `more`");
    expect(out).not.toContain("\u001b");
  });

  test("a warning fails only with --strict", async () => {
    const path = file("p.yaml", WARNED);
    expect((await rein(["lint", path])).code).toBe(0);
    const strict = await rein(["lint", path, "--strict"]);
    expect(strict.code).toBe(2);
    expect(strict.out).toContain("shadowed-rule");
  });

  test("an info fails never", async () => {
    const path = file("p.yaml", `${SOUND}- { kind: size, measure: usd, limit: 5 }\n`);
    const { code, out } = await rein(["lint", path, "--strict"]);
    expect(code).toBe(0);
    expect(out).toContain("cost-required");
  });

  test("several files are one policy, and each rule is told by its file", async () => {
    const [one, two] = [
      file("base.yaml", SOUND),
      file("team.json", '[{"id":"stop-2","kind":"errors","consecutive":9,"then":"halt"}]'),
    ];
    const report = await reinJson<{
      sources: string[];
      policy: { rules: number };
      findings: { code: string; places: { rule: string; file: string; line: number }[] }[];
      exitCode: number;
    }>(["lint", one, two, "--strict"]);
    expect(report).toMatchObject({ sources: [one, two], policy: { rules: 3 }, exitCode: 2 });
    expect(report.findings).toMatchObject([
      {
        code: "duplicate-rule",
        places: [
          { rule: "stop-2", file: two, line: 1 },
          { rule: "stop", file: one, line: 2 },
        ],
      },
    ]);
  });

  test("with --json a fix is there as a sentence and as data", async () => {
    const { findings } = await reinJson<{
      findings: { fix: { replaces: string[]; sentence: string; rule: object } }[];
    }>(["lint", file("p.yaml", BROKEN)]);
    expect(findings[0]?.fix).toMatchObject({
      replaces: ["daily", "more"],
      rule: { kind: "budget", limit: 50 },
    });
    expect(findings[0]?.fix.sentence).toContain("50");
  });

  test("sentences are checked as rules as data are", async () => {
    const path = file("p.txt", "# spending\nNever allow actions\n");
    const { code, out } = await rein(["lint", path]);
    expect(code).toBe(2);
    expect(out).toContain("p.txt:2 (access-1)  error  nothing-passes");
  });

  test("what cannot be read is told with its place, and the exit code is 1", async () => {
    const bad = await rein(["lint", file("p.yaml", "- { kind: rate, limit: -1, window: 1s }\n")]);
    expect([bad.code, bad.out]).toEqual([1, ""]);
    expect(bad.err).toContain("p.yaml:1:");
    expect(bad.err).toContain("the policy cannot be checked: it has 1 problem");
    const gone = await rein(["lint", join(dir, "gone.yaml")]);
    expect([gone.code, gone.out]).toEqual([1, ""]);
    expect((await rein(["lint"])).code).toBe(1);
  });

  test("colours a terminal, and lets no name of a rule move its cursor", async () => {
    const path = file("p.yaml", `- { id: "a\u202eb", kind: access, effect: deny }\n`);
    const { out, err } = await rein(["lint", path], { isTTY: true });
    expect(out + err).not.toContain("\u202e");
    expect((await rein(["lint", file("q.yaml", BROKEN)], { isTTY: true })).out).toContain("\u001b[31m");
  });

  test("--help shows examples and exit codes", async () => {
    const { code, out } = await rein(["lint", "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("rein lint policy.yaml");
    expect(out).toContain("Exit codes: 0");
  });
});
