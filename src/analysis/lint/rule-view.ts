import { canonicalJson } from "../../core/canonical.js";
import { SEVERITY, severityOf } from "../../policy/index.js";
import type { Rule } from "../../policy/index.js";
import { type Clause, clauseOf, excludes, implies } from "./clauses.js";
import type { Language, Languages, Truth } from "./globs.js";

/** A rule with what the checks ask of it again and again. */
export interface RuleView {
  readonly rule: Rule;
  readonly id: string;
  readonly clause: Clause;
  readonly excepts: readonly Clause[];
  /** How strict its answer is: 0 alert, 1 approve, 2 block, 3 halt. */
  readonly severity: number;
  /** 0 in shadow, 1 where the whole governor decides, 2 enforced. */
  readonly level: number;
  readonly per: ReadonlySet<string>;
  /** It is asked about an action's source and about every ancestor. */
  readonly isPerSource: boolean;
  /** An allow rule: what cannot be told is not on the list. */
  readonly isAllowing: boolean;
  /** What its counters see, as text: `match` and `per`. */
  readonly counted: string;
  /** Everything but the id, as text. */
  readonly meaning: string;
}

const LEVEL = { shadow: 0, enforce: 2 } as const;

export function viewOf(rule: Rule, languages: Languages): RuleView {
  const isAllowing = rule.kind === "access" && rule.effect === "allow";
  const per = new Set(rule.per);
  const { id, ...meaning } = rule;
  return {
    rule,
    id,
    clause: clauseOf(rule.match ?? {}, languages),
    excepts: (rule.match?.except ?? []).map((except) => clauseOf(except, languages)),
    severity: severityOf(rule),
    level: rule.mode === undefined ? 1 : LEVEL[rule.mode],
    per,
    isPerSource: per.has("source") && !isAllowing,
    isAllowing,
    counted: canonicalJson({ match: rule.match, per: rule.per }),
    meaning: canonicalJson(meaning),
  };
}

/** It refuses what it speaks about, without asking anybody. */
export function blocks({ severity, level }: RuleView): boolean {
  return severity >= SEVERITY.block && level > 0;
}

/** Whether `outer` applies to every action that `inner` may apply to; `clause` stands in for that of `inner`. */
export function appliesWith(
  outer: RuleView,
  inner: RuleView,
  languages: Languages,
  clause: Clause = inner.clause,
): boolean {
  // A rule per source also applies where it speaks about an ancestor of the source.
  const isAbove = inner.isPerSource && !outer.isPerSource;
  const source = isAbove ? languages.below(clause.source) : clause.source;
  if (implies(clause, outer.clause, languages, { givenSource: source }) !== true) return false;
  return outer.excepts.every(
    (except) =>
      excludesOne(except, clause, source, outer.isAllowing, languages) ||
      inner.excepts.some((own) => isAskedAlike(own, isAbove) && implies(except, own, languages) === true),
  );
}

/** The same, exceptions left aside, and true also where it cannot be told. */
export function mayApplyWith(outer: RuleView, inner: RuleView, languages: Languages): boolean {
  return implies(inner.clause, outer.clause, languages) !== false;
}

/** Whether the list that has `member` never lets an action pass that `rule` applies to. */
export function isOffList(member: RuleView, rule: RuleView, languages: Languages): boolean {
  const source = sourcesOf(rule, languages);
  if (excludes(member.clause, rule.clause, languages, { maybeSource: source })) return true;
  if (
    rule.excepts.some(
      (own) => isAskedAlike(own, rule.isPerSource) && implies(member.clause, own, languages) === true,
    )
  )
    return true;
  return member.excepts.some(
    (except) => implies(rule.clause, except, languages, { givenSource: source }) === true,
  );
}

/** The sources of actions that the rule may apply to. */
export function sourcesOf({ clause, isPerSource }: RuleView, languages: Languages): Language {
  return isPerSource ? languages.below(clause.source) : clause.source;
}

/** Whether an exception takes everything that the clause leaves. */
export function coversAll(except: Clause, { clause, isAllowing }: RuleView, languages: Languages): Truth {
  return implies(clause, except, languages, { certain: !isAllowing });
}

function excludesOne(
  except: Clause,
  clause: Clause,
  source: Language,
  isAllowing: boolean,
  languages: Languages,
): boolean {
  return isAllowing
    ? excludes(clause, except, languages, { sureSource: source })
    : excludes(except, clause, languages, { maybeSource: source });
}

/** An exception by source is asked about the ancestor, which says nothing of the source itself. */
function isAskedAlike(own: Clause, isAbove: boolean): boolean {
  return !isAbove || own.source.globs === null;
}
