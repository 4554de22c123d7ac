import { parseDuration } from "../../core/duration.js";
import { hashText, Known, Newcomers } from "../../detect/index.js";
import type { RuleOf } from "../../policy/index.js";
import { SlidingSum } from "../sliding-sum.js";
import type { SumImage } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import { AlarmCounter, AlarmGuard } from "./alarm.js";
import type { AlarmImage } from "./alarm.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost } from "./guard.js";
import { keyText, spanText, waitText } from "./words.js";

/** Names that one counter remembers exactly; beyond them the oldest count as new again. */
const MAX_KNOWN = 65_536;

type Of = RuleOf<"newcomers">["of"];

/** `newcomers` with a limit: an action that would bring one never-seen name too many is refused. */
export class NewcomersGuard extends Guard<RuleOf<"newcomers">> {
  override readonly observes = true;
  readonly windowMs: number;

  constructor(rule: RuleOf<"newcomers">, host: GuardHost) {
    super(rule, host);
    this.windowMs = parseDuration(rule.window!)!;
  }

  override newCounter(key: CounterKey): Counter {
    return new NewcomerCount(this, key);
  }
}

/** `newcomers` without one: more never-seen names, denied ones above all, than this caller usually brings. */
export class EnumerationGuard extends AlarmGuard<RuleOf<"newcomers">> {
  override readonly observes = true;

  override newCounter(key: CounterKey): AlarmCounter {
    return new Enumeration(this, key);
  }
}

/** The name that may be new, as a number; -1 where the action has none. */
function nameIn(ticket: Ticket, of: Of): number {
  if (of === "source") return ticket.lane.sourceName;
  if (of === "series") return ticket.lane.seriesName;
  const value = ticket.tag(of.slice("tag:".length));
  return value === undefined ? -1 : hashText(value);
}

class NewcomerCount extends Counter {
  declare guard: NewcomersGuard;
  readonly #known = new Known(MAX_KNOWN);
  readonly #arrivals: SlidingSum;
  /** -Infinity: it blocks nothing beyond what the window says. */
  #until = -Infinity;

  constructor(guard: NewcomersGuard, key: CounterKey) {
    super(guard, key);
    this.#arrivals = new SlidingSum(guard.windowMs);
  }

  override ask(ticket: Ticket, mono: number): boolean {
    const name = nameIn(ticket, this.guard.rule.of);
    if (name < 0 || this.#known.has(name)) return true;
    return mono >= this.#until && this.#arrivals.total(mono) < this.guard.rule.limit!;
  }

  override observe(ticket: Ticket, mono: number): void {
    const { guard } = this;
    const { refusal, wouldBlock } = ticket;
    // What this rule has refused has not arrived.
    if (refusal?.rule === guard.id || wouldBlock?.rule === guard.id) {
      if (guard.forMs !== undefined && guard.rule.then !== "halt" && mono >= this.#until)
        this.#until = mono + guard.forMs;
      return;
    }
    // Nor has one too many that another rule refused first: it must not pass as known the next time.
    if ((refusal !== null || wouldBlock !== null) && !this.ask(ticket, mono)) return;
    const name = nameIn(ticket, guard.rule.of);
    if (name >= 0 && this.#known.add(name)) this.#arrivals.add(mono, 1);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const { id, of, limit, window } = this.guard.rule;
    const wait = Math.max(this.#arrivals.msUntil(mono, limit! - 1), this.#until - mono);
    const retryAfterMs = Math.max(1, Math.ceil(wait));
    return {
      code: "anomaly",
      reason: `rule \`${id}\` allows ${limit!} never-seen ${wordOf(of)} within ${window!}${keyText(this.key)}, and this is one more`,
      advice: waitText(retryAfterMs),
      retryable: true,
      retryAfterMs,
    };
  }

  // What was seen once stays known: the counter is never as new again.
  override isFresh(): boolean {
    return this.#known.size === 0;
  }

  override image(mono: number): unknown {
    if (this.#known.size === 0) return null;
    return {
      known: this.#known.image(),
      arrivals: this.#arrivals.image(mono),
      until: this.#until === -Infinity ? null : this.#until,
    };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { known, arrivals, until } = image as {
      known: unknown;
      arrivals: SumImage | null;
      until: number | null;
    };
    this.#known.restore(known);
    this.#arrivals.restore(arrivals);
    this.#until = until ?? -Infinity;
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh()) return undefined;
    return { known: this.#known.size, newInWindow: this.#arrivals.total(mono) };
  }
}

class Enumeration extends AlarmCounter {
  declare guard: EnumerationGuard;
  readonly #known = new Known(MAX_KNOWN);
  readonly #newcomers = new Newcomers();

  override observe(ticket: Ticket, mono: number): void {
    const { of } = this.guard.rule;
    const name = nameIn(ticket, of);
    if (name < 0 || this.isOwn(ticket)) return;
    const denied = ticket.verdict === "block" || ticket.wouldBlock !== null;
    if (this.#newcomers.add(this.#known.add(name), denied, mono) < this.guard.host.alarmAt) return;
    const { events, since, usualShare } = this.#newcomers;
    this.#newcomers.reset(mono);
    this.raise(
      `${events} actions within ${spanText(mono - since)} tried ${wordOf(of)} one after the other, of which ${Math.round(100 * usualShare)}% are usually new`,
      mono,
    );
  }

  override isFresh(): boolean {
    return this.#known.size === 0;
  }

  override image(): unknown {
    if (this.isFresh()) return null;
    return { known: this.#known.image(), newcomers: this.#newcomers.image(), alarm: this.alarmImage() };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { known, newcomers, alarm } = image as {
      known: unknown;
      newcomers: unknown;
      alarm: AlarmImage | null;
    };
    this.#known.restore(known);
    this.#newcomers.restore(newcomers);
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh()) return undefined;
    return { known: this.#known.size, evidence: this.#newcomers.value, ...this.alarmSnapshot(mono) };
  }
}

/** What is new, in the plural. */
function wordOf(of: Of): string {
  if (of === "source") return "callers";
  if (of === "series") return "actions";
  return `values of \`${of.slice("tag:".length)}\``;
}
