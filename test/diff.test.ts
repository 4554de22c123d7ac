import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { changesBetween } from "../src/analysis/diff/changes.js";
import { duel } from "../src/analysis/diff/duel.js";
import { act } from "../src/analysis/diff/history.js";
import { diffPolicies } from "../src/analysis/diff/index.js";
import type { Effect, PolicyDiff } from "../src/analysis/diff/index.js";
import { START_AT } from "../src/analysis/start-at.js";
import { addDiff } from "../src/cli/diff.js";
import type { RuleInput } from "../src/index.js";
import { compilePolicy } from "../src/policy/index.js";
import type { CompiledPolicy } from "../src/policy/index.js";

const root = mkdtempSync(join(tmpdir(), "rein-diff-"));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

type Unnamed = RuleInput extends infer R ? (R extends RuleInput ? Omit<R, "id"> : never) : never;

/** Rules that any change has to show beside. */
const BASE: RuleInput[] = [
  { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" },
  { id: "rate", kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" },
];

function diff(old: Unnamed | null, now: Unnamed | null, base = BASE): PolicyDiff {
  const policy = (rule: Unnamed | null) =>
    compilePolicy([...base, ...(rule === null ? [] : [{ id: "x", ...rule } as RuleInput])]);
  return diffPolicies(policy(old), policy(now), { budgetMs: 20_000 });
}

const deny = { kind: "access", effect: "deny" } as const;
const ask = { kind: "access", effect: "approve" } as const;

describe("the effect of a change, beside other rules", () => {
  test.each<readonly [Effect, Unnamed | null, Unnamed | null]>([
    ["wider", { kind: "rate", limit: 5, window: "1m" }, { kind: "rate", limit: 5, window: "30s" }],
    ["mixed", { kind: "rate", limit: 5, window: "1m" }, { kind: "rate", limit: 20, window: "10m" }],
    [
      "wider",
      { kind: "rate", limit: 5, window: "1m" },
      { kind: "rate", limit: 5, window: "1m", per: "source" },
    ],
    [
      "narrower",
      { kind: "rate", limit: 5, window: "1m" },
      { kind: "rate", limit: 5, window: "1m", then: "halt" },
    ],
    [
      "narrower",
      { kind: "rate", limit: 5, window: "1m", mode: "shadow" },
      { kind: "rate", limit: 5, window: "1m" },
    ],
    ["narrower", { kind: "concurrency", limit: 3 }, { kind: "concurrency", limit: 2 }],
    [
      "mixed",
      { ...deny, match: { series: "delete_*" } },
      { ...deny, match: { series: ["delete_*", "drop_*"], except: { source: "admin" } } },
    ],
    ["wider", { ...deny, match: { series: "refund" } }, { ...ask, match: { series: "refund" } }],
    [
      "wider",
      { ...ask, match: { series: "refund", costOver: { usd: 5 } } },
      { ...ask, match: { series: "refund", costOver: { usd: 10 } } },
    ],
    [
      "narrower",
      { ...deny, match: { args: { path: "/etc/*" } } },
      { ...deny, match: { args: { path: ["/etc/*", "/root/*"] } } },
    ],
    [
      "wider",
      { ...deny, match: { schedule: { days: ["sat", "sun"], timeZone: "UTC" } } },
      { ...deny, match: { schedule: { days: ["sun"], timeZone: "UTC" } } },
    ],
    ["wider", { kind: "timeout", limit: "2m" }, { kind: "timeout", limit: "5m" }],
    ["mixed", { kind: "errors", consecutive: 5, for: "5m" }, { kind: "errors", consecutive: 3, for: "1m" }],
    [
      "wider",
      { kind: "stale", signal: "feed", maxAge: "30s" },
      { kind: "stale", signal: "feed", maxAge: "1m" },
    ],
    ["narrower", { kind: "loss", limitPct: 5, from: "day" }, { kind: "loss", limitPct: 5, from: "peak" }],
    ["wider", { kind: "floor", limit: 20 }, { kind: "floor", limit: 10 }],
    ["narrower", { kind: "loop", repeats: 6 }, { kind: "loop", repeats: 4 }],
    ["narrower", null, { kind: "access", effect: "allow", match: { source: "agent", series: "read_*" } }],
    [
      "wider",
      { kind: "budget", measure: "usd", limit: 40, window: "1d" },
      { kind: "budget", measure: "usd", limit: 40, window: { calendar: "day", timeZone: "UTC" } },
    ],
    ["wider", { kind: "rate", limit: 5, window: "1m" }, null],
    ["narrower", { kind: "rate", limit: 5, window: "1m" }, { kind: "rate", limit: 5, window: "2h" }],
    [
      "narrower",
      { kind: "budget", measure: "calls", limit: 5, window: { calendar: "hour", timeZone: "UTC" } },
      { kind: "budget", measure: "calls", limit: 5, window: { calendar: "week", timeZone: "UTC" } },
    ],
    [
      "wider",
      { kind: "rate", limit: 5, window: "1m", match: { series: "send_*" } },
      { kind: "rate", limit: 5, window: "1m", match: { series: "send_*", except: { source: "root" } } },
    ],
    [
      "wider",
      { ...deny, match: { tags: { to: "*@evil.example" } } },
      { ...deny, match: { tags: { to: "*@evil.example" }, except: { tags: { to: "ceo@*" } } } },
    ],
    ["mixed", { ...deny, match: { series: "send_*" } }, { ...deny, match: { series: "mail_*" } }],
    [
      "mixed",
      { kind: "budget", measure: "usd", limit: 40, window: "1d" },
      { kind: "budget", measure: "tokens", limit: 40, window: "1d" },
    ],
    ["narrower", { ...ask, match: { series: "refund" } }, { ...deny, match: { series: "refund" } }],
    [
      "wider",
      { kind: "rate", limit: 5, window: "1m", then: "halt" },
      { kind: "rate", limit: 5, window: "1m", then: "block" },
    ],
    [
      "wider",
      { kind: "rate", limit: 5, window: "1m", then: "halt" },
      { kind: "rate", limit: 5, window: "1m", then: "halt", for: "2m" },
    ],
    [
      "mixed",
      { kind: "rate", limit: 5, window: "1m", per: "tag:tenant" },
      { kind: "rate", limit: 5, window: "1m", per: "tag:user" },
    ],
    [
      "mixed",
      { ...deny, match: { schedule: { from: "09:00", to: "17:00", timeZone: "UTC" } } },
      { ...deny, match: { schedule: { from: "10:00", to: "18:00", timeZone: "UTC" } } },
    ],
    [
      "mixed",
      { ...deny, match: { schedule: { from: "09:00", to: "17:00", timeZone: "UTC" } } },
      { ...deny, match: { schedule: { from: "09:00", to: "17:00", timeZone: "America/New_York" } } },
    ],
    [
      "narrower",
      { ...deny, match: { series: "place_order", regime: "shock" } },
      { ...deny, match: { series: "place_order" } },
    ],
    [
      "wider",
      { ...deny, match: { series: "place_order", regime: ["stressed", "shock"] } },
      { ...deny, match: { series: "place_order", regime: ["shock"] } },
    ],
    ["wider", { kind: "size", measure: "usd", limit: 5 }, { kind: "size", measure: "usd", limit: 6 }],
    [
      "wider",
      { ...deny, match: { mentions: ["secret", "password"] } },
      { ...deny, match: { mentions: ["secret"] } },
    ],
    [
      "wider",
      { kind: "newcomers", of: "tag:recipient", limit: 5, window: "1m" },
      { kind: "newcomers", of: "tag:recipient", limit: 9, window: "1m" },
    ],
    [
      "wider",
      { kind: "denials", ratePct: 50, window: "1m", minCalls: 10, then: "halt" },
      { kind: "denials", ratePct: 90, window: "1m", minCalls: 10, then: "halt" },
    ],
  ])(
    "%s: %j → %j",
    (effect, old, now) => {
      const { whole, changes, isWider } = diff(old, now);
      expect(changes).toHaveLength(1);
      expect([changes[0]!.effect, whole.effect]).toEqual([effect, effect]);
      expect(changes[0]!.alone).toBeNull();
      expect(isWider).toBe(effect !== "narrower");
      expect(whole.wider === null).toBe(effect === "narrower");
      // The other way round it is the other way round.
      const turned = { wider: "narrower", narrower: "wider" }[effect as string] ?? effect;
      expect(diff(now, old).whole.effect).toBe(turned);
    },
    60_000,
  );

  test("the history is as short as can be, and tells what both say", () => {
    const { whole } = diff(
      { kind: "rate", limit: 5, window: "1m" },
      { kind: "rate", limit: 7, window: "1m" },
    );
    const { steps, old, new: now } = whole.wider!;
    expect(steps).toMatchObject([
      { atMs: 0, times: 5, old: "allowed", new: "allowed" },
      { atMs: 0, times: 1, old: "refused", new: "allowed" },
    ]);
    expect(steps[0]!.text).toBe("`tool` by `agent`: both allow it");
    expect({ old, now }).toEqual({
      old: { verdict: "refused", code: "rate_limited", rule: "x" },
      now: { verdict: "allowed" },
    });
  });

  const budget = (limit: number): Unnamed => ({ kind: "budget", measure: "usd", limit, window: "1d" });

  test("what is wider by itself, and proven to be held by another rule, is told and does not count", () => {
    const { whole, changes, isWider } = diff(budget(80), budget(120));
    expect([changes[0]!.effect, whole.effect]).toEqual(["none found", "none found"]);
    expect(changes[0]).toMatchObject({ alone: { effect: "wider" }, heldBy: ["daily"] });
    expect(changes[0]!.tried).toBeGreaterThan(10);
    expect(isWider).toBe(false);
  });

  test("what nothing is proven to hold counts as wider, although no history shows it", () => {
    const daily: RuleInput = { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" };
    // The hour's limit is out of reach beside the day's, whatever the time zone: nobody proves that.
    const hour = (limit: number): Unnamed => ({
      ...{ kind: "budget", measure: "usd", limit },
      window: { calendar: "hour", timeZone: "UTC" },
    });
    const { changes, whole, isWider } = diff(hour(80), hour(120), [daily]);
    expect([changes[0]!.effect, whole.effect]).toEqual(["none found", "none found"]);
    expect(changes[0]).toMatchObject({ alone: { effect: "wider" }, heldBy: null });
    expect(isWider).toBe(true);
  });

  test("a counter that may let go later than another is not held by it", () => {
    const calls = (window: string): RuleInput => ({
      ...{ id: `in ${window}`, kind: "budget", measure: "calls", limit: 5000 },
      window,
    });
    const removed = (window: string): unknown => {
      const [old, now] = [compilePolicy([calls(window), calls("1h")]), compilePolicy([calls(window)])];
      const { changes, isWider } = diffPolicies(old, now, { budgetMs: 500 });
      return [changes[0]!.alone?.effect, changes[0]!.heldBy, isWider];
    };
    expect(removed("3601s")).toEqual(["wider", null, true]);
    expect(removed("3604s")).toEqual(["wider", ["in 3604s"], false]);
  });

  test("which of two rules that halt has which name makes no difference", () => {
    const stop = { kind: "access", effect: "deny", match: { series: ["pay"] }, then: "halt" } as const;
    const named = (one: string, other: string): CompiledPolicy =>
      compilePolicy([
        { ...stop, id: one, for: "10s" },
        { ...stop, id: other, halts: "all" },
      ]);
    const [old, now] = [named("a", "b"), named("b", "a")];
    expect(diffPolicies(old, now)).toMatchObject({ whole: { effect: "same" }, changes: [] });
    const moment = { at: START_AT, regime: "normal" } as const;
    const steps = ["read", "pay", "read"].map((series) => act({ source: "agent", series }));
    expect(duel({ old: old.rules, new: now.rules }, { moment, steps })).toBeUndefined();
  });

  test("a limit that asks holds another one only where nothing that is approved counts longer in that", () => {
    const heldBy = (r: Unnamed, raised: object, t: Unnamed): unknown => {
      const rule = (id: string, fields: object): RuleInput => ({ id, ...fields }) as RuleInput;
      const old = compilePolicy([rule("r", r)]);
      const now = compilePolicy([rule("r", { ...r, ...raised }), rule("t", t)]);
      const { changes, isWider } = diffPolicies(old, now, { budgetMs: 20_000 });
      return [changes.find(({ id }) => id === "r")!.heldBy, isWider];
    };
    const usd = { kind: "budget", measure: "usd", limit: 9, window: "1d", then: "approve" } as const;
    expect(heldBy({ ...usd, assume: 10 }, { limit: 100 }, usd)).toEqual([null, true]);
    expect(heldBy({ ...usd, assume: 10 }, { limit: 100 }, { ...usd, then: "block" })).toEqual([["t"], false]);
    const calls = { kind: "rate", limit: 6, window: "1m", then: "approve" } as const;
    const spread = { ...calls, limit: 1, window: "10s" } as const;
    expect(heldBy(calls, { limit: 100 }, spread)).toEqual([null, true]);
    expect(heldBy(calls, { limit: 100 }, { ...spread, then: "block" })).toEqual([["t"], false]);
  }, 60_000);

  test("a limit beyond what is counted up to is judged by its number alone", () => {
    const calls = (limit: number, more: object = {}): RuleInput => ({
      id: "x",
      kind: "budget",
      measure: "calls",
      limit,
      window: "1d",
      ...more,
    });
    const told = (old: RuleInput[], now: RuleInput[]): unknown => {
      const base: RuleInput = { id: "base", kind: "access", effect: "deny", match: { series: "drop" } };
      const diff = diffPolicies(compilePolicy([base, ...old]), compilePolicy([base, ...now]), {
        budgetMs: 20_000,
      });
      const { effect, isProven, missed } = diff.changes[0]!;
      const isHeld = diff.changes[0]!.heldBy !== null;
      expect([diff.whole.effect, diff.whole.isProven]).toEqual([isHeld ? "none found" : effect, isProven]);
      return [effect, isProven, missed, diff.isWider, diff.isKnown];
    };
    const [few, many] = [calls(25_000), calls(25_000_000)];
    expect(told([few], [many])).toEqual(["wider", true, ["numbers"], true, true]);
    expect(told([many], [few])).toEqual(["narrower", true, [], false, true]);
    expect(told([few], [])).toEqual(["wider", true, ["numbers"], true, true]);
    expect(told([], [few])).toEqual(["narrower", true, [], false, true]);
    // Nobody can say which of these is stricter.
    const other = calls(90_000, { window: "2d" });
    expect(told([few], [other])).toEqual(["not known", false, ["numbers"], false, false]);
    const alerts = [calls(25_000, { then: "alert" }), calls(90_000, { then: "alert" })] as const;
    expect(told([alerts[0]], [alerts[1]])).toEqual(["none found", true, [], false, true]);
    // What holds it holds it at any number.
    expect(told([few, { ...few, id: "y" }], [many, { ...few, id: "y" }])).toMatchObject({
      3: false,
      4: true,
    });
  }, 60_000);

  test("a search that was cut short before it had tried what was thought out is no pass", () => {
    const list = (...series: string[]): RuleInput => ({ kind: "access", effect: "allow", match: { series } });
    const [old, now] = [compilePolicy([list("a")]), compilePolicy([list("b")])];
    let ms = 0;
    const cut = diffPolicies(old, now, { budgetMs: 1, now: () => ms++ });
    expect([cut.whole.missed, cut.isWider, cut.isKnown]).toEqual([["time"], false, false]);
    expect(diffPolicies(old, now, { budgetMs: 20_000 })).toMatchObject({
      whole: { effect: "mixed" },
      isKnown: true,
    });
    ms = 0;
    const raised = [9, 99].map((limit) => compilePolicy([{ kind: "rate", limit, window: "1m" }]));
    const proven = diffPolicies(raised[0]!, raised[1]!, { budgetMs: 2, now: () => ms++ });
    expect(proven).toMatchObject({ whole: { effect: "wider", isProven: true }, isWider: true });
  });

  test("what holds has to be in the new policy, and as strict as before", () => {
    const policy = (day: number, x: number) =>
      compilePolicy([
        { id: "daily", kind: "budget", measure: "usd", limit: day, window: "1d" },
        { id: "x", kind: "budget", measure: "usd", limit: x, window: "1d" },
      ]);
    const heldBy = (now: CompiledPolicy): unknown => {
      const { changes, isWider } = diffPolicies(policy(50, 80), now, { budgetMs: 5000 });
      const x = changes.find(({ id }) => id === "x")!;
      return { isWider, heldBy: x.heldBy };
    };
    expect(heldBy(policy(50, 120))).toEqual({ isWider: false, heldBy: ["daily"] });
    expect(heldBy(policy(60, 120))).toEqual({ isWider: true, heldBy: ["daily"] });
    expect(heldBy(policy(100, 120))).toEqual({ isWider: true, heldBy: null });
    expect(heldBy(compilePolicy([{ id: "daily", ...budget(50) }]))).toEqual({
      isWider: false,
      heldBy: ["daily"],
    });
  });

  test("a rule that was split is held by its parts", () => {
    const old = compilePolicy([{ id: "both", ...deny, match: { series: ["drop", "delete"] } }]);
    const parts = (...series: string[]) =>
      compilePolicy(
        series.map((name): RuleInput => ({ id: `no ${name}`, ...deny, match: { series: name } })),
      );
    const { whole, changes, isWider } = diffPolicies(old, parts("drop", "delete"), { budgetMs: 1000 });
    expect(whole.effect).toBe("none found");
    expect(changes.find(({ what }) => what === "removed")).toMatchObject({
      effect: "wider",
      heldBy: ["no delete", "no drop"],
    });
    expect(isWider).toBe(false);
    expect(diffPolicies(old, parts("drop"), { budgetMs: 1000 }).isWider).toBe(true);
  });

  test("beside a new rule that halts, allows or learns nothing is proven", () => {
    const daily: RuleInput = { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" };
    const old = compilePolicy([daily, { id: "x", ...budget(80) }]);
    const others: RuleInput[] = [
      { id: "halts", kind: "rate", limit: 5, window: "1m", then: "halt", for: "1m" },
      { id: "allows", kind: "access", effect: "allow", match: { series: "read" } },
      { id: "learns", kind: "score", settings: { minSamplesForKill: 15 } },
      { id: "sees", kind: "runaway", multiple: 5 },
    ];
    for (const other of others) {
      const { changes } = diffPolicies(old, compilePolicy([daily, other]), { budgetMs: 300 });
      const removed = changes.find(({ what }) => what === "removed")!;
      expect({ ...removed, by: other.id }).toMatchObject({ alone: { effect: "wider" }, heldBy: null });
    }
  });

  test("the same seed and enough time give the same answer", () => {
    const [a, b] = [1, 2].map(() =>
      diff({ kind: "concurrency", limit: 2 }, { kind: "concurrency", limit: 4 }),
    );
    expect(a).toEqual(b);
  });
});

describe("which rules belong together", () => {
  const rules = (...inputs: RuleInput[]) => compilePolicy(inputs).rules;
  const whatOf = (old: RuleInput[], now: RuleInput[]): string[] =>
    changesBetween(rules(...old), rules(...now)).map(
      ({ what, old: before, new: after }) => `${what} ${before?.id ?? "-"} ${after?.id ?? "-"}`,
    );
  const cap = (id: string, limit: number, series = "x"): RuleInput => ({
    ...{ id, kind: "rate", limit, window: "1m" },
    match: { series },
  });

  test("another name is no change, nor is another order", () => {
    expect(whatOf([cap("a", 1), cap("b", 2, "y")], [cap("c", 2, "y"), cap("d", 1)])).toEqual([]);
  });

  test("first those of one id, then those that count the same; the rest came or went", () => {
    expect(
      whatOf([cap("a", 1), cap("b", 2, "y")], [cap("a", 5), cap("c", 3, "y"), cap("d", 9, "z")]),
    ).toEqual(["changed a a", "changed b c", "added - d"]);
    expect(whatOf([cap("a", 1)], [{ id: "a", ...deny, match: { series: "x" } }])).toEqual([
      "removed a -",
      "added - a",
    ]);
  });

  test("two rules that say the same are two", () => {
    expect(whatOf([cap("a", 1)], [cap("a", 1), cap("b", 1)])).toEqual(["added - b"]);
  });
});

async function command(...argv: string[]): Promise<{ code: number; out: string; error: unknown }> {
  let [code, out] = [0, ""];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const io = {
    ...{ stdout: (text: string) => void (out += text), stderr: () => undefined },
    ...{ isTTY: false, columns: 100, env: {} },
  };
  addDiff(program, io, (result) => (code = result));
  try {
    await program.parseAsync(["diff", ...argv], { from: "user" });
    return { code, out, error: undefined };
  } catch (error) {
    return { code: 1, out, error };
  }
}

describe("rein diff", () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const five = file("five.txt", "Cap all agents together at 5 actions per minute");
  const nine = file("nine.txt", "Cap all agents together at 9 actions per minute");

  test("wider is exit code 2, unless it is allowed; narrower and the same are 0", async () => {
    const wider = await command(five, nine);
    expect(wider.error).toBeUndefined();
    expect(wider.code).toBe(2);
    expect(wider.out).toMatch(/changed {2}wider/);
    expect(wider.out).toContain("- Cap all agents together at 5 actions per minute");
    expect(wider.out).toContain("at once  5 × `tool` by `agent`: both allow it");
    expect(wider.out).toMatch(/old: refused \(rate_limited, rule `rate-1`\) · new: allowed/);
    expect((await command(five, nine, "--allow-wider")).code).toBe(0);
    expect(await command(nine, five)).toMatchObject({ code: 0, out: expect.stringContaining("narrower") });
    const daily = (name: string, limit: number, window: string): string =>
      file(name, JSON.stringify([{ kind: "budget", measure: "calls", limit, window }]));
    const [few, many] = [daily("few.json", 25_000, "1d"), daily("many.json", 90_000, "2d")];
    const blind = await command(few, many);
    expect(blind).toMatchObject({ code: 2, out: expect.stringContaining("not known") });
    expect(blind.out).toContain("no history counts up to the numbers");
    expect((await command(few, many, "--allow-wider")).code).toBe(0);
    const grown = await command(few, daily("grown.json", 25_000_000, "1d"));
    expect(grown).toMatchObject({ code: 2, out: expect.stringContaining("wider, proven") });
    const same = await command(five, file("same.json", '[{"id":"x","kind":"rate","limit":5,"window":"1m"}]'));
    expect(same).toMatchObject({ code: 0 });
    expect(same.out).toContain("Both policies say the same.");
  });

  test("--json has the history step by step", async () => {
    const { out } = await command(five, nine, "--json", "--seed", "7", "--budget", "10s");
    const document = JSON.parse(out) as PolicyDiff & { exitCode: number };
    expect(document).toMatchObject({
      exitCode: 2,
      isWider: true,
      whole: { effect: "wider", narrower: null },
    });
    expect(document.changes[0]!.wider!.steps.at(-1)).toMatchObject({ old: "refused", new: "allowed" });
  });

  test.each<[string, string[], RegExp]>([
    ["a policy that does not compile", [five, file("bad.txt", "Cap colours at blue")], /bad\.txt/],
    ["a policy that is not there", [five, join(root, "none.yaml")], /none\.yaml/],
    ["a budget that is no time", [five, nine, "--budget", "soon"], /duration/],
  ])("with %s: exit 1, and what is wrong", async (_what, argv, complaint) => {
    const { code, out, error } = await command(...argv);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect((error as Error).message).toMatch(complaint);
  });
});
