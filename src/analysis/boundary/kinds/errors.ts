import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf, remark } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, overCases, stageOf } from "../lab.js";
import type { Moment, Trial } from "../trial.js";
import { grouped, spoken } from "../words.js";

/** `errors`: how many failures it bears, how long it is open then, and what closes it. */
export function errorsEdge(lab: Lab<RuleOf<"errors">>): Edge {
  const { consecutive, ratePct, minCalls = 1 } = lab.rule;
  const calls = consecutive ?? minCalls;
  if (calls > lab.maxCounted) {
    const text = `nobody counted on to ${grouped(calls)} actions`;
    return {
      cases: [remark("limit", "unknown", 0, text)],
      over: null,
      stage: (moment) => stageOf(lab.open(moment)),
    };
  }
  return ratePct === undefined ? inARow(lab, calls) : byRate(lab, calls);
}

function inARow(lab: Lab<RuleOf<"errors">>, promised: number): Edge {
  const most = largest((n) => n <= lab.maxCounted && bears(failing(lab, 0, n), lab), promised - 1) ?? 0;
  const stage = (moment?: Moment) => stageOf(failing(lab, 0, most + 1, moment));
  const { action } = lab.witness;
  const cases: BoundaryCase[] = [];
  if (most > 0)
    cases.push(
      caseOf(
        "limit",
        0,
        action,
        failing(lab, 0, most).gate(action),
        (said) => `after ${failures(most)} in a row the next ${said}`,
      ),
    );
  if (most > 0 && lab.rule.consecutive !== undefined) {
    const reset = failing(lab, 0, most);
    reset.run(action);
    for (let i = 0; i < most; i++) reset.run(action, false);
    cases.push(
      caseOf(
        "reset",
        0,
        action,
        reset.gate(action),
        (said) => `after a success and ${failures(most)} more it ${said}`,
      ),
    );
  }
  cases.push(...opened(lab, stage(), `after ${failures(most + 1)} in a row`));
  return { cases, over: action, stage };
}

function byRate(lab: Lab<RuleOf<"errors">>, promised: number): Edge {
  const { action } = lab.witness;
  // All fail, so that it is only the number of actions that keeps it closed.
  const fewest =
    (largest((n) => n <= lab.maxCounted && bears(failing(lab, 0, n), lab), promised - 1) ?? 0) + 1;
  const most = mostOf(lab, fewest);
  const stage = (moment?: Moment) => stageOf(failing(lab, fewest - most - 1, most + 1, moment));
  const cases: BoundaryCase[] = [];
  if (fewest > 1)
    cases.push(
      caseOf(
        "few",
        0,
        action,
        failing(lab, 0, fewest - 1).gate(action),
        (said) => `after ${failures(fewest - 1)} of ${grouped(fewest - 1)} the next ${said}: too few to tell`,
      ),
    );
  cases.push(
    caseOf(
      "limit",
      0,
      action,
      failing(lab, fewest - most, most).gate(action),
      (said) => `after ${failures(most)} of ${grouped(fewest)} it ${said}`,
    ),
    ...opened(lab, stage(), `after ${failures(most + 1)} of ${grouped(fewest)}`),
  );
  return { cases, over: action, stage };
}

/** The most failures among so many actions that keep it closed. */
function mostOf(lab: Lab<RuleOf<"errors">>, calls: number): number {
  let [yes, no] = [0, calls];
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (bears(failing(lab, calls - middle, middle), lab)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** What an open breaker says, and what its trial after the pause does. */
function opened(
  lab: Lab<RuleOf<"errors">>,
  { trial }: ReturnType<typeof stageOf>,
  after: string,
): BoundaryCase[] {
  const { action } = lab.witness;
  const { probes } = lab.rule;
  // Where it only tells, the failure itself has brought it about.
  const next = trial.fork().gate(action);
  if (trial.alerts.length > 0 && next.reaction === null) {
    const { mode, then } = lab.rule;
    const reaction =
      mode !== "shadow" || then === "alert" ? "alerted" : then === "halt" ? "halted" : "refused";
    const text = `${after} an alert tells of it, and the next passes`;
    return [caseOf("over", trial.elapsedMs, action, { ...next, reaction }, () => text)];
  }
  const cases = [...overCases(trial, action, (said) => `${after} the next ${said}`)];
  const pauseMs = cases[0]?.retryAfterMs;
  if (pauseMs === undefined || probes > lab.maxCounted) return cases;
  const probing = (oks: readonly boolean[]): Trial => {
    const here = trial.fork().wait(pauseMs);
    for (const ok of oks) here.run(action, ok);
    return here;
  };
  const needed = probes === 1 ? "that trial succeeds" : `${grouped(probes)} such trials succeed`;
  const during = trial.fork().wait(pauseMs);
  for (let i = 0; i < probes; i++) during.gate(action);
  const closed = probing(Array<boolean>(probes).fill(true));
  closed.gate(action);
  const failed = probing([false]).gate(action);
  cases.push(
    caseOf(
      "probe",
      pauseMs,
      action,
      during.gate(action),
      (said) => `one beside the running ${probes === 1 ? "trial" : "trials"} ${said}`,
    ),
    caseOf("closed", pauseMs, action, closed.gate(action), (said) => `once ${needed}, everything ${said}`),
    caseOf(
      "reopened",
      pauseMs,
      action,
      failed,
      (said) =>
        `if a trial fails, the next ${said}${failed.retryAfterMs === undefined ? "" : ` until ${spoken(failed.retryAfterMs)} later`}`,
    ),
  );
  return cases;
}

/** A trial in which actions succeeded and then failed, one a millisecond and fewer where the window is short. */
function failing(lab: Lab<RuleOf<"errors">>, succeed: number, fail: number, moment?: Moment): Trial {
  const trial = lab.open(moment);
  for (let i = 0; i < succeed + fail; i++) trial.run(lab.witness.action, i < succeed);
  return trial;
}

function bears(trial: Trial, lab: Lab<RuleOf<"errors">>): boolean {
  return trial.gate(lab.witness.action).reaction === null && trial.alerts.length === 0;
}

function failures(n: number): string {
  return n === 1 ? "1 failure" : `${grouped(n)} failures`;
}
