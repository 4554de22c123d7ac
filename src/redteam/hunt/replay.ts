import type { CompiledPolicy } from "../../policy/index.js";
import type { ReinConfigInput } from "../../rein/index.js";
import type { Attack, Move, Reply, Told } from "../attack.js";
import { carryOut } from "../carry-out.js";
import type { CarriedOut } from "../carry-out.js";
import type { AttackFacts } from "../isolated-task.js";
import type { Trace } from "./trace.js";

/** A move, and what became of it. */
export interface Step {
  readonly move: Move;
  /** One for each act of it; empty where the time was over before it ended. */
  readonly replies: readonly Reply[];
}

export interface HuntingGround {
  readonly policy: CompiledPolicy;
  readonly seed: number;
  readonly config?: ReinConfigInput | undefined;
}

/** Makes the moves of a trace once more; under the same policy they do the same damage. */
export async function replayHunt(
  policy: CompiledPolicy,
  { attack, seed, moves }: Trace,
  options: { readonly config?: ReinConfigInput | undefined } = {},
): Promise<CarriedOut> {
  return makeMoves({ policy, seed, config: options.config }, attack, moves);
}

/** Makes these moves, whatever the answers are. */
export async function makeMoves(
  ground: HuntingGround,
  attack: AttackFacts,
  moves: readonly Move[],
): Promise<CarriedOut> {
  const run: Attack["run"] = function* () {
    yield* moves;
  };
  return carryOut(ground.policy, { ...attack, run }, { ...ground, maxMoves: moves.length + 1 });
}

/** Runs an attack's program and writes down what it does. */
export async function writeDown(
  ground: HuntingGround,
  attack: Attack,
): Promise<{ readonly result: CarriedOut; readonly steps: readonly Step[] }> {
  const steps: Step[] = [];
  const run: Attack["run"] = function* (scene) {
    // It may be run again with its state kept.
    steps.length = 0;
    const program = attack.run(scene);
    let told: Told = { atMs: 0, replies: [] };
    for (;;) {
      const { done, value: move } = program.next(told);
      if (done === true) return;
      const at = steps.push({ move, replies: [] }) - 1;
      told = yield move;
      steps[at] = { move, replies: told.replies };
    }
  };
  return { result: await carryOut(ground.policy, { ...attack, run }, ground), steps };
}
