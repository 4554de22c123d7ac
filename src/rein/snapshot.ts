import { fromMicro } from "../core/measure.js";
import type { Engine, HaltInfo, Lane, Mode, Regime, Status, WeatherReport } from "../engine/index.js";
import type { Desk } from "./desk.js";
import type { ReinEvents } from "./listeners.js";
import type { Oddity } from "./oddities.js";

/** One counter of one budget rule, in decimal units. */
export interface BudgetLine {
  readonly rule: string;
  readonly measure: string;
  readonly window: unknown;
  /** What the counter belongs to; tag values are pseudonyms. Empty: one for all. */
  readonly key: {
    readonly source?: string;
    readonly series?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly overflow?: true;
  };
  readonly limit: number;
  readonly spent: number;
  readonly reserved: number;
  /** What may still be reserved; never below 0. */
  readonly remaining: number;
}

/** The state of a Rein at one time, as plain data. */
export interface ReinSnapshot {
  readonly version: 1;
  /** Wall time in ms. */
  readonly at: number;
  readonly mode: Mode;
  readonly policy: string;
  /** Decisions so far. */
  readonly decisions: number;
  /** Halts so far. */
  readonly epoch: number;
  readonly regime: Regime;
  readonly halts: readonly HaltInfo[];
  readonly inFlight: readonly {
    readonly id: string;
    readonly source: string;
    readonly series: string;
    readonly ageMs: number;
    readonly halted: boolean;
  }[];
  readonly approvals: readonly ReinEvents["approval"][];
  readonly budgets: readonly BudgetLine[];
  readonly lanes: readonly {
    readonly source: string;
    readonly series: string;
    readonly status: Status;
    /** Why it has the status, and since when (wall time in ms); absent for one that never changed. */
    readonly reason?: string;
    readonly since?: number;
    readonly sizeMultiplier: number;
    readonly inFlight: number;
    /** What its outcomes have taught, where a `score` rule is about it. */
    readonly score?: object;
  }[];
  /** The regime with its probabilities and evidence, and every signal that it was judged by. */
  readonly weather: WeatherReport;
  /** State of every other counter that holds something, by rule. */
  readonly counters: readonly { readonly rule: string; readonly key: object; readonly state: unknown }[];
  readonly signals: readonly { readonly name: string; readonly value: number; readonly ageMs: number }[];
  /** Reports so far, in this process, that could not be used as they were: late, twice, for unknown decisions, no numbers. */
  readonly oddities: Readonly<Record<Oddity, number>>;
  /** Names turned away by the cap on lanes so far. */
  readonly overflowed: number;
}

export function budgetLines(engine: Engine, mono: number): BudgetLine[] {
  return [...engine.budgets()].map(({ guard, meter }) => {
    const { limit } = guard.shape;
    // + 0: the engine's zero is a negative one.
    const spent = meter.takenAt(mono) + 0;
    const reserved = meter.held + 0;
    const { id, measure, window } = guard.rule;
    return {
      rule: id,
      measure,
      window,
      key: meter.key,
      limit: fromMicro(limit),
      spent: fromMicro(spent),
      reserved: fromMicro(reserved),
      remaining: fromMicro(Math.max(0, limit - spent - reserved)),
    };
  });
}

function laneLine(engine: Engine, lane: Lane): ReinSnapshot["lanes"][number] {
  const { source, series, status, statusReason, statusAt, inFlight } = lane;
  const score = engine.standings.view(lane);
  return {
    source,
    series,
    status,
    ...(statusReason !== "" && { reason: statusReason }),
    ...(statusAt !== 0 && { since: statusAt }),
    sizeMultiplier: engine.standings.sizeOf(lane, false),
    inFlight,
    ...(score !== undefined && { score }),
  };
}

export function takeSnapshot(desk: Desk, policy: string): ReinSnapshot {
  const { engine } = desk;
  const { at, mono } = desk.timeline;
  return {
    version: 1,
    at,
    mode: engine.mode,
    policy,
    decisions: engine.seq,
    epoch: engine.halts.epoch,
    regime: engine.world.regime,
    halts: [...engine.halts.all()].map(({ info }) => info),
    inFlight: [...engine.open.all()].map((ticket) => ({
      id: desk.idOf(ticket),
      source: ticket.lane.source,
      series: ticket.lane.series,
      ageMs: mono - ticket.mono,
      halted: ticket.voidedBy !== null,
    })),
    approvals: [...engine.approvals.all()].map(({ bind: _bind, until: _until, ...approval }) => approval),
    budgets: budgetLines(engine, mono),
    lanes: [...engine.lanes.all()].map((lane) => laneLine(engine, lane)),
    weather: engine.weather.report(),
    counters: engine.guards.flatMap((guard) => {
      const own = { rule: guard.id, key: {}, state: guard.snapshot(mono) };
      const counters = [...guard.table.all()].map((counter) => ({
        rule: guard.id,
        key: counter.key,
        state: counter.snapshot(mono),
      }));
      // Budgets have lines of their own.
      return (guard.rule.kind === "budget" ? [] : [own, ...counters]).filter(
        ({ state }) => state !== undefined,
      );
    }),
    signals: [...engine.world.signals]
      .filter(([, signal]) => signal.mono !== -Infinity)
      .map(([name, signal]) => ({ name, value: signal.value, ageMs: mono - signal.mono })),
    oddities: desk.oddities.counts,
    overflowed: engine.lanes.overflowed,
  };
}
