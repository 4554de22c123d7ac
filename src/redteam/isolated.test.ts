import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InvalidInputError } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import { AttackFile } from "./isolated.js";
import { MUTATIONS } from "./mutations/index.js";
import type { Trial } from "./run-attack.js";

const dir = mkdtempSync(join(tmpdir(), "rein-attacks-"));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const POLICY = compilePolicy("Allow at most 20 send_email actions per hour");
/** An attack file's program can do all that a program can. */
const PROGRAMS: Readonly<Record<string, string>> = {
  floods: "for (let i = 0; i < 60; i++) yield { do: 'act', action, deeds: { mails: 1 }, ms: 1_000 }",
  throws: "throw new Error('no idea')",
  loops: "for (;;);",
  hoards: "const all = []; for (;;) all.push(new Array(1e6).fill(all.length))",
  exits: "process.exit(0)",
  rejects:
    "Promise.reject(new Error('nobody waits')); yield { do: 'wait', ms: 1 }; for (;;) yield { do: 'wait', ms: 0 };",
  rejectsLast:
    "yield { do: 'act', action, deeds: { mails: 60 } }; Promise.reject(new Error('nobody waits'));",
  throwsLater:
    "setImmediate(() => { throw new Error('nobody waits') }); yield { do: 'act', action, deeds: { mails: 60 } };",
  lies: "yield { do: 'act', action, deeds: { mails: -1 } }",
};

describe("a file of attacks", () => {
  test("is run as the built-in attacks are", async () => {
    const { attacks, trials } = await runAll(["floods"]);
    expect(attacks[0]).toMatchObject({ id: "floods", horizonMs: 120_000, damage: { mails: 1 } });
    expect(trials.get("floods")).toMatchObject({ damage: 20, without: 60, contained: true, actsTried: 60 });
    expect(trials.get("floods")!.attack).toBe(attacks[0]);
  });

  test("may do whatever it likes: that is a problem, and the next attack runs all the same", async () => {
    const names = ["throws", "loops", "exits", "lies", "floods"];
    const { trials } = await runAll(names, 3_000);
    expect(names.map((name) => trials.get(name)!.problem)).toEqual([
      "it threw: no idea",
      "it did not end within 3 s of real time",
      "it ended its thread",
      "it says that it did -1 of `mails`, which is no amount",
      undefined,
    ]);
    expect(names.map((name) => trials.get(name)!.contained)).toEqual([false, false, false, false, true]);
  });

  test("cannot take more memory than it may have", async () => {
    const { trials } = await runAll(["hoards"], 20_000);
    expect(trials.get("hoards")!.problem).toMatch(/^it ended its thread: .*memory/);
  });

  test.each(["rejects", "rejectsLast", "throwsLater"])(
    "that %s has that as its own problem, and not the next one's",
    async (name) => {
      const { trials } = await runAll([name, "floods"], 5_000);
      expect(trials.get(name.toLowerCase())!.problem).toBe("it ended its thread: nobody waits");
      expect(trials.get("floods")).toMatchObject({ damage: 20, contained: true });
      expect(trials.get("floods")!.problem).toBeUndefined();
    },
  );

  test("is searched and shortened in its thread, too", async () => {
    const path = join(dir, "searched.mjs");
    writeFileSync(path, textOf("floods"));
    const file = await AttackFile.open(path, 20_000);
    const wide = compilePolicy("Allow at most 40 send_email actions per hour");
    const [attack] = file.attacks;
    expect((await file.hunt(wide, attack!, { seed: 1 }))!.damage).toBeGreaterThanOrEqual(40);
    const trace = await file.shrink(wide, attack!, { seed: 1 });
    expect(trace).toMatchObject({ damage: 21, seed: 1 });
    expect(trace!.moves).toHaveLength(21);
    await file.close();
  });

  test("is carried out in the ways that its thread knows, and an unknown one is a problem", async () => {
    const path = join(dir, "mutated.mjs");
    writeFileSync(path, textOf("floods"));
    const file = await AttackFile.open(path);
    const [attack] = file.attacks;
    const mutation = MUTATIONS.find(({ id }) => id === "renamed-tools")!;
    expect(await file.trial(POLICY, attack!, { seed: 1, mutation })).toMatchObject({
      ...{ mutation: "renamed-tools", without: 60 },
    });
    const mine = { ...mutation, id: "mine" };
    expect(await file.trial(POLICY, attack!, { seed: 1, mutation: mine })).toMatchObject({
      ...{ mutation: "mine", contained: false, problem: "there is no mutation `mine` here" },
    });
    await file.close();
  });

  test("may be the one in docs/redteam.md: it does harm, and its remedy contains it", async () => {
    const page = readFileSync(new URL("../../docs/redteam.md", import.meta.url), "utf8");
    const [, code] = /```js\nimport .*\n([\s\S]*?)```/.exec(page)!;
    const path = join(dir, "documented.mjs");
    // An object with the right fields is an attack, too.
    writeFileSync(path, code!.replace("defineAttack(", "("));
    const file = await AttackFile.open(path);
    const [attack] = file.attacks;
    const trial = await file.trial(compilePolicy(attack!.remedy), attack!, { seed: 1 });
    await file.close();
    expect(trial).toMatchObject({ contained: true, without: 2_000 });
    expect(trial.problem).toBeUndefined();
  });

  test.each([
    ["nothing", "export const x = 1", "it exports no attack"],
    ["what is no attack", "export const x = { id: 'x', run() {} }", "attack `x`: `title` is text"],
    [
      "an attack with a typo",
      "export const x = { id: 'x', titel: '', run() {} }",
      "an attack has no field `titel`",
    ],
    ["a syntax error", "export const", "Unexpected"],
    ["an error", "throw new Error('not today')", "not today"],
    [
      "a rejection that nobody handles",
      `${textOf("floods")}; Promise.reject(new Error("nobody waits"))`,
      "it ended its thread: nobody waits",
    ],
    ["a loop", "for (;;);", "it did not end within 2 s of real time"],
  ])("with %s in it cannot be used, and it is said why", async (name, text, why) => {
    const path = join(dir, `bad-${name.replaceAll(" ", "-")}.mjs`);
    writeFileSync(path, text);
    const failure = await AttackFile.open(path, 2_000).catch((error: unknown) => error);
    expect(InvalidInputError.isInstance(failure) && failure.message).toContain(why);
  });
});

async function runAll(
  names: readonly string[],
  limitMs?: number,
): Promise<{ readonly attacks: AttackFile["attacks"]; readonly trials: ReadonlyMap<string, Trial> }> {
  const path = join(dir, `${names.join("-")}.mjs`);
  writeFileSync(path, names.map(textOf).join("\n"));
  const file = await AttackFile.open(path, limitMs);
  const trials = new Map<string, Trial>();
  for (const attack of file.attacks) trials.set(attack.id, await file.trial(POLICY, attack, { seed: 1 }));
  const { attacks } = file;
  await file.close();
  return { attacks, trials };
}

function textOf(name: string): string {
  return `export const ${name} = {
    id: "${name.toLowerCase()}", title: "It ${name}", story: "It ${name}.", source: "a test", unit: "mails",
    domains: ["mail"], owasp: ["ASI02"], damage: { mails: 1 }, tolerable: 20, horizonMs: 120_000,
    remedy: "Allow at most 20 send_email actions per hour",
    *run() {
      const action = { source: "agent", series: "send_email" };
      ${PROGRAMS[name]!}
    },
  };`;
}
