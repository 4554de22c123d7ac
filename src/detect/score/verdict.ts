import { CAPITAL_LOST, EDGE, EDGE_TEST, FILL, FILL_TEST, SHORT, SLIPPED, TOO_FEW } from "./causes.js";
import { KILL_WEALTH, wealthOf } from "./kill-test.js";
import {
  ATTEMPTS,
  CAPITAL,
  HAS_CAPITAL,
  RESULTS,
  RESULTS_TESTED,
  RESULT_TEST,
  SHORTFALL,
  TEST,
  TESTED,
  edgeSliceAt,
  sliceAt,
} from "./layout.js";
import { edgeNegativeP, samplesOf, slippageAbove, successOf } from "./standing.js";
import { betaBelow, studentBelow } from "./tails.js";
import type { Health, ScoreSettings } from "./settings.js";

export const GREEN = 0;
export const YELLOW = 1;
export const RED = 2;
export const BLACK = 3;
export const HEALTHS: readonly Health[] = ["green", "yellow", "red", "black"];

/** An estimate below a red threshold blocks a lane from this probability on that the truth is below it, too. */
export const SURE = 0.8;

/** Returns the status that the numbers speak for, plus four times the bits of its causes. */
export function verdictOf(
  s: number[],
  edge: number[] | null,
  slice: number,
  settings: ScoreSettings,
): number {
  const killed = killCauses(s, edge, slice, settings);
  if (killed > 0) return BLACK + 4 * killed;
  const red = redCauses(s, edge, slice, settings);
  if (red > 0) return RED + 4 * red;
  const yellow = yellowCauses(s, edge, slice, settings);
  return yellow > 0 ? YELLOW + 4 * yellow : GREEN;
}

function killCauses(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): number {
  const { minSamplesForKill, edgeBlackMinSamples, capitalBlackPct } = settings;
  const at = sliceAt(slice);
  let samples = s[at + TESTED]!;
  let causes = 0;
  if (samples >= minSamplesForKill && wealthOf(s, at + TEST) >= KILL_WEALTH) causes |= FILL_TEST;
  if (edge !== null) {
    const its = edgeSliceAt(slice);
    const results = edge[its + RESULTS_TESTED]!;
    const enough = Math.max(minSamplesForKill, edgeBlackMinSamples);
    if (results >= enough && wealthOf(edge, its + RESULT_TEST) >= KILL_WEALTH) causes |= EDGE_TEST;
    samples = Math.max(samples, results);
  }
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= capitalBlackPct && samples >= minSamplesForKill)
    causes |= CAPITAL_LOST;
  return causes;
}

function redCauses(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): number {
  const at = sliceAt(slice);
  let causes = 0;
  if (s[at + ATTEMPTS]! >= settings.execMinAttempts - ROUNDING) {
    if (isSurelyBelow(s, slice, settings.execRedFill)) causes |= FILL;
    if (slippageAbove(s, slice, settings.execRedSlippageCents) >= SURE) causes |= SLIPPED;
  }
  if (edge !== null && hasResults(edge, slice, settings) && edgeNegativeP(edge, slice) >= settings.edgeRedP)
    causes |= EDGE;
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalRedPct) causes |= CAPITAL_LOST;
  return causes;
}

function yellowCauses(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): number {
  const attempts = s[sliceAt(slice) + ATTEMPTS]!;
  let samples = attempts;
  let causes = 0;
  if (attempts >= settings.execMinAttempts - ROUNDING && successOf(s, slice) < settings.execYellowFill)
    causes |= FILL;
  if (edge !== null) {
    samples = Math.max(samples, edge[edgeSliceAt(slice) + RESULTS]!);
    if (hasResults(edge, slice, settings)) {
      if (edgeNegativeP(edge, slice) >= settings.edgeYellowP) causes |= EDGE;
      if (shortfallP(edge, settings) >= settings.edgeRedP) causes |= SHORT;
    }
  }
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalYellowPct) causes |= CAPITAL_LOST;
  if (samples < settings.minSamplesForGreen - ROUNDING) causes |= TOO_FEW;
  return causes;
}

/** Probability that less is realized on average than was predicted. */
export function shortfallP(edge: number[], settings: ScoreSettings): number {
  const count = edge[SHORTFALL]!;
  if (count < Math.min(settings.minSamplesForKill, MOST_SHORTFALLS) - ROUNDING) return 0;
  const variance = Math.max(edge[SHORTFALL + 2]! / (count * Math.max(count - 1, 1)), 1e-12);
  return studentBelow(-edge[SHORTFALL + 1]! / Math.sqrt(variance), Math.max(count - 1, 1));
}

/** Its memory never holds more than fifty. */
const MOST_SHORTFALLS = 40;

/** Samples fade with time: twenty that came within minutes are still twenty. */
const ROUNDING = 0.5;

function isSurelyBelow(s: number[], slice: number, floor: number): boolean {
  const success = successOf(s, slice);
  return success < floor && betaBelow(floor, success, samplesOf(s, slice)) >= SURE;
}

function hasResults(edge: number[], slice: number, settings: ScoreSettings): boolean {
  return edge[edgeSliceAt(slice) + RESULTS]! >= settings.minSamplesForKill - ROUNDING;
}
