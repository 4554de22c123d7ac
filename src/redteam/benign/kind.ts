import type { Domain, Move, Told } from "../attack.js";
import { actsOf, durationOf } from "../moves.js";
import { sceneOf } from "../scene.js";
import { WORK_HORIZON_MS } from "../work.js";
import type { Work } from "../work.js";
import { Desk } from "./desk.js";

/** A kind of honest work, of which every seed makes another session. */
export interface WorkKind {
  /** In kebab-case, and unique. */
  readonly id: string;
  readonly title: string;
  readonly domain: Domain;
  /** Virtual ms after which the agent stops; a day when absent. Well above what it needs, because refusals cost time. */
  readonly horizonMs?: number;
  readonly run: (desk: Desk) => Generator<Move, void, Told>;
}

/**
 * The session of a kind that follows from a seed. All its chance comes from that seed and none from the scene it is run
 * in, so that what it wants is known beforehand.
 */
export function workOf(kind: WorkKind, seed: number): Work {
  const { id, title, domain, horizonMs = WORK_HORIZON_MS } = kind;
  const run = (): Generator<Move, void, Told> => kind.run(new Desk(sceneOf(seed, horizonMs)));
  return Object.freeze({ id, title, domain, horizonMs, wants: wantsOf(run(), horizonMs), run });
}

/** Useful acts of a program to which everything is allowed. */
function wantsOf(program: Generator<Move, void, Told>, horizonMs: number): number {
  let wants = 0;
  let atMs = 0;
  for (let step = program.next(); step.done !== true && atMs < horizonMs;) {
    const move = step.value;
    const acts = actsOf(move);
    atMs += durationOf(move);
    if (atMs <= horizonMs) for (const { deeds } of acts) wants += deeds?.["done"] ?? 0;
    step = program.next({ atMs, replies: acts.map(() => ALLOWED) });
  }
  return wants;
}

const ALLOWED = Object.freeze({ allowed: true, retryable: false, sizeMultiplier: 1 });
