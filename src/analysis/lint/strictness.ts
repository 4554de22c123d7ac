import { parseDuration } from "../../core/duration.js";
import { limitToMicro, toMicro } from "../../core/measure.js";
import { EXACT_ENTRIES } from "../../engine/sliding-sum.js";
import { type RuleOf, SCORE_SETTINGS } from "../../policy/index.js";
import type { Clause } from "./clauses.js";
import type { Languages } from "./globs.js";
import { appliesWith, blocks, type RuleView } from "./rule-view.js";

/**
 * How a rule stands to another one that it applies with: `always` it refuses whenever the other does; `first` its limit
 * even keeps the other from ever being reached. Undefined: neither is proven.
 */
export type Strictness = "always" | "first" | undefined;

/** Compares the limits of two rules of one kind; all that they apply to is compared last, as it costs most. */
export function strictness(a: RuleView, b: RuleView, languages: Languages): Strictness {
  if (languages.contains(a.clause.series, b.clause.series) === false) return undefined;
  const found = compareLimits(a, b);
  if (found === undefined || !appliesWith(a, b, languages)) return undefined;
  return found;
}

interface CertainRefusal {
  readonly measure?: string;
  readonly over?: number;
  readonly missing: boolean;
}

/**
 * The actions that a rule refuses whatever it has counted: those that it applies to with a cost above `over`, and, where
 * `missing`, those that do not name the measure. Null: there are none.
 */
export function certainRefusal({ rule }: RuleView): CertainRefusal | null {
  switch (rule.kind) {
    case "access":
      return rule.effect === "allow" ? null : { missing: true };
    case "size":
      return { measure: rule.measure, over: limitToMicro(rule.limit), missing: true };
    case "budget": {
      const limit = limitToMicro(rule.limit);
      const missing = rule.assume === undefined || toMicro(rule.assume) > limit;
      return { measure: rule.measure, over: limit, missing };
    }
    default:
      return null;
  }
}

/** Whether `a` refuses, by itself and at once, every action that `b` is about. */
export function refusesAll(a: RuleView, b: RuleView, languages: Languages): boolean {
  if (languages.contains(a.clause.series, b.clause.series) === false) return false;
  const certain = certainRefusal(a);
  if (certain === null) return false;
  const clause = refusedBy(b);
  const { measure, over, missing } = certain;
  if (measure !== undefined && over !== undefined) {
    if (measure === "calls") {
      if (over >= ONE_CALL) return false;
    } else if ((clause.over.get(measure) ?? -1) < over || !missing) return false;
  }
  return appliesWith(a, b, languages, clause);
}

/** Actions of `b` that it can refuse at all: a size rule speaks of costs above its limit. */
function refusedBy({ rule, clause }: RuleView): Clause {
  if (rule.kind !== "size" || rule.measure === "calls") return clause;
  const limit = limitToMicro(rule.limit);
  const over = Math.max(limit, clause.over.get(rule.measure) ?? 0);
  return { ...clause, over: new Map([...clause.over, [rule.measure, over]]) };
}

const ONE_CALL = 1_000_000;

function compareLimits(viewA: RuleView, viewB: RuleView): Strictness {
  const { rule: a, per: perA } = viewA;
  const { rule: b, per: perB } = viewB;
  // A finer counter sees less: it is no bound for a coarser one.
  for (const key of perA) if (!perB.has(key) && a.kind !== "size" && a.kind !== "timeout") return undefined;
  const sight: Sight = { isSame: viewA.counted === viewB.counted, holds: blocks(viewA) };
  if (a.kind === "rate" && b.kind === "rate") return compareRates(a, b, sight);
  if (a.kind === "budget" && b.kind === "budget") return compareBudgets(a, b, sight);
  if (a.kind === "concurrency" && b.kind === "concurrency") return order(a.limit, b.limit, true);
  if (a.kind === "size" && b.kind === "size")
    return a.measure === b.measure ? order(limitToMicro(a.limit), limitToMicro(b.limit), false) : undefined;
  if (a.kind === "timeout" && b.kind === "timeout") return order(msOf(a.limit), msOf(b.limit), false);
  if (a.kind === "floor" && b.kind === "floor")
    return watches(a, b) ? order(-a.limit, -b.limit, false) : undefined;
  if (a.kind === "stale" && b.kind === "stale") return compareAges(a, b);
  if (a.kind === "score" && b.kind === "score") return compareSettings(a, b);
  if (a.kind === "loss" && b.kind === "loss") return compareLosses(a, b);
  return undefined;
}

