import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileGlob, compileGlobs, isLiteral, literalText } from "./glob.js";

describe("globs", () => {
  test.each([
    ["a", "a", true],
    ["a", "A", false],
    ["a", "ab", false],
    ["*", "", true],
    ["*", "abc", true],
    ["*", "a/b", false],
    ["**", "a/b/c", true],
    ["a/*", "a/b", true],
    ["a/*", "a/b/c", false],
    ["a/**", "a/b/c", true],
    ["a/**", "a", false],
    ["**/c", "a/b/c", true],
    ["a/*/c", "a/b/c", true],
    ["a/*/c", "a/b/b/c", false],
    ["delete_*", "delete_file", true],
    ["*_file", "delete_file", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["?", "x", true],
    ["?", "/", false],
    ["?", "\u{1f600}", true],
    ["a?c", "abc", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["\\?", "?", true],
    ["\\\\", "\\", true],
    ["C:\\temp\\*", "C:\\temp*", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["{a,b}", "{a,b}", true],
    ["***", "a/b", true],
    ["*a*b*", "xaxbx", true],
    ["**a*b", "x/a/b", false],
    ["**a*b", "x/acb", true],
    ["**/*.ts", "src/core/x.ts", true],
    ["~email", "send_emails", true],
    ["~email", "~email", true],
    ["~email", "reemail", false],
    ["\\~email", "~email", true],
    ["\\~email", "send_email", false],
    ["\\~e*", "~email", true],
    ["a\\~", "a\\~", true],
    ["a~", "a~", true],
    ["~/*", "~/x", true],
    ["~", "~", true],
    ["", "", true],
    ["", "a", false],
  ])("%j on %j: %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  test("any pattern agrees with a plain recursive reading of the rules", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "/", "*", "**", "?", "\\*", "\u{1f600}"), {
      maxLength: 9,
    });
    const text = fc.array(fc.constantFrom("a", "b", "/", "*", "\u{1f600}"), { maxLength: 9 });
    fc.assert(
      fc.property(pattern, text, (parts, characters) => {
        const joined = parts.join("");
        expect(compileGlob(joined)(characters.join(""))).toBe(matchesByDefinition(joined, characters));
      }),
      { numRuns: 3000 },
    );
  });

  test("patterns longer than a machine word agree too", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "*", "?", "/"), { minLength: 30, maxLength: 80 });
    fc.assert(
      fc.property(pattern, fc.integer({ min: 0, max: 3 }), (parts, cut) => {
        const joined = parts.join("");
        const text = parts.map((part) => (part === "*" ? "ab".slice(0, cut) : part === "?" ? "b" : part));
        expect(compileGlob(joined)(text.join(""))).toBe(true);
        expect(compileGlob(joined)(`${text.join("")}c/c`)).toBe(
          matchesByDefinition(joined, [...text.join(""), "c", "/", "c"]),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("hostile patterns on hostile texts take linear time", () => {
    const text = "a".repeat(200_000);
    const started = performance.now();
    for (const pattern of [
      "**a".repeat(80) + "b",
      "*a".repeat(120) + "b",
      "a*".repeat(120) + "?b",
      "?*".repeat(100) + "/",
    ]) {
      expect(compileGlob(pattern)(text)).toBe(false);
    }
    // Backtracking would take longer than the sun has; this only tells the two apart.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("a glob can be asked again and again", () => {
    const matches = compileGlob("*a*b");
    expect([matches("ab"), matches("ba"), matches("xaxb"), matches("")]).toEqual([true, false, true, false]);
  });

  test("several globs match when any does, and none when there are none", () => {
    const matches = compileGlobs(["a", "b*", "c/**"]);
    expect(["a", "b", "bx", "c/d/e"].every(matches)).toBe(true);
    expect(["", "ax", "c", "constructor", "__proto__"].some(matches)).toBe(false);
    expect(compileGlobs([])("a")).toBe(false);
    expect(compileGlobs("a*")("ab")).toBe(true);
  });

  test("several globs may ask for words and for names", () => {
    const matches = compileGlobs(["~email", "search", "read_*"]);
    expect(["send_email", "search", "read_x"].every(matches)).toBe(true);
    expect(["emailer", "research", "reread_x", "reademail"].some(matches)).toBe(false);
  });

  test("a literal glob matches exactly its one text", () => {
    expect(isLiteral("send_email")).toBe(true);
    expect(isLiteral("a\\*b")).toBe(true);
    expect(literalText("a\\*b")).toBe("a*b");
    expect(literalText("\\~a")).toBe("~a");
    expect(literalText("a~")).toBe("a~");
    for (const pattern of ["a*", "**", "a?", "\\\\*", "~a", "~a b"]) expect(isLiteral(pattern)).toBe(false);
  });
});

function matchesByDefinition(pattern: string, text: readonly string[]): boolean {
  const tokens = pattern.match(/\\[*?\\]|\*\*|[^]/gu) ?? [];
  const known = new Map<number, boolean>();
  const from = (p: number, t: number): boolean => {
    const key = p * 1000 + t;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = decide(p, t);
    known.set(key, answer);
    return answer;
  };
  const decide = (p: number, t: number): boolean => {
    const token = tokens[p];
    const character = text[t];
    if (token === undefined) return character === undefined;
    if (token === "*" || token === "**") {
      if (from(p + 1, t)) return true;
      return character !== undefined && (token === "**" || character !== "/") && from(p, t + 1);
    }
    if (character === undefined) return false;
    const fits =
      token === "?"
        ? character !== "/"
        : character === (token.length === 2 && token.startsWith("\\") ? token[1] : token);
    return fits && from(p + 1, t + 1);
  };
  return from(0, 0);
}
