import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lintPolicy } from "../src/analysis/lint/index.js";
import type { LintFinding } from "../src/analysis/lint/index.js";
import { compilePolicy } from "../src/index.js";
import type { RuleInput } from "../src/index.js";
import { lintablePolicy, relatedPolicy } from "./support/lintable.js";

const RUNS = 400;

/** Findings that a fix answers with an offer, not with a repair: what they say stays true of it, or is for people. */
const LEFT_TO_PEOPLE = new Set([
  "alerts-need-a-listener",
  "approvals-need-an-approver",
  "cost-required",
  "tag-required",
  "time-in-utc",
]);

function applied(policy: readonly RuleInput[], { fix }: LintFinding): RuleInput[] {
  const kept = policy.filter(({ id }) => !fix.replaces.includes(id!));
  return [...kept, { ...fix.rule, id: fix.replaces[0] ?? "zz-fix" }];
}

function meaning(rule: string | RuleInput): object {
  return { ...compilePolicy([rule]).rules[0]!, id: "" };
}

const about = (findings: readonly LintFinding[]): string[] =>
  findings.map(({ code, rules, message, evidence }) =>
    [code, ...[...rules].sort(), message, evidence ?? ""].join("\n"),
  );

describe("the fixes of lint", () => {
  test("each is a sentence of our own language, or data, that compiles to exactly the rule beside it", () => {
    let [all, asData] = [0, 0];
    fc.assert(
      fc.property(fc.oneof(lintablePolicy, relatedPolicy), (policy) => {
        for (const { fix } of lintPolicy(compilePolicy(policy))) {
          all += 1;
          const isData = fix.sentence.startsWith("{");
          if (isData) asData += 1;
          const read = isData ? (JSON.parse(fix.sentence) as RuleInput) : fix.sentence;
          expect([fix.sentence, meaning(read)]).toEqual([fix.sentence, meaning(fix.rule)]);
        }
      }),
      { numRuns: RUNS },
    );
    expect(asData / all).toBeLessThan(0.05);
  });

  test("each mends what it was given for", () => {
    fc.assert(
      fc.property(fc.oneof(lintablePolicy, relatedPolicy), (policy) => {
        for (const finding of lintPolicy(compilePolicy(policy))) {
          if (LEFT_TO_PEOPLE.has(finding.code)) continue;
          const after = lintPolicy(compilePolicy(applied(policy, finding)));
          expect(about(after)).not.toContain(about([finding])[0]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
