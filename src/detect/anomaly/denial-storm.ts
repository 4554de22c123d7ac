import { weigh, Weigher } from "../evidence/index.js";
import type { Odds } from "../evidence/index.js";

/** The share of denials that is still ordinary. Errors come in runs: with .1, runs of five at 5 % would alarm. */
const ORDINARY_SHARE = 0.2;
const ODDS: Odds = {
  mean: ORDINARY_SHARE,
  // Small ones, for the same reason.
  bets: [0.03, 0.1, 0.25],
  // One denial an hour, for ever, is a job that was never repaired, and not a storm.
  idleMs: 5 * 60_000,
};

/**
 * Weighs the evidence that more than a fifth of what a key asks for is denied.
 *
 * The bound of `Evidence` holds: with ordinary events alone, the probability of reaching c within n is at most n/c.
 */
export class DenialStorm extends Weigher {
  constructor() {
    super(ODDS);
  }

  /** Denials among the events that the evidence rests on. */
  get denied(): number {
    return this.sum;
  }

  /** Takes one decision at `mono` and returns the evidence. */
  add(denied: boolean, mono: number): number {
    weigh(this.cells, this.at, ODDS, denied ? 1 : 0, mono, ORDINARY_SHARE);
    return this.value;
  }
}
