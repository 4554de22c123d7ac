import type { RuleInput } from "../../src/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";

/** What an agent wants to do, in the simulation's own words; money in cents. */
export interface Deed {
  readonly source: string;
  readonly series: string;
  /** The most it may cost; undefined: the agent does not say. */
  readonly cents: number | undefined;
  readonly tokens: number | undefined;
  readonly recipient: string | undefined;
  /** Part of its arguments: an approval is for one exact action. */
  readonly order: number;
}

/** How what was taken leaves a counter. */
export type Span =
  | { readonly kind: "rolling"; readonly ms: number }
  | { readonly kind: "calendar"; readonly periodMs: number; readonly offsetMs: number }
  | { readonly kind: "forever" };

/** What an outsider holds a rule to. */
export interface Pledge {
  readonly id: string;
  /** The same for rules that go on counting for each other when a policy changes. */
  readonly identity: string;
  readonly counts: "cents" | "tokens" | "calls" | "admissions" | "inFlight" | "bucket";
  readonly limit: number;
  readonly burst: number;
  readonly span: Span;
  readonly assume: number | undefined;
  /** Names of the counters that a deed is charged to; empty where the rule does not apply. */
  keysOf(deed: Deed): readonly string[];
}

/** A rule, and what it promises where that can be told from outside. */
export interface SimRule {
  readonly input: RuleInput;
  readonly pledge: Pledge | null;
  /** Actions that nobody may do without a human's yes. */
  readonly asksHumanFor: ((deed: Deed) => boolean) | null;
}

export const SOURCES = ["planner", "planner/researcher", "planner/researcher/reader", "trader"] as const;
export const SERIES = ["search", "send_email", "delete_row", "refund"] as const;
export const RECIPIENTS = ["a@x.org", "b@x.org", "c@y.org"] as const;
/** Nothing limits what it does: by it one sees whether the governor works at all. */
export const FREE = "free";

/** A part of a policy's `match` with what it means. */
interface Cover {
  readonly match: RuleInput["match"];
  /** `source` may be an ancestor of the deed's own. */
  readonly covers: (deed: Deed, source: string) => boolean;
}

const within = (source: string, of: string): boolean => source === of || source.startsWith(`${of}/`);

const COVERS: readonly Cover[] = [
  { match: { except: { source: FREE } }, covers: () => true },
  { match: { source: "planner" }, covers: (_deed, source) => within(source, "planner") },
  { match: { source: "p*" }, covers: (_deed, source) => source === "planner" },
  { match: { source: "planner/**" }, covers: (_deed, source) => source.startsWith("planner/") },
  { match: { source: "*", except: { source: FREE } }, covers: (_deed, source) => !source.includes("/") },
  {
    match: { series: ["send_*", "delete_*"], except: { source: FREE } },
    covers: ({ series }) => /^(send|delete)_/.test(series),
  },
  {
    match: { except: [{ series: "search" }, { source: FREE }] },
    covers: ({ series }) => series !== "search",
  },
  {
    match: { tags: { recipient: "*@x.org" }, except: { source: FREE } },
    covers: ({ recipient }) => recipient?.endsWith("@x.org") === true,
  },
  {
    match: { costOver: { usd: 1 }, except: { source: FREE } },
    // What cannot be told goes against the action.
    covers: ({ cents }) => cents === undefined || cents > 100,
  },
];

const PER = [
  [],
  [],
  ["source"],
  ["series"],
  ["tag:recipient"],
  ["source", "series"],
  ["source", "tag:recipient"],
] as const;
const SHORT = [
  ["1s", 1_000],
  ["10s", 10_000],
  ["1m", 60_000],
] as const;
const LONG = [
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
] as const;
const HOUR_MS = 3_600_000;
const CALENDARS = [
  ["hour", "UTC", HOUR_MS, 0],
  ["day", "UTC", 24 * HOUR_MS, 0],
  // No other zone with a whole and constant offset is as far from UTC's midnight.
  ["day", "Asia/Kolkata", 24 * HOUR_MS, 5.5 * HOUR_MS],
] as const;

