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
  /** What an action is watched by that only this rule speaks of: most are, and need no list of their own. */
  readonly #alone: readonly TimeoutCounter[] = [this];

  override ask(): boolean {
    return true;
  }

  /** Each rule watches for itself: one that only tells must not stand before a longer one that stops. */
  override commit(ticket: Ticket): void {
    const { timeouts } = ticket;
    if (timeouts.length === 0) ticket.timeouts = this.#alone;
    // A source and its ancestors have a counter each, and the action runs out of the rule's time once.
    else if (timeouts.every(({ guard }) => guard !== this.guard))
      ticket.timeouts = [...timeouts, this].sort(byLimit);
  }

  override complain(): Complaint {
    throw new Error("a timeout never refuses");
  }
}

/** The shortest first: it is the reason where several pass before anybody looks. */
function byLimit(a: TimeoutCounter, b: TimeoutCounter): number {
  return a.guard.limitMs - b.guard.limitMs;
}
