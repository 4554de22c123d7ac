import { formatAmount, limitToMicro, toMicro } from "../../core/measure.js";
import { isWordGlob } from "../../core/words.js";
import type { Match, Rule } from "../../policy/index.js";
import { isImpossible } from "./arg-tests.js";
import { fixBy, fixWith, type LintFinding, named } from "./finding.js";
import type { Languages } from "./globs.js";
import { certainRefusal } from "./strictness.js";
import { blocks, coversAll, type RuleView } from "./rule-view.js";

const ONE_CALL = 1_000_000;

/** What a rule says that cannot be, whatever the other rules say; at most one finding. */
export function lintRule(view: RuleView, languages: Languages): LintFinding | undefined {
  const tripsByItself = watches(view) && (view.severity === 0 || view.severity === 3);
  return (
    (tripsByItself ? undefined : (impossibleCondition(view) ?? coveringException(view, languages))) ??
    refusesEverything(view) ??
    limitBelowMatch(view) ??
    assumedAboveLimit(view)
  );
}

/**
 * A balance or a signal can trip such a rule with no action at hand: it then halts or alerts whatever its conditions
 * say of actions.
 */
export function watches({ rule: { kind } }: RuleView): boolean {
  return kind === "floor" || kind === "loss" || kind === "stale";
}

function neverText(view: RuleView): string {
  const { id } = view;
  if (view.isAllowing) return `rule ${named(id)} allows nothing`;
  return watches(view) ? `rule ${named(id)} never refuses an action` : `rule ${named(id)} can never fire`;
}

/** A source with an empty part is no source, so a glob that wants one matches none. */
export function isImpossibleSource(glob: string): boolean {
  return /^\/|\/$|\/\//.test(glob) && !isWordGlob(glob);
}

function impossibleCondition(view: RuleView): LintFinding | undefined {
  const { rule, clause } = view;
  const match = rule.match ?? {};
  const without = (field: keyof Match, name?: string) => () =>
    fixWith(rule, { match: dropped(match, field, name) });
  const never = (evidence: string, fix: () => LintFinding["fix"]): LintFinding => ({
    ...{ code: "never-fires", severity: "error", rules: [rule.id], evidence, fix: fix() },
    message: `${neverText(view)}: its conditions cannot hold together`,
  });
  for (const [path, tests] of clause.args)
    if (isImpossible(tests))
      return never(
        `the argument ${named(path)} cannot equal ${named(String(tests.equals))} and meet the other tests of it`,
        without("args", path),
      );
  const [over, under] = [clause.over.get("calls"), clause.under.get("calls")];
  if (over !== undefined && over >= ONE_CALL)
    return never("every action is exactly one call, never more", without("costOver", "calls"));
  if (under !== undefined && under <= ONE_CALL)
    return never("every action is exactly one call, never fewer", without("costUnder", "calls"));
  const sources = clause.source.globs;
  if (sources?.every(isImpossibleSource) === true)
    return never(
      `no source matches ${named(sources[0]!)}: the parts of a source, between slashes, are never empty`,
      () => fixWith(rule, { match: { ...match, source: sources.map(mendSource) } }),
    );
  if (rule.kind === "size" && rule.measure === "calls" && rule.limit >= 1)
    return never("each action is one call, and it allows that many", () =>
      fixBy(
        { kind: "budget", measure: "calls", limit: Math.floor(rule.limit), window: "1d", ...scopeOf(rule) },
        [rule.id],
      ),
    );
  return undefined;
}

export function mendSource(glob: string): string {
  const mended = glob.replace(/\/{2,}/g, "/").replace(/^\/|\/$/g, "");
  return mended === "" ? "**" : mended;
}

function coveringException(view: RuleView, languages: Languages): LintFinding | undefined {
  const { rule, excepts } = view;
  const covers = excepts.map((except) => coversAll(except, view, languages) === true);
  const place = covers.indexOf(true);
  if (place < 0) return undefined;
  const { except, ...conditions } = rule.match!;
  const others = except!.filter((_, i) => !covers[i]);
  const match = { ...conditions, ...(others.length > 0 && { except: others }) };
  return {
    ...{ code: "exception-covers-all", severity: "error", rules: [rule.id] },
    message: `${neverText(view)}: its ${excepts.length === 1 ? "exception" : `exception ${place + 1}`} covers everything that it applies to`,
    evidence: "whatever meets the rule's conditions meets those of the exception too",
    fix: fixWith(rule, { match: Object.keys(match).length === 0 ? undefined : match }),
  };
}

