import { parseDuration } from "../../core/duration.js";
import { formatAmount, limitToMicro, MICRO, toMicro } from "../../core/measure.js";
import type { RuleOf } from "../../policy/index.js";
import { SlidingSum } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import type { CalendarFact } from "../world.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost, Settlement } from "./guard.js";
import { GIVE_UP, keyText, waitText } from "./words.js";

/** One line of `rein.budgets()`, in micro-units. */
export interface BudgetState {
  readonly limit: number;
  readonly spent: number;
  readonly reserved: number;
}

/**
 * `budget`: the sum of a measure. What an action may cost is reserved at the gate and booked at what it did cost when
 * it is settled; `spent + reserved <= limit` at every instant unless an actual cost exceeds its reservation.
 */
export class BudgetGuard extends Guard<RuleOf<"budget">> {
  override readonly commits = true;
  override readonly settles = true;
  override readonly countsReality = true;
  readonly measure: number;
  /** In micro-units. */
  readonly limit: number;
  /** Undefined: the total never resets by rolling. */
  readonly windowMs: number | undefined;
  readonly calendar: CalendarFact | undefined;
  readonly #assume: number;

  constructor(rule: RuleOf<"budget">, host: GuardHost) {
    super(rule, host);
    const { window } = rule;
    this.measure = host.world.measure(rule.measure, true);
    this.limit = limitToMicro(rule.limit);
    this.windowMs = typeof window === "string" && window !== "forever" ? parseDuration(window)! : undefined;
    if (typeof window !== "string") {
      const key = `calendar:${window.calendar}:${window.timeZone}`;
      this.calendar = host.world.calendar({ key, calendar: window });
    }
    this.#assume = rule.assume === undefined ? -1 : toMicro(rule.assume);
  }

  override newCounter(key: CounterKey): Budget {
    return new Budget(this, key);
  }

  /** What the action would take, in micro-units; -1 where it does not say and the rule assumes nothing. */
  needOf(ticket: Ticket): number {
    const amount = ticket.amounts[this.measure];
    return amount === undefined || amount < 0 ? this.#assume : amount;
  }
}

export class Budget extends Counter {
  declare guard: BudgetGuard;
  #reserved = 0;
  /** Spent in the running calendar period, or for ever; unused with a rolling window. */
  #spent = 0;
  #period = 0;
  readonly #rolling: SlidingSum | null;

  constructor(guard: BudgetGuard, key: CounterKey) {
    super(guard, key);
    this.#rolling = guard.windowMs === undefined ? null : new SlidingSum(guard.windowMs);
  }

  override ask(ticket: Ticket, mono: number): boolean {
    const need = this.guard.needOf(ticket);
    return need >= 0 && this.#spentAt(mono) + this.#reserved + need <= this.guard.limit;
  }

  override commit(ticket: Ticket): void {
    this.#reserved += Math.max(0, this.guard.needOf(ticket));
  }

  override settle(ticket: Ticket, end: Settlement, mono: number): void {
    const reserved = Math.max(0, this.guard.needOf(ticket));
    this.#reserved -= reserved;
    if (end.void) return;
    const reported = this.guard.measure === 0 ? MICRO : (end.amounts?.[this.guard.measure] ?? -1);
    const actual = reported < 0 ? reserved : reported;
    this.#book(actual, mono);
    if (actual > reserved) this.#reportOverrun(reserved, actual, mono);
  }

  /** Books what came on top of a reservation that had already been counted as spent. */
  bookLate(ticket: Ticket, end: Settlement, mono: number): void {
    const reserved = Math.max(0, this.guard.needOf(ticket));
    const reported = this.guard.measure === 0 ? -1 : (end.amounts?.[this.guard.measure] ?? -1);
    if (reported <= reserved) return;
    this.#book(reported - reserved, mono);
    this.#reportOverrun(reserved, reported, mono);
  }

  override complain(ticket: Ticket, mono: number): Complaint {
    const { id, measure } = this.guard.rule;
    const need = this.guard.needOf(ticket);
    if (need < 0) {
      return {
        code: "cost_missing",
        message: `rule \`${id}\` counts ${measure}, and this action does not say what it costs; state its highest possible cost in \`cost.${measure}\``,
        retryable: false,
      };
    }
    const { limit, spent, reserved } = this.state(mono);
    const amount = (micro: number): string => formatAmount(measure, micro);
    const facts = `rule \`${id}\` allows ${amount(limit)}${this.#windowText()}${keyText(this.key)}: ${amount(spent)} spent, ${amount(reserved)} reserved, ${amount(need)} asked`;
    const waitMs = this.#msUntil(need, mono);
    if (waitMs === Infinity) return { code: "budget_exhausted", message: `${facts}; ${GIVE_UP}`, retryable: false };
    const retryAfterMs = Math.max(1, Math.ceil(waitMs));
    return { code: "budget_exhausted", message: `${facts}; ${waitText(retryAfterMs)}`, retryable: true, retryAfterMs };
  }

  state(mono: number): BudgetState {
    return { limit: this.guard.limit, spent: this.#spentAt(mono), reserved: this.#reserved };
  }

  override isFresh(mono: number): boolean {
    return this.#reserved === 0 && this.#spentAt(mono) === 0;
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh(mono)) return undefined;
    const rolling = this.#rolling?.snapshot(mono);
    return rolling === undefined
      ? { spent: this.#spent, period: this.#period, reserved: this.#reserved }
      : { rolling, reserved: this.#reserved };
  }

  #spentAt(mono: number): number {
    if (this.#rolling !== null) return this.#rolling.total(mono);
    const calendar = this.guard.calendar;
    // A clock set back does not bring back yesterday's quota: periods only move on.
    if (calendar !== undefined && calendar.period > this.#period) {
      this.#period = calendar.period;
      this.#spent = 0;
    }
    return this.#spent;
  }

  #book(amount: number, mono: number): void {
    if (this.#rolling !== null) this.#rolling.add(mono, amount);
    else this.#spent = this.#spentAt(mono) + amount;
  }

  /** Infinity: not by time alone. Reservations may end any moment, so they do not make a wait hopeless. */
  #msUntil(need: number, mono: number): number {
    if (need > this.guard.limit) return Infinity;
    if (this.#rolling !== null) return Math.max(0, this.#rolling.msUntil(mono, this.guard.limit - need));
    const spentOut = this.#spentAt(mono) + need > this.guard.limit;
    if (!spentOut) return 0;
    const { calendar } = this.guard;
    return calendar === undefined ? Infinity : this.guard.host.msUntilWall(calendar.until);
  }

  #windowText(): string {
    const { window } = this.guard.rule;
    if (window === "forever") return " in total";
    return typeof window === "string" ? ` per ${window}` : ` per calendar ${window.calendar}`;
  }

  #reportOverrun(reserved: number, actual: number, mono: number): void {
    const { measure } = this.guard.rule;
    const { limit, spent, reserved: open } = this.state(mono);
    const closed = spent + open > limit ? "; the budget is exceeded and closed" : "";
    this.guard.host.alert(
      this,
      "overrun",
      `an action cost ${formatAmount(measure, actual)} where ${formatAmount(measure, reserved)} were reserved${closed}`,
    );
  }
}
