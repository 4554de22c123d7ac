/*
 * Where the numbers of a lane are. A lane has one array of doubles, and a second one once a result was realized:
 * thousands of lanes are kept, and an object per memory or test would cost more than its numbers. Slices are there from
 * the first one that was needed on: most lanes never leave the normal regime.
 */

const SLICES = 50;
const SLICE_SIZE = 24;
const EDGE_SLICES = 25;
const EDGE_SLICE_SIZE = 9;

/**
 * The places, by name. Whoever needs some takes them as constants of its own (`const { NOW } = LAYOUT`): V8 folds those
 * into its code, while what is imported is read and checked again wherever it is used, which would be half of the cost
 * of a score.
 */
export const LAYOUT = {
  /** The lane, in its first array, which begins with the bank of successes (`success-bank.ts`). What that says in the end: */
  /** probability that the next action works; */
  FORECAST: 27,
  /** share that works; how many outcomes stand behind that share, with one for the prior; */
  RATE: 28,
  EFFECTIVE: 29,
  /** which memory of the share that works has the most weight. */
  BEST: 30,
  /** Money for tests of success and of results that is not staked yet, and how often some was. */
  SUCCESS_PURSE: 36,
  EDGE_PURSE: 38,
  /** Last time seen, and the time up to which forgetting was applied; BORN is 1 from the first event. */
  NOW: 40,
  FORGOTTEN_AT: 41,
  BORN: 42,
  CAPITAL: 43,
  HAS_CAPITAL: 44,
  /** The scorer's own record: forecasts, sum of squared errors, and the log-loss as a sum and an unfinished product. */
  FORECASTS: 45,
  SQUARED_ERROR: 46,
  LOG_LOSS: 47,
  LIKELIHOOD: 48,
  /** Time of the first event. */
  BORN_AT: 49,
  /** Up to three slices follow. */
  SLICES,
  SLICE_SIZE,

  /** In a slice: its memory, attempts that fade with time, attempts since the tests began, the test that kills. */
  SLICE_MEMORY: 0,
  ATTEMPTS: 5,
  TESTED: 6,
  TEST: 7,
  /** Count, mean and sum of squared deviations of the slippage. */
  SLIPPAGE: 11,
  STATUS: 14,
  CAUSES: 15,
  SINCE: 16,
  /** Bits: 1 has changed, 2 has fallen. */
  HISTORY: 17,
  /** Probation: from when probes may pass, how many came and worked, wealth of the test, good observations in a row. */
  PROBE_FROM: 18,
  PROBES: 19,
  PROBE_OKS: 20,
  PROBE_WEALTH: 21,
  SETTLED_STREAK: 22,
  REALIZED_STREAK: 23,

  /** The second array: the bank of results, the shortfall against prediction, the scale of the test; slices follow. */
  VALUE_BANK: 0,
  SHORTFALL: 20,
  SCALE: 23,
  EDGE_SIZE: EDGE_SLICES + 3 * EDGE_SLICE_SIZE,

  /** In a slice of it: count, mean and squared deviations, results that fade with time, results since the tests began. */
  RESULT: 0,
  RESULTS: 3,
  RESULTS_TESTED: 4,
  RESULT_TEST: 5,
} as const;

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
