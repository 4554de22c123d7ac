import { expect, test } from "vitest";
import { own } from "./own.js";

test("only what was put into a record is found in it", () => {
  const record = JSON.parse('{ "a": 1, "__proto__": 2 }') as Record<string, number>;
  expect(["a", "__proto__", "constructor", "b"].map((name) => own(record, name))).toEqual([
    1,
    2,
    undefined,
    undefined,
  ]);
  expect(own(undefined, "a")).toBeUndefined();
});
