import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Rein, ReinConfig, ReinError } from "../src/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../src/testing/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";

const by = "ann";
const pay = { source: "agent", series: "pay", cost: { usd: 1 } };

function inTempDir<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "rein-test-"));
  return run(dir).finally(() => {
    rmSync(dir, { recursive: true });
  });
}

describe("opening", () => {
  test("without a policy the configuration's thresholds hold, and that is said aloud", async () => {
    const { rein, logger } = await open(undefined as never, { config: { balanceFloorUsd: 50 } });
    expect(rein.policy.rules.map(({ id }) => id).sort()).toEqual([
      "builtin:balance-floor",
      "builtin:denials",
      "builtin:loop",
      "builtin:newcomers",
      "builtin:portfolio-floor",
      "builtin:portfolio-nuclear",
      "builtin:runaway",
      "builtin:score",
    ]);
    expect(logger.lines[0]!.message).toContain("no policy");
    rein.balance({ start: 100, current: 99 });
    expect(answer(rein, pay)).toBe("ok");
    rein.balance({ start: 50, current: 49 });
    expect(answer(rein, pay)).toBe("balance_floor");
    rein.balance({ start: 100, current: 94 });
    expect(answer(rein, pay)).toBe("halted");
  });

  test("`builtins` stand beside the policy, and beside every policy after it", async () => {
    const { rein } = await open([{ kind: "rate", limit: 9, window: "1s" }], { builtins: true });
    rein.setPolicy([{ kind: "rate", limit: 8, window: "1s" }]);
    expect(rein.policy.rules).toHaveLength(9);
    rein.balance({ start: 30, current: 19 });
    expect(answer(rein, pay)).not.toBe("ok");
  });

  test("an empty policy, shadow, and what is odd in the configuration are said aloud", async () => {
    const config = ReinConfig.fromEnv("T1_", { T1_SHADOW: "true", T1_MAX_LANE: "5" });
    const { logger } = await open([], { config, mode: undefined });
    const said = logger.lines.map(({ message }) => message).join("\n");
    for (const word of ["no rules", "shadow mode", "T1_MAX_LANE"]) expect(said).toContain(word);
  });

  test("a logger that throws stops nothing", async () => {
    const fail = (): never => {
      throw new Error("log is full");
    };
    const { rein } = await open([], { logger: { info: fail, warn: fail, error: fail } });
    permitFor(rein, pay);
    expect(await rein.halt({ by, deadlineMs: 0 })).toMatchObject({ complete: false });
  });

  test("`dir` keeps the records, for their owner's eyes, and goes on where it stopped", () =>
    inTempDir(async (dir) => {
      const options = { audit: undefined, dir: join(dir, "state") };
      for (let run = 0; run < 2; run++) {
        const { rein } = await open([], options);
        act(rein, pay);
        await rein.close();
      }
      const file = join(dir, "state", "audit", "seg", "0000000000000000.jsonl");
      const types = readFileSync(file, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { type: string }).type)
        .filter((type) => ["open", "gate", "settle", "close"].includes(type));
      expect(types).toEqual(["open", "gate", "settle", "close", "open", "gate", "settle", "close"]);
      expect(statSync(file).mode & 0o077).toBe(0);
    }));

  test("the record begins with what a replay needs: policy, mode, limits, configuration, clock", async () => {
    const { rein, sink } = await open([{ kind: "rate", limit: 9, window: "1s" }], {
      config: { maxLanes: 7 },
    });
    expect(sink.records[0]).toMatchObject({
      type: "open",
      mode: "enforce",
      digest: rein.policy.digest,
      rules: rein.policy.rules,
      limits: { maxLanes: 7 },
      config: { maxLanes: 7, minSamplesForKill: 10 },
    });
  });
});

