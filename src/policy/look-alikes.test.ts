import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { compilePolicy } from "./compile.js";
import { nameFault } from "../core/look-alikes.js";
import { sentenceFault } from "./look-alikes.js";
import type { RuleInput } from "./schema.js";

describe("a name", () => {
  test.each([
    ["a zero-width space", "send\u200b_email", 4, "a zero-width space (U+200B)"],
    ["a soft hyphen", "delete\u00ad_file", 6, "a soft hyphen (U+00AD)"],
    ["a no-break space", "a\u00a0b", 1, "a no-break space (U+00A0)"],
    ["an ideographic space", "a\u3000b", 1, "U+3000"],
    ["a byte order mark inside", "a\ufeffb", 1, "U+FEFF"],
    ["text that runs backwards", "a\u202eb", 1, "direction"],
    ["an isolated direction", "\u2066a", 0, "direction"],
    ["a filler of Hangul", "a\u3164", 1, "invisible"],
    ["a variation selector", "a\ufe0f", 1, "invisible"],
    ["a character of tags", "a\u{e0041}", 1, "U+E0041"],
    ["an empty Braille cell", "a\u2800", 1, "invisible"],
    ["a line separator", "a\u2028b", 1, "invisible"],
    ["half a pair", "a\ud800", 1, "invisible"],
    ["a Cyrillic letter in a Latin word", "d\u0435lete_file", 1, "`е` (U+0435) is Cyrillic"],
    ["a Latin letter in a Cyrillic word", "\u043f\u043eчтa", 0, "is Cyrillic"],
    ["a Greek letter in a Latin word", "tr\u03bfde", 2, "is Greek"],
    ["a letter of Lisu", "\ua4d0bc", 0, "is Lisu"],
    [
      "a word that is wholly Cyrillic and looks Latin, beside Latin",
      "send_\u0430\u0441\u0435",
      5,
      "Cyrillic",
    ],
    ["a phonetic letter", "del\u0251y", 3, "phonetic"],
    ["full-width letters", "\uff44elete", 0, "looks like `d`"],
    ["a bold letter of mathematics", "\u{1d41d}elete", 0, "looks like `d`"],
    ["a ligature", "\ufb01le", 0, "looks like `fi`"],
    ["a Roman numeral", "part_\u2160", 5, "looks like `I`"],
    ["a full-width wildcard", "delete_\uff0a", 7, "looks like `*`"],
    ["another hyphen", "send\u2011email", 4, "looks like `-`"],
    ["another slash", "planner\u2215researcher", 7, "looks like `/`"],
    ["an accent apart from its letter", "cafe\u0301", 3, "NFC"],
    ["the sign for Kelvin", "\u212a1", 0, "looks like `K`"],
  ])("with %s is refused", (_what, name, start, message) => {
    const fault = nameFault(name);
    expect(fault).toMatchObject({ start, message: expect.stringContaining(message) });
    expect(fault!.end).toBeGreaterThan(start);
  });

  test.each([
    ["ASCII", "send_email/v2:*.??~|"],
    ["a Russian word", "почта"],
    ["a Russian word that looks Latin, by itself", "ресурс"],
    ["words of two alphabets", "агент_send"],
    ["a Greek word", "Αθήνα"],
    ["accents", "café_größe_naïve"],
    ["Turkish", "satış_ıslak"],
    ["Vietnamese", "đặt_hàng"],
    ["Japanese with Latin", "LINE送信_メール"],
    ["Korean", "메일보내기"],
    ["Arabic", "بريد"],
    ["Hindi", "डाक"],
    ["emoji", "send_✉_🚀"],
    ["signs", "€5_±2_½_m²_™_№_…_1º"],
  ])("of %s is fine", (_what, name) => {
    expect(nameFault(name)).toBeUndefined();
  });

  test("of ASCII always is, but for control characters", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (name) => nameFault(name) === undefined));
  });

  test("is judged the same however it is cut out, and nothing makes that throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const fault = nameFault(name);
        if (fault === undefined) return;
        expect(fault.start).toBeGreaterThanOrEqual(0);
        expect(fault.end).toBeGreaterThan(fault.start);
        expect(fault.end).toBeLessThanOrEqual(name.length);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a sentence", () => {
  test.each([
    ["Cap e\u0430ch caller", 5],
    ["Never allow \u0441\u043e\u0440\u0443 actions", 12],
    ["Never allow `d\u0435lete` actions", 14],
    ["Never allow “send_\u0430” actions", 18],
    ["Cap\u00a0each caller", 3],
    ["Cap each caller at \uff15 per second", 19],
  ])("%j is refused at %i", (sentence, start) => {
    expect(sentenceFault(sentence)).toMatchObject({ start });
  });

  test.each([
    "Only allow trades between 09:30–16:00",
    "Never allow `почта` or `ресурс` actions",
    "Never allow почта actions",
    "Cap each caller at €5 – really",
    "It\u2019s fine “so”",
  ])("%j is left to the compiler", (sentence) => {
    expect(sentenceFault(sentence)).toBeUndefined();
  });
});

describe("in a policy", () => {
  const bad = "d\u0435lete";
  const rate = { kind: "rate", limit: 1, window: "1s" } as const;
  test.each<[string, RuleInput]>([
    ["id", { ...rate, id: bad }],
    ["match.series", { ...rate, match: { series: bad } }],
    ["match.source[1]", { ...rate, match: { source: ["a", bad] } }],
    ["match.except.source", { ...rate, match: { except: { source: bad } } }],
    ["match.tags.to", { ...rate, match: { tags: { to: bad } } }],
    [`match.tags["${bad}"]`, { ...rate, match: { tags: { [bad]: "a" } } }],
    ["match.args.a", { ...rate, match: { args: { a: bad } } }],
    ["match.args.a.equals", { ...rate, match: { args: { a: { equals: bad } } } }],
    [`match.args["${bad}"]`, { ...rate, match: { args: { [bad]: "a" } } }],
    [`match.costOver["${bad}"]`, { ...rate, match: { costOver: { [bad]: 1 } } }],
    ["per", { ...rate, per: `tag:${bad}` }],
    ["measure", { kind: "budget", measure: bad, limit: 1, window: "1d" }],
    ["signal", { kind: "stale", signal: bad, maxAge: "5s" }],
    ["account", { kind: "floor", limit: 1, account: bad }],
  ])("such a name is refused in %s", (path, rule) => {
    expect(issuesOf(rule)).toMatchObject([
      { path, message: expect.stringContaining("is Cyrillic"), help: expect.stringContaining("`?`") },
    ]);
  });

  test("such a sentence is refused before anybody reads it", () => {
    expect(issuesOf(`Never allow \`${bad}\` actions`)).toMatchObject([
      { message: "the sentence has letters that look like others: `е` (U+0435) is Cyrillic" },
    ]);
  });
});

function issuesOf(rule: RuleInput | string): readonly PolicyIssue[] {
  try {
    compilePolicy([rule]);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues;
    throw error;
  }
  return [];
}
