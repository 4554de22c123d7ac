import fc from "fast-check";
import type { RuleInput } from "../../src/index.js";

// Policies whose rules often have to do with each other: few values, and conditions that are drawn from a small pool.

type Clause = Readonly<Record<string, unknown>>;

/** Something in `share` of all cases, in twentieths. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, share: number): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: Math.round(20 * share), arbitrary },
    { weight: 20 - Math.round(20 * share), arbitrary: fc.constant(undefined) },
  );

const clean = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

const source = fc.constantFrom<string | string[]>(
  ...[
    "planner",
    "plan*",
    "planner/**",
    "*",
    "**",
    "planner/researcher",
    "planner/*",
    "~plan",
    "/x",
    "trader",
  ],
  ...[
    ["planner", "trader"],
    ["plan*", "trader"],
  ],
);
const series = fc.constantFrom<string | string[]>(
  ...["search", "send_email", "send_*", "*_*", "**", "~email", "~send email", "delete_row"],
  ...[
    ["search", "send_email"],
    ["search", "delete_*"],
  ],
);
const recipient = fc.constantFrom<string | string[]>(
  ...["a@x.org", "*@x.org", "**", "?@*", "c@y.org"],
  ...[["a@x.org", "c@y.org"]],
);
const arg = fc.constantFrom<unknown>(
  ...["a@x.org", "*@*"],
  ...[
    { exists: true },
    { exists: false },
    { equals: "a@x.org" },
    { equals: "b@x.org" },
    { over: 1 },
    { under: 3 },
  ],
  ...[
    { matches: "*@x.org", exists: true },
    { equals: "a@x.org", matches: "b*" },
  ],
);
const schedule = fc.constantFrom(
  { days: ["weekdays"], from: "09:30", to: "16:00" },
  { days: ["mon", "tue"], from: "10:00", to: "12:30" },
  { days: ["weekends"] },
  { from: "20:00", to: "06:00" },
  { from: "20:00", to: "06:00", timeZone: "Europe/Berlin" },
);
const cents = fc.constantFrom(0, 0.5, 1, 1.5, 2);

const clause: fc.Arbitrary<Clause> = fc
  .record({
    source: maybe(source, 0.5),
    series: maybe(series, 0.5),
    tags: maybe(fc.record({ recipient }), 0.25),
    costOver: maybe(
      fc.oneof(
        cents.map((usd) => ({ usd })),
        fc.constant({ calls: 1 }),
      ),
      0.2,
    ),
    costUnder: maybe(
      cents.map((usd) => ({ usd: usd + 2.5 })),
      0.15,
    ),
    args: maybe(fc.record({ recipient: arg }), 0.2),
    mentions: maybe(fc.constantFrom("a@x.org", "*@x.org"), 0.1),
    regime: maybe(fc.constantFrom<string | string[]>("normal", "stressed", ["normal", "stressed"]), 0.15),
    schedule: maybe(schedule, 0.15),
  })
  .map(clean)
  .filter((fields) => Object.keys(fields).length > 0);

/** Conditions, some of them the other's with one more or an exception. */
const pool: fc.Arbitrary<(Clause | undefined)[]> = fc
  .tuple(clause, clause, clause)
  .map(([a, b, c]) => [
    undefined,
    a,
    b,
    { ...a, ...b },
    { ...a, except: [b] },
    { except: [b, c] },
    { except: [{ ...b, ...c }] },
    { ...c, except: [c] },
  ]);

const window = fc.constantFrom("1s", "2500ms", "1m", "1h");
const small = fc.integer({ min: 1, max: 6 });
const per = maybe(
  fc.constantFrom<unknown>(
    "source",
    "series",
    "tag:recipient",
    ["source", "series"],
    ["source", "tag:recipient"],
  ),
  0.4,
);
const then = fc.constantFrom("block", "block", "block", "block", "halt", "approve", "alert");
const counted = { per };

