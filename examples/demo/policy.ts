import { compilePolicy } from "rein";
import type { Rule } from "rein";

/** What the agent may do. The numbers are generous for its honest work, and tight for everything else. */
export const policy = compilePolicy([
  "Spend at most $5 a day on lookups",
  // Not merely slowed down: mail stays shut until somebody has looked at what happened.
  "Halt emails when more than 10 emails are sent in a minute",
  "Never place orders when the price feed is older than half a second",
]);

/** The number that the policy's one rule of a kind allows. */
export function limitOf(kind: "budget" | "rate"): number {
  return ruleOf(kind).limit;
}

/** The policy's one rule of a kind. A sentence gets its id from its kind: `rate-1`. */
export function ruleOf<K extends Rule["kind"]>(kind: K): Extract<Rule, { readonly kind: K }> {
  const [rule, ...others] = policy.rules.filter(
    (candidate): candidate is Extract<Rule, { readonly kind: K }> => candidate.kind === kind,
  );
  if (rule === undefined || others.length > 0) throw new Error(`the policy needs one \`${kind}\` rule`);
  return rule;
}
