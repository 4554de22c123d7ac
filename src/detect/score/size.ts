import { shareLeft } from "./forgetting.js";
import { LAYOUT, edgeSliceAt, sliceAt } from "./layout.js";
import { edgeNegativeP, samplesOf, successOf } from "./standing.js";
import { betaBelow } from "./tails.js";
import { STATUSES } from "./verdict.js";
import type { ScoreSettings } from "./settings.js";

const { ATTEMPTS, PROBE_FROM, RESULTS, STATUS } = LAYOUT;
const { BLACK, RED } = STATUSES;

/** Size of an action in a lane about which nothing is known, and of a probe. */
const LEAST = 0.25;
const PROBE = 0.1;
/** So many standard deviations from the floor there is nothing left to compute. */
const FAR = 4;

/** Returns the share of its usual size that the next action of a slice may have. */
export function sizeOf(
  s: number[],
  edge: number[] | null,
  slice: number,
  mono: number,
  settings: ScoreSettings,
): number {
  const at = sliceAt(slice);
  if (s[at + STATUS] === BLACK) return 0;
  if (s[at + STATUS] === RED) return mono >= s[at + PROBE_FROM]! ? PROBE : 0;
  const share = shareLeft(s, mono, settings);
  const attempts = s[at + ATTEMPTS]! * share;
  let samples = attempts;
  let confidence = attempts > 0 ? fillAbove(s, slice, share, settings.execYellowFill) : 1;
  if (edge !== null) {
    const results = edge[edgeSliceAt(slice) + RESULTS]! * share;
    samples = Math.max(samples, results);
    if (results >= settings.minSamplesForKill)
      confidence = Math.min(confidence, 1 - edgeNegativeP(edge, slice));
  }
  return LEAST + (1 - LEAST) * confidence * Math.min(1, samples / settings.minSamplesForGreen);
}

/** Probability that the success of a slice is at least the floor. */
function fillAbove(s: number[], slice: number, share: number, floor: number): number {
  const success = successOf(s, slice);
  const count = samplesOf(s, slice) * share;
  const distance = success - floor;
  if (
    distance > 0 &&
    distance * distance * (count + 1) > FAR * FAR * Math.max(floor * (1 - floor), success * (1 - success))
  )
    return 1;
  return 1 - betaBelow(floor, success, count);
}
