import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { overCases, stageOf } from "../lab.js";
import type { TrialAction } from "../../asked.js";
import type { Answer, Moment, Trial } from "../trial.js";
import { grouped, ordinal, scoped } from "../words.js";

/** How many more than promised are tried. */
const BEYOND = 10;
/** How many are tried where nothing is promised: what is too much, a calibrated detector decides. */
export const UNPROMISED = 2000;

/** What a rule looks for, as actions that make it up. */
interface Pattern {
  /** How many of them the rule's numbers promise to pass. */
  readonly promised: number;
  readonly nth: (n: number) => TrialAction;
  /** The `n`th of them in words. */
  readonly tell: (n: number) => string;
  /** Brings the rule to where they are counted; the rule alone in a new engine when absent. */
  readonly begin?: (moment?: Moment) => Trial;
}

/** `runaway`: how many come at once before it is told. */
export function runawayEdge(lab: Lab<RuleOf<"runaway">>): Edge {
  const tell = (n: number): string => `the ${ordinal(n)} action at once`;
  return patternEdge(lab, { promised: UNPROMISED, nth: () => lab.witness.action, tell });
}

/** A rule that looks for a pattern: actions that make it up, until it speaks. */
export function patternEdge(lab: Lab, { promised, nth, tell, begin = lab.open }: Pattern): Edge {
  const most = Math.min(lab.maxCounted, promised + BEYOND);
  const counting = begin();
  let [n, last] = [0, counting.run(nth(1))];
  while (n < most && last.reaction === null && !hasSpoken(counting)) {
    n += 1;
    last = counting.run(nth(n + 1));
  }
  // Some refuse the action itself, others speak after it.
  const inShadow = lab.rule.mode === "shadow" && last.reaction !== null && last.reaction !== "alerted";
  const isLate = last.allowed && !inShadow && hasSpoken(counting);
  const done = isLate ? n + 1 : n;
  const stage = (moment?: Moment) => {
    const trial = begin(moment);
    for (let k = 1; k <= done; k++) trial.run(nth(k));
    return stageOf(trial);
  };
  if (n === most) {
    const text = `${grouped(n)} such actions all pass; nothing was found by going on`;
    return { cases: [remark("limit", "allowed", 0, text)], over: null, stage };
  }
  const limit = n > 0 ? [remark("limit", "allowed", 0, `${tell(n)} passes`)] : [];
  const over = nth(done + 1);
  const cases = isLate
    ? [toldCase(lab, counting, nth(n + 1), last, tell(n + 1)), ...nextCases(lab, stage().trial, over)]
    : overCases(stage().trial, over, (said) => `${tell(n + 1)} ${said}`);
  return { cases: [...limit, ...cases], over, stage };
}

/** The action behind which the rule spoke: it passes itself. */
export function toldCase(
  { rule }: Lab,
  trial: Trial,
  action: TrialAction,
  answer: Answer,
  tell: string,
): BoundaryCase {
  const halt = trial.halts[0];
  if (halt !== undefined) {
    const text = `${tell} passes, and with it ${scoped(halt.info.scope)} is halted`;
    return { ...caseOf("over", 0, action, { ...answer, reaction: null }, () => text), verdict: "halted" };
  }
  const isTold = rule.mode !== "shadow" || rule.then === "alert";
  const heard = isTold ? { ...answer, reaction: "alerted" as const } : answer;
  return caseOf("over", 0, action, heard, (said) => `${tell} ${said}`);
}

/** What becomes of the next action once the rule has spoken; nothing where it only tells. */
export function nextCases({ rule }: Lab, trial: Trial, next: TrialAction): readonly BoundaryCase[] {
  if (rule.then === "alert") return [];
  return overCases(trial, next, (said) => `the next ${said}`).map((one) =>
    one.what === "over" ? { ...one, what: "next" } : one,
  );
}

/** Such a rule may speak after the action was decided. */
export function hasSpoken(trial: Trial): boolean {
  return trial.halts.length > 0 || trial.alerts.length > 0;
}
