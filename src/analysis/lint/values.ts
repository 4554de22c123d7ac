import { own } from "../../core/own.js";
import { fixBy, fixWith, type LintFinding, listed, named } from "./finding.js";
import { blocks, type RuleView } from "./rule-view.js";

/** What the policy expects actions to say of themselves, and how it reads times. */
export function lintValues(views: readonly RuleView[]): LintFinding[] {
  const restricting = views.filter(({ isAllowing }) => !isAllowing);
  return [
    ...costRequired(restricting),
    ...tagRequired(restricting),
    ...untaggedTogether(views),
    ...views.flatMap((view) => timeInUtc(view) ?? []),
  ];
}

/** An action that does not name a measure that some rule limits is refused. Told once a measure. */
function costRequired(views: readonly RuleView[]): LintFinding[] {
  const byMeasure = new Map<string, RuleView[]>();
  for (const view of views) {
    const { rule, level, severity } = view;
    if ((rule.kind !== "budget" && rule.kind !== "size") || rule.measure === "calls") continue;
    if ((rule.kind === "budget" && rule.assume !== undefined) || level === 0 || severity < 2) continue;
    byMeasure.set(rule.measure, [...(byMeasure.get(rule.measure) ?? []), view]);
  }
  return [...byMeasure].map(([measure, users]) => {
    const budget = users.find(({ rule }) => rule.kind === "budget");
    const ids = users.map(({ id }) => id);
    return {
      ...{ code: "cost-required", severity: "info", rules: ids },
      message: `an action that does not name its ${named(measure)} is refused by ${listed(ids)}`,
      evidence: `each call that they apply to must give \`cost.${measure}\`; free ones give 0`,
      fix:
        budget === undefined
          ? fixWith(users[0]!.rule, {
              match: { ...users[0]!.rule.match, costOver: overZero(users[0]!, measure) },
            })
          : fixWith(budget.rule, { assume: 0 }),
    };
  });
}

/** Does not spare an action that names no cost, and says aloud that only named ones are meant. */
function overZero({ rule }: RuleView, measure: string): Readonly<Record<string, number>> {
  return { [measure]: 0, ...rule.match?.costOver };
}

/** A rule that a tag's value decides does not apply to an action that has no such tag. Told once a tag. */
function tagRequired(views: readonly RuleView[]): LintFinding[] {
  const byTag = new Map<string, string[]>();
  for (const { rule, level, severity, id } of views) {
    if (level === 0 || severity === 0) continue;
    for (const tag of Object.keys(rule.match?.tags ?? {})) byTag.set(tag, [...(byTag.get(tag) ?? []), id]);
  }
  return missing(byTag, views).map(([tag, ids]) => ({
    ...{ code: "tag-required", severity: "info", rules: ids },
    message: `an action without the tag ${named(tag)} escapes ${listed(ids)}`,
    evidence: "a rule that names a tag does not apply to actions that do not carry it",
    fix: fixBy({ kind: "access", effect: "deny", match: { except: { tags: { [tag]: "**" } } } }),
  }));
}

/** Actions without the tag are counted as if they had one more value in common. Told once a tag. */
function untaggedTogether(views: readonly RuleView[]): LintFinding[] {
  const byTag = new Map<string, string[]>();
  for (const { rule, clause, id } of views) {
    for (const key of rule.per ?? []) {
      if (!key.startsWith("tag:")) continue;
      const tag = key.slice("tag:".length);
      if (!clause.tags.has(tag)) byTag.set(tag, [...(byTag.get(tag) ?? []), id]);
    }
  }
  return missing(byTag, views).map(([tag, ids]) => ({
    ...{ code: "untagged-share-a-counter", severity: "info", rules: ids },
    message: `all actions without the tag ${named(tag)} share one counter of ${listed(ids)}`,
    evidence: `whoever leaves ${named(tag)} away is limited together with all others who do`,
    fix: fixBy({ kind: "access", effect: "deny", match: { except: { tags: { [tag]: "**" } } } }),
  }));
}

/** Tags that no rule demands of every action. */
function missing(
  byTag: ReadonlyMap<string, readonly string[]>,
  views: readonly RuleView[],
): (readonly [tag: string, ids: readonly string[]])[] {
  return [...byTag].filter(([tag]) => !views.some((view) => demands(view, tag)));
}

/** It denies everything that does not carry the tag. */
function demands(view: RuleView, tag: string): boolean {
  const { rule } = view;
  if (rule.kind !== "access" || rule.effect !== "deny" || !blocks(view)) return false;
  const { except = [], ...conditions } = rule.match ?? {};
  const [only, ...others] = except;
  return (
    Object.keys(conditions).length === 0 &&
    others.length === 0 &&
    Object.keys(only ?? {}).join() === "tags" &&
    own(only?.tags, tag) !== undefined
  );
}

/** Where an office is meant, UTC is rarely its time. */
function timeInUtc({ rule }: RuleView): LintFinding | undefined {
  const clauses = [rule.match ?? {}, ...(rule.match?.except ?? [])];
  const isUtc = clauses.some(({ schedule }) => schedule?.from !== undefined && schedule.timeZone === "UTC");
  if (!isUtc) return undefined;
  const moved = <C extends (typeof clauses)[number]>(clause: C): C =>
    clause.schedule?.timeZone === "UTC"
      ? { ...clause, schedule: { ...clause.schedule, timeZone: "Europe/Berlin" } }
      : clause;
  const match = {
    ...moved(rule.match!),
    ...(rule.match!.except && { except: rule.match!.except.map(moved) }),
  };
  return {
    ...{ code: "time-in-utc", severity: "info", rules: [rule.id] },
    message: `the hours in rule ${named(rule.id)} are in UTC, and do not move with summer time`,
    evidence: "without a time zone that is what a time means; a city's name makes it that city's time",
    fix: fixWith(rule, { match }),
  };
}
