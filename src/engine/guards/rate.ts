import { parseDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import { SlidingSum } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";
import { keyText, waitText } from "./words.js";

/** `rate`: at most `limit` actions in any window, or a token bucket (GCRA, ITU-T I.371) when a burst is named. */
export class RateGuard extends Guard<RuleOf<"rate">> {
  override readonly commits = true;
  readonly windowMs: number;

  constructor(rule: RuleOf<"rate">, host: GuardHost) {
    super(rule, host);
    this.windowMs = parseDuration(rule.window)!;
  }

  override newCounter(key: CounterKey): Counter {
    return this.rule.burst === undefined ? new WindowRate(this, key) : new BucketRate(this, key);
  }

  complaint(key: CounterKey, waitMs: number): Complaint {
    const { id, limit, window, burst } = this.rule;
    const bursts = burst === undefined ? "" : ` with bursts of ${burst}`;
    const retryAfterMs = Math.max(1, Math.ceil(waitMs));
    return {
      code: "rate_limited",
      message: `rule \`${id}\` allows ${limit} per ${window}${bursts}${keyText(key)} and that is used up; ${waitText(retryAfterMs)}`,
      retryable: true,
      retryAfterMs,
    };
  }
}

class WindowRate extends Counter {
  declare guard: RateGuard;
  readonly #taken: SlidingSum;

  constructor(guard: RateGuard, key: CounterKey) {
    super(guard, key);
    this.#taken = new SlidingSum(guard.windowMs);
  }

  override ask(_ticket: Ticket, mono: number): boolean {
    return this.#taken.total(mono) < this.guard.rule.limit;
  }

  override commit(_ticket: Ticket, mono: number): void {
    this.#taken.add(mono, 1);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    return this.guard.complaint(this.key, this.#taken.msUntil(mono, this.guard.rule.limit - 1));
  }

  override isFresh(mono: number): boolean {
    return this.#taken.total(mono) === 0;
  }

  override snapshot(mono: number): unknown {
    return this.isFresh(mono) ? undefined : { taken: this.#taken.snapshot(mono) };
  }
}

/**
 * Token bucket in whole numbers: one token is `windowMs` units, a millisecond refills `limit` units, so that no
 * fraction of a token is ever rounded away while the clock counts whole milliseconds.
 */
class BucketRate extends Counter {
  declare guard: RateGuard;
  /** Units missing from a full bucket: a larger burst then adds room, and keeps what was taken. */
  #missing = 0;
  #asOf = -Infinity;

  override ask(_ticket: Ticket, mono: number): boolean {
    return this.#missingAt(mono) + this.guard.windowMs <= this.guard.rule.burst! * this.guard.windowMs;
  }

  override commit(_ticket: Ticket, mono: number): void {
    this.#missing = this.#missingAt(mono) + this.guard.windowMs;
    this.#asOf = mono;
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const { rule, windowMs } = this.guard;
    const excess = this.#missingAt(mono) + windowMs - rule.burst! * windowMs;
    return this.guard.complaint(this.key, excess / rule.limit);
  }

  override isFresh(mono: number): boolean {
    return this.#missingAt(mono) === 0;
  }

  override snapshot(mono: number): unknown {
    return this.isFresh(mono) ? undefined : { missing: this.#missingAt(mono) };
  }

  #missingAt(mono: number): number {
    const missing = this.#missing - (mono - this.#asOf) * this.guard.rule.limit;
    return missing > 0 ? missing : 0;
  }
}
