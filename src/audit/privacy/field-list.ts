import type { Redactions } from "./erasure.js";
import type { Place } from "./vault-lines.js";

/** Places that are told one by one; all are counted. */
const MAX_TOLD = 100;

export const MISSING = 0;
export const SHOWN = 1;
export const MISMATCHED = 2;
export type FieldState = typeof MISSING | typeof SHOWN | typeof MISMATCHED;

/** Every field that leaves commit to is in one of the four counts `disclosed` to `mismatched`. */
export interface FieldCounts {
  readonly fields: number;
  /** The vault has the value. */
  readonly disclosed: number;
  /** It has not, or not the key: nobody says why. */
  readonly withheld: number;
  /** It has not, and the log says that it was erased. */
  readonly erased: number;
  readonly mismatched: number;
  /** Values that the log says were erased, and that are still here: the erasure is to be run again. */
  readonly unerasedCount: number;
  readonly unerased: readonly Place[];
}

/** Fields of many leaves in a few bytes each, until all that was erased is known. */
export class FieldList {
  readonly #at: number[] = [];
  readonly #path: number[] = [];
  readonly #states: FieldState[] = [];
  readonly #paths: string[] = [];
  readonly #numbers = new Map<string, number>();

  add(n: number, path: string, state: FieldState): void {
    let number = this.#numbers.get(path);
    if (number === undefined) {
      number = this.#paths.push(path) - 1;
      this.#numbers.set(path, number);
    }
    this.#at.push(n);
    this.#path.push(number);
    this.#states.push(state);
  }

  counts(redactions: Redactions): FieldCounts {
    let [disclosed, withheld, erased, mismatched, unerasedCount] = [0, 0, 0, 0, 0];
    const unerased: Place[] = [];
    this.#states.forEach((state, i) => {
      const place = { n: this.#at[i]!, path: this.#paths[this.#path[i]!]! };
      const isErased = redactions.of(place) !== undefined;
      if (state === SHOWN) disclosed++;
      else if (state === MISMATCHED) mismatched++;
      else if (isErased) erased++;
      else withheld++;
      if (state !== SHOWN || !isErased) return;
      unerasedCount++;
      if (unerased.length < MAX_TOLD) unerased.push(place);
    });
    return { fields: this.#states.length, disclosed, withheld, erased, mismatched, unerasedCount, unerased };
  }
}
