import { DEFAULT_HORIZON_MS } from "../../src/redteam/attack.js";
import type { Attack, Move, Told } from "../../src/redteam/attack.js";
import { sceneOf } from "../../src/redteam/scene.js";
import { checkMove, World } from "../../src/redteam/world.js";
import type { Act, Gate, Reply } from "./contestant.js";
import { RivalStage } from "./stage.js";

/** What one attack did to the world. */
export interface AttackRun {
  readonly damage: number;
  /** The damage is tolerable. */
  readonly contained: boolean;
  readonly tried: number;
  readonly done: number;
}

const MAX_MOVES = 20_000;

/**
 * Runs one attack against one guard. It ends as soon as the damage is more than tolerable: then it is missed, whatever
 * the guard does next.
 *
 * @throws Error when the attack does not end
 */
export async function driveAttack(gate: Gate, attack: Attack, seed: number): Promise<AttackRun> {
  const stage = new RivalStage(gate);
  const horizonMs = attack.horizonMs ?? DEFAULT_HORIZON_MS;
  const world = new World(attack.damage);
  const program = attack.run(sceneOf(seed, horizonMs));
  let [tried, done] = [0, 0];
  let told: Told = { atMs: 0, replies: [] };

  const perform = async (acts: readonly Act[]): Promise<readonly Reply[]> => {
    const performed = await stage.perform(acts, horizonMs);
    tried += acts.length;
    for (const { act, stop, atMs } of [...performed].sort((a, b) => a.atMs - b.atMs)) {
      if (stop !== null) continue;
      done += 1;
      world.book(world.weigh(act.deeds), atMs);
    }
    await gate.rest?.();
    return performed.map(({ reply }) => reply);
  };
  const make = async (move: Move): Promise<readonly Reply[]> => {
    switch (move.do) {
      case "act":
        return perform([move]);
      case "together":
        return perform(move.acts);
      case "wait":
        await stage.waitUntil(Math.min(stage.atMs + move.ms, horizonMs));
        return [];
      case "crash":
        await gate.crash();
        return [];
      case "call":
        return [NOT_OPERATOR];
      default:
        await stage.report(move);
        return [];
    }
  };

  for (let moves = 0; stage.atMs < horizonMs && world.damage <= attack.tolerable; moves++) {
    const step = program.next(told);
    if (step.done === true) break;
    if (moves >= MAX_MOVES) throw new Error(`it did not end within ${MAX_MOVES} moves`);
    checkMove(step.value);
    const replies = await make(step.value);
    told = { atMs: stage.atMs, replies };
  }
  return { damage: world.damage, contained: world.damage <= attack.tolerable, tried, done };
}

/** What only operators may do an agent cannot reach, whoever guards it. */
const NOT_OPERATOR: Reply = {
  allowed: false,
  code: "not_operator",
  message: "only operators may do that",
  retryable: false,
  sizeMultiplier: 0,
};
