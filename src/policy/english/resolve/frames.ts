/** Which phrases go with which sentences. */

import type { Facet, Frame } from "../facets.js";

/** What every sentence may say, whatever it is about. */
export const COMMON: readonly Facet["is"][] = [
  "frame",
  "then",
  "condition",
  "except",
  "for",
  "untilResumed",
  "mode",
  "per",
  "together",
  "object",
  "all",
];

/** What else each may say. A phrase that no field of the rule says is a reason to refuse. */
export const ALLOWED: Readonly<Record<Frame, readonly Facet["is"][]>> = {
  limit: [
    "limit",
    "window",
    "timeZone",
    "total",
    "burst",
    "inFlight",
    "single",
    "assume",
    "sum",
    "noProgress",
  ],
  concurrency: ["limit", "inFlight"],
  deny: ["conditional"],
  allow: [],
  allowOnly: ["conditional", "bareOnly"],
  onlyWho: [],
  ask: [],
  size: ["limit", "single", "sum"],
  timeout: ["duration", "single"],
  loss: ["percent", "money", "from", "account"],
  floor: ["money", "account"],
  errors: ["times", "probes"],
  errorRate: ["percent", "window", "minCalls", "probes"],
  errorBudget: ["percent", "probes"],
  failing: ["probes"],
  stale: ["signal", "duration"],
  denials: ["percent", "window", "minCalls"],
  newcomers: ["times", "of", "window"],
  runaway: ["times"],
  loop: ["times", "maxPeriod", "noProgress"],
  score: ["setting"],
};

/** Kinds whose rules have no counter: `per` would only narrow a halt. */
export const UNCOUNTED: ReadonlySet<Frame> = new Set([
  "deny",
  "allow",
  "allowOnly",
  "onlyWho",
  "ask",
  "size",
  "timeout",
  "score",
]);

/** Breakers: a stop by them lasts for a time. */
export const BREAKERS: ReadonlySet<Frame> = new Set(["errors", "errorRate", "errorBudget", "failing"]);

/** Detectors of behaviour: a stop by them, too, may last longer than what set it off. */
export const DETECTORS: ReadonlySet<Frame> = new Set(["denials", "newcomers", "runaway", "loop"]);

export const ACCOUNTS: ReadonlySet<Frame> = new Set(["loss", "floor", "stale"]);

/** Kinds whose trigger counts actions. */
export function counts(frame: Frame): boolean {
  return !ACCOUNTS.has(frame) && frame !== "deny";
}
