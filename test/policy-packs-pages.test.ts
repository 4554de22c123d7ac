import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Rule } from "../src/index.js";
import { compilePolicy, loadPolicy } from "../src/index.js";
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
  if ("measure" in rule && rule.measure !== undefined && rule.measure !== "calls") needs.push(rule.measure);
  if (rule.kind === "newcomers" && rule.of.startsWith("tag:")) needs.push(rule.of.slice("tag:".length));
  if (rule.kind === "loop") needs.push("progress");
  if (rule.kind === "stale") needs.push(rule.signal);
  if (rule.kind === "loss" || rule.kind === "floor") needs.push("balance");
  return needs;
}
