import { MICRO } from "../../core/measure.js";
import type { Rule } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import { SlidingSum } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import type { CalendarFact } from "../world.js";
import { Counter, Guard } from "./guard.js";
import type { CounterKey, Settlement } from "./guard.js";

/** How a meter measures; the same for all meters of a rule. */
export interface MeterShape {
  /** Index of the measure that is metered; -1: every action counts one. */
  readonly measure: number;
  /** Largest sum of what is taken and held: micro-units, or actions with measure -1. */
  readonly limit: number;
  /** What an action takes that does not name the measure; -1: it is refused. */
  readonly assume: number;
  /** What is taken leaves after this long; undefined: never by rolling. */
  readonly windowMs?: number | undefined;
  /** What is taken leaves with the calendar period. */
  readonly calendar?: CalendarFact | undefined;
  /** `commit`: taken at the gate; `settle`: held until the outcome, then taken; `never`: held until the outcome only. */
  readonly takes: "commit" | "settle" | "never";
}

/** A rule that limits how much is taken: rates, budgets and actions in flight are this with different shapes. */
export abstract class MeterGuard<R extends Rule = Rule> extends Guard<R> {
  override readonly commits = true;
  abstract readonly shape: MeterShape;

  override newCounter(key: CounterKey): Meter {
    return new Meter(this, key);
  }

  abstract complain(meter: Meter, ticket: Ticket, mono: number): ReturnType<Counter["complain"]>;

  /** Hears of an action that took more than it had held. */
  overrun(_meter: Meter, _held: number, _taken: number, _mono: number): void {}
}

/**
 * How much of a limit is used. One class for the three commonest kinds of rules, so that the gate's loops over
 * counters meet few classes.
 */
export class Meter extends Counter {
  declare guard: MeterGuard;
  #shape: MeterShape;
  /** Reserved by actions in flight. */
  #held = DOUBLE_ZERO;
  /** Taken in the running calendar period, or for ever; unused with a rolling window. */
  #taken = DOUBLE_ZERO;
  #period = DOUBLE_ZERO;
  readonly #rolling: SlidingSum | null;

  constructor(guard: MeterGuard, key: CounterKey) {
    super(guard, key);
    this.#shape = guard.shape;
    this.#rolling = this.#shape.windowMs === undefined ? null : new SlidingSum(this.#shape.windowMs);
  }

  override adopt(guard: Guard): void {
    super.adopt(guard);
    this.#shape = this.guard.shape;
  }

  override ask(ticket: Ticket, mono: number): boolean {
    const { measure, limit, calendar } = this.#shape;
    let need = 1;
    if (measure >= 0) {
      const { amounts } = ticket;
      need = measure < amounts.length ? amounts[measure]! : -1;
      if (need < 0 && (need = this.#shape.assume) < 0) return false;
    }
    const rolling = this.#rolling;
    if (rolling !== null) return rolling.total(mono) + this.#held + need <= limit;
    if (calendar !== undefined && calendar.period > this.#period) this.#turnPage(calendar.period);
    return this.#taken + this.#held + need <= limit;
  }

  override commit(ticket: Ticket, mono: number): void {
    const need = this.#heldFor(ticket);
    if (this.#shape.takes === "commit") this.#take(need, mono);
    else this.#held += need;
  }

  override giveBack(ticket: Ticket): void {
    const need = this.#heldFor(ticket);
    if (this.#shape.takes !== "commit") this.#held -= need;
    else if (this.#rolling !== null) this.#rolling.takeBack(ticket.mono, need);
    else this.#taken -= need;
  }

  override settle(ticket: Ticket, end: Settlement, mono: number): void {
    const held = this.#heldFor(ticket);
    this.#held -= held;
    if (this.#shape.takes !== "settle") return;
    const actual = this.#actual(end, held);
    this.#take(actual, mono);
    if (actual > held) this.guard.overrun(this, held, actual, mono);
  }

  /** Takes what came on top of a reservation that had already been taken because its permit expired. */
  takeLate(ticket: Ticket, end: Settlement, mono: number): void {
    if (this.#shape.takes !== "settle") return;
    const held = this.#heldFor(ticket);
    const actual = this.#actual(end, held);
    if (actual <= held) return;
    this.#take(actual - held, mono);
    this.guard.overrun(this, held, actual, mono);
  }

  override complain(ticket: Ticket, mono: number): ReturnType<Counter["complain"]> {
    return this.guard.complain(this, ticket, mono);
  }

  /** What the action would use; -1 where it does not say and nothing is assumed. */
  needOf(ticket: Ticket): number {
    const { measure } = this.#shape;
    if (measure < 0) return 1;
    const { amounts } = ticket;
    return measure < amounts.length && amounts[measure]! >= 0 ? amounts[measure]! : this.#shape.assume;
  }

  get held(): number {
    return this.#held;
  }

  takenAt(mono: number): number {
    if (this.#rolling !== null) return this.#rolling.total(mono);
    const { calendar } = this.#shape;
    if (calendar !== undefined && calendar.period > this.#period) this.#turnPage(calendar.period);
    return this.#taken;
  }

  /** Milliseconds until `need` fits by time alone, reservations left aside; Infinity: never. */
  msUntil(need: number, mono: number): number {
    const { limit, calendar } = this.#shape;
    if (need > limit) return Infinity;
    if (this.#rolling !== null) return this.#rolling.msUntil(mono, limit - need);
    if (this.takenAt(mono) + need <= limit) return 0;
    return calendar === undefined ? Infinity : this.guard.host.msUntilWall(calendar.until);
  }

  override isFresh(mono: number): boolean {
    return this.#held === 0 && this.takenAt(mono) === 0;
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh(mono)) return undefined;
    return this.#rolling === null
      ? { taken: this.#taken + 0, period: this.#period + 0, held: this.#held + 0 }
      : { rolling: this.#rolling.snapshot(mono), held: this.#held + 0 };
  }

  /** A clock set back does not bring back yesterday's quota: periods only move on. */
  #turnPage(period: number): void {
    this.#period = period;
    this.#taken = DOUBLE_ZERO;
  }

  /** What the gate reserved for the action. */
  #heldFor(ticket: Ticket): number {
    const need = this.needOf(ticket);
    return need > 0 ? need : 0;
  }

  /** What the action really used; what was not reported is what was reserved. */
  #actual({ amounts }: Settlement, held: number): number {
    const { measure } = this.#shape;
    if (measure === 0) return MICRO;
    return amounts !== null && measure < amounts.length && amounts[measure]! >= 0 ? amounts[measure]! : held;
  }

  #take(amount: number, mono: number): void {
    if (this.#rolling !== null) this.#rolling.add(mono, amount);
    else this.#taken = this.takenAt(mono) + amount;
  }
}
