import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourceMatcher } from "../../engine/conditions.js";
import { type Depth, Languages } from "./globs.js";

const RUNS = 3_000;

/** Few letters, so that globs often meet; escapes and words among them. */
const glob = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.string({
      unit: fc.constantFrom("a", "b", "/", "*", "**", "?"),
      minLength: 1,
      maxLength: 7,
    }),
  },
  fc.constantFrom("\\*", "a\\?", "\\~a", "~/a", "a\\\\b", "😀*", "~a", "~ab b"),
);
const globs = fc.array(glob, { minLength: 1, maxLength: 3 });
const depth = fc.constantFrom<Depth>("no", "literal", "all");
const text = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.string({ unit: fc.constantFrom("a", "b", "c", "/"), minLength: 1, maxLength: 7 }),
  },
  fc.constantFrom("*", "a?", "~a", "~/a", "a\\b", "😀a", "ab_a"),
);

describe("globs as languages", () => {
  test("a language matches what the engine matches", () => {
    fc.assert(
      fc.property(globs, text, (list, name) => {
        const languages = new Languages();
        const matches = sourceMatcher(list);
        expect(languages.of(list, "literal").matches(name)).toBe(matches(name));
      }),
      { numRuns: RUNS },
    );
  });

  test("what is said to be contained is: no text of the inner one is missing in the outer one", () => {
    fc.assert(
      fc.property(globs, globs, depth, depth, fc.array(text, { maxLength: 40 }), (a, b, da, db, names) => {
        const languages = new Languages();
        const [inner, outer] = [languages.of(a, da), languages.of(b, db)];
        if (languages.contains(outer, inner) !== true) return;
        for (const name of [...names, ...inner.samples].filter(
          (each) => db === "no" || !each.startsWith("/"),
        ))
          if (inner.matches(name)) expect([name, outer.matches(name)]).toEqual([name, true]);
      }),
      { numRuns: RUNS },
    );
  });

  test("what is said not to meet never does", () => {
    fc.assert(
      fc.property(globs, globs, depth, depth, fc.array(text, { maxLength: 40 }), (a, b, da, db, names) => {
        const languages = new Languages();
        const [one, other] = [languages.of(a, da), languages.of(b, db)];
        if (languages.disjoint(one, other) !== true) return;
        for (const name of names)
          expect([name, one.matches(name) && other.matches(name)]).toEqual([name, false]);
      }),
      { numRuns: RUNS },
    );
  });

  test("without words an answer is found for every pair, and it is the right one for short texts", () => {
    const letters = ["a", "b", "/", "x"];
    const words = [1, 2, 3, 4].flatMap((length) =>
      Array.from({ length: letters.length ** length }, (_, n) =>
        Array.from({ length }, (_, i) => letters[Math.floor(n / letters.length ** i) % letters.length]!).join(
          "",
        ),
      ),
    );
    const short = fc.string({ unit: fc.constantFrom("a", "b", "/", "*", "?"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(short, short, (a, b) => {
        const languages = new Languages();
        const [one, other] = [languages.of([a], "no"), languages.of([b], "no")];
        const [within, apart] = [languages.contains(other, one), languages.disjoint(one, other)];
        expect([within, apart]).not.toContain(undefined);
        const shared = words.filter((word) => one.matches(word));
        // Only the empty text can refute it besides.
        if (within === false && !a.includes("*"))
          expect(shared.every((word) => other.matches(word))).toBe(false);
        if (apart === false && !(a.startsWith("*") && b.startsWith("*")))
          expect(shared.some((word) => other.matches(word))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test.each([
    [["send_email"], ["send_*"], true],
    [["send_*"], ["send_email"], false],
    [["send_*"], ["*_*"], true],
    [["a*b"], ["a**"], true],
    [["a**"], ["a*"], false],
    [["*"], ["**"], true],
    [["?", "??"], ["*"], true],
    [["a", "b*"], ["b*", "?"], true],
    [["~email"], ["**"], true],
    [["~email"], ["*email*"], undefined],
    [["send_email"], ["~email"], true],
    [["search"], ["~email"], false],
    [["~email", "a"], ["~email", "?"], undefined],
    [["~email", "a"], ["a", "b", "~email"], true],
  ])("%j lies within %j: %j", (inner, outer, expected) => {
    const languages = new Languages();
    expect(languages.contains(languages.of(outer, "no"), languages.of(inner, "no"))).toBe(expected);
  });

  test("what is too large is not decided", () => {
    const languages = new Languages();
    const long = Array.from({ length: 40 }, (_, i) => `*a${"?".repeat(60 + i)}*b`);
    expect(languages.contains(languages.of(long, "no"), languages.of(["*a**b"], "no"))).not.toBe(true);
  });
});
