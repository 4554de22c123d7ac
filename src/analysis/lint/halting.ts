import { parseDuration } from "../../core/duration.js";
import { compareHalts, compareReach, orderOf } from "../../engine/index.js";
import type { RuleView } from "./rule-view.js";

/** Whether it is the halt of `a` that comes about wherever both call for one. */
export function haltsFirst(a: RuleView, b: RuleView): boolean {
  const [one, other] = [halterOf(a), halterOf(b)];
  const order = compareHalts(one, other);
  // It is the same halt, told under another name.
  if (order === 0) return a.id < b.id;
  // Where the words of the halts decide, they do so by values of keys that nobody knows yet.
  const isByReach = compareReach(orderOf(one, ""), orderOf(other, "")) !== 0;
  return order < 0 && (isByReach || (a.per.size === 0 && b.per.size === 0));
}

/** The rule for some key; an allow-list has none. */
function halterOf({ rule, per, isAllowing }: RuleView): Parameters<typeof compareHalts>[0] {
  const tags = [...per].filter((key) => key.startsWith("tag:")).map((key) => key.slice("tag:".length));
  const key = {
    ...(per.has("source") && { source: "x" }),
    ...(per.has("series") && { series: "x" }),
    ...(tags.length > 0 && { tags: Object.fromEntries(tags.map((tag) => [tag, "x"])) }),
  };
  const forMs = rule.for === undefined ? undefined : (parseDuration(rule.for) ?? undefined);
  return { guard: { rule, forMs }, key: isAllowing ? {} : key };
}
