import { messageOf } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { ReinConfigInput } from "../rein/index.js";
import { mostFrequent } from "./performed.js";
import type { Stop } from "./performed.js";
import { Shift } from "./shift.js";
import { Stage } from "./stage.js";
import type { Work } from "./work.js";
import { Foul } from "./world.js";

/** What became of honest work under a policy. */
export interface WorkResult {
  readonly work: Work;
  readonly seed: number;
  /** Useful acts that were to be done, and that were done. */
  readonly wanted: number;
  readonly done: number;
  /** Every refusal in order, also of acts that passed later. */
  readonly refused: readonly WorkRefusal[];
  /** An act was given up. */
  readonly stopped: boolean;
  /** Approvals that a person had to give. */
  readonly approvals: number;
  /** The rule that most acts were given up for, or the code where no rule did it; null: none was given up. */
  readonly stoppedBy: string | null;
  /** Why the result proves nothing: the work threw, never ended, or said what cannot be. */
  readonly problem?: string;
}

export interface WorkRefusal {
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface RunWorkOptions {
  readonly seed: number;
  readonly config?: ReinConfigInput | undefined;
}

/** Runs honest work under a policy: in a governor of its own, in memory and in virtual time. */
export async function runWork(
  policy: CompiledPolicy,
  work: Work,
  options: RunWorkOptions,
): Promise<WorkResult> {
  const { seed, config } = options;
  const stage = await Stage.open({ policy, config, isKept: false });
  const shift = new Shift(stage, work);
  let problem: string | undefined;
  try {
    await shift.play(seed);
  } catch (error) {
    problem = error instanceof Foul ? error.message : `the governor failed: ${messageOf(error)}`;
  } finally {
    await stage.close();
  }
  return {
    work,
    seed,
    wanted: work.wants,
    done: shift.done,
    refused: shift.refused.map(refusalOf),
    stopped: shift.givenUp.size > 0,
    approvals: shift.approvals,
    stoppedBy: mostFrequent(shift.givenUp),
    ...(problem !== undefined && { problem }),
  };
}

/** What can be told of it; the rest is for whoever may try again. */
function refusalOf({ code, rule, message, retryable }: Stop): WorkRefusal {
  return { code, message, retryable, ...(rule !== undefined && { rule }) };
}
