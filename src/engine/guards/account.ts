import type { Rule } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey } from "./guard.js";

/** What is known of one account, in micro-units; `start` and `peak` are the highest trusted reference points. */
export interface Balance {
  readonly account: string;
  /** Balance at the start of the day, as the caller reported it. */
  readonly start: number;
  readonly current: number;
  /** Realized profit or loss of the day; undefined when not reported. */
  readonly realizedToday: number | undefined;
}

/**
 * Rules about balances: they look at every report, not only at actions, so that a halt comes with the bad report and
 * not with the next action. A report that is not a number keeps the rule shut until a sound one arrives.
 */
export abstract class AccountGuard<R extends Extract<Rule, { kind: "loss" | "floor" }>> extends Guard<R> {
  override readonly latches = true;
  /** Evidence by account in breach. */
  readonly #breaches = new Map<string, string>();
  readonly #counter: Counter = new AccountCounter(this, {});

  override newCounter(_key: CounterKey): Counter {
    return this.#counter;
  }

  get breached(): boolean {
    return this.#breaches.size > 0;
  }

  /** The first breach by name of account. */
  get evidence(): string {
    const [account] = [...this.#breaches.keys()].sort();
    return account === undefined ? "" : this.#breaches.get(account)!;
  }

  /** Takes a report in; null: it was not a number. */
  onBalance(account: string, balance: Balance | null): void {
    if (this.rule.account !== undefined && this.rule.account !== account) return;
    const evidence =
      balance === null ? `the balance of \`${account}\` is not a number` : this.breachOf(balance);
    if (evidence === undefined) {
      if (this.#breaches.delete(account)) this.host.calm();
      return;
    }
    const isNew = !this.#breaches.has(account);
    this.#breaches.set(account, evidence);
    this.host.alarm();
    if (isNew) this.host.trip(this.#counter, evidence);
  }

  /** How far actions should be scaled down, from 0 to 1. */
  sizeOf(): number {
    return 1;
  }

  /** Evidence when the report breaks the rule. */
  protected abstract breachOf(balance: Balance): string | undefined;
  abstract complain(): Complaint;

  override inherit(from: Guard): void {
    if (!(from instanceof AccountGuard)) return;
    for (const [account, evidence] of from.#breaches) this.#breaches.set(account, evidence);
  }

  override image(): unknown {
    return this.#breaches.size === 0 ? null : { breaches: [...this.#breaches] };
  }

  override restore(image: unknown): void {
    const { breaches } = (image ?? { breaches: [] }) as { breaches: readonly [string, string][] };
    for (const [account, evidence] of breaches) this.#breaches.set(account, evidence);
  }

  override get quiet(): boolean {
    return !this.breached;
  }

  override snapshot(): unknown {
    return this.#breaches.size === 0 ? undefined : { breaches: [...this.#breaches] };
  }
}

class AccountCounter extends Counter {
  declare guard: AccountGuard<Extract<Rule, { kind: "loss" | "floor" }>>;

  override ask(): boolean {
    return !this.guard.breached;
  }

  override size(): number {
    return this.guard.sizeOf();
  }

  override complain(_ticket: Ticket): Complaint {
    return this.guard.complain();
  }
}
