import type { CompiledPolicy } from "../../policy/index.js";
import type { LintFinding, LintSeverity } from "./finding.js";
import { Languages } from "./globs.js";
import { lintNames } from "./names.js";
import { lintPairs } from "./pairs.js";
import { lintPeople } from "./people.js";
import { viewOf } from "./rule-view.js";
import { lintKeys, lintRule } from "./single-rules.js";
import { emptyPolicy, lintTotals } from "./totals.js";
import { lintValues } from "./values.js";

export type { LintCode, LintFinding, LintFix, LintSeverity } from "./finding.js";

const WEIGHT: Readonly<Record<LintSeverity, number>> = { error: 0, warning: 1, info: 2 };

/**
 * Finds what is doubtful about a policy: contradictions, rules that cannot fire or change nothing, holes, and what it
 * leaves to people. Errors come first, then warnings, then infos, each in the order of the rules.
 *
 * What a finding says of behaviour is proven for a governor that enforces the policy from its start; what could not be
 * proven is not said. docs/lint.md explains every code.
 */
export function lintPolicy(policy: CompiledPolicy): LintFinding[] {
  if (policy.rules.length === 0) return [emptyPolicy()];
  const languages = new Languages();
  const views = policy.rules.map((rule) => viewOf(rule, languages));
  const broken = views.map((view) => lintRule(view, languages));
  // A rule that cannot fire is not compared: what else could be said of it would only confuse.
  const sound = views.filter((_, i) => broken[i] === undefined || !NEVER.has(broken[i].code));
  const findings = [
    ...broken.filter((finding) => finding !== undefined),
    ...lintPairs(sound, languages),
    ...(sound.length > 0 ? lintTotals(sound, languages) : []),
    ...lintNames(views),
    ...views.flatMap((view) => lintKeys(view) ?? []),
    ...lintPeople(views),
    ...lintValues(sound),
  ];
  return findings.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}

const NEVER = new Set(["never-fires", "exception-covers-all"]);