describe("a decision", () => {
  test("always has an id of its own, a status, a verdict and a size, and the permit is what it says", async () => {
    const { rein } = await open([{ kind: "rate", limit: 2, window: "1h" }]);
    const decisions = [rein.gate(pay), rein.gate(pay), rein.gate(pay), rein.gate(pay)];
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(4);
    expect(decisions.map(({ allowed, verdict, status }) => [allowed, verdict, status])).toEqual([
      [true, "allow", "yellow"],
      [true, "allow", "yellow"],
      [false, "block", "yellow"],
      [false, "block", "yellow"],
    ]);
    for (const { sizeMultiplier } of decisions) expect(sizeMultiplier).toBeGreaterThan(0);
    const [first] = decisions;
    expect(first!.permit).toMatchObject({ id: first!.id, source: "agent", series: "pay", epoch: 0 });
    expect(rein.snapshot().inFlight).toMatchObject([{ id: first!.id, halted: false }, {}]);
    rein.settle(first!.id, { ok: true, latencyMs: 12, progress: true });
    expect(rein.snapshot().inFlight).toHaveLength(1);
  });

  test("is on the record with its outcome, exactly as it was", async () => {
    const { rein, sink } = await open([]);
    const { permit } = rein.gate({ ...pay, cost: { usd: 0.02, tokens: 1500 } });
    rein.gate({ ...pay, cost: { usd: 7 } }).permit!.settle({ ok: false, cost: { usd: 0.5 } });
    permit!.settle({ ok: true, cost: { usd: 0.011 }, latencyMs: 12.5, progress: false });
    await rein.flush();
    const [first, second] = sink.records.filter((record) => (record as { type: string }).type === "settle");
    expect(first).toMatchObject({ seq: 2, ok: false, cost: { usd: 500_000 } });
    expect(second).toMatchObject({
      seq: 1,
      ok: true,
      cost: { usd: 11_000 },
      latencyMs: 12.5,
      progress: false,
    });
    expect(sink.records).toContainEqual(
      expect.objectContaining({ type: "gate", seq: 1, cost: { usd: 20_000, tokens: 1_500_000_000 } }),
    );
    expect(sink.records).toContainEqual(
      expect.objectContaining({ type: "gate", seq: 2, cost: { usd: 7_000_000 } }),
    );
  });

  test("keeps values of tags and arguments to itself", async () => {
    const { rein, sink } = await open([
      { kind: "rate", limit: 1, window: "1h", per: "tag:to", then: "halt" },
    ]);
    const told = [hear(rein, "decision"), hear(rein, "halt"), hear(rein, "alert")];
    const secret = { ...pay, tags: { to: "secret-person" }, args: { body: "secret-text" } };
    for (let i = 0; i < 3; i++) rein.gate(secret);
    await rein.flush();
    await breathe();
    const said = JSON.stringify([sink.records, rein.snapshot(), rein.budgets(), told[1], told[2]]);
    expect(said).not.toMatch(/secret/);
  });

  test("an expired permit is void, counts as spent, and its end is still heard", async () => {
    const { rein, clock } = await open([{ kind: "budget", measure: "usd", limit: 5, window: "forever" }], {
      config: { permitTtlSeconds: 60 },
    });
    const permit = permitFor(rein, pay);
    const { signal } = permit;
    clock.advance(59_999);
    permit.check();
    clock.advance(1);
    expect(signal.reason).toMatchObject({ code: "expired" });
    expect(rein.budgets()).toMatchObject([{ spent: 1, reserved: 0 }]);
    permit.settle({ ok: true, cost: { usd: 3 } });
    expect(rein.budgets()).toMatchObject([{ spent: 3, reserved: 0 }]);
  });
});

