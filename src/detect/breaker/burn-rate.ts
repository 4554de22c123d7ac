import { exp } from "../../core/math.js";
import { numbersIn, numbersOf, reserve } from "../evidence/index.js";

/** How fast an error budget burns, over a short and a long window that must agree. */
interface Pair {
  readonly shortMs: number;
  readonly longMs: number;
  /** Times the budget. */
  readonly multiple: number;
}

const MINUTE_MS = 60_000;
const LONGEST_MS = 30 * MINUTE_MS;
const FAST: Pair = { shortMs: MINUTE_MS, longMs: 5 * MINUTE_MS, multiple: 14.4 };
const SLOW: Pair = { shortMs: 5 * MINUTE_MS, longMs: LONGEST_MS, multiple: 6 };
/**
 * Fewer calls than this in the short window say nothing about a rate. Fading leaves less than what a flat window counts:
 * ten calls in a minute weigh at least half of that.
 */
const FEWEST_CALLS = 10 / 2;
/** Counts fade in steps of a second, so that many events touch no exponential. */
const STEP_MS = 1000;

/** Calls and failures of each window, the longest first; then: */
const LAST = 6;
const SKIPPED = 7;
const NUMBERS = 8;
/** What the rule asks for stands behind what is kept. */
const BUDGET = NUMBERS;

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
  readonly #cells: number[];
  readonly #at: number;

  /** @param budget the share of failures that is allowed, in (0, 1) */
  constructor(budget: number) {
    const { cells, at } = reserve(NUMBERS + 1);
    cells[at + LAST] = -Infinity;
    cells[at + BUDGET] = budget;
    this.#cells = cells;
    this.#at = at;
  }

  /** The pair of windows that burns at the last outcome: its lengths, and the multiple that they exceed. */
  get burning(): Pair | null {
    if (burns(this.#cells, this.#at, FAST)) return FAST;
    return burns(this.#cells, this.#at, SLOW) ? SLOW : null;
  }

  /** Outcomes whose time was not finite: they counted as of the same instant as the last. */
  get skipped(): number {
    return this.#cells[this.#at + SKIPPED]!;
  }

  /** The share of failures in a window of 1, 5 or 30 minutes. */
  share(windowMs: number): number {
    const at = this.#at + placeOf(windowMs);
    const calls = this.#cells[at]!;
    return calls > 0 ? this.#cells[at + 1]! / calls : 0;
  }

  /** Takes an outcome at `mono`; true where the budget burns too fast. */
  add(ok: boolean, mono: number): boolean {
    return learn(this.#cells, this.#at, ok, mono);
  }

  reset(mono: number): void {
    const cells = this.#cells;
    const at = this.#at;
    const last = Math.max(cells[at + LAST]!, mono === mono ? mono : -Infinity);
    cells.fill(0, at, at + LAST);
    cells[at + LAST] = last;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.#cells[this.#at + LAST] === -Infinity && this.skipped === 0) return null;
    return numbersIn(this.#cells, this.#at, NUMBERS);
  }

  /** Fills a new instance that was made with the same budget. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.#cells, this.#at, NUMBERS);
  }
}

/** One function, as `weigh` of the evidence is. */
function learn(cells: number[], at: number, ok: boolean, mono: number): boolean {
  const passed = mono - cells[at + LAST]!;
  if (!(Math.abs(mono) < Infinity)) {
    cells[at + SKIPPED]! += 1;
  } else if (passed >= STEP_MS) {
    cells[at + LAST] = mono;
    // A flat window's mean age is half its length. What is left of a window to the power of how often the next one goes
    // into it is what is left of that one.
    const kept30 = exp((-2 * passed) / LONGEST_MS);
    const squared = kept30 * kept30;
    const kept5 = squared * squared * squared;
    const squared5 = kept5 * kept5;
    const kept1 = squared5 * squared5 * kept5;
    cells[at]! *= kept30;
    cells[at + 1]! *= kept30;
    cells[at + 2]! *= kept5;
    cells[at + 3]! *= kept5;
    cells[at + 4]! *= kept1;
    cells[at + 5]! *= kept1;
  }
  cells[at]! += 1;
  cells[at + 2]! += 1;
  cells[at + 4]! += 1;
  if (!ok) {
    cells[at + 1]! += 1;
    cells[at + 3]! += 1;
    cells[at + 5]! += 1;
  }
  return burns(cells, at, FAST) || burns(cells, at, SLOW);
}

function burns(cells: readonly number[], at: number, { shortMs, longMs, multiple }: Pair): boolean {
  const budget = cells[at + BUDGET]!;
  const limit = Math.min(multiple * budget, (1 + budget) / 2);
  const short = at + placeOf(shortMs);
  if (cells[short + 1]! < limit * cells[short]! || cells[short]! < FEWEST_CALLS) return false;
  const long = at + placeOf(longMs);
  return cells[long + 1]! >= limit * cells[long]!;
}

/** Where the numbers of a window are. */
function placeOf(windowMs: number): number {
  return windowMs === MINUTE_MS ? 4 : windowMs === LONGEST_MS ? 0 : 2;
}
