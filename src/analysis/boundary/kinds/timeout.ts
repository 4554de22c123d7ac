import { parseDuration } from "../../../core/duration.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf, remark, saidOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest } from "../lab.js";
import type { Answer, Moment } from "../trial.js";
import { spoken } from "../words.js";

/** `timeout`: how long an action runs before its permit is taken away. */
export function timeoutEdge(lab: Lab<RuleOf<"timeout">>): Edge {
  const { action } = lab.witness;
  const limitMs = parseDuration(lab.rule.limit) ?? 0;
  const goesOn = (ms: number): boolean => lab.open().outlive(action, ms).reaction === null;
  const longestMs = largest(goesOn, limitMs - 1, 2 * limitMs);
  const stage = (moment?: Moment) => {
    const trial = lab.open(moment);
    return {
      trial,
      probe: (tried: typeof action) => trial.fork().outlive(tried, (longestMs ?? limitMs) + 1),
    };
  };
  if (longestMs === undefined)
    return { cases: [remark("limit", "unknown", 0, "nothing was stopped")], over: null, stage };
  const stopMs = longestMs + 1;
  const trial = lab.open();
  const answer = trial.outlive(action, stopMs);
  const cases: BoundaryCase[] = [];
  if (trial.voided(answer.seq) === "expiry") {
    const text =
      `a permit expires after ${spoken(stopMs)} (PERMIT_TTL_SECONDS), before this rule's ${spoken(limitMs)}: ` +
      "raise that setting, or the rule never acts";
    return { cases: [remark("expiry", "stopped", stopMs, text)], over: null, stage };
  }
  cases.push(
    remark("limit", "allowed", longestMs, `an action that has run for ${spoken(longestMs)} runs on`),
    caseOf("over", stopMs, action, answer, () => `at ${spoken(stopMs)} it ${say(answer)}`),
  );
  return { cases, over: action, stage, say };
}

function say(answer: Answer): string {
  if (answer.reaction === null) return "runs on";
  if (answer.reaction === "alerted") return "runs on, and an alert tells of it";
  const { halt: _halt, ...plain } = answer;
  if (answer.reaction !== "halted") return saidOf(answer).replace("passes in shadow", "runs on in shadow");
  return saidOf({ ...plain, ...(answer.halt && { halt: answer.halt }), reaction: "halted" })
    .replace("is refused", "is stopped")
    .replace("passes in shadow", "runs on in shadow");
}