const RULES: readonly fc.Arbitrary<Clause>[] = [
  fc.record({ kind: fc.constant("rate"), limit: small, window, then, ...counted }),
  fc.record({ kind: fc.constant("rate"), limit: small, window, then, ...counted }),
  fc.record({ kind: fc.constant("rate"), limit: small, window, burst: small, then, ...counted }),
  fc.record({
    kind: fc.constant("budget"),
    measure: fc.constant("usd"),
    limit: fc.integer({ min: 0, max: 8 }).map((n) => n / 2),
    window: fc.oneof(
      window,
      fc.constantFrom<unknown>("forever", { calendar: "day", timeZone: "UTC" }, { calendar: "month" }),
    ),
    assume: maybe(cents, 0.35),
    then,
    ...counted,
  }),
  fc.record({
    kind: fc.constant("budget"),
    measure: fc.constant("calls"),
    limit: fc.integer({ min: 0, max: 6 }),
    window: fc.oneof(window, fc.constant("forever")),
    then,
    ...counted,
  }),
  fc.record({ kind: fc.constant("concurrency"), limit: small, then, ...counted }),
  fc.record({ kind: fc.constant("access"), effect: fc.constantFrom("deny", "allow"), then, per }),
  fc.record({ kind: fc.constant("access"), effect: fc.constant("approve") }),
  fc.record({
    kind: fc.constant("size"),
    measure: fc.constantFrom("usd", "usd", "usd", "calls"),
    limit: cents,
    then,
  }),
  fc.record({
    kind: fc.constant("timeout"),
    limit: window,
    then: fc.constantFrom("block", "halt", "alert"),
  }),
  fc.record({ kind: fc.constant("floor"), limit: fc.integer({ min: 80, max: 120 }), then }),
  fc.record({
    kind: fc.constant("loss"),
    limitPct: fc.integer({ min: 1, max: 20 }),
    from: fc.constantFrom("day", "peak"),
    then,
  }),
  fc.record({ kind: fc.constant("stale"), signal: fc.constant("feed"), maxAge: maybe(window, 0.8), then }),
  fc.record({ kind: fc.constant("errors"), consecutive: fc.integer({ min: 1, max: 3 }), then, ...counted }),
  fc.oneof(
    fc.record({ kind: fc.constant("loop"), repeats: fc.integer({ min: 2, max: 3 }), then, ...counted }),
    fc.record({
      kind: fc.constant("newcomers"),
      of: fc.constantFrom("source", "series", "tag:recipient"),
      limit: fc.integer({ min: 1, max: 3 }),
      window,
      then,
      ...counted,
    }),
    fc.record({
      kind: fc.constant("denials"),
      ratePct: fc.constantFrom(30, 60),
      window,
      minCalls: fc.integer({ min: 1, max: 4 }),
      then,
      ...counted,
    }),
  ),
  fc.record({
    kind: fc.constant("score"),
    settings: fc.record({
      minSamplesForKill: fc.integer({ min: 1, max: 3 }),
      decayHours: fc.constantFrom(12, 24),
    }),
  }),
];

const IDS = ["a", "b", "c", "d", "e", "f", "g"];
const ids = fc.shuffledSubarray(IDS, { minLength: IDS.length, maxLength: IDS.length });
const mode = fc.constantFrom(undefined, undefined, undefined, "shadow", "enforce");

/** A policy of rules with ids, in an order that says nothing about their strictness. */
export const lintablePolicy: fc.Arbitrary<RuleInput[]> = fc
  .tuple(pool, fc.array(fc.tuple(fc.oneof(...RULES), fc.nat(), mode), { minLength: 2, maxLength: 7 }), ids)
  .map(([matches, rules, names]) =>
    rules.map(([rule, pick, own], i) =>
      fitted({ ...rule, id: names[i], match: matches[pick % matches.length], mode: own }),
    ),
  ) as unknown as fc.Arbitrary<RuleInput[]>;

/** Without what is undefined; and a lane that is scored is a source and a series. */
function fitted(rule: Clause): object {
  if (rule["kind"] !== "score") return clean(rule);
  const laneOf = ({ source: by, series: does }: Clause): Clause => clean({ source: by, series: does });
  const { except = [], ...clause } = (rule["match"] ?? {}) as Clause;
  const excepts = [except].flat().map((one) => laneOf(one as Clause));
  const named = excepts.filter((one) => Object.keys(one).length > 0);
  const match = { ...laneOf(clause), ...(named.length > 0 && { except: named }) };
  return clean({ ...rule, match: Object.keys(match).length > 0 ? match : undefined });
}

