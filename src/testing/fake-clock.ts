import type { Clock } from "../rein/index.js";

/**
 * A clock that moves only when told, for tests without waiting. Timers of Rein follow it.
 *
 * @example
 * ```ts
 * import { Rein } from "rein";
 * import { FakeClock } from "rein/testing";
 *
 * const clock = new FakeClock();
 * const rein = await Rein.open({ mode: "enforce", clock });
 * clock.advance(60_000);
 * ```
 */
export class FakeClock implements Clock {
  #wall: number;
  #mono = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  /** @param start wall time in ms since 1970 */
  constructor(start = Date.UTC(2026, 0, 5, 12)) {
    this.#wall = start;
  }

  now(): number {
    return this.#wall;
  }

  mono(): number {
    return this.#mono;
  }

  schedule(callback: () => void, ms: number): () => void {
    const timer = { at: this.#mono + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets `ms` pass; timers that fall due are called in order, each at its time. */
  advance(ms: number): void {
    const end = this.#mono + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#move(Math.max(0, due.at - this.#mono));
      due.callback();
    }
    this.#move(end - this.#mono);
  }

  /** Sets the wall clock without letting time pass, as an operator or a time server does. */
  setWall(at: number): void {
    this.#wall = at;
  }

  #move(ms: number): void {
    this.#wall += ms;
    this.#mono += ms;
  }
}
