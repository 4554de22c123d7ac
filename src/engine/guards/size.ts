import { formatAmount, limitToMicro } from "../../core/measure.js";
import type { RuleOf } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";
import { GIVE_UP } from "./words.js";

/** `size`: one action's measure, at most `limit`. */
export class SizeGuard extends Guard<RuleOf<"size">> {
  readonly measure: number;
  readonly limit: number;

  constructor(rule: RuleOf<"size">, host: GuardHost) {
    super(rule, host);
    this.measure = host.world.measure(rule.measure, true);
    this.limit = limitToMicro(rule.limit);
  }

  override newCounter(key: CounterKey): Counter {
    return new Size(this, key);
  }
}

class Size extends Counter {
  declare guard: SizeGuard;

  override ask(ticket: Ticket): boolean {
    const amount = ticket.amounts[this.guard.measure] ?? -1;
    return amount >= 0 && amount <= this.guard.limit;
  }

  override complain(ticket: Ticket): Complaint {
    const { id, measure } = this.guard.rule;
    const amount = ticket.amounts[this.guard.measure] ?? -1;
    if (amount < 0) {
      return {
        code: "cost_missing",
        reason: `rule \`${id}\` limits ${measure}, and this action does not say how much it is`,
        advice: `state it in \`cost.${measure}\``,
        retryable: false,
      };
    }
    const limit = formatAmount(measure, this.guard.limit);
    return {
      code: "too_large",
      reason: `rule \`${id}\` allows at most ${limit} in one action, and this one is ${formatAmount(measure, amount)}`,
      advice: GIVE_UP,
      retryable: false,
    };
  }
}
