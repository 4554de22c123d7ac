import { speakWait } from "../core/duration.js";
import type { Engine, WeatherReport } from "../engine/index.js";
import { AlarmGuard } from "../engine/guards/alarm.js";
import { StaleGuard } from "../engine/guards/stale.js";

/** An alarm that blocks something. */
export interface AlarmSummary {
  readonly rule: string;
  readonly key: object;
  readonly evidence: string;
  readonly forMs: number;
  /** Null: as long as its condition holds. */
  readonly endsInMs: number | null;
}

/** The state of the world, and what speaks for it. */
export interface RegimeSummary {
  readonly state: WeatherReport["regime"];
  /** Wall time since when; null: from the beginning. */
  readonly since: number | null;
  readonly probabilities: WeatherReport["probabilities"];
  readonly evidence: string;
  /** Signals that it is judged by. */
  readonly signals: number;
  /** Values so far that were no usable numbers. */
  readonly skipped: number;
}

export interface StaleSignal {
  readonly signal: string;
  /** The rule that needs it; null: only the regime is judged by it. */
  readonly rule: string | null;
  readonly evidence: string;
}

export function alarmsOf(engine: Engine, mono: number): AlarmSummary[] {
  return engine.guards
    .filter((guard) => guard instanceof AlarmGuard && !guard.quiet)
    .flatMap((guard) =>
      [...guard.table.all()].flatMap((counter) => {
        const { alarm, forMs = 0, endsInMs = NaN } = (counter.snapshot(mono) ?? {}) as Alarmed;
        // One whose time is over is let go by the next action.
        if (alarm === undefined || (Number.isFinite(endsInMs) && endsInMs <= 0)) return [];
        const ends = Number.isFinite(endsInMs) ? endsInMs : null;
        return [{ rule: guard.id, key: counter.key, evidence: alarm, forMs, endsInMs: ends }];
      }),
    );
}

/** What a counter's snapshot says of its alarm. */
interface Alarmed {
  readonly alarm?: string;
  readonly forMs?: number;
  readonly endsInMs?: number;
}

export function regimeSummary(report: WeatherReport): RegimeSummary {
  const { regime, since, probabilities, evidence, signals, skipped } = report;
  return {
    state: regime,
    since: since === 0 ? null : since,
    ...{ probabilities, evidence, skipped },
    signals: signals.length,
  };
}

/** Each signal once: what a rule says of it comes before what the regime's detector found. */
export function staleSignalsOf(engine: Engine, mono: number): StaleSignal[] {
  const byRule = engine.guards.flatMap((guard): StaleSignal[] =>
    guard instanceof StaleGuard && guard.isStale(mono)
      ? [{ signal: guard.rule.signal, rule: guard.id, evidence: guard.evidence(mono) }]
      : [],
  );
  const known = new Set(byRule.map(({ signal }) => signal));
  const others = engine.weather
    .report()
    .signals.filter(({ name, stale }) => stale && !known.has(name))
    .map(({ name }) => ({
      signal: name,
      rule: null,
      evidence: `signal \`${name}\` last arrived ${speakWait(mono - engine.world.signal(name).mono)} ago`,
    }));
  return [...byRule, ...others];
}
