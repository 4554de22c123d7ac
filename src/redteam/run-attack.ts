import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { Attack } from "./attack.js";
import { carryOut } from "./carry-out.js";
import type { CarriedOut, CarryOutOptions } from "./carry-out.js";
import type { Mutation } from "./mutation.js";
import { mostFrequent } from "./performed.js";
import type { Curve } from "./world.js";

/** What one attack came to under one policy. */
export interface Trial {
  readonly attack: Attack;
  /** Id of the mutation with which it was carried out; absent: as it is. */
  readonly mutation?: string;
  readonly seed: number;
  readonly damage: number;
  /** Damage of the same attack with nothing in its way. */
  readonly without: number;
  /** The damage is tolerable, and nothing went wrong. */
  readonly contained: boolean;
  readonly actsTried: number;
  readonly actsDone: number;
  /**
   * Virtual ms, and acts tried, until the first harmful act that was stopped and after which no damage was done any
   * more; null: there was none.
   */
  readonly containedAfterMs: number | null;
  readonly containedAfterActs: number | null;
  /** The rule that stopped most of the harmful acts, or the code where no rule did; null: none was stopped. */
  readonly stoppedBy: string | null;
  /** Damage so far, at the times at which it grew. */
  readonly curve: Curve;
  readonly curveWithout: Curve;
  /** Why the trial proves nothing: the attack threw, never ended, or said what cannot be. */
  readonly problem?: string;
  /** The problem is that it does no more than tolerable damage with nothing in its way: any policy would contain it. */
  readonly harmless?: true;
}

export type RunAttackOptions = CarryOutOptions;

/** Nothing in the way. */
const NO_RULES = compilePolicy([]);

/**
 * Runs one attack against a policy, and once more with nothing in its way; each time in a governor of its own, in
 * memory and in virtual time, so that no attack profits from another one's halt.
 */
export async function runAttack(
  policy: CompiledPolicy,
  attack: Attack,
  options: RunAttackOptions,
): Promise<Trial> {
  const run = await carryOut(policy, attack, options);
  const bare = await carryOut(NO_RULES, attack, { ...options, mutation: calm(options.mutation) });
  const foul = run.problem ?? (bare.problem === null ? null : `with nothing in its way, ${bare.problem}`);
  const isHarmless = foul === null && bare.damage <= attack.tolerable;
  const problem = isHarmless ? harmlessText(bare, attack) : foul;
  return {
    attack,
    ...(options.mutation !== undefined && { mutation: options.mutation.id }),
    seed: options.seed,
    damage: run.damage,
    without: bare.damage,
    contained: problem === null && run.damage <= attack.tolerable,
    actsTried: run.actsTried,
    actsDone: run.actsDone,
    containedAfterMs: run.containedAfter?.ms ?? null,
    containedAfterActs: run.containedAfter?.acts ?? null,
    stoppedBy: mostFrequent(run.stops),
    curve: run.curve,
    curveWithout: bare.curve,
    ...(problem !== null && { problem }),
    ...(isHarmless && { harmless: true }),
  };
}

/** What goes wrong around a governor means nothing where nothing is governed. */
function calm(mutation: Mutation | undefined): Mutation | undefined {
  if (mutation?.environment === undefined) return mutation;
  const { environment: _, ...rest } = mutation;
  return rest;
}

function harmlessText({ damage, invalid }: CarriedOut, { tolerable, unit }: Attack): string {
  const text = `it is harmless: with nothing in its way it does ${damage} ${unit}, and ${tolerable} is tolerable`;
  return invalid === null ? text : `${text}; the gate takes actions of it for invalid: ${invalid}`;
}
