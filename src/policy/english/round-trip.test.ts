import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryRule } from "../../../test/support/arbitrary-rule.js";
import { compilePolicy } from "../compile.js";
import type { Rule } from "../schema.js";
import { describeRule } from "./print.js";

function withoutId({ id: _id, ...fields }: Rule): object {
  return fields;
}

describe("every rule that can be written as data", () => {
  test("reads back from its own English as the same rule", () => {
    fc.assert(
      fc.property(arbitraryRule, (input) => {
        const [rule] = compilePolicy([input]).rules;
        const english = describeRule(rule as Rule);
        let again: Rule | undefined;
        try {
          [again] = compilePolicy([english]).rules;
        } catch (error) {
          throw new Error(`${english}\n${String(error)}\n${JSON.stringify(withoutId(rule as Rule))}`);
        }
        expect(withoutId(again as Rule), english).toEqual(withoutId(rule as Rule));
      }),
      { numRuns: 1000 },
    );
  });
});
