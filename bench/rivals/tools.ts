import { DEFAULT_HORIZON_MS } from "../../src/redteam/attack.js";
import type { Attack, Move, Reply, Told } from "../../src/redteam/attack.js";
import { actsOf, durationOf } from "../../src/redteam/moves.js";
import { sceneOf } from "../../src/redteam/scene.js";
import { WORK_HORIZON_MS } from "../../src/redteam/work.js";
import type { Work } from "../../src/redteam/work.js";
import type { Act } from "./contestant.js";

/** What a host knows of a program before it runs. */
export interface Outline {
  readonly tools: readonly string[];
  readonly crashes: boolean;
}

const ALLOWED: Reply = { allowed: true, retryable: false, sizeMultiplier: 1 };
const REFUSED: Reply = { allowed: false, code: "denied", retryable: false, sizeMultiplier: 0 };

/** Answers to try, so that the ways after a refusal are seen as well. */
const ANSWERS: readonly ((i: number) => Reply)[] = [
  () => ALLOWED,
  () => REFUSED,
  (i) => (i % 2 === 0 ? ALLOWED : REFUSED),
  (i) => (i % 7 < 5 ? ALLOWED : REFUSED),
];

/** The tools of an attack or a session of work: a framework has to be given them before an agent runs. */
export function outlineOf({ run, horizonMs }: Attack | Work, seed: number): Outline {
  const tools = new Set<string>();
  let crashes = false;
  for (const answer of ANSWERS) {
    for (const move of movesOf(
      run,
      horizonMs ?? Math.max(DEFAULT_HORIZON_MS, WORK_HORIZON_MS),
      seed,
      answer,
    )) {
      if (move.do === "crash") crashes = true;
      for (const { action } of actsOf(move)) tools.add(action.series);
    }
  }
  return { tools: [...tools].sort(), crashes };
}

/** The acts of a session with nothing in its way, with the virtual ms at which each is asked for. */
export function* actsWithTimes({ run, horizonMs }: Work, seed: number): Generator<readonly [number, Act]> {
  let atMs = 0;
  for (const move of movesOf(run, horizonMs ?? WORK_HORIZON_MS, seed, () => ALLOWED)) {
    for (const act of actsOf(move)) yield [atMs, act];
    atMs += durationOf(move);
  }
}

function* movesOf(
  run: Attack["run"],
  horizonMs: number,
  seed: number,
  answer: (i: number) => Reply,
): Generator<Move> {
  const program = run(sceneOf(seed, horizonMs));
  let told: Told = { atMs: 0, replies: [] };
  let asked = 0;
  while (told.atMs < horizonMs) {
    const step = program.next(told);
    if (step.done === true) return;
    yield step.value;
    const replies = actsOf(step.value).map(() => answer(asked++));
    told = { atMs: told.atMs + durationOf(step.value), replies };
    if (step.value.do === "call") told = { ...told, replies: [REFUSED] };
  }
}
