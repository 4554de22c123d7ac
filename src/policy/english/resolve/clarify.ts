import { isWordGlob } from "../../../core/words.js";
import type { Facets } from "../facets.js";
import { Refused } from "./problem.js";
import type { Of } from "./reading.js";

/** "agents": each of them, or all together? Both, unless the sentence says. */
export function clarify(facets: Facets): readonly Facets[] {
  const inObject = facets.find(
    (facet): facet is Of<"object"> =>
      facet.is === "object" && facet.facets.some(({ is }) => is === "unclear"),
  );
  if (inObject !== undefined) {
    const others = facets.filter((facet) => facet !== inObject);
    return clarify([...others, ...inObject.facets]).map((reading) => [
      { ...inObject, facets: [] },
      ...reading,
    ]);
  }
  const unclear = facets.find((facet): facet is Of<"unclear"> => facet.is === "unclear");
  if (unclear === undefined) return [eachOne(facets)];
  const rest = facets.filter((facet) => facet !== unclear && facet.is !== "apiece");
  const { start, end } = unclear;
  const each: Facets = [...rest, { is: "per", keys: [unclear.each], start, end }];
  if (facets.some(({ is }) => is === "apiece")) return clarify(each);
  if (facets.some(({ is }) => is === "together")) return clarify(rest);
  // A window leaves "in total" to say that it is about all of them.
  if (facets.some(({ is }) => is === "total") && facets.some(({ is }) => is === "window"))
    return clarify(rest);
  if (facets.some((facet) => facet.is === "per" && facet.keys.includes(unclear.each))) return clarify(rest);
  return [...clarify(each), ...clarify(rest)];
}

/** "each" at the end: of what was named, or of the actions. */
function eachOne(facets: Facets): Facets {
  const apiece = facets.find(({ is }) => is === "apiece");
  if (apiece === undefined) return facets;
  const rest = facets.filter(({ is }) => is !== "apiece");
  const { start, end } = apiece;
  const list = rest.flatMap((facet) =>
    facet.is === "condition" && facet.condition.is === "series" && facet.condition.globs.length > 1
      ? facet.condition.globs
      : [],
  );
  if (list.some((glob) => isWordGlob(glob)))
    throw new Refused({
      start,
      end,
      reason: "each of these words can mean several tools",
      help: "write one rule for each",
    });
  if (list.length > 0) return [...rest, { is: "per", keys: ["series"], start, end }];
  if (rest.some(({ is }) => is === "per")) return rest;
  const isSum = rest.some((facet) => facet.is === "limit" && facet.unit.of === "measure");
  if (isSum && !rest.some(({ is }) => is === "window")) return [...rest, { is: "single", start, end }];
  throw new Refused({
    start,
    end,
    reason: "each of what?",
    help: "write `per agent`, `per tool` or `per recipient`",
  });
}
