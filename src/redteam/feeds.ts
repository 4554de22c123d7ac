import type { Move } from "./attack.js";

type Signal = Extract<Move, { readonly do: "signal" }>;

interface Feed {
  readonly move: Signal;
  readonly atMs: number;
  /** The shortest time between two of its reports so far; Infinity after the first. */
  readonly everyMs: number;
  readonly dueMs: number;
}

/** A feed is not told again more often than this. */
const SHORTEST_MS = 1_000;

/** What is reported about the world: it goes on, in its own rhythm, while an agent waits for an answer. */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();

  /** A signal was reported. */
  told(move: Signal, atMs: number): void {
    const last = this.#feeds.get(move.name);
    const sinceMs = last === undefined ? Infinity : atMs - last.atMs;
    const everyMs = Math.max(SHORTEST_MS, Math.min(last?.everyMs ?? Infinity, sinceMs));
    this.#feeds.set(move.name, { move, atMs, everyMs, dueMs: atMs + everyMs });
  }

  /** What is due first, up to `untilMs`. */
  next(untilMs: number): { readonly move: Signal; readonly dueMs: number } | undefined {
    let first: Feed | undefined;
    for (const feed of this.#feeds.values())
      if (feed.dueMs <= untilMs && feed.dueMs < (first?.dueMs ?? Infinity)) first = feed;
    return first;
  }
}
