import { bestMemoryOf, sentenceOf } from "./explain.js";
import { wealthOf } from "./kill-test.js";
import { LAYOUT, edgeSliceAt, sliceAt } from "./layout.js";
import { meanBrier, meanLogLoss } from "./record.js";
import { sizeOf } from "./size.js";
import { edgeMeanOf, edgeNegativeP, samplesOf, successOf } from "./standing.js";
import { shareLeft } from "./forgetting.js";
import { HEALTHS } from "./verdict.js";
import type { Health, ScoreSettings } from "./settings.js";

const {
  ATTEMPTS,
  CAPITAL,
  FORECASTS,
  HAS_CAPITAL,
  RESULTS,
  RESULT_TEST,
  SINCE,
  SLIPPAGE,
  STATUS,
  TEST,
  RATE,
} = LAYOUT;

/** A slice for people; null where an axis has no data. */
export interface SliceView {
  readonly regime: "normal" | "stressed" | "shock";
  readonly status: Health;
  readonly sinceMono: number;
  readonly sentence: string;
  readonly sizeMultiplier: number;
  /** Attempts, faded by time. */
  readonly attempts: number;
  readonly success: number;
  /** Where the success is with a probability of nine in ten. */
  readonly interval: readonly [low: number, high: number];
  readonly effectiveSamples: number;
  readonly slippageCents: number | null;
  /** Wealth of the test against "success at least the floor"; 140 kills. */
  readonly evidence: number;
  readonly edge: {
    readonly results: number;
    readonly meanCents: number;
    readonly negativeP: number;
    readonly evidence: number;
  } | null;
}

/** A lane for people. */
export interface LaneScoreView {
  readonly slices: readonly SliceView[];
  /** Success over all regimes, and the number of calls that the memory with the most weight has in mind. */
  readonly success: number;
  readonly bestMemory: number;
  readonly capitalPct: number | null;
  /** How good the lane's own forecasts were; null before the first one. */
  readonly forecasts: { readonly count: number; readonly brier: number; readonly logLoss: number } | null;
  readonly skipped: number;
}

const REGIMES = ["normal", "stressed", "shock"] as const;

export function viewOf(
  s: number[],
  edge: number[] | null,
  skipped: number,
  mono: number,
  settings: ScoreSettings,
): LaneScoreView {
  const count = s[FORECASTS]!;
  return {
    slices: REGIMES.map((_, slice) => sliceView(s, edge, slice, mono, settings)),
    success: s[RATE]!,
    bestMemory: bestMemoryOf(s),
    capitalPct: s[HAS_CAPITAL] === 1 ? s[CAPITAL]! : null,
    forecasts: count > 0 ? { count, brier: meanBrier(s), logLoss: meanLogLoss(s) } : null,
    skipped,
  };
}

function sliceView(
  s: number[],
  edge: number[] | null,
  slice: number,
  mono: number,
  settings: ScoreSettings,
): SliceView {
  const at = sliceAt(slice);
  const share = shareLeft(s, mono, settings);
  const success = successOf(s, slice);
  const samples = samplesOf(s, slice) * share;
  return {
    regime: REGIMES[slice]!,
    status: HEALTHS[s[at + STATUS]!]!,
    sinceMono: s[at + SINCE]!,
    sentence: sentenceOf(s, edge, slice, mono, settings),
    sizeMultiplier: sizeOf(s, edge, slice, mono, settings),
    attempts: s[at + ATTEMPTS]! * share,
    success,
    interval: interval(success, samples),
    effectiveSamples: samples,
    slippageCents: s[at + SLIPPAGE]! > 0 ? s[at + SLIPPAGE + 1]! : null,
    evidence: wealthOf(s, at + TEST),
    edge: edge === null ? null : edgeView(edge, slice, share),
  };
}

function edgeView(edge: number[], slice: number, share: number): SliceView["edge"] {
  const results = edge[edgeSliceAt(slice) + RESULTS]! * share;
  if (results === 0) return null;
  return {
    results,
    meanCents: edgeMeanOf(edge, slice),
    negativeP: edgeNegativeP(edge, slice),
    evidence: wealthOf(edge, edgeSliceAt(slice) + RESULT_TEST),
  };
}

/** E. B. Wilson's interval (JASA 22, 1927) at 90 %. */
function interval(success: number, samples: number): readonly [number, number] {
  const z = 1.645;
  const n = Math.max(samples, 1e-9);
  const middle = (success * n + (z * z) / 2) / (n + z * z);
  const reach = (z / (n + z * z)) * Math.sqrt(n * success * (1 - success) + (z * z) / 4);
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}
