import { speakDuration } from "../core/duration.js";
import { Novelty, NOVELTY_ALERT, Regime as RegimeDetector, Rhythm } from "../detect/index.js";
import type { SignalReport } from "../detect/index.js";
import type { Alert, Effect } from "./effects.js";
import type { Regime, World } from "./world.js";

/** A signal that was silent for this long no longer says anything about the world. */
const FORGET_AFTER_MS = 24 * 60 * 60_000;

const TOO_LITTLE = "too little has been seen of the signals";

/** One signal, as the regime sees it. */
export interface SignalLine {
  readonly name: string;
  /** The mean of its values in the last tick in which it arrived, and how many usual spreads that is off; null before. */
  readonly value: number | null;
  readonly z: number | null;
  /** The probabilities of the regimes by this signal alone. */
  readonly normal: number;
  readonly stressed: number;
  readonly shock: number;
  /** By its own rhythm. */
  readonly stale: boolean;
  /** The usual level and spread; 0 until they are known. */
  readonly usual: number;
  readonly spread: number;
}

/** What the engine knows of the world's state, for people. */
export interface WeatherReport {
  readonly regime: Regime;
  /** Wall time since when; 0: from the beginning. */
  readonly since: number;
  readonly probabilities: { readonly normal: number; readonly stressed: number; readonly shock: number };
  /** What speaks for it, in one clause with numbers. */
  readonly evidence: string;
  readonly signals: readonly SignalLine[];
  /** Values so far that were no usable numbers. */
  readonly skipped: number;
}

export interface WeatherImage {
  readonly regime: unknown;
  readonly since: number;
  /** Null: there are no signals. */
  readonly nextTick: number | null;
  /** Per signal: values of the running tick, their sum, and what is usual. */
  readonly streams: readonly (readonly [name: string, values: number, sum: number, usual: unknown])[];
}

interface Stream {
  values: number;
  sum: number;
  readonly novelty: Novelty;
}

/** What the weather needs of the engine. */
export interface WeatherHost {
  readonly world: World;
  readonly effects: Effect[];
  readonly regimeTickMs: number;
  readonly now: { readonly at: number; readonly mono: number };
  dueAt(mono: number): void;
  /** The regime is another one now. */
  regimeChanged(): void;
}

/**
 * The state of the world, judged once per tick from the signals that were reported: the regime, changes of a signal's
 * level, and values that are unusual for it. Nothing happens as long as there are no signals.
 */
export class Weather {
  readonly #host: WeatherHost;
  readonly #detector = new RegimeDetector();
  readonly #streams = new Map<string, Stream>();
  #since = 0;
  #nextTick = Infinity;

  constructor(host: WeatherHost) {
    this.#host = host;
  }

  /** Takes a value in; null: it was no number, and the signal counts as not arrived. */
  signal(name: string, value: number | null): void {
    const { world, now, regimeTickMs } = this.#host;
    this.#detector.push(name, value ?? NaN, now.mono);
    if (value !== null) {
      const signal = world.signal(name);
      signal.value = value;
      signal.mono = now.mono;
      (signal.rhythm ??= new Rhythm()).add(now.mono);
      const stream = this.#streamOf(name);
      stream.values += 1;
      stream.sum += value;
    }
    if (this.#nextTick === Infinity) {
      this.#nextTick = now.mono + regimeTickMs;
      this.#host.dueAt(this.#nextTick);
    }
    // Until enough was seen, a world that sends signals is not known to be normal.
    if (world.regime === "normal" && this.#detector.state === "normal" && this.#since === 0)
      this.#become("unknown", TOO_LITTLE);
  }

  /** Judges when it is time; returns when that is next. */
  due(mono: number): number {
    if (mono < this.#nextTick) return this.#nextTick;
    const { world, now } = this.#host;
    this.#nextTick = mono + this.#host.regimeTickMs;
    this.#forgetTheSilent(mono);
    this.#detector.tick(mono);
    for (const { signal, from, to, ticksAgo } of this.#detector.changes) {
      const ago = ticksAgo === 1 ? "1 value ago" : `${ticksAgo} values ago`;
      this.#alert(
        "change_point",
        `signal \`${signal}\` has moved from about ${numberText(from)} to about ${numberText(to)}, ${ago}`,
      );
    }
    for (const [name, stream] of this.#streams) {
      if (stream.values === 0) continue;
      const mean = stream.sum / stream.values;
      stream.values = 0;
      stream.sum = 0;
      if (stream.novelty.add(mean, now.at) >= NOVELTY_ALERT)
        this.#alert("signal_unusual", `signal \`${name}\` is unusual: ${stream.novelty.sentence()}`);
    }
    const { state } = this.#detector;
    if (state !== world.regime) this.#become(state, this.#detector.sentence());
    return this.#nextTick;
  }

  report(): WeatherReport {
    const { world } = this.#host;
    const { normal, stressed, shock, state, skipped } = this.#detector;
    return {
      regime: world.regime,
      since: this.#since,
      // + 0: the detectors' zero is a negative one.
      probabilities: { normal: normal + 0, stressed: stressed + 0, shock: shock + 0 },
      evidence: state === world.regime ? this.#detector.sentence() : TOO_LITTLE,
      signals: this.#detector.signals().map(lineOf),
      skipped,
    };
  }

  image(): WeatherImage | null {
    const regime = this.#detector.image();
    if (regime === null && this.#nextTick === Infinity) return null;
    return {
      regime,
      since: this.#since,
      nextTick: this.#nextTick === Infinity ? null : this.#nextTick,
      streams: Array.from(this.#streams, ([name, { values, sum, novelty }]) => [
        name,
        values,
        sum,
        novelty.image(),
      ]),
    };
  }

  restore(image: WeatherImage | null): void {
    if (image === null) return;
    this.#detector.restore(image.regime);
    this.#since = image.since;
    this.#nextTick = image.nextTick ?? Infinity;
    for (const [name, values, sum, usual] of image.streams) {
      const stream = this.#streamOf(name);
      stream.values = values;
      stream.sum = sum;
      stream.novelty.restore(usual);
    }
  }

  #streamOf(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined)
      this.#streams.set(name, (stream = { values: 0, sum: 0, novelty: new Novelty() }));
    return stream;
  }

  #forgetTheSilent(mono: number): void {
    for (const name of this.#streams.keys()) {
      const silentMs = mono - this.#host.world.signal(name).mono;
      if (silentMs < FORGET_AFTER_MS) continue;
      this.#streams.delete(name);
      this.#detector.forget(name);
      this.#alert(
        "signal_forgotten",
        `signal \`${name}\` has not arrived for ${speakDuration("1d")} and says nothing about the regime any more`,
      );
    }
  }

  #become(to: Regime, reason: string): void {
    const { world, effects, now } = this.#host;
    const from = world.regime;
    world.regime = to;
    this.#since = now.at;
    effects.push({ type: "regime", from, to, reason, at: now.at });
    this.#host.regimeChanged();
  }

  #alert(code: Alert["code"], message: string): void {
    this.#host.effects.push({ type: "alert", alert: { code, message, at: this.#host.now.at } });
  }
}

function lineOf({ name, value, z, normal, stressed, shock, stale, usual, spread }: SignalReport): SignalLine {
  const plain = (x: number): number | null => (Number.isFinite(x) ? x + 0 : null);
  return {
    name,
    value: plain(value),
    z: plain(z),
    normal,
    stressed: stressed + 0,
    shock: shock + 0,
    stale,
    usual: usual + 0,
    spread: spread + 0,
  };
}

/** Four digits are enough for people. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
