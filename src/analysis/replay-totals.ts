import type { Divergence } from "./replay-chain.js";

/** What a replay has come to, over all chains of runs: it holds also for those that are given up. */
export class ReplayTotals {
  decisions = 0;
  runs = 0;
  states = 0;
  skipped = 0;
  unproven = 0;
  /** There was something to begin with. */
  hasBegun = false;
  /** The version that another engine said it had, the last one that was met. */
  foreign: unknown;
  /** The first one. */
  divergence: Divergence | null = null;
  /** A difference was found, and everything that can be said about it. */
  isDone = false;

  /** @param before the same difference, when less was known of it */
  noteDivergence(divergence: Divergence, before: Divergence | null): void {
    if (this.divergence === before) this.divergence = divergence;
  }
}
