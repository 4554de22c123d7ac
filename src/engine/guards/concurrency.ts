import type { RuleOf } from "../../policy/index.js";
import type { Complaint, GuardHost } from "./guard.js";
import { MeterGuard } from "./meter.js";
import type { Meter, MeterShape } from "./meter.js";
import { keyText } from "./words.js";

/** `concurrency`: at most `limit` actions in flight. */
export class ConcurrencyGuard extends MeterGuard<RuleOf<"concurrency">> {
  override readonly settles = true;
  readonly shape: MeterShape;

  constructor(rule: RuleOf<"concurrency">, host: GuardHost) {
    super(rule, host);
    this.shape = { measure: -1, limit: rule.limit, assume: -1, takes: "never" };
  }

  override complain(meter: Meter): Complaint {
    const { id, limit } = this.rule;
    return {
      code: "concurrency_limited",
      reason: `rule \`${id}\` allows ${limit} at a time${keyText(meter.key)} and all are running`,
      advice: "wait for one to end",
      retryable: true,
    };
  }
}
