import { CAPITAL_LOST, EDGE, FILL, SLIPPED } from "./causes.js";
import { LAYOUT, sliceAt } from "./layout.js";
import { edgeNegativeP } from "./standing.js";
import { betaBelow } from "./tails.js";
import { SURE } from "./verdict.js";
import type { ScoreSettings } from "./settings.js";

const {
  CAPITAL,
  CAUSES,
  HAS_CAPITAL,
  PROBES,
  PROBE_FROM,
  PROBE_OKS,
  PROBE_WEALTH,
  REALIZED_STREAK,
  SETTLED_STREAK,
  SLIPPAGE,
} = LAYOUT;

/*
 * The way back from red. After a cool-down single actions pass as probes, and two things have to agree: so many
 * observations in a row that each left the estimate beyond the red threshold by the buffer, and, where execution made
 * it red, a bet against "still at or below it" that has grown twentyfold. Both count from the cool-down on.
 */

const MS_PER_HOUR = 3_600_000;
/** Wealth at which the bet is won: a lane still at the threshold gets there in at most one of twenty attempts. */
const REVIVAL_WEALTH = 20;
/** Times the observations needed that an attempt may take before the lane cools down again. */
const MOST_PROBES = 10;

/** Blocks a slice until its cool-down is over; probes count from zero. */
export function coolDown(s: number[], slice: number, mono: number, settings: ScoreSettings): void {
  const at = sliceAt(slice);
  s[at + PROBE_FROM] = mono + settings.redCooldownHours * MS_PER_HOUR;
  s[at + PROBES] = 0;
  s[at + PROBE_OKS] = 0;
  s[at + PROBE_WEALTH] = 1;
  s[at + SETTLED_STREAK] = 0;
  s[at + REALIZED_STREAK] = 0;
}

/** Counts the outcome of an action in a red slice; those before the end of the cool-down were no probes. */
export function learnProbe(
  s: number[],
  slice: number,
  ok: boolean,
  mono: number,
  settings: ScoreSettings,
): void {
  const at = sliceAt(slice);
  if (mono < s[at + PROBE_FROM]!) return;
  const threshold = thresholdOf(settings);
  const probes = s[at + PROBES]!;
  const oks = s[at + PROBE_OKS]!;
  // The bet is on what the probes before have shown, and no bet at all where they have shown nothing good.
  const bet = Math.min(Math.max((oks + 0.5) / (probes + 1), threshold), Math.max(0.98, threshold));
  const factor = ok ? bet / threshold : (1 - bet) / (1 - threshold);
  s[at + PROBE_WEALTH] = Math.min(s[at + PROBE_WEALTH]! * factor, 1e12);
  s[at + PROBES] = probes + 1;
  s[at + PROBE_OKS] = oks + (ok ? 1 : 0);

  const causes = s[at + CAUSES]!;
  const estimate = (s[at + PROBE_OKS]! + settings.execRedFill) / (probes + 2);
  const isFillFine = (causes & FILL) === 0 || estimate > threshold;
  const most =
    settings.execRedSlippageCents - Math.abs(settings.execRedSlippageCents) * settings.revivalBufferPct;
  const isSlippageFine = (causes & SLIPPED) === 0 || s[at + SLIPPAGE + 1]! <= most;
  s[at + SETTLED_STREAK] = isFillFine && isSlippageFine ? s[at + SETTLED_STREAK]! + 1 : 0;
}

/** Counts a result that a red slice realized after its cool-down. */
export function learnProbeResult(
  s: number[],
  edge: number[],
  slice: number,
  mono: number,
  settings: ScoreSettings,
): void {
  const at = sliceAt(slice);
  if (mono < s[at + PROBE_FROM]!) return;
  const causes = s[at + CAUSES]!;
  const share = 1 - settings.revivalBufferPct;
  const isEdgeFine = (causes & EDGE) === 0 || edgeNegativeP(edge, slice) <= settings.edgeRedP * share;
  const isCapitalFine =
    (causes & CAPITAL_LOST) === 0 || s[HAS_CAPITAL] === 0 || s[CAPITAL]! > settings.capitalRedPct * share;
  s[at + REALIZED_STREAK] = isEdgeFine && isCapitalFine ? s[at + REALIZED_STREAK]! + 1 : 0;
}

/** Every axis that made the slice red has come back. */
export function isRevived(s: number[], slice: number, settings: ScoreSettings): boolean {
  const at = sliceAt(slice);
  const causes = s[at + CAUSES]!;
  const needed = settings.revivalConsecutiveObs;
  if ((causes & (FILL | SLIPPED)) !== 0 && s[at + SETTLED_STREAK]! < needed) return false;
  if ((causes & (EDGE | CAPITAL_LOST)) !== 0 && s[at + REALIZED_STREAK]! < needed) return false;
  return (causes & FILL) === 0 || s[at + PROBE_WEALTH]! >= REVIVAL_WEALTH;
}

/** The probes say that the slice is as bad as it was, or have said nothing for too long. */
export function isHopeless(s: number[], slice: number, settings: ScoreSettings): boolean {
  const at = sliceAt(slice);
  const probes = s[at + PROBES]!;
  const needed = settings.revivalConsecutiveObs;
  if (probes < needed) return false;
  if (probes >= MOST_PROBES * needed) return true;
  if ((s[at + CAUSES]! & FILL) === 0) return false;
  const estimate = (s[at + PROBE_OKS]! + 0.5) / (probes + 1);
  return betaBelow(thresholdOf(settings), estimate, probes + 1) >= SURE;
}

/** Success that probes have to show: the buffer is never more than half of what is left up to one. */
function thresholdOf({ execRedFill, revivalBufferPct }: ScoreSettings): number {
  const threshold = Math.min(execRedFill * (1 + revivalBufferPct), (1 + execRedFill) / 2);
  return Math.min(Math.max(threshold, 1e-6), 0.999);
}
