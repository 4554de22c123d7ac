import type { BacktestReport } from "../analysis/backtest/index.js";
import type { HistoryFacts } from "./backtest-history.js";
import { counted, grouped } from "./io.js";

/**
 * Why too much work is lost, or nobody can tell that it is not, a sentence for each reason.
 *
 * @param most actions that had worked and that a policy may lose; undefined: nobody asks
 */
export function failuresOf(
  { recorded: { decisions, unreadable }, policies }: BacktestReport,
  { kind }: HistoryFacts,
  most: number | undefined,
): readonly string[] {
  if (most === undefined) return [];
  const failures: string[] = [];
  if (decisions === 0) failures.push("there is no decision to judge");
  // What the governor of a log could not read it has refused, as it would under any policy.
  if (kind === "sessions" && unreadable > 0) {
    const them = unreadable === 1 ? "it" : "them";
    failures.push(
      `${counted(unreadable, "action")} could not be read: nobody knows whether a policy loses ${them}`,
    );
  }
  for (const { name, unsure, refusedNow, stoppedNow } of policies) {
    const lost = refusedNow.worked + stoppedNow.worked;
    if (lost > most)
      failures.push(
        `\`${name}\` loses ${counted(lost, "action")} that had worked, more than ${grouped(most)}`,
      );
    else if (decisions > 0 && unsure === decisions)
      failures.push(`\`${name}\` cannot be judged: all its decisions hinge on answers that nobody recorded`);
  }
  return failures;
}
