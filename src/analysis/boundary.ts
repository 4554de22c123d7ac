import type { Rule, RuleKind, RuleOf } from "../policy/index.js";
import { afterwards } from "./boundary/afterwards.js";
import type { BoundaryCase } from "./boundary/case.js";
import { remark } from "./boundary/case.js";
import { accessEdge } from "./boundary/kinds/access.js";
import { floorEdge, lossEdge } from "./boundary/kinds/accounts.js";
import { budgetEdge } from "./boundary/kinds/budget.js";
import { rateEdge } from "./boundary/kinds/counted.js";
import { denialsEdge, newcomersEdge } from "./boundary/kinds/denied.js";
import { errorsEdge } from "./boundary/kinds/errors.js";
import { concurrencyEdge } from "./boundary/kinds/in-flight.js";
import { loopEdge } from "./boundary/kinds/loop.js";
import { runawayEdge } from "./boundary/kinds/patterns.js";
import { sizeEdge } from "./boundary/kinds/size.js";
import { staleEdge } from "./boundary/kinds/stale.js";
import { timeoutEdge } from "./boundary/kinds/timeout.js";
import type { Edge, Lab } from "./boundary/lab.js";
import { Trial } from "./boundary/trial.js";
import { variationCases } from "./boundary/variations.js";
import { Concern, findWitness } from "./boundary/witness.js";
import type { Witness } from "./boundary/witness.js";
import { START_AT } from "./start-at.js";

export type { BoundaryAction, BoundaryCase, BoundaryVerdict } from "./boundary/case.js";

export interface BoundaryOptions {
  /** Wall time in ms at which the experiments begin; a Monday noon when absent. */
  readonly at?: number;
  /** What is counted up one by one, at most; 10,000 when absent. Smaller is quicker where a policy has many rules. */
  readonly maxCounted?: number;
}

/** How the edge of each kind is found; a kind that is missing here depends on more than a short history. */
const EDGES: { readonly [K in RuleKind]?: (lab: Lab<RuleOf<K>>) => Edge } = {
  rate: rateEdge,
  budget: budgetEdge,
  concurrency: concurrencyEdge,
  access: accessEdge,
  size: sizeEdge,
  timeout: timeoutEdge,
  loss: lossEdge,
  floor: floorEdge,
  errors: errorsEdge,
  stale: staleEdge,
  denials: denialsEdge,
  newcomers: newcomersEdge,
  runaway: runawayEdge,
  loop: loopEdge,
};

/**
 * Returns what a rule just allows and what it just refuses. Every case was run: by the rule alone in a real engine, in
 * enforce mode, in virtual time, with the caps of a governor that was given no settings.
 *
 * A `score` rule, which stops nothing by itself, and a rule for which no action is found that it applies to, give one
 * case with the verdict `unknown` that says so.
 */
export function boundaryCases(rule: Rule, options: BoundaryOptions = {}): readonly BoundaryCase[] {
  const { at = START_AT, maxCounted = 10_000 } = options;
  const { match } = rule;
  const { except = [], ...clause } = match ?? {};
  const concern = new Concern(match);
  // What cannot be told goes against the action: it is refused, and it is on no list of what is allowed.
  const isListed = ({ action, moment }: Witness): boolean => {
    if (rule.kind !== "access" || rule.effect !== "allow") return true;
    return Trial.of([rule], moment).gate(action).reaction === null;
  };
  const witness = findWitness(
    [clause],
    except,
    at,
    (candidate) => concern.covers(candidate) && isListed(candidate),
  );
  if (witness === undefined) {
    const text =
      "no action was found that the rule applies to: its conditions may contradict each other, or ask for longer names than a governor takes";
    return [remark("no-witness", "unknown", 0, text)];
  }
  const open = (moment = witness.moment): Trial => Trial.of([rule], moment);
  const lab: Lab = { rule, witness, concern, maxCounted, open };
  const find = EDGES[rule.kind] as ((lab: Lab) => Edge) | undefined;
  if (find === undefined) {
    const text = `what a \`${rule.kind}\` rule does depends on a longer history than is tried here`;
    return [remark("history", "unknown", 0, text)];
  }
  const edge = find(lab);
  return [...edge.cases, ...afterwards(lab, edge), ...variationCases(lab, edge)];
}
