import { parseDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";

/** `timeout`: an action's running time; the engine voids its permit when the time is over. */
export class TimeoutGuard extends Guard<RuleOf<"timeout">> {
  override readonly asks = false;
  override readonly commits = true;
  readonly limitMs: number;

  constructor(rule: RuleOf<"timeout">, host: GuardHost) {
    super(rule, host);
    this.limitMs = parseDuration(rule.limit)!;
  }

  override newCounter(key: CounterKey): Counter {
    return new TimeoutCounter(this, key);
  }
}

export class TimeoutCounter extends Counter {
  declare guard: TimeoutGuard;

  override ask(): boolean {
    return true;
  }

  override commit(ticket: Ticket): void {
    const { timeout } = ticket;
    if (timeout === null || this.guard.limitMs < timeout.guard.limitMs) ticket.timeout = this;
  }

  override complain(): Complaint {
    throw new Error("a timeout never refuses");
  }
}
