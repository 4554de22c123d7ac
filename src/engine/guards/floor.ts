import { formatAmount } from "../../core/measure.js";
import { MICRO } from "../../core/measure.js";
import type { RuleOf } from "../../policy/index.js";
import { AccountGuard } from "./account.js";
import type { Balance } from "./account.js";
import type { Complaint } from "./guard.js";
import { GIVE_UP } from "./words.js";

/** `floor`: a balance must not fall below `limit`. */
export class FloorGuard extends AccountGuard<RuleOf<"floor">> {
  protected override breachOf({ account, current }: Balance): string | undefined {
    if (current >= this.#limit) return undefined;
    return `the balance of \`${account}\` is ${formatAmount("usd", current)}`;
  }

  override complain(): Complaint {
    const limit = formatAmount("usd", this.#limit);
    return {
      code: "balance_floor",
      reason: `rule \`${this.id}\` wants at least ${limit} left, and ${this.evidence}`,
      advice: GIVE_UP,
      retryable: false,
    };
  }

  get #limit(): number {
    return Math.round(this.rule.limit * MICRO);
  }
}
