import { Incidents } from "./findings.js";
import type { Decisions } from "./verdict.js";

/** Decisions that are followed at a time; far more than any governor keeps in flight. */
const FOLLOWED_MAX = 1 << 18;

/** Allowed actions of one run that have not ended yet: index of the record by number of the decision. */
export type OpenDecisions = Map<number, number>;

/** Follows decisions from "allow" to their outcome. */
export class DecisionBook {
  total = 0;
  allowed = 0;
  #answered = 0;
  #interrupted = 0;
  #followed = 0;
  #isIncomplete = false;
  readonly #unanswered = new Incidents();

  allow(open: OpenDecisions, seq: number, index: number): void {
    this.allowed++;
    if (this.#followed >= FOLLOWED_MAX) {
      this.#isIncomplete = true;
      return;
    }
    if (!open.has(seq)) this.#followed++;
    open.set(seq, index);
  }

  answer(open: OpenDecisions, seq: number): void {
    if (!open.delete(seq)) return;
    this.#followed--;
    this.#answered++;
  }

  /** A run ended by itself. @param unsettled how many actions it says were in flight */
  close(open: OpenDecisions, unsettled: number, index: number, at: number, boot: string): void {
    if (open.size > unsettled) {
      const [oldest] = open.values();
      const missing = open.size - unsettled;
      this.#unanswered.add(
        oldest ?? index,
        at,
        `run ${boot} ended with ${open.size} allowed actions that no record ends, and counted ${unsettled} in flight: ${missing} unanswered`,
      );
    }
    this.#interrupted += Math.min(open.size, unsettled);
    this.#forget(open);
  }

  /** A run broke off: another one has begun since, and nothing came of it any more. */
  breakOff(open: OpenDecisions): void {
    this.#interrupted += open.size;
    this.#forget(open);
  }

  result(inFlight: number): Decisions {
    return {
      total: this.total,
      allowed: this.allowed,
      answered: this.#answered,
      inFlight,
      interrupted: this.#interrupted,
      unanswered: this.#unanswered.listed(),
      isIncomplete: this.#isIncomplete,
    };
  }

  #forget(open: OpenDecisions): void {
    this.#followed -= open.size;
    open.clear();
  }
}
