import { exp } from "../../core/math.js";
import { doubles, numbersOf } from "../evidence/index.js";

/** How fast an error budget burns, over a short and a long window that must agree. */
interface Pair {
  readonly shortMs: number;
  readonly longMs: number;
  /** Times the budget. */
  readonly multiple: number;
}

const MINUTE_MS = 60_000;
const WINDOWS_MS = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS];
const PAIRS: readonly Pair[] = [
  { shortMs: MINUTE_MS, longMs: 5 * MINUTE_MS, multiple: 14.4 },
  { shortMs: 5 * MINUTE_MS, longMs: 30 * MINUTE_MS, multiple: 6 },
];
/** Fewer calls than this in the short window say nothing about a rate. */
const FEWEST_CALLS = 10;
/** Counts fade in steps of a second, so that most events touch no exponential. */
const STEP_MS = 1000;

/** Calls and failures of each window, then: */
const LAST = 6;
const SKIPPED = 7;
const NUMBERS = 8;

/**
 * Watches how fast outcomes use up a budget of failures: 14.4 times too fast over 1 and 5 minutes, or 6 times too fast
 * over 5 and 30.
 *
 * The windows fade exponentially, with the mean age of a flat window of their name. A large budget cannot burn that
 * fast: there, half of what it leaves of all calls is the most that is asked for.
 *
 * The method is that of multiple windows and burn rates (Google, The Site Reliability Workbook, 2018, chapter 5).
 */
export class BurnRate {
  readonly #budget: number;
  readonly #state = doubles(NUMBERS);
  #pair: Pair | null = null;

  /** @param budget the share of failures that is allowed, in (0, 1) */
  constructor(budget: number) {
    this.#budget = budget;
    this.#state[LAST] = -Infinity;
  }

  /** The pair of windows that burns at the last outcome: its lengths, and the multiple that they exceed. */
  get burning(): Pair | null {
    return this.#pair;
  }

  /** Outcomes whose time was not finite: they counted as of the same instant as the last. */
  get skipped(): number {
    return this.#state[SKIPPED]!;
  }

  /** The share of failures in a window of 1, 5 or 30 minutes. */
  share(windowMs: number): number {
    const at = 2 * WINDOWS_MS.indexOf(windowMs);
    const calls = this.#state[at];
    return calls !== undefined && calls > 0 ? this.#state[at + 1]! / calls : 0;
  }

  /** Takes an outcome at `mono`; true where the budget burns too fast. */
  add(ok: boolean, mono: number): boolean {
    this.#fade(mono);
    const state = this.#state;
    for (let at = 0; at < LAST; at += 2) {
      state[at]! += 1;
      if (!ok) state[at + 1]! += 1;
    }
    this.#pair = this.#judge();
    return this.#pair !== null;
  }

  reset(mono: number): void {
    const skipped = this.skipped;
    const last = Math.max(this.#state[LAST]!, mono === mono ? mono : -Infinity);
    this.#state.fill(0);
    this.#state[LAST] = last;
    this.#state[SKIPPED] = skipped;
    this.#pair = null;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.#state[LAST] === -Infinity && this.skipped === 0) return null;
    return this.#state.map((number) => (number === -Infinity ? null : number));
  }

  /** Fills a new instance that was made with the same budget. */
  restore(image: unknown): void {
    if (image === null) return;
    numbersOf(image, this.#state);
    this.#pair = this.#judge();
  }

  #fade(mono: number): void {
    const state = this.#state;
    if (!(Math.abs(mono) < Infinity)) {
      state[SKIPPED]! += 1;
      return;
    }
    const passed = mono - state[LAST]!;
    if (!(passed >= STEP_MS)) return;
    state[LAST] = mono;
    for (let i = 0; i < WINDOWS_MS.length; i++) {
      // A flat window's mean age is half its length.
      const kept = exp((-2 * passed) / WINDOWS_MS[i]!);
      state[2 * i]! *= kept;
      state[2 * i + 1]! *= kept;
    }
  }

  #judge(): Pair | null {
    for (let i = 0; i < PAIRS.length; i++) {
      const pair = PAIRS[i]!;
      const limit = Math.min(pair.multiple * this.#budget, (1 + this.#budget) / 2);
      const calls = this.#state[2 * i]!;
      // Fading leaves less than what a flat window counts: ten calls in a minute weigh at least this.
      if (
        calls >= FEWEST_CALLS / 2 &&
        this.share(pair.shortMs) >= limit &&
        this.share(pair.longMs) >= limit
      ) {
        return pair;
      }
    }
    return null;
  }
}
