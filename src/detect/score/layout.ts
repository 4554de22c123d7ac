/*
 * Where the numbers of a lane are. A lane has one array of doubles, and a second one once a result was realized:
 * thousands of lanes are kept, and an object per memory or test would cost more than its numbers. Slices are there from
 * the first one that was needed on: most lanes never leave the normal regime.
 */

/** The lane, in its first array. */
export const SUCCESS_BANK = 0;
/** Money for tests of success and of results that is not staked yet, and how often some was. */
export const SUCCESS_PURSE = 36;
export const EDGE_PURSE = 38;
/** Last time seen, and the time up to which forgetting was applied; BORN is 1 from the first event. */
export const NOW = 40;
export const FORGOTTEN_AT = 41;
export const BORN = 42;
export const CAPITAL = 43;
export const HAS_CAPITAL = 44;
/** The scorer's own record: forecasts, sum of squared errors, and the log-loss as a sum and an unfinished product. */
export const FORECASTS = 45;
export const SQUARED_ERROR = 46;
export const LOG_LOSS = 47;
export const LIKELIHOOD = 48;
/** Time of the first event. */
export const BORN_AT = 49;
/** Up to three slices follow. */
export const SLICES = 50;
export const SLICE_SIZE = 24;

/** In a slice: its memory, attempts that fade with time, attempts since the tests began, the test that kills. */
export const SLICE_MEMORY = 0;
export const ATTEMPTS = 5;
export const TESTED = 6;
export const TEST = 7;
/** Count, mean and sum of squared deviations of the slippage. */
export const SLIPPAGE = 11;
export const STATUS = 14;
export const CAUSES = 15;
export const SINCE = 16;
/** Bits: 1 has changed, 2 has fallen. */
export const HISTORY = 17;
/** Probation: from when probes may pass, how many came and worked, wealth of the test, good observations in a row. */
export const PROBE_FROM = 18;
export const PROBES = 19;
export const PROBE_OKS = 20;
export const PROBE_WEALTH = 21;
export const SETTLED_STREAK = 22;
export const REALIZED_STREAK = 23;

/** The second array: the bank of results, the shortfall against prediction, the scale of the test. */
export const VALUE_BANK = 0;
export const SHORTFALL = 20;
export const SCALE = 23;
const EDGE_SLICES = 25;
const EDGE_SLICE_SIZE = 9;
export const EDGE_SIZE = EDGE_SLICES + 3 * EDGE_SLICE_SIZE;

/** In a slice of it: count, mean and squared deviations, results that fade with time, results since the tests began. */
export const RESULT = 0;
export const RESULTS = 3;
export const RESULTS_TESTED = 4;
export const RESULT_TEST = 5;

export function sliceAt(slice: number): number {
  return SLICES + slice * SLICE_SIZE;
}

export function edgeSliceAt(slice: number): number {
  return EDGE_SLICES + slice * EDGE_SLICE_SIZE;
}

/** Returns the number of slices that are there. */
export function slicesIn(s: readonly number[]): number {
  return (s.length - SLICES) / SLICE_SIZE;
}
