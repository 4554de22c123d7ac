import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Circumstances } from "../src/cli/decision-replay.js";
import { newMessage, post } from "../src/control/index.js";
import type { Rein, RuleInput } from "../src/index.js";
import { nodeDisk } from "../src/store/index.js";
import { FakeClock } from "../src/testing/index.js";
import { freshDir, openIn, rein, reinJson } from "./support/command-line.js";
import { act, permitFor } from "./support/open.js";

const AGENT = { source: "planner", series: "send_mail" };
const spend = (usd: number) => ({ ...AGENT, cost: { usd } });
const POLICY: RuleInput[] = [
  { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d", per: "source" },
  { id: "calls", kind: "budget", measure: "tokens", limit: 1000, window: "forever", assume: 1 },
  { id: "mails", kind: "rate", limit: 3, window: "1h", match: { series: "send_*" } },
  { id: "breaker", kind: "errors", consecutive: 2, for: "5m", match: { series: "search" } },
  { id: "ask", kind: "access", effect: "approve", match: { series: "refund" } },
];

let dir: string;
let governor: Rein | undefined;

beforeEach(() => {
  dir = freshDir();
});
afterEach(async () => {
  await governor?.close();
  governor = undefined;
  rmSync(dirname(dir), { recursive: true, force: true });
});

async function open(...rest: [Parameters<typeof openIn>[1]?, Parameters<typeof openIn>[2]?]): Promise<Rein> {
  governor = await openIn(dir, rest[0] ?? POLICY, rest[1]);
  return governor;
}

async function close(): Promise<void> {
  await governor?.close();
  governor = undefined;
}

interface Status {
  readonly running: boolean;
  readonly owner: { readonly pid: number } | null;
  readonly halts: readonly { readonly id: string; readonly by: string; readonly reason: string }[];
  readonly lanes: readonly { readonly status: string }[];
  readonly breakers: readonly { readonly rule: string; readonly state: string }[];
  readonly approvals: readonly { readonly id: string }[];
  readonly inbox: { readonly waiting: readonly { readonly what: string; readonly by: string }[] };
  readonly budgets: readonly { readonly rule: string; readonly spent: number; readonly reserved: number }[];
  readonly decisions: number;
  readonly inFlight: number;
  readonly nextStart: { readonly warnings: readonly string[] } | null;
}

interface Judged {
  readonly regime: {
    readonly state: string;
    readonly since: number | null;
    readonly evidence: string;
    readonly signals: number;
  };
  readonly probation: readonly { readonly since: number | null }[];
  readonly alarms: readonly { readonly evidence: string }[];
  readonly staleSignals: readonly { readonly evidence: string }[];
}

describe("rein status", () => {
  test("while a process runs: who it is, what is stopped, what waits, what is nearly spent", async () => {
    const running = await open();
    act(running, spend(40), { ok: true });
    permitFor(running, { source: "planner", series: "read", cost: { usd: 5 } });
    for (let i = 0; i < 2; i++)
      act(running, { source: "planner", series: "search", cost: { usd: 0 } }, { ok: false });
    running.gate({ source: "planner", series: "refund", cost: { usd: 1 }, args: { order: 1 } });
    running.override({ source: "x", series: "y" }, { status: "black", by: "bob", reason: "spam" });
    await running.halt({ scope: { source: "mailer" }, reason: "wrong list", by: "alice" });
    await running.flush();

    const status = await reinJson<Status>(["status", "--dir", dir]);
    expect(status).toMatchObject({
      ...{ running: true, decisions: 5, inFlight: 1, nextStart: null, exitCode: 0 },
      owner: { pid: process.pid },
      halts: [{ id: "h1", by: "alice", reason: "wrong list" }],
      lanes: [{ source: "x", series: "y", status: "black", reason: "spam" }],
      breakers: [{ rule: "breaker", state: "open" }],
      approvals: [{ id: "a1", series: "refund" }],
    });
    expect(status.budgets[0]).toMatchObject({ rule: "daily", spent: 40, reserved: 5, remaining: 5 });

    const { out, err, code } = await rein(["status", "--dir", dir]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toMatch(new RegExp(`^Running: process ${process.pid} on `));
    expect(out).toMatch(/HALTED \(1 halt\)\n +h1 +source `mailer`, by alice .*: wrong list/);
    expect(out).toContain('rein resume h1 --reason "…"');
    expect(out).toMatch(/killed +`y` by `x` since 20.* UTC \(just now\): spam/);
    expect(out).toMatch(/paused +breaker `breaker` .*2 failures in a row/);
    expect(out).toMatch(/a1 +refund by planner/);
    expect(out).toContain("rein approve a1");
    expect(out).toMatch(/daily +planner +█.* 90 % +\$40\.00 +\$5\.00 +\$5\.00/);
  });

  test("the regime with its evidence, alarms, signals that stopped, and lanes on probation with since when", async () => {
    const clock = new FakeClock(Date.now() - 520_000);
    const running = await open(
      [
        { id: "fast", kind: "runaway", multiple: 5, per: "source", match: { series: "read" } },
        { id: "feed", kind: "stale", signal: "price", match: { series: "trade" } },
      ],
      { clock, config: { regimeTickSeconds: 1 } },
    );
    const swing = (spread: number, values: number, everyMs: number): void => {
      for (let i = 0; i < values; i++) {
        clock.advance(everyMs);
        running.signal("load", 100 + spread * Math.sin(12.9898 * i));
        act(running, { source: "bot", series: "read" });
      }
    };
    swing(1, 500, 1000);
    const calmUntil = clock.now();
    swing(40, 20, 1000);
    swing(40, 500, 5);
    running.override({ source: "x", series: "y" }, { status: "black", by: "bob", reason: "spam" });
    running.revive({ source: "x", series: "y" }, { by: "bob", reason: "mended" });
    running.gate({ source: "new", series: "lane" });
    await running.flush();

    const look = ["--dir", dir];
    const status = await reinJson<Status & Judged>(["status", ...look]);
    expect(status.regime).toMatchObject({ state: "shock", signals: 1, skipped: 0 });
    expect(status.regime.since).toBeGreaterThan(calmUntil);
    expect(status.regime.evidence).toMatch(
      /`load` (?:runs at [\d.]+ times its usual spread|moves [\d.]+ times as much per tick as usual)/,
    );
    expect(status.probation).toMatchObject([
      { source: "x", series: "y", status: "yellow", reason: "mended" },
    ]);
    expect(status.probation[0]!.since).toBe(clock.now());
    expect(status.alarms).toMatchObject([{ rule: "fast", key: { source: "bot" } }]);
    expect(status.alarms[0]!.evidence).toMatch(/\d+ actions within/);
    expect(status.staleSignals).toMatchObject([{ signal: "price", rule: "feed" }]);
    const top = await reinJson<Judged>(["top", "--once", ...look]);
    const { regime, probation, staleSignals } = status;
    expect(top).toMatchObject({ regime, probation, staleSignals, alarms: [{ rule: "fast" }] });

    for (const argv of [["status"], ["top", "--once"]]) {
      const { out } = await rein([...argv, ...look], { columns: 120 });
      expect(out).toMatch(/regime +shock since 20.* UTC .*`load` (?:runs\s+at|moves)\s+[\d.]+\s+times/);
      expect(out).toMatch(/alarm +rule `fast` of bot, for .*, ends in .*: \d+ actions within/);
      expect(out).toMatch(/yellow +`y` by `x` since 20.* UTC .*: mended/);
      expect(out).toMatch(/stale +signal `price` has never arrived; rule `feed` needs it/);
      expect(out).not.toContain("`lane` by `new`");
    }
  });

  test("a signal that only the regime is judged by is told when it stops", async () => {
    const clock = new FakeClock(Date.now() - 3_600_000);
    const running = await open([], { clock, config: { regimeTickSeconds: 1 } });
    for (let i = 0; i < 100; i++) {
      clock.advance(1000);
      running.signal("load", i % 7);
    }
    clock.advance(120_000);
    running.tick();
    await running.flush();
    const status = await reinJson<Judged>(["status", "--dir", dir]);
    expect(status.staleSignals).toMatchObject([{ signal: "load", rule: null }]);
    expect(status.staleSignals[0]!.evidence).toMatch(/`load` last arrived .* ago/);
    expect(status.regime).toMatchObject({ state: "unknown" });
  });

  test("--check says no when something is halted, killed, or nobody runs, and yes otherwise", async () => {
    const running = await open();
    const check = ["status", "--check", "--dir", dir];
    expect((await rein(check)).code).toBe(0);
    const { id } = await running.halt({ scope: { source: "x" } });
    expect((await rein(check)).code).toBe(2);
    await running.resume({ halt: id, by: "alice" });
    expect((await rein(check)).code).toBe(0);
    running.override(AGENT, { status: "black", by: "bob" });
    expect((await rein(check)).code).toBe(2);
    running.revive(AGENT, { by: "bob" });
    expect((await rein(check)).code).toBe(0);
    await close();
    expect((await rein(check)).code).toBe(2);
    expect((await rein(["status", "--dir", dir])).code).toBe(0);
  });

  test("when nobody runs it shows what the next start will find, and looking changes nothing", async () => {
    const running = await open();
    await running.halt({ reason: "stop", by: "alice", deadlineMs: 0 });
    await close();
    const before = nodeDisk.list(dir);
    post(nodeDisk, dir, newMessage({ command: "resume", halt: "h1" }, { ...SENDER, at: Date.now() }));

    const status = await reinJson<Status>(["status", "--dir", dir]);
    expect(status).toMatchObject({ running: false, owner: null, halts: [{ id: "h1" }] });
    expect(status.nextStart!.warnings.join("\n")).toContain(
      "halt h1 over everything by alice still holds: stop",
    );
    expect(status.inbox.waiting).toMatchObject([{ what: "resume halt h1", by: "bob" }]);
    const { out } = await rein(["status", "--dir", dir]);
    expect(out).toMatch(/^Not running: the last one ended by itself, last heard of/);
    expect(out).toMatch(/Commands that the next start carries out\n +resume halt h1, by bob/);
    expect(nodeDisk.list(dir)).toEqual(before);

    const again = await open();
    expect(again.snapshot().halts).toEqual([]);
  });

  test("what was in flight counts as spent in what the next start will find", async () => {
    const running = await open();
    permitFor(running, spend(10));
    await close();
    const { budgets, inFlight } = await reinJson<Status>(["status", "--dir", dir]);
    expect(budgets.find(({ rule }) => rule === "daily")).toMatchObject({ spent: 10, reserved: 0 });
    expect(inFlight).toBe(1);
  });

  test("shadow mode, and a policy without rules, are loud", async () => {
    await open([], { mode: "shadow" });
    const { out } = await rein(["status", "--dir", dir]);
    expect(out).toContain("! SHADOW MODE");
    expect(out).toContain("! NO RULES");
  });

  test("a file in the inbox that is no command is named, and what it holds cannot steer the terminal", async () => {
    await open();
    await close();
    writeFileSync(join(dir, "control/inbox", "evil\u001b[2J"), "x", { mode: 0o600 });
    const { out } = await rein(["status", "--dir", dir]);
    expect(out).toMatch(/not a command: evil\ufffd\[2J has a name that no command has/);
    expect(out).not.toContain("\u001b");
  });

  test.each(["status", "budgets", "top"])(
    "%s of a directory that is no state, or is not there: exit 1, and what to do",
    async (command) => {
      const missing = await rein([
        command,
        ...(command === "top" ? ["--once"] : []),
        "--dir",
        join(dir, "none"),
      ]);
      expect(missing).toMatchObject({ code: 1, out: "" });
      expect(missing.err).toMatch(/there is no directory `.*none`\n +(?:is it `|give )--dir/);
      const empty = mkdtempSync(join(tmpdir(), "rein-empty-"));
      const nothing = await rein([command, ...(command === "top" ? ["--once"] : []), "--dir", empty]);
      rmSync(empty, { recursive: true });
      expect(nothing).toMatchObject({ code: 1, out: "" });
      expect(nothing.err).toMatch(/holds no state of a governor\n +give the `dir`/);
    },
  );

  test("the directory is found by REIN_DIR", async () => {
    await open();
    expect((await rein(["status"], { env: { REIN_DIR: dir } })).out).toMatch(/^Running/);
  });

  test.each([60, 80, 100])(
    "the text fits into %i columns, long names and all; colours change no word",
    async (columns) => {
      const running = await open([
        {
          id: "r".repeat(60),
          kind: "budget",
          measure: "usd",
          limit: 1,
          window: "1d",
          per: ["source", "tag:tenant"],
        },
        { id: "ask", kind: "access", effect: "approve", match: { series: "refund*" } },
      ]);
      const source = `planner/${"researcher_".repeat(8)}`;
      act(running, { source, series: "x", cost: { usd: 1 }, tags: { tenant: "a" } });
      running.gate({
        source,
        series: `refund_${"long".repeat(20)}`,
        cost: { usd: 0 },
        tags: { tenant: "a" },
      });
      await running.halt({ scope: { source }, reason: "because ".repeat(30), by: "alice" });
      await running.flush();
      for (const argv of [["status"], ["budgets"], ["top", "--once"]]) {
        const env = { NO_COLOR: "1" };
        const plain = (await rein([...argv, "--dir", dir], { columns, isTTY: true, env })).out.split("\n");
        const piped = (await rein([...argv, "--dir", dir], { columns })).out;
        const colourful = await rein([...argv, "--dir", dir], {
          columns,
          isTTY: true,
          env: { FORCE_COLOR: "1" },
        });
        expect(plain.filter((line) => line.length > columns && !line.includes(dir))).toEqual([]);
        // Whatever reads a pipe gets whole cells.
        expect(piped).toContain(source.slice(0, 39));
        expect(colourful.out).not.toBe(stripVTControlCharacters(colourful.out));
        expect(stripVTControlCharacters(colourful.out).split("\n")).toHaveLength(plain.length);
      }
    },
  );
});

const SENDER = { by: "bob", reason: "fixed", uid: process.getuid?.() ?? null, host: "box" };

describe("rein budgets", () => {
  test("shows every budget with what is left, the fullest first, and those nobody has touched", async () => {
    const running = await open();
    act(running, spend(10));
    permitFor(running, { source: "other", series: "read", cost: { usd: 30 } });
    await running.flush();
    const { budgets, untouched } = await reinJson<{ budgets: object[]; untouched: string[] }>([
      ...["budgets", "--dir", dir],
    ]);
    expect(budgets).toMatchObject([
      { rule: "daily", key: { source: "other" }, spent: 0, reserved: 30, remaining: 20, limit: 50 },
      { rule: "daily", key: { source: "planner" }, spent: 10, reserved: 0, remaining: 40, limit: 50 },
      { rule: "calls", key: {}, spent: 1, reserved: 1 },
    ]);
    expect(untouched).toEqual([]);
    const { out } = await rein(["budgets", "--dir", dir]);
    expect(out).toMatch(/daily +other +█.* 60 % +\$0\.00 +\$30\.00 +\$20\.00 +\$50\.00 \/ day/);
  });

  test("--rule shows one rule's, and a wrong name is answered with the nearest", async () => {
    const running = await open();
    act(running, spend(10));
    await running.flush();
    const { budgets } = await reinJson<{ budgets: object[] }>(["budgets", "--rule", "daily", "--dir", dir]);
    expect(budgets).toMatchObject([{ rule: "daily" }]);
    const wrong = await rein(["budgets", "--rule", "dayly", "--dir", dir]);
    expect(wrong).toMatchObject({ code: 1, out: "" });
    expect(wrong.err).toContain("there is no budget `dayly`\n      did you mean `daily`?");
  });

  test("a budget whose window is over is empty again, without anybody having acted", async () => {
    const running = await open([{ id: "short", kind: "budget", measure: "usd", limit: 5, window: "1s" }]);
    act(running, spend(5));
    await running.flush();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { budgets } = await reinJson<{ budgets: object[] }>(["budgets", "--dir", dir]);
    expect(budgets).toMatchObject([{ rule: "short", spent: 0 }]);
  });
});

interface Explained {
  readonly record: { readonly verdict: string };
  readonly then: {
    readonly mode: string;
    readonly refusal: { readonly message: string } | null;
    readonly wouldBlock: { readonly message: string } | null;
    readonly counters: readonly { readonly rule: string; readonly text: string }[];
    readonly agrees: boolean;
    readonly later: { readonly ended: string; readonly voidedBy: string | null };
  } | null;
  readonly outcome: { readonly type: string } | null;
  readonly answer: { readonly by: string } | null;
  readonly sentences: Readonly<Record<string, string>>;
}

describe("rein explain", () => {
  const explain = (id: string) => reinJson<Explained>(["explain", id, "--dir", dir]);

  test("an allowed action: who, what, and how it ended", async () => {
    const running = await open();
    const decision = running.gate(spend(5));
    decision.permit!.settle({ ok: true, cost: { usd: 4 }, latencyMs: 120 });
    await running.flush();
    expect(await explain(decision.id)).toMatchObject({
      record: { verdict: "allow" },
      then: { mode: "enforce", agrees: true, refusal: null, later: { ended: "settled" } },
      outcome: { type: "settle", ok: true, cost: { usd: 4_000_000 }, latencyMs: 120 },
    });
    const { out } = await rein(["explain", decision.id, "--dir", dir]);
    expect(out).toMatch(/^ALLOWED {2}/);
    expect(out).toContain("`send_mail` by `planner`");
    expect(out).toMatch(/cost +1 call, \$5\.00/);
    expect(out).toMatch(/ended well after .* \(it reports 120 ms\), at 1 call, \$4\.00/);
  });

  test("a refused action: the rule's sentence, the agent's words, and what the rule had counted", async () => {
    const running = await open();
    for (let i = 0; i < 3; i++) act(running, spend(1));
    const decision = running.gate(spend(1));
    await running.flush();
    const explained = await explain(decision.id);
    expect(explained.then!.refusal!.message).toBe(decision.refusal!.message);
    expect(explained.then!.counters).toContainEqual(
      expect.objectContaining({ rule: "mails", text: "3 of 3 actions" }),
    );
    expect(explained.sentences["mails"]).toMatch(/^Cap all agents together at 3 actions per hour/);
    const { out } = await rein(["explain", decision.id, "--dir", dir]);
    expect(out).toMatch(/^REFUSED: rate_limited/);
    expect(out).toMatch(/rule +`mails`: Cap all agents together at 3 actions per hour/);
  });

  test("in shadow: what enforcement would have said, in its words", async () => {
    const running = await open(POLICY, { mode: "shadow" });
    for (let i = 0; i < 3; i++) act(running, spend(1));
    const decision = running.gate(spend(1));
    expect(decision.allowed).toBe(true);
    await running.flush();
    const explained = await explain(decision.id);
    expect(explained.then).toMatchObject({
      mode: "shadow",
      wouldBlock: { message: decision.wouldBlock!.message },
    });
    expect((await rein(["explain", decision.id, "--dir", dir])).out).toMatch(
      /in shadow +enforcement would have refused it: rate_limited by rule `mails`/,
    );
  });

  test("a halt that stopped it while it ran, and a refusal by a halt", async () => {
    const running = await open();
    const first = running.gate(spend(5));
    await running.halt({ scope: { source: "planner" }, reason: "wrong list", by: "alice", deadlineMs: 0 });
    const second = running.gate(spend(5));
    await running.flush();
    expect((await explain(first.id)).then!.later).toMatchObject({ ended: "open", voidedBy: "h1" });
    const { out } = await rein(["explain", second.id, "--dir", dir]);
    expect(out).toMatch(/^REFUSED: halted/);
    expect(out).toMatch(/h1 +stopped it, over source `planner`, by alice: wrong list/);
  });

  test("a question to a human, and the answer", async () => {
    const running = await open();
    const refund = { source: "planner", series: "refund", cost: { usd: 1 }, args: { order: 1 } };
    const asked = running.gate(refund);
    running.approve(asked.refusal!.approvalId!, { by: "bob", reason: "fine" });
    const allowed = running.gate(refund);
    await running.flush();
    expect((await explain(asked.id)).answer).toMatchObject({ type: "approve", by: "bob" });
    expect((await rein(["explain", asked.id, "--dir", dir])).out).toMatch(
      /approval a1 was approved by bob at .*: fine/,
    );
    expect((await explain(allowed.id)).then).toMatchObject({
      approval: { id: "a1", state: "approved", by: "bob" },
    });
  });

  test("decisions of every run in the directory are found, and one whose process ended is told as such", async () => {
    const first = (await open()).gate(spend(5));
    await close();
    const again = await open([{ id: "other", kind: "budget", measure: "usd", limit: 5, window: "1d" }]);
    const second = again.gate(spend(6));
    await again.flush();
    expect(await explain(first.id)).toMatchObject({ then: { later: { ended: "died" } }, outcome: null });
    expect((await rein(["explain", first.id, "--dir", dir])).out).toContain("the process ended first");
    const explained = await explain(second.id);
    expect(explained.then!.refusal!.message).toBe(second.refusal!.message);
  });

  test("works on records that are kept apart from any state", async () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { Rein } = await import("../src/index.js");
    const apart = await Rein.open({ policy: POLICY, mode: "enforce", audit: { dir }, logger: SILENT });
    for (let i = 0; i < 3; i++) act(apart, spend(1));
    const decision = apart.gate(spend(1));
    await apart.close();
    expect((await explain(decision.id)).then!.refusal!.message).toBe(decision.refusal!.message);
  });

  describe("the way to it", () => {
    const lane = { source: "planner", series: "search" };
    const care: RuleInput = { id: "care", kind: "score", settings: { minSamplesForKill: 15 } };

    test("a lane that its outcomes blocked: status, since when, sentence, score, outcomes, and what led there", async () => {
      const clock = new FakeClock(Date.now() - 3_600_000);
      const running = await open([care], { clock, config: { regimeTickSeconds: 1 } });
      let blockedAt = 0;
      running.on("status", ({ to, at }) => {
        if (to === "red") blockedAt = at;
      });
      const swing = (spread: number, ticks: number, ok: boolean) => {
        let decision = running.gate(lane);
        for (let i = 0; i < ticks; i++) {
          clock.advance(1000);
          running.signal("load", 100 + spread * Math.sin(12.9898 * i));
          decision = running.gate(lane);
          decision.permit?.settle({ ok, slippageCents: 2 });
        }
        return decision;
      };
      swing(1, 200, true);
      const decision = swing(40, 60, false);
      expect(decision.refusal).toMatchObject({ code: "lane_red", rule: "care" });
      await running.flush();

      const { then } = (await explain(decision.id)) as unknown as { then: Circumstances };
      const shock = then.lane.score!.slices[2]!;
      expect(then.lane).toMatchObject({ status: "red", since: blockedAt, byHand: false, sizeMultiplier: 0 });
      expect(then.lane.reason).toMatch(/success .*\d/);
      expect(then.lane.sentence).toMatch(/effective samples/);
      expect(shock).toMatchObject({ regime: "shock", status: "red" });
      expect(shock.success).toBeLessThan(0.2);
      expect(then.way.outcomes.worked).toBe(200);
      expect(then.way.outcomes.failed).toBeGreaterThan(5);
      expect(then.way.outcomes.newest).toHaveLength(10);
      expect(then.way.outcomes.newest.at(-1)).toMatchObject({ ok: false, slippageCents: 2 });
      expect(then.regime).toMatchObject({ regime: "shock", signals: [{ name: "load" }] });
      expect(then.regime.probabilities.shock).toBeGreaterThan(0.5);
      const { events } = then.way;
      expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b));
      expect(events).toContainEqual(expect.objectContaining({ kind: "regime", to: "shock" }));
      expect(events).toContainEqual(
        expect.objectContaining({ kind: "status", to: "red", at: blockedAt, reason: then.lane.reason }),
      );

      const { out } = await rein(["explain", decision.id, "--dir", dir], { columns: 120 });
      const said = out.replace(/\s+/g, " ");
      expect(said).toMatch(/lane red since 20\S+ \S+ UTC \(\d+s before\): success/);
      expect(said).toMatch(/score success [\d.]+ % in this regime .* e-value [\d.]+ against success/);
      expect(said).toMatch(/outcomes 200 worked, \d+ failed in the .* before; the newest: failed × 10/);
      expect(said).toContain("size 0: nothing of it");
      expect(said).toMatch(
        /regime shock since 20\S+ \S+ UTC .*`load` (?:runs at|moves) .*; normal 0\.\d\d, stressed/,
      );
      expect(said).toMatch(
        /regime the regime went from normal to shock: `load` (?:runs at|moves) [\d.]+ times/,
      );
      expect(said).toMatch(/status the lane went from yellow to red by rein: success/);
    });

    test("what concerns only others is left out, and so are all but the last twenty", async () => {
      const clock = new FakeClock(Date.now() - 3_600_000);
      const breaker: RuleInput = {
        id: "flaky",
        kind: "errors",
        consecutive: 2,
        per: "source",
        then: "alert",
      };
      const running = await open([breaker], { clock });
      const fail = (source: string) => {
        clock.advance(60_001);
        for (let i = 0; i < 2; i++) act(running, { source, series: "search" }, { ok: false });
      };
      for (let i = 0; i < 25; i++) {
        fail("planner");
        fail("other");
      }
      running.override({ source: "other", series: "search" }, { status: "red", by: "bob" });
      await running.halt({ scope: { source: "other" }, by: "bob", reason: "theirs", deadlineMs: 0 });
      await running.halt({ scope: { source: "planner" }, by: "bob", reason: "ours", deadlineMs: 0 });
      const { id } = running.gate(lane);
      await running.flush();

      const { then } = (await explain(id)) as unknown as { then: Circumstances };
      const { events, leftOut } = then.way;
      expect(events).toHaveLength(20);
      expect(leftOut).toBe(6);
      expect(events.at(-1)).toMatchObject({ kind: "halt", id: "h2", reason: "ours" });
      expect(events.slice(0, 19)).toEqual(
        Array.from({ length: 19 }, () => expect.objectContaining({ kind: "alert", rule: "flaky" }) as object),
      );
      const gaps = events.slice(1, 19).map(({ at }, i) => at - events[i]!.at);
      expect(Math.min(...gaps)).toBe(2 * 60_001);
      expect((await rein(["explain", id, "--dir", dir])).out).toContain("6 older left out");
    });

    test("what the decision itself brought about is told as that", async () => {
      const running = await open([
        { id: "no", kind: "access", effect: "deny", match: { series: "delete_*" } },
        { id: "storm", kind: "denials", ratePct: 70, window: "60s", minCalls: 3, then: "halt" },
      ]);
      const ids = Array.from(
        { length: 3 },
        () => running.gate({ source: "planner", series: "delete_mail" }).id,
      );
      const { id: after } = running.gate(lane);
      await running.flush();
      const { then: last } = (await explain(ids[2]!)) as unknown as { then: Circumstances };
      expect(last.caused).toMatchObject([{ kind: "halt", id: "h1", rule: "storm" }]);
      expect(last.way.events).toEqual([]);
      const { then: next } = (await explain(after)) as unknown as { then: Circumstances };
      expect(next).toMatchObject({ caused: [], way: { events: [{ kind: "halt", id: "h1" }] } });
      expect((await rein(["explain", ids[2]!, "--dir", dir])).out).toMatch(
        /What came of it\n.* UTC +halt +h1 over everything by .*storm.*3 of 3 actions were denied/,
      );
    });

    test("is the same whenever it is asked for: also after the state was saved", async () => {
      const running = await open([{ ...care, settings: { minSamplesForKill: 10 } }]);
      for (let i = 0; i < 40; i++) act(running, lane, { ok: false });
      await running.halt({ by: "bob", reason: "enough", deadlineMs: 0 });
      const { id } = running.gate(lane);
      await running.flush();
      const before = await explain(id);
      await close();
      expect((await explain(id)).then).toEqual(before.then);
    });
  });

  test.each<[what: string, id: (boot: string) => string, complaint: RegExp]>([
    ["no id at all", () => "nonsense", /`nonsense` is no id of a decision\n +give `decision\.id`/],
    [
      "another governor's id",
      () => "AAAAAAAA.1",
      /no decision `AAAAAAAA\.1` is in the records.*\n.*of another run/s,
    ],
    ["a decision that was not made", (boot) => `${boot}.zz`, /no decision.*\n.*within the flush interval/s],
    [
      "a refusal that reached no rule",
      (boot) => `${boot}.01`,
      /never reached the rules, so it is not recorded/,
    ],
  ])("%s: an error that says what to do", async (_what, id, complaint) => {
    const running = await open();
    const { id: known } = running.gate(spend(1));
    await running.flush();
    const { code, out, err } = await rein(["explain", id(known.split(".")[0]!), "--dir", dir]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(complaint);
  });
});

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("rein top", () => {
  test("--once shows rates, lanes, budgets and what was refused", async () => {
    const running = await open();
    for (let i = 0; i < 5; i++) act(running, spend(1));
    await running.flush();
    const { out } = await rein(["top", "--once", "--dir", dir]);
    expect(out).toMatch(/^Running: process/);
    expect(out).toMatch(/send_mail +planner +3 +2 +rate_limited 2/);
    expect(out).toMatch(/daily +planner +▋.* 6 %/);
    expect(out).toMatch(/refused +`send_mail` by `planner`: rate_limited \(mails\) × 2/);
  });

  test("--json prints one document a line", async () => {
    const running = await open();
    const decisions = Array.from({ length: 4 }, () => running.gate(spend(1)));
    await running.flush();
    const { out } = await rein(["top", "--once", "--json", "--dir", dir]);
    expect(out.trimEnd()).not.toContain("\n");
    expect(JSON.parse(out)).toMatchObject({
      ...{ running: true, mode: "enforce", decisions: 4, inFlight: 3, behind: 0, trouble: null },
      lanes: [{ name: AGENT, allowed: 3, refused: 1, codes: [["rate_limited", 1]] }],
      news: [{ kind: "refused", times: 1, decision: decisions[3]!.id }],
    });
  });
});
