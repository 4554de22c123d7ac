import fc from "fast-check";
import type { RuleInput } from "../../src/policy/index.js";

const duration = fc.constantFrom("1s", "90s", "1h30m", "1d", "1w");
const name = fc.constantFrom("a", "b", "usd", "calls", "x y", "a`b", "constructor", "where", "a or b");
const glob = fc.constantFrom("a", "b*", "c/**", "`", "\\*", "a` or `b", "~a b", "\\~a");
const globs = fc.oneof(glob, fc.array(glob, { minLength: 1, maxLength: 3 }));
const count = fc.integer({ min: 2, max: 5 });
const percent = fc.constantFrom(0.5, 5, 50.000001, 33.3333333333, 100);
const amount = fc.constantFrom(0, 1, 2.5, 0.000001, 1_000_000);
const record = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(name, value, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
const some = { requiredKeys: [] as [], noNullPrototype: true };

const schedule = fc
  .record(
    {
      days: fc.subarray(["mon", "tue", "weekends"] as const, { minLength: 1 }),
      from: fc.constantFrom("09:00", "22:00"),
      to: fc.constantFrom("06:00", "24:00"),
      timeZone: fc.constantFrom("UTC", "Europe/Berlin"),
    },
    some,
  )
  .filter((value) => Object.keys(value).some((key) => key !== "timeZone"));

const condition = fc.oneof(
  globs,
  fc
    .record(
      {
        over: fc.constantFrom(0, 1),
        under: fc.constantFrom(2, 3.5),
        equals: fc.constantFrom(null, true, 0, "x", "true"),
        matches: globs,
      },
      some,
    )
    .filter((value) => Object.keys(value).length > 0),
  fc.record({ exists: fc.boolean() }),
);

const clauseFields = {
  source: globs,
  series: globs,
  tags: record(globs),
  mentions: globs,
  costOver: record(fc.constantFrom(0, 1)),
  costUnder: record(fc.constantFrom(2, 3)),
  args: record(condition),
  regime: fc.subarray(["normal", "stressed", "shock"] as const, { minLength: 1 }),
  schedule,
};
const clause = fc.record(clauseFields, some).filter((value) => Object.keys(value).length > 0);
const match = fc
  .record(
    { ...clauseFields, except: fc.oneof(clause, fc.array(clause, { minLength: 1, maxLength: 2 })) },
    some,
  )
  .filter((value) => Object.keys(value).length > 0);

const laneClause = fc
  .record({ source: globs, series: globs }, some)
  .filter((value) => Object.keys(value).length > 0);
const laneMatch = fc
  .record({ source: globs, series: globs, except: laneClause }, some)
  .filter((value) => Object.keys(value).length > 0);

const key = fc.constantFrom("source", "series", "tag:a", "tag:b`", "tag:source");
const unkeyed = { match, mode: fc.constantFrom("enforce", "shadow") };
const common = {
  ...unkeyed,
  per: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
};

const kinds: readonly fc.Arbitrary<object>[] = [
  fc.record(
    { kind: fc.constant("rate"), limit: count, window: duration, burst: count, ...common },
    { requiredKeys: ["kind", "limit", "window"] },
  ),
  fc.record(
    {
      kind: fc.constant("budget"),
      measure: fc.constantFrom("usd", "tokens", "a`b"),
      limit: amount,
      window: fc.oneof(
        duration,
        fc.constant("forever"),
        fc.record({
          calendar: fc.constantFrom("day", "week"),
          timeZone: fc.constantFrom("UTC", "Asia/Tokyo"),
        }),
      ),
      assume: amount,
      ...common,
    },
    { requiredKeys: ["kind", "measure", "limit", "window"] },
  ),
  fc.record(
    { kind: fc.constant("concurrency"), limit: count, ...common },
    { requiredKeys: ["kind", "limit"] },
  ),
  fc.record(
    { kind: fc.constant("access"), effect: fc.constantFrom("allow", "deny"), ...common },
    { requiredKeys: ["kind", "effect"] },
  ),
  fc.record(
    { kind: fc.constant("size"), measure: name, limit: amount, ...common },
    { requiredKeys: ["kind", "measure", "limit"] },
  ),
  fc.record(
    { kind: fc.constant("timeout"), limit: duration, ...common },
    { requiredKeys: ["kind", "limit"] },
  ),
  fc.record(
    {
      kind: fc.constant("loss"),
      limitPct: percent,
      from: fc.constantFrom("day", "peak", "start"),
      account: name,
      ...unkeyed,
    },
    { requiredKeys: ["kind", "limitPct"] },
  ),
  fc.record(
    { kind: fc.constant("loss"), limit: fc.constantFrom(5, 100), ...unkeyed },
    { requiredKeys: ["kind", "limit"] },
  ),
  fc.record(
    { kind: fc.constant("floor"), limit: fc.constantFrom(-5, 0, 25), account: name, ...unkeyed },
    { requiredKeys: ["kind", "limit"] },
  ),
  fc.record(
    { kind: fc.constant("errors"), consecutive: count, probes: count, ...common },
    { requiredKeys: ["kind", "consecutive"] },
  ),
  fc.record(
    { kind: fc.constant("errors"), ratePct: percent, window: duration, minCalls: count, ...common },
    { requiredKeys: ["kind", "ratePct", "window"] },
  ),
  fc.record(
    { kind: fc.constant("errors"), budgetPct: fc.constantFrom(0.1, 1, 16), probes: count, ...common },
    { requiredKeys: ["kind", "budgetPct"] },
  ),
  fc.record({ kind: fc.constant("errors"), probes: count, ...common }, { requiredKeys: ["kind"] }),
  fc.record(
    { kind: fc.constant("stale"), signal: name, maxAge: duration, ...unkeyed },
    { requiredKeys: ["kind", "signal"] },
  ),
  fc.record(
    {
      kind: fc.constant("denials"),
      ratePct: fc.constantFrom(0.5, 33.3333333333, 70),
      window: duration,
      minCalls: count,
      ...common,
    },
    { requiredKeys: ["kind", "ratePct", "window"] },
  ),
  fc.record({ kind: fc.constant("denials"), ...common }, { requiredKeys: ["kind"] }),
  fc.record(
    { kind: fc.constant("newcomers"), of: key, limit: count, window: duration, ...common },
    { requiredKeys: ["kind", "of", "limit", "window"] },
  ),
  fc.record({ kind: fc.constant("newcomers"), of: key, ...common }, { requiredKeys: ["kind", "of"] }),
  fc.record(
    { kind: fc.constant("runaway"), multiple: fc.constantFrom(1.5, 5), ...common },
    { requiredKeys: ["kind"] },
  ),
  fc.record(
    { kind: fc.constant("loop"), repeats: count, maxPeriod: count, ...common },
    { requiredKeys: ["kind", "repeats"] },
  ),
  fc.record(
    {
      kind: fc.constant("loop"),
      measure: fc.constantFrom("usd", "tokens", "calls", "a`b"),
      limit: count,
      ...common,
    },
    { requiredKeys: ["kind", "measure", "limit"] },
  ),
  fc.record({ kind: fc.constant("loop"), ...common }, { requiredKeys: ["kind"] }),
  fc.record(
    {
      kind: fc.constant("score"),
      settings: fc.record(
        {
          decayHours: fc.constantFrom(0.5, 24),
          minSamplesForKill: count,
          edgeBlackMeanCents: fc.constantFrom(-2, 0.25),
          capitalRedPct: fc.constantFrom(-0.05, -1),
        },
        { requiredKeys: ["decayHours"], noNullPrototype: true },
      ),
      match: laneMatch,
      mode: unkeyed.mode,
    },
    { requiredKeys: ["kind", "settings"] },
  ),
];

const LASTING = ["errors", "denials", "newcomers", "runaway", "loop"];

const outcome = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { then: "block", for: "5m" },
  { then: "halt" },
  { then: "halt", for: "5m" },
  { then: "halt", for: "1h" },
  { then: "alert" },
);
/** Any rule that the schema accepts. */
export const arbitraryRule: fc.Arbitrary<RuleInput> = fc
  .tuple(fc.oneof(...kinds), outcome)
  .map(([fields, then]) => ({ ...fields, ...(isPossible(fields, then) && then) }) as unknown as RuleInput);

function isPossible(fields: object, { then, for: lasting }: Readonly<Record<string, string>>): boolean {
  const { kind } = fields as { readonly kind: string };
  if (kind === "score") return then === undefined || then === "alert";
  return then !== "block" || lasting === undefined || LASTING.includes(kind);
}
