import { HaltedError, messageOf, ReinError } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import { Rein } from "../rein/index.js";
import type { Logger, Permit, ReinConfigInput } from "../rein/index.js";
import { dirStore, memoryStore } from "../store/index.js";
import type { MemoryStore } from "../store/index.js";
import type { Act, Reply } from "./attack.js";
import type { Report } from "./moves.js";
import { OUT_OF_TIME, replyOf } from "./performed.js";
import type { Performed, Stop } from "./performed.js";
import type { Workplace } from "./shift.js";
import { AlarmClock, VirtualClock } from "./virtual-clock.js";

export interface StageOptions {
  readonly policy: CompiledPolicy;
  readonly config?: ReinConfigInput | undefined;
  /** How far the wall clock is off, so many virtual ms after the beginning. */
  readonly clockSkew?: ((atMs: number) => number) | undefined;
  /** Its state outlives a crash. */
  readonly isKept: boolean;
  /** Where its state is, when that is not in memory. */
  readonly stateDir?: string | undefined;
}

/** A Monday at 15:00 UTC, which is 10:00 in New York: inside the opening hours of offices and markets. */
export const START_AT = Date.UTC(2026, 0, 5, 15);

/** What is odd shows in the answers: nobody reads the log lines. */
const SILENT: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A governor of its own, in memory and in virtual time, and what runs under it; all through the public interface. */
export class Stage implements Workplace {
  readonly #options: StageOptions;
  readonly #clock: VirtualClock;
  readonly #alarms: AlarmClock | undefined;
  readonly #store: MemoryStore | undefined;
  #rein!: Rein;

  private constructor(options: StageOptions) {
    this.#options = options;
    if (options.stateDir !== undefined) {
      this.#clock = this.#alarms = new AlarmClock(START_AT, options.clockSkew);
    } else if (options.isKept) {
      this.#store = memoryStore();
      this.#clock = this.#alarms = new AlarmClock(START_AT, options.clockSkew);
    } else {
      this.#clock = new VirtualClock(START_AT, options.clockSkew);
    }
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    await stage.#start();
    return stage;
  }

  /** Virtual ms since the beginning. */
  get atMs(): number {
    return this.#clock.mono();
  }

  /** Where calls go. */
  get rein(): Rein {
    return this.#rein;
  }

  /** Lets time pass, and with it what is due. */
  async waitUntil(atMs: number): Promise<void> {
    this.#moveTo(atMs);
    this.#rein.tick();
    await this.rest();
  }

