import { messageOf } from "../core/errors.js";
import { accountOf } from "../engine/index.js";
import type { Meter } from "../engine/index.js";
import type { AllowanceAsk, AllowanceWindow, OpenStore } from "../store/index.js";
import type { Logger } from "./logger.js";

/** The share of what is left of a limit that may be asked for ahead of use: what a crash can cost at most. */
const AHEAD = 1 / 16;
/** The first allowance is so many times what the first action needs. */
const FIRST = 4;
/**
 * A meter asks for so much that it lasts about this long; the more refills there were in the last second, the longer,
 * so that a thousand busy meters do not keep the disk busy. Asking for more would cost more in a crash.
 */
const LASTS_MS = 10;
const LASTS_MS_PER_REFILL = 2;
/** What lasts so many times longer than it should was too much. */
const TOO_LONG = 4;

interface Demand {
  chunk: number;
  at: number;
}

/** Keeps the meters in allowances: asks for more ahead of need, and waits for it only when a meter has run dry. */
export class Allowances {
  readonly #store: OpenStore;
  readonly #logger: Logger;
  readonly #demand = new WeakMap<Meter, Demand>();
  /** Meters that are being asked for in the background. */
  readonly #asked = new Set<Meter>();
  #failing = false;
  /** Refills in the running second and in the one before. */
  #second = -Infinity;
  #refills = 0;
  #refillsBefore = 0;
  /** Called when a background refill has arrived. */
  onRefill: () => void = () => undefined;

  constructor(store: OpenStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Whether every meter may have used what it has: false where quota that matters could not be had in time. */
  quench(thirsty: readonly Meter[], mono: number): boolean {
    const dry = thirsty.filter(({ used, granted }) => used > granted);
    if (dry.length === 0) {
      this.#refill(thirsty, mono);
      return true;
    }
    if (this.#store.grantNow === undefined) {
      this.#refill(thirsty, mono);
    } else {
      try {
        const asks = thirsty.map((meter) => this.#askFor(meter, mono));
        this.#take(thirsty, asks, this.#store.grantNow(asks));
      } catch (error) {
        this.#fail(error);
      }
    }
    return dry.every(({ used, granted, guard }) => used <= granted || !guard.enforced);
  }

  #refill(meters: readonly Meter[], mono: number): void {
    const wanting = meters.filter((meter) => !this.#asked.has(meter));
    if (wanting.length === 0) return;
    const asks = wanting.map((meter) => this.#askFor(meter, mono));
    for (const meter of wanting) {
      this.#asked.add(meter);
      // Not again before it is dry.
      meter.grant(meter.granted, meter.granted);
    }
    this.#store
      .grant(asks)
      .then(
        (totals) => {
          this.#take(wanting, asks, totals);
          this.onRefill();
        },
        (error: unknown) => {
          this.#fail(error);
        },
      )
      .finally(() => {
        for (const meter of wanting) this.#asked.delete(meter);
      });
  }

  #take(meters: readonly Meter[], asks: readonly AllowanceAsk[], totals: readonly number[]): void {
    meters.forEach((meter, i) => {
      // While one was on its way another may have been fetched.
      const total = Math.max(meter.granted, totals[i]!);
      const ahead = Math.max(0, total - meter.used);
      meter.grant(total, total >= asks[i]!.to ? total - Math.ceil(ahead / 2) : total);
    });
    if (!this.#failing) return;
    this.#failing = false;
    this.#logger.warn("quota is written down again");
  }

  #askFor(meter: Meter, mono: number): AllowanceAsk {
    const { limit, calendar, windowMs } = meter.shape;
    const need = Math.max(1, meter.used - meter.granted);
    const left = Math.max(0, limit - meter.takenAt(mono) - meter.held);
    const chunk = this.#chunkOf(meter, need, mono);
    const to = Math.max(meter.used + Math.min(chunk, Math.floor(left * AHEAD)), meter.granted + 1);
    return {
      account: accountOf(meter),
      from: meter.granted,
      to,
      limit,
      window: windowOf(windowMs, calendar),
    };
  }

  /** Grows while refills come fast, and shrinks when they do not. */
  #chunkOf(meter: Meter, need: number, mono: number): number {
    this.#count(mono);
    const demand = this.#demand.get(meter);
    if (demand === undefined) {
      this.#demand.set(meter, { chunk: FIRST * need, at: mono });
      return FIRST * need;
    }
    const since = mono - demand.at;
    const lasts = LASTS_MS + LASTS_MS_PER_REFILL * Math.max(this.#refills, this.#refillsBefore);
    if (since < lasts) demand.chunk = Math.min(2 * demand.chunk, Number.MAX_SAFE_INTEGER);
    else if (since > TOO_LONG * lasts) demand.chunk = Math.max(need, Math.floor(demand.chunk / 2));
    demand.at = mono;
    return demand.chunk;
  }

  #count(mono: number): void {
    const second = Math.floor(mono / 1000);
    if (second !== this.#second) {
      this.#refillsBefore = second === this.#second + 1 ? this.#refills : 0;
      this.#refills = 0;
      this.#second = second;
    }
    this.#refills += 1;
  }

  #fail(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#logger.error(
      `quota cannot be written down, so actions that need more of it are refused: ${messageOf(error)}`,
    );
  }
}

function windowOf(
  windowMs: number | undefined,
  calendar: { readonly period: number } | undefined,
): AllowanceWindow {
  if (windowMs !== undefined) return { rollingMs: windowMs };
  return calendar === undefined ? "forever" : { periodFrom: calendar.period };
}
