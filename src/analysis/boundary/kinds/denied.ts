import type { Rule, RuleOf } from "../../../policy/index.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, overCases, stageOf } from "../lab.js";
import { Trial } from "../trial.js";
import type { TrialAction } from "../../asked.js";
import type { Moment } from "../trial.js";
import { withTag } from "../witness.js";
import type { Witness } from "../witness.js";
import { grouped, ordinal } from "../words.js";
import { hasSpoken, nextCases, patternEdge, toldCase, UNPROMISED } from "./patterns.js";

/** A tag that another rule denies: alone, these rules would never see a denial. */
const DENIED_TAG = "boundary_case";

/** `denials`: how many denials, and nothing else, it bears. */
export function denialsEdge(lab: Lab<RuleOf<"denials">>): Edge {
  const { witness, rule } = lab;
  const { action } = witness;
  const denied = deniedLike(witness).action;
  const after = (n: number, moment?: Moment): Trial => {
    const trial = besideDenials(lab, moment);
    for (let i = 0; i < n; i++) trial.gate(denied);
    return trial;
  };
  const tried = Math.min(lab.maxCounted, rule.minCalls === undefined ? UNPROMISED : rule.minCalls + 1);
  const counting = after(0);
  let n = 0;
  for (; n < tried && !hasSpoken(counting); n++) counting.gate(denied);
  if (!hasSpoken(counting)) {
    const text = `${grouped(n)} denials in a row change nothing`;
    const stage = (moment?: Moment) => stageOf(after(n, moment));
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  // The action behind the denials counts, too, and can be what the rule waits for.
  const bears = (denials: number): boolean => {
    const trial = after(denials);
    return trial.gate(action).reaction === null && !hasSpoken(trial);
  };
  const most = largest(bears, n - 1, n) ?? 0;
  const of = (count: number): string => `after ${grouped(count)} of ${grouped(count)} denied the next`;
  const limit = caseOf("limit", 0, action, after(most).gate(action), (said) => `${of(most)} ${said}`);
  const stage = (moment?: Moment) => {
    const trial = after(most + 1, moment);
    if (!hasSpoken(trial)) trial.gate(action);
    return stageOf(trial);
  };
  const trial = after(most + 1);
  const wasQuiet = !hasSpoken(trial);
  if (!wasQuiet && rule.then !== "alert") {
    const over = overCases(trial, action, (said) => `${of(most + 1)} ${said}`);
    return { cases: [limit, ...over], over: action, stage };
  }
  const told = toldCase(lab, trial, action, trial.gate(action), of(most + 1));
  return { cases: [limit, told, ...nextCases(lab, trial, action)], over: action, stage };
}

/** `newcomers`: how many that were never seen pass; without a number, how many that are denied it bears. */
export function newcomersEdge(lab: Lab<RuleOf<"newcomers">>): Edge {
  const { of, limit } = lab.rule;
  const isExact = limit !== undefined;
  const witness = isExact ? lab.witness : deniedLike(lab.witness);
  const nth = (n: number): TrialAction => {
    const { action } = witness;
    if (of === "source") return { ...action, source: `${action.source}_${n}` };
    if (of === "series") return { ...action, series: `${action.series}_${n}` };
    return withTag(witness, of.slice("tag:".length), `newcomer-${n}`).action;
  };
  if (isExact) return patternEdge(lab, { promised: limit, nth, tell: (n) => `the ${ordinal(n)} newcomer` });
  const after = (n: number, moment?: Moment): Trial => {
    const trial = besideDenials(lab, moment);
    for (let i = 1; i <= n; i++) trial.gate(nth(i));
    return trial;
  };
  const counting = after(0);
  const tried = Math.min(lab.maxCounted, UNPROMISED);
  let n = 0;
  while (n < tried && !hasSpoken(counting)) counting.gate(nth(++n));
  const stage = (moment?: Moment) => stageOf(after(n, moment));
  if (!hasSpoken(counting)) {
    const text = `${grouped(n)} denied newcomers in a row change nothing`;
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const { action } = lab.witness;
  const [before, spoken] = [after(n - 1), after(n)].map((trial) => ({
    trial,
    answer: trial.fork().gate(action),
  }));
  const tell = (count: number): string => `after ${grouped(count)} newcomers, all denied, the next action`;
  const cases = [
    caseOf("limit", 0, action, before!.answer, (said) => `${tell(n - 1)} ${said}`),
    ...(lab.rule.then === "alert"
      ? [toldCase(lab, spoken!.trial, action, spoken!.answer, tell(n))]
      : overCases(spoken!.trial, action, (said) => `${tell(n)} ${said}`)),
  ];
  return { cases, over: action, stage };
}

function deniedLike(witness: Witness): Witness {
  return withTag(witness, DENIED_TAG, "denied");
}

/** The rule, and one beside it that denies what has the tag. */
function besideDenials({ rule, witness }: Lab, moment: Moment = witness.moment): Trial {
  const helper: Rule = {
    ...{ id: `${rule.id}:deny`, kind: "access", effect: "deny", then: "block" },
    match: { tags: { [DENIED_TAG]: ["denied"] } },
  };
  return Trial.of([rule, helper], moment);
}
