import type { Rule, RuleInput, RuleOf } from "../../policy/index.js";
import { fixBy, fixWith, type LintFinding, listed, named } from "./finding.js";
import type { Language, Languages } from "./globs.js";
import { RuleIndex } from "./rule-index.js";
import { blocks, mayApplyWith, type RuleView, sourcesOf } from "./rule-view.js";

/** What the policy as a whole leaves open. */
export function lintTotals(views: readonly RuleView[], languages: Languages): LintFinding[] {
  const escaped = escapedByNames(views, languages);
  if (!views.some((view) => view.level > 0 && view.severity > 0)) return [nothingStops(views), ...escaped];
  return [...escaped, ...(noTotal(views) ?? []), ...(noHalt(views) ?? [])];
}

/** What is to be said of a policy without rules. */
export function emptyPolicy(): LintFinding {
  return {
    ...{ code: "empty-policy", severity: "warning", rules: [] },
    message: "the policy has no rules: everything is allowed",
    fix: fixBy(TOTAL_CALLS),
  };
}

/** Rules that only tell, and rules in shadow. */
function nothingStops(views: readonly RuleView[]): LintFinding {
  const [first] = views;
  const isAlert = views.every(({ severity }) => severity === 0);
  return {
    ...{ code: "nothing-stops", severity: "warning", rules: views.map(({ id }) => id) },
    message: "nothing in this policy stops anything: every rule only alerts, or is in shadow",
    evidence: isAlert
      ? "an alert is told to who listens, and the action goes on"
      : "in shadow a rule is recorded, and the action goes on",
    fix:
      first!.severity === 0
        ? fixWith(first!.rule, { then: "block", mode: undefined })
        : fixWith(first!.rule, { mode: undefined }),
  };
}

/** Many times one caller's share, as a number to begin with. */
const CALLERS = 10;

/** A limit for each name, where names cost nothing and no limit is for all of them together. */
interface Escaped {
  readonly view: RuleView;
  /** What anybody can come up with another value of. */
  readonly key: string;
}

/** One finding for all rules that the same total would close. */
function escapedByNames(views: readonly RuleView[], languages: Languages): LintFinding[] {
  const shut = views.filter((view) => isTotal(view) || (view.rule.kind === "access" && blocks(view)));
  const allowing = views.filter(({ isAllowing, level }) => isAllowing && level > 0);
  const escaped = views.flatMap((view) => escapedOf(view, { shut, allowing }, languages) ?? []);
  const covers = (a: Escaped, b: Escaped): boolean =>
    a.key === b.key && isSameThing(a.view, b.view) && mayApplyWith(a.view, b.view, languages);
  const index = new RuleIndex(escaped.map(({ view }) => view));
  const byView = new Map(escaped.map((one) => [one.view, one]));
  const within = new Map<Escaped, Escaped[]>(escaped.map((one) => [one, []]));
  for (const one of escaped)
    for (const view of index.around(one.view)) {
      const wider = byView.get(view)!;
      if (covers(wider, one)) within.get(wider)!.push(one);
    }
  const told = new Set<Escaped>();
  return [...escaped]
    .sort((a, b) => within.get(b)!.length - within.get(a)!.length)
    .flatMap((one) => {
      if (told.has(one)) return [];
      const others = within.get(one)!.filter((other) => other !== one && !told.has(other));
      for (const each of [one, ...others]) told.add(each);
      const ids = others.map(({ view }) => view.id);
      return [escapedFinding(one, ids)];
    });
}

interface Others {
  /** Rules that may keep the view shut. */
  readonly shut: readonly RuleView[];
  /** All that may be on a list with one of them. */
  readonly allowing: readonly RuleView[];
}

function escapedOf(view: RuleView, { shut, allowing }: Others, languages: Languages): Escaped | undefined {
  const { rule } = view;
  if (!isLimit(rule) || !blocks(view) || rule.limit === 0) return undefined;
  const key = rule.per?.find((each) => isOpen(each, view));
  if (key === undefined) return undefined;
  if (shut.some((other) => isTotalFor(other, view, languages))) return undefined;
  // A list about some sources says nothing of the others.
  const known = shut.filter(
    ({ isAllowing, clause }) =>
      !isAllowing || languages.contains(clause.source, sourcesOf(view, languages)) === true,
  );
  if (known.some((other) => namesAre(other, key, allowing))) return undefined;
  return { view, key };
}

function escapedFinding({ view, key }: Escaped, others: readonly string[]): LintFinding {
  const { rule } = view;
  const ids = [rule.id, ...others];
  const what = key === "source" ? "agent" : `tag ${named(key.slice("tag:".length))}`;
  const subject = ids.length === 1 ? `rule ${named(rule.id)} holds` : `rules ${listed(ids)} hold`;
  return {
    ...{ code: "cap-escaped-by-names", severity: "warning", rules: ids },
    message: `${subject} each ${what} and not all together: who takes a new name gets the limit anew`,
    evidence: `${namesFor(key)} each get ${isLimit(rule) ? rule.limit : "it"}, and nothing in the policy limits the sum`,
    fix: fixBy(totalOf(view)),
  };
}

