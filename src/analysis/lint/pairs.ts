import { canonicalJson } from "../../core/canonical.js";
import { describeRule } from "../../policy/english/print.js";
import { implies } from "./clauses.js";
import { fixAs, fixWith, type LintFinding, named } from "./finding.js";
import type { Languages } from "./globs.js";
import { haltsFirst } from "./halting.js";
import { RuleIndex } from "./rule-index.js";
import { appliesWith, blocks, isOffList, type RuleView, sourcesOf } from "./rule-view.js";
import { refusesAll, strictness } from "./strictness.js";

/**
 * Finds rules that another rule makes pointless, at most one finding for each.
 *
 * Each claim is a proof about a governor that enforces the policy from the start: without the rule every action gets the
 * same answer, and the same halts come about. Alerts are left out of it, and so is what restarts and changes of policy
 * leave behind. What cannot be proven is not claimed.
 */
export function lintPairs(views: readonly RuleView[], languages: Languages): LintFinding[] {
  const families = new Map(
    [...groupBy(views, familyOf)].map(([name, group]) => [name, new RuleIndex(group)]),
  );
  const walls = new RuleIndex(views.filter((view) => blocks(view) && isWall(view)));
  const list = new AllowList(views, languages);
  const doubles = groupBy(views, ({ meaning }) => meaning);
  return views.flatMap((view) => {
    const found =
      duplicate(view, doubles.get(view.meaning)!) ??
      withinFamily(view, families.get(familyOf(view))!.around(view), languages) ??
      refusedAnyway(view, walls, languages) ??
      list.keepsOut(view);
    return found === undefined ? [] : [found];
  });
}

/** Rules of one family may count the same. */
function familyOf({ rule }: RuleView): string {
  switch (rule.kind) {
    case "budget":
    case "size":
      return `${rule.kind} ${rule.measure}`;
    case "stale":
      return `stale ${rule.signal}`;
    case "access":
      return `access ${rule.effect === "allow" ? "allow" : "other"}`;
    default:
      return rule.kind;
  }
}

/** Refuses some actions whatever has happened before. */
function isWall({ rule }: RuleView): boolean {
  return (
    rule.kind === "size" || rule.kind === "budget" || (rule.kind === "access" && rule.effect !== "allow")
  );
}

function duplicate(view: RuleView, alike: readonly RuleView[]): LintFinding | undefined {
  const [first] = alike;
  if (first === undefined || first === view) return undefined;
  return {
    ...{ code: "duplicate-rule", severity: "warning", rules: [view.id, first.id] },
    message: `rule ${named(view.id)} says the same as rule ${named(first.id)}`,
    evidence: `both read: ${describeRule(view.rule)}`,
    fix: fixAs(first.rule, [first.id, view.id]),
  };
}

/** Everything that the rule is about is refused by one other rule. */
function refusedAnyway(view: RuleView, walls: RuleIndex, languages: Languages): LintFinding | undefined {
  if (!canBePointless(view)) return undefined;
  for (const wall of walls.around(view)) {
    if (wall === view || (!isNeverCounted(view, wall) && !outranks(wall, view))) continue;
    if (!refusesAll(wall, view, languages)) continue;
    if (isFirstOfEquals(view, wall, languages)) continue;
    const because = `rule ${named(wall.id)} refuses everything that it applies to`;
    return view.isAllowing ? allowedInVain(view, wall, because, languages) : pointless(view, wall, because);
  }
  return undefined;
}

/** Of two that refuse the same, the first by id stays. */
function isFirstOfEquals(view: RuleView, other: RuleView, languages: Languages): boolean {
  if (view.id > other.id || !outranks(view, other)) return false;
  return strictness(view, other, languages) !== undefined || refusesAll(view, other, languages);
}

/** Its whole effect is an answer at the gate, or what it counts there. */
function canBePointless({ rule, level }: RuleView): boolean {
  switch (rule.kind) {
    case "rate":
    case "concurrency":
    case "errors":
    case "timeout":
      return true;
    case "access":
    case "budget":
    case "size":
      return level > 0;
    default:
      return false;
  }
}

