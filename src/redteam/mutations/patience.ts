import type { Act, Told } from "../attack.js";
import type { Mutation } from "../mutation.js";
import { insist, through } from "./programs.js";
import type { Program, Proxy } from "./programs.js";

/** Moves that are added to an attack at most: a runner takes one with too many for one that never ends. */
const MAX_ADDED = 4_000;

/** Who is refused waits as long as it is told, and where nobody says how long is slower until nobody minds. */
export const paced: Mutation = {
  id: "paced",
  title: "acts come just under every limit",
  owasp: ["ASI02", "ASI10"],
  apply: (attack) => through(attack, () => new Paced()),
};

/** What an SDK does that takes each refusal for a passing one. */
export const retried: Mutation = {
  id: "retried",
  title: "what is refused is tried five times more",
  owasp: ["ASI08"],
  apply: (attack) =>
    through(attack, (scene) => {
      let added = 0;
      return {
        act: (acts) =>
          insist(acts, (_, tried) => {
            if (tried > 5 || added >= MAX_ADDED) return null;
            added += 2;
            return Math.round(500 * 2 ** tried * (0.5 + scene.random()));
          }),
      };
    }),
};

/** Steps of the search for the largest rate that passes: faster by a tenth after ten acts that did, and half as fast. */
const GOOD_RUN = 10;
const FASTER = 0.9;
const SLOWEST_MS = 3_600_000;

class Paced implements Proxy {
  #gapMs = 0;
  #passed = 0;
  #added = 0;

  *act(acts: readonly Act[]): Program<Told> {
    if (this.#gapMs >= 1 && this.#mayAdd(1)) yield { do: "wait", ms: Math.round(this.#gapMs) };
    const told = yield* insist(acts, (refused, tried) => {
      if (refused.some(({ retryAfterMs }) => retryAfterMs === undefined)) this.#slowDown();
      if (tried > 5 || refused.some(({ retryable }) => !retryable) || !this.#mayAdd(2)) return null;
      return Math.max(1, ...refused.map(({ retryAfterMs = 1000 }) => retryAfterMs));
    });
    if (told.replies.every(({ allowed }) => allowed)) this.#speedUp();
    return told;
  }

  #slowDown(): void {
    this.#passed = 0;
    this.#gapMs = Math.min(SLOWEST_MS, Math.max(50, this.#gapMs * 2));
  }

  #speedUp(): void {
    this.#passed += 1;
    if (this.#passed % GOOD_RUN === 0) this.#gapMs *= FASTER;
  }

  #mayAdd(moves: number): boolean {
    this.#added += moves;
    return this.#added <= MAX_ADDED;
  }
}
