import { formatAmount, limitToMicro, MICRO } from "../../../core/measure.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import type { Moment, Trial } from "../trial.js";
import { code, scoped } from "../words.js";

/** The account of a caller who names none. */
const ACCOUNT = "default";

/** A balance that a day begins with, in micro-units. */
const START = 10_000 * MICRO;

/** `floor`: the lowest balance at which actions pass. */
export function floorEdge(lab: Lab<RuleOf<"floor">>): Edge {
  const limit = limitToMicro(lab.rule.limit);
  const start = Math.max(START, 2 * Math.abs(limit));
  return balanceEdge(lab, {
    prepare: () => undefined,
    start,
    // The fall, from the start, that a balance of exactly the limit is.
    guess: start - limit,
    tell: (fall) => `at a balance of ${usd(start - fall)}`,
  });
}

/** `loss`: the largest loss at which actions pass. */
export function lossEdge(lab: Lab<RuleOf<"loss">>): Edge {
  const { limit, limitPct, from } = lab.rule;
  const start = Math.max(START, limit === undefined ? 0 : 2 * limitToMicro(limit));
  // From a peak that lies above the start, so that it shows what is measured from.
  const peak = from === "peak" ? start * 1.2 : start;
  const percent = (fall: number): string => {
    const share = (fall * 100) / peak;
    return limitPct === undefined || Number(share.toFixed(4)) !== share ? "" : ` (${share}%)`;
  };
  const origin = { day: "the start of the day", peak: "its peak", start: "its start" }[from];
  return balanceEdge(lab, {
    prepare: (trial, account) => {
      if (from !== "day") trial.balance(account, start, peak);
    },
    start: peak,
    reported: start,
    guess: limit === undefined ? Math.floor((limitPct! * peak) / 100) : limitToMicro(limit),
    tell: (fall) => `down ${usd(fall)}${percent(fall)} from ${origin}`,
  });
}

interface Falling {
  /** Reports that come before. */
  readonly prepare: (trial: Trial, account: string) => void;
  /** The balance that the fall is from. */
  readonly start: number;
  /** The start of the day that is reported with a balance; `start` when absent. */
  readonly reported?: number;
  /** The largest fall that the rule's numbers promise to bear. */
  readonly guess: number;
  readonly tell: (fall: number) => string;
}

function balanceEdge(lab: Lab<RuleOf<"loss" | "floor">>, falling: Falling): Edge {
  const { action } = lab.witness;
  const account = lab.rule.account ?? ACCOUNT;
  const { prepare, start, reported = start, guess, tell } = falling;
  const fallen = (fall: number, moment?: Moment): Trial => {
    const trial = lab.open(moment);
    prepare(trial, account);
    trial.balance(account, reported, start - fall);
    return trial;
  };
  const bears = (fall: number): boolean => {
    const trial = fallen(fall);
    return trial.gate(action).reaction === null && trial.alerts.length === 0;
  };
  const most = largest(bears, guess) ?? 0;
  const stage = (moment?: Moment) => stageOf(fallen(most + 1, moment));
  const { trial } = stage();
  const told = toldBy(trial);
  const unheard = lab.open().gate(action);
  const cases: BoundaryCase[] = [
    caseOf("unheard", 0, action, unheard, (said) => `before any balance is reported an action ${said}`),
    caseOf("limit", 0, action, fallen(most).gate(action), (said) => `${tell(most)} it ${said}`),
    caseOf("over", 0, action, trial.fork().gate(action), (said) => `${tell(most + 1)} it ${said}${told}`),
  ];
  const recovered = trial.fork();
  recovered.balance(account, reported, start - most);
  const lifted = recovered.gate(action);
  if (lifted.reaction === null)
    cases.push(
      caseOf("lifted", 0, action, lifted, (said) => `once it is ${tell(most)} again an action ${said}`),
    );
  if (lab.rule.account !== undefined) {
    const other = lab.open();
    prepare(other, "another");
    other.balance("another", reported, start - most - 1);
    cases.push(
      caseOf(
        "other-account",
        0,
        action,
        other.gate(action),
        (said) => `when an account other than ${code(account)} falls so far, it ${said}`,
      ),
    );
  }
  return { cases, over: action, stage };
}

/** What the report alone has brought about. */
function toldBy(trial: Trial): string {
  if (trial.halts.length > 0) return `: the report itself halts ${scoped(trial.halts[0]!.info.scope)}`;
  return trial.alerts.length > 0 ? "; the report itself raises an alert" : "";
}

function usd(micro: number): string {
  return formatAmount("usd", micro);
}
