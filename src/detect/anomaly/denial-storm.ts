import { Evidence } from "../evidence/index.js";

/** The share of denials that is still ordinary. Errors come in runs: with .1, runs of five at 5 % would alarm. */
const ORDINARY_SHARE = 0.2;
/** Small bets, for the same reason. */
const BETS = [0.03, 0.1, 0.25];
/** One denial an hour, for ever, is a job that was never repaired, and not a storm. */
const IDLE_MS = 5 * 60_000;

/**
 * Weighs the evidence that more than a fifth of what a key asks for is denied.
 *
 * The bound of `Evidence` holds: with ordinary events alone, the probability of reaching c within n is at most n/c.
 */
export class DenialStorm {
  readonly #evidence = new Evidence(ORDINARY_SHARE, BETS, IDLE_MS);

  get value(): number {
    return this.#evidence.value;
  }

  /** When what the evidence rests on began, in monotonic ms. */
  get since(): number {
    return this.#evidence.since;
  }

  /** Events since then. */
  get events(): number {
    return this.#evidence.events;
  }

  /** Denials among them. */
  get denied(): number {
    return this.#evidence.sum;
  }

  get skipped(): number {
    return this.#evidence.skipped;
  }

  /** Takes one decision at `mono` and returns the evidence. */
  add(denied: boolean, mono: number): number {
    return this.#evidence.add(denied ? 1 : 0, mono);
  }

  reset(mono: number): void {
    this.#evidence.reset(mono);
  }

  image(): unknown {
    return this.#evidence.image();
  }

  restore(image: unknown): void {
    this.#evidence.restore(image);
  }
}
