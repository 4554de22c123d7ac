import { OPERATOR, RESTARTED } from "./causes.js";
import { sentenceOf } from "./explain.js";
import { forget, isFaded, pardon } from "./forgetting.js";
import { startPurse, testSuccess } from "./kill-test.js";
import { LAYOUT, sliceAt, slicesIn } from "./layout.js";
import { learnProbe, learnProbeResult } from "./probation.js";
import { scoreForecast, startRecord } from "./record.js";
import { learnResult, learnShortfall, startEdge } from "./results.js";
import { learnSlice } from "./slice-memory.js";
import { sizeOf } from "./size.js";
import { learnSuccess, startSuccessBank } from "./success-bank.js";
import { learnMoments } from "./value-bank.js";
import { become, judge } from "./transitions.js";
import { STATUSES, HEALTHS } from "./verdict.js";
import { blankLane, doublesOf, laneOf, MOST_SLICES, withSlices } from "./slices.js";
import { viewOf } from "./view.js";
import type { Health, RegimeSlice, ScoreSettings } from "./settings.js";
import type { LaneScoreView } from "./view.js";

const {
  ATTEMPTS,
  BORN,
  BORN_AT,
  CAPITAL,
  EDGE_SIZE,
  FORGOTTEN_AT,
  HAS_CAPITAL,
  HISTORY,
  NOW,
  PROBE_FROM,
  SINCE,
  SLICE_MEMORY,
  SLIPPAGE,
  STATUS,
  SUCCESS_PURSE,
  TEST,
  TESTED,
} = LAYOUT;
const { BLACK, GREEN, RED, YELLOW } = STATUSES;

const SLIPPAGE_MEMORY = 0.98;
/** A slippage counts as at most so many standard deviations from the mean, once there were some. */
const SLIPPAGE_CLIP = 8;
const CLIP_AFTER = 10;
/** Money beyond this counts as this: its square is still a number. */
const MOST_CENTS = 1e12;

/**
 * Judges one lane from its outcomes, in three regimes apart, on execution, edge and capital.
 *
 * Every slice begins yellow. Times are monotonic milliseconds; one that goes back counts as the last one seen.
 * Numbers that are not finite teach nothing and are counted in `skipped`, but for NaN where it means "not told".
 */
export class LaneScore {
  #s = blankLane();
  /** Results are rare: most lanes never need the numbers about them. */
  #edge: number[] | null = null;
  #skipped = 0;

