import { Shift } from "../../src/redteam/shift.js";
import type { Work } from "../../src/redteam/work.js";
import type { Gate } from "./contestant.js";
import { RivalStage } from "./stage.js";

/** What became of honest work. */
export interface WorkRun {
  /** Useful acts that were to be done, and that were done. */
  readonly wanted: number;
  readonly done: number;
  /** An act was given up. */
  readonly stopped: boolean;
  readonly approvals: number;
  /** Why acts were given up, with how many. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Runs honest work under one guard. Its agent is the one of `rein redteam`. */
export async function driveWork(gate: Gate, work: Work, seed: number): Promise<WorkRun> {
  const shift = new Shift(new RivalStage(gate), work);
  await shift.play(seed);
  const { done, approvals, givenUp } = shift;
  const reasons = Object.fromEntries(givenUp);
  return { wanted: work.wants, done, stopped: givenUp.size > 0, approvals, reasons };
}
