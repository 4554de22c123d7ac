import { canonicalJson } from "../../core/canonical.js";
import { identify } from "../../engine/identity.js";
import type { Rule } from "../../policy/index.js";

/** A rule that is not what it was. */
export interface RuleChange {
  readonly what: "changed" | "added" | "removed";
  readonly old: Rule | null;
  readonly new: Rule | null;
}

/**
 * What differs between two policies, rule by rule. Rules that say the same are the same, whatever their ids; of the
 * others those go together that have one id and one kind, then those that count the same; what is left was added or
 * removed.
 */
export function changesBetween(old: readonly Rule[], now: readonly Rule[]): readonly RuleChange[] {
  const [otherOld, otherNew] = without(old, now, canonicalJson);
  const [gone, come] = without(otherOld, otherNew, ({ id: _id, ...said }) => canonicalJson(said));
  const [changedById, restById] = paired(gone, come, gone.map(nameOf), come.map(nameOf));
  const [changed, rest] = paired(restById.old, restById.new, identify(restById.old), identify(restById.new));
  return [
    ...[...changedById, ...changed].map(([before, after]): RuleChange => ({
      what: "changed",
      old: before,
      new: after,
    })),
    ...rest.old.map((rule): RuleChange => ({ what: "removed", old: rule, new: null })),
    ...rest.new.map((rule): RuleChange => ({ what: "added", old: null, new: rule })),
  ];
}

function nameOf({ id, kind }: Rule): string {
  return `${kind} ${id}`;
}

/** Both lists without what stands in both. */
function without(
  old: readonly Rule[],
  now: readonly Rule[],
  key: (rule: Rule) => string,
): readonly [readonly Rule[], readonly Rule[]] {
  const left = new Map<string, number>();
  for (const rule of now) left.set(key(rule), (left.get(key(rule)) ?? 0) + 1);
  /** Whether there is one more left of it. */
  const take = (rule: Rule): boolean => {
    const name = key(rule);
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    return count > 0;
  };
  const gone = old.filter((rule) => !take(rule));
  const come = now.filter(take);
  return [gone, come];
}

interface Lists {
  readonly old: readonly Rule[];
  readonly new: readonly Rule[];
}

/** Pairs of equal names, and what has no partner. */
function paired(
  old: readonly Rule[],
  now: readonly Rule[],
  oldNames: readonly string[],
  newNames: readonly string[],
): readonly [readonly (readonly [Rule, Rule])[], Lists] {
  const places = new Map(newNames.map((name, i) => [name, i]));
  const pairs: [Rule, Rule][] = [];
  const taken = new Set<number>();
  const left = old.filter((rule, i) => {
    const place = places.get(oldNames[i]!);
    if (place === undefined || taken.has(place)) return true;
    taken.add(place);
    pairs.push([rule, now[place]!]);
    return false;
  });
  return [pairs, { old: left, new: now.filter((_, i) => !taken.has(i)) }];
}
