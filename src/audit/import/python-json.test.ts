import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePythonJson, pythonFloat, pythonJson } from "./python-json.js";

const again = (text: string): string | undefined => {
  const json = parsePythonJson(text);
  return json && pythonJson(json.value);
};

describe("JSON as Python has it", () => {
  test.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [1e16, "1e+16"],
    [9007199254740993e-1, "900719925474099.2"],
    [123456789012345680, "1.2345678901234568e+17"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [1e100, "1e+100"],
    [NaN, "NaN"],
    [-Infinity, "-Infinity"],
  ])("prints the double %d as `repr` does: %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  test.each([
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    [' { "a" : [ 1 , 2.50 ] } ', '{"a":[1,2.5]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ["[-0,-0.0,1e400,123456789012345678901234567890]", "[0,-0.0,Infinity,123456789012345678901234567890]"],
    ["[NaN,-Infinity,null,true]", "[NaN,-Infinity,null,true]"],
    ['"\\u00E9é\\ud83d\\ude00\u007f"', '"\\u00e9\\u00e9\\ud83d\\ude00\\u007f"'],
    ['{"\ud83d\ude00":1,"\uffee":2}', '{"\\uffee":2,"\\ud83d\\ude00":1}'],
    ['"\\ud800"', '"\\ud800"'],
  ])("reads %s and writes %s", (text, expected) => {
    expect(again(text)).toBe(expected);
  });

  test.each([
    "",
    "{",
    "[1,]",
    '{"a":1,}',
    "01",
    "+1",
    ".5",
    "1.",
    "'a'",
    '"\n"',
    '"\\x"',
    "nul",
    "1 2",
    "-",
    "\ufeff1",
  ])("refuses %j", (text) => {
    expect(parsePythonJson(text)).toBeUndefined();
  });

  test("tells which keys come twice", () => {
    expect(parsePythonJson('{"a":{"x":1,"x":2},"a":3}')?.repeatedKeys).toEqual(["x", "a"]);
  });

  test("nesting without end is refused, not a crash", () => {
    expect(parsePythonJson("[".repeat(100_000))).toBeUndefined();
  });

  test("whatever JSON.parse reads, this reads too, with the same meaning", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(again(text)!)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("what was written is written the same again", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = again(text)!;
        expect(again(once)).toBe(once);
      }),
    );
  });
});
