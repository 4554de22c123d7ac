import type { LogRecord } from "../audit/index.js";
import type { Scope } from "../core/scope.js";
import type { Alert, Effect, Engine, Player, Regime, Status, Ticket } from "../engine/index.js";
import { isCharged } from "./counter-view.js";
import type { Charged } from "./counter-view.js";

/** Something that concerned an action's lane, its source or everything. Times are wall times in ms. */
export type PastEvent =
  | {
      readonly kind: "status";
      readonly at: number;
      readonly from: Status;
      readonly to: Status;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: "regime";
      readonly at: number;
      readonly from: Regime;
      readonly to: Regime;
      readonly reason: string;
    }
  | ({ readonly kind: "alert" } & Alert)
  | {
      readonly kind: "halt" | "resume";
      readonly at: number;
      readonly id: string;
      readonly scope: Scope;
      readonly by: string;
      readonly reason: string;
      readonly rule?: string;
    };

/** What a lane learned from: how an action ended, or what it was worth later. */
export type LaneOutcome =
  | {
      readonly at: number;
      readonly decision: string;
      readonly ok: boolean;
      readonly slippageCents?: number;
    }
  | {
      readonly at: number;
      readonly pnl: number;
      readonly predictedEdge?: number;
      readonly capitalPct?: number;
    };

/** What happened before a decision, as far back as it was replayed. */
export interface Way {
  /** Wall time of the first record that was replayed; null: none before the decision. */
  readonly from: number | null;
  /** The oldest first. */
  readonly events: readonly PastEvent[];
  /** Older events that are not among them. */
  readonly leftOut: number;
  readonly outcomes: {
    readonly worked: number;
    readonly failed: number;
    /** Reports of what an action was worth. */
    readonly realized: number;
    /** The oldest first. */
    readonly newest: readonly LaneOutcome[];
  };
}

/** Events and outcomes that are kept. */
const MAX_EVENTS = 20;
const MAX_OUTCOMES = 10;

/** Collects on the way to a decision what concerns its lane, its source or everything. */
export class WayWatch {
  readonly #target: Charged;
  /** Allowed actions whose end has not come yet. */
  readonly #open = new Map<number, Ticket>();
  readonly #events: PastEvent[] = [];
  readonly #outcomes: LaneOutcome[] = [];
  #leftOut = 0;
  #worked = 0;
  #failed = 0;
  #realized = 0;
  #from: number | null = null;

  /** @param target the action that is explained */
  constructor(target: Charged) {
    this.#target = target;
  }

  /** Takes over what was in flight where the way begins. */
  begin(engine: Engine): void {
    for (const ticket of engine.inFlight.awaited()) this.#open.set(ticket.seq, ticket);
  }

  /** Looks at a record before it is replayed; returns whose doing it is, where it is an action's. */
  before(record: LogRecord, player: Player): Charged | null {
    const at = numberIn(record, "at");
    this.#from ??= at ?? null;
    if (record.type === "gate") return record as unknown as Charged;
    if (record.type === "realize") this.#noteRealized(record);
    if (record.type !== "settle" && record.type !== "cancel") return null;
    const ticket = this.#open.get(Number(record["seq"]));
    if (ticket === undefined) return null;
    this.#open.delete(ticket.seq);
    if (record.type === "settle") this.#noteEnd(ticket, record, player);
    const { source, series } = ticket.lane;
    const tags = ticket.details?.tags ?? undefined;
    return { source, series, mono: ticket.mono, ...(tags !== undefined && { tags }) };
  }

