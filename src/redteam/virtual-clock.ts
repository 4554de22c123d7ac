import type { Clock } from "../rein/index.js";

/** A clock that stands until it is moved. Nothing is called back: what is due is applied by the next event. */
export class VirtualClock implements Clock {
  readonly #start: number;
  readonly #offMs: (elapsedMs: number) => number;
  #now: number;

  /**
   * @param start wall time in ms since 1970
   * @param offMs by how many ms the wall clock is wrong, so many ms after the start
   */
  constructor(start: number, offMs: (elapsedMs: number) => number = () => 0) {
    this.#start = start;
    this.#now = start;
    this.#offMs = offMs;
  }

  now(): number {
    return this.#now + this.#offMs(this.mono());
  }

  mono(): number {
    return this.#now - this.#start;
  }

  schedule(_callback: () => void, _ms: number): () => void {
    return () => undefined;
  }

  /** Never goes back. */
  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at);
  }
}

/** One that calls back, as on a machine that slept: what fell due while it was moved is called once, when it stands. */
export class AlarmClock extends VirtualClock {
  #alarms: { readonly at: number; readonly callback: () => void }[] = [];

  override schedule(callback: () => void, ms: number): () => void {
    const alarm = { at: this.mono() + ms, callback };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Calls back whoever is due, the first first; returns whether anybody was. */
  ring(): boolean {
    const now = this.mono();
    const due = this.#alarms.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    if (due.length === 0) return false;
    this.#alarms = this.#alarms.filter(({ at }) => at > now);
    for (const { callback } of due) callback();
    return true;
  }

  /** Forgets all who wanted to be called. */
  forget(): void {
    this.#alarms = [];
  }
}
