import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replay } from "../src/analysis/replay.js";
import type { RunRecord } from "../src/analysis/replay.js";
import type { Action, Match, Rein, RuleInput } from "../src/index.js";
import { act, answer, hear, open, permitFor } from "./support/open.js";

const act1 = (rest: Partial<Action> = {}): Action => ({
  source: "planner/reader",
  series: "send_email",
  ...rest,
});

describe("a rule applies to what its match says", () => {
  const weekdays = { days: ["weekdays"] as const };
  const weekend = { days: ["weekends"] as const };
  type Row = readonly [match: Match | RuleInput["match"], action: Action, applies: boolean];
  const rows: readonly Row[] = [
    [undefined, act1(), true],
    [{ source: "planner" }, act1(), true],
    [{ source: "planner" }, act1({ source: "planner" }), true],
    [{ source: "planner" }, act1({ source: "planner2" }), false],
    [{ source: "planner/reader" }, act1({ source: "planner" }), false],
    [{ source: "reader" }, act1(), false],
    [{ source: "planner*" }, act1({ source: "planner2" }), true],
    [{ source: "planner*" }, act1(), false],
    [{ source: "planner/*" }, act1(), true],
    [{ source: "planner/*" }, act1({ source: "planner/reader/deep" }), false],
    [{ source: "planner/*" }, act1({ source: "planner" }), false],
    [{ source: "planner/**" }, act1({ source: "planner/reader/deep" }), true],
    [{ source: "**" }, act1({ source: "planner/reader/deep" }), true],
    [{ source: "*" }, act1(), false],
    [{ source: "plan\\*" }, act1({ source: "planner" }), false],
    [{ source: ["trader", "planner"] }, act1(), true],
    [{ source: "~planning" }, act1({ source: "planner_bot/reader" }), true],
    [{ source: "~readers" }, act1(), true],
    [{ source: "~read" }, act1(), false],
    [{ source: "~plane" }, act1(), false],
    [{ source: "\\~planner" }, act1({ source: "~planner/reader" }), true],
    [{ source: "\\~planner" }, act1(), false],
    [{ series: "~email" }, act1(), true],
    [{ series: ["~delete", "~email send"] }, act1(), true],
    [{ series: "~send" }, act1({ series: "resend" }), false],
    [{ except: { series: "~emails" } }, act1(), false],
    [{ source: ["trader", "writer*"] }, act1(), false],
    [{ series: "send_email" }, act1(), true],
    [{ series: "send_*" }, act1(), true],
    [{ series: "send" }, act1(), false],
    [{ series: "SEND_*" }, act1(), false],
    [{ series: "send_emai?" }, act1(), true],
    [{ series: ["delete_*", "*_email"] }, act1(), true],
    [{ source: "planner", series: "delete_*" }, act1(), false],
    [{ series: "constructor" }, act1({ series: "constructor" }), true],
    [{ tags: { to: "*@x.org" } }, act1({ tags: { to: "a@x.org" } }), true],
    [{ tags: { to: "*@x.org" } }, act1({ tags: { to: "a@y.org" } }), false],
    [{ tags: { to: "*@x.org" } }, act1({ tags: { cc: "a@x.org" } }), false],
    [{ tags: { to: "**" } }, act1(), false],
    [{ tags: { n: "7", b: "true" } }, act1({ tags: { n: 7, b: true } }), true],
    [{ tags: { env: "~production" } }, act1({ tags: { env: "eu-production" } }), true],
    [{ tags: { __proto__x: "1", constructor: "*" } }, act1({ tags: { __proto__x: 1 } }), false],
    [{ costOver: { usd: 5 } }, act1({ cost: { usd: 5 } }), false],
    [{ costOver: { usd: 5 } }, act1({ cost: { usd: 5.000001 } }), true],
    [{ costOver: { usd: 5 } }, act1(), true],
    [{ costOver: { usd: 5 } }, act1({ cost: { tokens: 1 } }), true],
    [{ costUnder: { usd: 5 } }, act1({ cost: { usd: 5 } }), false],
    [{ costUnder: { usd: 5 } }, act1({ cost: { usd: 4.999999 } }), true],
    [{ costOver: { usd: 5 }, costUnder: { usd: 9 } }, act1({ cost: { usd: 7 } }), true],
    [{ costOver: { usd: 5, tokens: 10 } }, act1({ cost: { usd: 7, tokens: 10 } }), false],
    [{ args: { amount: { over: 200 } } }, act1({ args: { amount: 200 } }), false],
    [{ args: { amount: { over: 200 } } }, act1({ args: { amount: 200.01 } }), true],
    [{ args: { amount: { over: 200 } } }, act1({ args: { amount: "201" } }), true],
    [{ args: { amount: { over: 200 } } }, act1({ args: { amount: NaN } }), true],
    [{ args: { amount: { over: 200 } } }, act1({ args: { amount: "lots" } }), true],
    [{ args: { amount: { over: 200 } } }, act1({ args: {} }), false],
    [{ args: { amount: { over: 200 } } }, act1(), false],
    [{ args: { amount: { under: 3 } } }, act1({ args: { amount: -1 } }), true],
    [
      { args: { "order.items.1.sku": "B*" } },
      act1({ args: { order: { items: [{}, { sku: "B7" }] } } }),
      true,
    ],
    [{ args: { "order.items.1.sku": "B*" } }, act1({ args: { order: { items: [{ sku: "B7" }] } } }), false],
    [{ args: { force: { equals: true } } }, act1({ args: { force: true } }), true],
    [{ args: { force: { equals: true } } }, act1({ args: { force: "true" } }), false],
    [{ args: { to: { exists: false } } }, act1({ args: {} }), true],
    [{ args: { to: { exists: true } } }, act1({ args: { to: null } }), true],
    [{ args: { constructor: { exists: true } } }, act1({ args: {} }), false],
    [{ args: { path: ["/etc/**", "~/**"] } }, act1({ args: { path: "/etc/ssh/key" } }), true],
    [{ args: { path: ["/etc/**", "~/**"] } }, act1({ args: { path: "~/.ssh/key" } }), true],
    [{ mentions: "production" }, act1({ tags: { env: "production" } }), true],
    [{ mentions: "production" }, act1({ args: { to: [{ env: "production" }] } }), true],
    [{ mentions: "production" }, act1({ args: "production" }), true],
    [{ mentions: "production" }, act1({ args: { production: true, to: "non-production" } }), false],
    [{ mentions: "~production" }, act1({ args: ["now", "deploy it to production!"] }), true],
    [{ mentions: ["*@x.org", "7", "true"] }, act1({ args: { n: 7 } }), true],
    [{ mentions: ["*@x.org", "7", "true"] }, act1({ args: { b: true } }), true],
    [{ mentions: ["*@x.org", "7", "true"] }, act1({ tags: { n: 7 } }), true],
    [{ mentions: "null" }, act1({ args: { n: null, u: undefined } }), false],
    [{ mentions: "**" }, act1({ args: {} }), false],
    [{ mentions: "**" }, act1(), false],
    [{ mentions: "send_email" }, act1(), false],
    [{ except: { mentions: "test" } }, act1({ args: { env: "test" } }), false],
    [{ except: { mentions: "test" } }, act1({ args: { env: "prod" } }), true],
    [{ schedule: weekdays }, act1(), true],
    [{ schedule: weekend }, act1(), false],
    [{ regime: "normal" }, act1(), true],
    [{ regime: ["stressed", "shock"] }, act1(), false],
    [{ except: { series: "send_email" } }, act1(), false],
    [{ except: { source: "planner" } }, act1(), false],
    [{ except: { source: "planner", series: "search" } }, act1(), true],
    [{ except: [{ series: "search" }, { series: "send_*" }] }, act1(), false],
    [{ source: "planner", except: { source: "planner/reader" } }, act1(), false],
    [{ except: { tags: { to: "*@x.org" } } }, act1({ tags: { to: "a@x.org" } }), false],
    [{ except: { tags: { to: "*@x.org" } } }, act1(), true],
    // What cannot be told goes against the action: no exception for a cost that is not named.
    [{ except: { costUnder: { usd: 5 } } }, act1({ cost: { usd: 1 } }), false],
    [{ except: { costUnder: { usd: 5 } } }, act1(), true],
    [{ except: { args: { n: { under: 5 } } } }, act1({ args: { n: "?" } }), true],
    [{ except: { schedule: weekdays } }, act1(), false],
  ];

  test.each(rows)("%j and %j: %s", async (match, action, applies) => {
    const deny = (await open([{ kind: "access", effect: "deny", match }])).rein;
    expect(answer(deny, action)).toBe(applies ? "access_denied" : "ok");
    const rate = (await open([{ kind: "rate", limit: 1, window: "1h", match }])).rein;
    expect([act(rate, action), act(rate, action)]).toEqual(["ok", applies ? "rate_limited" : "ok"]);
  });

  const circle: Record<string, unknown> = { list: ["a"] };
  circle["self"] = circle;
  const nested = (depth: number): unknown => (depth === 0 ? "x" : [nested(depth - 1)]);
  const getter = Object.defineProperty({ a: "x" }, "b", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });
  const hidden = Object.defineProperty({}, "b", { value: "x", enumerable: false });
  const trap = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no");
      },
    },
  );
  test.each<[what: string, args: unknown, mentions: boolean | undefined]>([
    ["16 levels", nested(16), true],
    ["17 levels", nested(17), undefined],
    [
      "the depth of no machine's stack",
      (() => {
        let value: unknown = "x";
        for (let i = 0; i < 200_000; i++) value = [value];
        return value;
      })(),
      undefined,
    ],
    ["10,000 values, the last of which it is", [...new Array<number>(9_999).fill(1), "x"], true],
    ["10,001 values, the last of which it is", [...new Array<number>(10_000).fill(1), "x"], undefined],
    [
      "more values than there is room for, the first of which it is",
      ["x", ...new Array<number>(50_000).fill(1)],
      true,
    ],
    ["an array with a billion holes", new Array(1_000_000_000), undefined],
    ["a circle without it", circle, false],
    ["a getter that throws", { c: getter, d: "y" }, true],
    [
      "a getter that throws, and nothing else",
      {
        c: Object.assign(Object.create(null), { get: 1 }),
        d: Object.defineProperty({}, "b", Object.getOwnPropertyDescriptor(getter, "b")!),
      },
      undefined,
    ],
    ["an object that cannot be looked into", [trap], undefined],
    ["what is not enumerable, or inherited", [hidden, Object.create({ b: "x" })], false],
    ["bytes", new Uint8Array(50_000), false],
  ])("%s: what it mentions is told, or goes against the action", async (_what, args, mentions) => {
    const match = { mentions: "x" };
    const answers = async (rule: RuleInput): Promise<boolean> =>
      answer((await open([rule])).rein, act1({ args })) === "ok";
    expect(await answers({ kind: "access", effect: "deny", match })).toBe(mentions === false);
    expect(await answers({ kind: "access", effect: "allow", match })).toBe(mentions === true);
    expect(await answers({ kind: "access", effect: "deny", match: { except: match } })).toBe(
      mentions === true,
    );
  });

  test("rules of words, and of what is mentioned, replay to the same decisions without the arguments", async () => {
    const { rein, sink } = await open([
      {
        kind: "rate",
        limit: 2,
        window: "1h",
        match: { source: "~research", series: "~deploy" },
        per: "source",
      },
      { kind: "access", effect: "deny", match: { mentions: ["~production", "bob@x.org"] } },
    ]);
    const deploy = (source: string, args: unknown): string =>
      act(rein, { source, series: "deployService", args });
    expect([
      deploy("research_agent/helper", { env: "our production" }),
      deploy("research_agent/helper", { env: "test" }),
      deploy("research_agent", { to: [nested(20)] }),
      deploy("research_agent", { env: "test" }),
      deploy("research_agent/other", { env: "test" }),
      deploy("search_agent", { env: "test" }),
      act(rein, { source: "research_agent", series: "employ" }),
    ]).toEqual(["access_denied", "ok", "access_denied", "ok", "rate_limited", "ok", "ok"]);
    await rein.close();
    expect(JSON.stringify(sink.records)).not.toContain("our production");
    expect(replay(sink.records as RunRecord[])).toMatchObject({ divergence: null, decisions: 7 });
  });

  test("an allow-list is strict where it cannot tell", async () => {
    const match = { costUnder: { usd: 5 } };
    const { rein } = await open([{ kind: "access", effect: "allow", match }]);
    expect(answer(rein, act1({ cost: { usd: 4 } }))).toBe("ok");
    expect(answer(rein, act1())).toBe("access_denied");
  });

  test("allow rules are one list, for the sources that they speak about", async () => {
    const { rein } = await open([
      { kind: "access", effect: "allow", match: { source: "intern", series: "search" } },
      { kind: "access", effect: "allow", match: { source: "intern", series: "read_*" } },
      { kind: "access", effect: "deny", match: { series: "read_secrets" } },
    ]);
    const answers = (source: string): string[] =>
      ["search", "read_mail", "read_secrets", "delete"].map((series) => answer(rein, { source, series }));
    expect(answers("intern/helper")).toEqual(["ok", "ok", "access_denied", "access_denied"]);
    expect(answers("planner")).toEqual(["ok", "ok", "access_denied", "ok"]);
  });

  test("the strictest rule of an allow-list answers for it, whatever their names", async () => {
    const search: RuleInput = { kind: "access", effect: "allow", match: { series: "search" } };
    const reads: RuleInput = { kind: "access", effect: "allow", match: { series: "read_*" }, then: "alert" };
    for (const [first, second] of [
      [search, reads],
      [reads, search],
    ] as const) {
      const { rein } = await open([
        { ...first, id: "a" },
        { ...second, id: "b" },
      ]);
      expect(["search", "read_mail", "delete"].map((series) => answer(rein, act1({ series })))).toEqual([
        ...["ok", "ok"],
        "access_denied",
      ]);
    }
  });

  test("the first signal ends the normal regime until enough is seen: unknown is treated as stressed", async () => {
    const { rein } = await open([
      { kind: "access", effect: "deny", match: { regime: "normal", series: "a" } },
      { kind: "access", effect: "deny", match: { regime: "stressed", series: "b" } },
    ]);
    const regimes = hear(rein, "regime");
    const answers = (): string[] => ["a", "b"].map((series) => answer(rein, { source: "x", series }));
    expect(answers()).toEqual(["access_denied", "ok"]);
    rein.signal("latency", 12);
    expect(answers()).toEqual(["ok", "access_denied"]);
    expect(rein.snapshot().regime).toBe("unknown");
    await Promise.resolve();
    expect(regimes).toMatchObject([{ from: "normal", to: "unknown" }]);
  });
});