/** What is refused is not counted, so a rule that only counts never comes to its limit. */
function isNeverCounted({ rule, isAllowing }: RuleView, wall: RuleView): boolean {
  if (isAllowing) return blocks(wall);
  const { kind } = rule;
  return kind === "rate" || kind === "concurrency" || kind === "errors" || kind === "timeout";
}

/** Where both refuse, the answer is that of `a`, with or without `b`. */
function outranks(a: RuleView, b: RuleView): boolean {
  if (b.severity === 0 || b.level === 0 || a.level < b.level || a.severity < b.severity) return false;
  // Of two that halt only one does so.
  return b.severity < 3 || (haltsFirst(a, b) && !actsByItself(b));
}

/** It can halt without any action having been asked about. */
function actsByItself({ rule: { kind } }: RuleView): boolean {
  return kind === "floor" || kind === "loss" || kind === "stale" || kind === "errors" || kind === "timeout";
}

/** The stricter of the two stays: whoever meant the other one must say so. */
function pointless({ rule, id }: RuleView, keep: RuleView, because: string): LintFinding {
  const evidence = `${describeRule(keep.rule)}; that includes: ${describeRule(rule)}`;
  const finding = { rules: [id, keep.id], evidence, fix: fixAs(keep.rule, [keep.id, id]) };
  if (rule.kind === "access" && rule.effect === "approve")
    return {
      ...{ ...finding, code: "approval-never-asked", severity: "error" },
      message: `no human is ever asked by rule ${named(id)}: ${because}`,
    };
  if (rule.kind === "access" || rule.kind === "size")
    return {
      ...{ ...finding, code: "shadowed-rule", severity: "warning" },
      message: `rule ${named(id)} changes nothing: ${because}`,
    };
  return {
    ...{ ...finding, code: "limit-on-refused", severity: "warning" },
    message: `rule ${named(id)} limits nothing: ${because}`,
  };
}

/** Without the allow rule its source could do everything, so it is the other rule that gives way. */
function allowedInVain(view: RuleView, wall: RuleView, because: string, languages: Languages): LintFinding {
  const isEqual = implies(wall.clause, view.clause, languages) !== false;
  const { except: _, ...allowed } = view.rule.match ?? {};
  const match = { ...wall.rule.match, except: [...(wall.rule.match?.except ?? []), allowed] };
  return {
    ...{ code: "allowed-but-refused", severity: "error", rules: [view.id, wall.id] },
    message: `rule ${named(view.id)} allows what is never allowed: ${because}`,
    evidence: `${describeRule(wall.rule)}; and yet: ${describeRule(view.rule)}`,
    fix: isEqual ? fixAs(view.rule, [view.id, wall.id]) : fixWith(wall.rule, { match }),
  };
}

/** A list that refuses in any case keeps the rule from counting. */
function isUncounted(view: RuleView, member: RuleView): boolean {
  return blocks(member) && isNeverCounted(view, member);
}

/** The answer is the list's, whether or not the rule refuses, too. */
function isOutranked({ severity, level }: RuleView, member: RuleView): boolean {
  return severity > 0 && severity < 3 && member.severity >= severity && member.level >= level;
}

/** The enforced allow rules: what a source may do where one of them speaks about it. */
class AllowList {
  readonly #members: readonly RuleView[];
  readonly #languages: Languages;

  constructor(views: readonly RuleView[], languages: Languages) {
    this.#members = views.filter(({ isAllowing, level }) => isAllowing && level > 0);
    this.#languages = languages;
  }