describe("lanes by hand", () => {
  test.each([
    ["red", "lane_red", true, 0],
    ["black", "lane_killed", false, 0],
    ["yellow", "ok", undefined, 0.5],
    ["green", "ok", undefined, 1],
  ] as const)("%s: %s", async (status, code, retryable, size) => {
    const { rein } = await open([]);
    const heard = hear(rein, "status");
    rein.override(pay, { status, by, reason: "by hand" });
    const decision = rein.gate(pay);
    expect([decision.allowed ? "ok" : decision.refusal.code, decision.refusal?.retryable]).toEqual([
      code,
      retryable,
    ]);
    expect(decision).toMatchObject({ status, sizeMultiplier: size });
    if (!decision.allowed) expect(decision.refusal.message).toContain("by hand");
    expect(answer(rein, { ...pay, series: "other" })).toBe("ok");
    rein.revive(pay, { by: "bob", reason: "mended" });
    expect(rein.gate(pay)).toMatchObject({ allowed: true, status: "yellow" });
    await breathe();
    const told = [
      { from: "yellow", to: status, by },
      { from: status, to: "yellow", by: "bob", reason: "mended" },
    ];
    expect(heard).toMatchObject(status === "yellow" ? [] : told);
  });

  test("for a time: it ends by itself, and the last word counts", async () => {
    const { rein, clock } = await open([]);
    rein.override(pay, { status: "red", forMs: 1000, by });
    rein.override(pay, { status: "black", forMs: 5000, by });
    clock.advance(4999);
    expect(answer(rein, pay)).toBe("lane_killed");
    clock.advance(1);
    expect(answer(rein, pay)).toBe("ok");
  });
});

