import { Known } from "../anomaly/index.js";

/**
 * Remembers which call gave which result, for "cost without progress": work that goes on while nothing new comes out of
 * it. Memory is bounded: beyond 4,096 pairs old ones are forgotten, and count as new once more; a new pair is never
 * taken for an old one, but for a chance of one in 2^53 per pair.
 */
export class ResultMemory {
  readonly #pairs = new Known(MAX_PAIRS);

  /** Returns whether the call gives this result (its hash without volatile parts) for the first time, and notes it. */
  add(call: number, like: number): boolean {
    return this.#pairs.add((call >>> 0) * LIKE_RANGE + ((like >>> 0) % LIKE_RANGE));
  }

  image(): unknown {
    return this.#pairs.image();
  }

  restore(image: unknown): void {
    this.#pairs.restore(image);
  }
}

const MAX_PAIRS = 4096;
/** What is left of the 53 bits of a whole number beside the 32 of the call. */
const LIKE_RANGE = 2 ** 21;
