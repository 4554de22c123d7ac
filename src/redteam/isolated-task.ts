import type { Rule } from "../policy/index.js";
import type { ReinConfigInput } from "../rein/index.js";
import type { Attack } from "./attack.js";
import type { Hunt, Trace } from "./hunt/index.js";
import type { Trial } from "./run-attack.js";

/** What can be said of an attack without its program. */
export type AttackFacts = Omit<Attack, "run">;

/** What the thread of an attack file is asked to do. */
export type Task = { readonly type: "load" } | RunTask;

/** What is done with one of the attacks, once they are loaded. */
export interface RunTask {
  readonly type: "trial" | "hunt" | "shrink";
  /** Id of the attack. */
  readonly attack: string;
  readonly rules: readonly Rule[];
  readonly seed: number;
  readonly config?: ReinConfigInput | undefined;
  /** Of a trial. */
  readonly maxMoves?: number | undefined;
  /** Id of the mutation; of a trial. */
  readonly mutation?: string | undefined;
}

/** What it answers. */
export type Answer =
  | { readonly type: "ready" }
  | { readonly type: "loaded"; readonly attacks: readonly AttackFacts[] }
  | { readonly type: "trial"; readonly trial: Omit<Trial, "attack"> }
  | { readonly type: "hunt"; readonly hunt: Hunt }
  | { readonly type: "shrink"; readonly trace: Trace | null }
  | { readonly type: "failed"; readonly message: string };
