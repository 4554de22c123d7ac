import { parseDuration, speakDuration } from "../../core/duration.js";
import { formatAmount, limitToMicro, toMicro } from "../../core/measure.js";
import type { RuleOf } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import type { Complaint, GuardHost } from "./guard.js";
import { MeterGuard } from "./meter.js";
import type { Meter, MeterShape } from "./meter.js";
import { GIVE_UP, keyText, waitText } from "./words.js";

/**
 * `budget`: the sum of a measure. What an action may cost is reserved at the gate and booked at what it did cost when
 * it is settled; `spent + reserved <= limit` at every instant unless an actual cost exceeds its reservation.
 */
export class BudgetGuard extends MeterGuard<RuleOf<"budget">> {
  override readonly settles = true;
  override readonly countsReality = true;
  readonly shape: MeterShape;

  constructor(rule: RuleOf<"budget">, host: GuardHost) {
    super(rule, host);
    const { measure, limit, window, assume } = rule;
    this.shape = {
      measure: host.world.measure(measure, true),
      limit: limitToMicro(limit),
      assume: assume === undefined ? -1 : toMicro(assume),
      windowMs: typeof window === "string" && window !== "forever" ? parseDuration(window)! : undefined,
      calendar:
        typeof window === "string"
          ? undefined
          : host.world.calendar({ key: `calendar:${window.calendar}:${window.timeZone}`, calendar: window }),
      takes: "settle",
    };
  }

  override complain(meter: Meter, ticket: Ticket, mono: number): Complaint {
    const { id, measure } = this.rule;
    const need = meter.needOf(ticket);
    if (need < 0) {
      return {
        code: "cost_missing",
        reason: `rule \`${id}\` counts ${measure}, and this action does not say what it costs`,
        advice: `state its highest possible cost in \`cost.${measure}\``,
        retryable: false,
      };
    }
    const amount = (micro: number): string => formatAmount(measure, micro);
    const facts =
      `rule \`${id}\` allows ${amount(this.shape.limit)}${this.#windowText()}${keyText(meter.key)}: ` +
      `${amount(meter.takenAt(mono))} spent, ${amount(meter.held)} reserved, ${amount(need)} asked`;
    const waitMs = meter.msUntil(need, mono);
    if (waitMs === Infinity)
      return { code: "budget_exhausted", reason: facts, advice: GIVE_UP, retryable: false };
    // Only what is reserved is in the way, and nobody knows how long.
    if (waitMs <= 0)
      return {
        code: "budget_exhausted",
        reason: facts,
        advice: "wait until actions in flight have ended, or do something else",
        retryable: true,
      };
    const retryAfterMs = Math.max(1, Math.ceil(waitMs));
    return {
      code: "budget_exhausted",
      reason: facts,
      advice: waitText(retryAfterMs),
      retryable: true,
      retryAfterMs,
    };
  }

  override overrun(meter: Meter, held: number, taken: number, mono: number): void {
    const { measure } = this.rule;
    const closed =
      meter.takenAt(mono) + meter.held > this.shape.limit ? "; the budget is exceeded and closed" : "";
    this.host.alert(
      meter,
      "overrun",
      `rule \`${this.id}\`: an action cost ${formatAmount(measure, taken)} where ${formatAmount(measure, held)} were reserved${closed}`,
    );
  }

  #windowText(): string {
    const { window } = this.rule;
    if (window === "forever") return " in total";
    return typeof window === "string" ? ` per ${speakDuration(window)}` : ` per calendar ${window.calendar}`;
  }
}
