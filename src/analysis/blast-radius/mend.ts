import type { RuleInput } from "../../policy/index.js";
import { fixBy } from "../lint/finding.js";
import type { NameClass } from "./name-classes.js";
import type { Column } from "./columns.js";

/** Limits to begin with: whoever adds the sentence knows the right one better. */
const LIMITS: ReadonlyMap<string, number> = new Map([
  ["calls", 1_000],
  ["usd", 100],
  ["tokens", 1_000_000],
]);
const ANY_LIMIT = 1_000;

/**
 * The sentence that bounds a measure for a class of series, read back before it is offered.
 *
 * @param series null: for all actions together
 */
export function boundingSentence(measure: string, series: NameClass | null): string {
  const limit = LIMITS.get(measure) ?? ANY_LIMIT;
  const match = series === null || series.glob === null ? {} : { match: { series: [series.glob] } };
  const rule =
    measure === "calls"
      ? { kind: "rate", limit, window: "1d", ...match }
      : { kind: "budget", measure, limit, window: "1d", assume: 0, ...match };
  return fixBy(rule as unknown as RuleInput).sentence;
}

/** Why nothing bounds a class of actions. */
export function whyUnbounded({ kind, dodges }: Column): string {
  const { measure, series, source } = kind;
  const who = source.glob === null ? "" : ` by ${source.isBelow ? "sub-agents of " : ""}\`${source.glob}\``;
  const what = series.glob === null ? "a tool that no rule names" : `\`${series.glob}\``;
  const [dodge, ...more] = [...new Set(dodges)];
  if (dodge !== undefined) {
    const others = more.length === 0 ? "" : `, and ${more.length} more like this`;
    return `${dodge}${others}`;
  }
  if (measure === "calls") return `no rule counts ${what}${who}`;
  return `no rule adds up the ${measure} of ${what}${who}, and none bounds one action's together with how many there are`;
}
