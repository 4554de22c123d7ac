import { formatDuration, parseDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import type { Signal } from "../world.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";

/** `stale`: a signal must have arrived within `maxAge`; one that was never seen is stale. */
export class StaleGuard extends Guard<RuleOf<"stale">> {
  readonly signal: Signal;
  readonly maxAgeMs: number;
  readonly #counter: Counter;
  #tripped = false;

  constructor(rule: RuleOf<"stale">, host: GuardHost) {
    super(rule, host);
    this.signal = host.world.signal(rule.signal);
    this.maxAgeMs = parseDuration(rule.maxAge)!;
    this.#counter = new Freshness(this, {});
  }

  override newCounter(_key: CounterKey): Counter {
    return this.#counter;
  }

  isStale(mono: number): boolean {
    return mono - this.signal.mono > this.maxAgeMs;
  }

  /** A feed that dies is told once; one that was never seen only matters to actions. */
  override tick(mono: number): void {
    const stale = this.signal.mono !== -Infinity && this.isStale(mono);
    if (stale && !this.#tripped) this.host.trip(this.#counter, this.evidence(mono));
    this.#tripped = stale;
  }

  override image(): unknown {
    return this.#tripped ? true : null;
  }

  override restore(image: unknown): void {
    this.#tripped = image === true;
  }

  override inherit(from: Guard): void {
    if (from instanceof StaleGuard) this.#tripped = from.#tripped;
  }

  evidence(mono: number): string {
    const { signal, maxAge } = this.rule;
    if (this.signal.mono === -Infinity) return `signal \`${signal}\` has never arrived`;
    const age = formatDuration(Math.floor(mono - this.signal.mono));
    return `signal \`${signal}\` last arrived ${age} ago, at most ${maxAge} is allowed`;
  }
}

class Freshness extends Counter {
  declare guard: StaleGuard;

  override ask(_ticket: unknown, mono: number): boolean {
    return !this.guard.isStale(mono);
  }

  override complain(_ticket: unknown, mono: number): Complaint {
    return {
      code: "signal_stale",
      reason: `rule \`${this.guard.id}\` needs fresh data, and ${this.guard.evidence(mono)}`,
      advice: "do not act on old data, wait until the signal arrives again",
      retryable: true,
    };
  }
}
