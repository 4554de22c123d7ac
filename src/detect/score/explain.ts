import {
  CAPITAL_LOST,
  EDGE,
  EDGE_TEST,
  FILL,
  FILL_TEST,
  OPERATOR,
  PROBED,
  RESTARTED,
  SHORT,
  SLIPPED,
  TOO_FEW,
} from "./causes.js";
import { KILL_WEALTH, wealthOf } from "./kill-test.js";
import { LAYOUT, edgeSliceAt, sliceAt } from "./layout.js";
import { edgeMeanOf, edgeNegativeP, isAlone, samplesOf, successOf } from "./standing.js";
import { MEMORIES, longRunSuccess, longestCount } from "./success-bank.js";
import { STATUSES, SURE, shortfallP } from "./verdict.js";
import type { ScoreSettings } from "./settings.js";

const {
  ATTEMPTS,
  CAPITAL,
  CAUSES,
  HAS_CAPITAL,
  PROBES,
  PROBE_FROM,
  PROBE_OKS,
  RESULTS,
  RESULT_TEST,
  SHORTFALL,
  SLIPPAGE,
  STATUS,
  TEST,
  BEST,
} = LAYOUT;
const { BLACK, GREEN, RED } = STATUSES;

const MS_PER_MINUTE = 60_000;

/** Returns why a slice has its status, in one sentence with the numbers. */
export function sentenceOf(
  s: number[],
  edge: number[] | null,
  slice: number,
  mono: number,
  settings: ScoreSettings,
): string {
  const causes = reasons(s, edge, slice, mono, settings);
  const facts = [...successFacts(s, slice, settings), ...edgeFacts(s, edge, slice, settings)];
  return facts.length === 0 ? causes : `${causes}: ${facts.join("; ")}`;
}

/** Calls that the memory with the most weight has in mind; no more than there were. */
export function bestMemoryOf(s: number[]): number {
  const memory = MEMORIES[s[BEST]!]!;
  const all = longestCount(s);
  return memory === 1 ? all : Math.min(all, 1 / (1 - memory));
}

function reasons(
  s: number[],
  edge: number[] | null,
  slice: number,
  mono: number,
  settings: ScoreSettings,
): string {
  const at = sliceAt(slice);
  const status = s[at + STATUS]!;
  const causes = s[at + CAUSES]!;
  if (status === GREEN) return "every axis that has data is fine";
  const said: string[] = [];
  const isRed = status === RED;
  if (causes & FILL_TEST)
    said.push(`success is below ${percent(settings.execBlackFill)}, proven at 1 in ${KILL_WEALTH}`);
  if (causes & EDGE_TEST)
    said.push(
      `the mean result is below ${cents(settings.edgeBlackMeanCents)}, at odds of 1 in ${KILL_WEALTH}`,
    );
  if (causes & FILL)
    said.push(`success is below ${percent(isRed ? settings.execRedFill : settings.execYellowFill)}`);
  if (causes & SLIPPED)
    said.push(
      `mean slippage ${cents(s[at + SLIPPAGE + 1]!)} is above ${cents(settings.execRedSlippageCents)} (p at least ${SURE})`,
    );
  if (causes & EDGE) said.push("the mean result is likely negative");
  if (causes & SHORT && edge !== null) {
    said.push(
      `results miss the prediction by ${cents(-edge[SHORTFALL + 1]!)} (p ${probability(shortfallP(edge, settings))})`,
    );
  }
  if (causes & CAPITAL_LOST)
    said.push(`capital stands at ${percent(s[CAPITAL]!)}, limit ${percent(capitalLimit(status, settings))}`);
  if (causes & OPERATOR) said.push("an operator revived it");
  if (causes & RESTARTED) said.push("its state is from before a restart");
  if (causes & PROBED) said.push("its probes worked");
  if (causes & TOO_FEW) said.push(`it has fewer than ${settings.minSamplesForGreen} samples`);
  if (said.length === 0) said.push("it is new");
  const text = said.join(" and ");
  return isRed ? `${text} (${probing(s, at, mono)})` : text;
}

function capitalLimit(status: number, settings: ScoreSettings): number {
  if (status === BLACK) return settings.capitalBlackPct;
  return status === RED ? settings.capitalRedPct : settings.capitalYellowPct;
}

function probing(s: number[], at: number, mono: number): string {
  const wait = s[at + PROBE_FROM]! - mono;
  if (wait > 0) return `probes in ${whole(Math.ceil(wait / MS_PER_MINUTE))} min`;
  return `${s[at + PROBE_OKS]!} of ${s[at + PROBES]!} probes worked`;
}

function successFacts(s: number[], slice: number, settings: ScoreSettings): string[] {
  const at = sliceAt(slice);
  if (s[at + ATTEMPTS]! <= 0) return [];
  const now = percent(successOf(s, slice));
  const was = percent(longRunSuccess(s));
  const evidence = wealthOf(s, at + TEST);
  const samples = `${whole(samplesOf(s, slice))} effective samples`;
  const before = now === was ? "as ever" : `was ${was}`;
  return [
    isAlone(s, slice)
      ? `success now ${now} (${before}), memory that fits best about ${whole(bestMemoryOf(s))} calls, ${samples}`
      : `success in this regime now ${now} (in all ${was}), ${samples}`,
    ...(evidence >= 1
      ? [`e-value ${whole(evidence)} against \`at least ${percent(settings.execBlackFill)}\``]
      : []),
  ];
}

function edgeFacts(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): string[] {
  const facts: string[] = [];
  if (edge !== null && edge[edgeSliceAt(slice) + RESULTS]! > 0) {
    const evidence = wealthOf(edge, edgeSliceAt(slice) + RESULT_TEST);
    facts.push(
      `mean result ${cents(edgeMeanOf(edge, slice))}, negative with p ${probability(edgeNegativeP(edge, slice))}`,
    );
    if (evidence >= 1)
      facts.push(
        `e-value ${whole(evidence)} against \`mean at least ${cents(settings.edgeBlackMeanCents)}\``,
      );
  }
  if (s[HAS_CAPITAL] === 1) facts.push(`capital at ${percent(s[CAPITAL]!)}`);
  return facts;
}

function percent(share: number): string {
  const value = share * 100;
  return `${Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`;
}

function cents(value: number): string {
  const digits = Math.abs(value) < 10 ? 100 : 1;
  return `${Math.round(value * digits) / digits} cents`;
}

function probability(p: number): string {
  return p > 0.995 ? "over 0.99" : p < 0.005 ? "under 0.01" : String(Math.round(p * 100) / 100);
}

function whole(value: number): string {
  return String(Math.round(value));
}
