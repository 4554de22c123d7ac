import { limitToMicro, MICRO } from "../../core/measure.js";
import { SEVERITY, severityOf } from "../../policy/index.js";
import type { Rule } from "../../policy/index.js";
import type { Languages } from "../lint/globs.js";
import { coverageOf, mayAllow, mayConcern, surelyConcerns, thresholds } from "./coverage.js";
import type { ActionClass } from "./coverage.js";
import { keysOf } from "./keys.js";
import type { Adversary } from "./keys.js";
import type { CountingRule } from "./most.js";
import type { NameClass } from "./name-classes.js";
import { isOneSegment } from "./name-classes.js";
import type { Restriction } from "./openings.js";

/** A rule that counts every action of a class, with the number of its counters that the class can draw on. */
export interface Meter {
  readonly rule: CountingRule;
  readonly keys: number;
  /** Where the counters belong to one series each: that series. */
  readonly series: string | null;
}

/** A class of actions with what the rules surely do to it. */
export interface Column {
  readonly kind: ActionClass;
  /** The rule that refuses every one of them; null: some may pass. */
  readonly refusedBy: Rule | null;
  readonly meters: readonly Meter[];
  /** What one of them costs of the measure at most, in micro-units; Infinity: there is no end. */
  readonly largest: number;
  /** The rule that no single one can exceed. */
  readonly largestBy: Rule | null;
  /** Outside these times none passes. */
  readonly restrictions: readonly Restriction[];
  /** Why rules that count do not bound it. */
  readonly dodges: readonly string[];
}

/**
 * What stands between an agent and its action: rules that the agent cannot keep from refusing by behaving well, and the
 * allow rules that only tell, because what they name is on the list of the others.
 */
export function limitingRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(
    (rule) =>
      rule.mode !== "shadow" &&
      (isAllowing(rule) || severityOf(rule) > SEVERITY.alert) &&
      (rule.kind === "access" || rule.kind === "size" || rule.kind === "rate" || rule.kind === "budget"),
  );
}

/** A member of the allow-list. */
export function isAllowing(rule: Rule): boolean {
  return rule.kind === "access" && rule.effect === "allow";
}

/** The classes of actions of one series and source that differ in what they cost of a measure. */
export function columnsOf(
  rules: readonly Rule[],
  series: NameClass,
  source: NameClass,
  measure: string,
  adversary: Adversary,
  languages: Languages,
): readonly Column[] {
  const cuts = measure === "calls" ? [] : thresholds(rules, measure);
  return [...cuts, Infinity].map((most, i) => {
    const above = cuts[i - 1] ?? -1;
    return columnOf(rules, { series, source, measure, above, most }, adversary, languages);
  });
}

/**
 * The classes of sources that can act in the name of one source of class `root`: it and its sub-agents, which it names
 * as it likes.
 */
export function actingFor(root: NameClass, classes: readonly NameClass[]): readonly NameClass[] {
  return classes.filter(
    (other) =>
      other === root ||
      (other.glob !== null && ((other.isBelow && other.glob === root.glob) || !isOneSegment(other.glob))),
  );
}

function columnOf(
  rules: readonly Rule[],
  met: ActionClass,
  adversary: Adversary,
  languages: Languages,
): Column {
  const list = allowList(rules, met, languages);
  const kind = list?.only === undefined ? met : { ...met, only: list.only };
  const meters: Meter[] = [];
  const restrictions: Restriction[] = [];
  const dodges: string[] = [];
  let refusedBy: Rule | null = null;
  let largest = kind.most;
  let largestBy: Rule | null = null;
  for (const rule of rules) {
    if (isAllowing(rule)) continue;
    const coverage = coverageOf(rule, kind, languages);
    if (coverage.applies === "not surely") {
      if (coverage.why !== undefined && bounds(rule, kind))
        dodges.push(`${coverage.why} (rule \`${rule.id}\`)`);
    } else if (rule.kind === "access" && coverage.applies === "at times") restrictions.push(coverage.when);
    else if (coverage.applies === "always" && refuses(rule, kind)) refusedBy ??= rule;
    else if (coverage.applies === "always" && counts(rule, kind)) {
      // However many counters a budget has, one action draws on one of them.
      const ceiling = isBudgetOf(rule, kind.measure) ? limitToMicro(rule.limit) : Infinity;
      if (ceiling < largest) [largest, largestBy] = [ceiling, rule];
      const keys = keysOf(rule, kind.series, adversary);
      const series = rule.per?.includes("series") === true ? kind.series.literal : null;
      if ("why" in keys && bounds(rule, kind)) dodges.push(keys.why);
      if ("why" in keys) continue;
      meters.push({ rule, keys: keys.count, series });
    }
  }
  refusedBy ??= list?.refusedBy ?? null;
  if (list?.when !== undefined) restrictions.push(list.when);
  if (largest <= kind.above) refusedBy ??= largestBy;
  return { kind, refusedBy, meters, largest, largestBy, restrictions, dodges };
}

function isBudgetOf(rule: CountingRule, measure: string): boolean {
  return rule.kind === "budget" && rule.measure === measure && measure !== "calls";
}

function refuses(rule: Rule, { measure, above }: ActionClass): boolean {
  if (rule.kind === "access") return true;
  if (rule.kind !== "size" || rule.measure !== measure) return false;
  return (measure === "calls" ? MICRO : above + 1) > limitToMicro(rule.limit);
}

function counts(rule: Rule, { measure }: ActionClass): rule is CountingRule {
  return (
    rule.kind === "rate" || (rule.kind === "budget" && (rule.measure === measure || rule.measure === "calls"))
  );
}

/** Whether the rule would bound the class if it were sure to count it. */
function bounds(rule: Rule, kind: ActionClass): boolean {
  if (rule.kind === "budget" && rule.measure !== "calls") return rule.measure === kind.measure;
  // However few actions there are, one of them can be as large as it likes.
  return rule.kind === "rate" || rule.kind === "budget"
    ? kind.measure === "calls" || kind.most < Infinity
    : false;
}

interface AllowList {
  /** The list that has no room for any of them. */
  readonly refusedBy?: Rule;
  /** The list lets them pass at these times only. */
  readonly when?: Restriction;
  /** The globs of series that are on the list, for each of its rules. */
  readonly only?: readonly (readonly string[])[];
}

/**
 * What the allow rules together say of a class; null: nothing. The strictest of them answers for the list: it refuses
 * where one that surely belongs to it would not only tell.
 */
function allowList(rules: readonly Rule[], kind: ActionClass, languages: Languages): AllowList | null {
  const list = rules.filter(isAllowing);
  const [owner] = list
    .filter((rule) => severityOf(rule) > SEVERITY.alert && surelyConcerns(rule, kind.source, languages))
    .sort((a, b) => severityOf(b) - severityOf(a));
  if (owner === undefined) return null;
  const members = list.filter(
    (rule) => mayConcern(rule, kind.source, languages) && mayAllow(rule, kind, languages),
  );
  if (members.length === 0) return { refusedBy: owner };
  const schedules = members.flatMap(({ match }) => match?.schedule ?? []);
  const only = members.flatMap(({ match }) => (match?.series === undefined ? [] : [match.series]));
  return {
    ...(schedules.length === members.length && { when: { schedules, whileOpen: true } }),
    ...(only.length === members.length && { only }),
  };
}
