import { limitToMicro, MICRO, toMicro } from "../../core/measure.js";
import { isWordGlob } from "../../core/words.js";
import type { Match, Rule } from "../../policy/index.js";
import type { Language, Languages } from "../lint/globs.js";
import type { NameClass } from "./name-classes.js";
import { isOneSegment } from "./name-classes.js";
import type { Restriction } from "./openings.js";

type Clause = Omit<Match, "except">;

/** Actions that the rules of a policy treat alike, as far as one measure is concerned. */
export interface ActionClass {
  readonly series: NameClass;
  readonly source: NameClass;
  readonly measure: string;
  /** What such an action costs of the measure, in micro-units: more than `above`, at most `most` (Infinity: no end). */
  readonly above: number;
  readonly most: number;
  /** An allow-list lets these series pass and no others; absent: there is no such list. */
  readonly only?: readonly (readonly string[])[];
}

/** Whether a rule applies to every action of a class. */
export type Coverage =
  | { readonly applies: "always" }
  /** Always at some times. */
  | { readonly applies: "at times"; readonly when: Restriction }
  /** Not, or the agent can see to it that not; `why` says how. */
  | { readonly applies: "not surely"; readonly why?: string };

const NEVER: Coverage = { applies: "not surely" };

/** Says for what part of a class a rule is certain to apply, whatever the agent does. Errs towards `not surely`. */
export function coverageOf(rule: Rule, kind: ActionClass, languages: Languages): Coverage {
  const { except = [], ...clause } = rule.match ?? {};
  if (!coversSeries(clause.series, kind, languages)) return NEVER;
  if (!coversSource(rule, kind.source, languages)) return NEVER;
  const dodge = dodgeOf(clause, kind);
  if (dodge !== undefined) return { applies: "not surely", ...(dodge !== "" && { why: dodge }) };
  const open: NonNullable<Match["schedule"]>[] = [];
  for (const exception of except) {
    const escape = escapeOf(exception, rule, kind, languages);
    if (escape === null) continue;
    if (escape !== "moment") return { applies: "not surely", why: escape };
    open.push(exception.schedule!);
  }
  if (clause.schedule !== undefined && open.length > 0)
    return { applies: "not surely", why: `rule \`${rule.id}\` holds at some times only` };
  if (clause.schedule !== undefined)
    return { applies: "at times", when: { schedules: [clause.schedule], whileOpen: false } };
  if (open.length > 0) return { applies: "at times", when: { schedules: open, whileOpen: true } };
  return { applies: "always" };
}

/** Whether an allow rule may let something of a class pass. */
export function mayAllow(rule: Rule, kind: ActionClass, languages: Languages): boolean {
  const { series, source } = rule.match ?? {};
  return (
    mayMeet(series, kind.series, "no", languages) &&
    mayMeet(source, kind.source, "literal", languages) &&
    holdsCosts(ownCosts(rule.match ?? {}, kind), kind)
  );
}

/** Whether an allow rule speaks about every source of a class, so that what is on no list is refused. */
export function surelyConcerns(rule: Rule, source: NameClass, languages: Languages): boolean {
  return isWithin(rule.match?.source, source, "literal", languages);
}

/** Whether an allow rule may speak about some source of a class. */
export function mayConcern(rule: Rule, source: NameClass, languages: Languages): boolean {
  return mayMeet(rule.match?.source, source, "literal", languages);
}

/** Amounts of a measure at which some rule begins to judge differently, in micro-units: the last of what is alike. */
export function thresholds(rules: readonly Rule[], measure: string): readonly number[] {
  const found = new Set<number>();
  for (const rule of rules) {
    if (rule.kind === "size" && rule.measure === measure) found.add(limitToMicro(rule.limit));
    for (const clause of [rule.match, ...(rule.match?.except ?? [])]) {
      const over = new Map(Object.entries(clause?.costOver ?? {})).get(measure);
      const under = new Map(Object.entries(clause?.costUnder ?? {})).get(measure);
      if (over !== undefined) found.add(toMicro(over));
      if (under !== undefined) found.add(toMicro(under) - 1);
    }
  }
  return [...found].filter((each) => each >= 0 && Number.isFinite(each)).sort((a, b) => a - b);
}

function coversSeries(
  globs: readonly string[] | undefined,
  kind: ActionClass,
  languages: Languages,
): boolean {
  if (isWithin(globs, kind.series, "no", languages)) return true;
  if (kind.only === undefined || globs === undefined) return false;
  const outer = languages.of(globs, "no");
  return kind.only.every((listed) => languages.contains(outer, languages.of(listed, "no")) === true);
}

/** The conditions on costs that the amounts of a class decide. */
function ownCosts({ costOver = {}, costUnder = {} }: Clause, kind: ActionClass): Clause {
  const isOwn = ([measure]: [string, number]): boolean => measure === kind.measure || measure === "calls";
  return {
    costOver: Object.fromEntries(Object.entries(costOver).filter(isOwn)),
    costUnder: Object.fromEntries(Object.entries(costUnder).filter(isOwn)),
  };
}