/** Anybody can come up with another value: the rule does not name the ones there are. */
function isOpen(key: string, { clause }: RuleView): boolean {
  // Tools are there or are not; an agent that calls one of another name reaches nothing.
  if (key === "series") return false;
  if (key !== "source") return !isListed(clause.tags.get(key.slice("tag:".length)));
  // Sub-agents of a source that is named are charged to it, too.
  return !isNamed(clause.source);
}

/** Only plain names, and what is below them. */
function isNamed({ globs, isOpaque, branches }: Language): boolean {
  return globs !== null && !isOpaque && branches.every(({ isDeep }) => isDeep);
}

function isListed(language: Language | undefined): boolean {
  return language !== undefined && language.literals !== null;
}

/** A limit whose counters nobody can multiply. */
function isTotal(view: RuleView): boolean {
  const { rule, level, severity, per } = view;
  return isLimit(rule) && level > 0 && severity > 0 && ![...per].some((key) => isOpen(key, view));
}

function isTotalFor(other: RuleView, view: RuleView, languages: Languages): boolean {
  return isTotal(other) && isSameThing(other, view) && mayApplyWith(other, view, languages);
}

/** Whether a limit on the one bounds the other: who limits calls limits their rate. */
function isSameThing({ rule: total }: RuleView, { rule }: RuleView): boolean {
  if (!isLimit(total) || !isLimit(rule)) return false;
  const thingOf = (one: Limit): string =>
    one.kind === "budget" ? one.measure : one.kind === "rate" ? "calls" : one.kind;
  return thingOf(total) === thingOf(rule);
}

type Limit = RuleOf<"rate" | "budget" | "concurrency">;

function isLimit(rule: Rule): rule is Limit {
  return rule.kind === "rate" || rule.kind === "budget" || rule.kind === "concurrency";
}

/** Another rule lets only known names act at all. */
function namesAre(other: RuleView, key: string, allowing: readonly RuleView[]): boolean {
  const { rule } = other;
  if (rule.kind !== "access" || !blocks(other)) return false;
  const isKnown = ({ clause }: Pick<RuleView, "clause">): boolean =>
    key === "source" ? isNamed(clause.source) : isListed(clause.tags.get(key.slice("tag:".length)));
  if (rule.effect === "deny")
    return other.excepts.length > 0 && other.excepts.every((clause) => isKnown({ clause }));
  // What one of a list lets pass is on it.
  return rule.effect === "allow" && key !== "source" && allowing.every(isKnown);
}

function namesFor(key: string): string {
  if (key === "source") return "`agent-1`, `agent-2`, `agent-3` …";
  const tag = key.slice("tag:".length);
  return `${named(`${tag}-1`)}, ${named(`${tag}-2`)}, ${named(`${tag}-3`)} …`;
}

function totalOf({ rule }: RuleView): RuleInput {
  const { id: _id, per, limit, ...rest } = rule as typeof rule & { readonly limit: number };
  const kept = per!.filter((key) => key === "series");
  const burst = "burst" in rest && rest.burst !== undefined ? { burst: rest.burst * CALLERS } : {};
  return { ...rest, ...burst, limit: limit * CALLERS, ...(kept.length > 0 && { per: kept }) } as RuleInput;
}

const TOTAL_CALLS: RuleInput = { kind: "budget", measure: "calls", limit: 10_000, window: "1d" };

/** No limit holds everything together, so nothing bounds what a bad day can cost. */
function noTotal(views: readonly RuleView[]): LintFinding[] | undefined {
  const isTotalOfAll = (view: RuleView): boolean => {
    if (!isTotal(view) || view.rule.kind === "concurrency") return false;
    const { except: _, ...conditions } = view.rule.match ?? {};
    return Object.keys(conditions).length === 0;
  };
  const isShut = (view: RuleView): boolean =>
    view.rule.kind === "access" &&
    view.rule.effect !== "allow" &&
    view.level > 0 &&
    view.rule.match === undefined;
  if (views.some((view) => isTotalOfAll(view) || isShut(view))) return undefined;
  const caps = views.filter(({ rule }) => isLimit(rule)).map(({ id }) => id);
  const others =
    caps.length === 0
      ? "no rule limits how much is done"
      : `${listed(caps)} ${caps.length === 1 ? "limits" : "limit"} a part, or each name by itself`;
  return [
    {
      ...{ code: "no-total-limit", severity: "warning", rules: [] },
      message: "no budget and no rate holds everything together: nothing bounds what a bad day can cost",
      evidence: others,
      fix: fixBy(TOTAL_CALLS),
    },
  ];
}

function noHalt(views: readonly RuleView[]): LintFinding[] | undefined {
  if (views.some(({ severity, level }) => severity === 3 && level > 0)) return undefined;
  return [
    {
      ...{ code: "no-halt-rule", severity: "warning", rules: [] },
      message:
        "no rule halts: when things go wrong each action is refused by itself, and what is in flight goes on",
      evidence: "a halt voids what is in flight and lasts until an operator resumes",
      fix: fixBy({ kind: "errors", ratePct: 50, window: "5m", minCalls: 20, then: "halt" }),
    },
  ];
}
