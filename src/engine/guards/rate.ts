import { parseDuration, speakDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost, Known } from "./guard.js";
import { MeterGuard } from "./meter.js";
import type { Meter, MeterShape } from "./meter.js";
import { keyText, waitText } from "./words.js";

/** `rate` without a burst: at most `limit` actions in any window. */
export class RateGuard extends MeterGuard<RuleOf<"rate">> {
  readonly shape: MeterShape;

  constructor(rule: RuleOf<"rate">, host: GuardHost) {
    super(rule, host);
    this.shape = {
      measure: -1,
      limit: rule.limit,
      assume: -1,
      windowMs: parseDuration(rule.window)!,
      takes: "commit",
    };
  }

  override complain(meter: Meter, _ticket: Ticket, mono: number): Complaint {
    return complaint(this.rule, meter.key, meter.msUntil(1, mono));
  }
}

/** `rate` with a burst: a token bucket (GCRA, ITU-T I.371). */
export class BucketGuard extends Guard<RuleOf<"rate">> {
  override readonly commits = true;
  readonly windowMs: number;
  /** Monotonic time at which every bucket was emptied, those of keys yet unseen included; null: never. */
  #emptiedAt: number | null = null;

  constructor(rule: RuleOf<"rate">, host: GuardHost) {
    super(rule, host);
    this.windowMs = parseDuration(rule.window)!;
  }

  override newCounter(key: CounterKey): Bucket {
    const bucket = new Bucket(this, key);
    if (this.#emptiedAt !== null) bucket.empty(this.#emptiedAt);
    return bucket;
  }

  override recover(mono: number, { clean, nothingIsKnown }: Known): void {
    if (clean && !nothingIsKnown) return;
    this.#emptiedAt = mono;
    for (const bucket of this.table.all()) (bucket as Bucket).empty(mono);
  }

  override image(): unknown {
    return this.#emptiedAt;
  }

  override restore(image: unknown): void {
    this.#emptiedAt = image as number | null;
  }

  override inherit(from: Guard): void {
    if (from instanceof BucketGuard) this.#emptiedAt = from.#emptiedAt;
  }
}

/**
 * Token bucket in whole numbers: one token is `windowMs` units, a millisecond refills `limit` units, so that no
 * fraction of a token is ever rounded away while the clock counts whole milliseconds.
 */
class Bucket extends Counter {
  declare guard: BucketGuard;
  /** Units missing from a full bucket: a larger burst then adds room, and keeps what was taken. */
  #missing = DOUBLE_ZERO;
  #asOf = -Infinity;

  override ask(_ticket: Ticket, mono: number): boolean {
    return this.#missingAt(mono) + this.guard.windowMs <= this.guard.rule.burst! * this.guard.windowMs;
  }

  override commit(_ticket: Ticket, mono: number): void {
    this.#missing = this.#missingAt(mono) + this.guard.windowMs;
    this.#asOf = mono;
  }

  override giveBack(): void {
    this.#missing = Math.max(0, this.#missing - this.guard.windowMs);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const { rule, windowMs } = this.guard;
    const excess = this.#missingAt(mono) + windowMs - rule.burst! * windowMs;
    return complaint(rule, this.key, excess / rule.limit);
  }

  empty(mono: number): void {
    this.#missing = Math.max(this.#missingAt(mono), this.guard.rule.burst! * this.guard.windowMs);
    this.#asOf = mono;
  }

  override isFresh(mono: number): boolean {
    return this.#missingAt(mono) === 0;
  }

  override image(): unknown {
    return this.#asOf === -Infinity ? null : [this.#missing + 0, this.#asOf];
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const [missing, asOf] = image as readonly [number, number];
    this.#missing = missing;
    this.#asOf = asOf;
  }

  override snapshot(mono: number): unknown {
    return this.isFresh(mono) ? undefined : { missing: this.#missingAt(mono) };
  }

  #missingAt(mono: number): number {
    const missing = this.#missing - (mono - this.#asOf) * this.guard.rule.limit;
    return missing > 0 ? missing : DOUBLE_ZERO;
  }
}

function complaint({ id, limit, window, burst }: RuleOf<"rate">, key: CounterKey, waitMs: number): Complaint {
  const bursts = burst === undefined ? "" : ` with bursts of ${burst}`;
  const retryAfterMs = Math.max(1, Math.ceil(waitMs));
  return {
    code: "rate_limited",
    reason: `rule \`${id}\` allows ${limit} per ${speakDuration(window)}${bursts}${keyText(key)} and that is used up`,
    advice: waitText(retryAfterMs),
    retryable: true,
    retryAfterMs,
  };
}
