import { LAYOUT, edgeSliceAt, sliceAt } from "./layout.js";
import { knowsSlice, sliceCount, sliceOks } from "./slice-memory.js";
import { studentBelow } from "./tails.js";
import { MEAN, MEAN_VARIANCE, SPREAD, effectiveResults } from "./value-bank.js";

const { RESULT, SLICES, SLICE_MEMORY, SLICE_SIZE, SLIPPAGE, VALUE_BANK, EFFECTIVE, RATE } = LAYOUT;

/*
 * What is believed of a lane in one regime: what it did there, drawn towards what it does everywhere by the weight of
 * ten events. A lane that was only ever in one regime is what it is everywhere.
 */

/** Weight of the whole lane in the belief about one of its slices. */
const PRIOR_WEIGHT = 10;
/** Nobody counts slippage before so many reports. */
const MIN_SLIPPAGES = 5;

export function successOf(s: number[], slice: number): number {
  const rate = s[RATE]!;
  if (isAlone(s, slice)) return rate;
  const weight = priorWeight(s);
  const at = sliceAt(slice) + SLICE_MEMORY;
  return (sliceOks(s, at) + weight * rate) / (sliceCount(s, at) + weight);
}

/** Outcomes that stand behind the success of a slice. */
export function samplesOf(s: number[], slice: number): number {
  return isAlone(s, slice) ? s[EFFECTIVE]! : sliceCount(s, sliceAt(slice) + SLICE_MEMORY) + priorWeight(s);
}

/** Probability that the mean slippage of a slice is above a limit; zero while hardly any was told. */
export function slippageAbove(s: number[], slice: number, limit: number): number {
  const at = sliceAt(slice) + SLIPPAGE;
  const count = s[at]!;
  if (count < MIN_SLIPPAGES) return 0;
  const variance = Math.max(s[at + 2]! / (count * (count - 1)), 1e-12);
  return studentBelow((s[at + 1]! - limit) / Math.sqrt(variance), count - 1);
}

export function edgeMeanOf(edge: number[], slice: number): number {
  const mean = edge[VALUE_BANK + MEAN]!;
  if (isEdgeAlone(edge, slice)) return mean;
  const at = edgeSliceAt(slice) + RESULT;
  const weight = edgePriorWeight(edge);
  return (edge[at]! * edge[at + 1]! + weight * mean) / (edge[at]! + weight);
}

/** Probability that the mean result of a slice is negative. */
export function edgeNegativeP(edge: number[], slice: number): number {
  const mean = edgeMeanOf(edge, slice);
  const weight = edgePriorWeight(edge);
  if (isEdgeAlone(edge, slice)) {
    return studentBelow(-mean / Math.sqrt(edge[VALUE_BANK + MEAN_VARIANCE]!), weightOfLane(edge));
  }
  const at = edgeSliceAt(slice) + RESULT;
  const count = edge[at]! + weight;
  const spread = (edge[at + 2]! + weight * edge[VALUE_BANK + SPREAD]!) / count;
  const own = Math.max(spread / count, 1e-12);
  return studentBelow(-mean / Math.sqrt(own), count);
}

/** The lane was only ever in this regime. */
export function isAlone(s: number[], slice: number): boolean {
  const own = sliceAt(slice);
  for (let at = SLICES; at < s.length; at += SLICE_SIZE) {
    if (at !== own && knowsSlice(s, at + SLICE_MEMORY)) return false;
  }
  return true;
}

function isEdgeAlone(edge: number[], slice: number): boolean {
  for (let other = 0; other < 3; other++) {
    if (other !== slice && edge[edgeSliceAt(other) + RESULT]! > 0) return false;
  }
  return true;
}

function priorWeight(s: number[]): number {
  return Math.min(PRIOR_WEIGHT, s[EFFECTIVE]!);
}

function edgePriorWeight(edge: number[]): number {
  return Math.min(PRIOR_WEIGHT, weightOfLane(edge));
}

function weightOfLane(edge: number[]): number {
  return Math.max(effectiveResults(edge, VALUE_BANK), 1);
}
