import { ReinError } from "../core/errors.js";

/** Where time comes from. Times are in milliseconds. */
export interface Clock {
  /** Wall time since 1970, for calendars and the record. */
  now(): number;
  /** A time that never goes back, for durations and rates; without it durations follow `now`. */
  mono?(): number;
  /**
   * Calls back after `ms` of this clock and returns how to cancel it. Without it real timers are used, and
   * `rein.tick()` tells Rein that a clock of its own has moved.
   */
  schedule?(callback: () => void, ms: number): () => void;
}

/** The machine's clocks are compared this often, and a step larger than this is recorded. */
const SYNC_EVERY_MS = 1000;
const STEP_MS = 500;

/** The current event's two times. One clock is read per event; the wall clock is followed once a second. */
export class Timeline {
  /** Wall time of the current event. */
  at = -0;
  /** Monotonic time of the current event. */
  mono = -0;
  readonly #clock: Clock | undefined;
  readonly #onStep: (byMs: number) => void;
  #offset = -0;
  /** From the clock's monotonic time to this one, which goes on over restarts. */
  #shift = -0;
  #nextSync = -Infinity;

  /** @param onStep hears of wall clocks that were set, in ms forward */
  constructor(clock: Clock | undefined, onStep: (byMs: number) => void) {
    this.#clock = clock;
    this.#onStep = onStep;
    if (clock === undefined) {
      this.#offset = Date.now() - performance.now();
    } else {
      const { now, mono } = readCustom(clock);
      if (!isTime(now) || !Number.isFinite(mono)) {
        throw new ReinError("clock_invalid", `the clock answers ${now} and ${mono}`, {
          help: "now() and mono() must return finite milliseconds, now() since 1970",
        });
      }
      this.#offset = now - mono;
      this.mono = mono;
    }
    this.read();
  }

  /** Lets monotonic time go on from where an earlier process has left it. */
  continueFrom(mono: number): void {
    const ahead = mono - this.mono;
    this.#shift += ahead;
    this.#offset -= ahead;
    this.#nextSync = -Infinity;
    this.mono = mono;
  }

  /** Moves to the present. False: the clock does not answer with numbers, and the last known times stay. */
  read(): boolean {
    if (this.#clock !== undefined) return this.#readCustom(this.#clock);
    const mono = performance.now() + this.#shift;
    this.mono = mono;
    if (mono >= this.#nextSync) {
      this.#nextSync = mono + SYNC_EVERY_MS;
      this.#follow(Date.now() - mono);
    }
    this.at = Math.floor(this.#offset + mono);
    return true;
  }

  #readCustom(clock: Clock): boolean {
    const { now, mono: raw } = readCustom(clock);
    if (!isTime(now) || !Number.isFinite(raw)) return false;
    const mono = raw + this.#shift;
    // A clock that goes back stands still: nothing that was counted becomes uncounted.
    const back = mono < this.mono;
    if (back) this.#onStep(mono - this.mono);
    else this.mono = mono;
    this.at = now;
    if (clock.mono !== undefined && !back) this.#follow(now - mono);
    return true;
  }

  #follow(offset: number): void {
    const step = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(step) > STEP_MS) this.#onStep(step);
  }
}

/** The largest time that has a date (ECMA-262); calendars cannot answer beyond it. */
const MAX_TIME = 8.64e15;

function isTime(now: number): boolean {
  return Number.isFinite(now) && Math.abs(now) <= MAX_TIME;
}

function readCustom(clock: Clock): { now: number; mono: number } {
  try {
    const now = clock.now();
    return { now, mono: clock.mono === undefined ? now : clock.mono() };
  } catch {
    return { now: NaN, mono: NaN };
  }
}

/** Calls back after `ms`, by the clock's own timers or the machine's; the machine's never keep a process alive. */
export function schedule(
  clock: Clock | undefined,
  callback: () => void,
  ms: number,
  keepAlive = false,
): () => void {
  if (clock?.schedule !== undefined) return clock.schedule(callback, ms);
  // Longer delays overflow to 1 ms; whoever is called early looks at the clock and waits again.
  const timer = setTimeout(callback, Math.min(Math.max(0, ms), 2 ** 31 - 1));
  if (!keepAlive) timer.unref();
  return () => {
    clearTimeout(timer);
  };
}
