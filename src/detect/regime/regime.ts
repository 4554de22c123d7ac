import { speakWait } from "../../core/duration.js";
import { Signal } from "./signal.js";
import { Together } from "./together.js";

/** `unknown`: from the first signal until one is known, and while a signal is stale. */
export type RegimeState = "normal" | "stressed" | "shock" | "unknown";

/** A change of a signal's level or spread that was found in the last tick. */
export interface SignalChange {
  readonly signal: string;
  /** The mean before and after, in the signal's own unit. */
  readonly from: number;
  readonly to: number;
  /** How many values of the signal have come since it changed. */
  readonly ticksAgo: number;
}

/** One signal, for people. */
export interface SignalReport {
  readonly name: string;
  /** The mean of the last tick in which it arrived; NaN before. */
  readonly value: number;
  /** How many usual spreads that is from `usual`. */
  readonly z: number;
  readonly normal: number;
  readonly stressed: number;
  readonly shock: number;
  readonly stale: boolean;
  /** Whether it wanders, as prices and counters do, and has no usual level. */
  readonly wanders: boolean;
  /** The usual level, or where a signal that wanders was expected to be, and the usual spread about it; 0 until known. */
  readonly usual: number;
  readonly spread: number;
  /** The logarithm of the density that its past gave `value`; NaN until the usual is known. Higher is better foreseen. */
  readonly logScore: number;
}

/**
 * The state of the world as named signals show it, judged once per tick: how much wider than usual they swing now
 * (see `Spread`), and whether they arrive at all (see `Rhythm`).
 */
export class Regime {
  #state: RegimeState = "normal";
  #sinceMono = -0;
  #normal = 1;
  #stressed = -0;
  #shock = -0;
  #skipped = 0;
  #changes = NO_CHANGES;
  /** The regime by the filters alone, which goes on beneath `unknown`. */
  #judged: JudgedState = "normal";
  #ticksBelow = 0;
  #lastMono = -Infinity;
  readonly #signals = new Map<string, Signal>();
  readonly #shocks = new Together();
  readonly #unusual = new Together();

  get state(): RegimeState {
    return this.#state;
  }

  /** The tick in which the state began; 0 before the first change. */
  get sinceMono(): number {
    return this.#sinceMono;
  }

  /** The probabilities of the three regimes by all signals together; the sum is 1. */
  get normal(): number {
    return this.#normal;
  }

  get stressed(): number {
    return this.#stressed;
  }

  get shock(): number {
    return this.#shock;
  }

  /** Values that were no usable numbers: not finite, or beyond 1e100. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The changes of single signals that the last tick committed. */
  get changes(): readonly SignalChange[] {
    return this.#changes;
  }

