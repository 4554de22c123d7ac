import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolicyError } from "../core/errors.js";
import { compilePolicy } from "./compile.js";
import { parsePolicyText, type PolicyFormat } from "./parse.js";

const format = fc.constantFrom<PolicyFormat>("yaml", "json", "text", "markdown");

/** Reads a text; whatever it is, nothing but a policy or an error with places in that text comes of it. */
function tryOut(text: string, as: PolicyFormat): void {
  const lines = text.split(/\r\n|\r|\n/).length;
  try {
    const { rules, origins, unparsed } = parsePolicyText(text, as, { partial: true });
    expect(origins).toHaveLength(rules.length);
    for (const { line } of origins) expect(line === undefined || line <= lines).toBe(true);
    expect(unparsed.every(({ reason }) => reason !== "")).toBe(true);
    if (unparsed.length > 0) parsePolicyText(text, as);
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    for (const { line, column, message } of error.issues) {
      expect(message).not.toBe("");
      if (line === undefined) continue;
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines);
      expect(column ?? 1).toBeGreaterThanOrEqual(1);
    }
  }
}

describe("no text does anything but compile or be refused", () => {
  test("of any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), format, (text, as) => {
        tryOut(text, as);
      }),
      { numRuns: 1500 },
    );
  });

  test("of bytes that were read as text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), format, (bytes, as) => {
        tryOut(new TextDecoder().decode(bytes), as);
      }),
      { numRuns: 1500 },
    );
  });

  test("that is nearly a policy", () => {
    const sound = [
      "# rules\n- Cap each agent at 8 actions per second\n- kind: loop\n  repeats: 3\n",
      '{"rules": ["Cap each agent at 8 actions per second", {"kind": "loop", "repeats": 3}]}',
      "policy:\n  - |\n    Never allow actions where the tool is `x`\n  - {kind: rate, limit: 8, window: 1s, match: {series: [a, &b 'c']}}",
      "# Rules\n\n1. Cap each agent at 8 actions per second <!-- why -->\n* Never `a # b` # no\n",
    ];
    const scrap = fc.oneof(
      fc.constantFrom("\n", " ", "- ", "`", '"', "'", "\\", "#", "<!--", "-->", "&a ", "*a", "<<: ", "!!str ", "|", ">", "{", "}", "[", "]", "\u200b", "\u0435", "\ufeff", "\t", "9".repeat(400), "__proto__: ", "constructor", "%s", "${1}"), // prettier-ignore
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 6 }), scrap);
    fc.assert(
      fc.property(fc.constantFrom(...sound), fc.array(edit, { maxLength: 4 }), format, (text, edits, as) => {
        const changed = edits.reduce((before, [at, removed, added]) => {
          const start = at % (before.length + 1);
          return before.slice(0, start) + added + before.slice(start + removed);
        }, text);
        tryOut(changed, as);
      }),
      { numRuns: 1500 },
    );
  });
});

describe("text in a policy is data", () => {
  const texts = ["%s%n%d", "${process.exit(1)}", "{{constructor}}", "$(reboot)", "`; rm -rf /", "constructor", "toString", "hasOwnProperty", "<script>", "\\u0041", "$&$1"]; // prettier-ignore

  test.each(texts)("%j stays what it is in names, tags, arguments and explanations", (text) => {
    const rule = {
      id: text,
      kind: "access" as const,
      effect: "deny" as const,
      match: { series: text, tags: { [text]: text }, args: { [text.replaceAll(".", "")]: { equals: text } } },
    };
    const fromData = compilePolicy([rule]);
    for (const [as, written] of [
      ["json", JSON.stringify([rule])],
      ["yaml", JSON.stringify({ policy: [rule] }, null, 2)],
    ] as const)
      expect(parsePolicyText(written, as).digest).toBe(fromData.digest);
    expect(fromData.rules[0]).toMatchObject({
      id: text,
      match: { series: [text], tags: { [text]: [text] } },
    });
    expect(fromData.explain()).toContain(text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").slice(0, 5));
  });

  test("and never a member of every object", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      for (const item of [{ kind: name }, { [name]: 1, kind: "loop", repeats: 3 }, name])
        expect(() => compilePolicy([JSON.parse(JSON.stringify(item)) as never])).toThrow(PolicyError);
      for (const text of [`${name}: []`, `- ${name}: a`, `{"${name}": []}`, name])
        for (const as of ["yaml", "json", "text", "markdown"] as const)
          expect(() => parsePolicyText(text, as)).toThrow(PolicyError);
    }
    expect(() =>
      parsePolicyText('[{"kind": "loop", "repeats": 3, "__proto__": {"id": "x"}}]', "json"),
    ).toThrow(/__proto__/);
    expect(({} as { id?: string }).id).toBeUndefined();
  });
});