/** A rule without conditions that refuses each action: nothing at all gets through. */
function refusesEverything(view: RuleView): LintFinding | undefined {
  const { rule } = view;
  if (!blocks(view) || rule.match !== undefined) return undefined;
  const certain = certainRefusal(view);
  if (certain === null) return undefined;
  const { measure, over } = certain;
  if (measure !== undefined && (measure !== "calls" || over! >= ONE_CALL)) return undefined;
  return {
    ...{ code: "nothing-passes", severity: "error", rules: [rule.id] },
    message: `rule ${named(rule.id)} refuses every action, so nothing in this policy matters beside it`,
    evidence: "it has no conditions, and every action is one call",
    fix: fixBy({ kind: "access", effect: "approve" }, [rule.id]),
  };
}

/** A limit below what an action must cost for the rule to apply: it refuses each of them. */
function limitBelowMatch(view: RuleView): LintFinding | undefined {
  const { rule, clause } = view;
  if ((rule.kind !== "budget" && rule.kind !== "size") || !blocks(view)) return undefined;
  const limit = limitToMicro(rule.limit);
  const over = clause.over.get(rule.measure);
  if (over === undefined || over < limit || rule.measure === "calls") return undefined;
  const { measure } = rule;
  const isBudget = rule.kind === "budget";
  return {
    code: isBudget ? "budget-below-match" : "size-below-match",
    severity: isBudget ? "error" : "warning",
    rules: [rule.id],
    message: `rule ${named(rule.id)} lets nothing through that names its cost: it only speaks of actions above its own limit`,
    evidence: `it applies to what costs more than ${formatAmount(measure, over)}, and allows ${formatAmount(measure, limit)}`,
    fix: fixBy(
      {
        kind: "access",
        effect: "deny",
        ...answerOf(rule),
        ...(rule.match && { match: rule.match }),
      },
      [rule.id],
    ),
  };
}

function assumedAboveLimit({ rule }: RuleView): LintFinding | undefined {
  if (rule.kind !== "budget" || rule.assume === undefined) return undefined;
  if (toMicro(rule.assume) <= limitToMicro(rule.limit)) return undefined;
  return {
    ...{ code: "assumed-above-limit", severity: "warning", rules: [rule.id] },
    message: `rule ${named(rule.id)} refuses every action that names no ${named(rule.measure)}: it assumes more than its whole limit`,
    evidence: `${formatAmount(rule.measure, toMicro(rule.assume))} are assumed, ${formatAmount(rule.measure, limitToMicro(rule.limit))} are allowed`,
    fix: fixWith(rule, { assume: undefined }),
  };
}

/** What a counter belongs to though it only ever has one value; an opinion beside other findings. */
export function lintKeys({ rule, clause }: RuleView): LintFinding | undefined {
  const pinned = (rule.per ?? []).find((key) => {
    if (key === "source") return false;
    const language = key === "series" ? clause.series : clause.tags.get(key.slice("tag:".length));
    return language?.literals?.length === 1;
  });
  if (pinned === undefined) return undefined;
  const others = rule.per!.filter((key) => key !== pinned);
  const what = pinned === "series" ? "tool" : `tag ${named(pinned.slice("tag:".length))}`;
  return {
    ...{ code: "key-has-one-value", severity: "info", rules: [rule.id] },
    message: `rule ${named(rule.id)} counts each ${what} by itself, and applies to one only`,
    evidence: `its conditions name one value, so one counter says the same`,
    fix: fixWith(rule, { per: others.length === 0 ? undefined : others }),
  };
}

/** A `match` without one of its conditions; undefined when nothing is left. */
function dropped(match: Match, field: keyof Match, name?: string): Match | undefined {
  const { [field]: value, ...others } = match;
  const rest =
    name === undefined || typeof value !== "object"
      ? {}
      : Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  const result = { ...others, ...(Object.keys(rest).length > 0 && { [field]: rest }) };
  return Object.keys(result).length === 0 ? undefined : result;
}

/** What a rule applies to and what it answers, for a rule of another kind in its place. */
function scopeOf(rule: Rule): object {
  return { ...(rule.match && { match: rule.match }), ...(rule.per && { per: rule.per }), ...answerOf(rule) };
}

function answerOf({ then, for: length, mode }: Rule): object {
  return { then, ...(length !== undefined && { for: length }), ...(mode !== undefined && { mode }) };
}
