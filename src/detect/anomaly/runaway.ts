import { exp, pow } from "../../core/math.js";
import { doubles, numbersOf } from "../evidence/index.js";

/**
 * One page, one plan or one batch makes many calls: this many that come together count as much as one call that comes
 * on its own. The exponent tempers the Poisson likelihood.
 */
const DISPERSION = 15;
/** The rates that are tested, as multiples of the null's: 2, 6 and 18. */
const LIFT_2 = pow(2, 1 / DISPERSION);
const LIFT_6 = pow(6, 1 / DISPERSION);
const LIFT_18 = pow(18, 1 / DISPERSION);

const LARGEST = 1e12;
/** Counts are taken over this long, so that a burst is judged as if its calls were spread over it. */
const SLICE_MS = 10_000;
/** A new key is presumed to have made a call a second for a minute. */
const FIRST_EVENTS = 60;
const FIRST_MS = 60_000;
/** Longer gaps are pauses: the usual rate is that of the time in which the key is at work. */
const LONGEST_GAP_MS = 60_000;
/** A minute is learned when it is over, and there is no suspicion: nobody warms a baseline up while being watched. */
const LESSON_MS = 60_000;
const SUSPICIOUS = 100;
/** What is usual is remembered for between half of this working time and all of it. */
const MEMORY_MS = 8 * 3_600_000;

const EVIDENCE_2 = 0;
const EVIDENCE_6 = 1;
const EVIDENCE_18 = 2;
const VALUE = 3;
const LAST = 4;
/** When the slice began, the events in it, and those of the slice before. */
const SLICE = 5;
const IN_SLICE = 6;
const IN_LAST_SLICE = 7;
const USUAL_EVENTS = 8;
const USUAL_MS = 9;
const LESSON_EVENTS = 10;
const LESSON_LENGTH = 11;
const STREAK = 12;
const SINCE = 13;
const EVENTS = 14;
const SKIPPED = 15;
const NUMBERS = 16;

/**
 * Weighs the evidence that a key acts several times faster than it usually does while it is at work.
 *
 * The null is a rate of at most half-way between the usual one and `multiple` times the usual one; the evidence grows
 * where the rate stays above 1.44 times that, 4.3 times the usual one for a multiple of 5. Events are counted in slices
 * of ten seconds, each begun by an event; n events in a slice after a pause are one observation:
 * `E = (E + 1) × ρ^(n/d) × exp(−(ρ − 1) λ (pause + 10 s) / d)`, with the null's rate λ, a mean over ρ = 2, 6 and 18, and
 * d = 15 for calls that come in bursts. A slice pays for its ten seconds when it begins, so that its evidence only
 * grows while it lasts. For a Poisson process of a known rate of at most λ, and for many that scatter more, each factor
 * has a mean of at most 1, and the bound n/c of `Evidence` holds. λ is learned from the key itself, from a first value
 * of one call a second: with that the bound is a calibration and not a theorem.
 *
 * The method is a Poisson Shiryaev–Roberts e-process (Shin, Ramdas, Rinaldo, NEJSDS 2024) with a tempered likelihood.
 */
export class Runaway {
  readonly #slack: number;
  readonly #state = doubles(NUMBERS);

  /** @param multiple of the usual rate at which a key has run away; above 1 */
  constructor(multiple: number) {
    this.#slack = (1 + multiple) / 2;
    this.#state[LAST] = -Infinity;
    this.#state[SLICE] = -Infinity;
    this.#state[USUAL_EVENTS] = FIRST_EVENTS;
    this.#state[USUAL_MS] = FIRST_MS;
  }

  get value(): number {
    return this.#state[VALUE]!;
  }

  /** When what the evidence rests on began, in monotonic ms. */
  get since(): number {
    return this.#state[SINCE]!;
  }

  /** Events since then. */
  get events(): number {
    return this.#state[EVENTS]!;
  }

  /** Times that were not finite: the event counted as one of the same instant as the last. */
  get skipped(): number {
    return this.#state[SKIPPED]!;
  }