function order(a: number, b: number, keeps: boolean): Strictness {
  if (a > b) return undefined;
  return a < b && keeps ? "first" : "always";
}

function watches(a: { readonly account?: string | undefined }, b: { readonly account?: string | undefined }) {
  return a.account === undefined || a.account === b.account;
}

/** What is learned from a signal's rhythm is the same for both, and no bound for what is not. */
function compareAges(a: RuleOf<"stale">, b: RuleOf<"stale">): Strictness {
  if (a.signal !== b.signal) return undefined;
  if (a.maxAge === undefined || b.maxAge === undefined) return a.maxAge === b.maxAge ? "always" : undefined;
  return order(msOf(a.maxAge), msOf(b.maxAge), false);
}

/** Of several values of a setting the strictest counts, so all that `b` says must be said more strictly by `a`. */
function compareSettings(a: RuleOf<"score">, b: RuleOf<"score">): Strictness {
  const own = a.settings as Readonly<Record<string, number | undefined>>;
  const isBound = Object.entries(b.settings).every(([name, value]) => {
    const mine = own[name];
    if (mine === undefined || value === undefined) return value === undefined;
    return SCORE_SETTINGS[name as keyof typeof SCORE_SETTINGS].stricter === "smaller"
      ? mine <= value
      : mine >= value;
  });
  return isBound ? "always" : undefined;
}

function compareLosses(a: RuleOf<"loss">, b: RuleOf<"loss">): Strictness {
  if (a.from !== b.from || !watches(a, b)) return undefined;
  if (a.limitPct !== undefined && b.limitPct !== undefined) return order(a.limitPct, b.limitPct, false);
  if (a.limit !== undefined && b.limit !== undefined) return order(a.limit, b.limit, false);
  return undefined;
}

/** What the counters of two rules, `a` and `b`, see. */
interface Sight {
  /** The same actions, in counters of the same keys. */
  readonly isSame: boolean;
  /** `a` refuses what is above its limit; where it only asks, a human may let anything pass, and both count it. */
  readonly holds: boolean;
}

/** What fits through `a` is counted in whole numbers, so that a bound is never off by a rounding. */
function compareRates(a: RuleOf<"rate">, b: RuleOf<"rate">, { isSame, holds }: Sight): Strictness {
  const [windowA, windowB] = [msOf(a.window), msOf(b.window)];
  if (a.burst !== undefined && b.burst !== undefined) {
    const isFaster = BigInt(a.limit) * BigInt(windowB) > BigInt(b.limit) * BigInt(windowA);
    if (isFaster || a.burst > b.burst || !areExact(a, b, windowA, windowB)) return undefined;
    return a.burst < b.burst ? "first" : "always";
  }
  if (a.burst === undefined && b.burst === undefined) {
    const isExact = (b.limit <= EXACT_ENTRIES && holds) || (isSame && windowA === windowB);
    const span = isExact ? windowB : longestIn(windowB);
    // Whatever counts in `b` still counts in `a`.
    if (span <= windowA) return order(a.limit, b.limit, true);
    return holds ? orderBig(BigInt(a.limit) * ceilDiv(BigInt(span), BigInt(windowA)), b.limit) : undefined;
  }
  if (!holds) return undefined;
  if (b.burst !== undefined) {
    const isFaster = BigInt(a.limit) * BigInt(windowB) > BigInt(b.limit) * BigInt(windowA);
    if (isFaster || !areExact(b, b, windowB, windowB)) return undefined;
    return order(a.limit, b.burst, true);
  }
  if (!areExact(a, a, windowA, windowA)) return undefined;
  const span = b.limit <= EXACT_ENTRIES ? windowB : longestIn(windowB);
  return orderBig(BigInt(a.burst!) + (BigInt(a.limit) * BigInt(span)) / BigInt(windowA), b.limit);
}

