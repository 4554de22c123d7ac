import { formatAmount, limitToMicro } from "../../../core/measure.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import { own } from "../../../core/own.js";
import type { TrialAction } from "../../asked.js";
import type { Moment, Trial } from "../trial.js";
import { withCost } from "../witness.js";
import { ordinal } from "../words.js";
import { leastOf } from "./budget.js";
import { hasSpoken, nextCases, patternEdge, toldCase, UNPROMISED } from "./patterns.js";

/** `loop`: how often the same action passes, or how much may be spent before something new comes of it. */
export function loopEdge(lab: Lab<RuleOf<"loop">>): Edge {
  const { repeats, measure, limit = 0 } = lab.rule;
  const { action } = lab.witness;
  if (measure !== undefined && measure !== "calls") return idleEdge(lab, measure, limitToMicro(limit));
  const promised = repeats ?? (measure === undefined ? UNPROMISED : limit + 1);
  const tell = (n: number): string => `the same action for the ${ordinal(n)} time`;
  const edge = patternEdge(lab, { promised, nth: () => action, tell });
  if (edge.over === null || repeats === undefined) return edge;
  return { ...edge, cases: [...edge.cases, ...anew(lab, repeats)] };
}

/** What came of the action before decides whether the next one is a repeat. */
function anew({ open, witness: { action }, maxCounted }: Lab, repeats: number): BoundaryCase[] {
  if (repeats > maxCounted) return [];
  const trial = open();
  for (let n = 1; n < repeats; n++) {
    const { seq } = trial.gate(action);
    trial.settle(seq, true, undefined, n === repeats - 1);
  }
  const tell = (said: string): string => `where something new came of the one before, it ${said}`;
  return [caseOf("progress", 0, action, trial.gate(action), tell)];
}

/** So much is spent on one action, of which nothing new comes: it was done before, and nobody tells its result. */
function idleEdge(lab: Lab<RuleOf<"loop">>, measure: string, limit: number): Edge {
  const { witness, concern, rule } = lab;
  const costing = (micro: number): TrialAction => withCost(witness, measure, micro).action;
  const least = leastOf(measure);
  // Where the rule applies to actions of some costs only, as many of them are tried.
  const isFree = [least, limit, limit + least].every((micro) =>
    concern.covers({ ...witness, action: costing(micro) }),
  );
  const begin = (moment?: Moment): Trial => {
    const trial = lab.open(moment);
    trial.run(costing(isFree ? least : (own(witness.action.cost, measure) ?? least)));
    return trial;
  };
  if (!isFree) {
    const unit = own(witness.action.cost, measure) ?? least;
    const nth = (): TrialAction => costing(unit);
    const tell = (n: number): string => `the ${ordinal(n)} repeat of ${formatAmount(measure, unit)}`;
    return patternEdge(lab, { promised: Math.floor(limit / unit), nth, tell, begin });
  }
  const after = (micro: number, moment?: Moment): Trial => {
    const trial = begin(moment);
    trial.run(costing(micro));
    return trial;
  };
  const most = largest((micro) => !hasSpoken(after(micro)), limit) ?? 0;
  const over = costing(most + least);
  const stage = (moment?: Moment) => stageOf(after(most + least, moment));
  const spent = (micro: number): string => `${formatAmount(measure, micro)} for a call that was made before`;
  const last = begin();
  const answer = last.run(over);
  const news = begin();
  news.settle(news.gate(over).seq, true, undefined, true);
  const cases = [
    caseOf("limit", 0, costing(most), begin().gate(costing(most)), (said) => `${spent(most)} ${said}`),
    ...(rule.mode === "shadow" ? [] : [toldCase(lab, last, over, answer, spent(most + least))]),
    ...nextCases(lab, stage().trial, over),
    caseOf(
      "progress",
      0,
      over,
      news.gate(over),
      (said) => `where something new came of it, the next ${said}`,
    ),
  ];
  return { cases, over, stage };
}
