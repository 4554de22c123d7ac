import { formatAmount, limitToMicro } from "../../../core/measure.js";
import type { RuleOf } from "../../../policy/index.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import type { TrialAction } from "../../asked.js";
import type { Moment } from "../trial.js";
import { withCost, withoutCost } from "../witness.js";
import { leastOf } from "./budget.js";

/** `size`: the largest action that passes. */
export function sizeEdge(lab: Lab<RuleOf<"size">>): Edge {
  const { rule, witness, concern } = lab;
  const { measure } = rule;
  const sized = (micro: number): TrialAction => withCost(witness, measure, micro).action;
  const limit = limitToMicro(rule.limit);
  const stage = (moment?: Moment) => stageOf(lab.open(moment));
  const most = largest((micro) => lab.open().gate(sized(micro)).reaction === null, limit);
  if (most === undefined) {
    const text = "no boundary was found: whether it applies depends on the cost, too";
    return { cases: [remark("limit", "unknown", 0, text)], over: null, stage };
  }
  const over = sized(most + leastOf(measure));
  const silent = withoutCost(witness, measure).action;
  const amount = (micro: number): string => formatAmount(measure, micro);
  const applies = concern.covers({ ...witness, action: sized(most) });
  const cases = [
    caseOf(
      "limit",
      0,
      sized(most),
      lab.open().gate(sized(most)),
      (said) => `an action of ${amount(most)} ${said}${applies ? "" : ", as the rule does not apply to it"}`,
    ),
    caseOf(
      "over",
      0,
      over,
      lab.open().gate(over),
      (said) => `one of ${amount(most + leastOf(measure))} ${said}`,
    ),
    caseOf(
      "no-cost",
      0,
      silent,
      lab.open().gate(silent),
      (said) => `one without a cost in ${measure} ${said}`,
    ),
  ];
  return { cases, over, stage };
}
