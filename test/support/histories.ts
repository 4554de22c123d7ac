import fc from "fast-check";
import type { Outcome, RuleInput } from "../../src/index.js";

/** One step of a random history, to be driven through the public API. */
export type Step =
  | {
      readonly do: "gate";
      readonly source: string;
      readonly series: string;
      readonly usd: number | undefined;
      readonly recipient: string | undefined;
    }
  | {
      readonly do: "settle";
      readonly pick: number;
      readonly ok: boolean;
      readonly usd: number | undefined;
      readonly more: Pick<Outcome, "progress" | "result" | "slippageCents"> | undefined;
    }
  | {
      readonly do: "realize";
      readonly source: string;
      readonly series: string;
      readonly pnl: number;
      readonly predictedEdge: number | undefined;
      readonly capitalPct: number | undefined;
    }
  | { readonly do: "advance"; readonly ms: number }
  | {
      readonly do: "halt";
      readonly source: string | undefined;
      readonly series: string | undefined;
      readonly recipient: string | undefined;
    }
  | { readonly do: "resume"; readonly pick: number }
  | { readonly do: "signal"; readonly name: string; readonly value: number }
  | { readonly do: "balance"; readonly current: number }
  | {
      readonly do: "override";
      readonly source: string;
      readonly series: string;
      readonly status: "green" | "red" | "black";
    }
  | { readonly do: "approve"; readonly pick: number; readonly yes: boolean };

export const SOURCES = ["planner", "planner/researcher", "planner/researcher/reader", "trader", "__proto__"];
export const SERIES = ["search", "send_email", "delete_row", "constructor"];
const RECIPIENTS = ["a@x.org", "b@x.org", "c@y.org"];

/** Whole cents, so that an oracle can add them up exactly. */
const cents = fc.integer({ min: 0, max: 300 }).map((n) => n / 100);

export const gateStep = fc.record({
  do: fc.constant("gate" as const),
  source: fc.constantFrom(...SOURCES),
  series: fc.constantFrom(...SERIES),
  usd: fc.option(cents, { nil: undefined, freq: 8 }),
  recipient: fc.option(fc.constantFrom(...RECIPIENTS), { nil: undefined }),
});

export const settleStep = fc.record({
  do: fc.constant("settle" as const),
  pick: fc.nat(),
  ok: fc.boolean(),
  /** A share of the reservation, so that actual costs stay within it; undefined: not reported. */
  usd: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  more: fc.option(
    fc.constantFrom(
      { progress: true },
      { progress: false },
      { result: "took 17 ms" },
      { result: { rows: ["a"] } },
      { slippageCents: 4.5 },
    ),
    { nil: undefined },
  ),
});

export const advanceStep = fc.record({
  do: fc.constant("advance" as const),
  ms: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    fc.constantFrom(999, 1_000, 1_001, 60_000, 3_600_000, 86_400_000),
  ),
});

const rareStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("halt" as const),
    source: fc.option(fc.constantFrom(...SOURCES, "plan*", "planner/**"), { nil: undefined }),
    series: fc.option(fc.constantFrom(...SERIES, "*"), { nil: undefined }),
    recipient: fc.option(fc.constantFrom("a@x.org", "*@x.org"), { nil: undefined }),
  }),
  fc.record({ do: fc.constant("resume" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("resume" as const), pick: fc.nat() }),
  fc.record({
    do: fc.constant("signal" as const),
    name: fc.constantFrom("feed", "latency"),
    value: fc.double({ noNaN: true, min: -10, max: 10 }),
  }),
  fc.record({
    do: fc.constant("realize" as const),
    source: fc.constantFrom(...SOURCES),
    series: fc.constantFrom(...SERIES),
    pnl: fc.double({ noNaN: true, min: -10, max: 5 }),
    predictedEdge: fc.option(fc.double({ noNaN: true, min: 0, max: 5 }), { nil: undefined }),
    capitalPct: fc.option(fc.double({ noNaN: true, min: -0.2, max: 0.1 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constant("balance" as const), current: fc.integer({ min: 80, max: 120 }) }),
  fc.record({
    do: fc.constant("override" as const),
    source: fc.constantFrom(...SOURCES),
    series: fc.constantFrom(...SERIES),
    status: fc.constantFrom("green" as const, "red" as const, "black" as const),
  }),
  fc.record({ do: fc.constant("approve" as const), pick: fc.nat(), yes: fc.boolean() }),
);

/** Mostly actions and their outcomes, with time passing between them. */
export const history = (options: { rare: boolean; maxLength?: number }): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 10, arbitrary: gateStep },
      { weight: 6, arbitrary: settleStep },
      { weight: 4, arbitrary: advanceStep },
      { weight: options.rare ? 3 : 0, arbitrary: rareStep },
    ),
    { maxLength: options.maxLength ?? 120 },
  );

