import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, MAX_JSON_DEPTH } from "./canonical.js";
import { InvalidInputError } from "./errors.js";

describe("canonical JSON", () => {
  // The example of RFC 8785, section 3.2.2 and 3.2.3.
  test("the example of RFC 8785 comes out as the RFC prints it", () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("keys are sorted by UTF-16 units, as in RFC 8785 section 3.2.3", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 };
    const keys = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, digit]) => digit);
    expect(keys).toEqual(["2", "4", "6", "7", "1", "5", "3"]);
  });

  test("the order in which keys were written does not show", () => {
    expect(canonicalJson({ b: 1, a: { d: 1, c: 2 } })).toBe(canonicalJson({ a: { c: 2, d: 1 }, b: 1 }));
  });

  test("any JSON value means the same after", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test("what is undefined is left out, as in JSON.stringify", () => {
    expect(canonicalJson({ a: undefined, b: [undefined, 1], c: -0 })).toBe('{"b":[null,1],"c":0}');
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(canonicalJson("\ud800")).toBe('"\ufffd"');
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  test("what JSON cannot say is refused", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [
      NaN,
      Infinity,
      1n,
      Symbol("x"),
      () => 1,
      undefined,
      new Map(),
      new Set(),
      cycle,
      { a: [NaN] },
    ]) {
      expect(() => canonicalJson(value)).toThrow(InvalidInputError);
    }
    expect(() => canonicalJson({ "\ud800": 1, "\ud801": 2 })).toThrow(/unpaired surrogates/);
  });

  test("nesting is bounded, and so is what shared parts unfold to", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(canonicalJson(nested(MAX_JSON_DEPTH))).toContain("1");
    expect(() => canonicalJson(nested(MAX_JSON_DEPTH + 1))).toThrow(/nesting/);
    let shared: unknown = [1];
    for (let i = 0; i < 40; i++) shared = [shared, shared];
    expect(() => canonicalJson(shared)).toThrow(/more than/);
  });
});
