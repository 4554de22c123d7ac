import { canonicalJson } from "../core/canonical.js";
import type { Rule } from "../policy/index.js";

/** Fields that say how much or what then, and not what is counted. */
const NOT_COUNTED = new Set([
  "id",
  "limit",
  "limitPct",
  "burst",
  "then",
  "for",
  "mode",
  "consecutive",
  "ratePct",
  "minCalls",
  "probes",
  "maxAge",
  "repeats",
  "settings",
]);

/**
 * Names what each rule counts, its limit left out, so that counters survive a change of limits. Two rules that count
 * the same are told apart by their ids.
 */
export function identify(rules: readonly Rule[]): string[] {
  const seen = new Set<string>();
  return rules.map((rule) => {
    const counted = Object.fromEntries(Object.entries(rule).filter(([field]) => !NOT_COUNTED.has(field)));
    const identity = canonicalJson({ ...counted, shape: shapeOf(rule) });
    const name = seen.has(identity) ? `${identity} ${rule.id}` : identity;
    seen.add(identity);
    return name;
  });
}

/** Rules of one kind that keep different state. */
function shapeOf(rule: Rule): string {
  if (rule.kind === "rate") return rule.burst === undefined ? "window" : "bucket";
  if (rule.kind === "errors") {
    if (rule.consecutive !== undefined) return "consecutive";
    return rule.ratePct !== undefined ? "rate" : rule.budgetPct !== undefined ? "burn" : "evidence";
  }
  if (rule.kind === "denials") return rule.ratePct === undefined ? "evidence" : "rate";
  if (rule.kind === "newcomers") return rule.limit === undefined ? "evidence" : "count";
  if (rule.kind === "loop")
    return rule.repeats !== undefined ? "repeats" : rule.measure === undefined ? "evidence" : "spending";
  return rule.kind;
}
