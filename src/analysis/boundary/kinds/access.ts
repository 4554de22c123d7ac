import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { overCases, stageOf } from "../lab.js";
import { namesIn } from "../names.js";
import type { TrialAction } from "../../asked.js";
import type { Moment } from "../trial.js";
import { named } from "../words.js";

/** Further actions of a list that are shown. */
const MAX_LISTED = 3;

/** `access`: what is refused or asked about, or, where the rule is a list of what is allowed, what is on it. */
export function accessEdge(lab: Lab<RuleOf<"access">>): Edge {
  const { action } = lab.witness;
  const stage = (moment?: Moment) => stageOf(lab.open(moment));
  const tryOut = (what: string, tried: TrialAction): BoundaryCase =>
    caseOf(what, 0, tried, lab.open().gate(tried), (said) => `${named(tried)} ${said}`);
  const others = listed(lab).map((tried) => tryOut("listed", tried));
  if (lab.rule.effect === "allow") return { cases: [tryOut("limit", action), ...others], over: null, stage };
  const over = overCases(lab.open(), action, (said) => `${named(action)} ${said}`);
  return { cases: [...over, ...others], over: action, stage };
}

/** An action for each further series that the rule names. */
function listed({ rule, witness, concern }: Lab<RuleOf<"access">>): readonly TrialAction[] {
  const names = (rule.match?.series ?? []).flatMap((glob) => namesIn([glob], "series").slice(0, 1));
  return [...new Set(names)]
    .filter((series) => series !== witness.action.series)
    .map((series) => ({ ...witness.action, series }))
    .filter((action) => concern.covers({ ...witness, action }))
    .slice(0, MAX_LISTED);
}
