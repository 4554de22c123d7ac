import { harmless } from "./io.js";
import { timeText } from "./layout.js";
import type { RegimeSummary } from "./summary-judgement.js";

/**
 * The regime in one sentence with numbers: since when, and on what evidence.
 *
 * @param howLong tells the time since then: "2m ago"
 */
export function regimeText(regime: RegimeSummary, howLong: (since: number) => string): string {
  const { state, since, probabilities, evidence, signals } = regime;
  if (since === null && signals === 0) return `${state}: no signal is given`;
  const { normal, stressed, shock } = probabilities;
  const from = since === null ? "since the beginning" : `since ${timeText(since)} (${howLong(since)})`;
  const odds = `normal ${normal.toFixed(2)}, stressed ${stressed.toFixed(2)}, shock ${shock.toFixed(2)}`;
  return `${state} ${from}: ${harmless(evidence, 500)}; ${odds}`;
}
