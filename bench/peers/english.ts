import { isDeepStrictEqual } from "node:util";
import type { Entry } from "../../test/english/entry.js";
import type { Became } from "../english.js";
import { runPython } from "./install.js";

/** A typed rule of rein-ai: rates are per second, shares are fractions. */
interface TheirRule {
  readonly target: string;
  readonly params: Readonly<Record<string, number | string>>;
}

interface TheirAnswer {
  readonly rules: readonly TheirRule[];
  /** It is in the list `unparsed`. Nothing is thrown, and the rest of the policy goes into force without it. */
  readonly unparsed: boolean;
}

/** What became of each sentence in rein-ai; undefined when it is not installed. */
export function theirVerdicts(entries: readonly Entry[]): Became[] | undefined {
  const printed = runPython(["english"], JSON.stringify(entries.map(({ text }) => text)));
  if (printed === undefined) return undefined;
  const answers = JSON.parse(printed) as TheirAnswer[];
  return entries.map((entry, i) => became(entry, answers[i]!));
}

function became({ text }: Entry, { rules, unparsed }: TheirAnswer): Became {
  if (rules.length === 0) return unparsed ? "refused" : "dropped";
  const right = THEIR_RIGHT.get(text);
  return right !== undefined && !unparsed && isDeepStrictEqual(rules, [right]) ? "right" : "misread";
}

const perCaller = (rate: number, burst?: number): TheirRule => ({
  target: "rate_per_key",
  params: { rate_per_key: rate, ...(burst !== undefined && { burst_per_key: burst }) },
});
const overall = (rate: number): TheirRule => ({ target: "global_rate", params: { global_rate: rate } });
const losses = (share: number): TheirRule => ({
  target: "portfolio_floor_pct",
  params: { portfolio_floor_pct: -share },
});
const floor = (usd: number): TheirRule => ({
  target: "balance_floor_usd",
  params: { balance_floor_usd: usd },
});
const storm = (share: number, seconds: number): TheirRule => ({
  target: "deny_storm",
  params: { deny_storm_rate: share, window_s: seconds },
});
const runaway = (multiple: number): TheirRule => ({
  target: "runaway",
  params: { runaway_multiplier: multiple },
});
const samples = (count: number): TheirRule => ({
  target: "min_samples_for_kill",
  params: { min_samples_for_kill: count },
});
const debounce = (seconds: number): TheirRule => ({
  target: "debounce_seconds",
  params: { debounce_seconds: seconds },
});

/**
 * What its rules must hold to say what the sentence says; every other rule that it makes of a sentence is misread.
 * In its favour: its key is a caller with a tool and counts as a caller, its portfolio counts as trading and as
 * everything, its one kind of loss as any, its halt as a stop, and a misspelt word that it passes over is no mistake.
 */
const THEIR_RIGHT: ReadonlyMap<string, TheirRule> = new Map([
  ["Cap each caller at 8 requests per second with bursts of 16", perCaller(8, 16)],
  ["Limit each agent to 8 requests per second with a burst of 16", perCaller(8, 16)],
  ["Throttle each caller to 8 requests/s with bursts of 16", perCaller(8, 16)],
  ["Rate limit each caller to 8 requests per second, allowing bursts of 16", perCaller(8, 16)],
  ["cap every caller at eight requests a second, with bursts of sixteen", perCaller(8, 16)],
  ["Every agent may make up to 8 calls per second with bursts of up to 16.", perCaller(8, 16)],
  ["Limit each caller to 2 requests per second, burst 10", perCaller(2, 10)],
  ["Throttle every agent to 2 calls/s, with bursts of up to 10", perCaller(2, 10)],
  ["Each caller may make at most 2 requests a second, with a burst of ten", perCaller(2, 10)],
  ["At most 2 requests per second per agent with bursts of 10 calls", perCaller(2, 10)],
  ["Set a global limit of 100 requests per second across the system", overall(100)],
  ["Cap the whole system at 100 requests per second", overall(100)],
  ["Globally, allow no more than 100 requests per second", overall(100)],
  ["The system as a whole may handle 100 requests per second at most", overall(100)],
  ["All agents together may make at most 100 requests per second", overall(100)],
  ["Across all agents, at most 100 calls per second", overall(100)],
  ["Allow at most 100 calls per second across all agents", overall(100)],
  ["Limit everyone combined to 100 requests a second", overall(100)],
  ["Halt the portfolio when losses exceed 5 percent", losses(0.05)],
  ["Halt the portfolio if losses exceed 5%", losses(0.05)],
  ["Halt when the loss is over 5%", losses(0.05)],
  ["Kill everything once losses exceed 5 percent", losses(0.05)],
  ["Halt all agents when losses exceed 5 percent", losses(0.05)],
  ["Halt all trading when losses exceed 5 percent", losses(0.05)],
  ["Stop trading when losses exceed 5 percent", losses(0.05)],
  ["Stop trading when daily losses exceed 5 percent", losses(0.05)],
  ["Stop trading when the drawdown exceeds 10 percent", losses(0.1)],
  ["Stop when the balance falls below $25", floor(25)],
  ["Stop everything when the balance falls below $25", floor(25)],
  ["Stop everything if the balance drops below 25 dollars", floor(25)],
  ["Stop actions when the balance is below $25", floor(25)],
  ["Stop trading when the balance falls below $25", floor(25)],
  ["Halt when the balance falls below $25", floor(25)],
  ["Alert when deny rate exceeds 70 percent over a 60 second window", storm(0.7, 60)],
  ["Alert when the deny rate exceeds 70% over 60 seconds", storm(0.7, 60)],
  ["Detect runaway callers at 5x baseline", runaway(5)],
  ["Alert on runaway callers at 5x their baseline", runaway(5)],
  ["Require 15 samples before killing a strategy", samples(15)],
  ["Require at least 15 samples before killing a strategy", samples(15)],
  ["Debounce status changes for 120 seconds", debounce(120)],
  ["Each caller is capped at 4 requests per second with a burst of 12", perCaller(4, 12)],
  ["Halt everything when the drawdown exceeds 20%", losses(0.2)],
  ["Trading stops when losses exceed 5 percent", losses(0.05)],
  ["Halt if the balance goes below $10", floor(10)],
  ["Require at least 40 samples before a strategy is killed", samples(40)],
  ["Debounce statsu changes for 120 seconds", debounce(120)],
  ["Cap each caller at 8 requests pre second", perCaller(8)],
  ["Cap each caller at 8 requests per secnod", perCaller(8)],
]);
