import { ReinError } from "../core/errors.js";
import { MICRO } from "../core/measure.js";
import { Engine } from "./engine.js";
import type { EngineEvent, GateEvent, SettleEvent } from "./events.js";
import type { OutcomeDetails, Ticket } from "./ticket.js";
import { amountsOf, factIds } from "./world.js";

const CALLS_ONLY: readonly number[] = [MICRO];
/** Tickets that a player keeps before it looks which of them still count. */
const ROOM = 10_000;

/** Runs recorded events through an engine. */
export class Player {
  #engine: Engine | null;
  /** Tickets of which an outcome may still come, by number; and some of which none will. */
  #awaited: Map<number, Ticket>;
  /** Of a record in which nothing is ever settled only what still counts is kept. */
  #roomFor = ROOM;

  /** @param engine null: the first event is the opening of a run */
  constructor(engine: Engine | null) {
    this.#engine = engine;
    this.#awaited = awaitedOf(engine);
  }

  /** @throws ReinError `record_damaged` before the opening of a run */
  get engine(): Engine {
    if (this.#engine !== null) return this.#engine;
    throw new ReinError("record_damaged", "the record does not begin with the opening of a run", {
      help: "replay the whole record of a run",
    });
  }

  /**
   * Applies one event; returns the ticket of a decision. Effects are left to whoever plays.
   *
   * @throws ReinError `record_damaged` for the end of a decision that was never made, and whatever the event's own
   *   step throws
   */
  apply(event: EngineEvent): Ticket | undefined {
    if (event.type === "open") {
      this.#open(event);
      return undefined;
    }
    const { engine } = this;
    switch (event.type) {
      case "gate": {
        const ticket = applyGate(engine, event);
        if (ticket.verdict === "allow") this.#await(ticket);
        return ticket;
      }
      case "settle": {
        const ticket = this.#take(event);
        const amounts = amountsOf(engine.world, event.cost);
        if (ticket === undefined) engine.advance(event.at, event.mono);
        else {
          const { at, mono, ok, progress } = event;
          engine.settle(ticket, at, mono, ok, amounts, progress, detailsOf(event));
        }
        return undefined;
      }
      case "cancel": {
        const ticket = this.#take(event);
        if (ticket === undefined) engine.advance(event.at, event.mono);
        else engine.cancel(ticket, event.at, event.mono);
        return undefined;
      }
      case "restart":
        this.#awaited.clear();
        applyEvent(engine, event);
        return undefined;
      default:
        applyEvent(engine, event);
        return undefined;
    }
  }

  #open({ rules, mode, limits, restored }: Extract<EngineEvent, { type: "open" }>): void {
    this.#engine =
      restored === true
        ? Engine.restore(this.engine.image(), { limits })
        : new Engine({ rules, mode, limits });
    this.#awaited.clear();
  }

  #await(ticket: Ticket): void {
    this.#awaited.set(ticket.seq, ticket);
    if (this.#awaited.size < this.#roomFor) return;
    this.#awaited = awaitedOf(this.engine);
    this.#roomFor = 2 * this.#awaited.size + ROOM;
  }

  /** Undefined: it expired so long ago that its end changes nothing any more. */
  #take({ seq }: { readonly seq: number }): Ticket | undefined {
    const ticket = this.#awaited.get(seq);
    if (ticket === undefined && seq > this.engine.seq) {
      throw new ReinError("record_damaged", `the record ends decision ${seq}, which was never made`, {
        help: "replay the whole record of a run",
      });
    }
    this.#awaited.delete(seq);
    return ticket;
  }
}

function awaitedOf(engine: Engine | null): Map<number, Ticket> {
  return new Map([...(engine?.inFlight.awaited() ?? [])].map((ticket) => [ticket.seq, ticket]));
}

/** Everything but actions and their ends. */
type PlainEvent = Exclude<EngineEvent, { type: "open" | "gate" | "settle" | "cancel" }>;

function applyEvent(engine: Engine, event: PlainEvent): void {
  const { at, mono } = event;
  switch (event.type) {
    case "invalid": {
      engine.advance(at, mono);
      const { source, series } = event;
      if (source !== undefined && series !== undefined)
        engine.planOf(engine.lane(source, series, mono), mono);
      return;
    }
    case "advance":
      engine.advance(at, mono);
      return;
    case "image":
      engine.advance(at, mono);
      return void engine.image();
    case "restart":
      return void engine.restart(event, at, mono);
    case "tick":
      return void engine.tick(at, mono);
    case "signal":
      return void engine.signal(event.name, event.value, at, mono);
    case "realize": {
      const { pnl, predictedEdge = NaN, capitalPct = NaN } = event;
      return void engine.realize(event, pnl, predictedEdge, capitalPct, at, mono);
    }
    case "balance": {
      const balance = event.balance === null ? null : { realizedToday: undefined, ...event.balance };
      return void engine.balance(event.account, balance, at, mono);
    }
    case "calendar":
      return void engine.calendar(event.key, event.period, event.open, event.until);
    case "halt":
      return void engine.halt(event, at, mono, event.seqs);
    case "resume":
      return void engine.resume(event.halt, event.by, event.reason, at, mono);
    case "approve":
      return void engine.answer(event.approval, "approved", event.by, event.reason, at, mono);
    case "reject":
      return void engine.answer(event.approval, "rejected", event.by, event.reason, at, mono);
    case "revive":
      return void engine.revive(event, event.by, event.reason, at, mono);
    case "override":
      return void engine.override(event, event.status, event.forMs, event.by, event.reason, at, mono);
    case "policy":
      engine.advance(at, mono);
      return void engine.setRules(event.rules, event.mode);
  }
}

function applyGate(engine: Engine, event: GateEvent): Ticket {
  const { at, mono, source, series, tags, facts, bind, args } = event;
  const { world } = engine;
  const amounts = amountsOf(world, event.cost) ?? CALLS_ONLY;
  const ids = facts && factIds(world, facts);
  engine.advance(at, mono);
  const lane = engine.lane(source, series, mono);
  // As the shell does before it reads an action: where counters are shared, it matters how often a plan is made.
  const { needsArgs } = engine.planOf(lane, mono);
  // Arguments are always recorded; the engine sees them where a rule compares calls.
  const seen = needsArgs ? args : undefined;
  const hasDetails = tags !== undefined || ids !== undefined || bind !== undefined || seen !== undefined;
  const details = hasDetails
    ? { tags: tags ?? null, facts: ids ?? null, bind: bind ?? null, args: seen ?? null }
    : null;
  return engine.gate(lane, at, mono, { amounts, details });
}

function detailsOf({ slippageCents, result, like }: SettleEvent): OutcomeDetails | null {
  if (slippageCents === undefined && result === undefined) return null;
  return { slippageCents: slippageCents ?? NaN, result: result ?? null, like: like ?? null };
}
