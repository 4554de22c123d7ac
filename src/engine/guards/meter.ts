import { MICRO } from "../../core/measure.js";
import type { Rule } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import { SlidingSum } from "../sliding-sum.js";
import type { SumImage } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import type { CalendarFact } from "../world.js";
import { Counter, Guard } from "./guard.js";
import type { CounterKey, Known, Settlement } from "./guard.js";

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

/** Everything a meter keeps: used, born, held, taken, period, what rolls. */
type MeterImage = readonly [
  used: number,
  born: number,
  held: number,
  taken: number,
  period: number,
  rolling: SumImage | null,
];

/** A moment: monotonic time, and the calendar period it lies in (0 without one). */
interface UsedUp {
  readonly mono: number;
  readonly period: number;
}

/**
 * Windows up to this long are not worth writing ahead of use: what is in them after a crash is not known, so they come
 * back used up, and that soon passes.
 */
const SHORT_WINDOW_MS = 60_000;

/** A rule that limits how much is taken: rates, budgets and actions in flight are this with different shapes. */
export abstract class MeterGuard<R extends Rule = Rule> extends Guard<R> {
  override readonly commits = true;
  abstract readonly shape: MeterShape;

  /** When every counter came to count as used up, those of keys yet unseen included. */
  #usedUp: UsedUp | null = null;

  override newCounter(key: CounterKey): Meter {
    const meter = new Meter(this, key);
    const period = this.shape.calendar?.period ?? 0;
    if (this.#usedUp !== null && this.#usedUp.period === period) meter.useUp(this.#usedUp.mono);
    return meter;
  }

  /** Whether quota is spent from allowances only, which are durable before it is used. */
  get needsAllowance(): boolean {
    const { takes, windowMs } = this.shape;
    return takes !== "never" && (windowMs === undefined || windowMs > SHORT_WINDOW_MS);
  }

  /** Nobody knows what was last taken: what has no allowance counts as used up. */
  override recover(mono: number, { clean, nothingIsKnown }: Known): void {
    if (this.shape.takes === "never") return;
    if (!nothingIsKnown && (clean || this.needsAllowance)) return;
    this.#usedUp = { mono, period: this.shape.calendar?.period ?? 0 };
    for (const meter of this.table.all()) (meter as Meter).useUp(mono);
  }

  override image(): unknown {
    return this.#usedUp;
  }

  override restore(image: unknown): void {
    this.#usedUp = image as UsedUp | null;
  }

  override inherit(from: Guard): void {
    if (from instanceof MeterGuard) this.#usedUp = from.#usedUp;
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
  /** Everything ever taken or held, less what was given back: what allowances are compared with. */
  #used = DOUBLE_ZERO;
  /** Number of the first decision that took something: tells this counter from an earlier one of the same key. */
  #born = 0;
  /** Used beyond this, the meter asks for a larger allowance. */
  #refillAt: number;
  /** What `used` may grow to; Infinity where quota needs no allowance. */
  granted: number;

  constructor(guard: MeterGuard, key: CounterKey) {
    super(guard, key);
    this.#shape = guard.shape;
    this.#rolling = this.#shape.windowMs === undefined ? null : new SlidingSum(this.#shape.windowMs);
    this.granted = guard.host.allowances && guard.needsAllowance ? 0 : Infinity;
    this.#refillAt = this.granted === 0 ? -1 : Infinity;
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
    if (this.#born === 0) this.#born = ticket.seq;
    this.#used += need;
    if (this.#used > this.#refillAt) this.guard.host.thirst(this);
  }

  override giveBack(ticket: Ticket): void {
    const need = this.#heldFor(ticket);
    this.#used -= need;
    if (this.#shape.takes !== "commit") this.#held -= need;
    else if (this.#rolling !== null) this.#rolling.takeBack(ticket.mono, need);
    else this.#taken -= need;
  }

  override settle(ticket: Ticket, end: Settlement, mono: number): void {
    const held = this.#heldFor(ticket);
    this.#held -= held;
    if (this.#shape.takes !== "settle") {
      if (this.#shape.takes === "never") this.#used -= held;
      return;
    }
    const actual = this.#actual(end, held);
    this.#take(actual, mono);
    this.#used += actual - held;
    if (actual > held) this.#overran(held, actual, mono);
  }

  /** Takes what came on top of a reservation that had already been taken because its permit expired. */
  takeLate(ticket: Ticket, end: Settlement, mono: number): void {
    if (this.#shape.takes !== "settle") return;
    const held = this.#heldFor(ticket);
    const actual = this.#actual(end, held);
    if (actual <= held) return;
    this.#take(actual - held, mono);
    this.#used += actual - held;
    this.#overran(held, actual, mono);
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

  get used(): number {
    return this.#used + 0;
  }

  get born(): number {
    return this.#born;
  }

  get shape(): MeterShape {
    return this.#shape;
  }

  /** What may be used from now on, and from where on more is asked for. */
  grant(total: number, refillAt: number): void {
    this.granted = total;
    this.#refillAt = refillAt;
  }

  /** Books what a dead process may have spent: its allowance less what is known of it. */
  lose(amount: number, born: number, mono: number): void {
    if (this.#born === 0) this.#born = born;
    // More than the limit cannot have been spent within a window; what is above it was spent in earlier ones.
    const left = Math.max(0, this.#shape.limit - this.takenAt(mono) - this.#held);
    this.#take(Math.min(amount, left), mono);
    this.#used += amount;
    if (this.granted !== Infinity) this.grant(this.#used, -1);
  }

  /** Books what is left at `mono`, as if it had been taken then. */
  useUp(mono: number): void {
    const left = this.#shape.limit - this.takenAt(mono) - this.#held;
    if (left > 0) this.#take(left, mono);
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

  override image(mono: number): unknown {
    const taken = this.takenAt(mono);
    if (taken === 0 && this.#held === 0 && this.#used === 0 && this.#born === 0) return null;
    const rolling = this.#rolling === null ? null : this.#rolling.image(mono);
    const image: MeterImage = [
      this.#used + 0,
      this.#born,
      this.#held + 0,
      this.#taken + 0,
      this.#period + 0,
      rolling,
    ];
    return image;
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const [used, born, held, taken, period, rolling] = image as MeterImage;
    this.#used = used;
    this.#born = born;
    this.#held = held;
    this.#taken = taken;
    this.#period = period;
    this.#rolling?.restore(rolling);
    // What was granted beyond it was given back, or was booked as lost.
    if (this.granted !== Infinity) this.grant(used, -1);
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

  #overran(held: number, actual: number, mono: number): void {
    this.guard.overrun(this, held, actual, mono);
    if (this.#used > this.#refillAt) this.guard.host.thirst(this);
  }

  #take(amount: number, mono: number): void {
    if (this.#rolling !== null) this.#rolling.add(mono, amount);
    else this.#taken = this.takenAt(mono) + amount;
  }
}
