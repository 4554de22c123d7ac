import { parseDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import type { Breaker } from "./breaker.js";
import { BudgetBreaker, ConsecutiveBreaker, RateBreaker, StormBreaker } from "./breakers.js";
import { Guard } from "./guard.js";
import type { CounterKey, GuardHost } from "./guard.js";

/** How long an open breaker waits before it lets a probe through, where the rule does not say. */
export const DEFAULT_COOL_DOWN_MS = 30_000;

/**
 * `errors`: a circuit breaker; what opens it depends on the form of the rule (`breakers.ts`). Closed lets everything
 * pass; open refuses until the cool-down is over; half-open lets `probes` actions through, closes when all of them
 * succeed and opens again at the first that fails.
 */
export class ErrorsGuard extends Guard<RuleOf<"errors">> {
  override readonly commits = true;
  override readonly settles = true;
  override readonly latches = true;
  readonly windowMs: number;
  readonly coolDownMs: number;
  readonly probes: number;

  constructor(rule: RuleOf<"errors">, host: GuardHost) {
    super(rule, host);
    this.windowMs = rule.window === undefined ? 0 : parseDuration(rule.window)!;
    this.coolDownMs = this.forMs ?? DEFAULT_COOL_DOWN_MS;
    this.probes = rule.probes ?? 1;
  }

  override newCounter(key: CounterKey): Breaker {
    const { budgetPct, ratePct, consecutive } = this.rule;
    if (budgetPct !== undefined) return new BudgetBreaker(this, key);
    if (consecutive !== undefined) return new ConsecutiveBreaker(this, key);
    return ratePct === undefined ? new StormBreaker(this, key) : new RateBreaker(this, key);
  }

  /** What became of the probes is not known: a half-open breaker is open again. */
  override recover(mono: number): void {
    for (const breaker of this.table.all()) (breaker as Breaker).reopen(mono);
  }

  override get quiet(): boolean {
    for (const breaker of this.table.all()) if (!(breaker as Breaker).isClosed) return false;
    return true;
  }
}
