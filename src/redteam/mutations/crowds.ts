import type { Act, Move, Reply, Told } from "../attack.js";
import { START_AT } from "../stage.js";
import type { Mutation } from "../mutation.js";
import { perform, through } from "./programs.js";
import type { Program, Proxy } from "./programs.js";

/** Acts come eight at a time, and what became of them is heard of when the next ones come. */
export const parallel: Mutation = {
  id: "parallel",
  title: "acts come eight at a time",
  owasp: ["ASI02", "ASI08"],
  apply: (attack) => through(attack, ({ horizonMs }) => new Crowd(8, horizonMs, perform)),
};

/** Acts are saved up for the ends of windows. */
export const windowEdges: Mutation = {
  id: "window-edges",
  title: "acts come in bursts right before and right after a window ends",
  owasp: ["ASI02", "ASI10"],
  apply: (attack) =>
    through(attack, ({ horizonMs }) => {
      const edges = new Edges(horizonMs);
      return new Crowd(16, horizonMs, (acts, atMs) => edges.burst(acts, atMs));
    }),
};

const HOPEFUL: Reply = { allowed: true, retryable: false, sizeMultiplier: 1 };

/** Saves acts up until there are enough, and then has all of them carried out. */
class Crowd implements Proxy {
  readonly #size: number;
  readonly #horizonMs: number;
  readonly #release: (acts: readonly Act[], atMs: number) => Program<Told>;
  #saved: Act[] = [];
  /** Answers to acts of the last crowd, which acts of this one are told: an agent cannot go on without any. */
  #heard: Reply[] = [];

  constructor(
    size: number,
    horizonMs: number,
    release: (acts: readonly Act[], atMs: number) => Program<Told>,
  ) {
    this.#size = size;
    this.#horizonMs = horizonMs;
    this.#release = release;
  }

  *act(acts: readonly Act[], atMs: number): Program<Told> {
    this.#saved.push(...acts);
    const nowMs = this.#saved.length < this.#size ? atMs : yield* this.#flush(atMs);
    return { atMs: nowMs, replies: acts.map(() => this.#heard.shift() ?? HOPEFUL) };
  }

  /** Only time may pass while acts wait: what else comes may be about them; and none waits until it is too late. */
  *before(move: Move, atMs: number): Program {
    const isTime = move.do === "wait" && atMs + move.ms < this.#horizonMs;
    if (!isTime) yield* this.#flush(atMs);
  }

  *end(atMs: number): Program {
    yield* this.#flush(atMs);
  }

  /** @returns when it is then */
  *#flush(atMs: number): Program<number> {
    if (this.#saved.length === 0) return atMs;
    const acts = this.#saved;
    this.#saved = [];
    const told = yield* this.#release(acts, atMs);
    this.#heard = [...told.replies];
    return told.atMs;
  }
}

const MINUTE_MS = 60_000;

/** Knows where the next window ends: where a refusal said, and at the full minute where none did. */
class Edges {
  readonly #horizonMs: number;
  #toldAtMs = 0;

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  /** One half right before the end of a window, the other one right after it. */
  *burst(acts: readonly Act[], atMs: number): Program<Told> {
    const edgeMs = this.#after(atMs);
    if (edgeMs >= this.#horizonMs || acts.length < 2) return yield* perform(acts);
    const half = acts.length >> 1;
    yield* until(edgeMs - 1, atMs);
    const before = yield* perform(acts.slice(0, half));
    yield* until(edgeMs, before.atMs);
    const after = yield* perform(acts.slice(half));
    const waits = after.replies.map(({ retryAfterMs = 0 }) => retryAfterMs);
    this.#toldAtMs = after.atMs + Math.max(...waits);
    return { atMs: after.atMs, replies: [...before.replies, ...after.replies] };
  }

  #after(atMs: number): number {
    if (this.#toldAtMs > atMs && this.#toldAtMs < this.#horizonMs) return this.#toldAtMs;
    return (Math.floor((START_AT + atMs) / MINUTE_MS) + 1) * MINUTE_MS - START_AT;
  }
}

function* until(whenMs: number, atMs: number): Program {
  if (whenMs > atMs) yield { do: "wait", ms: whenMs - atMs };
}
