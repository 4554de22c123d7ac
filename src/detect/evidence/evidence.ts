import { pow } from "../../core/math.js";
import { doubles } from "./doubles.js";
import { numbersOf } from "./numbers-of.js";

/** Evidence and streaks stop growing here, so that they come down again in finite time. */
const LARGEST = 1e12;

/** After the evidence of each bet, the state holds these. */
const STREAK = 0;
const VALUE = 1;
const LAST = 2;
const SINCE = 3;
const EVENTS = 4;
const SUM = 5;
const SKIPPED = 6;
const NUMBERS = 7;

/**
 * Weighs, event by event, how much speaks against "the mean of x is at most `mean`", where x lies in [0, 1].
 *
 * Under that null – each x has a mean of at most `mean` given all that came before it; nothing else is asked of it –
 * the expectation of the evidence after n events is at most n. The probability that it ever reaches c within n events
 * is therefore at most n/c, and the mean time to a false alarm is at least c events. It can begin anywhere in the
 * stream, needs nothing learned, and may be looked at after every event.
 *
 * The method is the e-detector of the Shiryaev–Roberts type, a mean over a few bets λ in (0, 1):
 * `E = (E + 1) × (1 + λ (x / mean − 1))` (Shin, Ramdas, Rinaldo: E-detectors, NEJSDS 2 (2024) 229–260).
 */
export class Evidence {
  readonly #mean: number;
  readonly #bets: readonly number[];
  readonly #idleMs: number;
  readonly #state: number[];

  /**
   * @param mean the null's bound, in (0, 1)
   * @param bets each in (0, 1): small ones find small excesses and forgive runs, large ones are quick
   * @param idleMs a gap longer than this halves the evidence, and again for each further `idleMs`, which keeps the
   *   bound; by default only events count, and time does not
   */
  constructor(mean: number, bets: readonly number[], idleMs = Infinity) {
    this.#mean = mean;
    this.#bets = bets;
    this.#idleMs = idleMs;
    this.#state = doubles(bets.length + NUMBERS);
    this.#state[bets.length + LAST] = -Infinity;
  }

  get value(): number {
    return this.#state[this.#bets.length + VALUE]!;
  }

  /** When the run of events began that the evidence rests on: the likeliest time of the change, in monotonic ms. */
  get since(): number {
    return this.#state[this.#bets.length + SINCE]!;
  }

  /** Events since then; 0 when nothing has built up. */
  get events(): number {
    return this.#state[this.#bets.length + EVENTS]!;
  }

  /** The sum of their x. */
  get sum(): number {
    return this.#state[this.#bets.length + SUM]!;
  }

  /** Observations that were not finite, and changed nothing. */
  get skipped(): number {
    return this.#state[this.#bets.length + SKIPPED]!;
  }

  /**
   * Takes one observation at `mono` and returns the evidence.
   *
   * @param mean another bound for this one, which must follow from what was seen before it
   */
  add(x: number, mono: number, mean = this.#mean): number {
    const state = this.#state;
    const bets = this.#bets;
    const rest = bets.length;
    if (!(Math.abs(x) < Infinity)) {
      state[rest + SKIPPED]! += 1;
      return state[rest + VALUE]!;
    }
    const clamped = Math.min(Math.max(x, 0), 1);
    const excess = clamped / mean - 1;
    const kept = this.#keptUntil(mono);
    let total = 0;
    for (let i = 0; i < rest; i++) {
      const evidence = Math.min((state[i]! * kept + 1) * (1 + bets[i]! * excess), LARGEST);
      state[i] = evidence;
      total += evidence;
    }
    // The middle bet says since when: it is neither the boldest, nor the one that never lets go.
    this.#follow(clamped, state[rest + STREAK]! * kept, 1 + bets[rest >> 1]! * excess);
    return (state[rest + VALUE] = total / rest);
  }

  /** Forgets the evidence, not the count of what was skipped. */
  reset(mono: number): void {
    const rest = this.#bets.length;
    const skipped = this.skipped;
    const last = Math.max(this.#state[rest + LAST]!, mono === mono ? mono : -Infinity);
    this.#state.fill(0);
    this.#state[rest + LAST] = last;
    this.#state[rest + SINCE] = last === -Infinity ? 0 : last;
    this.#state[rest + SKIPPED] = skipped;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    const rest = this.#bets.length;
    if (this.#state[rest + LAST] === -Infinity && this.skipped === 0) return null;
    return this.#state.map((number) => (number === -Infinity ? null : number));
  }

  /** Fills a new instance that was made with the same bets. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.#state);
  }

  /** The share of the evidence that is left at `mono`, which becomes the time of the last event. */
  #keptUntil(mono: number): number {
    const at = this.#bets.length + LAST;
    const gap = mono - this.#state[at]!;
    // Neither a clock that went back nor one that says nothing takes anything away.
    if (!(gap > 0)) return 1;
    this.#state[at] = mono;
    return gap > this.#idleMs && gap < Infinity ? pow(2, 1 - gap / this.#idleMs) : 1;
  }

  /** CUSUM of one bet: where it was last at its floor is the likeliest beginning of what the evidence shows. */
  #follow(x: number, streak: number, factor: number): void {
    const state = this.#state;
    const rest = this.#bets.length;
    const grown = Math.max(streak, 1) * factor;
    if (grown <= 1) {
      state[rest + STREAK] = 1;
      state[rest + SINCE] = Math.max(state[rest + LAST]!, 0);
      state[rest + EVENTS] = 0;
      state[rest + SUM] = 0;
      return;
    }
    if (streak <= 1) {
      state[rest + SINCE] = Math.max(state[rest + LAST]!, 0);
      state[rest + EVENTS] = 0;
      state[rest + SUM] = 0;
    }
    state[rest + STREAK] = Math.min(grown, LARGEST);
    state[rest + EVENTS]! += 1;
    state[rest + SUM]! += x;
  }
}
