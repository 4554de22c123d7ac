import type { Action } from "../../rein/index.js";
import type { Act, Move, Reply, Scene, Told } from "../attack.js";

/** A part of an attack's program; parts are put together with `yield*`. */
export type Part<Result = void> = Generator<Move, Result, Told>;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The list of incidents that the OWASP Top 10 for Agentic Applications was made from. */
export const TRACKER =
  "OWASP ASI Agentic Exploits & Incidents Tracker, https://github.com/OWASP/www-project-top-10-for-large-language-model-applications";

/** Does one act, and says what the agent is told. */
export function* act(step: Act): Part<Reply> {
  const told = yield { do: "act", ...step };
  return told.replies[0]!;
}

/** Does all of them at the same time. */
export function* together(acts: readonly Act[]): Part<readonly Reply[]> {
  const told = yield { do: "together", acts };
  return told.replies;
}

export function* wait(ms: number): Part {
  yield { do: "wait", ms };
}

/** Waits for about that long: half as long at least, and half as much again at most. */
export function* think(scene: Scene, ms: number): Part {
  yield* wait(Math.round(ms * (0.5 + scene.random())));
}

/** Does honest work: one act after the other, refused or not, with about so much time after each. */
export function* work(scene: Scene, times: number, everyMs: number, make: (i: number) => Act): Part {
  for (let i = 0; i < times; i++) {
    yield* act(make(i));
    yield* think(scene, everyMs);
  }
}

/** Tries as an SDK does, whatever the refusal says: again after `everyMs`, and each time after twice as long. */
export function* insist(step: Act, times: number, everyMs: number): Part<boolean> {
  for (let i = 0; i < times; i++) {
    const reply = yield* act(step);
    if (reply.allowed) return true;
    yield* wait(everyMs * 2 ** i);
  }
  return false;
}

/** Tries one way after the other, until one is let through. */
export function* anyWay(ways: readonly Act[], everyMs: number): Part<boolean> {
  for (const way of ways) {
    const reply = yield* act(way);
    if (reply.allowed) return true;
    yield* wait(everyMs);
  }
  return false;
}

/** Calls the governor's own functions with ids that somebody could guess. */
export function* forge(what: "approve" | "resume" | "revive", ids: readonly string[]): Part {
  for (const id of ids) yield { do: "call", what, id };
}

/** An act that works, and of which something new comes. */
export function honest(action: Action, ms: number): Act {
  return { action, ms, outcome: { ok: true, progress: true, latencyMs: ms } };
}

/** One sentence a line. */
export function sentences(...lines: readonly string[]): string {
  return lines.join("\n");
}
