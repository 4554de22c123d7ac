import { schedule } from "./clock.js";
import type { Desk } from "./desk.js";
import type { Decision } from "./decision.js";

export interface AdmitOptions {
  /** Stops waiting; `admit` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a retryable refusal or an approval to pass; 0 when absent. */
  readonly waitMs?: number | undefined;
}

/** Asks again whenever a retryable refusal may have passed, until it has or `waitMs` are over. */
export async function waitForPassage(
  desk: Desk,
  ask: () => Decision,
  { signal, waitMs = 0 }: AdmitOptions,
): Promise<Decision> {
  const patience = waitMs > 0 ? waitMs : 0;
  desk.refresh();
  const giveUpAt = desk.timeline.mono + patience;
  const startedAt = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    const decision = ask();
    if (decision.allowed || !decision.refusal.retryable) return decision;
    // A clock of the caller's own may stand still, so real time bounds the wait as well.
    const left = Math.min(giveUpAt - desk.timeline.mono, patience - (performance.now() - startedAt));
    if (left <= 0 || desk.closed) return decision;
    await change(desk, Math.min(left, decision.refusal.retryAfterMs ?? left), signal);
  }
}

/** Resolves when something changes that a refusal may wait for, or after `ms`. */
function change(desk: Desk, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      desk.waiting.delete(done);
      signal?.removeEventListener("abort", done);
      cancel();
      resolve();
    };
    const cancel = schedule(desk.clock, done, ms, true);
    desk.waiting.add(done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
