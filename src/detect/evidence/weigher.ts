import { pow } from "../../core/math.js";
import { numbersIn, numbersOf, reserve } from "./cells.js";

/** Evidence and streaks stop growing here, so that they come down again in finite time. */
const LARGEST = 1e12;

const VALUE = 0;
const LAST = 1;
const STREAK = 2;
const SINCE = 3;
const EVENTS = 4;
const SUM = 5;
const SKIPPED = 6;
/** The evidence of each bet follows. */
const BETS = 7;

/** What an observation is weighed against. */
export interface Odds {
  /** The null's bound on the mean, in (0, 1). */
  readonly mean: number;
  /** Each in (0, 1): small ones find small excesses and forgive runs, large ones are quick. */
  readonly bets: readonly number[];
  /** A gap longer than this halves the evidence, and again for each further `idleMs`, which keeps the bound. */
  readonly idleMs: number;
}

/** Returns how many numbers the evidence takes. */
export function sizeOf({ bets }: Odds): number {
  return BETS + bets.length;
}

/**
 * What every detector of the kind of `Evidence` is: its numbers lie in one place with those that the detector adds,
 * for an object for each would weigh more than the numbers, and be further away.
 */
export abstract class Weigher {
  protected readonly cells: number[];
  protected readonly at: number;
  readonly #odds: Odds;

  /** @param more numbers of the detector's own, which follow at `sizeOf(odds)` */
  constructor(odds: Odds, more = 0) {
    const { cells, at } = reserve(sizeOf(odds) + more);
    this.cells = cells;
    this.at = at;
    this.#odds = odds;
    cells[at + LAST] = -Infinity;
  }

  get value(): number {
    return this.cells[this.at + VALUE]!;
  }

  /** When the run of events began that the evidence rests on: the likeliest time of the change, in monotonic ms. */
  get since(): number {
    return this.cells[this.at + SINCE]!;
  }

  /** Events since then; 0 when nothing has built up. */
  get events(): number {
    return this.cells[this.at + EVENTS]!;
  }

  /** Observations that were not finite, and changed nothing. */
  get skipped(): number {
    return this.cells[this.at + SKIPPED]!;
  }

  /** Forgets the evidence, not the count of what was skipped. */
  reset(mono: number): void {
    const { cells, at } = this;
    const skipped = this.skipped;
    const last = Math.max(cells[at + LAST]!, mono === mono ? mono : -Infinity);
    cells.fill(0, at, at + sizeOf(this.#odds));
    cells[at + LAST] = last;
    cells[at + SINCE] = last === -Infinity ? 0 : last;
    cells[at + SKIPPED] = skipped;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    return this.isNew ? null : numbersIn(this.cells, this.at, sizeOf(this.#odds));
  }

  /** Fills a new instance that was made with the same odds. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.cells, this.at, sizeOf(this.#odds));
  }

  protected get isNew(): boolean {
    return this.cells[this.at + LAST] === -Infinity && this.skipped === 0;
  }

  protected get sum(): number {
    return this.cells[this.at + SUM]!;
  }

  protected skip(): void {
    this.cells[this.at + SKIPPED]! += 1;
  }

  /**
   * Takes one observation. It returns nothing, for a double that is returned is an allocation: see `value`.
   *
   * @param mean the bound for this one, which must follow from what was seen before it
   */
  protected weigh(x: number, mono: number, mean = this.#odds.mean): void {
    const { cells, at } = this;
    if (!(Math.abs(x) < Infinity)) {
      this.skip();
      return;
    }
    const { bets, idleMs } = this.#odds;
    const clamped = Math.min(Math.max(x, 0), 1);
    const excess = clamped / mean - 1;
    const kept = keptUntil(mono, cells, at, idleMs);
    let total = 0;
    for (let i = 0; i < bets.length; i++) {
      const evidence = Math.min((cells[at + BETS + i]! * kept + 1) * (1 + bets[i]! * excess), LARGEST);
      cells[at + BETS + i] = evidence;
      total += evidence;
    }
    cells[at + VALUE] = total / bets.length;
    // The middle bet says since when: it is neither the boldest, nor the one that never lets go.
    follow(clamped, cells[at + STREAK]! * kept, 1 + bets[bets.length >> 1]! * excess, cells, at);
  }
}

/** The share of the evidence that is left at `mono`, which becomes the time of the last event. */
function keptUntil(mono: number, cells: number[], at: number, idleMs: number): number {
  const gap = mono - cells[at + LAST]!;
  // Neither a clock that went back nor one that says nothing takes anything away.
  if (!(gap > 0)) return 1;
  cells[at + LAST] = mono;
  return gap > idleMs && gap < Infinity ? pow(2, 1 - gap / idleMs) : 1;
}

/** CUSUM of one bet: where it was last at its floor is the likeliest beginning of what the evidence shows. */
function follow(x: number, streak: number, factor: number, cells: number[], at: number): void {
  const grown = Math.max(streak, 1) * factor;
  const isUp = grown > 1;
  if (!isUp || streak <= 1) {
    cells[at + SINCE] = Math.max(cells[at + LAST]!, 0);
    cells[at + EVENTS] = 0;
    cells[at + SUM] = 0;
  }
  if (!isUp) {
    cells[at + STREAK] = 1;
    return;
  }
  cells[at + STREAK] = Math.min(grown, LARGEST);
  cells[at + EVENTS]! += 1;
  cells[at + SUM]! += x;
}
