import { parseDuration, speakDuration } from "../../core/duration.js";
import type { RuleOf } from "../../policy/index.js";
import { mostWithin, openSpans, periodsTouched } from "./openings.js";
import type { Restriction, Span } from "./openings.js";

/** Rules that count what passes. */
export type CountingRule = RuleOf<"rate"> | RuleOf<"budget">;

/** What one counter of a rule lets pass within the horizon, in units of what it counts, at most. */
export interface Allowance {
  readonly amount: number;
  /** "20 per hour in 24 windows". */
  readonly text: string;
  /** Wall times at which it may pay to begin to get it; undefined: it is the same at any time. */
  readonly begins?: readonly number[];
}

/** Works out what counters let pass; remembers what calendars and schedules say, which is slow to ask. */
export class Allowances {
  readonly horizonMs: number;
  readonly startAt: number;
  readonly #spans: Map<string, readonly Span[]>;
  readonly #longestMs: number;
  readonly #periods = new Map<string, ReturnType<typeof periodsTouched>>();

  /** @param longer the same for a longer horizon, whose openings hold for this one */
  constructor(horizonMs: number, startAt: number, longer?: Allowances) {
    this.horizonMs = horizonMs;
    this.startAt = startAt;
    this.#longestMs = longer === undefined ? horizonMs : longer.#longestMs;
    this.#spans = longer === undefined ? new Map<string, readonly Span[]>() : longer.#spans;
  }

  /** @param when the times at which anything passes at all; undefined: any */
  of(rule: CountingRule, when: Restriction | undefined): Allowance {
    const always = this.#always(rule);
    if (when === undefined || isCalendar(rule) || rule.window === "forever") return always;
    const windowMs = parseDuration(rule.window as string)!;
    const { most, begins } = this.#within(rule, windowMs, when);
    if (most >= always.amount) return always;
    return { amount: most, begins, text: `${perWindow(rule)}, while it is allowed at all` };
  }

  /** When a class of actions first passes, of those that pass at times only. */
  openings(when: Restriction): readonly Span[] {
    const key = JSON.stringify(when);
    let spans = this.#spans.get(key);
    if (spans === undefined) {
      spans = openSpans(when, this.startAt, this.#longestMs);
      this.#spans.set(key, spans);
    }
    return spans;
  }

  #always(rule: CountingRule): Allowance {
    const { limit, window } = rule;
    if (window === "forever") return { amount: limit, text: perWindow(rule) };
    if (typeof window !== "string") {
      const key = JSON.stringify(window);
      let touched = this.#periods.get(key);
      if (touched === undefined) {
        touched = periodsTouched(window, this.startAt, this.horizonMs);
        this.#periods.set(key, touched);
      }
      const { most, begins } = touched;
      return { amount: limit * most, begins, text: `${perWindow(rule)}${times(most, "period")}` };
    }
    const windowMs = parseDuration(window)!;
    if (rule.kind === "rate" && rule.burst !== undefined) {
      const refilled = Math.floor(((this.horizonMs - 1) * limit) / windowMs);
      return {
        amount: rule.burst + refilled,
        text: `${perWindow(rule)}: ${rule.burst} and ${refilled} more`,
      };
    }
    const windows = Math.ceil(this.horizonMs / windowMs);
    return { amount: limit * windows, text: `${perWindow(rule)}${times(windows, "window")}` };
  }

  #within(rule: CountingRule, windowMs: number, when: Restriction): ReturnType<typeof mostWithin> {
    const { limit } = rule;
    const spans = this.openings(when);
    if (rule.kind === "rate" && rule.burst !== undefined) {
      const { burst } = rule;
      const fit = (ms: number): number => (ms < 1 ? 0 : burst + Math.floor(((ms - 1) * limit) / windowMs));
      return mostWithin(spans, this.horizonMs, fit, (ms) => burst + fit(ms));
    }
    const fit = (ms: number): number => limit * Math.ceil(Math.max(0, ms) / windowMs);
    const pair = (ms: number): number => limit * (Math.floor(Math.max(0, ms - 2) / windowMs) + 2);
    return mostWithin(spans, this.horizonMs, fit, pair);
  }
}

function isCalendar({ window }: CountingRule): boolean {
  return typeof window !== "string";
}

function perWindow(rule: CountingRule): string {
  const { limit, window } = rule;
  const amount = limit.toLocaleString("en-US", { maximumFractionDigits: 6 });
  if (window === "forever") return `${amount} in total`;
  if (typeof window !== "string") return `${amount} per calendar ${window.calendar}`;
  const burst = rule.kind === "rate" && rule.burst !== undefined ? ` with bursts of ${rule.burst}` : "";
  return `${amount} per ${speakDuration(window)}${burst}`;
}

function times(count: number, noun: string): string {
  return count === 1 ? "" : ` in ${count.toLocaleString("en-US")} ${noun}s`;
}