describe("listeners", () => {
  test("are called outside the gate, in order, each for itself", async () => {
    const { rein } = await open([]);
    const seen: string[] = [];
    const listener = ({ series }: { series: string }): void => void seen.push(series);
    const stop = rein.on("decision", listener);
    rein.on("decision", listener);
    for (const series of ["a", "b"]) act(rein, { ...pay, series });
    expect(seen).toEqual([]);
    await breathe();
    expect(seen).toEqual(["a", "a", "b", "b"]);
    stop();
    stop();
    act(rein, { ...pay, series: "c" });
    await breathe();
    expect(seen.slice(4)).toEqual(["c"]);
  });

  test.each<[string, () => unknown]>([
    ["throws", () => { throw new Error("bad listener"); }], // prettier-ignore
    ["throws what cannot be printed", () => { throw Object.create(null); }], // prettier-ignore
    ["rejects", () => Promise.reject(new Error("bad listener"))],
    ["answers with something like a promise that rejects", () => ({ then: (_: unknown, no: (e: unknown) => void) => no(new Error("x")) })], // prettier-ignore
    ["answers with something that has a bad `then`", () => ({ get then() { throw new Error("x"); } })], // prettier-ignore
  ])("one that %s hurts nobody", async (_what, listener) => {
    const { rein, logger } = await open([]);
    rein.on("decision", listener);
    const heard = hear(rein, "decision");
    expect(answer(rein, pay)).toBe("ok");
    await breathe();
    expect(heard).toHaveLength(1);
    expect(logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("may call the gate, stop listening, and close Rein", async () => {
    const { rein } = await open([{ kind: "concurrency", limit: 2 }]);
    const answers: string[] = [];
    const stop = rein.on("decision", () => {
      stop();
      answers.push(answer(rein, pay), answer(rein, pay));
      void rein.close();
      answers.push(answer(rein, pay));
    });
    answers.push(answer(rein, pay));
    await breathe();
    expect(answers).toEqual(["ok", "ok", "concurrency_limited", "closed"]);
  });
});

describe("the state", () => {
  test("is plain data that others can read, and a copy", async () => {
    const { rein } = await open([
      { kind: "budget", measure: "usd", limit: 5, window: "1d", per: ["source", "tag:to"] },
      { kind: "rate", limit: 5, window: "1h" },
      { kind: "errors", consecutive: 3 },
      { kind: "access", effect: "approve", match: { series: "ask" } },
    ]);
    permitFor(rein, { ...pay, tags: { to: "x" } });
    act(rein, { ...pay, series: "fails" }, { ok: false });
    rein.gate({ ...pay, series: "ask" });
    rein.signal("feed", 5);
    await rein.halt({ scope: { source: "other" }, by });
    const snapshot = rein.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot).toMatchObject({
      version: 1,
      mode: "enforce",
      policy: rein.policy.digest,
      decisions: 3,
      epoch: 1,
      regime: "unknown",
    });
    expect(snapshot.signals).toMatchObject([{ name: "feed", value: 5, ageMs: 0 }]);
    expect(snapshot.budgets).toEqual(rein.budgets());
    (snapshot.lanes as unknown[]).length = 0;
    expect(rein.snapshot().lanes).toHaveLength(3);
  });

  test("a policy that is swapped in holds for lanes that are known, and the old one's signals and lanes stay", async () => {
    const { rein } = await open([]);
    rein.signal("feed", 1);
    rein.override({ ...pay, series: "killed" }, { status: "black", by });
    act(rein, pay);
    rein.setPolicy([
      { kind: "access", effect: "deny", match: { series: "pay" } },
      { kind: "stale", signal: "feed", maxAge: "1m" },
    ]);
    expect(["pay", "other", "killed"].map((series) => answer(rein, { ...pay, series }))).toEqual([
      "access_denied",
      "ok",
      "lane_killed",
    ]);
  });

  test("raising a limit keeps what was counted, for a rate, a bucket and a breaker as well", async () => {
    const policy = (n: number) =>
      [
        { id: `w${n}`, kind: "rate", limit: n, window: "1h", match: { series: "w" } },
        { id: `b${n}`, kind: "rate", limit: 1, window: "1000h", burst: n, match: { series: "b" } },
        { id: `e${n}`, kind: "errors", consecutive: n, match: { series: "e" } },
      ] as const;
    const { rein } = await open(policy(2));
    const on = (series: string, ok = true): string => act(rein, { ...pay, series }, { ok });
    for (const series of ["w", "b"]) for (let i = 0; i < 2; i++) on(series);
    on("e", false);
    rein.setPolicy(policy(3));
    expect(["w", "w", "b", "b"].map((series) => on(series))).toEqual([
      "ok",
      "rate_limited",
      "ok",
      "rate_limited",
    ]);
    expect([on("e", false), on("e", false), on("e")]).toEqual(["ok", "ok", "breaker_open"]);
  });
});

describe("time", () => {
  test("with a clock that has no timers, `tick` applies what is due", async () => {
    const clock = { at: 0, now: () => clock.at };
    const { rein } = await open([{ kind: "timeout", limit: "1m" }], { clock });
    const permit = permitFor(rein, pay);
    const { signal } = permit;
    clock.at = 60_000;
    expect(signal.aborted).toBe(false);
    rein.tick();
    expect(signal.aborted).toBe(true);
  });

  test("a fence needs no tick: it looks at the clock itself", async () => {
    const clock = { at: 0, now: () => clock.at };
    const { rein } = await open([{ kind: "timeout", limit: "1m" }], { clock });
    const permit = permitFor(rein, pay);
    clock.at = 60_000;
    expect(() => permit.check()).toThrow("ran longer");
  });
});

describe("the end", () => {
  test("`await using` closes: permits are void, the records are complete", async () => {
    const sink = new MemorySink();
    let signal: AbortSignal | undefined;
    {
      await using rein = await Rein.open({
        policy: [],
        mode: "enforce",
        clock: new FakeClock(),
        logger: new MemoryLogger(),
        audit: { sink },
      });
      signal = permitFor(rein, pay).signal;
    }
    expect(signal.reason).toMatchObject({ code: "halted" });
    expect(sink.records.at(-1)).toMatchObject({ type: "close", unsettled: 1 });
  });

  test("a sink that fails at the end is heard of, and Rein is closed all the same", async () => {
    const { rein, sink } = await open([]);
    act(rein, pay);
    sink.failure = new Error("disk full");
    const error: unknown = await rein.close().catch((e: unknown) => e);
    expect(ReinError.isInstance(error) && error.code).toBe("record_failed");
    expect(answer(rein, pay)).toBe("closed");
  });

  test("a governed call that is running rejects, and settles without harm later", async () => {
    const { rein } = await open([]);
    let finish: () => void = () => undefined;
    const call = rein.governed(pay, () => new Promise<void>((resolve) => (finish = resolve)))();
    const closing = rein.close();
    await expect(call).rejects.toMatchObject({ code: "halted" });
    await closing;
    finish();
    await breathe();
  });
});
