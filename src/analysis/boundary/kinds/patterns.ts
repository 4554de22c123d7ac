import type { Rule, RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import { Trial } from "../trial.js";
import type { Answer, Moment, TrialAction } from "../trial.js";
import { withTag } from "../witness.js";
import { grouped, ordinal } from "../words.js";

/** How many more than promised are tried. */
const BEYOND = 10;

/** `loop`: how often the same action passes. */
export function loopEdge(lab: Lab<RuleOf<"loop">>): Edge {
  const { action } = lab.witness;
  return patternEdge(
    lab,
    lab.rule.repeats,
    () => action,
    (n) => `the same action for the ${ordinal(n)} time`,
  );
}

/** `newcomers`: how many that were never seen pass. */
export function newcomersEdge(lab: Lab<RuleOf<"newcomers">>): Edge {
  const { of, limit } = lab.rule;
  const fresh = (n: number): TrialAction => {
    const { witness } = lab;
    if (of === "source") return { ...witness.action, source: `${witness.action.source}_${n}` };
    if (of === "series") return { ...witness.action, series: `${witness.action.series}_${n}` };
    return withTag(witness, of.slice("tag:".length), `newcomer-${n}`).action;
  };
  return patternEdge(lab, limit, fresh, (n) => `the ${ordinal(n)} newcomer`);
}

/** A rule that looks for a pattern: actions that make it up, until it speaks. */
function patternEdge(
  lab: Lab,
  promised: number,
  nth: (n: number) => TrialAction,
  tell: (n: number) => string,
): Edge {
  const step = (trial: Trial, n: number): Answer => trial.run(nth(n));
  const most = Math.min(lab.maxCounted, promised + BEYOND);
  const counting = lab.open();
  let n = 0;
  while (n < most && spoke(counting, step(counting, n + 1)).reaction === null) n += 1;
  const stage = (moment?: Moment) => {
    const trial = lab.open(moment);
    for (let k = 1; k <= n; k++) step(trial, k);
    return stageOf(trial);
  };
  if (n === most) {
    const text = `${grouped(n)} such actions all pass; nothing was found by going on`;
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const over = nth(n + 1);
  const trial = stage().trial;
  const cases: BoundaryCase[] = [
    ...(n > 0 ? [remark("limit", "allowed", 0, `${tell(n)} passes`)] : []),
    caseOf("over", 0, over, spoke(trial, trial.gate(over)), (said) => `${tell(n + 1)} ${said}`),
  ];
  return { cases, over, stage };
}

/** Such a rule may speak after the action was decided: what it did then is its reaction to it. */
function spoke(trial: Trial, answer: Answer): Answer {
  if (answer.reaction !== null) return answer;
  const halt = trial.halts[0];
  if (halt !== undefined) return { ...answer, reaction: "halted", halt };
  return trial.alerts.length > 0 ? { ...answer, reaction: "alerted" } : answer;
}

/** A tag that another rule denies: alone, this rule would never see a denial. */
const DENIED_TAG = "boundary_case";

/** `denials`: how many denials, and nothing else, it bears. */
export function denialsEdge(lab: Lab<RuleOf<"denials">>): Edge {
  const { witness, rule } = lab;
  const helper: Rule = {
    ...{ id: `${rule.id}:deny`, kind: "access", effect: "deny", then: "block" },
    match: { tags: { [DENIED_TAG]: ["denied"] } },
  };
  const denied = withTag(witness, DENIED_TAG, "denied").action;
  const after = (n: number, moment: Moment = witness.moment): Trial => {
    const trial = Trial.of([rule, helper], moment);
    for (let i = 0; i < n; i++) trial.gate(denied);
    return trial;
  };
  const answerTo = (trial: Trial): Answer => spoke(trial, trial.gate(witness.action));
  const bears = (n: number): boolean => n <= lab.maxCounted && answerTo(after(n)).reaction === null;
  const most = largest(bears, rule.minCalls - 1) ?? 0;
  const stage = (moment?: Moment) => stageOf(after(most + 1, moment));
  if (most >= lab.maxCounted) {
    const text = `${grouped(most)} denials in a row change nothing`;
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const cases = [most, most + 1].map((n, i) =>
    caseOf(
      i === 0 ? "limit" : "over",
      0,
      witness.action,
      answerTo(after(n)),
      (said) => `after ${grouped(n)} of ${grouped(n)} denied the next ${said}`,
    ),
  );
  return { cases, over: witness.action, stage };
}