describe("a counter belongs to what `per` names", () => {
  const to = (recipient: string | number | undefined, rest: Partial<Action> = {}): Action =>
    act1({ ...rest, ...(recipient !== undefined && { tags: { to: recipient } }) });

  test.each<[RuleInput["per"], readonly (readonly [Action, "ok" | "rate_limited"])[]]>([
    [
      undefined,
      [
        [act1(), "ok"],
        [act1({ source: "x" }), "ok"],
        [act1({ series: "y" }), "rate_limited"],
      ],
    ],
    [
      "source",
      [
        [act1({ source: "a" }), "ok"],
        [act1({ source: "a" }), "ok"],
        [act1({ source: "a" }), "rate_limited"],
        [act1({ source: "b" }), "ok"],
      ],
    ],
    [
      "source",
      [
        [act1({ source: "p/a" }), "ok"],
        [act1({ source: "p/b" }), "ok"],
        [act1({ source: "p/c" }), "rate_limited"],
        [act1({ source: "p" }), "rate_limited"],
        [act1({ source: "q" }), "ok"],
      ],
    ],
    [
      "series",
      [
        [act1({ series: "a" }), "ok"],
        [act1({ series: "a", source: "z" }), "ok"],
        [act1({ series: "a" }), "rate_limited"],
        [act1({ series: "b" }), "ok"],
      ],
    ],
    [
      "tag:to",
      [
        [to("a"), "ok"],
        [to("a", { source: "z" }), "ok"],
        [to("a"), "rate_limited"],
        [to("b"), "ok"],
      ],
    ],
    [
      "tag:to",
      [
        [to(7), "ok"],
        [to("7"), "ok"],
        [to(7), "rate_limited"],
      ],
    ],
    [
      "tag:to",
      [
        [to(undefined), "ok"],
        [act1({ tags: { cc: "x" } }), "ok"],
        [to(undefined), "rate_limited"],
        [to("a"), "ok"],
      ],
    ],
    [
      ["source", "series"],
      [
        [act1({ source: "a", series: "s" }), "ok"],
        [act1({ source: "a", series: "s" }), "ok"],
        [act1({ source: "a", series: "s" }), "rate_limited"],
        [act1({ source: "a", series: "t" }), "ok"],
      ],
    ],
    [
      ["source", "tag:to"],
      [
        [to("a", { source: "p/x" }), "ok"],
        [to("a", { source: "p/y" }), "ok"],
        [to("a", { source: "p" }), "rate_limited"],
        [to("b", { source: "p" }), "ok"],
      ],
    ],
    [
      ["tag:to", "tag:cc"],
      [
        [act1({ tags: { to: "a", cc: "b" } }), "ok"],
        [act1({ tags: { to: "b", cc: "a" } }), "ok"],
        [act1({ tags: { to: "a", cc: "b" } }), "ok"],
        [act1({ tags: { cc: "b", to: "a" } }), "rate_limited"],
      ],
    ],
  ])("%j", async (per, steps) => {
    const { rein } = await open([
      { kind: "rate", limit: 2, window: "1h", ...(per !== undefined && { per }) },
    ]);
    expect(steps.map(([action]) => answer(rein, action))).toEqual(steps.map(([, expected]) => expected));
  });

  test("a halt by a rule is narrowed to the counter that tripped, and to the rule's match", async () => {
    const { rein } = await open([
      {
        kind: "rate",
        limit: 1,
        window: "1h",
        per: ["source", "tag:to"],
        match: { series: "send_*" },
        then: "halt",
      },
    ]);
    const mail = (source: string, recipient: string | undefined): Action => to(recipient, { source });
    for (let i = 0; i < 2; i++) answer(rein, mail("p", "x"));
    expect(answer(rein, mail("p/b", "x"))).toBe("halted");
    expect(answer(rein, mail("p/b", "y"))).toBe("ok");
    expect(answer(rein, mail("q", "x"))).toBe("ok");
    expect(answer(rein, { ...mail("p", "x"), series: "search" })).toBe("ok");
    for (let i = 0; i < 4; i++) answer(rein, mail("r", undefined));
    expect(answer(rein, mail("r", undefined))).toBe("halted");
    expect(answer(rein, mail("r", "x"))).toBe("ok");
    expect(rein.snapshot().halts).toHaveLength(2);
  });

  test("a halt by a rule of words stops what has the words, in sub-agents and after a restart", async () => {
    const directory = await mkdtemp(join(tmpdir(), "rein-words-"));
    try {
      const dir = join(directory, "state");
      const match = { source: "~research", series: "~email" };
      const first = await open([{ id: "mail", kind: "rate", limit: 1, window: "1h", match, then: "halt" }], {
        dir,
      });
      const answers = (rein: Rein): readonly string[] =>
        ["send_mails", "emailing", "emailer", "search"].flatMap((series) =>
          ["researcher", "lab/research_bot/helper", "search"].map((source) =>
            answer(rein, { source, series }),
          ),
        );
      for (let i = 0; i < 2; i++) answer(first.rein, { source: "researcher", series: "send_email" });
      const expected = [
        "halted",
        "halted",
        "ok",
        "halted",
        "halted",
        "ok",
        ...new Array<string>(6).fill("ok"),
      ];
      expect(answers(first.rein)).toEqual(expected);
      await first.rein.close();
      const again = await open([], { dir });
      expect(answers(again.rein)).toEqual(expected);
      await again.rein.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test.each(["size", "access", "timeout", "errors", "concurrency"] as const)(
    "a %s rule keeps what belongs to one source from another",
    async (kind) => {
      const fields = {
        size: { measure: "usd", limit: 1, then: "halt" },
        access: { effect: "deny", then: "halt", match: { costOver: { usd: 1 } } },
        timeout: { limit: "1m", then: "halt" },
        errors: { consecutive: 1, then: "halt" },
        concurrency: { limit: 1, then: "halt" },
      }[kind];
      const { rein, clock } = await open([{ kind, per: "source", ...fields } as RuleInput]);
      const dear = (source: string): Action => ({ source, series: "x", cost: { usd: 2 } });
      const cheap = (source: string): Action => ({ source, series: "x", cost: { usd: 1 } });
      if (kind === "errors") act(rein, dear("a"), { ok: false });
      else if (kind === "timeout" || kind === "concurrency") permitFor(rein, dear("a"));
      if (kind === "timeout") clock.advance(60_000);
      answer(rein, dear("a"));
      expect([answer(rein, cheap("a")), answer(rein, cheap("b"))]).toEqual(["halted", "ok"]);
    },
  );
});

describe("a schedule", () => {
  type Row = readonly [schedule: object, openAt: readonly string[], shutAt: readonly string[]];
  const berlin = { timeZone: "Europe/Berlin" };
  test.each<Row>([
    [
      { days: ["weekdays"], from: "09:30", to: "16:00", timeZone: "America/New_York" },
      ["2026-01-05T14:30:00Z", "2026-01-05T20:59:59.999Z", "2026-07-06T13:30:00Z"],
      ["2026-01-05T14:29:59.999Z", "2026-01-05T21:00:00Z", "2026-01-03T15:00:00Z", "2026-07-06T13:29:59Z"],
    ],
    [
      { from: "22:00", to: "06:00" },
      ["2026-01-05T22:00:00Z", "2026-01-06T00:00:00Z", "2026-01-06T05:59:59Z"],
      ["2026-01-05T21:59:59Z", "2026-01-06T06:00:00Z"],
    ],
    // Over midnight the span belongs to the day it begins on.
    [
      { days: "fri", from: "22:00", to: "06:00" },
      ["2026-01-09T22:00:00Z", "2026-01-10T05:00:00Z"],
      ["2026-01-09T05:00:00Z", "2026-01-10T22:00:00Z"],
    ],
    [{ from: "22:00" }, ["2026-01-05T23:59:59Z"], ["2026-01-05T21:59:59Z", "2026-01-06T00:00:00Z"]],
    [{ to: "06:00" }, ["2026-01-05T00:00:00Z", "2026-01-05T05:59:59Z"], ["2026-01-05T06:00:00Z"]],
    [{ days: "weekends" }, ["2026-01-04T23:59:59.999Z"], ["2026-01-05T00:00:00Z", "2026-01-02T12:00:00Z"]],
    [{ days: "mon", ...berlin }, ["2026-01-04T23:00:00Z"], ["2026-01-04T22:59:59Z", "2026-01-05T23:00:00Z"]],
    // 29 March: 02:00 to 03:00 does not exist; 25 October: it happens twice.
    [
      { from: "01:30", to: "03:30", ...berlin },
      ["2026-03-29T00:30:00Z", "2026-03-29T01:29:59Z"],
      ["2026-03-29T00:29:59Z", "2026-03-29T01:30:00Z"],
    ],
    [
      { from: "02:30", to: "03:30", ...berlin },
      ["2026-03-29T01:00:00Z", "2026-03-29T01:29:59Z"],
      ["2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z"],
    ],
    [
      { from: "02:15", to: "02:45", ...berlin },
      ["2026-03-30T00:20:00Z"],
      ["2026-03-29T00:20:00Z", "2026-03-29T01:20:00Z", "2026-03-29T12:00:00Z"],
    ],
    [
      { from: "02:30", to: "03:00", ...berlin },
      ["2026-03-28T01:45:00Z"],
      ["2026-03-29T01:00:00Z", "2026-03-29T12:00:00Z"],
    ],
    [
      { from: "01:00", to: "04:00", ...berlin },
      ["2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:59:59Z"],
      ["2026-10-25T03:00:00Z"],
    ],
    [
      { from: "23:30", to: "00:30", timeZone: "America/Santiago" },
      ["2026-09-06T03:45:00Z"],
      ["2026-09-06T04:30:00Z"],
    ],
    [
      { from: "00:00", to: "24:00", days: "sun", timeZone: "Australia/Lord_Howe" },
      ["2026-04-04T13:00:00Z", "2026-04-05T13:29:59Z"],
      ["2026-04-05T13:30:00Z"],
    ],
  ])("%j", async (schedule, openAt, shutAt) => {
    for (const [times, expected] of [
      [openAt, ["access_denied", "ok"]],
      [shutAt, ["ok", "access_denied"]],
    ] as const) {
      for (const time of times) {
        const match = { schedule } as RuleInput["match"];
        const start = Date.parse(time);
        const deny = await open([{ kind: "access", effect: "deny", match }], { start });
        const allow = await open([{ kind: "access", effect: "allow", match }], { start });
        expect([time, answer(deny.rein, act1()), answer(allow.rein, act1())]).toEqual([time, ...expected]);
      }
    }
  });

  test("opens and shuts while time passes, for lanes that are known already, and when the clock is set back", async () => {
    const match = { schedule: { from: "12:00", to: "12:01" } } as const;
    const { rein, clock } = await open([{ kind: "access", effect: "deny", match }], {
      start: Date.UTC(2026, 0, 5, 11, 59),
    });
    const seen = [answer(rein, act1())];
    for (const ms of [59_999, 1, 59_999, 1, 86_340_000]) {
      clock.advance(ms);
      seen.push(answer(rein, act1()));
    }
    expect(seen).toEqual(["ok", "ok", "access_denied", "access_denied", "ok", "access_denied"]);
    clock.setWall(Date.UTC(2026, 0, 5, 11, 0));
    expect(answer(rein, act1())).toBe("ok");
  });
});
