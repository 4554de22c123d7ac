import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Backtest } from "../src/analysis/backtest/index.js";
import type { BacktestReport, Flip, HistoryRecord } from "../src/analysis/backtest/index.js";
import { readLog } from "../src/audit/index.js";
import { addBacktest } from "../src/cli/backtest.js";
import { ReinError } from "../src/core/errors.js";
import type { Action, PolicyInput, Rein, ReinOptions, RuleInput } from "../src/index.js";
import { compilePolicy } from "../src/policy/index.js";
import { nodeDisk } from "../src/store/index.js";
import { FakeClock } from "../src/testing/index.js";
import { SeededRandom } from "../src/testing/seeded-random.js";
import { forge, openIn, segmentFile } from "./support/command-line.js";

let root: string;
let dir: string;
let clock: FakeClock;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rein-backtest-"));
  dir = join(root, "state");
  clock = new FakeClock();
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const open = (policy?: PolicyInput, options: Partial<ReinOptions> = {}): Promise<Rein> =>
  openIn(dir, policy, { clock, ...options });

/** One action to its end; false: it was refused. */
function act(
  rein: Rein,
  action: Action,
  outcome: { ok?: boolean; progress?: boolean; usd?: number } = {},
): boolean {
  const { ok = true, progress, usd } = outcome;
  const decision = rein.gate(action);
  decision.permit?.settle({
    ok,
    ...(progress !== undefined && { progress }),
    ...(usd !== undefined && { cost: { usd } }),
  });
  return decision.allowed;
}

function records(): HistoryRecord[] {
  return [...readLog({ disk: nodeDisk, dir: join(dir, "audit"), withBlobs: true })];
}

interface Tried {
  readonly report: BacktestReport;
  readonly flips: readonly Flip[];
}

function tryOn(
  history: Iterable<HistoryRecord>,
  policy: PolicyInput,
  options: { against?: PolicyInput; resumeAfterMs?: number } = {},
): Tried {
  const flips: Flip[] = [];
  const { against, resumeAfterMs } = options;
  const run = new Backtest({
    policies: [{ name: "new", policy: compilePolicy(policy) }],
    against: against === undefined ? undefined : { name: "old", policy: compilePolicy(against) },
    resumeAfterMs,
    onFlip: (flip) => flips.push(flip),
  });
  for (const record of history) run.take(record);
  return { report: run.report(), flips };
}

const budget = (limit: number, id = "daily"): RuleInput => ({
  id,
  kind: "budget",
  measure: "usd",
  limit,
  window: "1d",
});
const rate = (limit: number): RuleInput => ({ id: "rate", kind: "rate", limit, window: "1h" });
const pay = (usd: number, series = "pay"): Action => ({ source: "agent", series, cost: { usd } });

