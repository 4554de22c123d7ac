import type { Rule } from "../../policy/index.js";
import { duel } from "./duel.js";
import type { Direction, Pair } from "./duel.js";
import type { History } from "./history.js";
import { minimise } from "./minimise.js";
import type { Counterexample } from "./minimise.js";
import { Dice, randomHistory } from "./random-history.js";
import { scriptsFor } from "./scripts.js";
import { stockOf } from "./stock.js";

/** What a search may take. */
export interface Effort {
  /** Milliseconds after which it ends. */
  readonly budgetMs: number;
  readonly seed: number;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
}

/** What a search found: at most one counterexample for each direction. */
export interface Found {
  readonly wider: Counterexample | null;
  readonly narrower: Counterexample | null;
  /** Histories that were tried. */
  readonly tried: number;
  /** The time was over before all of them were. */
  readonly isCut: boolean;
}

/** Random histories behind those that were thought out. */
const RANDOM = 400;

/**
 * Looks for histories to which two policies give different answers: first those that lead to the boundaries of the
 * rules that differ, then random ones. `likely` histories come before all.
 *
 * @param all all rules that the histories may meet, here or elsewhere
 */
export function search(
  pair: Pair,
  focus: readonly Rule[],
  all: readonly Rule[],
  { budgetMs, seed, now }: Effort,
  likely: readonly History[] = [],
): Found {
  const found: Record<Direction, Counterexample | null> = { wider: null, narrower: null };
  const until = now() + budgetMs;
  let tried = 0;
  let isCut = false;
  for (const history of candidates(focus, all, seed, likely)) {
    tried += 1;
    const direction = duel(pair, history)?.direction;
    if (direction !== undefined) found[direction] ??= minimise(pair, history, direction) ?? null;
    if (found.wider !== null && found.narrower !== null) break;
    if (now() >= until) {
      isCut = true;
      break;
    }
  }
  return { ...found, tried, isCut };
}

function* candidates(
  focus: readonly Rule[],
  all: readonly Rule[],
  seed: number,
  likely: readonly History[],
): Generator<History, void, void> {
  yield* likely;
  const stock = stockOf(focus, all);
  yield* scriptsFor(stock, focus);
  const dice = new Dice(seed);
  for (let i = 0; i < RANDOM; i++) yield randomHistory(stock, dice);
}
