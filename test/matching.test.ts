import { describe, expect, test } from "vitest";
import type { Action, Match, RuleInput } from "../src/index.js";
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
    expect(regimes).toEqual([{ from: "normal", to: "unknown" }]);
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
