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
  protected readonly odds: Odds;

  /** @param more numbers of the detector's own, which follow at `sizeOf(odds)` */
  constructor(odds: Odds, more = 0) {
    const { cells, at } = reserve(sizeOf(odds) + more);
    this.cells = cells;
    this.at = at;
    this.odds = odds;
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
    forget(this.cells, this.at, this.odds, mono);
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    return this.isNew ? null : numbersIn(this.cells, this.at, sizeOf(this.odds));
  }

  /** Fills a new instance that was made with the same odds. */
  restore(image: unknown): void {
    if (image !== null) numbersOf(image, this.cells, this.at, sizeOf(this.odds));
  }

  protected get isNew(): boolean {
    return this.cells[this.at + LAST] === -Infinity && this.skipped === 0;
  }

  protected get sum(): number {
    return this.cells[this.at + SUM]!;
  }
}

/** The evidence at `at`. */
export function valueAt(cells: readonly number[], at: number): number {
  return cells[at + VALUE]!;
}

/** Forgets the evidence, not the count of what was skipped. */
export function forget(cells: number[], at: number, odds: Odds, mono: number): void {
  const skipped = cells[at + SKIPPED]!;
  const last = Math.max(cells[at + LAST]!, mono === mono ? mono : -Infinity);
  cells.fill(0, at, at + sizeOf(odds));
  cells[at + LAST] = last;
  cells[at + SINCE] = last === -Infinity ? 0 : last;
  cells[at + SKIPPED] = skipped;
}

/** Counts an observation that was none. */
export function skip(cells: number[], at: number): void {
  cells[at + SKIPPED]! += 1;
}

/**
 * Takes one observation into the evidence at `at`. It returns nothing, for a double that is returned is an allocation
 * (see `valueAt`); and it is one function, for V8 puts only so much into another: parts of it would be calls.
 *
 * @param x in [0, 1]
 * @param mean the bound for this one, which must follow from what was seen before it
 */
export function weigh(cells: number[], at: number, odds: Odds, x: number, mono: number, mean: number): void {
  const { bets } = odds;
  const excess = x / mean - 1;
  const gap = mono - cells[at + LAST]!;
  let kept = 1;
  // Neither a clock that went back nor one that says nothing takes anything away.
  if (gap > 0) {
    cells[at + LAST] = mono;
    if (gap > odds.idleMs && gap < Infinity) kept = pow(2, 1 - gap / odds.idleMs);
  }
  const end = bets.length;
  const first = at + BETS;
  let total = 0;
  for (let i = 0; i < end; i++) {
    const evidence = Math.min((cells[first + i]! * kept + 1) * (1 + bets[i]! * excess), LARGEST);
    cells[first + i] = evidence;
    total += evidence;
  }
  cells[at + VALUE] = total / end;

  // CUSUM of the middle bet, which is neither the boldest, nor the one that never lets go: where it was last at its
  // floor is the likeliest beginning of what the evidence shows.
  const streak = cells[at + STREAK]! * kept;
  const grown = Math.max(streak, 1) * (1 + bets[end >> 1]! * excess);
  const isUp = grown > 1;
  if (!isUp || streak <= 1) {
    cells[at + SINCE] = Math.max(cells[at + LAST]!, 0);
    cells[at + EVENTS] = 0;
    cells[at + SUM] = 0;
  }
  cells[at + STREAK] = isUp ? Math.min(grown, LARGEST) : 1;
  if (!isUp) return;
  cells[at + EVENTS]! += 1;
  cells[at + SUM]! += x;
}
