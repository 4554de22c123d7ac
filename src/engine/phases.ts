import type { Counter, Guard, Settlement } from "./guards/guard.js";
import { assemble } from "./plan.js";
import type { Plan } from "./plan.js";
import type { Ticket } from "./ticket.js";

/** A counter threw; `cause` is what it threw. */
export class GuardFailure extends Error {
  readonly counter: Counter;

  constructor(counter: Counter, cause: unknown) {
    super("a guard failed", { cause });
    this.counter = counter;
  }
}

/**
 * The phases of one gate call after another: ask, commit, observe, and later settle. Holds no state but what is handed
 * from `ask` to `commit` of the same call.
 */
export class Phases {
  /** Counters that apply to the running call besides the plan's; used again by each call. */
  readonly #extra: Counter[] = [];
  #extraCount = 0;
  #alarmed = false;

  /**
   * The counters that do not agree, or null.
   *
   * @param alarmed whether some latching guard may refuse
   * @throws GuardFailure; nothing has been taken then
   */
  ask(plan: Plan, ticket: Ticket, mono: number, alarmed: boolean): Counter[] | null {
    this.#alarmed = alarmed;
    this.#extraCount = 0;
    let refusers: Counter[] | null = null;
    let asking: Counter | null = null;
    try {
      const { askers } = plan;
      for (let i = 0; i < askers.length; i++) {
        asking = askers[i]!;
        if (!asking.ask(ticket, mono)) (refusers ??= []).push(asking);
      }
      if (alarmed) {
        for (const counter of plan.latches) {
          asking = counter;
          if (!counter.ask(ticket, mono)) (refusers ??= []).push(counter);
        }
      }
      if (plan.parts.length > 0) {
        this.#extraCount = assemble(plan, ticket, mono, this.#extra);
        for (let i = 0; i < this.#extraCount; i++) {
          asking = this.#extra[i]!;
          if (asking.guard.asks && !asking.ask(ticket, mono)) (refusers ??= []).push(asking);
        }
      }
    } catch (error) {
      throw new GuardFailure(asking!, error);
    }
    return refusers;
  }

  /**
   * Lets the counters take what the action needs.
   *
   * @throws GuardFailure; what others had taken has gone back then
   */
  commit(plan: Plan, ticket: Ticket, mono: number): void {
    if (ticket.wouldBlock !== null || this.#alarmed || this.#extraCount > 0) this.#choose(ticket, plan);
    const taking = ticket.took ?? plan.committers;
    let committing: Counter | null = null;
    try {
      for (let i = 0; i < taking.length; i++) {
        committing = taking[i]!;
        committing.commit(ticket, mono);
      }
    } catch (error) {
      for (const counter of taking) {
        if (counter === committing) break;
        counter.giveBack(ticket);
      }
      throw new GuardFailure(committing!, error);
    }
  }

  /** Shows the decision to those that look for storms and newcomers; `onFailure` hears of one that fails. */
  observe(plan: Plan, ticket: Ticket, mono: number, onFailure: (failure: GuardFailure) => void): void {
    const { observers } = plan;
    for (let i = 0; i < observers.length; i++) show(observers[i]!, ticket, mono, onFailure);
    for (let i = 0; i < this.#extraCount; i++) {
      const counter = this.#extra[i]!;
      if (counter.guard.observes) show(counter, ticket, mono, onFailure);
    }
  }

  /** Who takes part when it is not simply all of the plan's counters. */
  #choose(ticket: Ticket, plan: Plan): void {
    const all = ticket.wouldBlock === null;
    const took: Counter[] = [];
    const held: Counter[] = [];
    for (const counter of plan.committers) if (all || counts(counter.guard)) took.push(counter);
    for (const counter of plan.settlers) if (all || counts(counter.guard)) held.push(counter);
    if (this.#alarmed) {
      for (const counter of plan.latches) {
        if (counter.guard.commits && (all || counts(counter.guard))) took.push(counter);
      }
    }
    for (let i = 0; i < this.#extraCount; i++) {
      const counter = this.#extra[i]!;
      if (!all && !counts(counter.guard)) continue;
      if (counter.guard.commits) took.push(counter);
      if (counter.guard.settles) held.push(counter);
    }
    ticket.took = took;
    ticket.held = held;
  }
}

function show(
  counter: Counter,
  ticket: Ticket,
  mono: number,
  onFailure: (failure: GuardFailure) => void,
): void {
  try {
    counter.observe(ticket, mono);
  } catch (error) {
    onFailure(new GuardFailure(counter, error));
  }
}

/** Tells everybody who holds something how the action ended; the others hear of it though one fails. */
export function settle(
  ticket: Ticket,
  end: Settlement,
  mono: number,
  onFailure: (failure: GuardFailure) => void,
): void {
  const held = heldBy(ticket);
  for (let i = 0; i < held.length; i++) {
    if (held[i]!.forgotten) continue;
    try {
      held[i]!.settle(ticket, end, mono);
    } catch (error) {
      onFailure(new GuardFailure(held[i]!, error));
    }
  }
}

/** Undoes `commit`. */
export function giveBack(ticket: Ticket): void {
  for (const counter of ticket.took ?? ticket.plan!.committers)
    if (!counter.forgotten) counter.giveBack(ticket);
}

/** Counters that are told how the action ends. */
export function heldBy({ held, plan }: Ticket): readonly Counter[] {
  return held ?? plan!.settlers;
}

/** In shadow an action that enforcement would have stopped happens all the same: budgets count it, throttles do not. */
function counts(guard: Guard): boolean {
  return guard.enforced || guard.countsReality;
}
