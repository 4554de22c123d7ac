import { describe, expect, test } from "vitest";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { MAX_POLICY_BYTES, parsePolicyText, type PolicyFormat } from "./parse.js";

// The Cyrillic letter is what is wrong, wherever the sentence stands: its place is asked for.
const ODD = "\u0435";
const SENTENCE = `Never allow "d${ODD}lete" to run`;

function issuesOf(text: string, format: PolicyFormat): readonly PolicyIssue[] {
  try {
    parsePolicyText(text, format);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues;
    throw error;
  }
  return [];
}

function placeOf(text: string, format: PolicyFormat): unknown {
  const [issue, ...others] = issuesOf(text, format);
  expect(others).toEqual([]);
  return issue && { line: issue.line, column: issue.column };
}

/** Where the odd letter really is, or what was written for it. */
function truth(text: string, written = ODD): unknown {
  const before = text.slice(0, text.indexOf(written)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

describe("what is wrong inside a sentence is told with line and column", () => {
  test.each<[PolicyFormat, string]>([
    ["text", `# x\n\n${SENTENCE}`],
    ["text", `  - ${SENTENCE}   # remark`],
    ["text", `12. ${SENTENCE}`],
    ["markdown", `# Rules\n<!-- a\nb --> * ${SENTENCE} <!-- c -->`],
    ["yaml", `- ${SENTENCE}`],
    ["yaml", `policy:\n  - kind: loop\n    repeats: 3\n  - ${SENTENCE}\n`],
    ["yaml", `rules: [ '${SENTENCE}' ]`],
    ["yaml", `rules:\r\n- "${SENTENCE.replaceAll('"', '\\"')}"\r\n`],
    ["yaml", `- 'It''s so: ${SENTENCE}'`],
    ["yaml", `- |\n    ${SENTENCE}\n`],
    ["yaml", `- >-\n  ${SENTENCE}`],
    ["yaml", `- "\\u0041 \\x41 \\U0001F600 \\t ${SENTENCE.replaceAll('"', '\\"')}"`],
    ["json", JSON.stringify([{ kind: "loop", repeats: 3 }, SENTENCE], null, 2)],
    ["json", JSON.stringify({ rules: [SENTENCE] }, null, "\t")],
    ["json", `["\\ud83d\\ude00 \\n\\/\\\\ ${SENTENCE.replaceAll('"', '\\"')}"]`],
  ])("in %s: %j", (format, text) => {
    expect(placeOf(text, format)).toEqual(truth(text));
  });

  test("also when the letter is written as an escape", () => {
    const text = `["Never allow \\"d\\u0435lete\\" to run"]`;
    expect(placeOf(text, "json")).toEqual(truth(text, "\\u0435"));
  });

  test("and where a text is folded, with the place where it begins", () => {
    expect(placeOf(`- Never\n  allow "d${ODD}lete"`, "yaml")).toEqual({ line: 1, column: 3 });
    expect(placeOf(`- "Never\n  allow 'd${ODD}lete'"`, "yaml")).toEqual({ line: 1, column: 3 });
  });
});

test("each rule of a policy knows where it came from", () => {
  const text = "# two\n- kind: access\n  effect: deny\n-  {id: a, kind: loop, repeats: 3}\n";
  const { rules, origins } = parsePolicyText(text, "yaml");
  expect(rules.map(({ id }) => id)).toEqual(["a", "access-1"]);
  expect(origins).toEqual([
    { index: 1, line: 4, column: 4 },
    { index: 0, line: 2, column: 3 },
  ]);
});

describe("hidden layout is refused in every format, also in comments", () => {
  const formats: readonly PolicyFormat[] = ["text", "markdown", "yaml", "json"];
  test.each([
    ["\0", /binary/],
    ["\u001b", /U\+001B/],
    ["\u000c", /U\+000C/],
    ["\u0085", /U\+0085/],
    ["\u2028", /U\+2028/],
    ["\u202e", /U\+202E/],
    ["\u2069", /U\+2069/],
  ])("%j", (character, message) => {
    for (const format of formats) {
      const [issue] = issuesOf(`\ufeff[]\n# a${character}`, format);
      expect(issue).toMatchObject({ line: 2, column: 4, message: expect.stringMatching(message) });
    }
  });

  test("a line end that only some YAML readers know", () => {
    expect(placeOf("- kind: loop # a\r  repeats: 3", "yaml")).toEqual({ line: 1, column: 17 });
  });
});

describe("a text that cannot be a policy for all that it has is refused before it is read", () => {
  const fill = (piece: string): string => piece.repeat(Math.floor((MAX_POLICY_BYTES - 1000) / piece.length));
  test.each<[string, PolicyFormat, string, RegExp]>([
    ["items", "yaml", fill("- \n"), /more than 10000 rules/],
    ["items below a field", "yaml", `rules:\n${fill(" -\n")}`, /more than 10000 rules/],
    ["items of an item", "yaml", `- - a\n${fill("  -\n")}`, /too many parts/],
    ["items on a line", "yaml", `[${fill("1,")}1]`, /too many parts/],
    ["fields", "yaml", `- a: 1\n${fill("  a: 1\n")}`, /too many parts/],
    ["items of JSON", "json", `[${fill("1,")}1]`, /too many parts/],
    ["items of JSON below a field", "json", `{"policy":[${fill("{},")}{}]}`, /too many parts/],
    ["items deep in JSON", "json", `[{"kind":[${fill("1,")}1]}]`, /too many parts/],
    ["lines", "text", fill("a\n"), /more than 10000 rules/],
    ["bullets", "markdown", fill("- a\n"), /more than 10000 rules/],
    ["empty lines", "text", fill("\n"), /is empty/],
    ["comments", "markdown", fill("<!---->\n"), /is empty/],
    ["opened comments", "markdown", fill("<!--"), /never closed/],
    ["quotes", "text", fill('"\\"'), /./],
    ["back quotes and escapes", "markdown", fill("`\\`"), /./],
  ])("%s", (_what, format, text, message) => {
    const issues = issuesOf(text, format);
    expect(issues).toHaveLength(1);
    expect(issues[0]!.message).toMatch(message);
  });

  test("an empty policy is told what works where it is written", () => {
    for (const format of ["text", "markdown"] as const)
      expect(issuesOf("# nothing", format)[0]!.help).toMatch(/at least one sentence; .* \.json or \.yaml$/);
    for (const format of ["yaml", "json"] as const)
      expect(issuesOf("", format)[0]!.help).toBe("write `[]` for a policy without rules");
  });

  test("with the place of the first rule too many", () => {
    expect(placeOf("a\n".repeat(20_000), "text")).toEqual({ line: 10_001, column: 1 });
    expect(placeOf("- a\n".repeat(20_000), "yaml")).toEqual({ line: 10_001, column: 1 });
  });
});
