import { pow } from "../../core/math.js";
import { startPurse, startTest, wealthOf } from "./kill-test.js";
import { LAYOUT, edgeSliceAt, sliceAt, slicesIn } from "./layout.js";
import { fadeSlice, sliceCount } from "./slice-memory.js";
import { fadeSuccessBank, limitSuccessBank } from "./success-bank.js";
import { fadeMoments, fadeValueBank, limitValueBank } from "./value-bank.js";
import { STATUSES } from "./verdict.js";
import type { ScoreSettings } from "./settings.js";

const {
  ATTEMPTS,
  CAPITAL,
  EDGE_PURSE,
  FORGOTTEN_AT,
  HAS_CAPITAL,
  NOW,
  RESULT,
  RESULTS,
  RESULTS_TESTED,
  RESULT_TEST,
  SHORTFALL,
  SLICE_MEMORY,
  SLIPPAGE,
  STATUS,
  SUCCESS_PURSE,
  TEST,
  TESTED,
  VALUE_BANK,
} = LAYOUT;
const { RED } = STATUSES;

const MS_PER_HOUR = 3_600_000;
/** Forgetting is applied in steps of this share of its half-life: a power per event would cost more than the rest. */
const FADE_STEP = 1 / 1024;
/** Weight of what was learned before an operator revived the lane. */
const PRIOR_AFTER_REVIVAL = 10;
/** A slice with less evidence against it, and fewer samples, than this loses nothing when it is forgotten. */
const FORGETTABLE_WEALTH = 2;
const FORGETTABLE_SAMPLES = 0.5;

/** Share of what the lane knew that time has left of it, apart from what was applied already. */
export function shareLeft(s: number[], mono: number, settings: ScoreSettings): number {
  const elapsed = Math.max(0, mono - s[FORGOTTEN_AT]!);
  const half = settings.decayHours * MS_PER_HOUR;
  return elapsed > half * FADE_STEP ? pow(2, -elapsed / half) : 1;
}

/** Forgets what time has made old. Statuses and the tests that kill forget nothing. */
export function forget(s: number[], edge: number[] | null, settings: ScoreSettings): void {
  const mono = s[NOW]!;
  const share = shareLeft(s, mono, settings);
  if (share === 1) return;
  s[FORGOTTEN_AT] = mono;
  fadeLane(s, share);
  if (edge !== null) fadeEdge(edge, share);
}

function fadeLane(s: number[], share: number): void {
  fadeSuccessBank(s, share);
  for (let slice = 0; slice < slicesIn(s); slice++) {
    const at = sliceAt(slice);
    fadeSlice(s, at + SLICE_MEMORY, share);
    s[at + ATTEMPTS] = s[at + ATTEMPTS]! * share;
    if (s[at + SLIPPAGE]! > 0) fadeMoments(s, at + SLIPPAGE, 1, share);
  }
}

function fadeEdge(edge: number[], share: number): void {
  fadeValueBank(edge, VALUE_BANK, share);
  if (edge[SHORTFALL]! > 0) fadeMoments(edge, SHORTFALL, 1, share);
  for (let slice = 0; slice < 3; slice++) {
    const at = edgeSliceAt(slice);
    if (edge[at + RESULT]! > 0) fadeMoments(edge, at + RESULT, 1, share);
    edge[at + RESULTS] = edge[at + RESULTS]! * share;
  }
}

/** Nothing here is worth keeping: no slice is blocked or under suspicion, and what was known has faded. */
export function isFaded(s: number[], edge: number[] | null, mono: number, settings: ScoreSettings): boolean {
  const share = shareLeft(s, Math.max(mono, s[NOW]!), settings);
  if (s[HAS_CAPITAL] === 1 && s[CAPITAL]! <= settings.capitalYellowPct) return false;
  for (let slice = 0; slice < slicesIn(s); slice++) {
    const at = sliceAt(slice);
    if (s[at + STATUS]! >= RED || wealthOf(s, at + TEST) >= FORGETTABLE_WEALTH) return false;
    if (s[at + ATTEMPTS]! * share >= FORGETTABLE_SAMPLES) return false;
    if (edge === null) continue;
    const its = edgeSliceAt(slice);
    if (wealthOf(edge, its + RESULT_TEST) >= FORGETTABLE_WEALTH) return false;
    if (edge[its + RESULTS]! * share >= FORGETTABLE_SAMPLES) return false;
  }
  return true;
}

/** An operator's pardon: tests and samples begin anew, what was learned stays as a prior of ten events. */
export function pardon(s: number[], edge: number[] | null): void {
  limitSuccessBank(s, PRIOR_AFTER_REVIVAL);
  startPurse(s, SUCCESS_PURSE);
  s[EDGE_PURSE] = 0;
  s[CAPITAL] = 0;
  s[HAS_CAPITAL] = 0;
  for (let slice = 0; slice < slicesIn(s); slice++) {
    const at = sliceAt(slice);
    const known = sliceCount(s, at + SLICE_MEMORY);
    if (known > PRIOR_AFTER_REVIVAL) fadeSlice(s, at + SLICE_MEMORY, PRIOR_AFTER_REVIVAL / known);
    s[at + ATTEMPTS] = 0;
    s[at + TESTED] = 0;
    s.fill(0, at + SLIPPAGE, at + SLIPPAGE + 3);
    startTest(s, at + TEST);
  }
  if (edge === null) return;
  limitValueBank(edge, VALUE_BANK, PRIOR_AFTER_REVIVAL);
  edge.fill(0, SHORTFALL, SHORTFALL + 3);
  for (let slice = 0; slice < 3; slice++) {
    const at = edgeSliceAt(slice);
    if (edge[at + RESULT]! > PRIOR_AFTER_REVIVAL) {
      fadeMoments(edge, at + RESULT, 1, PRIOR_AFTER_REVIVAL / edge[at + RESULT]!);
    }
    edge[at + RESULTS] = 0;
    edge[at + RESULTS_TESTED] = 0;
    startTest(edge, at + RESULT_TEST);
  }
}