/** How long, in ms, an amount may stay in a rolling counter: beyond what is exact it leaves late; see `SlidingSum`. */
function longestIn(windowMs: number): number {
  return windowMs + Math.ceil(windowMs / EXACT_ENTRIES);
}

function orderBig(most: bigint, limit: number): Strictness {
  if (most > BigInt(limit)) return undefined;
  return most < BigInt(limit) ? "first" : "always";
}

/** Buckets count in doubles, which are exact up to 2^53. */
function areExact(a: RuleOf<"rate">, b: RuleOf<"rate">, windowA: number, windowB: number): boolean {
  return a.burst! * windowA <= Number.MAX_SAFE_INTEGER && b.burst! * windowB <= Number.MAX_SAFE_INTEGER;
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

const durations = new Map<string, number>();
const MAX_DURATIONS = 10_000;

/** Milliseconds of a duration that was checked before; rules of a policy name the same few again and again. */
function msOf(text: string): number {
  let ms = durations.get(text);
  if (ms === undefined) {
    if (durations.size >= MAX_DURATIONS) durations.clear();
    durations.set(text, (ms = parseDuration(text)!));
  }
  return ms;
}

/**
 * At every instant `a` has counted at least as much as `b`: what both take they take at once, `a` no less of it, and it
 * leaves `a` no earlier.
 */
function compareBudgets(a: RuleOf<"budget">, b: RuleOf<"budget">, sight: Sight): Strictness {
  if (a.measure !== b.measure || !outlasts(a, b, sight)) return undefined;
  const isCalls = a.measure === "calls";
  // What names no cost counts nothing in `a` where a human lets it pass.
  if (!isCalls && a.assume === undefined && b.assume !== undefined && !sight.holds) return undefined;
  if (!isCalls && a.assume !== undefined) {
    if (b.assume === undefined || a.assume < b.assume) return undefined;
    // What comes on top of an assumed cost when the permit has expired is less by as much, and later.
    if (a.assume > b.assume && a.window !== "forever") return undefined;
  }
  // An action may cost more than was reserved, and so pass a limit that money has: calls cannot.
  return order(limitToMicro(a.limit), limitToMicro(b.limit), isCalls);
}

const PERIODS = ["hour", "day", "month", "year"];

/** Whatever counts in `b` still counts in `a`. */
function outlasts(ruleA: RuleOf<"budget">, ruleB: RuleOf<"budget">, { isSame, holds }: Sight): boolean {
  const [a, b] = [ruleA.window, ruleB.window];
  if (a === "forever") return true;
  if (b === "forever") return false;
  if (typeof a === "string") {
    if (typeof b !== "string") return false;
    const [windowA, windowB] = [msOf(a), msOf(b)];
    // Of money there is no telling at how many instants some is taken: what costs nothing counts among them.
    const isFew = ruleB.measure === "calls" && ruleB.limit <= EXACT_ENTRIES && holds;
    return windowA >= (isFew || (isSame && windowA === windowB) ? windowB : longestIn(windowB));
  }
  if (typeof b === "string" || a.timeZone !== b.timeZone) return false;
  if (a.calendar === b.calendar) return true;
  if (a.calendar === "week") return b.calendar === "day";
  const [longer, shorter] = [PERIODS.indexOf(a.calendar), PERIODS.indexOf(b.calendar)];
  return shorter >= 1 && longer > shorter;
}
