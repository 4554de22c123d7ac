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
  /** Milliseconds after which it ends, making what was found shorter included. */
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
  /** The time was over before all of them were, or before what was found had been made as short as can be. */
  readonly isCut: boolean;
  /** The time was over before all those that were thought out had been tried. */
  readonly isUntold: boolean;
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
  let isUntold = false;
  for (const [history, isRandom] of candidates(focus, all, seed, likely)) {
    tried += 1;
    const direction = duel(pair, history)?.direction;
    if (direction !== undefined)
      found[direction] ??= minimise(pair, history, direction, { until, now }) ?? null;
    if (now() >= until) {
      isCut = true;
      isUntold = !isRandom;
      break;
    }
    if (found.wider !== null && found.narrower !== null) break;
  }
  return { ...found, tried, isCut, isUntold };
}

function* candidates(
  focus: readonly Rule[],
  all: readonly Rule[],
  seed: number,
  likely: readonly History[],
): Generator<readonly [history: History, isRandom: boolean], void, void> {
  const stock = stockOf(focus, all);
  for (const history of likely) yield [history, false];
  for (const history of scriptsFor(stock, focus)) yield [history, false];
  const dice = new Dice(seed);
  for (let i = 0; i < RANDOM; i++) yield [randomHistory(stock, dice), true];
}