  constructor() {
    startSuccessBank(this.#s);
    startPurse(this.#s, SUCCESS_PURSE);
    startRecord(this.#s);
  }

  /** Numbers that were not finite and taught nothing. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Learns that an action worked or did not.
   *
   * @param slippageCents how much worse than asked for it was carried out; NaN: not told
   * @returns true when the status of the slice changed
   */
  settle(
    ok: boolean,
    slippageCents: number,
    slice: RegimeSlice,
    mono: number,
    settings: ScoreSettings,
  ): boolean {
    this.#advance(mono, settings);
    const s = this.#grown(slice);
    const at = sliceAt(slice);
    scoreForecast(s, ok);
    learnSuccess(s, ok);
    learnSlice(s, at + SLICE_MEMORY, ok);
    s[at + ATTEMPTS]! += 1;
    s[at + TESTED]! += 1;
    if (this.#isTold(slippageCents)) this.#learnSlippage(at + SLIPPAGE, bounded(slippageCents));
    testSuccess(s, at + TEST, SUCCESS_PURSE, ok, settings.execBlackFill);
    if (s[at + STATUS] === RED) learnProbe(s, slice, ok, s[NOW]!, settings);
    return judge(s, this.#edge, slice, settings);
  }

  /**
   * Learns what came of an action later.
   *
   * A capital share is the lane's: it moves all its slices.
   *
   * @param pnlCents not finite: the whole result teaches nothing
   * @param predictedCents what was expected; NaN: not told
   * @param capitalPct where the lane's gain or loss stands as a share of its capital, -0.03 for a loss of 3 %; NaN: not told
   * @returns true when the status of a slice changed
   */
  realize(
    pnlCents: number,
    predictedCents: number,
    capitalPct: number,
    slice: RegimeSlice,
    mono: number,
    settings: ScoreSettings,
  ): boolean {
    this.#advance(mono, settings);
    const isCapitalTold = this.#isTold(capitalPct);
    // What the capital says it says in every regime.
    const s = this.#grown(isCapitalTold ? MOST_SLICES - 1 : slice);
    if (isCapitalTold) {
      s[CAPITAL] = capitalPct + 0;
      s[HAS_CAPITAL] = 1;
    }
    if (Number.isFinite(pnlCents)) {
      const edge = (this.#edge ??= startEdge());
      if (this.#isTold(predictedCents)) learnShortfall(edge, bounded(pnlCents - predictedCents));
      learnResult(s, edge, slice, bounded(pnlCents), settings);
      if (s[sliceAt(slice) + STATUS] === RED) learnProbeResult(s, edge, slice, s[NOW]!, settings);
    } else {
      this.#skipped++;
    }
    if (!isCapitalTold) return judge(s, this.#edge, slice, settings);
    let changed = false;
    for (let each = 0; each < MOST_SLICES; each++) changed = judge(s, this.#edge, each, settings) || changed;
    return changed;
  }

  /** Whether a red slice has cooled down; one probe at a time may pass then. */
  mayProbe(slice: RegimeSlice, mono: number, _settings: ScoreSettings): boolean {
    const s = this.#with(slice);
    const at = sliceAt(slice);
    return s[at + STATUS] === RED && mono >= s[at + PROBE_FROM]!;
  }

  /** Milliseconds until a red slice has cooled down; Infinity for a black one, 0 for the others. */
  msUntilProbe(slice: RegimeSlice, mono: number, _settings: ScoreSettings): number {
    const s = this.#with(slice);
    const at = sliceAt(slice);
    if (s[at + STATUS] === BLACK) return Infinity;
    return s[at + STATUS] === RED ? Math.max(0, s[at + PROBE_FROM]! - mono) : 0;
  }

  health(slice: RegimeSlice): Health {
    return HEALTHS[this.#with(slice)[sliceAt(slice) + STATUS]!]!;
  }

  /** Returns the share of its usual size that the next action may have, which follows confidence; 0.1 for a probe. */
  sizeMultiplier(slice: RegimeSlice, mono: number, settings: ScoreSettings): number {
    return sizeOf(this.#with(slice), this.#edge, slice, mono, settings);
  }

  /** Returns one sentence with the numbers behind the status of a slice. */
  sentence(slice: RegimeSlice, mono: number, settings: ScoreSettings): string {
    return sentenceOf(this.#with(slice), this.#edge, slice, mono, settings);
  }

  /** Monotonic time of the last change of status; of the lane's first event when there was none. */
  sinceMono(slice: RegimeSlice): number {
    return this.#with(slice)[sliceAt(slice) + SINCE]!;
  }

  /** An operator's pardon: all slices go back to yellow and tests begin anew; what was learned stays as a prior. */
  revive(mono: number): void {
    this.#tick(mono);
    const now = this.#s[NOW]!;
    pardon(this.#s, this.#edge);
    for (let slice = 0; slice < slicesIn(this.#s); slice++) {
      become(this.#s, slice, YELLOW, OPERATOR, now);
      this.#s[sliceAt(slice) + HISTORY] = 0;
    }
  }

  /** State from a while ago is trusted less: green slices become yellow. */
  demote(mono: number): void {
    this.#tick(mono);
    const now = this.#s[NOW]!;
    for (let slice = 0; slice < slicesIn(this.#s); slice++) {
      if (this.#s[sliceAt(slice) + STATUS] === GREEN) become(this.#s, slice, YELLOW, RESTARTED, now);
    }
  }

  /** Returns all numbers that people ask for. */
  view(mono: number, settings: ScoreSettings): LaneScoreView {
    return viewOf(this.#with(MOST_SLICES - 1), this.#edge, this.#skipped, mono, settings);
  }

  /** Nothing here is worth keeping: no slice is blocked or under suspicion, and what was known has faded. */
  isForgotten(mono: number, settings: ScoreSettings): boolean {
    return isFaded(this.#s, this.#edge, mono, settings);
  }

  /** Returns the state for `restore`: finite numbers only; null when nothing has happened yet. */
  image(): unknown {
    if (this.#s[BORN] === 0 && this.#skipped === 0) return null;
    return { lane: [...this.#s], edge: this.#edge === null ? null : [...this.#edge], skipped: this.#skipped };
  }

  /**
   * Takes over the state of an image.
   *
   * @throws TypeError for what is no image of this version
   */
  restore(image: unknown): void {
    if (image === null) return;
    const { lane, edge, skipped } = image as { lane?: unknown; edge?: unknown; skipped?: unknown };
    this.#s = laneOf(lane);
    this.#edge = edge === null ? null : doublesOf(edge, EDGE_SIZE);
    this.#skipped = typeof skipped === "number" ? skipped : 0;
  }

  /** The lane's numbers with those of this slice, for looking: that alone adds nothing to the lane. */
  #with(slice: number): number[] {
    const s = this.#s;
    return sliceAt(slice) < s.length ? s : withSlices(s, slice + 1);
  }

  /** The same, for writing. */
  #grown(slice: number): number[] {
    const s = this.#with(slice);
    if (s !== this.#s) this.#s = s;
    return s;
  }

  #advance(mono: number, settings: ScoreSettings): void {
    this.#tick(mono);
    forget(this.#s, this.#edge, settings);
  }

  /** Moves the lane's time on, never back. It returns nothing, for a double that is returned is an allocation. */
  #tick(mono: number): void {
    const s = this.#s;
    if (!Number.isFinite(mono)) {
      this.#skipped++;
    } else if (s[BORN] === 0) {
      bear(s, mono);
    } else if (mono > s[NOW]!) {
      s[NOW] = mono;
    }
  }

  #isTold(value: number): boolean {
    if (Number.isFinite(value)) return true;
    if (!Number.isNaN(value)) this.#skipped++;
    return false;
  }

  #learnSlippage(at: number, cents: number): void {
    const s = this.#s;
    const reach = SLIPPAGE_CLIP * Math.sqrt(s[at + 2]! / Math.max(s[at]!, 1));
    const mean = s[at + 1]!;
    const isClipped = s[at]! >= CLIP_AFTER && reach > 0;
    const x = isClipped ? Math.min(Math.max(cents, mean - reach), mean + reach) : cents;
    learnMoments(s, at, 1, x, SLIPPAGE_MEMORY);
  }
}

/** The first event of a lane. */
function bear(s: number[], mono: number): void {
  s[BORN] = 1;
  s[NOW] = mono + 0;
  s[FORGOTTEN_AT] = mono + 0;
  s[BORN_AT] = mono + 0;
  for (let slice = 0; slice < slicesIn(s); slice++) s[sliceAt(slice) + SINCE] = mono + 0;
}

function bounded(cents: number): number {
  return Math.min(Math.max(cents, -MOST_CENTS), MOST_CENTS);
}
