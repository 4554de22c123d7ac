import { formatAmount, limitToMicro } from "../../core/measure.js";
import { sizeRamp } from "../../detect/index.js";
import type { RuleOf } from "../../policy/index.js";
import { AccountGuard } from "./account.js";
import type { Balance } from "./account.js";
import type { Complaint, Guard } from "./guard.js";
import { GIVE_UP } from "./words.js";

/** Share of the allowed loss from which on actions are scaled down. */
const RAMP_FROM = 0.4;

/** `loss`: drawdown from the start of the day, from the peak, or from the first report, in percent or money. */
export class LossGuard extends AccountGuard<RuleOf<"loss">> {
  /** Reference by account: the highest balance seen (`peak`) or the first (`start`). */
  readonly #reference = new Map<string, number>();

  /** Share of the limit that is lost, by account: from `RAMP_FROM` of it on, actions should be smaller. */
  readonly #used = new Map<string, number>();
  override readonly sizes: boolean = this.rule.then !== "alert";

  /** Smaller and smaller on the way to the limit, so that it is hardly ever reached. */
  override sizeOf(): number {
    let used = 0;
    for (const share of this.#used.values()) used = Math.max(used, share);
    return sizeRamp(used, RAMP_FROM, 1);
  }

  protected override breachOf(balance: Balance): string | undefined {
    const reference = this.#referenceOf(balance);
    const drawdown = reference - balance.current;
    const realized = this.#from === "day" ? -(balance.realizedToday ?? 0) : 0;
    const loss = Math.max(drawdown, realized);
    const { limit, limitPct } = this.rule;
    const exceeded = limit === undefined ? loss * 100 > limitPct! * reference : loss > limitToMicro(limit);
    const measurable = reference > 0 || limit !== undefined;
    const allowed = limit === undefined ? (limitPct! * reference) / 100 : limitToMicro(limit);
    this.#used.set(balance.account, measurable && allowed > 0 ? Math.max(0, loss) / allowed : 1);
    if (!exceeded && measurable) return undefined;
    if (!measurable) return `account \`${balance.account}\` has nothing to measure a loss against`;
    const pct = reference > 0 ? ` (${Math.round((loss / reference) * 10_000) / 100}%)` : "";
    return `account \`${balance.account}\` lost ${formatAmount("usd", loss)}${pct} of ${formatAmount("usd", reference)}`;
  }

  override complain(): Complaint {
    const { id, limit, limitPct } = this.rule;
    const allowed = limit === undefined ? `${limitPct!}%` : formatAmount("usd", limitToMicro(limit));
    return {
      code: "loss_limit",
      reason: `rule \`${id}\` allows a loss of ${allowed} from ${this.#from}, and ${this.evidence}`,
      advice: GIVE_UP,
      retryable: false,
    };
  }

  override inherit(from: Guard): void {
    super.inherit(from);
    if (!(from instanceof LossGuard)) return;
    for (const [account, reference] of from.#reference) this.#reference.set(account, reference);
    for (const [account, used] of from.#used) this.#used.set(account, used);
  }

  override image(): unknown {
    return { breaches: super.image(), reference: [...this.#reference], used: [...this.#used] };
  }

  override restore(image: unknown): void {
    const { breaches, reference, used } = image as {
      breaches: unknown;
      reference: readonly [string, number][];
      used?: readonly [string, number][];
    };
    super.restore(breaches);
    for (const [account, balance] of reference) this.#reference.set(account, balance);
    for (const [account, share] of used ?? []) this.#used.set(account, share);
  }

  override snapshot(): unknown {
    const breaches = super.snapshot();
    if (this.#reference.size === 0) return breaches;
    return { ...(breaches as object | undefined), reference: [...this.#reference] };
  }

  get #from(): "day" | "peak" | "start" {
    return this.rule.from;
  }

  #referenceOf({ account, start, current }: Balance): number {
    if (this.#from === "day") return start;
    const known = this.#reference.get(account);
    const reference = known === undefined ? Math.max(start, this.#from === "peak" ? current : start) : known;
    const next = this.#from === "peak" ? Math.max(reference, start, current) : reference;
    if (next !== known) this.#reference.set(account, next);
    return next;
  }
}
