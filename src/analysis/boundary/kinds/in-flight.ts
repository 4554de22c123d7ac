import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { stageOf } from "../lab.js";
import type { Answer, Moment } from "../trial.js";
import { grouped, ordinal } from "../words.js";

/** Actions in flight are kept one by one: what is counted up, at most. */
const MAX_IN_FLIGHT = 1000;

/** `concurrency`: how many run at once, and what lets the next one pass. */
export function concurrencyEdge(lab: Lab<RuleOf<"concurrency">>): Edge {
  const { action } = lab.witness;
  const { limit } = lab.rule;
  const counting = lab.open();
  const most = Math.min(MAX_IN_FLIGHT, lab.maxCounted);
  let n = 0;
  while (n < most && counting.gate(action).reaction === null) n += 1;
  const fill = (moment?: Moment) => {
    const trial = lab.open(moment);
    let first: Answer | null = null;
    for (let i = 0; i < n; i++) {
      const answer = trial.gate(action);
      first ??= answer;
    }
    return { trial, first };
  };
  const stage = (moment?: Moment) => stageOf(fill(moment).trial);
  if (n === most && limit > n) {
    const text = `${grouped(n)} in flight all pass; nobody counted on to ${grouped(limit)}`;
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const { trial, first } = fill();
  const cases: BoundaryCase[] = [
    remark("limit", "allowed", 0, `${grouped(n)} in flight ${n === 1 ? "passes" : "pass"}`),
    caseOf("over", 0, action, trial.fork().gate(action), (said) => `the ${ordinal(n + 1)} ${said}`),
  ];
  if (first === null) return { cases, over: action, stage };
  trial.settle(first.seq, true);
  cases.push(
    caseOf("again", 0, action, trial.gate(action), (said) => `as soon as one has ended, the next ${said}`),
  );
  return { cases, over: action, stage };
}
