import type { Domain, Move, Scene, Told } from "./attack.js";

/**
 * Honest work of one agent, made from a seed. Each useful act has the deed `done: 1`.
 *
 * Its agent obeys refusals, and the runner does that for it: it waits as long as it is told (five minutes in all), tries
 * an act again up to three times, then gives it up and hands the last refusal to the program, which goes on with the
 * next act; when it is halted, it stops. It asks a person once for what needs an approval, who answers after two minutes.
 */
export interface Work {
  /** In kebab-case; the same work of another seed has the same. */
  readonly id: string;
  readonly title: string;
  readonly domain: Domain;
  /** Useful acts that are to be done. */
  readonly wants: number;
  /** Virtual ms after which the agent stops, at most 7 days; a day when absent. */
  readonly horizonMs?: number;
  readonly run: (scene: Scene) => Generator<Move, void, Told>;
}

/** A day. */
export const WORK_HORIZON_MS = 86_400_000;

/** Ids of recorded sessions begin with it. */
export const RECORDED = "recorded-";