  /** The usual rate while at work, learned while there was no suspicion. */
  get usualPerSecond(): number {
    return (1000 * this.#state[USUAL_EVENTS]!) / this.#state[USUAL_MS]!;
  }

  /** The rate over the last ten to twenty seconds before `mono`. */
  recentPerSecond(mono: number): number {
    const state = this.#state;
    const passed = mono - state[SLICE]!;
    if (!(passed < 2 * SLICE_MS)) return 0;
    const inSlice = 1000 * state[IN_SLICE]!;
    if (passed >= SLICE_MS) return inSlice / passed;
    return (inSlice + 1000 * state[IN_LAST_SLICE]!) / (Math.max(passed, 0) + SLICE_MS);
  }

  /** Takes one event at `mono` and returns the evidence. */
  add(mono: number): number {
    const state = this.#state;
    const gap = this.#gapUntil(mono);
    const paid = state[SLICE]! + SLICE_MS;
    if (state[LAST]! < paid) this.#lift();
    else this.#begin(paid);
    const value = (state[EVIDENCE_2]! + state[EVIDENCE_6]! + state[EVIDENCE_18]!) / 3;
    state[VALUE] = value;
    this.#learn(gap);
    return value;
  }

  /**
   * Forgets the evidence, and not what is usual. What was held back under suspicion is learned: a lane that lawfully
   * has a new rate does not alarm for ever, and one of many hours hardly changes by it.
   */
  reset(mono: number): void {
    const state = this.#state;
    state[EVIDENCE_2] = state[EVIDENCE_6] = state[EVIDENCE_18] = state[VALUE] = 0;
    state[STREAK] = state[EVENTS] = 0;
    this.#endLesson();
    // What is left of a slice would be free: the next event begins one.
    state[SLICE] = -Infinity;
    state[IN_SLICE] = state[IN_LAST_SLICE] = 0;
    state[SINCE] = mono < Infinity ? Math.max(mono, 0) : 0;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.#state[LAST] === -Infinity && this.skipped === 0) return null;
    return this.#state.map((number) => (number === -Infinity ? null : number));
  }

  /** Fills a new instance that was made with the same multiple. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.#state);
  }

  /** Milliseconds since the event before; the time of the event becomes the last one, unless that lies after it. */
  #gapUntil(mono: number): number {
    const state = this.#state;
    if (!(Math.abs(mono) < Infinity)) {
      state[SKIPPED]! += 1;
      if (state[LAST] === -Infinity) state[LAST] = 0;
      return 0;
    }
    const last = state[LAST]!;
    if (!(mono > last)) return 0;
    state[LAST] = mono;
    return last === -Infinity ? 0 : mono - last;
  }

  /** One more event in a slice that is paid for. */
  #lift(): void {
    const state = this.#state;
    state[EVIDENCE_2] = Math.min(state[EVIDENCE_2]! * LIFT_2, LARGEST);
    state[EVIDENCE_6] = Math.min(state[EVIDENCE_6]! * LIFT_6, LARGEST);
    state[EVIDENCE_18] = Math.min(state[EVIDENCE_18]! * LIFT_18, LARGEST);
    state[STREAK] = Math.min(state[STREAK]! * LIFT_6, LARGEST);
    state[IN_SLICE]! += 1;
    state[EVENTS]! += 1;
  }

  /** The first event of a slice pays for the time since the slice before it was over, and for its own. */
  #begin(paid: number): void {
    const state = this.#state;
    const now = state[LAST]!;
    // Before the first event of all there was no pause.
    const pause = paid === -Infinity ? 0 : now - paid;
    const perMs = (this.#slack * state[USUAL_EVENTS]!) / state[USUAL_MS]!;
    const kept = exp((-perMs * (pause + SLICE_MS)) / DISPERSION);
    const kept4 = kept * kept * kept * kept;
    const kept5 = kept4 * kept;
    const kept17 = kept4 * kept4 * kept4 * kept5;
    state[EVIDENCE_2] = Math.min((state[EVIDENCE_2]! + 1) * LIFT_2, LARGEST) * kept;
    state[EVIDENCE_6] = Math.min((state[EVIDENCE_6]! + 1) * LIFT_6, LARGEST) * kept5;
    state[EVIDENCE_18] = Math.min((state[EVIDENCE_18]! + 1) * LIFT_18, LARGEST) * kept17;
    this.#follow(kept5);
    state[IN_LAST_SLICE] = pause < SLICE_MS ? state[IN_SLICE]! : 0;
    state[IN_SLICE] = 1;
    state[SLICE] = now;
  }

  /** CUSUM of the middle rate: where a slice began at its floor is the likeliest beginning. */
  #follow(kept: number): void {
    const state = this.#state;
    if (state[STREAK]! <= 1) {
      state[STREAK] = 1;
      state[SINCE] = state[LAST]!;
      state[EVENTS] = 0;
    }
    state[STREAK] = Math.min(state[STREAK]! * LIFT_6, LARGEST) * kept;
    state[EVENTS]! += 1;
  }

  #learn(gap: number): void {
    const state = this.#state;
    state[LESSON_EVENTS]! += 1;
    state[LESSON_LENGTH]! += Math.min(gap, LONGEST_GAP_MS);
    if (state[LESSON_LENGTH]! >= LESSON_MS && state[VALUE]! < SUSPICIOUS) this.#endLesson();
  }

  #endLesson(): void {
    const state = this.#state;
    state[USUAL_EVENTS]! += state[LESSON_EVENTS]!;
    state[USUAL_MS]! += state[LESSON_LENGTH]!;
    state[LESSON_EVENTS] = state[LESSON_LENGTH] = 0;
    if (state[USUAL_MS]! < MEMORY_MS) return;
    state[USUAL_EVENTS]! /= 2;
    state[USUAL_MS]! /= 2;
  }
}
