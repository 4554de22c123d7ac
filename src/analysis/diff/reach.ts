import type { Rule } from "../../policy/index.js";

/** How many actions histories count up to. */
export const MAX_COUNT = 20_000;
/** So many run side by side. */
export const MAX_RUNNING = 2000;
/** So many fail. */
export const MAX_FAILING = 500;
/** So many are seen for the first time. */
export const MAX_NEW = 2000;
/** So often something is repeated, or refused. */
export const MAX_AGAIN = 400;

/** Where it is less than what all others count up to. */
const REACHED: Readonly<Partial<Record<Rule["kind"], number>>> = {
  concurrency: MAX_RUNNING,
  errors: MAX_FAILING - 2,
  newcomers: MAX_NEW - 2,
  loop: MAX_AGAIN - 2,
  denials: MAX_AGAIN / 2 - 1,
};

/** The numbers of actions at which a rule's answer may change. */
export function countsIn(rule: Rule): readonly number[] {
  const isAmount = rule.kind === "budget" ? rule.measure !== "calls" : MEASURING.has(rule.kind);
  if (isAmount) return [];
  const { limit, burst, consecutive, repeats, minCalls, probes } = rule as Readonly<Record<string, unknown>>;
  return [rule.kind === "loop" ? undefined : limit, burst, consecutive, repeats, minCalls, probes].flatMap(
    (value) => (typeof value === "number" && value >= 1 ? [Math.floor(value)] : []),
  );
}

/** Kinds whose limit is no number of actions. */
const MEASURING: ReadonlySet<Rule["kind"]> = new Set(["size", "floor", "loss"]);

/** Whether histories count up to where the rule's answer changes. */
export function isReached(rule: Rule): boolean {
  const most = REACHED[rule.kind] ?? MAX_COUNT;
  return countsIn(rule).every((count) => count <= most);
}