  /** Lets what the governor does beside its answers be done: it has timers only where its state is kept. */
  async rest(): Promise<void> {
    if (this.#alarms?.ring() === true) await new Promise(setImmediate);
  }

  /** Asks for all acts before any of them ends; then they end, the shortest first, up to `untilMs`. */
  perform(acts: readonly Act[], untilMs: number): Performed[] {
    const answers = acts.map((act, i) => this.#begin(act, i));
    const running = answers.filter((answer): answer is Running => "permit" in answer);
    running.sort((a, b) => a.endsAtMs - b.endsAtMs);
    const ended: (readonly [number, Performed])[] = [];
    for (const one of running) {
      this.#moveTo(Math.min(one.endsAtMs, untilMs));
      ended.push([one.place, one.endsAtMs > untilMs ? outOfTime(one, untilMs) : this.#end(one)]);
    }
    const byPlace = new Map(ended);
    return answers.map((answer, i) => byPlace.get(i) ?? (answer as Performed));
  }

  /** Hands a report in. What the governor does not take, such as a price that is no number, it has heard of all the same. */
  report(report: Report): void {
    unlessRefused(() => {
      const { do: kind, ...rest } = report;
      if (report.do === "signal") this.#rein.signal(report.name, report.value);
      else if (kind === "balance") this.#rein.balance(rest as Extract<Report, { do: "balance" }>);
      else this.#rein.realize(rest as Extract<Report, { do: "realize" }>);
    });
  }

  approve(id: string): boolean {
    return unlessRefused(() => this.#rein.approve(id, { by: "a person", reason: "honest work" }));
  }

  /** From now on nothing can be written to the store. */
  loseStore(): void {
    this.#store!.failure = new Error("the store is away");
  }

  /**
   * The process dies as it stands, and another one goes on with what was written down. Where that is in files it is
   * closed first: a process that lives does not let another one have them.
   *
   * @param meanwhile what happens before the other one starts
   */
  async crash(meanwhile?: () => Promise<void>): Promise<void> {
    const dead = this.#rein;
    this.#alarms!.forget();
    this.#store?.crash();
    // Its store is dead for it: closing it only ends its timers.
    await dead.close().catch(() => undefined);
    this.#alarms!.forget();
    await meanwhile?.();
    try {
      await this.#start();
    } catch (error) {
      // Where nobody can go on, the gate stays shut: the dead one answers that it is closed.
      if (!ReinError.isInstance(error)) throw error;
    }
  }

  async close(): Promise<void> {
    await this.#rein.close();
  }

  async #start(): Promise<void> {
    const { policy, config, stateDir } = this.#options;
    const store = stateDir === undefined ? this.#store : dirStore(stateDir);
    this.#rein = await Rein.open({
      ...{ policy, config, clock: this.#clock, store, logger: SILENT },
      mode: "enforce",
    });
  }

  #moveTo(atMs: number): void {
    this.#clock.moveTo(START_AT + atMs);
  }

  #begin(act: Act, place: number): Running | Performed {
    const atMs = this.atMs;
    const decision = this.#rein.gate(act.action);
    if (decision.allowed) {
      const { permit, sizeMultiplier } = decision;
      return { act, place, permit, sizeMultiplier, endsAtMs: atMs + (act.ms ?? 0) };
    }
    return { act, atMs, stop: decision.refusal, reply: replyOf(decision.refusal, decision.sizeMultiplier) };
  }

  #end({ act, permit, sizeMultiplier }: Running): Performed {
    const { atMs } = this;
    const stop = stopOf(permit);
    const { ok = true, ...rest } = act.outcome ?? {};
    const outcome = { latencyMs: act.ms, ...rest, ok: ok && stop === null };
    // What was done is done, also where the report of it cannot be read.
    unlessRefused(() => permit.settle(outcome));
    if (stop !== null) return { act, atMs, stop, reply: replyOf(stop, sizeMultiplier) };
    return { act, atMs, stop, reply: { allowed: true, retryable: false, sizeMultiplier } };
  }
}

/** An act that was allowed and has not ended yet. */
interface Running {
  readonly act: Act;
  readonly place: number;
  readonly permit: Permit;
  readonly sizeMultiplier: number;
  readonly endsAtMs: number;
}

/** Why the permit is no good any more, asked as a fence asks; null: it is good. */
export function stopOf(permit: Permit): Stop | null {
  try {
    permit.check();
    return null;
  } catch (error) {
    if (!HaltedError.isInstance(error)) throw error;
    const { code, rule, message } = error;
    return { code, message, retryable: false, ...(rule !== undefined && { rule }) };
  }
}

function outOfTime({ act, sizeMultiplier }: Running, atMs: number): Performed {
  return { act, atMs, stop: OUT_OF_TIME, reply: replyOf(OUT_OF_TIME, sizeMultiplier) };
}

/** Calls the public interface. @returns false when it took what it was given for wrong */
function unlessRefused(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!ReinError.isInstance(error)) throw error;
    return false;
  }
}

/** What a call of the public interface throws, as the answer to whoever made it. */
export function refusedCall(error: unknown): Reply {
  const code = ReinError.isInstance(error) ? error.code : "invalid_input";
  return { allowed: false, code, message: messageOf(error), retryable: false, sizeMultiplier: 0 };
}