/** Makes a policy that a run begins with, or goes over to. */
export function randomRules(random: SeededRandom): SimRule[] {
  const rules: SimRule[] = [];
  const seen = new Set<string>();
  const count = 1 + random.below(6);
  for (let i = 0; i < count; i++) {
    const rule = randomRule(random, `r${i}`);
    const identity = rule.pledge?.identity ?? `${rule.input.kind} ${i}`;
    // Of two rules that count the same one would have its counters named by its id.
    if (seen.has(identity)) continue;
    seen.add(identity);
    rules.push(rule);
  }
  return rules;
}

/** The same rules with other limits, as an operator would have them after a while. */
export function withOtherLimits(rules: readonly SimRule[], random: SeededRandom): SimRule[] {
  return rules.map((rule) => {
    const { pledge, input } = rule;
    if (pledge === null || !("limit" in input) || typeof input.limit !== "number") return rule;
    const factor = random.pick([0.5, 2, 3]);
    const limit = Math.max(1, Math.round(pledge.limit * factor));
    const inUnits = pledge.counts === "cents" ? limit / 100 : limit;
    return {
      ...rule,
      input: { ...input, limit: inUnits } as RuleInput,
      pledge: { ...pledge, limit },
    };
  });
}

function randomRule(random: SeededRandom, id: string): SimRule {
  const kind = random.below(100);
  if (kind < 40) return budget(random, id);
  if (kind < 55) return rate(random, id);
  if (kind < 62) return bucket(random, id);
  if (kind < 69) return concurrency(random, id);
  if (kind < 77) return approval(id);
  return other(random, id);
}

function budget(random: SeededRandom, id: string): SimRule {
  const counts = random.pick(["cents", "cents", "cents", "tokens", "calls"] as const);
  const measure = counts === "cents" ? "usd" : counts;
  const [window, span] = randomSpan(random);
  const limit =
    counts === "cents"
      ? 50 + random.below(2000)
      : counts === "tokens"
        ? 100 + random.below(9000)
        : 2 + random.below(30);
  const assume = counts === "cents" && random.chance(0.5) ? random.below(120) : undefined;
  const rule = {
    kind: "budget",
    measure,
    limit: counts === "cents" ? limit / 100 : limit,
    window,
    ...(assume !== undefined && { assume: assume / 100 }),
  };
  return metered(random, id, rule, { counts, limit, span, assume });
}

function rate(random: SeededRandom, id: string): SimRule {
  const [window, ms] = random.pick([...SHORT, ...LONG]);
  const limit = 1 + random.below(ms > 60_000 ? 25 : 8);
  const rule = { kind: "rate", limit, window };
  return metered(random, id, rule, { counts: "admissions", limit, span: { kind: "rolling", ms } });
}

function bucket(random: SeededRandom, id: string): SimRule {
  const [window, ms] = random.pick(SHORT);
  const [limit, burst] = [1 + random.below(8), 1 + random.below(10)];
  const rule = { kind: "rate", limit, window, burst };
  return metered(random, id, rule, { counts: "bucket", limit, burst, span: { kind: "rolling", ms } });
}

function concurrency(random: SeededRandom, id: string): SimRule {
  const limit = 1 + random.below(5);
  return metered(
    random,
    id,
    { kind: "concurrency", limit },
    { counts: "inFlight", limit, span: { kind: "forever" } },
  );
}

function approval(id: string): SimRule {
  const input = {
    id,
    kind: "access",
    effect: "approve",
    match: { series: "refund", except: { source: FREE } },
  };
  return {
    input: input as RuleInput,
    pledge: null,
    asksHumanFor: ({ series, source }) => series === "refund" && source !== FREE,
  };
}

