import { formatDuration, parseDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import type { Signal } from "../world.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";
import { spanText } from "./words.js";

/** How long a signal may be silent before enough of it was seen. */
const UNKNOWN_RHYTHM_MS = 10 * 60_000;

/** A learned rhythm has broken off when such a silence has a chance of less than 1 in 10^8. */
const STALE_PHI = 8;

/**
 * `stale`: a signal must have arrived within `maxAge`, or, without one, as its own rhythm has it. One that was never
 * seen is stale; one of which too little was seen to know its rhythm is not, as long as it goes on.
 */
export class StaleGuard extends Guard<RuleOf<"stale">> {
  readonly signal: Signal;
  /** Undefined: learned. */
  readonly maxAgeMs: number | undefined;
  readonly #counter: Counter;
  #tripped = false;

  constructor(rule: RuleOf<"stale">, host: GuardHost) {
    super(rule, host);
    this.signal = host.world.signal(rule.signal);
    this.maxAgeMs = rule.maxAge === undefined ? undefined : parseDuration(rule.maxAge)!;
    this.#counter = new Freshness(this, {});
  }

  override newCounter(_key: CounterKey): Counter {
    return this.#counter;
  }

  isStale(mono: number): boolean {
    const { rhythm, mono: arrived } = this.signal;
    if (this.maxAgeMs !== undefined) return mono - arrived > this.maxAgeMs;
    if (rhythm === null) return true;
    return rhythm.known ? rhythm.phi(mono) >= STALE_PHI : mono - arrived > UNKNOWN_RHYTHM_MS;
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
    const last = `signal \`${signal}\` last arrived ${age} ago`;
    if (maxAge !== undefined) return `${last}, at most ${maxAge} is allowed`;
    const { rhythm } = this.signal;
    if (rhythm?.known !== true) return `${last}, before its rhythm was known`;
    return `${last}, and usually arrives every ${spanText(rhythm.usualGapMs)}`;
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
