import { compilePolicy } from "rein";

/** What the agent may do. The numbers are generous for its honest work, and tight for everything else. */
export const policy = compilePolicy([
  {
    id: "daily-spend",
    kind: "budget",
    measure: "usd",
    limit: 5,
    window: "1d",
    match: { series: "lookup_company" },
  },
  {
    id: "mail-burst",
    kind: "rate",
    limit: 10,
    window: "1m",
    match: { series: "send_email" },
    // Not merely slowed down: mail stays shut until somebody has looked at what happened.
    then: "halt",
  },
  {
    id: "fresh-prices",
    kind: "stale",
    signal: "price_feed",
    maxAge: "500ms",
    match: { series: "place_order" },
  },
]);

/** The number that a rule of the policy allows. */
export function limitOf(id: string): number {
  const rule = policy.rules.find((candidate) => candidate.id === id);
  return rule !== undefined && "limit" in rule ? Number(rule.limit) : NaN;
}
