import { Languages } from "../lint/globs.js";
import type { LintCode } from "../lint/finding.js";
import { lintPairs } from "../lint/pairs.js";
import { viewOf } from "../lint/rule-view.js";
import type { RuleView } from "../lint/rule-view.js";
import type { Rule } from "../../policy/index.js";
import type { RuleChange } from "./changes.js";

/** Findings that say that a policy gives the same answers without the rule. */
const POINTLESS: ReadonlySet<LintCode> = new Set([
  "duplicate-rule",
  "shadowed-rule",
  "conflicting-limits",
  "never-reached",
  "limit-on-refused",
  "approval-never-asked",
]);

/** Kinds that can only take something away, and whose refusals no detector tells apart from those of others. */
const RESTRICTING: ReadonlySet<Rule["kind"]> = new Set([
  ...(["rate", "budget", "concurrency", "access", "size"] as const),
  ...(["timeout", "errors", "stale", "loss", "floor"] as const),
]);

/** Kinds that answer by the action alone: such a rule says the same as one rule for each of its names. */
const WITHOUT_MEMORY: ReadonlySet<Rule["kind"]> = new Set(["access", "size", "timeout"]);

/** Names of one rule that are looked at one by one. */
const MAX_PARTS = 64;

/**
 * Proves that a new policy loses nothing with what a change takes out of the old one.
 *
 * The new policy with a rule of the old one added is stricter than the old one, or the same, wherever the two first
 * answer differently: that is so when what is new in it can only take something away. Where lint proves that the new
 * policy gives the same answers without that rule, the change lets nothing more happen. It takes no history to say so,
 * and none can contradict it.
 */
export class Holders {
  readonly #languages = new Languages();
  readonly #views: readonly RuleView[];
  readonly #isNewRestricting: boolean;

  constructor(now: readonly Rule[], changes: readonly RuleChange[]) {
    this.#views = now.map((rule) => viewOf(rule, this.#languages));
    this.#isNewRestricting = changes.every(({ new: rule }) => rule === null || onlyRestricts(rule));
  }

  /** Ids of rules of the new policy that hold all that the old rule held; null: that is not proven. */
  of({ old }: RuleChange): readonly string[] | null {
    if (old === null || !this.#isNewRestricting || !isHeldByAnswers(old)) return null;
    const whole = this.#holderOf(old);
    if (whole !== undefined) return [whole];
    const parts = partsOf(old);
    const holders = parts.map((part) => this.#holderOf(part));
    if (parts.length < 2 || holders.includes(undefined)) return null;
    return [...new Set(holders as readonly string[])].sort();
  }

  #holderOf(rule: Rule): string | undefined {
    // Of two that say the same the first by id stays: that must not be the one that is gone.
    const view = viewOf({ ...rule, id: GONE }, this.#languages);
    const found = lintPairs([...this.#views, view], this.#languages).find(
      ({ code, rules }) => rules[0] === GONE && POINTLESS.has(code),
    );
    return found?.rules[1];
  }
}

/** Behind every id that a rule can have. */
const GONE = "\u{10ffff}";

/**
 * Whether a policy with this rule added only ever refuses more. An allow rule adds to a list, a score rule changes what
 * a lane learns, and of two rules that halt only the first does so, perhaps for a shorter time.
 */
export function onlyRestricts(rule: Rule): boolean {
  return RESTRICTING.has(rule.kind) && rule.then !== "halt" && !isAllowing(rule);
}

/** What a halt stops and how long it lasts is more than an answer. */
function isHeldByAnswers(rule: Rule): boolean {
  return rule.then !== "halt";
}

function isAllowing(rule: Rule): boolean {
  return rule.kind === "access" && rule.effect === "allow";
}

/** The rule as one for each of its series and sources; itself where it counts, or where there are too many. */
function partsOf(rule: Rule): readonly Rule[] {
  if (!WITHOUT_MEMORY.has(rule.kind) || isAllowing(rule)) return [rule];
  const { match = {} } = rule;
  if (match.series === undefined && match.source === undefined) return [rule];
  const { series = [undefined], source = [undefined] } = match;
  if (series.length * source.length > MAX_PARTS) return [rule];
  return series.flatMap((oneSeries) =>
    source.map((oneSource): Rule => ({
      ...rule,
      match: {
        ...match,
        ...(oneSeries !== undefined && { series: [oneSeries] }),
        ...(oneSource !== undefined && { source: [oneSource] }),
      },
    })),
  );
}
