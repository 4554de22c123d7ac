import type { Gate, Stop } from "./contestant.js";
import type { Act, Reply } from "./contestant.js";

/** What became of an act. */
export interface Performed {
  readonly act: Act;
  /** Virtual ms since the beginning at which it ended, or was refused. */
  readonly atMs: number;
  /** Why it was not carried out; null: it was. */
  readonly stop: Stop | null;
  readonly reply: Reply;
}

/**
 * One guard in virtual time, and what runs under it: what src/redteam/stage.ts is for Rein alone, for anybody. Acts end
 * in their order, and what is refused or stopped is not done.
 */
export class RivalStage {
  readonly gate: Gate;
  #atMs = 0;

  constructor(gate: Gate) {
    this.gate = gate;
  }

  /** Virtual ms since the beginning. */
  get atMs(): number {
    return this.#atMs;
  }

  async waitUntil(atMs: number): Promise<void> {
    this.#moveTo(atMs);
    await this.gate.tick?.();
    await this.gate.rest?.();
  }

  /** Asks for all acts before any of them ends; then they end, the shortest first, up to `untilMs`. */
  async perform(acts: readonly Act[], untilMs: number): Promise<readonly Performed[]> {
    const beganAtMs = this.#atMs;
    const answers = await this.gate.ask(acts);
    const performed: Performed[] = [];
    const running: { readonly place: number; readonly endsAtMs: number }[] = [];
    answers.forEach((answer, place) => {
      const act = acts[place]!;
      if (answer.allowed) running.push({ place, endsAtMs: beganAtMs + (act.ms ?? 0) });
      else performed[place] = stopped(act, beganAtMs, answer.stop);
    });
    running.sort((a, b) => a.endsAtMs - b.endsAtMs);
    for (const { place, endsAtMs } of running) {
      this.#moveTo(Math.min(endsAtMs, untilMs));
      const act = acts[place]!;
      const answer = answers[place]!;
      if (!answer.allowed) continue;
      const stop = endsAtMs > untilMs ? OUT_OF_TIME : await answer.end();
      performed[place] =
        stop === null
          ? { act, atMs: this.#atMs, stop, reply: done(answer.sizeMultiplier) }
          : stopped(act, this.#atMs, stop);
    }
    return performed;
  }

  #moveTo(atMs: number): void {
    this.#atMs = Math.max(this.#atMs, atMs);
    this.gate.moveTo(this.#atMs);
  }
}

/** What is not over in time is neither done nor stopped by anybody. */
const OUT_OF_TIME: Stop = { code: "out_of_time", message: "the time is over", retryable: false };

function done(sizeMultiplier = 1): Reply {
  return { allowed: true, retryable: false, sizeMultiplier };
}

function stopped(act: Act, atMs: number, stop: Stop): Performed {
  const { code, message, retryable, retryAfterMs } = stop;
  const waits = retryAfterMs !== undefined && { retryAfterMs };
  return {
    act,
    atMs,
    stop,
    reply: { allowed: false, code, message, retryable, sizeMultiplier: 0, ...waits },
  };
}
