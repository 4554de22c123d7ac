import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { SessionFile } from "../src/cli/session-file.js";
import { START_AT } from "../src/analysis/start-at.js";
import { replaySessions } from "../src/cli/session-replay.js";
import type { SessionReplayOptions } from "../src/cli/session-replay.js";
import type { SessionReplayReport } from "../src/cli/replay-tally.js";
import { compilePolicy } from "../src/policy/index.js";
import type { PolicyInput } from "../src/policy/index.js";
import { loadPolicy } from "../src/rein/index.js";

type Overrides = Partial<Omit<SessionReplayOptions, "policy">>;

const example = fileURLToPath(new URL("../policies/example.yaml", import.meta.url));

async function replayFile(
  path: string,
  policy: PolicyInput,
  options: Overrides = {},
): Promise<SessionReplayReport> {
  return replaySessions(new SessionFile(path).sessions(), {
    ...{ policy: compilePolicy(policy), paceMs: 1000, startAt: START_AT, maxListed: 1000 },
    ...options,
  });
}

describe("recorded trajectories", () => {
  const folder = fileURLToPath(new URL("../../shared/data/trajectories/", import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")) : [];
  if (files.length === 0) {
    console.warn(
      "SKIPPED: the recorded trajectories are not here (../shared/data/trajectories), so replaying them is NOT tested",
    );
  }

  interface Recorded {
    readonly id: string;
    readonly reward: number;
    readonly events: readonly { readonly series: string; readonly ok: boolean }[];
  }
  /** Read apart from the code under test. */
  const recordedIn = (name: string): Recorded[] =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Recorded);

  describe.skipIf(files.length === 0).each(files.length === 0 ? ["(absent)"] : files)("%s", (name) => {
    test("every session and event is accounted for", async () => {
      const recorded = recordedIn(name);
      const report = await replayFile(join(folder, name), await loadPolicy(example));
      expect(report.sessions).toBe(recorded.length);
      expect(report.events).toBe(recorded.reduce((sum, { events }) => sum + events.length, 0));
      expect(report.allowed + report.refused).toBe(report.events);
      expect(report.refusals.length + report.refusalsNotListed).toBe(report.refused + report.stopped);
      expect(report.notes).toEqual([]);
    });

    test("the example policy leaves sessions that did their task alone, all but a few", async () => {
      const solved = new Set(recordedIn(name).flatMap(({ id, reward }) => (reward === 1 ? [id] : [])));
      const report = await replayFile(join(folder, name), await loadPolicy(example));
      const touched = new Set(report.refusals.map(({ session }) => session).filter((id) => solved.has(id)));
      expect(touched.size).toBeLessThanOrEqual(solved.size * 0.02);
      expect(report.sessionsTouched).toBeLessThanOrEqual(report.sessions * 0.05);
    });

    test("a tight policy refuses exactly the bookings beyond the second of a session", async () => {
      const beyond = recordedIn(name).flatMap(({ id, events }) =>
        events
          .flatMap(({ series }, i) => (series === "book_reservation" ? [i + 1] : []))
          .slice(2)
          .map((event) => `${id}#${event}`),
      );
      expect(beyond.length).toBeGreaterThan(0);
      const report = await replayFile(join(folder, name), {
        ...{ id: "two-bookings", kind: "budget", measure: "calls", limit: 2, window: "forever" },
        match: { series: "book_reservation" },
      });
      expect(report.refusals.map(({ session, event }) => `${session}#${event}`)).toEqual(beyond);
      expect(report.rows).toMatchObject([
        { effect: "refused", rule: "two-bookings", code: "budget_exhausted", count: beyond.length },
      ]);
    });

    test("with one governor for all sessions the same limit holds over the whole file", async () => {
      const bookings = recordedIn(name).flatMap(({ events }) =>
        events.filter(({ series }) => series === "book_reservation"),
      );
      const report = await replayFile(
        join(folder, name),
        {
          kind: "budget",
          measure: "calls",
          limit: 2,
          window: "forever",
          match: { series: "book_reservation" },
        },
        { continuous: true },
      );
      expect(report.refused).toBe(bookings.length - 2);
      expect(report.sessions).toBe(recordedIn(name).length);
    });

    test("the same file and policy give the same report", async () => {
      const policy = { kind: "rate", limit: 3, window: "10s", per: "series" } as const;
      const path = join(folder, name);
      expect(await replayFile(path, policy)).toEqual(await replayFile(path, policy));
    });
  });
});

const dir = mkdtempSync(join(tmpdir(), "rein-sessions-"));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

let files = 0;
function file(...lines: readonly (string | object)[]): string {
  const path = join(dir, `sessions-${++files}.jsonl`);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return path;
}

const session = (...events: readonly object[]): object => ({
  events: events.map((event) => ({ source: "a", series: "x", ...event })),
});
const refusedEvents = ({ refusals }: SessionReplayReport): number[] => refusals.map(({ event }) => event);

describe("what came of it", () => {
  const circles = { id: "circles", kind: "loop", then: "block" } as const;
  const turns = (result: (i: number) => unknown): object =>
    session(...Array.from({ length: 30 }, (_, i) => ({ args: { q: 1 }, result: result(i) })));

  test("`result` reaches loop rules: the same answer over and over is a loop, new answers are none", async () => {
    const words = ["queued", "built", "tested", "packed", "signed", "sent", "done", "gone", "kept", "seen"];
    const same = await replayFile(file(turns(() => ({ error: "no such table" }))), circles);
    expect(same.rows).toContainEqual(expect.objectContaining({ effect: "refused", rule: "circles" }));
    const fresh = turns((i) => `${words[i % 10]!} and ${words[Math.floor(i / 10)]!}`);
    const report = await replayFile(file(fresh), circles);
    expect(report.refused).toBe(0);
    expect(report.notes).toEqual([]);
  });

  test("`progress`, or a result that is new, resets what a rule against spending in vain has counted", async () => {
    const idle = { id: "idle", kind: "loop", measure: "usd", limit: 5 } as const;
    const spend = (more: object): object[] =>
      Array.from({ length: 8 }, () => ({ cost: { usd: 1 }, ...more }));
    expect((await replayFile(file(session(...spend({ progress: true }))), idle)).refused).toBe(0);
    expect((await replayFile(file(session(...spend({ result: "the same" }))), idle)).refused).toBeGreaterThan(
      0,
    );
    const silent = await replayFile(file(session(...spend({}))), idle);
    expect(silent.refused).toBeGreaterThan(0);
    expect(silent.notes).toEqual([expect.stringContaining("no event has a `result` or says `progress`")]);
  });

  test("`slippageCents` reaches the score", async () => {
    const care = { id: "care", kind: "score", settings: { execRedSlippageCents: 3 } } as const;
    const trades = (slippageCents: number): object =>
      session(...Array.from({ length: 80 }, (_, i) => ({ slippageCents: slippageCents + (i % 3) * 0.1 })));
    expect((await replayFile(file(trades(0.5)), care)).refused).toBe(0);
    const bad = await replayFile(file(trades(9)), care);
    expect(bad.refusals[0]).toMatchObject({ rule: "care", code: "lane_red" });
    expect(bad.refusals[0]!.message).toContain("slippage");
  });

  test("realized values reach the score, and a rule about them says when there are none", async () => {
    const care = { id: "care", kind: "score", settings: { edgeBlackMeanCents: -1 } } as const;
    const worth = (pnl: number): object[] =>
      Array.from({ length: 80 }, (_, i) => [
        { source: "a", series: "x" },
        { realize: { source: "a", series: "x", pnl: pnl + (i % 3) * 0.001, predictedEdge: 0.01 } },
      ]).flat();
    const losing = await replayFile(file({ events: worth(-0.05) }), care);
    expect(losing.events).toBe(80);
    expect(losing.refusals[0]!.code).toMatch(/^lane_(red|killed)$/);
    expect((await replayFile(file({ events: worth(0.05) }), care)).refused).toBe(0);
    const deep = {
      events: [
        { realize: { source: "a", series: "x", pnl: 1, capitalPct: -0.12 } },
        { source: "a", series: "x" },
      ],
    };
    expect((await replayFile(file(deep), care)).refused).toBe(1);
    expect((await replayFile(file(session({})), care)).notes).toEqual([
      expect.stringContaining("no `realize` is reported here"),
    ]);
  });

  test("a rule for a regime says when no signal is there to tell it", async () => {
    const rule = { id: "careful", kind: "access", effect: "deny", match: { regime: "shock" } } as const;
    expect((await replayFile(file(session({})), rule)).notes).toEqual([
      expect.stringContaining("depends on the regime, and no signal is reported here"),
    ]);
  });
});

describe("time", () => {
  const oneASecond = { kind: "rate", limit: 1, window: "1s" } as const;

  test("`at` decides what falls into a window, as a number or as text", async () => {
    const path = file(
      session({ at: 1000 }, { at: 1999 }, { at: 2000 }, { at: 2500 }),
      session(
        { at: "2026-03-02T09:00:00Z" },
        { at: "2026-03-02T09:00:00.999" },
        { at: "2026-03-02T11:00:01+02:00" },
      ),
    );
    const report = await replayFile(path, oneASecond);
    expect(refusedEvents(report)).toEqual([2, 4, 2]);
    expect(report.refusals[2]!.at).toBe(Date.UTC(2026, 2, 2, 9, 0, 0, 999));
  });

  test("events without a time come the pace apart", async () => {
    const path = file(session({}, {}, {}, {}));
    expect(refusedEvents(await replayFile(path, oneASecond, { paceMs: 1000 }))).toEqual([]);
    expect(refusedEvents(await replayFile(path, oneASecond, { paceMs: 600 }))).toEqual([2, 4]);
  });

  test("an event without a time waits until the one before has ended; one with a time does not", async () => {
    const one = { kind: "concurrency", limit: 1 } as const;
    expect((await replayFile(file(session({ latencyMs: 5000 }, {}, {})), one)).refused).toBe(0);
    const overlapping = file(session({ at: 0, latencyMs: 5000 }, { at: 4999 }, { at: 5000 }));
    expect(refusedEvents(await replayFile(overlapping, one))).toEqual([2]);
  });

  test("calendars and schedules follow `at`", async () => {
    const path = file(
      session({ at: "2026-03-02T23:59:59Z" }, { at: "2026-03-03T00:00:01Z" }, { at: "2026-03-07T12:00:00Z" }),
    );
    const day = { calendar: "day", timeZone: "UTC" } as const;
    expect(
      (await replayFile(path, { kind: "budget", measure: "calls", limit: 1, window: day })).refused,
    ).toBe(0);
    const weekend = {
      kind: "access",
      effect: "deny",
      match: { schedule: { days: ["sat", "sun"] } },
    } as const;
    const report = await replayFile(path, weekend);
    expect(refusedEvents(report)).toEqual([3]);
    expect(report.notes).toEqual([]);
    expect((await replayFile(file(session({})), weekend)).notes).toEqual([
      expect.stringContaining("events have no `at`"),
    ]);
  });

  test("time that goes back is refused with its place", async () => {
    const path = file(session({ at: 5 }), session({ at: 9 }, { at: 8 }));
    await expect(replayFile(path, oneASecond)).rejects.toThrow(
      "line 2, event 2 goes back in time: 1970-01-01T00:00:00.008Z after",
    );
    await expect(replayFile(file(session({}, { at: 8 })), oneASecond)).rejects.toThrow(
      "line 1, event 2 has a time, `at`, and the first event has none",
    );
  });

  test("sessions each have their own time, and one time when they share a governor", async () => {
    const path = file(session({ at: 5000 }), session({ at: 1000 }));
    expect((await replayFile(path, oneASecond)).refused).toBe(0);
    await expect(replayFile(path, oneASecond, { continuous: true })).rejects.toThrow(
      "line 2, event 1 goes back in time",
    );
  });
});

describe("what happened", () => {
  test("costs are charged, refused ones are not, and a missing one is named", async () => {
    const budget = { id: "money", kind: "budget", measure: "usd", limit: 1, window: "forever" } as const;
    const usd = (amount: number): object => ({ cost: { usd: amount } });
    const report = await replayFile(
      file(session(usd(0.6), usd(0.6), usd(0.4), usd(0.01), {}, usd(-1))),
      budget,
    );
    expect(report.refusals.map(({ event, code }) => [event, code])).toEqual([
      [2, "budget_exhausted"],
      [4, "budget_exhausted"],
      [5, "cost_missing"],
      [6, "cost_invalid"],
    ]);
    expect(report).toMatchObject({ allowed: 2, refused: 4, uncertain: 4, sessionsTouched: 1 });
  });

  test("failures open a breaker, and refused calls do not feed it", async () => {
    const rule = { kind: "errors", consecutive: 2, for: "3s" } as const;
    const [bad, good] = [{ ok: false }, { ok: true }];
    expect(refusedEvents(await replayFile(file(session(bad, good, bad, bad, bad, bad, good)), rule))).toEqual(
      [5, 6],
    );
  });

  test("a halt by a rule is counted and stops the rest of its session, not the next one", async () => {
    const rule = { id: "twice", kind: "rate", limit: 2, window: "1h", then: "halt" } as const;
    const path = file(session({}, {}, {}, {}), session({}, {}));
    const report = await replayFile(path, rule);
    expect(report).toMatchObject({ halts: 1, refused: 2, sessionsTouched: 1 });
    expect(report.rows.map(({ effect, rule: id, code, count }) => [effect, id, code, count])).toEqual([
      ["refused", "twice", "rate_limited", 1],
      ["halted", "twice", "halt", 1],
      ["refused", "twice", "halted", 1],
    ]);
    expect(await replayFile(path, rule, { continuous: true })).toMatchObject({
      halts: 1,
      refused: 4,
      sessionsTouched: 2,
    });
  });

  test("what runs too long is stopped in flight, and so is what a halt meets", async () => {
    const path = file(session({ at: 0, latencyMs: 61_000 }, { at: 1, latencyMs: 59_000 }));
    expect(await replayFile(path, { kind: "timeout", limit: "1m" })).toMatchObject({
      ...{ allowed: 2, stopped: 1, uncertain: 0 },
      refusals: [{ event: 1, effect: "stopped", code: "timed_out", at: 61_000 }],
    });
    const halting = file(session({ at: 0, latencyMs: 1000 }, { at: 500 }));
    expect(
      (await replayFile(halting, { kind: "rate", limit: 1, window: "1m", then: "halt" })).refusals,
    ).toMatchObject([
      { event: 2, effect: "refused" },
      { event: 1, effect: "stopped", code: "halted" },
    ]);
  });

  test("an action that outlives its permit is reported, and the replay goes on", async () => {
    const hours = 3_600_000;
    const report = await replayFile(file(session({ latencyMs: hours, cost: { usd: 1 } }, {})), {
      ...{ kind: "budget", measure: "usd", limit: 5, window: "1d", assume: 0 },
    });
    expect(report).toMatchObject({ events: 2, stopped: 1, refusals: [{ code: "expired" }] });
  });

  test("rules that only tell, and rules in shadow, refuse nothing and are shown", async () => {
    const report = await replayFile(file(session({}, {}, {})), [
      { id: "told", kind: "rate", limit: 1, window: "1h", then: "alert" },
      { id: "shadowed", kind: "rate", limit: 2, window: "1h", mode: "shadow" },
    ]);
    expect(report).toMatchObject({ refused: 0, sessionsTouched: 0 });
    expect(new Set(report.rows.map(({ effect, rule }) => `${effect} by ${rule}`))).toEqual(
      new Set(["alerted by told", "shadow by shadowed"]),
    );
  });

  test("signals and balances in a session are heard; rules that miss theirs are named", async () => {
    const fresh = { id: "feed", kind: "stale", signal: "price", maxAge: "5s" } as const;
    const floor = { id: "floor", kind: "floor", limit: 20 } as const;
    const path = file(
      { signal: "price", value: 101.5, at: 0 },
      { source: "a", series: "trade", at: 1000 },
      { source: "a", series: "trade", at: 9000 },
      { signal: "price", value: 99, at: 9500 },
      { source: "a", series: "trade", at: 9600 },
      { balance: { start: 100, current: 10 }, at: 9700 },
      { source: "a", series: "trade", at: 9800 },
    );
    const report = await replayFile(path, [fresh, floor]);
    expect(report.refusals.map(({ place, code }) => [place, code])).toEqual([
      ["line 3", "signal_stale"],
      ["line 7", "balance_floor"],
    ]);
    expect(report.notes).toEqual([]);
    expect((await replayFile(file(session({})), [fresh, floor])).notes).toEqual([
      expect.stringContaining("`price`, which is never reported"),
      expect.stringContaining("watches balances"),
    ]);
  });

  test("an approval that nobody gives is a refusal that says so", async () => {
    const report = await replayFile(file(session({ args: { amount: 300 } }, { args: { amount: 3 } })), {
      ...{ kind: "access", effect: "approve", match: { args: { amount: { over: 200 } } } },
    });
    expect(report.refusals).toMatchObject([{ event: 1, code: "approval_required" }]);
  });

  test("tens of thousands of events in one session lose no alert to a full queue", async () => {
    const events = Array.from({ length: 30_000 }, (_, i) => ({
      ...({
        type: "action",
        place: `event ${i + 1}`,
        source: "a",
        series: "x",
        ok: true,
        at: i * 120_000,
      } as const),
    }));
    const report = await replaySessions([{ id: "long", events }], {
      policy: compilePolicy({ kind: "rate", limit: 1, window: "1h", then: "alert" }),
      ...{ paceMs: 1000, startAt: 0, maxListed: 10 },
    });
    expect(report.events).toBe(30_000);
    expect(report.rows[0]!.count).toBeGreaterThan(10_000);
  });
});

describe("files", () => {
  const none: PolicyInput = [];
  const allowAll = compilePolicy(none);

  test("one event a line is one session", async () => {
    const path = file({ source: "a", series: "x" }, "", { source: "a", series: "y" });
    expect(await replayFile(path, { kind: "rate", limit: 1, window: "1h" })).toMatchObject({
      ...{ sessions: 1, events: 2 },
      refusals: [{ session: "1", event: 2, place: "line 3" }],
    });
  });

  test("a session without an id is named by its line; marks, CRLF and blank lines do no harm", async () => {
    const path = file(
      "\ufeff" + JSON.stringify(session({})) + "\r",
      "  ",
      JSON.stringify({ id: 7, ...session({}) }) + "\r",
      "",
    );
    const report = await replayFile(path, { kind: "access", effect: "deny" });
    expect(report.refusals.map(({ session: id }) => id)).toEqual(["line 1", "7"]);
  });

  test("a line that is split between two reads is one line", async () => {
    const big = { id: "big", ...session({ args: { text: "ä".repeat(1_500_000) } }, {}) };
    expect(await replayFile(file(big, session({}), big), allowAll)).toMatchObject({ sessions: 3, events: 5 });
  });

  test.each<[what: string, lines: (string | object)[], complaint: string]>([
    ["an empty file", [], "is empty"],
    ["a file of blank lines", ["", "  ", ""], "is empty"],
    ["what is not JSON", [session({}), "{oops"], "line 2 is not JSON"],
    ["a list", [[]], "line 1 is not an object"],
    ["events that are no list", [{ events: {} }], "line 1 has `events` that are no list"],
    ["an event among sessions", [session({}), { source: "a", series: "x" }], "line 2 is no session"],
    ["a session among events", [{ source: "a", series: "x" }, session({})], "line 2 is a session"],
    [
      "an event that is no object",
      [{ events: [{ source: "a", series: "x" }, 5] }],
      "line 1, event 2 is not an object",
    ],
    ["no source", [{ events: [{ series: "x" }] }], "line 1, event 1 has a bad `source`: it is missing"],
    ["a series that is a number", [session({ series: 5 })], "bad `series`: it is not text"],
    ["ok that is text", [session({ ok: "yes" })], "bad `ok`: it is neither true nor false"],
    ["a cost that is text", [session({ cost: { usd: "1" } })], "bad `cost.usd`: it must be number"],
    ["a tag that is a list", [session({ tags: { to: [] } })], "bad `tags.to`"],
    ["a latency below zero", [session({ latencyMs: -1 })], "bad `latencyMs`"],
    ["a time that is none", [session({ at: "yesterday" })], "bad `at`: it is not a time"],
    ["a time without its date", [session({ at: "12:00" })], "bad `at`: it is not a time"],
    ["an impossible date", [session({ at: "2026-02-30T00:00:00Z" })], "bad `at`: it is not a time"],
    ["a time without end", [`{"source":"a","series":"x","at":1e999}`], "bad `at`: it is not a time"],
    ["a signal without a value", [{ signal: "price" }], "bad `value`: it is missing"],
    ["a result of nobody", [{ realize: { series: "x", pnl: 1 } }], "bad `realize.source`: it is missing"],
    ["a worth that is none", [{ realize: { source: "a", series: "x", pnl: "1" } }], "bad `realize.pnl`"],
    [
      "a share that is none",
      [{ realize: { source: "a", series: "x", pnl: 1, capitalPct: true } }],
      "bad `realize.capitalPct`: it is not a finite number",
    ],
    ["a slippage in words", [{ source: "a", series: "x", slippageCents: "3" }], "bad `slippageCents`"],
    ["a balance without its start", [{ balance: { current: 1 } }], "bad `balance.start`: it is missing"],
  ])("%s: an error that names the file and the place", async (_what, lines, complaint) => {
    const path = file(...lines);
    const error: Error = await replayFile(path, allowAll).then(
      () => expect.fail("must not be accepted"),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).toContain(path);
    expect(error.message).toContain(complaint);
  });

  test("what is not UTF-8 is named by its line", async () => {
    const path = file(session({}));
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0x0a, 0x22, 0xff, 0x22])]));
    await expect(replayFile(path, allowAll)).rejects.toThrow("line 2 is not UTF-8 text");
  });

  test("fields that mean nothing are counted, with the one that was probably meant", async () => {
    const input = new SessionFile(
      file({ id: 1, task: 3, ...session({ latency: 5, result: "fine", note: 1 }, { note: 2 }) }),
    );
    for await (const { events } of input.sessions()) for await (const _event of events);
    expect([...input.ignoredFields]).toEqual([
      ["latency (did you mean latencyMs?)", 1],
      ["note", 2],
    ]);
  });

  test("a report that the governor does not take is an error with its place", async () => {
    const path = file({ realize: { source: "", series: "x", pnl: 1 } });
    await expect(replayFile(path, allowAll)).rejects.toThrow(/^line 1 is refused: .*source/);
  });

  test("fields inside a report that mean nothing are told, too", async () => {
    const input = new SessionFile(file({ realize: { source: "a", series: "x", pnl: 1, predictedEgde: 2 } }));
    for await (const { events } of input.sessions()) for await (const _event of events);
    expect([...input.ignoredFields]).toEqual([["realize.predictedEgde (did you mean predictedEdge?)", 1]]);
  });
});
