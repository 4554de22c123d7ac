import type { Rule } from "../../policy/index.js";
import { SEVERITY, severityOf } from "../../policy/index.js";
import type { RuleChange } from "./changes.js";
import { Holders, onlyRestricts } from "./held.js";

/** What the rules themselves prove of a change, whatever other rules there are. */
export interface Proof {
  /** With it nothing goes further than without it. */
  readonly neverWider: boolean;
  readonly neverNarrower: boolean;
}

/** Compares a rule as it was and as it is, without any history. */
export function proofOf({ what, old, new: now }: RuleChange): Proof {
  return {
    neverWider: neverWider({ what, old, new: now }),
    neverNarrower: neverWider({ what, old: now, new: old }),
  };
}

function neverWider({ what, ...rules }: RuleChange): boolean {
  const [old, now] = [stopping(rules.old), stopping(rules.new)];
  if (old === null) return now === null || onlyRestricts(now);
  if (now === null) return false;
  const change = { what, old, new: now };
  return new Holders([now], [change]).of(change) !== null;
}

/** Null for a rule that only tells, or is in shadow: it is as if it were not there. */
function stopping(rule: Rule | null): Rule | null {
  if (rule === null || !onlyRestricts({ ...rule, then: "block" })) return rule;
  return severityOf(rule) === SEVERITY.alert || rule.mode === "shadow" ? null : rule;
}