const window = fc.constantFrom("1s", "2500ms", "1m", "1h", "1d");
const per = fc.option(
  fc.constantFrom(
    "source" as const,
    "series" as const,
    "tag:recipient" as const,
    ["source", "series"] as const,
    ["source", "tag:recipient"] as const,
  ),
  { nil: undefined },
);
const match = fc.option(
  fc.constantFrom(
    { source: "planner" },
    { source: "plan*" },
    { series: ["send_*", "delete_*"] },
    { except: { series: "search" } },
    { source: "planner/**", except: [{ series: "constructor" }] },
    { costOver: { usd: 1 } },
    { tags: { recipient: "*@x.org" } },
    { schedule: { days: ["weekdays" as const], from: "09:30", to: "16:00", timeZone: "America/New_York" } },
  ),
  { nil: undefined },
);
const then = fc.constantFrom<"block" | "halt" | "approve" | "alert">(
  "block",
  "block",
  "block",
  "halt",
  "approve",
  "alert",
);
const mode = fc.option(fc.constantFrom("enforce" as const, "shadow" as const), { nil: undefined, freq: 3 });

type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>;

function kindOf(
  kind: string,
  fields: Fields,
  options: { per?: boolean; then?: fc.Arbitrary<unknown> } = {},
): fc.Arbitrary<RuleInput> {
  const record = fc.record({
    kind: fc.constant(kind),
    ...fields,
    match,
    ...(options.per !== false && { per }),
    then: options.then ?? then,
    mode,
  });
  return record.map(
    (rule) =>
      Object.fromEntries(
        Object.entries(rule).filter(([, value]) => value !== undefined),
      ) as unknown as RuleInput,
  );
}

/** Any rule of every kind, and of each of its forms. */
export const anyRule: fc.Arbitrary<RuleInput> = fc.oneof(
  kindOf("rate", { limit: fc.integer({ min: 1, max: 8 }), window }),
  kindOf("rate", { limit: fc.integer({ min: 1, max: 8 }), window, burst: fc.integer({ min: 1, max: 12 }) }),
  kindOf("budget", {
    measure: fc.constant("usd"),
    limit: fc.integer({ min: 0, max: 1000 }).map((n) => n / 100),
    window: fc.oneof(
      window,
      fc.constantFrom("forever", { calendar: "day", timeZone: "Europe/Berlin" }, { calendar: "hour" }),
    ),
    assume: fc.option(cents, { nil: undefined }),
  }),
  kindOf("budget", { measure: fc.constant("calls"), limit: fc.integer({ min: 1, max: 20 }), window }),
  kindOf("concurrency", { limit: fc.integer({ min: 1, max: 4 }) }),
  kindOf("access", { effect: fc.constantFrom("allow", "deny") }, { then: fc.constantFrom("block", "alert") }),
  kindOf("access", { effect: fc.constant("approve") }, { then: fc.constant(undefined) }),
  kindOf("size", { measure: fc.constant("usd"), limit: cents }),
  kindOf("timeout", { limit: window }, { then: fc.constantFrom("block", "alert", "halt") }),
  kindOf(
    "loss",
    { limitPct: fc.integer({ min: 1, max: 20 }), from: fc.constantFrom("day", "peak", "start") },
    { per: false },
  ),
  kindOf("floor", { limit: fc.integer({ min: 80, max: 110 }) }, { per: false }),
  kindOf("errors", { consecutive: fc.integer({ min: 1, max: 4 }), probes: fc.integer({ min: 1, max: 3 }) }),
  kindOf("errors", {
    ratePct: fc.integer({ min: 20, max: 100 }),
    window,
    minCalls: fc.integer({ min: 1, max: 6 }),
  }),
  kindOf("errors", { budgetPct: fc.integer({ min: 1, max: 10 }) }),
  kindOf("errors", {}),
  kindOf("stale", { signal: fc.constantFrom("feed", "latency"), maxAge: window }, { per: false }),
  kindOf("stale", { signal: fc.constantFrom("feed", "latency") }, { per: false }),
  kindOf("denials", {
    ratePct: fc.integer({ min: 10, max: 90 }),
    window,
    minCalls: fc.integer({ min: 1, max: 6 }),
  }),
  kindOf("denials", {}),
  kindOf("newcomers", {
    of: fc.constantFrom("source", "series", "tag:recipient"),
    limit: fc.integer({ min: 1, max: 3 }),
    window,
  }),
  kindOf("newcomers", { of: fc.constantFrom("source", "series", "tag:recipient") }),
  kindOf("runaway", { multiple: fc.constantFrom(1.5, 5) }),
  kindOf("loop", { repeats: fc.integer({ min: 2, max: 4 }), maxPeriod: fc.integer({ min: 1, max: 6 }) }),
  kindOf("loop", {
    measure: fc.constant("usd"),
    limit: fc.integer({ min: 1, max: 300 }).map((n) => n / 100),
  }),
  kindOf("loop", {}),
  scoreRule(),
);

/** Settings under which short histories go through every status. */
function scoreRule(): fc.Arbitrary<RuleInput> {
  return fc.record({
    kind: fc.constant("score" as const),
    settings: fc.record({
      minSamplesForKill: fc.integer({ min: 1, max: 5 }),
      execMinAttempts: fc.integer({ min: 1, max: 5 }),
      execRedFill: fc.constantFrom(0.4, 0.6),
      execBlackFill: fc.constantFrom(0.3, 0.4),
      execYellowFill: fc.constantFrom(0.6, 0.8),
      redCooldownHours: fc.constantFrom(0, 0.001),
      debounceSeconds: fc.constantFrom(0, 5),
    }),
    then: fc.constantFrom("block" as const, "alert" as const),
  });
}

export const anyPolicy: fc.Arbitrary<RuleInput[]> = fc.array(anyRule, { minLength: 1, maxLength: 8 });
