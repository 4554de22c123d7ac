import { formatAmount } from "../core/measure.js";
import { formatDuration } from "../core/duration.js";
import type { Engine, Loss, RestartFacts } from "../engine/index.js";
import { scopeText } from "./news.js";
import type { Recovered } from "./recovery.js";

/** Halts and counters that the start names one by one. */
const NAMED = 10;

/** What must be said of a state that was taken over: one sentence each, the gravest as warnings. */
export function restoredNews(
  name: string,
  recovered: Recovered,
  facts: RestartFacts,
  engine: Engine,
  inFlight: number,
): { readonly infos: string[]; readonly warnings: string[] } {
  const [infos, warnings]: [string[], string[]] = [[], []];
  const down = formatDuration(Math.round(facts.downMs));
  const how = facts.clean ? "ended by itself" : "died";
  infos.push(
    `state restored from ${name}: the process before ${how} ${down} ago, ${counted(engine.seq, "decision")} so far`,
  );
  if (recovered.commandsOnly !== null && recovered.tail > 0)
    warnings.push(
      `the newest records cannot be replayed, as ${recovered.commandsOnly}: what was granted counts as spent`,
    );
  for (const { info } of [...engine.halts.all()].slice(0, NAMED)) {
    const why = info.reason === "" ? "" : `: ${info.reason}`;
    warnings.push(`halt ${info.id} over ${scopeText(info.scope)} by ${info.by} still holds${why}`);
  }
  if (engine.halts.size > NAMED) warnings.push(`and ${engine.halts.size - NAMED} more halts`);
  const blocked = [...engine.lanes.all()].filter((lane) => lane.isBarred);
  for (const { source, series, status } of blocked.slice(0, NAMED))
    warnings.push(`\`${series}\` by \`${source}\` is still ${status === "black" ? "killed" : "blocked"}`);
  if (blocked.length > NAMED) warnings.push(`and ${blocked.length - NAMED} more lanes`);
  const open = engine.guards.filter(({ rule, quiet }) => rule.kind === "errors" && !quiet);
  if (open.length > 0) warnings.push(`breakers still open: ${open.map(({ id }) => `\`${id}\``).join(", ")}`);
  if (inFlight > 0)
    warnings.push(`${counted(inFlight, "action")} in flight then: what they had reserved counts as spent`);
  warnings.push(...lossNews(facts.losses, engine));
  if (!facts.clean && !facts.nothingIsKnown)
    infos.push(
      "limits over up to a minute and token buckets begin used up, because the last moments are not known",
    );
  if (facts.nothingIsKnown)
    warnings.push(
      "the state was damaged and repaired: every budget counts as spent until its window is over",
    );
  return { infos, warnings };
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** By rule, because a rule may have thousands of counters. */
function lossNews(losses: readonly Loss[], engine: Engine): string[] {
  const byRule = new Map<string, { amount: number; counters: number }>();
  for (const { rule, amount } of losses) {
    const sum = byRule.get(rule) ?? { amount: 0, counters: 0 };
    byRule.set(rule, { amount: sum.amount + amount, counters: sum.counters + 1 });
  }
  return [...byRule].map(([identity, { amount, counters }]) => {
    const rule = engine.guards.find((guard) => guard.identity === identity)?.rule;
    const what =
      rule?.kind === "budget"
        ? formatAmount(rule.measure, amount)
        : `${amount} ${amount === 1 ? "action" : "actions"}`;
    const of = counters === 1 ? "" : ` in ${counters} counters`;
    return `rule \`${rule?.id ?? identity}\`: ${what}${of} counted as spent, because the process before died with it`;
  });
}
