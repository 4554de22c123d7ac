import type { Act, Domain } from "./contestant.js";

/** What the guards of one run of an agent count together. */
export interface RunLimits {
  readonly steps: number;
  readonly usd: number;
  readonly tokens: number;
  /** The same call, with the same arguments, one after the other. */
  readonly repeats: number;
  /** Calls by tool; a tool that is not in it has no limit of its own. */
  readonly tools: ReadonlyMap<string, number>;
}

export const WINDOWS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Window = keyof typeof WINDOWS;

/** Calls in any window, by tool; `*` stands for all tools together. */
export type Rates = ReadonlyMap<string, Readonly<Record<Window, number>>>;

/** Steady calls a second, and how many at once. */
export interface Bucket {
  readonly rate: number;
  readonly burst: number;
}

/** Limits for a domain, in all units that contestants count in. */
export interface Limits {
  readonly run: RunLimits;
  /** For each agent by itself, and for all of them together. */
  readonly agent: Rates;
  readonly everybody: Rates;
  readonly agentBuckets: ReadonlyMap<string, Bucket>;
  readonly everybodyBuckets: ReadonlyMap<string, Bucket>;
}

/**
 * Limits on tools of which a pack says how often they may be called although honest work of the domain never calls
 * them. The numbers are the pack's.
 */
export const NAMED: Readonly<Record<Domain, readonly NamedLimit[]>> = {
  llm: [
    // Halt any agent that makes more than 5 deletions in a minute
    { tools: /delete|remove/, calls: 5, window: "minute" },
    // All agents together may make at most 5 refunds per hour
    { tools: /refund/, calls: 5, window: "hour" },
    // At most 12 `send*` calls per conversation
    { tools: /^send/, calls: 12, window: "hour" },
  ],
  coding: [
    // Halt any agent that makes more than 6 deletions in a minute
    { tools: /delete|remove/, calls: 6, window: "minute" },
    // Halt any agent that moves more than 10 files in a minute
    { tools: /^move/, calls: 10, window: "minute" },
    // At most 3 deployments per day
    { tools: /^deploy/, calls: 3, window: "day" },
  ],
  ops: [
    { tools: /delete|remove/, calls: 6, window: "minute" },
    { tools: /^move/, calls: 10, window: "minute" },
  ],
  // All agents together may make at most 20 `~send` calls per hour
  mail: [{ tools: /^send/, calls: 20, window: "hour" }],
  // Halt any strategy that makes more than 60 `place_order` calls in an hour
  trading: [{ tools: /^place_order$/, calls: 60, window: "hour" }],
  web: [
    // At most 20 `submit_form` calls per hour per agent
    { tools: /^submit_form$/, calls: 20, window: "hour" },
    // At most 50 downloads per hour per agent
    { tools: /^download/, calls: 50, window: "hour" },
  ],
};

export interface NamedLimit {
  readonly tools: RegExp;
  readonly calls: number;
  readonly window: Window;
}

/** After so many failures in a row, whatever fails rests for so long; `per` says what it is that fails. */
export const BREAKERS: Readonly<Record<Domain, Breaker>> = {
  // Pause a tool for 5 minutes after 5 failures in a row
  llm: { failures: 5, restMs: 5 * 60_000, per: ({ action }) => action.series },
  // Pause a tool for 5 minutes after 10 failures in a row, except tests, `~command`, `~bash` and `~shell`
  coding: { failures: 10, restMs: 5 * 60_000, per: toolButTests },
  ops: { failures: 10, restMs: 5 * 60_000, per: toolButTests },
  // Pause a domain for 1 hour after 3 failures in a row
  mail: { failures: 3, restMs: 3_600_000, per: (act) => tagOf(act, "domain") },
  // Pause a strategy for 15 minutes after 4 failures in a row
  trading: { failures: 4, restMs: 15 * 60_000, per: ({ action }) => action.source },
  // Pause a host for 15 minutes after 5 failures in a row
  web: { failures: 5, restMs: 15 * 60_000, per: (act) => tagOf(act, "host") },
};

export interface Breaker {
  readonly failures: number;
  readonly restMs: number;
  /** What fails; undefined: nothing is counted. */
  readonly per: (act: Act) => string | undefined;
}

function toolButTests({ action }: Act): string | undefined {
  return /test|command|bash|shell/i.test(action.series) ? undefined : action.series;
}

function tagOf({ action }: Act, name: string): string | undefined {
  const value = action.tags?.[name];
  return value === undefined ? undefined : String(value);
}

/**
 * Which run of an agent an act belongs to. A run is one conversation, task or job of one agent, where its acts name one;
 * else all that the agent does. A sub-agent has runs of its own, as it has in both frameworks.
 */
export function runOf({ action }: Act): string {
  const { source, tags = {} } = action;
  const about = tags["conversation"] ?? tags["task"] ?? tags["job"] ?? "";
  return `${source} ${String(about)}`;
}
