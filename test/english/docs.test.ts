import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compilePolicy } from "rein";
import type { Rule } from "rein";
import { RULE_KINDS } from "../../src/policy/index.js";
import { describeRule } from "../../src/policy/english/print.js";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/english.md", import.meta.url)), "utf8");

/** A sentence of the page with the comments that stand below it. */
interface Example {
  readonly text: string;
  readonly section: string;
  readonly notes: readonly string[];
}

const READ = examples("rein");
const REFUSED = examples("rein-refused");
const OFFERED = "did you mean: ";

describe("docs/english.md", () => {
  test.each(READ)("reads: $text", ({ text, notes }) => {
    const rule = ruleOf(text);
    expect([describeRule(rule)]).toEqual(notes);
    expect(describeRule(ruleOf(notes[0]!))).toBe(notes[0]);
    expect(compilePolicy([notes[0]!]).digest).toBe(compilePolicy([text]).digest);
  });

  test.each(REFUSED)("refuses: $text", ({ text, notes }) => {
    const { rules, unparsed } = compilePolicy([text], { partial: true });
    expect(rules).toEqual([]);
    const [{ reason, didYouMean = [] } = { reason: "" }] = unparsed;
    expect([reason, ...didYouMean.map((sentence) => OFFERED + sentence)]).toEqual(notes);
    for (const sentence of didYouMean) expect(describeRule(ruleOf(sentence))).toBe(sentence);
  });

  test("shows four sentences and more of every kind, each under its own heading", () => {
    for (const kind of RULE_KINDS) {
      const shown = READ.filter(({ section }) => section.startsWith(`\`${kind}\``));
      expect(shown.length, kind).toBeGreaterThanOrEqual(4);
      expect(new Set(shown.map(({ text }) => ruleOf(text).kind))).toEqual(new Set([kind]));
    }
  });

  test("shows a rule as the data that the command prints", () => {
    const [, sentence = ""] = /rein compile -e '([^']+)'/.exec(PAGE) ?? [];
    const [, data = ""] = /```yaml\n(.+)\n```/.exec(PAGE) ?? [];
    expect(ruleOf(sentence)).toEqual(parse(data));
  });
});

function ruleOf(sentence: string): Rule {
  const { rules } = compilePolicy([sentence]);
  expect(rules).toHaveLength(1);
  return rules[0]!;
}

/** The sentences in the page's blocks of one language. */
function examples(language: string): Example[] {
  const found: { text: string; section: string; notes: string[] }[] = [];
  let [section, block] = ["", ""];
  for (const line of PAGE.split("\n")) {
    if (line.startsWith("```")) block = block === "" ? line.slice(3) : "";
    else if (block === "" && /^#+ /.test(line)) section = line.replace(/^#+ /, "");
    else if (block !== language || line === "") continue;
    else if (line.startsWith("# ")) found.at(-1)?.notes.push(line.slice(2));
    else found.push({ text: line, section, notes: [] });
  }
  return found;
}