describe("a recorded log under another policy", () => {
  test("under its own policy every decision comes out the same, over restarts, halts and approvals", async () => {
    const policy: RuleInput[] = [
      budget(50),
      rate(30),
      { id: "ask", kind: "access", effect: "approve", match: { series: "refund" } },
      { id: "breaker", kind: "errors", consecutive: 3, for: "5m", per: "series" },
      { id: "deny", kind: "access", effect: "deny", match: { tags: { env: "prod*" } } },
      { id: "slow", kind: "timeout", limit: "10s" },
      { id: "jam", kind: "concurrency", limit: 3, then: "halt", for: "1m" },
    ];
    const random = new SeededRandom(7);
    for (let life = 0; life < 3; life++) {
      const rein = await open(policy);
      const running = [];
      for (let i = 0; i < 120; i++) {
        clock.advance(random.below(60_000));
        const series = ["pay", "refund", "read"][random.below(3)]!;
        const tags = { env: random.below(5) === 0 ? "prod-1" : "dev" };
        const decision = rein.gate({ ...pay(random.below(3)), series, tags, args: { n: random.below(4) } });
        if (decision.allowed) running.push(decision.permit);
        else if (decision.refusal.approvalId !== undefined && random.below(2) === 0)
          rein.approve(decision.refusal.approvalId, { by: "ann" });
        if (running.length > 2 || random.below(2) === 0) running.shift()?.settle({ ok: random.below(3) > 0 });
        if (i % 40 === 20) {
          const { id } = await rein.halt({
            scope: { series: "read" },
            reason: "look",
            by: "ann",
            deadlineMs: 0,
          });
          for (let k = 0; k < 3; k++) act(rein, pay(0, "read"));
          await rein.resume({ halt: id, by: "ann" });
        }
      }
      await rein.close();
      clock.advance(1000);
    }
    const { report, flips } = tryOn(records(), policy);
    expect(flips).toEqual([]);
    expect(report.recorded).toMatchObject({ runs: 3, notReproduced: 0, skipped: 0, gaps: 0 });
    expect(report.recorded.refused).toBeGreaterThan(50);
    expect(report.policies[0]).toMatchObject({
      same: report.recorded.decisions,
      allowed: report.recorded.allowed,
      unsure: 0,
    });
  });

  test("a smaller budget: what is saved, what honest work is lost, and by which rule", async () => {
    const rein = await open(budget(50));
    act(rein, pay(4), { usd: 3, progress: true });
    act(rein, pay(4), { usd: 4, ok: false });
    act(rein, pay(4), { usd: 1, progress: true });
    act(rein, pay(2), { usd: 2 });
    rein.gate(pay(4));
    await rein.close();
    const { report, flips } = tryOn(records(), budget(6));
    const [policy] = report.policies;
    // 3 of 6 spent: 4 is too much three times, and 2 fits.
    expect(policy).toMatchObject({ allowed: 2, refused: 3, same: 2 });
    expect(policy!.refusedNow).toEqual({
      ...{ count: 3, worked: 1, progress: 1, failed: 1, unknown: 1, neverBegan: 0, later: 2 },
      ...{ cost: { usd: 5 }, unknownCost: { usd: 4 } },
    });
    expect(policy!.rows).toMatchObject([
      { flip: "refused", rule: "daily", code: "budget_exhausted", count: 3 },
    ]);
    expect(flips.map(({ outcome, cost, later }) => [outcome, cost["usd"], later])).toEqual([
      ["failed", 4, false],
      ["worked", 1, true],
      ["unknown", 4, true],
    ]);
    expect(flips[0]!.id).toMatch(/^[\w-]+\.2$/);
    expect(flips[0]!.message).toContain("$3.00 spent");
  });

  test("what never happened in the record is allowed with an unknown outcome, at what it asked for", async () => {
    const rein = await open(budget(5));
    for (let i = 0; i < 4; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    const { report, flips } = tryOn(records(), budget(7));
    expect(report.policies[0]!).toMatchObject({
      ...{ allowed: 3, refused: 1, same: 3, assumed: 1 },
      allowedNow: { count: 1, unknown: 1, cost: {}, unknownCost: { usd: 2 } },
    });
    expect(flips).toMatchObject([
      { flip: "allowed", rule: "daily", code: "budget_exhausted", outcome: "unknown" },
    ]);
  });

  test("in shadow everything was allowed: the policy that was tried then is compared like any other", async () => {
    const rein = await open(budget(5), { mode: "shadow" });
    for (let i = 0; i < 4; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    const { report } = tryOn(records(), budget(5));
    expect(report.recorded).toMatchObject({ allowed: 4, wouldRefuse: 2 });
    expect(report.policies[0]!.refusedNow).toMatchObject({ count: 2, worked: 2, cost: { usd: 4 } });
    expect(report.notes.join()).toContain("in shadow");
    const compared = tryOn(records(), budget(7), { against: budget(5) }).report;
    expect(compared).toMatchObject({ against: "old" });
    expect(compared.policies[0]!.allowedNow).toMatchObject({
      count: 1,
      worked: 1,
      unknown: 0,
      cost: { usd: 2 },
    });
    expect(compared.policies[0]!.refusedNow.count).toBe(0);
  });

  test("an answer that nobody recorded makes a decision unsure; one that was recorded does not", async () => {
    const asked: RuleInput = {
      id: "prod",
      kind: "access",
      effect: "deny",
      match: { series: "pay", tags: { env: "prod" } },
    };
    const rein = await open(asked, { mode: "shadow" });
    act(rein, { ...pay(1), tags: { env: "prod", to: "bob" } });
    act(rein, { ...pay(1), tags: { env: "dev", to: "bob" } });
    act(rein, { ...pay(1, "read"), tags: { env: "dev" } });
    await rein.close();
    const known = tryOn(records(), { ...asked, id: "other" }).report.policies[0]!;
    expect(known).toMatchObject({
      unsure: 0,
      same: 2,
      allowed: 2,
      allowedAtMost: 2,
      refusedNow: { count: 1 },
    });
    const unknown = tryOn(records(), {
      id: "to",
      kind: "access",
      effect: "deny",
      match: { tags: { to: "bob" } },
    });
    expect(unknown.report.policies[0]).toMatchObject({ unsure: 3, same: 0, allowed: 0, allowedAtMost: 3 });
    expect(unknown.flips).toEqual([]);
    expect(unknown.report.policies[0]!.notes.join()).toContain("no recorded rule asked about");
    const listed = tryOn(records(), {
      id: "to",
      kind: "access",
      effect: "allow",
      match: { tags: { to: "bob" } },
    });
    expect(listed.report.policies[0]).toMatchObject({ unsure: 3, allowed: 0, allowedAtMost: 3 });
    // A test that was asked for one series only is known there and nowhere else.
    const wider = tryOn(records(), { ...asked, match: { tags: { env: "prod" } } }).report.policies[0]!;
    expect(wider).toMatchObject({ unsure: 1, refusedNow: { count: 1 } });
  });

  test("a human's answer counts for the same action; where nobody was asked, nobody answers", async () => {
    const ask = (series: string): RuleInput => ({
      id: "ask",
      kind: "access",
      effect: "approve",
      match: { series },
    });
    const rein = await open(ask("*"));
    for (const series of ["pay", "read"]) {
      const refusal = rein.gate(pay(1, series)).refusal!;
      rein.approve(refusal.approvalId!, { by: "ann" });
      act(rein, pay(1, series));
    }
    await rein.close();
    const some = tryOn(records(), ask("pay")).report.policies[0]!;
    expect(some).toMatchObject({
      asked: 1,
      allowed: 3,
      allowedNow: { count: 1, unknown: 1 },
      refusedNow: { count: 0 },
    });
    const reopened = records().filter(({ type }) => type !== "approve");
    const unanswered = tryOn(reopened, ask("pay")).report.policies[0]!;
    expect(unanswered.rows).toContainEqual(
      expect.objectContaining({ flip: "asked", code: "approval_required", count: 1 }),
    );
  });

  test("a rule's halt lasts until resumed: nobody does, or somebody after a time", async () => {
    const rein = await open();
    for (let i = 0; i < 10; i++) {
      act(rein, pay(1), { usd: 1 });
      clock.advance(60_000);
    }
    await rein.close();
    const halting: RuleInput = { id: "stop", kind: "rate", limit: 2, window: "3m", then: "halt" };
    const forever = tryOn(records(), halting).report.policies[0]!;
    expect(forever).toMatchObject({ allowed: 2, refused: 8 });
    expect(forever.halts).toMatchObject([{ rule: "stop", count: 1, scope: "all" }]);
    const resumed = tryOn(records(), halting, { resumeAfterMs: 180_000 }).report.policies[0]!;
    expect(resumed.halts).toMatchObject([{ rule: "stop", count: 2 }]);
    expect(resumed.allowed).toBe(4);
  });

  test("what runs too long is stopped in flight: its money is spent all the same", async () => {
    const rein = await open();
    const { permit } = rein.gate(pay(1));
    clock.advance(90_000);
    permit!.settle({ ok: true, cost: { usd: 1 } });
    await rein.close();
    const { report } = tryOn(records(), { id: "slow", kind: "timeout", limit: "1m" });
    expect(report.policies[0]).toMatchObject({
      ...{ allowed: 1, refusedNow: { count: 0 } },
      stoppedNow: { count: 1, worked: 1, cost: { usd: 1 } },
      rows: [{ flip: "stopped", code: "timed_out", rule: "slow" }],
    });
  });

  test("an action that was taken back, or never ended, is no lost work", async () => {
    const rein = await open();
    rein.gate(pay(1));
    rein.gate(pay(1));
    await rein.close();
    const history = records();
    const first = history.findIndex(({ type }) => type === "gate");
    const { boot, at, mono, seq } = history[first]!;
    history.splice(first + 1, 0, { type: "cancel", boot, at, mono, seq });
    const { report } = tryOn(history, { id: "none", kind: "access", effect: "deny" });
    expect(report.policies[0]!.refusedNow).toMatchObject({ count: 2, neverBegan: 1, unknown: 1, worked: 0 });
  });

  test("it begins with a saved state where the beginning is gone, and goes on counting what was counted", async () => {
    const rein = await open(budget(50));
    for (let i = 0; i < 3; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    const again = await open(budget(50));
    for (let i = 0; i < 3; i++) act(again, pay(2), { usd: 2 });
    await again.close();
    const all = records();
    const state = all.findIndex(({ type }) => type === "state");
    const from = state < 0 ? all.findLastIndex(({ type }) => type === "open") : state;
    const { report } = tryOn(all.slice(from), budget(9));
    if (state >= 0) expect(report.policies[0]!.refused).toBeGreaterThan(0);
    expect(report.notes.join()).toContain("in the middle of a run");
  });

  test("missing records are told", async () => {
    const rein = await open(budget(50));
    act(rein, pay(1));
    await rein.close();
    const { report } = tryOn([...records(), { type: "gap", lost: 3 }], budget(50));
    expect(report.recorded.gaps).toBe(1);
    expect(report.notes.join()).toContain("records are missing");
  });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: unknown;
}

/** The command by itself. */
async function command(...argv: string[]): Promise<Ran> {
  let out = "";
  let code = 0;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const io = {
    ...{ stdout: (text: string) => void (out += text), stderr: () => undefined },
    ...{ isTTY: false, columns: 120, env: {} },
  };
  addBacktest(program, io, (result) => (code = result));
  try {
    await program.parseAsync(["backtest", ...argv], { from: "user" });
    return { code, out, error: undefined };
  } catch (error) {
    return { code: 1, out, error };
  }
}

function file(name: string, content: unknown): string {
  const path = join(root, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

describe("rein backtest", () => {
  test("a log: tables for people, one document for programs, flips a line each", async () => {
    const rein = await open(budget(50));
    for (let i = 0; i < 4; i++) act(rein, pay(2), { usd: 1.5, progress: true });
    await rein.close();
    const [small, large] = [file("small.json", [budget(4)]), file("large.json", [budget(100)])];
    const { code, out, error } = await command(dir, "-p", small, "-p", large);
    expect(error).toBeUndefined();
    expect(code).toBe(0);
    expect(out).toMatch(/verified +\d+ records of .* hold/);
    expect(out).toMatch(/refused now +2: 2 had worked \(something new came of 2\)\n +\$3\.00 saved/);
    expect(out).toMatch(/daily +refuses +budget_exhausted +2 +2 +0 +0 +\$3\.00/);
    expect(out).toContain(`${large} (1 rule) against the record`);
    const flips = join(root, "flips.jsonl");
    const json = await command(dir, "-p", small, "--json", "--flips", flips, "--fail-on-lost", "1");
    expect(json.code).toBe(2);
    const report = JSON.parse(json.out) as BacktestReport & { exitCode: number; verified: object };
    expect(report).toMatchObject({ kind: "log", forced: false, verified: { outcome: "valid" }, exitCode: 2 });
    const lines = readFileSync(flips, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as Flip)).toMatchObject([
      { policy: small, flip: "refused", outcome: "worked", cost: { usd: 1.5 } },
      { outcome: "worked" },
    ]);
    expect((await command(dir, "-p", small, "--fail-on-lost", "2")).code).toBe(0);
  });

  test("a log that does not hold is refused; --force goes on, and says so", async () => {
    const rein = await open(budget(50));
    for (let i = 0; i < 3; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    const path = segmentFile(dir);
    writeFileSync(path, readFileSync(path, "utf8").replace('"verdict":"allow"', '"verdict":"block"'));
    const policy = file("p.json", [budget(50)]);
    const refused = await command(dir, "-p", policy);
    expect(refused.error).toMatchObject({ code: "record_damaged", help: expect.stringContaining("--force") });
    const forced = await command(dir, "-p", policy, "--force");
    expect(forced.out).toContain("NO (--force)");
    expect(JSON.parse((await command(dir, "-p", policy, "--force", "--json")).out)).toMatchObject({
      forced: true,
    });
  });

  test("a log that was cut off: --force reads as far as it goes, and says so", async () => {
    const rein = await open(budget(50));
    for (let i = 0; i < 6; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    const path = segmentFile(dir);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    writeFileSync(path, `${lines.slice(0, -4).join("\n")}\n`);
    const policy = file("p.json", [budget(50)]);
    const { error } = await command(dir, "-p", policy);
    expect((error as Error).message).not.toMatch(/does not hold.*does not hold/);
    const { out, code } = await command(dir, "-p", policy, "--force");
    expect(code).toBe(0);
    expect(out).toMatch(/NO \(--force\)[^]*read in part +.*no sound record/);
  });

  test("a record that was forged, signed anew, is told as one that does not come out again", async () => {
    const rein = await open(budget(5));
    for (let i = 0; i < 3; i++) act(rein, pay(2), { usd: 2 });
    await rein.close();
    forge(dir, (record) =>
      record.type === "gate" && record["seq"] === 3
        ? { ...record, verdict: "allow", code: undefined, rule: undefined }
        : record,
    );
    const { out } = await command(dir, "-p", file("p.json", [budget(5)]));
    expect(out.replace(/\s+/g, " ")).toContain("1 decision does not come out again under its own policy");
  });

  test("recorded sessions: each with a governor of its own, or one for all; values answer every test", async () => {
    const event = (to: string, at?: string) => ({
      ...{ source: "a", series: "mail", tags: { to }, cost: { usd: 1 }, latencyMs: 500 },
      ...(at !== undefined && { at }),
    });
    const sessions = [
      { id: "one", events: [event("ann@x.org"), event("bob@y.org"), { ...event("bob@x.org"), ok: false }] },
      { id: "two", events: [event("cid@x.org")] },
    ];
    const path = file("s.jsonl", sessions.map((session) => JSON.stringify(session)).join("\n"));
    const policy = file("p.json", [
      { id: "out", kind: "access", effect: "deny", match: { tags: { to: "*@y.org" } } },
      { id: "two", kind: "budget", measure: "calls", limit: 2, window: "forever" },
    ]);
    const alone = JSON.parse((await command(path, "-p", policy, "--json")).out) as BacktestReport;
    expect(alone.policies[0]).toMatchObject({ allowed: 3, unsure: 0, refusedNow: { count: 1, worked: 1 } });
    expect(alone.policies[0]!.rows[0]!.examples[0]).toMatchObject({ id: "one#2", series: "mail" });
    const together = JSON.parse(
      (await command(path, "-p", policy, "--continuous", "--json")).out,
    ) as BacktestReport;
    expect(together.policies[0]).toMatchObject({ allowed: 2, refusedNow: { count: 2, worked: 2 } });
    const { out } = await command(path, "-p", policy);
    expect(out).toMatch(/recorded +4 decisions in 2 sessions/);
  });

  test("recorded sessions in any order: from the earliest decision to the latest; those without events are told", async () => {
    const event = (at: string) => ({ source: "a", series: "s", at });
    const lines = [
      { id: "t", events: [event("2026-03-02T09:00:00Z"), event("2026-03-05T09:00:00Z")] },
      { id: "none", events: [] },
      { id: "u", events: [event("2026-03-01T09:00:00Z")] },
    ].map((session) => JSON.stringify(session));
    const path = file("s.jsonl", lines.join("\n"));
    const policy = file("p.json", [budget(50)]);
    const { out } = await command(path, "-p", policy);
    expect(out).toMatch(
      /3 decisions in 2 sessions, 2026-03-01 09:00:00 UTC to 2026-03-05 09:00:00 UTC\n +left out +1 session without events\n/,
    );
    expect(JSON.parse((await command(path, "-p", policy, "--json")).out)).toMatchObject({
      emptySessions: 1,
      recorded: { from: Date.UTC(2026, 2, 1, 9), to: Date.UTC(2026, 2, 5, 9) },
    });
  });

  describe("--fail-on-lost", () => {
    const event = (more: object = {}) => ({ source: "a", series: "s", ...more });
    const sessions = (...events: object[]): string =>
      file("s.jsonl", JSON.stringify({ id: "t", events }).replace('"huge"', "1e400"));
    const policy = (rule: RuleInput = budget(50)): string => file("p.json", [rule]);

    test.each<[what: string, event: object, reason: string]>([
      ["a negative cost", event({ cost: { usd: -1 } }), "nine thousand million, and it is -1"],
      [
        "a cost beyond numbers",
        event({ cost: { usd: "huge" } }),
        "nine thousand million, and it is Infinity",
      ],
      ["a control character", event({ series: "s\u0007" }), "`series` must be a name"],
      ["a name too long", event({ source: "a".repeat(300) }), "it is 300 characters long"],
      ["a path with a gap", event({ source: "a//b" }), "`source` must be a path"],
    ])(
      "is not met where an action could not be read: %s, which is named with its place",
      async (_what, bad, reason) => {
        const path = sessions(event(), bad, event({ cost: { usd: -2 } }));
        const { code, out } = await command(path, "-p", policy(), "--fail-on-lost", "0");
        const text = out.replace(/\s+/g, " ");
        expect(text).toContain(
          "note: 2 actions could not be read, and no policy saw them; the first (line 1, event 2): ",
        );
        expect(text).toContain(reason);
        expect(text).toContain(
          "--fail-on-lost: 2 actions could not be read: nobody knows whether a policy loses them",
        );
        expect(code).toBe(2);
        expect((await command(path, "-p", policy())).code).toBe(0);
      },
    );

    test("is not met where nothing could be judged", async () => {
      const { code, out } = await command(sessions(), "-p", policy(), "--fail-on-lost", "0");
      expect(code).toBe(2);
      expect(out.replace(/\s+/g, " ")).toContain("--fail-on-lost: there is no decision to judge");
      const rein = await open(budget(50));
      act(rein, { ...pay(1), tags: { to: "bob" } });
      rein.gate(null as unknown as Action);
      await rein.close();
      const unknown = policy({ id: "to", kind: "access", effect: "deny", match: { tags: { to: "bob" } } });
      const unsure = JSON.parse(
        (await command(dir, "-p", unknown, "--json", "--fail-on-lost", "9")).out,
      ) as object;
      expect(unsure).toMatchObject({
        exitCode: 2,
        failures: [expect.stringContaining("all its decisions hinge on")],
      });
      // What the governor could not read it had refused, as every policy's would.
      const known = JSON.parse(
        (await command(dir, "-p", policy(), "--json", "--fail-on-lost", "0")).out,
      ) as object;
      expect(known).toMatchObject({ exitCode: 0, failures: [], recorded: { unreadable: 1 } });
    });

    test("says which policy loses how much", async () => {
      const path = sessions(event(), event());
      const none = policy({ id: "none", kind: "access", effect: "deny" });
      const { code, out } = await command(path, "-p", none, "--fail-on-lost", "1");
      expect(code).toBe(2);
      expect(out.replace(/\s+/g, " ")).toContain(
        `--fail-on-lost: \`${none}\` loses 2 actions that had worked, more than 1`,
      );
    });
  });

  test.each<[what: string, argv: () => string[], complaint: RegExp]>([
    [
      "a history that is not there",
      () => [join(root, "none"), "-p", file("p.json", [budget(1)])],
      /there is no file or directory/,
    ],
    ["a directory without records", () => [root, "-p", file("p.json", [budget(1)])], /there are no records/],
    [
      "a policy that does not compile",
      () => [file("s.jsonl", "{}"), "-p", file("p.txt", "Cap colours at blue")],
      /p\.txt/,
    ],
    ["no policy", () => [file("s.jsonl", "{}")], /--policy/],
    [
      "an option for sessions, and a log",
      () => [root, "-p", file("p.json", [budget(1)]), "--pace", "5s"],
      /--pace is for recorded sessions/,
    ],
    [
      "a session that is none",
      () => [file("s.jsonl", "{"), "-p", file("p.json", [budget(1)])],
      /line 1 is not JSON/,
    ],
    [
      "flips that cannot be written",
      () => [file("s.jsonl", "{}"), "-p", file("p.json", [budget(1)]), "--flips", join(root, "no", "f")],
      /cannot be written/,
    ],
  ])("with %s: what is wrong, and what to do", async (_what, argv, complaint) => {
    const { code, out, error } = await command(...argv());
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect((error as Error).message).toMatch(complaint);
    if (ReinError.isInstance(error) && error.code !== "policy_invalid") expect(error.help).toBeTruthy();
  });
});

/** Bytes in use once what is not is gone. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

test("a long history takes no more memory than a short one", () => {
  const run = new Backtest({ policies: [{ name: "new", policy: compilePolicy([budget(5), rate(3)]) }] });
  const limits = { maxLanes: 100, maxKeysPerRule: 100, maxInFlight: 1000, maxApprovals: 10, maxHalts: 10 };
  run.take({
    ...{ type: "open", boot: "b", at: 0, mono: 0, engine: 0, rules: [], mode: "enforce" },
    limits: {
      ...{ ...limits, maxSignals: 10, maxAccounts: 10, permitTtlMs: 60_000, approvalTtlMs: 60_000 },
      ...{ regimeTickMs: 30_000, falseAlarmsPerMillion: 10 },
    },
  });
  const play = (from: number, to: number): void => {
    for (let seq = from; seq < to; seq++) {
      const time = { at: seq * 1000, mono: seq * 1000, boot: "b", seq };
      run.take({
        ...time,
        type: "gate",
        source: `a${seq % 500}`,
        series: "x",
        verdict: "allow",
        cost: { usd: 1e6 },
      });
      // Every third action never ends.
      if (seq % 3 > 0) run.take({ ...time, type: "settle", ok: true });
    }
  };
  play(1, 30_000);
  const before = heapUsed();
  play(30_000, 90_000);
  expect(heapUsed() - before).toBeLessThan(3e6);
  expect(run.report().policies[0]!.refusedNow.count).toBeGreaterThan(80_000);
});