function coversSource(rule: Rule, source: NameClass, languages: Languages): boolean {
  const globs = rule.match?.source;
  if (globs === undefined) return true;
  if (rule.per?.includes("source") !== true) return isWithin(globs, source, "literal", languages);
  // What is counted per source is charged to every ancestor that the rule covers.
  return source.glob !== null && languages.contains(languages.of(globs, "all"), source.language) === true;
}

/** Every name of the class is one of the globs'. */
function isWithin(
  globs: readonly string[] | undefined,
  { glob, language }: NameClass,
  depth: "no" | "literal",
  languages: Languages,
): boolean {
  if (globs === undefined) return true;
  const outer = languages.of(globs, depth);
  if (globs.includes("**") || (depth === "no" && globs.includes("*") && isPlain(language))) return true;
  if (glob === null) return false;
  return languages.contains(outer, language) === true || globs.some((other) => asksForLess(other, glob));
}

/** Both are about words, and whatever has all words of `glob` has those of `other`. */
function asksForLess(other: string, glob: string): boolean {
  if (!isWordGlob(other) || !isWordGlob(glob)) return false;
  const words = new Set(wordsIn(glob));
  return wordsIn(other).every((word) => words.has(word));
}

/** The words as they are written; `e-mail` is one. */
function wordsIn(glob: string): readonly string[] {
  return glob
    .slice(1)
    .replace(/\be[ _-](?=mail)/gi, "e")
    .split(/[ _-]+/)
    .filter((word) => word !== "");
}

/** Series with a slash are not what `*` takes. */
function isPlain({ literals }: Language): boolean {
  return literals?.every((literal) => !literal.includes("/")) === true;
}

/** Some name of the class may be one of the globs'. */
function mayMeet(
  globs: readonly string[] | undefined,
  { glob, language }: NameClass,
  depth: "no" | "literal",
  languages: Languages,
): boolean {
  if (globs === undefined) return true;
  if (glob === null) return globs.includes("**") || globs.includes("*");
  return languages.disjoint(languages.of(globs, depth), language) !== true;
}

/** How the agent sees to it that a condition does not hold; undefined: it cannot; empty: there is nothing to say. */
function dodgeOf(clause: Clause, kind: ActionClass): string | undefined {
  const named = Object.keys(clause.tags ?? {}).map((tag) => `tag \`${tag}\``);
  named.push(...Object.keys(clause.args ?? {}).map((path) => `argument \`${path}\``));
  if (clause.mentions !== undefined) named.push("what its tags and arguments mention");
  if (named.length > 0) return `the agent chooses ${named.join(" and ")}`;
  if (clause.regime !== undefined && clause.regime.length < REGIMES) return "the regime may be another one";
  const costs = [...Object.entries(clause.costOver ?? {}), ...Object.entries(clause.costUnder ?? {})];
  for (const [measure] of costs)
    if (measure !== kind.measure && measure !== "calls")
      return `the agent chooses its cost in \`${measure}\``;
  return holdsCosts(clause, kind) ? undefined : "";
}

const REGIMES = 3;

/** The conditions on costs, which all amounts of a class meet or none does. */
function holdsCosts(clause: Clause, kind: ActionClass): boolean {
  const amountOf = (measure: string): number => (measure === "calls" ? MICRO : kind.above + 1);
  const isOver = ([measure, limit]: [string, number]): boolean => amountOf(measure) > toMicro(limit);
  const isUnder = ([measure, limit]: [string, number]): boolean => amountOf(measure) < toMicro(limit);
  return (
    Object.entries(clause.costOver ?? {}).every(isOver) &&
    Object.entries(clause.costUnder ?? {}).every(isUnder)
  );
}

/** How an exception may let actions of the class go: null: it cannot; `moment`: by the clock alone, for all of them. */
function escapeOf(exception: Clause, rule: Rule, kind: ActionClass, languages: Languages): string | null {
  const { schedule, ...others } = exception;
  if (!mayMeet(exception.series, kind.series, "no", languages)) return null;
  if (!mayExceptSource(exception.source, rule, kind.source, languages)) return null;
  if (!holdsCosts(ownCosts(exception, kind), kind)) return null;
  if (schedule !== undefined && Object.values(others).every((each) => each === undefined)) return "moment";
  return `rule \`${rule.id}\` has an exception that the agent can meet`;
}

function mayExceptSource(
  globs: readonly string[] | undefined,
  rule: Rule,
  source: NameClass,
  languages: Languages,
): boolean {
  if (globs === undefined || rule.per?.includes("source") !== true)
    return mayMeet(globs, source, "literal", languages);
  // Asked of the ancestor that is charged: the root, which must be the class itself to be known.
  if (source.glob === null) return globs.includes("**") || globs.includes("*");
  if (source.isBelow || !isOneSegment(source.glob)) return true;
  return mayMeet(globs, source, "literal", languages);
}
