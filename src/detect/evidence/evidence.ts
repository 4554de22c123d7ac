import { skip, weigh, Weigher } from "./weigher.js";

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
export class Evidence extends Weigher {
  /** By default only events count, and time does not. See `Odds`. */
  constructor(mean: number, bets: readonly number[], idleMs = Infinity) {
    super({ mean, bets, idleMs });
  }

  /** The sum of the x that the evidence rests on. */
  override get sum(): number {
    return super.sum;
  }

  /** Takes one observation at `mono` and returns the evidence. */
  add(x: number, mono: number): number {
    const { cells, at, odds } = this;
    if (Math.abs(x) < Infinity) weigh(cells, at, odds, Math.min(Math.max(x, 0), 1), mono, odds.mean);
    else skip(cells, at);
    return this.value;
  }
}
