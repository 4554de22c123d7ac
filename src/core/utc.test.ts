import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utcText } from "./utc.js";

describe("utcText", () => {
  it("says the same as the platform's calendar, for any time that it knows", () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(0), max: Date.UTC(9999, 11, 31) }), (at) => {
        const iso = new Date(at).toISOString();
        expect(utcText(at)).toBe(`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`);
      }),
      { numRuns: 2000 },
    );
  });

  it("has nothing to say about what is no time", () => {
    expect(utcText(NaN)).toBe("");
    expect(utcText(Infinity)).toBe("");
  });
});
