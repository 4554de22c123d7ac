import { compilePolicy } from "../../policy/index.js";
import type { CompiledPolicy } from "../../policy/index.js";
import type { ReinConfigInput } from "../../rein/index.js";
import type { Attack } from "../attack.js";
import { carryOut } from "../carry-out.js";
import { World } from "../world.js";
import { actsOf } from "../moves.js";
import { minimise } from "./minimise.js";
import { writeDown } from "./replay.js";
import type { HuntingGround, Step } from "./replay.js";
import type { Trace } from "./trace.js";

/** Finds few moves of an attack that still do more damage than is tolerable; null: the policy contains it. */
export async function shrink(
  policy: CompiledPolicy,
  attack: Attack,
  { seed, config }: { readonly seed: number; readonly config?: ReinConfigInput | undefined },
): Promise<Trace | null> {
  const ground: HuntingGround = { policy, seed, config };
  const { result, steps } = await writeDown(ground, attack);
  const { run: _, ...facts } = attack;
  const isEnough = (damage: number): boolean => damage > attack.tolerable;
  if (result.problem !== null || !isEnough(result.damage)) return null;
  const bare = await carryOut(compilePolicy([]), attack, { seed, config });
  const { damage, steps: prefix } = shortestPrefix(attack, steps) ?? { damage: result.damage, steps };
  const least = await minimise(ground, facts, prefix, damage, isEnough);
  return { attack: facts, seed, without: bare.damage, damage: least.damage, moves: least.moves };
}

/** Up to the move with which it has done too much; null: that was a last move, of which nobody was told. */
function shortestPrefix(
  attack: Attack,
  steps: readonly Step[],
): { readonly damage: number; readonly steps: readonly Step[] } | null {
  const world = new World(attack.damage);
  for (const [i, { move, replies }] of steps.entries()) {
    for (const [k, { deeds }] of actsOf(move).entries())
      if (replies[k]?.allowed === true) world.book(world.weigh(deeds), i);
    if (world.damage > attack.tolerable) return { damage: world.damage, steps: steps.slice(0, i + 1) };
  }
  return null;
}