  /** The rule is only about what no list has on it. */
  keepsOut(view: RuleView): LintFinding | undefined {
    if (this.#members.length === 0 || view.isAllowing || !canBePointless(view)) return undefined;
    const sources = sourcesOf(view, this.#languages);
    // Whichever of them answers is at least as strict as each that speaks about the source.
    const speaker = this.#members.find(
      (member) =>
        (isUncounted(view, member) || isOutranked(view, member)) &&
        this.#languages.contains(member.clause.source, sources) === true,
    );
    if (speaker === undefined) return undefined;
    if (!this.#members.every((member) => isOffList(member, view, this.#languages))) return undefined;
    return pointless(
      view,
      speaker,
      `the allow-list of rule ${named(speaker.id)} leaves out everything that it applies to`,
    );
  }
}

function withinFamily(
  view: RuleView,
  family: readonly RuleView[],
  languages: Languages,
): LintFinding | undefined {
  if (view.isAllowing) return coveredAllow(view, family, languages);
  for (const other of family) {
    if (other === view || (!outranks(other, view) && !blocks(other))) continue;
    const found = strictness(other, view, languages);
    if (found === undefined) continue;
    if (found === "first" && blocks(other) && other.level >= view.level) return neverReached(view, other);
    if (!outranks(other, view) || !canGiveWay(view)) continue;
    if (isFirstOfEquals(view, other, languages)) continue;
    return areAtOdds(view, other) ? atOdds(view, other) : shadowed(view, other);
  }
  return undefined;
}

/** A halt that comes about by itself, and a second time limit, are more than an answer at the gate. */
function canGiveWay(view: RuleView): boolean {
  return !actsByItself(view) || view.severity < 3;
}

/** What it lets pass another member of the same list lets pass, too. */
function coveredAllow(
  view: RuleView,
  family: readonly RuleView[],
  languages: Languages,
): LintFinding | undefined {
  // The strictest of a list answers for it, so the one that stays has to answer at least as strictly.
  const answersFor = (a: RuleView, b: RuleView): boolean =>
    a.level === b.level &&
    a.severity >= b.severity &&
    (b.severity < 3 || haltsFirst(a, b)) &&
    appliesWith(a, b, languages);
  const isLike = (other: RuleView): boolean =>
    other !== view && answersFor(other, view) && !(view.id < other.id && answersFor(view, other));
  const wider = view.level === 0 ? undefined : family.find(isLike);
  return wider === undefined ? undefined : shadowed(view, wider, "allows everything that it allows");
}

function neverReached(view: RuleView, other: RuleView): LintFinding {
  if (areAtOdds(view, other)) return atOdds(view, other);
  const what = view.severity === 0 ? "never alerts" : "is never reached";
  return {
    ...{ code: "never-reached", severity: "warning", rules: [view.id, other.id] },
    message: `rule ${named(view.id)} ${what}: rule ${named(other.id)} stops before that`,
    evidence: `${describeRule(other.rule)}; so it never comes to: ${describeRule(view.rule)}`,
    fix: fixAs(other.rule, [other.id, view.id]),
  };
}

/** Two limits of exactly the same thing, with the same answer. */
function areAtOdds(a: RuleView, b: RuleView): boolean {
  return (
    a.counted === b.counted &&
    a.level === b.level &&
    a.severity === b.severity &&
    frameOf(a.rule) === frameOf(b.rule)
  );
}

/** What a limit is about besides the rule's `match` and `per`. */
function frameOf(rule: RuleView["rule"]): string {
  const { window, assume, account, from } = rule as unknown as Readonly<Record<string, unknown>>;
  const isBucket = rule.kind === "rate" && rule.burst !== undefined;
  const settings = rule.kind === "score" ? Object.keys(rule.settings).sort() : undefined;
  return canonicalJson({ window, assume, account, from, isBucket, settings });
}

function atOdds(view: RuleView, other: RuleView): LintFinding {
  return {
    ...{ code: "conflicting-limits", severity: "error", rules: [view.id, other.id] },
    message: `rules ${named(other.id)} and ${named(view.id)} say different things of the same thing: only the stricter, ${named(other.id)}, counts`,
    evidence: `${describeRule(other.rule)}; but also: ${describeRule(view.rule)}`,
    fix: fixAs(other.rule, [other.id, view.id]),
  };
}

function shadowed(
  view: RuleView,
  other: RuleView,
  how = "is at least as strict on everything that it applies to",
): LintFinding {
  return {
    ...{ code: "shadowed-rule", severity: "warning", rules: [view.id, other.id] },
    message: `rule ${named(view.id)} changes nothing: rule ${named(other.id)} ${how}`,
    evidence: `${describeRule(other.rule)}; that includes: ${describeRule(view.rule)}`,
    fix: fixAs(other.rule, [other.id, view.id]),
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