/** Rules of which the ledger outside asks nothing but that they fit in with the rest. */
function other(random: SeededRandom, id: string): SimRule {
  const { match } = random.pick(COVERS);
  const then = random.pick(["block", "block", "halt"] as const);
  const input = random.pick([
    { id, kind: "errors", consecutive: 2 + random.below(4), match, then, for: random.pick(["5s", "2m"]) },
    { id, kind: "errors", ratePct: 50, window: "1m", minCalls: 4, match, probes: 1 + random.below(3) },
    { id, kind: "timeout", limit: random.pick(["100ms", "2s"]), match },
    { id, kind: "floor", limit: 90, match },
    { id, kind: "loss", limitPct: 15, from: random.pick(["peak", "start"]), match, then },
    { id, kind: "size", measure: "usd", limit: 1, match },
    { id, kind: "access", effect: "deny", match: { series: "delete_row", source: "trader" } },
    { id, kind: "budget", measure: "usd", limit: 3, window: "1h", match, then: "approve" },
    { id, kind: "budget", measure: "usd", limit: 2, window: "1h", match, mode: "shadow" },
    { id, kind: "rate", limit: 2, window: "1s", match, then: "alert" },
    { id, kind: "denials", ratePct: 50, window: "1m", minCalls: 4, match, then },
    { id, kind: "denials", match, then, per: ["source"] },
    { id, kind: "newcomers", of: "series", limit: 2, window: "1h", match, then },
    { id, kind: "runaway", multiple: 3, match, per: ["source"], for: "5s" },
    { id, kind: "loop", repeats: 3, maxPeriod: 2, match, per: ["source"] },
    { id, kind: "loop", match, then: "alert" },
    { id, kind: "errors", match, per: ["series"], for: "5s" },
    { id, kind: "score", settings: { execMinAttempts: 3, execRedFill: 0.4, redCooldownHours: 0.001 } },
  ]);
  return { input: input as unknown as RuleInput, pledge: null, asksHumanFor: null };
}

function metered(
  random: SeededRandom,
  id: string,
  rule: Readonly<Record<string, unknown>>,
  terms: Pick<Pledge, "counts" | "limit" | "span"> & {
    readonly burst?: number;
    readonly assume?: number | undefined;
  },
): SimRule {
  const { match, covers } = random.pick(COVERS);
  const per = random.pick(PER);
  const then = random.chance(0.1) && rule["kind"] !== "concurrency" ? "halt" : "block";
  const input = { id, ...rule, match, ...(per.length > 0 && { per: [...per] }), then };
  const { limit: _limit, burst: _burst, ...counted } = { ...rule } as Record<string, unknown>;
  const pledge: Pledge = {
    id,
    identity: JSON.stringify([counted, terms.counts, match, per]),
    burst: 0,
    assume: undefined,
    ...terms,
    keysOf: (deed) => {
      if (deed.source === FREE) return [];
      const sources = per.includes("source" as never) ? lineage(deed.source) : [deed.source];
      const rest = per.map((part) =>
        part === "series" ? deed.series : part === "tag:recipient" ? (deed.recipient ?? "") : "",
      );
      return sources
        .filter((source) => covers(deed, source))
        .map((source) => [per.includes("source" as never) ? source : "", ...rest].join("\n"));
    },
  };
  return { input: input as unknown as RuleInput, pledge, asksHumanFor: null };
}

function randomSpan(random: SeededRandom): [window: unknown, span: Span] {
  const kind = random.below(10);
  if (kind < 2) return ["forever", { kind: "forever" }];
  if (kind < 4) {
    const [calendar, timeZone, periodMs, offsetMs] = random.pick(CALENDARS);
    return [
      { calendar, timeZone },
      { kind: "calendar", periodMs, offsetMs },
    ];
  }
  const [window, ms] = random.pick<readonly [string, number]>(kind < 6 ? SHORT : LONG);
  return [window, { kind: "rolling", ms }];
}

/** A source and the ones above it. */
export function lineage(source: string): string[] {
  const names = source.split("/");
  return names.map((_name, i) => names.slice(0, i + 1).join("/"));
}
