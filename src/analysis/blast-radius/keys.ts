import { isLiteral } from "../../core/glob.js";
import type { Rule } from "../../policy/index.js";
import type { NameClass } from "./name-classes.js";
import { isOneSegment } from "./name-classes.js";

/** What is taken as given about who attacks. */
export interface Adversary {
  /** Sources that the host gives it; their sub-agents are its own to name. */
  readonly sources: number;
  /** Tags whose value the host sets, and how many values there are. */
  readonly tagValues: ReadonlyMap<string, number>;
}

/** How many counters of a rule a class of series can draw on; `why`: there is no end of them. */
export type Keys = { readonly count: number } | { readonly why: string };

/** Counts the counters that a rule keeps for the actions of one class of series, all sources together. */
export function keysOf(rule: Rule, series: NameClass, { sources, tagValues }: Adversary): Keys {
  let count = 1;
  for (const per of rule.per ?? []) {
    if (per === "source") {
      const roots = rootsOf(rule.match?.source, sources);
      if (roots === null)
        return {
          why: `each sub-agent has a counter of its own in rule \`${rule.id}\`, and the agent names them`,
        };
      count *= roots;
    } else if (per === "series") {
      if (series.literal === null)
        return { why: `rule \`${rule.id}\` counts each tool by itself, and names can be invented` };
    } else {
      const tag = per.slice("tag:".length);
      const values = tagValues.get(tag);
      if (values === undefined)
        return {
          why: `rule \`${rule.id}\` counts each value of tag \`${tag}\` by itself, and the agent chooses it`,
        };
      count *= values;
    }
  }
  return { count };
}

/** Counters per source that the sources have at most: that of the root takes in all of its sub-agents. */
function rootsOf(globs: readonly string[] | undefined, sources: number): number | null {
  if (globs === undefined || globs.includes("**")) return sources;
  const areRoots = globs.every(isOneSegment);
  if (globs.every(isLiteral)) return areRoots ? Math.min(sources, globs.length) : globs.length;
  return areRoots ? sources : null;
}