  /** Takes a value of a signal; the values of one tick count as their mean. */
  push(name: string, value: number, mono: number): void {
    if (!(Math.abs(value) <= LARGEST)) {
      this.#skipped++;
      return;
    }
    let signal = this.#signals.get(name);
    if (signal === undefined) this.#signals.set(name, (signal = new Signal(name)));
    signal.push(value, this.#later(mono));
  }

  /** Judges what arrived since the last tick. Returns whether the state is another one now. */
  tick(mono: number): boolean {
    const now = this.#later(mono);
    const stale = this.#hear(now);
    const isKnown = this.#weigh();
    this.#judge();
    const next = this.#signals.size === 0 ? "normal" : stale || !isKnown ? "unknown" : this.#judged;
    if (next === this.#state) return false;
    this.#state = next;
    this.#sinceMono = now;
    return true;
  }

  /** Why the state is what it is, in one clause. */
  sentence(): string {
    const silent = this.#find((signal) => (signal.stale ? signal.rhythm.phi(this.#lastMono) + 1 : 0));
    if (silent !== undefined) {
      const { name, rhythm } = silent;
      return `\`${name}\` has not arrived for ${spoken(this.#lastMono - rhythm.lastMono)}, usually every ${spoken(rhythm.usualGapMs)}`;
    }
    if (this.#state === "unknown") return "too little has been seen of the signals";
    const worst = this.#find((signal) => signal.present.stressedOrWorse + signal.present.shock);
    if (worst === undefined || worst.present.stressedOrWorse < 0.5) return "no signal is unusual";
    const { stressedOrWorse, shock, ratio } = worst.present;
    const what =
      shock >= 0.5
        ? `shock with probability ${shock.toFixed(2)}`
        : `stressed with probability ${stressedOrWorse.toFixed(2)}`;
    const times = `${ratio.toFixed(1)} times`;
    return worst.wanders
      ? `\`${worst.name}\` moves ${times} as much per tick as usual (${what})`
      : `\`${worst.name}\` runs at ${times} its usual spread (${what})`;
  }

  /** Forgets a signal, which the caller no longer expects. */
  forget(name: string): void {
    this.#signals.delete(name);
  }

  /** The signals in the order in which they first came. */
  signals(): readonly SignalReport[] {
    return Array.from(this.#signals.values(), (signal) => {
      const { name, value, z, stale, wanders, usual, spread, present } = signal;
      const { shock, stressedOrWorse } = present;
      return {
        name,
        value,
        z,
        normal: 1 - stressedOrWorse,
        stressed: stressedOrWorse - shock,
        shock,
        stale,
        wanders,
        usual,
        spread,
        logScore: present.logScore,
      };
    });
  }

  image(): unknown {
    if (this.#signals.size === 0 && this.#skipped === 0 && this.#lastMono === -Infinity) return null;
    return {
      state: this.#state,
      since: this.#sinceMono,
      probabilities: [this.#normal, this.#stressed, this.#shock],
      skipped: this.#skipped,
      judged: this.#judged,
      ticksBelow: this.#ticksBelow,
      mono: this.#lastMono === -Infinity ? null : this.#lastMono,
      signals: Array.from(this.#signals.values(), (signal) => signal.image()),
    };
  }

  restore(image: unknown): void {
    if (image === null) return;
    const from = image as RegimeImage;
    this.#state = from.state;
    this.#sinceMono = from.since;
    [this.#normal, this.#stressed, this.#shock] = from.probabilities;
    this.#skipped = from.skipped;
    this.#judged = from.judged;
    this.#ticksBelow = from.ticksBelow;
    this.#lastMono = from.mono ?? -Infinity;
    for (const each of from.signals) {
      const signal = new Signal((each as [string])[0]);
      signal.restore(each);
      this.#signals.set(signal.name, signal);
    }
    this.#changes = changesOf(this.#signals);
  }

  /** Time never goes back. */
  #later(mono: number): number {
    if (mono > this.#lastMono && mono < Infinity) this.#lastMono = mono;
    return this.#lastMono === -Infinity ? 0 : this.#lastMono;
  }

  /** Ticks every signal; returns whether one is stale. */
  #hear(now: number): boolean {
    let stale = false;
    let changed = false;
    for (const signal of this.#signals.values()) {
      signal.tick(now);
      stale ||= signal.stale;
      changed ||= signal.changed;
    }
    this.#changes = changed ? changesOf(this.#signals) : NO_CHANGES;
    return stale;
  }

  /** The probabilities of the whole; returns whether any signal is known. */
  #weigh(): boolean {
    this.#shocks.clear();
    this.#unusual.clear();
    let isKnown = false;
    for (const { known, present, stale } of this.#signals.values()) {
      if (!known) continue;
      isKnown = true;
      if (stale) continue;
      this.#shocks.add(present.shock);
      this.#unusual.add(present.stressedOrWorse);
    }
    this.#shock = this.#shocks.probability;
    const unusual = Math.max(this.#shock, this.#unusual.probability);
    this.#stressed = unusual - this.#shock;
    this.#normal = 1 - unusual;
    return isKnown;
  }

  /** Hysteresis: a worse regime begins at once when it is likely, and ends when it was unlikely for a while. */
  #judge(): void {
    const unusual = this.#stressed + this.#shock;
    const judged = this.#judged;
    if (judged !== "shock" && this.#shock > ENTER_SHOCK) this.#enter("shock");
    else if (judged === "normal" && unusual > ENTER_STRESSED) this.#enter("stressed");
    else if (judged !== "normal") {
      const likely = judged === "shock" ? this.#shock : unusual;
      this.#ticksBelow = likely < LEAVE ? this.#ticksBelow + 1 : 0;
      if (this.#ticksBelow >= TICKS_TO_LEAVE) this.#enter(unusual < LEAVE ? "normal" : "stressed");
    }
  }

  #enter(judged: JudgedState): void {
    this.#judged = judged;
    this.#ticksBelow = 0;
  }

  /** The signal with the largest positive weight. */
  #find(weigh: (signal: Signal) => number): Signal | undefined {
    let found: Signal | undefined;
    let most = 0;
    for (const signal of this.#signals.values()) {
      const weight = signal.known || signal.stale ? weigh(signal) : 0;
      if (weight > most) {
        most = weight;
        found = signal;
      }
    }
    return found;
  }
}

type JudgedState = Exclude<RegimeState, "unknown">;

interface RegimeImage {
  readonly state: RegimeState;
  readonly since: number;
  readonly probabilities: [number, number, number];
  readonly skipped: number;
  readonly judged: JudgedState;
  readonly ticksBelow: number;
  readonly mono: number | null;
  readonly signals: readonly unknown[];
}

const NO_CHANGES: readonly SignalChange[] = Object.freeze([]);
const LARGEST = 1e100;
const ENTER_SHOCK = 0.9;
const ENTER_STRESSED = 0.7;
const LEAVE = 0.3;
const TICKS_TO_LEAVE = 5;

function changesOf(signals: ReadonlyMap<string, Signal>): readonly SignalChange[] {
  const changes = Array.from(signals.values())
    .filter((signal) => signal.changed)
    .map(({ name, changedFrom, changedTo, changedTicksAgo }) => ({
      signal: name,
      from: changedFrom,
      to: changedTo,
      ticksAgo: changedTicksAgo,
    }));
  return changes.length === 0 ? NO_CHANGES : changes;
}

/** In whole seconds, where there are any. */
function spoken(ms: number): string {
  return speakWait(Math.max(0, ms));
}
