import { asksHuman, severityOf } from "../policy/index.js";
import type { AccessGuard } from "./guards/access.js";
import { AllowList } from "./guards/access.js";
import { keyName, tagName } from "./counter-table.js";
import { compareHalts } from "./halts.js";
import type { Counter, CounterKey, Guard } from "./guards/guard.js";
import type { Ticket } from "./ticket.js";

/** A rule that must be looked at for each action: it has conditions, or its counter depends on a tag. */
interface Part {
  readonly guard: Guard;
  readonly key: CounterKey;
  /** Name of the key in the guard's table, without the tags. */
  readonly name: string;
  readonly tags: readonly string[];
  /** Null where the counter depends on a tag. */
  readonly counter: Counter | null;
}

/** Everything a lane's actions are asked, worked out once per lane and policy. */
export interface Plan {
  /** The engine's policy version that the plan was made under. */
  readonly version: number;
  /** Counters of rules that always apply, by the part they have; each in the order of rule ids. */
  readonly askers: readonly Counter[];
  /** Asked only while something is amiss somewhere: see Guard.latches. */
  readonly latches: readonly Counter[];
  readonly committers: readonly Counter[];
  readonly settlers: readonly Counter[];
  readonly observers: readonly Counter[];
  /** Those that scale an action down rather than refuse it. */
  readonly sizers: readonly Counter[];
  /** Rules to be looked at for each action; empty on the fast path. */
  readonly parts: readonly Part[];
  /** Value tests whose answers the rules need. */
  readonly tests: readonly number[];
  /** A rule may ask for an approval, so actions must come with the digest it is bound to. */
  readonly needsBind: boolean;
  /** A rule compares calls, or what comes back. */
  readonly needsArgs: boolean;
  readonly needsResult: boolean;
}

/** What restored lanes and tickets have: no version is -1, so a lane's plan is made when it is first used. */
export const NO_PLAN: Plan = {
  version: -1,
  askers: [],
  latches: [],
  committers: [],
  settlers: [],
  observers: [],
  sizers: [],
  parts: [],
  tests: [],
  needsBind: false,
  needsArgs: false,
  needsResult: false,
};

const NO_COUNTERS: readonly Counter[] = [];

/** Works out which counters the rules keep for actions of `source` on `series`. */
export function planFor(
  guards: readonly Guard[],
  version: number,
  source: string,
  series: string,
  lineage: readonly string[],
  mono: number,
): Plan {
  const always: Counter[] = [];
  const parts: Part[] = [];
  const relevant = new Set<Guard>();
  const keys: NamedKey[] = [];
  for (const guard of guards) {
    if (isAllowing(guard)) continue;
    for (const { key, name } of keysOf(guard, source, series, lineage, keys)) {
      relevant.add(guard);
      const tags = tagsOf(guard);
      const counter = tags.length === 0 ? guard.table.get(key, mono, name) : null;
      if (counter !== null && !guard.conditions.isDynamic(key.source ?? source, series)) {
        // Keys beyond the cap share one counter: an action is charged to it once.
        if (!always.includes(counter)) always.push(counter);
      } else parts.push({ guard, key, name, tags, counter });
    }
  }
  for (const list of allowLists(guards.filter(isAllowing), source, series)) {
    if (list.alwaysAgrees(source, series)) continue;
    always.push(list);
    for (const guard of [list.guard, ...list.candidates]) relevant.add(guard);
  }
  always.sort(byRule);
  // Copied to size, because an array that grew keeps its slack, and there are many plans.
  const those = (part: (counter: Counter) => boolean): readonly Counter[] => {
    const counters = always.filter(part);
    return counters.length === 0 ? NO_COUNTERS : counters.slice();
  };
  return {
    version,
    askers: those(({ guard }) => guard.asks && !guard.latches),
    latches: those(({ guard }) => guard.latches),
    committers: those(({ guard }) => guard.commits && !guard.latches),
    settlers: those(({ guard }) => guard.settles),
    observers: those(({ guard }) => guard.observes),
    sizers: those(({ guard }) => guard.sizes && guard.enforced),
    parts,
    tests: [...new Set([...relevant].flatMap(({ conditions }) => conditions.tests))],
    needsBind: [...relevant].some((guard) => guard.enforced && asksHuman(guard.rule)),
    needsArgs: [...relevant].some((guard) => guard.readsArgs),
    needsResult: [...relevant].some((guard) => guard.readsResults),
  };
}

