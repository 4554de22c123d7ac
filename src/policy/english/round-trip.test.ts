import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryRule } from "../../../test/support/arbitrary-rule.js";
import { compilePolicy } from "../compile.js";
import type { Rule, RuleInput } from "../schema.js";
import { describeRule } from "./print.js";

function withoutId({ id: _id, ...fields }: Rule): object {
  return fields;
}

/** An exception of something that the rule is not about anyway. */
const LEAVES_NOTHING_OUT: RuleInput = {
  kind: "rate",
  limit: 3,
  window: "1m",
  match: { series: "~a b", except: { series: "a" } },
};

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
      { numRuns: 1000, examples: [[LEAVES_NOTHING_OUT]] },
    );
  });
});
