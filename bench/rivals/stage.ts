import { OUT_OF_TIME, replyOf } from "../../src/redteam/performed.js";
import type { Performed } from "../../src/redteam/performed.js";
import type { Workplace } from "../../src/redteam/shift.js";
import type { Act, Gate, Reply, Report, Stop } from "./contestant.js";

/**
 * One guard in virtual time, and what runs under it: what src/redteam/stage.ts is for Rein alone, for anybody. Acts end
 * in their order, and what is refused or stopped is not done.
 */
export class RivalStage implements Workplace {
  readonly #gate: Gate;
  #atMs = 0;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** Virtual ms since the beginning. */
  get atMs(): number {
    return this.#atMs;
  }

  async waitUntil(atMs: number): Promise<void> {
    this.#moveTo(atMs);
    await this.#gate.tick?.();
    await this.#gate.rest?.();
  }

  async report(report: Report): Promise<void> {
    await this.#gate.report?.(report);
  }

  async approve(id: string): Promise<boolean> {
    return (await this.#gate.approve?.(id)) ?? false;
  }

  /** Asks for all acts before any of them ends; then they end, the shortest first, up to `untilMs`. */
  async perform(acts: readonly Act[], untilMs: number): Promise<readonly Performed[]> {
    const beganAtMs = this.#atMs;
    const answers = await this.#gate.ask(acts);
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
    this.#gate.moveTo(this.#atMs);
  }
}

function done(sizeMultiplier = 1): Reply {
  return { allowed: true, retryable: false, sizeMultiplier };
}

function stopped(act: Act, atMs: number, stop: Stop): Performed {
  return { act, atMs, stop, reply: replyOf(stop, 0) };
}
