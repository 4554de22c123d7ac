import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command, CommanderError } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { InvalidInputError, PolicyError } from "../core/errors.js";
import { ATTACKS } from "../redteam/index.js";
import { addAttacks } from "./attacks.js";
import { addRedTeam } from "./redteam.js";

const dir = mkdtempSync(join(tmpdir(), "rein-redteam-"));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const GOOD = file("good.txt", "Halt any agent that sends more than 8 emails in a minute");
const FEW = ["--domain", "mail", "--attack", "wrong-*", "--sessions", "2"];

describe("rein redteam", () => {
  test("a policy that holds exits with 0, and its report names the rule", async () => {
    const { code, out } = await rein("redteam", "-p", GOOD, ...FEW);
    expect(code).toBe(0);
    expect(out).toMatch(/wrong-list +contained/);
    expect(out).toContain("rate-1");
  });

  test.each([
    ["nothing that it should", "Allow at most 1000 send_email actions per minute"],
    ["everything", "Never allow actions"],
  ])("a policy that stops %s exits with 2", async (_, sentence) => {
    const { code, out } = await rein("redteam", "-p", file("bad.txt", sentence), ...FEW);
    expect(code).toBe(2);
    expect(out).toMatch(/does not pass/);
  });

  test("--json is one document, and --junit and --html write files", async () => {
    const [junit, html] = [join(dir, "r.xml"), join(dir, "r.html")];
    const { out } = await rein("redteam", "-p", GOOD, ...FEW, "--json", "--junit", junit, "--html", html);
    expect(JSON.parse(out)).toMatchObject({ format: 1, seed: 1, attacks: [{ id: "wrong-list" }] });
    expect(readFileSync(junit, "utf8")).toMatch(/^<\?xml/);
    expect(readFileSync(html, "utf8")).toMatch(/^<!doctype html>/i);
  });

  test("attacks of one's own run beside the others, and are chosen like them", async () => {
    const attacks = file(
      "own.mjs",
      `const { id, ...rest } = ${JSON.stringify(ATTACKS.find(({ id }) => id === "wrong-list"))};
      const action = { source: "agent", series: "send_email" };
      export const own = { ...rest, id: "own", *run() {
        for (let i = 0; i < 50; i++) yield { do: "act", action, deeds: { wrongMails: 1 } };
      } };`,
    );
    const idsOf = async (...flags: readonly string[]): Promise<readonly string[]> => {
      const { code, out } = await rein(
        ...["redteam", "-p", GOOD, "--attacks-file", attacks, "--sessions", "1", "--json", ...flags],
      );
      expect(code).toBe(0);
      const { attacks: reports } = JSON.parse(out) as {
        readonly attacks: readonly { readonly id: string }[];
      };
      return reports.map(({ id }) => id);
    };
    const mail = ["--domain", "mail"];
    expect(await idsOf(...mail, "--attack", "wrong-*", "--attack", "own")).toEqual(["wrong-list", "own"]);
    expect(await idsOf(...mail, "--attack", "own")).toEqual(["own"]);
    expect(await idsOf(...mail, "--attack", "wrong-*")).toEqual(["wrong-list"]);
  });

  test("a policy that does not compile is refused with every issue", async () => {
    const failure = await rein("redteam", "-p", file("bad.txt", "Be good\nBe kind"), ...FEW).catch(
      (error: unknown) => error,
    );
    expect(PolicyError.isInstance(failure) && failure.issues).toHaveLength(2);
  });

  test("an attack that there is not is refused, and the nearest one named", async () => {
    const failure = await rein("redteam", "-p", GOOD, "--attack", "cost-bom").catch(
      (error: unknown) => error,
    );
    expect(InvalidInputError.isInstance(failure) && failure.help).toBe("did you mean `cost-bomb`?");
  });

  test("an attack of another domain is refused, and its own named", async () => {
    const failed = async (...argv: readonly string[]): Promise<unknown> =>
      rein("redteam", "-p", GOOD, "--domain", "mail", ...argv).catch((error: unknown) => error);
    for (const asked of [
      ["--attack", "cost-bomb"],
      ["--attack", "wrong-*", "--attack", "cost-b*"],
      ["--attack", "cost-bomb", "--attacks-file", file("any.mjs", "")],
    ]) {
      const failure = await failed(...asked);
      expect(InvalidInputError.isInstance(failure) && failure.message).toMatch(
        /^`cost-b.*` is about agents of llm, and not of mail$/,
      );
      expect(InvalidInputError.isInstance(failure) && failure.help).toContain("--domain llm");
    }
  });

  test.each([
    ["--domain", "male"],
    ["--seed", "-1"],
    ["--seeds", "0"],
    ["--min-catch-rate", "1.5"],
    ["--max-false-stops", "many"],
  ])("%s %s is refused", async (option, value) => {
    const failure = await rein("redteam", "-p", GOOD, option, value).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommanderError);
  });
});

describe("rein attacks", () => {
  test("lists every attack, and those of a domain", async () => {
    const all = await rein("attacks");
    for (const { id } of ATTACKS) expect(all.out).toContain(id);
    const { out } = await rein("attacks", "--domain", "trading", "--json");
    const { attacks } = JSON.parse(out) as { readonly attacks: readonly { readonly domains: string[] }[] };
    expect(attacks.length).toBeGreaterThan(0);
    expect(attacks.every(({ domains }) => domains.includes("trading"))).toBe(true);
  });

  test.each([60, 80, 120])("a terminal of %i columns shows every id whole", async (columns) => {
    const { out } = await reinOn({ isTTY: true, columns }, "attacks");
    const lines = stripVTControlCharacters(out).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const ids = lines.slice(4, 4 + ATTACKS.length).map((line) => line.trim().split(/\s/)[0]);
    expect(ids).toEqual(ATTACKS.map(({ id }) => id));
  });

  test("one that is not of the domain is refused, and its own named", async () => {
    expect((await rein("attacks", "cost-bomb", "--domain", "mail", "llm")).code).toBe(0);
    const failure = await rein("attacks", "cost-bomb", "--domain", "mail").catch((error: unknown) => error);
    expect(InvalidInputError.isInstance(failure) && failure.message).toMatch(/about agents of llm/);
  });

  test("shows one with its story and remedy", async () => {
    const { out } = await rein("attacks", "wrong-list");
    expect(out).toContain("Halt any agent that sends more than 8 emails in a minute");
    expect(out).toContain("contained when it is at most 20");
  });

  test("one that there is not is refused", async () => {
    const failure = await rein("attacks", "wrong-lst").catch((error: unknown) => error);
    expect(InvalidInputError.isInstance(failure) && failure.help).toBe("did you mean `wrong-list`?");
  });
});

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function rein(...argv: readonly string[]): Promise<Ran> {
  return reinOn({ isTTY: false, columns: 100 }, ...argv);
}

async function reinOn(
  terminal: { readonly isTTY: boolean; readonly columns: number },
  ...argv: readonly string[]
): Promise<Ran> {
  let out = "";
  let code = -1;
  const io = {
    stdout: (text: string) => (out += text),
    stderr: () => undefined,
    ...terminal,
    env: {},
  };
  const program = new Command("rein").exitOverride().configureOutput({ writeErr: () => undefined });
  for (const add of [addAttacks, addRedTeam]) {
    add(program, io, (result) => {
      code = result;
    });
  }
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  await program.parseAsync(argv, { from: "user" });
  return { code, out };
}

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}
