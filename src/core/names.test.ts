import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanName, replaceLoneSurrogates, wellFormed } from "./names.js";

describe("names", () => {
  test("an ordinary name is kept as it is", () => {
    for (const name of [
      "a",
      "send_email",
      "Zürich 9",
      "日本",
      "\u{1f600}",
      "__proto__",
      "constructor",
      " a ",
    ]) {
      expect(cleanName(name, 20)).toBe(name);
    }
  });

  test("a name that is empty, blank, too long or has control characters is none", () => {
    for (const name of ["", " ", "\u3000", "a\0b", "a\nb", "\ta", "a\u007f", "a\u0085", "x".repeat(21)]) {
      expect(cleanName(name, 20)).toBeNull();
    }
    expect(cleanName("x".repeat(20), 20)).toHaveLength(20);
  });

  test("unpaired surrogates are replaced, pairs are kept", () => {
    expect(cleanName("a\ud800b", 20)).toBe("a\ufffdb");
    expect(cleanName("\udc00", 20)).toBe("\ufffd");
    expect(cleanName("\u{1f600}", 20)).toBe("\u{1f600}");
  });

  test("the fallback gives what the built-in gives, and its result is stable", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 0xd800, max: 0xdfff }), (text, unit) => {
        const ragged = text + String.fromCharCode(unit) + text;
        expect(replaceLoneSurrogates(ragged)).toBe(wellFormed(ragged));
        expect(wellFormed(wellFormed(ragged))).toBe(wellFormed(ragged));
      }),
    );
  });
});
