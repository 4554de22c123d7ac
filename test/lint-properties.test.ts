import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LintCode } from "../src/analysis/lint/index.js";
import { lintPolicy } from "../src/analysis/lint/index.js";
import { compilePolicy } from "../src/index.js";
import type { RuleInput } from "../src/index.js";
import type { Step } from "./support/histories.js";
import { Driver } from "./support/driver.js";
import { history } from "./support/histories.js";
import { lintablePolicy, listPolicy, relatedPolicy } from "./support/lintable.js";

const RUNS = Number(process.env.REIN_LINT_RUNS ?? 800);
/** Findings of a code that have to have come up. */
const ENOUGH = Math.floor(RUNS / 160);
/** Ten seconds of work, on a machine that has other things to do. */
const LONG = 200_000;

/** Findings that say: without the first of their rules every action gets the same answer. */
const REMOVABLE = new Set<LintCode>([
  ...([
    "shadowed-rule",
    "duplicate-rule",
    "conflicting-limits",
    "never-reached",
    "limit-on-refused",
  ] as const),
  ...(["approval-never-asked", "never-fires", "exception-covers-all"] as const),
]);
/** Findings that say: the first of their rules never refuses anything, nor tells of anything. */
const SILENT = new Set<LintCode>(["never-reached", "never-fires", "exception-covers-all"]);

const WATCHERS = new Set(["floor", "loss", "stale"]);

const isAllow = (rule: RuleInput): boolean => rule.kind === "access" && rule.effect === "allow";
/** These halt by themselves: two that say the same make two halts. */
const haltsByItself = ({ kind, then }: RuleInput): boolean =>
  then === "halt" && ["floor", "loss", "stale", "errors", "timeout", "denials"].includes(kind);

/** What never comes up proves nothing. */
function count(seen: Map<LintCode, number>, code: LintCode): void {
  seen.set(code, (seen.get(code) ?? 0) + 1);
}

/** Runs a history under the policy and under what lint leaves of it. */
async function compare(
  policy: RuleInput[],
  steps: readonly Step[],
  seen: Map<LintCode, number>,
): Promise<void> {
  const byId = new Map(policy.map((rule) => [rule.id!, rule]));
  const found = lintPolicy(compilePolicy(policy)).filter(({ code, rules: [id] }) => {
    const rule = byId.get(id ?? "");
    if (rule === undefined || !REMOVABLE.has(code)) return false;
    // An allow rule that allows nothing still makes a list: that is what the finding says of it.
    if (isAllow(rule) && (code === "never-fires" || code === "exception-covers-all")) return false;
    return !(code === "duplicate-rule" && haltsByItself(rule));
  });
  if (found.length === 0) return;
  for (const { code } of found) count(seen, code);
  const pointless = new Set(found.map(({ rules }) => rules[0]!));
  const silent = found.filter(({ code }) => SILENT.has(code)).map(({ rules }) => rules[0]!);
  const whole = await Driver.open(policy);
  const without = await Driver.open(policy.filter(({ id }) => !pointless.has(id!)));
  const alerts: (string | undefined)[] = [];
  whole.rein.on("alert", ({ rule }) => alerts.push(rule));
  for (const step of steps) {
    const a = await whole.run(step);
    const b = await without.run(step);
    expect([step, a?.verdict]).toEqual([step, b?.verdict]);
    if (a !== undefined) expect(silent).not.toContain(a.refusal?.rule);
    expect(scopes(whole)).toEqual(scopes(without));
  }
  await new Promise((resolve) => setImmediate(resolve));
  // Watchers tell of every bad report.
  for (const id of silent) if (!WATCHERS.has(byId.get(id)!.kind)) expect(alerts).not.toContain(id);
}

describe("without the rules that lint calls pointless every action gets the same answer", () => {
  test.each([
    {
      of: "all kinds of rules",
      policies: lintablePolicy,
      steps: history({ rare: true, maxLength: 100 }),
      often: ["never-fires", "exception-covers-all", "limit-on-refused"],
    },
    {
      of: "rules that may well say the same",
      policies: relatedPolicy,
      steps: history({ rare: true, maxLength: 100 }),
      often: ["shadowed-rule", "never-reached", "conflicting-limits", "limit-on-refused"],
    },
    {
      of: "allow-lists of all degrees, and rules that halt",
      policies: listPolicy,
      steps: history({ rare: false, maxLength: 30 }),
      often: ["shadowed-rule", "limit-on-refused"],
    },
  ] as const)("in policies of $of", { timeout: LONG }, async ({ policies, steps, often }) => {
    const seen = new Map<LintCode, number>();
    await fc.assert(
      fc.asyncProperty(policies, steps, (policy, each) => compare(policy, each, seen)),
      { numRuns: RUNS },
    );
    if (process.env.REIN_LINT_SHOW !== undefined) console.log(seen);
    for (const code of often) expect([code, (seen.get(code) ?? 0) > ENOUGH]).toEqual([code, true]);
  });
});

/** Values of tags are pseudonyms, and each governor has its own. */
function scopes(driver: Driver): unknown[] {
  return driver.rein
    .snapshot()
    .halts.map(({ id, scope }) =>
      scope === "all" ? { id, scope } : { id, ...scope, tags: Object.keys(scope.tags ?? {}) },
    );
}
