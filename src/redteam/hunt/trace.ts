import type { AttackFacts } from "../isolated-task.js";
import type { Move } from "../attack.js";

/** A way of doing damage, move by move: plain data that can be stored, sent and done again. */
export interface Trace {
  readonly attack: AttackFacts;
  readonly seed: number;
  /** What the moves do under the policy. */
  readonly damage: number;
  /** Damage of the attack as it is, with nothing in its way. */
  readonly without: number;
  readonly moves: readonly Move[];
}

/** The worst that a search found. */
export interface Hunt extends Trace {
  /** Ways that were tried. */
  readonly trials: number;
  /** How the damage is done, in words. */
  readonly strategy: string;
  /** It ended because the hunter had no acts left, so that the policy lets even more through. */
  readonly isCapped: boolean;
}
