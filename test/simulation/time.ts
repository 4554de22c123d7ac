/** Whose a timer is: it does not fire while its owner is dead or held up. */
export interface TimerOwner {
  readonly canRun: boolean;
  run<T>(action: () => T): T;
}

interface Timer {
  readonly at: number;
  readonly owner: TimerOwner | undefined;
  readonly callback: () => void;
}

/** A jump of more than this is a machine that slept: what is due fires once, late. */
const SLEPT_MS = 5_000;

/** The time of the simulated world, in whole ms: one clock that never errs, and one on the wall that is set now and then. */
export class SimTime {
  /** Since the world began. */
  mono = 0;
  /** The part of it in which the machine did not sleep. */
  awake = 0;
  /** How often the clock on the wall was set. */
  steps = 0;
  #wallOffset: number;
  /** In the order in which they are due. */
  readonly #timers: Timer[] = [];

  constructor(start: number) {
    this.#wallOffset = start;
  }

  get wall(): number {
    return this.#wallOffset + this.mono;
  }

  /** Sets the clock on the wall. */
  step(byMs: number): void {
    this.steps += 1;
    this.#wallOffset += byMs;
  }

  /** Calls back after `ms`; returns how to cancel it. */
  after(ms: number, callback: () => void, owner?: TimerOwner): () => void {
    const timer: Timer = { at: this.mono + Math.max(0, Math.ceil(ms)), owner, callback };
    let place = this.#timers.length;
    while (place > 0 && this.#timers[place - 1]!.at > timer.at) place -= 1;
    this.#timers.splice(place, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Forgets the timers of those who are no more. */
  forget(owner: TimerOwner): void {
    for (let i = this.#timers.length - 1; i >= 0; i--)
      if (this.#timers[i]!.owner === owner) this.#timers.splice(i, 1);
  }

  /**
   * Lets `ms` pass. Timers that fall due are called in order, with `pause` after each.
   *
   * @param goOn looked at before each timer; time stands still from where it says no
   */
  async advance(ms: number, pause: () => Promise<void>, goOn: () => boolean): Promise<void> {
    const end = this.mono + ms;
    const slept = ms > SLEPT_MS ? ms : 0;
    this.#move(this.mono + slept, slept);
    const firedAt = this.mono;
    for (;;) {
      if (!goOn()) return;
      const place = this.#timers.findIndex(({ at, owner }) => at <= end && owner?.canRun !== false);
      const timer = this.#timers[place];
      if (timer === undefined) break;
      // A timer that a late one has set is for the next time, lest one jump becomes a thousand ticks.
      if (slept > 0 && timer.at > firedAt) break;
      this.#timers.splice(place, 1);
      this.#move(timer.at);
      if (timer.owner === undefined) timer.callback();
      else timer.owner.run(timer.callback);
      await pause();
    }
    this.#move(end);
  }

  #move(to: number, slept = 0): void {
    const ms = Math.max(0, to - this.mono);
    this.mono += ms;
    this.awake += ms - slept;
  }
}