  /** Takes in what followed from a record. */
  after(engine: Engine, ticket: Ticket | undefined, by: Charged | null): void {
    if (ticket?.verdict === "allow") this.#open.set(ticket.seq, ticket);
    for (const event of this.eventsOf(engine, by)) {
      this.#events.push(event);
      if (this.#events.length <= MAX_EVENTS) continue;
      this.#events.shift();
      this.#leftOut += 1;
    }
  }

  /** What the engine's effects mean for the action; takes them. */
  eventsOf(engine: Engine, by: Charged | null): PastEvent[] {
    return engine
      .takeEffects()
      .filter((effect) => this.#concerns(effect, engine, by))
      .flatMap((effect) => eventOf(effect, engine) ?? []);
  }

  way(): Way {
    return {
      from: this.#from,
      events: [...this.#events],
      leftOut: this.#leftOut,
      outcomes: {
        worked: this.#worked,
        failed: this.#failed,
        realized: this.#realized,
        newest: [...this.#outcomes],
      },
    };
  }

  #concerns(effect: Effect, engine: Engine, by: Charged | null): boolean {
    const { source, series } = this.#target;
    switch (effect.type) {
      case "regime":
        return true;
      case "status":
        return effect.lane.source === source && effect.lane.series === series;
      case "halt":
      case "resume":
        return effect.halt.covers(source, series);
      case "alert":
        return this.#concernsAlert(effect.alert, engine, by);
      case "void":
      case "approval":
        return false;
    }
  }

  /** An alert concerns the action when a counter of its rule belongs to both it and whatever raised the alert. */
  #concernsAlert({ rule }: Alert, engine: Engine, by: Charged | null): boolean {
    if (rule === undefined) return true;
    const guard = engine.guards.find(({ id }) => id === rule);
    if (guard === undefined) return true;
    if (!guard.conditions.covers(this.#target.source, this.#target.series)) return false;
    if (by === null) return true;
    const isBoth = (action: Charged): boolean => action.source === by.source && action.series === by.series;
    if (isBoth(this.#target)) return true;
    return [...guard.table.all()].some(
      ({ key }) => isCharged(guard, key, this.#target) && isCharged(guard, key, by),
    );
  }

  /** What was cut off by a halt, or came so late that nobody waited any more, teaches nothing. */
  #noteEnd(ticket: Ticket, record: LogRecord, player: Player): void {
    const { seq, lane, voidedBy, ended } = ticket;
    const isCutOff = voidedBy !== null && voidedBy !== "timeout";
    if (!this.#isOurs(lane) || isCutOff) return;
    const isLate = ended === "expired";
    if (isLate && player.engine.inFlight.find(seq) === undefined) return;
    const ok = record["ok"] === true && (isLate || voidedBy === null);
    if (ok) this.#worked += 1;
    else this.#failed += 1;
    const slippageCents = numberIn(record, "slippageCents");
    this.#keep({
      at: numberIn(record, "at") ?? 0,
      decision: `${String(record["boot"])}.${seq.toString(36)}`,
      ok,
      ...(slippageCents !== undefined && { slippageCents }),
    });
  }

  #noteRealized(record: LogRecord): void {
    const pnl = numberIn(record, "pnl");
    const [source, series] = [String(record["source"]), String(record["series"])];
    if (pnl === undefined || !this.#isOurs({ source, series })) return;
    const [predictedEdge, capitalPct] = [numberIn(record, "predictedEdge"), numberIn(record, "capitalPct")];
    this.#realized += 1;
    this.#keep({
      at: numberIn(record, "at") ?? 0,
      pnl,
      ...(predictedEdge !== undefined && { predictedEdge }),
      ...(capitalPct !== undefined && { capitalPct }),
    });
  }

  #isOurs({ source, series }: { readonly source: string; readonly series: string }): boolean {
    return source === this.#target.source && series === this.#target.series;
  }

  #keep(outcome: LaneOutcome): void {
    this.#outcomes.push(outcome);
    if (this.#outcomes.length > MAX_OUTCOMES) this.#outcomes.shift();
  }
}

function eventOf(effect: Effect, engine: Engine): PastEvent | undefined {
  switch (effect.type) {
    case "status": {
      const { lane, from, by, reason, at } = effect;
      return { kind: "status", at, from, to: lane.status, by, reason };
    }
    case "regime": {
      const { from, to, reason, at } = effect;
      return { kind: "regime", at, from, to, reason };
    }
    case "alert":
      return { kind: "alert", ...effect.alert };
    case "halt": {
      const { id, scope, by, reason, at, rule } = effect.halt.info;
      return { kind: "halt", at, id, scope, by, reason, ...(rule !== undefined && { rule }) };
    }
    case "resume": {
      const { id, scope } = effect.halt.info;
      const { by, reason } = effect;
      return { kind: "resume", at: engine.now.at, id, scope, by, reason };
    }
    case "void":
    case "approval":
      return undefined;
  }
}

function numberIn(record: LogRecord, field: string): number | undefined {
  const value = record[field];
  return typeof value === "number" ? value : undefined;
}
