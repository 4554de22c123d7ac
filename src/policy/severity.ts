import type { Rule } from "./schema.js";

/** What a rule does where it does not agree, from mildest to strictest. */
export const SEVERITY = { alert: 0, approve: 1, block: 2, halt: 3 } as const;

/** How strict a rule's answer is: the strictest one of those that do not agree is given. */
export function severityOf(rule: Rule): number {
  return asksHuman(rule) ? SEVERITY.approve : SEVERITY[rule.then];
}

/** Whether a human may allow what the rule does not. */
export function asksHuman(rule: Rule): boolean {
  return rule.then === "approve" || (rule.kind === "access" && rule.effect === "approve");
}
