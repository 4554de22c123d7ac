import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../core/canonical.js";
import { compilePolicy } from "./compile.js";
import { describeRule } from "./english/print.js";
import { parsePolicyText } from "./parse.js";
import { type Rule, RULE_KINDS, type RuleInput } from "./schema.js";
import { arbitraryRule as rule } from "../../test/support/arbitrary-rule.js";

describe("any valid policy", () => {
  test("the generated rules cover every kind", () => {
    const seen = new Set(fc.sample(rule, 2000).map(({ kind }) => kind));
    expect([...seen].sort()).toEqual([...RULE_KINDS].sort());
  });

  test("compiles, and compiles again from its own rules to the same digest", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), (rules) => {
        const policy = compilePolicy(rules);
        expect(policy.rules).toHaveLength(rules.length);
        const again = compilePolicy(policy.rules);
        expect(again.digest).toBe(policy.digest);
        expect(again.rules).toEqual(policy.rules);
        expect(compilePolicy(JSON.parse(JSON.stringify(policy.rules)) as RuleInput[]).digest).toBe(
          policy.digest,
        );
      }),
      { numRuns: 300 },
    );
  });

  test("is the same policy when it comes as JSON or YAML text", () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), (rules) => {
        const text = JSON.stringify(rules, null, 1);
        const { digest } = compilePolicy(rules);
        expect(parsePolicyText(text, "json").digest).toBe(digest);
        expect(parsePolicyText(text, "yaml").digest).toBe(digest);
      }),
    );
  });

  test("reads the same exactly where it means the same", () => {
    const meaning = (compiled: Rule): string => {
      const { id: _id, ...fields } = compiled;
      return canonicalJson(fields);
    };
    const byText = new Map<string, string>();
    fc.assert(
      fc.property(rule, (input) => {
        const [compiled] = compilePolicy([input]).rules;
        if (compiled === undefined) throw new Error("no rule");
        const text = describeRule(compiled);
        expect(text).not.toMatch(/undefined|NaN|\[object|\n/);
        expect(byText.get(text) ?? meaning(compiled)).toBe(meaning(compiled));
        byText.set(text, meaning(compiled));
      }),
      { numRuns: 5000 },
    );
  });
});
