import { CAPITAL_LOST, EDGE, EDGE_TEST, FILL, FILL_TEST, SHORT, SLIPPED, TOO_FEW } from "./causes.js";
import { KILL_WEALTH, wealthOf } from "./kill-test.js";
import { LAYOUT, edgeSliceAt, sliceAt } from "./layout.js";
import { edgeNegativeP, samplesOf, slippageAbove, successOf } from "./standing.js";
import { betaBelow, studentBelow } from "./tails.js";
import type { Health, ScoreSettings } from "./settings.js";

const { ATTEMPTS, CAPITAL, HAS_CAPITAL, RESULTS, RESULTS_TESTED, RESULT_TEST, SHORTFALL, TEST, TESTED } =
  LAYOUT;

/** What `STATUS` may be; taken as constants of one's own, as those of `LAYOUT` are. */
export const STATUSES = { GREEN: 0, YELLOW: 1, RED: 2, BLACK: 3 } as const;
const { GREEN, YELLOW, RED, BLACK } = STATUSES;
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
  const at = sliceAt(slice);
  const least = settings.minSamplesForKill;
  let samples = s[at + TESTED]!;
  let causes = samples >= least && wealthOf(s, at + TEST) >= KILL_WEALTH ? FILL_TEST : 0;
  if (edge !== null) {
    samples = Math.max(samples, edge[edgeSliceAt(slice) + RESULTS_TESTED]!);
    causes |= edgeKillCauses(edge, slice, settings);
  }
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalBlackPct && samples >= least)
    causes |= CAPITAL_LOST;
  return causes;
}

function edgeKillCauses(edge: number[], slice: number, settings: ScoreSettings): number {
  const its = edgeSliceAt(slice);
  const enough = Math.max(settings.minSamplesForKill, settings.edgeBlackMinSamples);
  return edge[its + RESULTS_TESTED]! >= enough && wealthOf(edge, its + RESULT_TEST) >= KILL_WEALTH
    ? EDGE_TEST
    : 0;
}

function redCauses(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): number {
  let causes = 0;
  if (s[sliceAt(slice) + ATTEMPTS]! >= settings.execMinAttempts - ROUNDING) {
    if (isSurelyBelow(s, slice, settings.execRedFill)) causes |= FILL;
    if (slippageAbove(s, slice, settings.execRedSlippageCents) >= SURE) causes |= SLIPPED;
  }
  if (edge !== null && hasResults(edge, slice, settings) && edgeNegativeP(edge, slice) >= settings.edgeRedP)
    causes |= EDGE;
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalRedPct) causes |= CAPITAL_LOST;
  return causes;
}

function yellowCauses(s: number[], edge: number[] | null, slice: number, settings: ScoreSettings): number {
  let samples = s[sliceAt(slice) + ATTEMPTS]!;
  let causes =
    samples >= settings.execMinAttempts - ROUNDING && successOf(s, slice) < settings.execYellowFill
      ? FILL
      : 0;
  if (edge !== null) {
    samples = Math.max(samples, edge[edgeSliceAt(slice) + RESULTS]!);
    if (hasResults(edge, slice, settings)) causes |= edgeYellowCauses(edge, slice, settings);
  }
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalYellowPct) causes |= CAPITAL_LOST;
  if (samples < settings.minSamplesForGreen - ROUNDING) causes |= TOO_FEW;
  return causes;
}

function edgeYellowCauses(edge: number[], slice: number, settings: ScoreSettings): number {
  return (
    (edgeNegativeP(edge, slice) >= settings.edgeYellowP ? EDGE : 0) |
    (shortfallP(edge, settings) >= settings.edgeRedP ? SHORT : 0)
  );
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
