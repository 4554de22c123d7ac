import { parseDuration, speakDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import { periodsIn, refilledIn, refillsIn, windowsIn } from "./fills.js";
import type { Fill } from "./fills.js";
import { bothOpen, eitherOpen, openSpans } from "./openings.js";
import type { Restriction, Spans } from "./openings.js";

/** Rules that count what passes. */
export type CountingRule = RuleOf<"rate"> | RuleOf<"budget">;

/** When actions pass: while all of these let them; none: always. */
export type Hours = readonly Restriction[];

/** What one counter of a rule lets pass within the horizon, in units of what it counts, at most. */
export interface Allowance {
  readonly amount: number;
  /** "20 per hour in 24 windows". */
  readonly text: string;
  /** Wall times at which it may pay to begin to get it; undefined: it is the same at any time. */
  readonly begins?: readonly number[];
  /** What it lets pass in a stretch from `begin` on, at most; undefined: it is the same at any time. */
  readonly within?: Fill["within"];
  /** Parts of a millisecond count; see {@link Fill}. */
  readonly isFluid?: true;
}

/** Works out what counters let pass; remembers what calendars and schedules say, which is slow to ask. */
export class Allowances {
  readonly horizonMs: number;
  readonly startAt: number;
  readonly #spans: Map<string, Spans>;
  readonly #longestMs: number;
  readonly #fills = new Map<string, Fill>();

  /** @param longer the same for a longer horizon, whose openings hold for this one */
  constructor(horizonMs: number, startAt: number, longer?: Allowances) {
    this.horizonMs = horizonMs;
    this.startAt = startAt;
    this.#longestMs = longer === undefined ? horizonMs : longer.#longestMs;
    this.#spans = longer === undefined ? new Map<string, Spans>() : longer.#spans;
  }

  /** @param whenever actions that it counts pass during one of these hours only */
  of(rule: CountingRule, whenever: readonly Hours[]): Allowance {
    const { limit, window } = rule;
    const always = this.#always(rule);
    const spans = whenever.some((hours) => hours.length === 0) ? null : this.#either(whenever);
    if (window === "forever") return spans?.length === 0 ? { ...always, amount: 0 } : always;
    if (spans === null && typeof window === "string") return always;
    const key = JSON.stringify([window, rule.kind === "rate" && [rule.burst, limit], whenever]);
    let fill = this.#fills.get(key);
    if (fill === undefined) this.#fills.set(key, (fill = this.#fillOf(rule, spans)));
    const { most, begins, within, isFluid } = fill;
    const unit = isBucket(rule) ? 1 : limit;
    const text =
      typeof window !== "string"
        ? `${perWindow(rule)}${times(most, "period")}`
        : unit * most < always.amount
          ? `${perWindow(rule)}, while it is allowed at all`
          : always.text;
    return {
      ...{ amount: unit * most, text, begins, within: (begin, ms) => unit * within(begin, ms) },
      ...(isFluid && { isFluid }),
    };
  }

  /** When a class of actions passes. */
  openings(hours: Hours): Spans {
    const key = JSON.stringify(hours);
    let spans = this.#spans.get(key);
    if (spans === undefined) {
      const [first, ...more] = hours.map((when) => openSpans(when, this.startAt, this.#longestMs));
      spans = more.reduce(bothOpen, first!);
      this.#spans.set(key, spans);
    }
    return spans;
  }

  #either(whenever: readonly Hours[]): Spans {
    const key = `any ${JSON.stringify(whenever)}`;
    let spans = this.#spans.get(key);
    if (spans === undefined) {
      spans = eitherOpen(whenever.map((hours) => this.openings(hours)));
      this.#spans.set(key, spans);
    }
    return spans;
  }

  #fillOf(rule: CountingRule, spans: Spans | null): Fill {
    const { limit, window } = rule;
    if (typeof window !== "string") return periodsIn(window, spans, this);
    const windowMs = parseDuration(window)!;
    if (!isBucket(rule)) return windowsIn(spans!, windowMs, this);
    return refillsIn(spans!, { limit, windowMs, burst: rule.burst }, this);
  }

  #always(rule: CountingRule): Allowance {
    const { limit, window } = rule;
    if (typeof window !== "string" || window === "forever") return { amount: limit, text: perWindow(rule) };
    const windowMs = parseDuration(window)!;
    if (isBucket(rule)) {
      const { burst } = rule;
      const refilled = refilledIn(this.horizonMs, limit, windowMs);
      return { amount: burst + refilled, text: `${perWindow(rule)}: ${burst} and ${refilled} more` };
    }
    const windows = Math.ceil(this.horizonMs / windowMs);
    return { amount: limit * windows, text: `${perWindow(rule)}${times(windows, "window")}` };
  }
}

function isBucket(rule: CountingRule): rule is RuleOf<"rate"> & { readonly burst: number } {
  return rule.kind === "rate" && rule.burst !== undefined;
}

function perWindow(rule: CountingRule): string {
  const { limit, window } = rule;
  const amount = limit.toLocaleString("en-US", { maximumFractionDigits: 6 });
  if (window === "forever") return `${amount} in total`;
  if (typeof window !== "string") return `${amount} per calendar ${window.calendar}`;
  const burst = isBucket(rule) ? ` with bursts of ${rule.burst}` : "";
  return `${amount} per ${speakDuration(window)}${burst}`;
}

function times(count: number, noun: string): string {
  return count === 1 ? "" : ` in ${count.toLocaleString("en-US")} ${noun}s`;
}
