import { doubles } from "../evidence/index.js";
import { sharePurse, testMean } from "./kill-test.js";
import { LAYOUT, edgeSliceAt } from "./layout.js";
import {
  BEST_VALUE,
  VALUE_MEMORIES,
  clipped,
  learnMoments,
  learnValue,
  startValueBank,
} from "./value-bank.js";
import type { ScoreSettings } from "./settings.js";

const {
  EDGE_PURSE,
  EDGE_SIZE,
  RESULT,
  RESULTS,
  RESULTS_TESTED,
  RESULT_TEST,
  SCALE,
  SHORTFALL,
  SUCCESS_PURSE,
  VALUE_BANK,
} = LAYOUT;

/** A slice forgets at least so fast: in a regime that is rare, old outcomes would outvote new ones for months. */
const RESULT_MEMORY = 0.98;
/** Results that set the scale of the test of the mean before it bets, and the memory of that scale. */
const SCALE_FIRST = 8;
const SCALE_MEMORY = 0.998;
/**
 * How much larger than seen the scale is taken to be, in results: few results know their own spread badly, least of
 * all where a rare large gain pays for many small losses.
 */
const SCALE_DOUBT = 64;

/** Returns the numbers about results of a lane that had none. */
export function startEdge(): number[] {
  const edge = doubles(EDGE_SIZE);
  startValueBank(edge, VALUE_BANK);
  return edge;
}

/** Learns one result of a slice. */
export function learnResult(
  s: number[],
  edge: number[],
  slice: number,
  cents: number,
  settings: ScoreSettings,
): void {
  const at = edgeSliceAt(slice);
  bet(s, edge, at, cents, settings.edgeBlackMeanCents);
  const x = clipped(edge, VALUE_BANK, cents);
  learnValue(edge, VALUE_BANK, x);
  learnMoments(
    edge,
    at + RESULT,
    1,
    x,
    Math.min(VALUE_MEMORIES[edge[VALUE_BANK + BEST_VALUE]!]!, RESULT_MEMORY),
  );
  edge[at + RESULTS] = edge[at + RESULTS]! + 1;
  edge[at + RESULTS_TESTED] = edge[at + RESULTS_TESTED]! + 1;
}

/** Learns by how much a result missed what was predicted. */
export function learnShortfall(edge: number[], cents: number): void {
  learnMoments(edge, SHORTFALL, 1, cents, RESULT_MEMORY);
}

/** The bet of the kill test, and then the scale for the next one: a bet must not know its own result. */
function bet(s: number[], edge: number[], at: number, cents: number, floor: number): void {
  if (s[EDGE_PURSE] === 0) sharePurse(s, SUCCESS_PURSE, EDGE_PURSE);
  const distance = cents - floor;
  if (edge[SCALE]! >= SCALE_FIRST) {
    const scale = Math.max(edge[SCALE + 1]! / edge[SCALE]!, 1e-12);
    const size = Math.sqrt(scale * (1 + SCALE_DOUBT / edge[SCALE]!));
    testMean(edge, at + RESULT_TEST, s, EDGE_PURSE, cents, floor, size);
  }
  edge[SCALE] = edge[SCALE]! * SCALE_MEMORY + 1;
  edge[SCALE + 1] = edge[SCALE + 1]! * SCALE_MEMORY + distance * distance;
}
