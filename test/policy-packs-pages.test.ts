import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ReinError, Rule } from "../src/index.js";
import { compilePolicy, loadPolicy, Rein } from "../src/index.js";
import { MemoryLogger } from "../src/testing/index.js";
import { packFile } from "./support/pack.js";

const FOLDER = new URL("../policies/", import.meta.url);
const PACKS = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".txt") ? [file.slice(0, -4)] : []));

describe.each(PACKS)("the page of %s", (pack) => {
  const page = readFileSync(new URL(`../docs/policies/${pack}.md`, import.meta.url), "utf8");

  test("names everything that a program must tell Rein for the pack", async () => {
    const { rules } = await loadPolicy(packFile(pack));
    const missing = [...new Set(rules.flatMap(needsOf))].filter(
      (name) => !new RegExp(`\\b${name}\\b`).test(page),
    );
    expect(missing).toEqual([]);
  });

  test("says only of kinds that no guard enforces yet that they are for the next version", async () => {
    const [, later = ""] = page.split("## From the next version on");
    for (const [, block = ""] of later.matchAll(/```txt\n([\s\S]*?)```/g)) {
      for (const sentence of block.trim().split("\n")) {
        const policy = compilePolicy(sentence);
        if (policy.rules[0]?.match?.regime !== undefined) continue;
        const opening = Rein.open({ policy, mode: "enforce", logger: new MemoryLogger() });
        const refused = await opening.then(
          () => "opened",
          (error: unknown) => (error as ReinError).code,
        );
        expect([sentence, refused]).toEqual([sentence, "unsupported_rule"]);
      }
    }
  });

  test("gives sentences that can be read", () => {
    const given = [...page.matchAll(/`` ?([A-Z][^\n]*?) ?``(?!`)/g)].map(([, sentence = ""]) => sentence);
    const whole = given.filter((sentence) => !sentence.includes("…"));
    const { unparsed } = compilePolicy(whole, { partial: true });
    expect(unparsed.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([]);
  });

  test("is named by the pack, and its numbers by a test", () => {
    expect(readFileSync(packFile(pack), "utf8")).toContain(`docs/policies/${pack}.md`);
    expect(page).toContain(`test/policy-packs-${pack}.test.ts`);
  });
});

/** Tags, measures, signals and arguments that a rule looks at. */
function needsOf(rule: Rule): readonly string[] {
  const needs: string[] = [];
  for (const key of rule.per ?? []) if (key.startsWith("tag:")) needs.push(key.slice("tag:".length));
  for (const clause of [rule.match ?? {}, ...(rule.match?.except ?? [])]) {
    needs.push(...Object.keys(clause.tags ?? {}), ...Object.keys(clause.args ?? {}));
    needs.push(...Object.keys(clause.costOver ?? {}), ...Object.keys(clause.costUnder ?? {}));
  }
  if ("measure" in rule && rule.measure !== "calls") needs.push(rule.measure);
  if (rule.kind === "stale") needs.push(rule.signal);
  if (rule.kind === "loss" || rule.kind === "floor") needs.push("balance");
  return needs;
}
