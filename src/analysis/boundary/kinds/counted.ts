import type { Rule, RuleOf } from "../../../policy/index.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { countUp, overCases, stageOf } from "../lab.js";
import type { TrialAction } from "../../asked.js";
import type { Moment, Trial } from "../trial.js";
import { grouped, ordinal } from "../words.js";

/** How a rule is counted up to its limit. */
interface Counting {
  readonly action: TrialAction;
  /** What one action takes, in the units that the engine books. */
  readonly unit: number;
  /** How many actions the rule's numbers promise. */
  readonly promised: number;
  /** The `n`th action in words; "the 17th action" when absent. */
  readonly nth?: (n: number) => string;
  /** What the next one has to wait for, in words. */
  readonly event?: string | undefined;
}

/** Beyond this most of the way is booked, where that is possible. */
const MANY = 500;
/** What is left to be counted then. */
const LEFT = 3;

/** `rate`: how many pass at once, and when the next one does. */
export function rateEdge(lab: Lab<RuleOf<"rate">>): Edge {
  const { limit, burst } = lab.rule;
  const nth = (n: number): string => `the ${ordinal(n)} action at once`;
  return countedEdge(lab, { action: lab.witness.action, unit: 1, promised: burst ?? limit, nth });
}

/** A rule that takes the same for each of the same actions. */
export function countedEdge(lab: Lab, counting: Counting): Edge {
  const { action, promised, nth = (n: number) => `the ${ordinal(n)} action` } = counting;
  const booked = bookable(lab, counting);
  const n = countUp(begin(lab, counting, booked), action, booked > 0 ? LEFT + 1 : lab.maxCounted);
  const fill = (count: number, moment?: Moment): Trial => {
    const trial = begin(lab, counting, booked, moment);
    for (let i = 0; i < count; i++) trial.run(action);
    return trial;
  };
  if (n === lab.maxCounted && promised > n) {
    const text = `the first ${grouped(n)} actions at once all pass; nobody counted on to ${grouped(promised)}`;
    const stage = (moment?: Moment) => stageOf(lab.open(moment));
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const total = booked + n;
  const edge = fill(Math.max(0, n - 1));
  const before = booked === 0 ? "" : ` (the first ${grouped(booked)} were booked in one go)`;
  const last =
    n === 0 ? [] : [caseOf("limit", 0, action, edge.run(action), (said) => `${nth(total)} ${said}${before}`)];
  const stage = (moment?: Moment) => stageOf(moment === undefined ? edge.fork() : fill(n, moment));
  const over = overCases(edge, action, (said) => `${nth(total + 1)} ${said}`, counting.event);
  return { cases: [...last, ...over], over: action, stage };
}

/** How many actions are booked and not counted up: 0 where counting is quick enough, or nothing can be booked. */
function bookable(lab: Lab<Rule>, counting: Counting): number {
  const wanted = counting.promised - LEFT;
  if (wanted <= Math.min(MANY, lab.maxCounted)) return 0;
  // A token bucket takes no bookings: it agrees to any number that is tried here.
  return countUp(begin(lab, counting, wanted), counting.action, LEFT + 1) <= LEFT ? wanted : 0;
}

/** A trial in which so many actions are booked: on a counter that is there because of an action that is taken back. */
function begin(lab: Lab, { action, unit }: Counting, booked: number, moment?: Moment): Trial {
  const trial = lab.open(moment);
  if (booked === 0) return trial;
  trial.cancel(trial.gate(action).seq);
  trial.book(booked * unit);
  return trial;
}
