import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { compilePolicy } from "./compile.js";
import { MAX_POLICY_BYTES, parsePolicyText, type PolicyFormat } from "./parse.js";

const YAML = `
# spending
rules:
  - kind: budget
    id: daily
    measure: usd
    limit: 50
    window: { calendar: day }
  - kind: rate
    limit: 8
    window: 1s
`;

function issuesOf(text: string, format: PolicyFormat): readonly PolicyIssue[] {
  try {
    parsePolicyText(text, format);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues;
    throw error;
  }
  throw new Error("the policy was accepted");
}

function onlyIssue(text: string, format: PolicyFormat): PolicyIssue {
  const issues = issuesOf(text, format);
  expect(issues).toHaveLength(1);
  return issues[0] as PolicyIssue;
}

describe("parsePolicyText", () => {
  test("YAML, JSON and data are the same policy", () => {
    const rules = [
      { kind: "budget", id: "daily", measure: "usd", limit: 50, window: { calendar: "day" } },
      { kind: "rate", limit: 8, window: "1s" },
    ] as const;
    const { digest } = compilePolicy(rules);
    expect(parsePolicyText(YAML, "yaml").digest).toBe(digest);
    expect(parsePolicyText(YAML.replace("rules:", "policy:"), "yaml").digest).toBe(digest);
    expect(parsePolicyText(JSON.stringify(rules), "json").digest).toBe(digest);
    expect(parsePolicyText(JSON.stringify({ policy: rules }, null, "\t"), "json").digest).toBe(digest);
    expect(parsePolicyText(`\ufeff${JSON.stringify({ rules })}`, "json").digest).toBe(digest);
    expect(parsePolicyText(YAML.replaceAll("\n", "\r\n"), "yaml").digest).toBe(digest);
  });

  test("an issue has the line and column of its field", () => {
    expect(
      issuesOf(YAML.replace("limit: 8", "limit: -8").replace("measure", "mesure"), "yaml"),
    ).toMatchObject([
      { index: 0, path: "measure", line: 4, column: 5 },
      { index: 0, path: "mesure", line: 6, column: 5 },
      { index: 1, path: "limit", line: 10, column: 5 },
    ]);
    expect(onlyIssue('[\n\t{"kind": "rate", "limit": 8, "window": "0s"}\n]', "json")).toMatchObject({
      line: 2,
      column: 31,
    });
    expect(
      onlyIssue("- kind: access\n  effect: deny\n  match:\n    series: [a, '']\n", "yaml"),
    ).toMatchObject({
      path: "match.series[1]",
      line: 4,
      column: 17,
    });
  });

  test("text that is no YAML or JSON is refused with its place", () => {
    expect(issuesOf("rules:\n  - kind: rate\n bad: : x", "yaml")[0]).toMatchObject({ index: -1, line: 3 });
    expect(onlyIssue('[\n{"kind" "rate"}]', "json")).toMatchObject({ index: -1, line: 2, column: 9 });
    expect(onlyIssue("[1,", "json")).toMatchObject({ line: 1 });
    expect(onlyIssue("kind: rate", "json").message).toMatch(/cannot be read as JSON/);
    expect(onlyIssue("[] # comment", "json").message).toMatch(/JSON/);
  });

  test("a key that stands twice is refused in both, with the place of the second", () => {
    expect(onlyIssue("- kind: rate\n  limit: 1\n  limit: 2\n  window: 1s", "yaml")).toMatchObject({
      line: 3,
      column: 3,
    });
    expect(onlyIssue('[{"kind":"rate","limit":1,"window":"1s",\n\t"lim\\u0069t":2}]', "json")).toMatchObject({
      line: 2,
      column: 2,
    });
  });

  test("a doubled key is found in any JSON, and none is found where there is none", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.boolean(),
        (object, double) => {
          const [key] = Object.keys(object);
          const fields = Object.entries(object).map(
            ([name, value]) => `${JSON.stringify(name)}:\t${JSON.stringify(value)}`,
          );
          if (double) fields.push(`${JSON.stringify(key)}: 1`);
          const issues = issuesOf(`[{${fields.join(",\r\n")}}]`, "json");
          expect(issues.some(({ message }) => message.includes("stands twice"))).toBe(double);
        },
      ),
    );
  });

  test("a file without rules is refused, a list without rules is not", () => {
    for (const text of ["", "  \n", "# only this\n", "---\n", "null"])
      expect(onlyIssue(text, "yaml").message).toMatch(/is empty/);
    for (const text of ["", "\ufeff"]) expect(onlyIssue(text, "json").message).toMatch(/is empty/);
    expect(onlyIssue("# only this", "text").message).toMatch(/is empty/);
    expect(parsePolicyText("[]", "yaml").rules).toEqual([]);
    expect(parsePolicyText('{"rules":[]}', "json").rules).toEqual([]);
  });

  test("what is no list of rules is refused", () => {
    expect(onlyIssue("5", "yaml").message).toMatch(/must be a list of rules/);
    expect(onlyIssue("rules: 5", "yaml").message).toMatch(/must be a list of rules/);
    expect(onlyIssue("rules: []\npolicy: []", "yaml").message).toMatch(/both/);
    expect(onlyIssue("{}", "json").message).toMatch(/neither/);
    expect(issuesOf("kind: loop\nrepeats: 5", "yaml")[0]?.help).toMatch(/must stand in a list/);
    expect(onlyIssue("rules: []\nversion: 1", "yaml")).toMatchObject({ path: "version", line: 2, column: 1 });
  });

  test("each sentence is refused with its line", () => {
    expect(
      issuesOf("# rules\n\nCap each caller.\r\n  Halt it.\n", "text").map(({ index, line }) => [index, line]),
    ).toEqual([
      [0, 3],
      [1, 4],
    ]);
    expect(parsePolicyText("Cap it.", "text", { partial: true }).unparsed).toHaveLength(1);
  });

  test("YAML that could mean two things, or much more than it says, is refused", () => {
    expect(onlyIssue("- !!python/object x", "yaml").message).toMatch(/tag/);
    expect(onlyIssue("a: 1\n---\nb: 1", "yaml").message).toMatch(/more than one/);
    expect(onlyIssue("- ? [kind]\n  : rate", "yaml").message).toMatch(/must be text/);
    expect(onlyIssue("- : rate", "yaml").message).toMatch(/must be text/);
    expect(onlyIssue("- *a", "yaml").message).toMatch(/alias/);
    expect(onlyIssue("- kind: rate\n  limit: .nan\n  window: 1s", "yaml").message).toMatch(/NaN/);
    expect(onlyIssue("- &r {kind: loop, repeats: 2}\n- <<: *r", "yaml")).toMatchObject({
      line: 2,
      column: 3,
      message: expect.stringMatching(/merge keys/),
    });
    expect(issuesOf('[{"kind":"access","effect":"deny","__proto__":{}}]', "json")[0]?.message).toContain(
      "__proto__",
    );
    expect(issuesOf("- kind: access\n  effect: deny\n  __proto__: {}", "yaml")[0]?.message).toContain(
      "__proto__",
    );
    const bomb = [
      "- &a0 [x]",
      ...Array.from({ length: 9 }, (_, i) => `- &a${i + 1} [${Array(9).fill(`*a${i}`).join(",")}]`),
    ];
    expect(onlyIssue(bomb.join("\n"), "yaml")).toMatchObject({
      line: 2,
      column: 8,
      message: expect.stringMatching(/alias/),
    });
  });

  test("aliases within reason work", () => {
    const text =
      "- {kind: access, effect: deny, match: &m {series: a}}\n- {kind: access, effect: approve, match: *m}";
    expect(parsePolicyText(text, "yaml").rules.map(({ match }) => match)).toEqual([
      { series: ["a"] },
      { series: ["a"] },
    ]);
  });

  test("binary and oversized texts are refused", () => {
    expect(onlyIssue("rules:\0", "yaml").message).toMatch(/binary/);
    expect(onlyIssue("#".repeat(MAX_POLICY_BYTES + 1), "text").message).toMatch(/larger than/);
    expect(onlyIssue("##" + "€".repeat(MAX_POLICY_BYTES / 3), "text").message).toMatch(/larger than/);
    expect(onlyIssue("#" + "€".repeat(MAX_POLICY_BYTES / 3 - 1), "text").message).toMatch(/is empty/);
  });

  test.each(["[", "{a: ", "- ", "? "])(
    "a hundred thousand times %j is refused and harms nothing",
    (piece) => {
      expect(onlyIssue(piece.repeat(100_000), "yaml").message).toMatch(/nested/);
    },
  );

  test("deeply nested JSON is refused and harms nothing", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(onlyIssue(deep, "json").message).toMatch(/nested/);
  });

  test("no text does anything but compile or throw a policy error", () => {
    const piece = fc.constantFrom(
      "- ",
      "kind: rate",
      "\n",
      "  ",
      "limit: 1",
      "window: 1s",
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      "'",
      "#",
      "&a",
      "*a",
      "|",
      "!x",
      "%",
      "?",
      "\t",
      "\ud800",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 25 }),
        fc.constantFrom<PolicyFormat>("yaml", "json", "text"),
        (pieces, format) => {
          try {
            parsePolicyText(pieces.join(""), format);
          } catch (error) {
            expect(PolicyError.isInstance(error)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
