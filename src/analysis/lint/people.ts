import { fixWith, type LintFinding, listed, named } from "./finding.js";
import type { RuleView } from "./rule-view.js";

/** What the policy expects of people: to hear alerts, and to answer questions. */
export function lintPeople(views: readonly RuleView[]): LintFinding[] {
  return [
    ...views.flatMap(
      (view) => alertInShadow(view) ?? approvalInShadow(view) ?? approvalForEverything(view) ?? [],
    ),
    ...(needListener(views) ?? []),
    ...(needApprover(views) ?? []),
  ];
}

function alertInShadow({ rule }: RuleView): LintFinding | undefined {
  if (rule.mode !== "shadow" || rule.then !== "alert" || isAsking(rule)) return undefined;
  return {
    ...{ code: "alert-in-shadow", severity: "info", rules: [rule.id] },
    message: `rule ${named(rule.id)} alerts in shadow exactly as it does without`,
    evidence: "shadow keeps a rule from acting, and an alert does not act",
    fix: fixWith(rule, { mode: undefined }),
  };
}

function approvalInShadow({ rule, severity, level }: RuleView): LintFinding | undefined {
  if (severity !== 1 || level > 0) return undefined;
  return {
    ...{ code: "approval-in-shadow", severity: "info", rules: [rule.id] },
    message: `rule ${named(rule.id)} asks nobody while it is in shadow: the action passes, and the record says that somebody would have been asked`,
    fix: fixWith(rule, { mode: undefined }),
  };
}

/** Whoever is asked about everything soon says yes to everything. */
function approvalForEverything({ rule, level }: RuleView): LintFinding | undefined {
  if (!isAsking(rule) || level === 0 || rule.match !== undefined) return undefined;
  return {
    ...{ code: "approval-for-everything", severity: "warning", rules: [rule.id] },
    message: `rule ${named(rule.id)} asks a human about every single action`,
    evidence: "it has no conditions: reading and writing, cheap and dear, all wait for an answer",
    fix: fixWith(rule, { match: { costOver: { usd: 100 } } }),
  };
}

/** Rules that do nothing but tell. A file cannot know who listens, so this is said once and is no warning. */
function needListener(views: readonly RuleView[]): LintFinding[] | undefined {
  const alerts = views.filter(({ rule, severity }) => severity === 0 && rule.kind !== "score");
  const [first] = alerts;
  if (first === undefined) return undefined;
  const ids = alerts.map(({ id }) => id);
  return [
    {
      ...{ code: "alerts-need-a-listener", severity: "info", rules: ids },
      message: `${rulesOf(ids)} only ${ids.length === 1 ? "alerts" : "alert"}: unless somebody listens, nobody hears it and nothing is stopped`,
      evidence: 'an alert goes to the record, to `rein top`, and to who listens with `rein.on("alert", …)`',
      fix: fixWith(first.rule, { then: "block" }),
    },
  ];
}

/** Who answers is not in the file either. Without an answer an action stays refused, and the question lapses. */
function needApprover(views: readonly RuleView[]): LintFinding[] | undefined {
  const asking = views.filter(({ severity, level }) => severity === 1 && level > 0);
  const [first] = asking;
  if (first === undefined) return undefined;
  const ids = asking.map(({ id }) => id);
  return [
    {
      ...{ code: "approvals-need-an-approver", severity: "info", rules: ids },
      message: `${rulesOf(ids)} ${ids.length === 1 ? "waits" : "wait"} for a human: until somebody answers the action stays refused, and a question that nobody answers lapses`,
      evidence:
        'answers come from `rein approve`, `rein reject`, or whoever listens with `rein.on("approval", …)`; where nobody does, block',
      fix: fixWith(first.rule, isAsking(first.rule) ? { effect: "deny" } : { then: "block" }),
    },
  ];
}

function isAsking(rule: RuleView["rule"]): boolean {
  return rule.kind === "access" && rule.effect === "approve";
}

function rulesOf(ids: readonly string[]): string {
  return `${ids.length === 1 ? "rule" : "rules"} ${listed(ids)}`;
}
