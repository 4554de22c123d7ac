import type { Clock } from "../rein/index.js";

/** A clock that stands until it is moved. Nothing is called back: what is due is applied by the next event. */
export class VirtualClock implements Clock {
  readonly #start: number;
  #now: number;

  /** @param start wall time in ms since 1970 */
  constructor(start: number) {
    this.#start = start;
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  mono(): number {
    return this.#now - this.#start;
  }

  schedule(): () => void {
    return () => undefined;
  }

  /** Never goes back. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }
}
