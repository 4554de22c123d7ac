import { formatAmount, limitToMicro, MICRO } from "../../../core/measure.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, overCases, stageOf } from "../lab.js";
import type { TrialAction } from "../../asked.js";
import type { Moment } from "../trial.js";
import { own } from "../../../core/own.js";
import { withCost, withoutCost } from "../witness.js";
import { ordinal } from "../words.js";
import { countedEdge } from "./counted.js";

/** The least of a measure that an action names: calls and tokens come whole. */
export function leastOf(measure: string): number {
  return measure === "calls" || measure === "tokens" ? MICRO : 1;
}

/** `budget`: how much passes in all, and when more does. */
export function budgetEdge(lab: Lab<RuleOf<"budget">>): Edge {
  const { rule, witness, concern } = lab;
  const { measure } = rule;
  if (measure === "calls")
    return countedEdge(lab, {
      action: witness.action,
      unit: MICRO,
      promised: rule.limit,
      event: nextOf(rule),
    });
  const least = leastOf(measure);
  const costing = (micro: number): TrialAction => withCost(witness, measure, micro).action;
  const limit = limitToMicro(rule.limit);
  // Where the rule applies to actions of some costs only, it is filled with such actions.
  const free = [limit, least].every((micro) => concern.covers({ ...witness, action: costing(micro) }));
  if (!free) return inPortions(lab, limit);

  const passes = (micro: number): boolean => lab.open().gate(costing(micro)).reaction === null;
  const most = largest(passes, limit) ?? 0;
  const stage = (moment?: Moment) => {
    const trial = lab.open(moment);
    trial.run(costing(most));
    return stageOf(trial);
  };
  const amount = (micro: number): string => formatAmount(measure, micro);
  const over = costing(least);
  const cases = [
    caseOf(
      "limit",
      0,
      costing(most),
      lab.open().gate(costing(most)),
      (said) => `${amount(most)} in all ${said}`,
    ),
    ...overCases(stage().trial, over, (said) => `${amount(least)} more ${said}`, nextOf(rule)),
    ...givenBack(lab, most, costing),
    withoutIts(lab),
  ];
  return { cases, over, stage };
}

/** What more has to wait for: how far off it is depends on when one begins. */
function nextOf({ window }: RuleOf<"budget">): string | undefined {
  return typeof window === "string"
    ? undefined
    : `the next calendar ${window.calendar} (${window.timeZone}) begins`;
}

/** What an action reserved and did not use is there again for others. */
function givenBack(
  lab: Lab<RuleOf<"budget">>,
  most: number,
  costing: (micro: number) => TrialAction,
): BoundaryCase[] {
  const { measure } = lab.rule;
  const whole = Math.max(leastOf(measure), most >= 10 * MICRO ? MICRO : 1);
  const used = Math.floor((most * 0.4) / whole) * whole;
  if (used <= 0) return [];
  const trial = lab.open();
  trial.settle(trial.gate(costing(most)).seq, true, Object.fromEntries([[measure, used]]));
  const left = largest((micro) => trial.fork().gate(costing(micro)).reaction === null, most - used);
  if (left === undefined) return [];
  const [reserved, cost, rest] = [most, used, left].map((micro) => formatAmount(measure, micro));
  const text = `an action that reserved ${reserved!} and did cost ${cost!} leaves ${rest!} for others`;
  return [caseOf("given-back", 0, costing(left), trial.gate(costing(left)), () => text)];
}

/** An action that does not name what is counted. */
function withoutIts({ rule: { measure, assume }, witness, open }: Lab<RuleOf<"budget">>): BoundaryCase {
  const action = withoutCost(witness, measure).action;
  const answer = open().gate(action);
  const counts = assume === undefined ? "" : ` and counts as ${formatAmount(measure, limitToMicro(assume))}`;
  return caseOf(
    "no-cost",
    0,
    action,
    answer,
    (said) => `an action without a cost in ${measure} ${said}${answer.reaction === null ? counts : ""}`,
  );
}

function inPortions(lab: Lab<RuleOf<"budget">>, limit: number): Edge {
  const { rule, witness } = lab;
  const { measure } = rule;
  const unit = own(witness.action.cost, measure) ?? leastOf(measure);
  const action = withCost(witness, measure, unit).action;
  const promised = Math.floor(limit / unit);
  const nth = (n: number): string => `the ${ordinal(n)} action of ${formatAmount(measure, unit)}`;
  return countedEdge(lab, { action, unit, promised, nth, event: nextOf(rule) });
}
