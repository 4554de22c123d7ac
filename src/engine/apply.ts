import { ReinError } from "../core/errors.js";
import { MICRO } from "../core/measure.js";
import type { Engine } from "./engine.js";
import type { EngineEvent, GateEvent } from "./events.js";
import type { Ticket } from "./ticket.js";
import type { World } from "./world.js";

const CALLS_ONLY: readonly number[] = [MICRO];

/**
 * Applies a recorded event to an engine; returns the ticket, when the event is about an action.
 *
 * @throws ReinError `unknown_decision` when a settled decision is not open, and whatever the event's own step throws
 */
export function applyEvent(engine: Engine, event: EngineEvent): Ticket | undefined {
  const { at, mono } = event;
  switch (event.type) {
    case "gate":
      return applyGate(engine, event);
    case "settle": {
      const ticket = engine.open.find(event.seq);
      if (ticket === undefined) {
        throw new ReinError("unknown_decision", `no open decision ${event.seq}`, {
          help: "the record is not complete",
        });
      }
      engine.settle(ticket, at, mono, event.ok, amountsOf(engine.world, event.cost));
      return ticket;
    }
    case "cancel": {
      const ticket = engine.open.find(event.seq);
      if (ticket !== undefined) engine.cancel(ticket, at, mono);
      return undefined;
    }
    case "tick":
      return void engine.tick(at, mono);
    case "signal":
      return void engine.signal(event.name, event.value, at, mono);
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

/** Micro-units by index from micro-units by name; null without any. */
export function amountsOf(
  world: World,
  cost: Readonly<Record<string, number>> | undefined,
): readonly number[] | null {
  if (cost === undefined) return null;
  const amounts = [MICRO];
  for (const [name, micro] of Object.entries(cost)) {
    const index = world.measure(name);
    if (index <= 0) continue;
    while (amounts.length <= index) amounts.push(-1);
    amounts[index] = micro;
  }
  return amounts;
}

function applyGate(engine: Engine, event: GateEvent): Ticket {
  const { at, mono, source, series, tags, facts, bind } = event;
  const { world } = engine;
  const amounts = amountsOf(world, event.cost) ?? CALLS_ONLY;
  const ids = facts && [
    ...facts.true.map((key) => world.testId(key)),
    ...facts.unknown.map((key) => -1 - world.testId(key)),
  ];
  engine.advance(at, mono);
  const lane = engine.lane(source, series, mono);
  const hasDetails = tags !== undefined || ids !== undefined || bind !== undefined;
  const details = hasDetails ? { tags: tags ?? null, facts: ids ?? null, bind: bind ?? null } : null;
  return engine.gate(lane, at, mono, { amounts, details });
}
