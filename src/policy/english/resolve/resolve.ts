import type { RuleInput } from "../../schema.js";
import type { Facets } from "../facets.js";
import { bodiesOf } from "./bodies.js";
import { clarify } from "./clarify.js";
import { commonFields } from "./effects.js";
import { ALLOWED, COMMON } from "./frames.js";
import { matchOf } from "./match.js";
import { type Problem, Refused } from "./problem.js";
import { type Fields, Reading } from "./reading.js";
import { rulesByTarget } from "./targets.js";

/** What a reading comes to: rules that it could mean (more than one: it has two meanings), or why it is none. */
export type Resolved = { readonly rules: readonly RuleInput[] } | { readonly problem: Problem };

/** Makes a rule of the phrases of one reading. */
export function resolve(facets: Facets): Resolved {
  try {
    const refused = facets.find((facet) => facet.is === "refuse");
    if (refused?.is === "refuse") return { problem: refused };
    const rules = clarify(facets).flatMap((reading) => rulesOf(new Reading(reading)));
    return { rules };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.problem };
    throw error;
  }
}

function rulesOf(reading: Reading): RuleInput[] {
  const { frame } = reading.frame;
  const allowed = ALLOWED[frame];
  const extra = reading.facets.find(({ is }) => !COMMON.includes(is) && !allowed.includes(is));
  if (extra?.is === "noProgress")
    reading.fail(extra, "it does not say how much may be done before something new comes of it");
  if (extra !== undefined)
    reading.fail(extra, "this has no meaning here", "leave it out, or write it as a rule of its own");
  const bodies = bodiesOf(reading);
  return bodies
    .map((body) => {
      const { match: own, ...fields } = body;
      const match = own ?? matchOf(reading);
      const rule: Fields = { ...fields, ...(Object.keys(match).length > 0 && { match }) };
      return { ...rule, ...commonFields(reading, frame, rule) } as unknown as RuleInput;
    })
    .flatMap((rule) => rulesByTarget(reading, rule));
}
