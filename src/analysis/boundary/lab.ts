import type { Rule } from "../../policy/index.js";
import type { BoundaryCase } from "./case.js";
import { caseOf } from "./case.js";
import type { Trial } from "./trial.js";
import type { TrialAction } from "../asked.js";
import type { Answer, Moment } from "./trial.js";
import type { Concern, Witness } from "./witness.js";
import { spoken } from "./words.js";

/** What the experiments on one rule start from. */
export interface Lab<R extends Rule = Rule> {
  readonly rule: R;
  /** An action that the rule applies to, and when. */
  readonly witness: Witness;
  /** What the rule applies to. */
  readonly concern: Concern;
  /** What is counted up one by one, at most. */
  readonly maxCounted: number;
  /** The rule alone in a new engine. */
  readonly open: (moment?: Moment) => Trial;
}

/** A trial that stands where the next action like `Edge.over` is the first that the rule objects to. */
export interface Stage {
  readonly trial: Trial;
  /** What would become of an action here. */
  readonly probe: (action: TrialAction) => Answer;
}

/** Where a rule begins to object, and what was found on the way there. */
export interface Edge {
  readonly cases: readonly BoundaryCase[];
  /** What the rule objects to there; null: the edge was not reached. */
  readonly over: TrialAction | null;
  /** An answer of `probe` in words; as of the gate when absent. */
  readonly say?: (answer: Answer) => string;
  /** Brings a new trial to the edge by the same steps; at another moment it may then not be one. */
  stage(moment?: Moment): Stage;
}

/** The stage of a trial: what is tried there happens to a copy. */
export function stageOf(trial: Trial): Stage {
  return { trial, probe: (action) => trial.fork().gate(action) };
}

/**
 * The action that is one too many, and when it passes again; both as the engine says it.
 *
 * @param event what the wait is for, where that says more than how long it is
 */
export function overCases(
  trial: Trial,
  action: TrialAction,
  tell: (said: string) => string,
  event?: string,
): readonly BoundaryCase[] {
  const here = trial.fork();
  const at = here.elapsedMs;
  const answer = here.gate(action);
  const againMs = timeUntilAgain(here, action, answer);
  const over = caseOf("over", at, action, answer, (said) =>
    tell(`${said}${againMs === undefined ? "" : ` until ${event ?? `${spoken(againMs)} later`}`}`),
  );
  if (againMs === undefined) return [over];
  const later = here.fork().wait(againMs);
  const again = caseOf(
    "again",
    later.elapsedMs,
    action,
    later.gate(action),
    (said) =>
      `${event === undefined ? `${spoken(againMs)} later` : `when ${event}`} it ${said}, and not 1 ms before`,
  );
  return [over, again];
}

/**
 * Milliseconds until a refused action passes: what the engine claims, tried one millisecond before and on time, and
 * searched for where the claim is not exact. Undefined where it claims nothing, or waits do not help.
 */
function timeUntilAgain(trial: Trial, action: TrialAction, answer: Answer): number | undefined {
  const { retryAfterMs, allowed } = answer;
  if (allowed || retryAfterMs === undefined) return undefined;
  const passes = (ms: number): boolean => trial.fork().wait(ms).gate(action).reaction === null;
  if (!passes(retryAfterMs)) return undefined;
  return retryAfterMs > 1 ? lastNot(passes, retryAfterMs) + 1 : retryAfterMs;
}

/** The largest number below `high` at which it does not hold; just below is looked at first. */
function lastNot(holds: (n: number) => boolean, high: number): number {
  if (!holds(high - 1)) return high - 1;
  let [no, yes] = [0, high - 1];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return no;
}

/**
 * The largest whole number for which it holds, where it holds up to some number and not beyond; undefined where there
 * is no such boundary up to `highest`. `guess` and its neighbour are looked at first.
 */
export function largest(
  holds: (n: number) => boolean,
  guess: number,
  highest = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (holds(guess) && !holds(guess + 1)) return guess;
  const lowest = 0;
  if (!holds(lowest)) return undefined;
  if (holds(highest)) return undefined;
  let [yes, no] = [lowest, highest];
  while (no - yes > 1) {
    const middle = yes + Math.floor((no - yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** How often in a row the rule agrees to an action that runs to its end at once. */
export function countUp(trial: Trial, action: TrialAction, most: number): number {
  let n = 0;
  while (n < most && trial.run(action).reaction === null) n += 1;
  return n;
}
