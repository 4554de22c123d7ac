import { AlarmClock, VirtualClock } from "../../src/redteam/virtual-clock.js";
import { START_AT, stopOf } from "./internals.js";
import { Rein, ReinError } from "rein";
import type { Permit } from "rein";
import { memoryStore } from "rein/testing";
import type { MemoryStore } from "rein/testing";
import type { Act, Answer, Contestant, Gate, Guarded, Report, Stop } from "./contestant.js";
import { packFor, SILENT } from "./packs.js";

/** Rein with the policy pack of the domain as it is published, through the public interface. */
export const REIN: Contestant = {
  id: "rein",
  name: "Rein, its policy pack",
  version: "this repository",
  async open(scene: Guarded): Promise<Gate> {
    const gate = new ReinGate(scene);
    await gate.start();
    return gate;
  },
};

class ReinGate implements Gate {
  readonly #scene: Guarded;
  readonly #clock: VirtualClock;
  readonly #alarms: AlarmClock | undefined;
  readonly #store: MemoryStore | undefined;
  #rein!: Rein;

  constructor(scene: Guarded) {
    this.#scene = scene;
    // Keeping state costs time, and only a crash asks for it.
    if (scene.crashes) {
      this.#store = memoryStore();
      this.#clock = this.#alarms = new AlarmClock(START_AT);
    } else {
      this.#clock = new VirtualClock(START_AT);
    }
  }

  async start(): Promise<void> {
    const policy = packFor(this.#scene.domain);
    const store = this.#store;
    this.#rein = await Rein.open({ policy, clock: this.#clock, store, logger: SILENT, mode: "enforce" });
  }

  async ask(acts: readonly Act[]): Promise<readonly Answer[]> {
    return acts.map((act) => {
      const decision = this.#rein.gate(act.action);
      if (!decision.allowed) return { allowed: false, stop: decision.refusal };
      const { permit, sizeMultiplier } = decision;
      return { allowed: true, sizeMultiplier, end: async () => settle(act, permit) };
    });
  }

  moveTo(atMs: number): void {
    this.#clock.moveTo(START_AT + atMs);
  }

  async tick(): Promise<void> {
    this.#rein.tick();
  }

  async rest(): Promise<void> {
    if (this.#alarms?.ring() === true) await new Promise(setImmediate);
  }

  async report(report: Report): Promise<void> {
    try {
      if (report.do === "signal") this.#rein.signal(report.name, report.value);
      else if (report.do === "balance") {
        const { do: _, ...balance } = report;
        this.#rein.balance(balance);
      } else {
        const { do: _, ...realized } = report;
        this.#rein.realize(realized);
      }
    } catch (error) {
      if (!ReinError.isInstance(error)) throw error;
    }
  }

  async approve(id: string): Promise<boolean> {
    try {
      this.#rein.approve(id, { by: "a person", reason: "honest work" });
      return true;
    } catch (error) {
      if (!ReinError.isInstance(error)) throw error;
      return false;
    }
  }

  async crash(): Promise<void> {
    const dead = this.#rein;
    this.#alarms?.forget();
    this.#store?.crash();
    // Its store is dead for it: closing it only ends its timers.
    await dead.close().catch(() => undefined);
    this.#alarms?.forget();
    await this.start();
  }

  async close(): Promise<void> {
    await this.#rein.close();
  }
}

function settle(act: Act, permit: Permit): Stop | null {
  const stop = stopOf(permit);
  const { ok = true, ...rest } = act.outcome ?? {};
  try {
    permit.settle({ latencyMs: act.ms, ...rest, ok: ok && stop === null });
  } catch (error) {
    // What was done is done, also where the report of it cannot be read.
    if (!ReinError.isInstance(error)) throw error;
  }
  return stop;
}