/** Conditions, and narrower ones of the same kind. */
const NARROWER: readonly (readonly Clause[])[] = [
  [{}, { source: "planner" }, { source: "planner", series: "search" }],
  [{}, { except: { series: "search" } }, { series: "send_*", except: { source: "trader" } }],
  [{ source: "plan*" }, { source: "planner/*" }],
  [{ source: "planner/**" }, { source: "planner/researcher" }],
  [{ source: "planner" }, { source: "planner/*" }, { source: "planner/researcher/reader" }],
  [{ series: "*_*" }, { series: ["send_*", "delete_row"] }, { series: "send_email" }],
  [{ series: "~email" }, { series: "send_email" }],
  [{ tags: { recipient: "*" } }, { tags: { recipient: "*@x.org" } }, { tags: { recipient: "a@x.org" } }],
  [{ costOver: { usd: 0 } }, { costOver: { usd: 1 } }, { costOver: { usd: 2 }, source: "planner" }],
  [{ except: { costOver: { usd: 2 } } }, { costUnder: { usd: 1 } }],
  [{ args: { recipient: { exists: true } } }, { args: { recipient: "*@*" } }, { mentions: "a@x.org" }],
  [
    { schedule: { from: "09:00", to: "18:00" } },
    { schedule: { days: "weekdays", from: "10:00", to: "13:00" } },
  ],
  [{ regime: ["normal", "stressed"] }, { regime: "normal" }],
];

const KINDS = RULES.map((one) => fc.tuple(one, one));

/** Two or three rules that may well say the same, and perhaps one more. */
export const relatedPolicy: fc.Arbitrary<RuleInput[]> = fc
  .tuple(
    fc.oneof(fc.oneof(...KINDS), fc.tuple(fc.oneof(...RULES), fc.oneof(...RULES))),
    fc.constantFrom(...NARROWER),
    fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    fc.tuple(mode, mode),
    maybe(fc.oneof(...RULES), 0.3),
    ids,
    fc.constantFrom("same", "same", "own"),
  )
  .map(([[one, other], matches, picks, modes, third, names, answers]) => {
    const match = (i: number): Clause => matches[picks[i]! % matches.length]!;
    const then =
      answers === "same" && other.kind === one.kind && "then" in one && "then" in other
        ? { then: one.then }
        : {};
    const rules = [
      { ...one, match: match(0), mode: modes[0] },
      { ...other, ...then, match: match(1), mode: modes[1] },
      ...(third === undefined ? [] : [{ ...third, match: match(2) }]),
    ];
    return rules.map((rule, i) =>
      fitted({ ...rule, match: Object.keys(rule.match).length === 0 ? undefined : rule.match, id: names[i] }),
    );
  }) as unknown as fc.Arbitrary<RuleInput[]>;

/** What may stand on a list, or off it, by few names: the rules often say more or less than one another. */
const named = fc.record({
  series: fc.constantFrom<string | string[]>("search", ["search", "send_email"], "send_*", "**"),
  source: maybe(fc.constantFrom("planner", "planner/researcher", "trader"), 0.3),
});
const reach = {
  halts: fc.constantFrom(undefined, undefined, "all"),
  for: maybe(fc.constantFrom("1s", "1h"), 0.4),
};
const answer = fc.constantFrom("alert", "approve", "block", "block", "halt", "halt");
const onList = fc.record({
  kind: fc.constant("access"),
  effect: fc.constant("allow"),
  ...{ then: answer, match: named, mode, ...reach },
});
const offList = fc.oneof(
  fc.record({
    kind: fc.constant("access"),
    effect: fc.constant("deny"),
    then: answer,
    match: named,
    ...reach,
  }),
  fc.record({ kind: fc.constant("rate"), limit: small, window, then: answer, match: named, per, ...reach }),
);

/** Allow-lists whose rules answer differently, and rules beside them; several of them halt. */
export const listPolicy: fc.Arbitrary<RuleInput[]> = fc
  .tuple(fc.array(onList, { maxLength: 4 }), fc.array(offList, { minLength: 1, maxLength: 3 }), ids)
  .map(([list, others, names]) =>
    [...list, ...others].map((rule, i) => {
      const { then: answers, halts, for: lasting, match, ...said } = rule;
      const halting = answers === "halt" ? { halts, for: lasting } : {};
      return clean({ ...said, id: names[i], then: answers, match: clean(match), ...halting });
    }),
  ) as unknown as fc.Arbitrary<RuleInput[]>;