/** Puts the counters that apply to this action into `into`, in the order of rule ids; returns how many. */
export function assemble(plan: Plan, ticket: Ticket, mono: number, into: Counter[]): number {
  let count = 0;
  for (const part of plan.parts) {
    if (!part.guard.conditions.applies(ticket, part.key.source ?? ticket.lane.source)) continue;
    const counter = part.counter ?? counterOf(part, ticket, mono);
    if (counter.key.overflow === true && isThere(plan, into, count, counter)) continue;
    into[count++] = counter;
  }
  return count;
}

/** Whether the counter that keys beyond the cap share takes part already. */
function isThere(plan: Plan, into: readonly Counter[], count: number, counter: Counter): boolean {
  const place = into.indexOf(counter);
  if (place >= 0 && place < count) return true;
  return [plan.committers, plan.latches, plan.observers].some((part) => part.includes(counter));
}

function byRule(a: Counter, b: Counter): number {
  return a.guard.id < b.guard.id ? -1 : a.guard.id > b.guard.id ? 1 : 0;
}

function isAllowing(guard: Guard): guard is AccessGuard {
  return guard.rule.kind === "access" && guard.rule.effect === "allow";
}

/**
 * Allow rules that speak about a source form one list: what none of them names is refused, as the strictest of them
 * says. Were it the first one, another sentence or another name could make a list that blocks one that only alerts.
 */
function allowLists(guards: readonly AccessGuard[], source: string, series: string): AllowList[] {
  const concerned = guards.filter((guard) => guard.conditions.concerns(source));
  const enforced = concerned.filter((guard) => guard.enforced);
  const shadow = concerned.filter((guard) => !guard.enforced);
  const lists: AllowList[] = [];
  for (const [owner, members] of [
    [strictest(enforced), enforced],
    [strictest(shadow), concerned],
  ] as const) {
    if (owner !== undefined)
      lists.push(
        new AllowList(
          owner,
          members.filter((g) => g.conditions.covers(source, series)),
        ),
      );
  }
  return lists;
}

/** Of several that halt the one that reaches furthest; the first by id among equals. */
function strictest(guards: readonly AccessGuard[]): AccessGuard | undefined {
  let found: AccessGuard | undefined;
  for (const guard of guards) {
    const stricter = found === undefined ? 1 : severityOf(guard.rule) - severityOf(found.rule);
    const isFurther = stricter === 0 && guard.rule.then === "halt" && reachesFurther(guard, found!);
    if (stricter > 0 || isFurther) found = guard;
  }
  return found;
}

function reachesFurther(a: AccessGuard, b: AccessGuard): boolean {
  return compareHalts({ guard: a, key: {} }, { guard: b, key: {} }) < 0;
}

interface NamedKey {
  readonly key: CounterKey;
  readonly name: string;
}

/**
 * What is counted per source is charged to every ancestor that the rule covers, too.
 *
 * @param known keys of this lane that other rules have; those that are alike are one object for all of them
 */
function keysOf(
  guard: Guard,
  source: string,
  series: string,
  lineage: readonly string[],
  known: NamedKey[],
): NamedKey[] {
  const per = guard.rule.per ?? [];
  const bySeries = per.includes("series");
  if (!per.includes("source")) {
    if (!guard.conditions.covers(source, series)) return [];
    return [keyOf(undefined, bySeries ? series : undefined, known)];
  }
  return lineage
    .filter((ancestor) => guard.conditions.covers(ancestor, series))
    .map((ancestor) => keyOf(ancestor, bySeries ? series : undefined, known));
}

function keyOf(source: string | undefined, series: string | undefined, known: NamedKey[]): NamedKey {
  for (const named of known) if (named.key.source === source && named.key.series === series) return named;
  // Written out: objects made by spreading have a hidden class each.
  const key =
    source === undefined
      ? series === undefined
        ? {}
        : { series }
      : series === undefined
        ? { source }
        : { source, series };
  const named = { key, name: keyName(key) };
  known.push(named);
  return named;
}

function tagsOf(guard: Guard): string[] {
  return (guard.rule.per ?? [])
    .filter((per) => per.startsWith("tag:"))
    .map((per) => per.slice("tag:".length));
}

/** The counter of this action's tags; actions without the tag share one. */
function counterOf({ guard, key, name, tags }: Part, ticket: Ticket, mono: number): Counter {
  let full = name;
  for (const tag of tags) full += tagName(tag, ticket.tag(tag) ?? "");
  const known = guard.table.at(full);
  if (known !== undefined) return known;
  const values = Object.fromEntries(tags.map((tag) => [tag, ticket.tag(tag) ?? ""]));
  return guard.table.get({ ...key, tags: values }, mono);
}
