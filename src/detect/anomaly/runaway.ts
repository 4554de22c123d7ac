import { exp, pow } from "../../core/math.js";
import { numbersIn, numbersOf, reserve } from "../evidence/index.js";

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
/** What the rule asks for stands behind what is kept: the null's rate as a multiple of the usual one. */
const SLACK = NUMBERS;

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
  readonly #cells: number[];
  readonly #at: number;

  /** @param multiple of the usual rate at which a key has run away; above 1 */
  constructor(multiple: number) {
    const { cells, at } = reserve(NUMBERS + 1);
    cells[at + LAST] = -Infinity;
    cells[at + SLICE] = -Infinity;
    cells[at + USUAL_EVENTS] = FIRST_EVENTS;
    cells[at + USUAL_MS] = FIRST_MS;
    cells[at + SLACK] = (1 + multiple) / 2;
    this.#cells = cells;
    this.#at = at;
  }

  get value(): number {
    return this.#cells[this.#at + VALUE]!;
  }

  /** When what the evidence rests on began, in monotonic ms. */
  get since(): number {
    return this.#cells[this.#at + SINCE]!;
  }

  /** Events since then. */
  get events(): number {
    return this.#cells[this.#at + EVENTS]!;
  }

  /** Times that were not finite: the event counted as one of the same instant as the last. */
  get skipped(): number {
    return this.#cells[this.#at + SKIPPED]!;
  }

  /** The usual rate while at work, learned while there was no suspicion. */
  get usualPerSecond(): number {
    return (1000 * this.#cells[this.#at + USUAL_EVENTS]!) / this.#cells[this.#at + USUAL_MS]!;
  }

  /** The rate over the last ten to twenty seconds before `mono`. */
  recentPerSecond(mono: number): number {
    const cells = this.#cells;
    const at = this.#at;
    const passed = mono - cells[at + SLICE]!;
    if (!(passed < 2 * SLICE_MS)) return 0;
    const inSlice = 1000 * cells[at + IN_SLICE]!;
    if (passed >= SLICE_MS) return inSlice / passed;
    return (inSlice + 1000 * cells[at + IN_LAST_SLICE]!) / (Math.max(passed, 0) + SLICE_MS);
  }

  /** Takes one event at `mono` and returns the evidence. */
  add(mono: number): number {
    learn(this.#cells, this.#at, mono);
    return this.value;
  }

  /**
   * Forgets the evidence, and not what is usual. What was held back under suspicion is learned: a lane that lawfully
   * has a new rate does not alarm for ever, and one of many hours hardly changes by it.
   */
  reset(mono: number): void {
    const cells = this.#cells;
    const at = this.#at;
    cells[at + EVIDENCE_2] = cells[at + EVIDENCE_6] = cells[at + EVIDENCE_18] = cells[at + VALUE] = 0;
    cells[at + STREAK] = cells[at + EVENTS] = 0;
    endLesson(cells, at);
    // What is left of a slice would be free: the next event begins one.
    cells[at + SLICE] = -Infinity;
    cells[at + IN_SLICE] = cells[at + IN_LAST_SLICE] = 0;
    cells[at + SINCE] = mono < Infinity ? Math.max(mono, 0) : 0;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.#cells[this.#at + LAST] === -Infinity && this.skipped === 0) return null;
    return numbersIn(this.#cells, this.#at, NUMBERS);
  }

  /** Fills a new instance that was made with the same multiple. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.#cells, this.#at, NUMBERS);
  }
}

/** Returns nothing, for a double that is returned is an allocation; and is one function, as `weigh` is. */
function learn(cells: number[], at: number, mono: number): void {
  const last = cells[at + LAST]!;
  // Milliseconds since the event before. The time of the event becomes the last one, unless that lies after it.
  let gap = 0;
  if (!(Math.abs(mono) < Infinity)) {
    cells[at + SKIPPED]! += 1;
    if (last === -Infinity) cells[at + LAST] = 0;
  } else if (mono > last) {
    cells[at + LAST] = mono;
    if (last !== -Infinity) gap = mono - last;
  }
  if (cells[at + LAST]! < cells[at + SLICE]! + SLICE_MS) {
    // One more event in a slice that is paid for.
    cells[at + EVIDENCE_2] = Math.min(cells[at + EVIDENCE_2]! * LIFT_2, LARGEST);
    cells[at + EVIDENCE_6] = Math.min(cells[at + EVIDENCE_6]! * LIFT_6, LARGEST);
    cells[at + EVIDENCE_18] = Math.min(cells[at + EVIDENCE_18]! * LIFT_18, LARGEST);
    cells[at + STREAK] = Math.min(cells[at + STREAK]! * LIFT_6, LARGEST);
    cells[at + IN_SLICE]! += 1;
    cells[at + EVENTS]! += 1;
  } else {
    begin(cells, at);
  }
  cells[at + VALUE] = (cells[at + EVIDENCE_2]! + cells[at + EVIDENCE_6]! + cells[at + EVIDENCE_18]!) / 3;

  cells[at + LESSON_EVENTS]! += 1;
  cells[at + LESSON_LENGTH]! += Math.min(gap, LONGEST_GAP_MS);
  if (cells[at + LESSON_LENGTH]! >= LESSON_MS && cells[at + VALUE]! < SUSPICIOUS) endLesson(cells, at);
}

/** The first event of a slice pays for the time since the slice before it was over, and for its own. */
function begin(cells: number[], at: number): void {
  const now = cells[at + LAST]!;
  const paid = cells[at + SLICE]! + SLICE_MS;
  // Before the first event of all there was no pause.
  const pause = paid === -Infinity ? 0 : now - paid;
  const perMs = (cells[at + SLACK]! * cells[at + USUAL_EVENTS]!) / cells[at + USUAL_MS]!;
  const kept = exp((-perMs * (pause + SLICE_MS)) / DISPERSION);
  const kept4 = kept * kept * kept * kept;
  const kept5 = kept4 * kept;
  const kept17 = kept4 * kept4 * kept4 * kept5;
  cells[at + EVIDENCE_2] = Math.min((cells[at + EVIDENCE_2]! + 1) * LIFT_2, LARGEST) * kept;
  cells[at + EVIDENCE_6] = Math.min((cells[at + EVIDENCE_6]! + 1) * LIFT_6, LARGEST) * kept5;
  cells[at + EVIDENCE_18] = Math.min((cells[at + EVIDENCE_18]! + 1) * LIFT_18, LARGEST) * kept17;
  follow(cells, at, kept5);
  cells[at + IN_LAST_SLICE] = pause < SLICE_MS ? cells[at + IN_SLICE]! : 0;
  cells[at + IN_SLICE] = 1;
  cells[at + SLICE] = now;
}

/** CUSUM of the middle rate: where a slice began at its floor is the likeliest beginning. */
function follow(cells: number[], at: number, kept: number): void {
  if (cells[at + STREAK]! <= 1) {
    cells[at + STREAK] = 1;
    cells[at + SINCE] = cells[at + LAST]!;
    cells[at + EVENTS] = 0;
  }
  cells[at + STREAK] = Math.min(cells[at + STREAK]! * LIFT_6, LARGEST) * kept;
  cells[at + EVENTS]! += 1;
}

function endLesson(cells: number[], at: number): void {
  cells[at + USUAL_EVENTS]! += cells[at + LESSON_EVENTS]!;
  cells[at + USUAL_MS]! += cells[at + LESSON_LENGTH]!;
  cells[at + LESSON_EVENTS] = cells[at + LESSON_LENGTH] = 0;
  if (cells[at + USUAL_MS]! < MEMORY_MS) return;
  cells[at + USUAL_EVENTS]! /= 2;
  cells[at + USUAL_MS]! /= 2;
}
