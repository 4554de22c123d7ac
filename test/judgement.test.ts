import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { act, answer, breathe, codeOf, hear, open } from "./support/open.js";

const call = { source: "agent", series: "search" };

describe("denials", () => {
  const denied = { source: "agent", series: "forbidden" };
  const deny = { kind: "access", effect: "deny", match: { series: "forbidden" } } as const;
  const storm = { kind: "denials", id: "storm", ratePct: 70, window: "60s", minCalls: 10 } as const;

  test("trips strictly above the share, and blocks until the window's denials are old", async () => {
    const { rein, clock } = await open([deny, storm]);
    for (let i = 0; i < 7; i++) answer(rein, denied);
    for (let i = 0; i < 3; i++) expect(answer(rein, call)).toBe("ok");
    // 7 of 10 are not more than 70 %.
    clock.advance(1000);
    expect(answer(rein, denied)).toBe("access_denied");
    expect(answer(rein, call)).toBe("anomaly");
    // What it refuses itself does not feed it.
    for (let i = 0; i < 50; i++) expect(answer(rein, call)).toBe("anomaly");
    clock.advance(59_000);
    expect(answer(rein, call)).toBe("ok");
  });

  test("a halt comes with the denial that completes the storm, and the storm is over when it is resumed", async () => {
    const { rein } = await open([deny, { ...storm, per: ["source"], then: "halt" }]);
    const halts = hear(rein, "halt");
    for (let i = 0; i < 10; i++) answer(rein, denied);
    await breathe();
    expect(halts).toHaveLength(1);
    expect(halts[0]).toMatchObject({ rule: "storm" });
    expect(halts[0]!.reason).toContain("10 of 10 actions were denied within 1m");
    expect(answer(rein, call)).toBe("halted");
    expect(answer(rein, { ...call, source: "other" })).toBe("ok");
    await rein.resume({ halt: halts[0]!.id, reason: "seen", by: "op" });
    expect(answer(rein, call)).toBe("ok");
    expect(answer(rein, denied)).toBe("access_denied");
  });

  test("without a share it is calibrated: a storm is seen, one denial in ten is not", async () => {
    const { rein, clock } = await open([deny, { kind: "denials", id: "storm", then: "alert" }]);
    const alerts = hear(rein, "alert");
    for (let i = 0; i < 5000; i++) {
      clock.advance(1000);
      answer(rein, i % 10 === 0 ? denied : call);
    }
    await breathe();
    expect(alerts).toHaveLength(0);
    for (let i = 0; i < 40; i++) answer(rein, denied);
    await breathe();
    expect(alerts).toHaveLength(1);
    expect(alerts[0]!.message).toMatch(/\d+ of \d+ actions within .* were denied/);
  });

  test("in shadow nothing is blocked, and what would have been is said", async () => {
    const { rein } = await open([deny, storm], { mode: "shadow" });
    for (let i = 0; i < 10; i++) expect(answer(rein, denied)).toBe("ok");
    expect(rein.gate(call)).toMatchObject({ allowed: true, wouldBlock: { code: "anomaly", rule: "storm" } });
  });
});

describe("newcomers", () => {
  const rule = { kind: "newcomers", id: "new", of: "tag:to", limit: 20, window: "1m" } as const;
  const mail = (to: number) => ({ source: "agent", series: "send", tags: { to: `p${to}@example.com` } });

  test("the one too many is refused, known ones pass, and the window lets new ones in again", async () => {
    const { rein, clock } = await open([rule]);
    for (let i = 0; i < 20; i++) expect(answer(rein, mail(i))).toBe("ok");
    expect(answer(rein, mail(20))).toBe("anomaly");
    expect(answer(rein, mail(3))).toBe("ok");
    expect(answer(rein, { source: "agent", series: "send" })).toBe("ok");
    clock.advance(60_000);
    expect(answer(rein, mail(20))).toBe("ok");
  });

  test("a halting one halts with the newcomer that is one too many", async () => {
    const { rein } = await open([{ ...rule, then: "halt" }]);
    for (let i = 0; i < 20; i++) answer(rein, mail(i));
    expect(rein.gate(mail(20)).refusal?.message).toContain("that has halted it");
    expect(answer(rein, mail(3))).toBe("halted");
  });

  test("one too many that another rule refused first is no known one the next time", async () => {
    const wipe = { kind: "access", id: "a-deny", effect: "deny", match: { series: "wipe" } } as const;
    const { rein, clock } = await open([rule, wipe]);
    for (let i = 0; i < 20; i++) expect(answer(rein, mail(i))).toBe("ok");
    expect(answer(rein, { ...mail(20), series: "wipe" })).toBe("access_denied");
    expect(answer(rein, mail(20))).toBe("anomaly");
    clock.advance(60_000);
    expect(answer(rein, mail(20))).toBe("ok");
  });

  test("without a limit, somebody who tries out names is seen; a mailer who always writes to somebody new is not", async () => {
    const deny = { kind: "access", effect: "deny", match: { series: "read" } } as const;
    const { rein, clock } = await open([deny, { kind: "newcomers", id: "new", of: "tag:to", then: "alert" }]);
    const alerts = hear(rein, "alert");
    for (let i = 0; i < 3000; i++) {
      clock.advance(5000);
      answer(rein, mail(i));
    }
    await breathe();
    expect(alerts).toHaveLength(0);
    for (let i = 0; i < 60; i++) answer(rein, { source: "agent", series: "read", tags: { to: `x${i}` } });
    await breathe();
    expect(alerts.length).toBeGreaterThan(0);
  });
});

describe("runaway", () => {
  test("many times the usual rate is blocked for a minute, and the usual rate never is", async () => {
    const { rein, clock } = await open([{ kind: "runaway", id: "fast", multiple: 5, per: ["source"] }]);
    for (let i = 0; i < 2000; i++) {
      clock.advance(5000);
      expect(answer(rein, call)).toBe("ok");
    }
    let passed = 0;
    while (answer(rein, call) === "ok" && passed < 1000) {
      passed += 1;
      clock.advance(50);
    }
    expect(passed).toBeLessThan(400);
    const decision = rein.gate(call);
    expect(decision.refusal).toMatchObject({ code: "anomaly", rule: "fast", retryable: true });
    expect(decision.refusal?.message).toMatch(/\d+ actions within .*, where 12 a minute are usual/);
    expect(answer(rein, { ...call, source: "other" })).toBe("ok");
    clock.advance(60_000);
    expect(answer(rein, call)).toBe("ok");
  });
});

describe("loop", () => {
  const repeats = { kind: "loop", id: "again", repeats: 6, maxPeriod: 6 } as const;
  const ask = (what: string) => ({ source: "agent", series: "search", args: { what } });

  test("the sixth same call in a row is refused, another one passes, and counting starts over", async () => {
    const { rein } = await open([repeats]);
    for (let i = 0; i < 5; i++) expect(act(rein, ask("a"))).toBe("ok");
    expect(act(rein, ask("a"))).toBe("loop");
    expect(act(rein, ask("a"))).toBe("loop");
    expect(rein.gate(ask("a")).refusal?.message).toContain("the same call for the 6th time in a row");
    expect(act(rein, ask("b"))).toBe("ok");
    for (let i = 0; i < 5; i++) expect(act(rein, ask("a"))).toBe("ok");
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "a cycle of %i calls is refused when it would come round six times",
    async (period) => {
      const { rein } = await open([repeats]);
      let calls = 0;
      while (act(rein, ask(`q${calls % period}`)) === "ok" && calls < 100) calls += 1;
      expect(calls).toBe(6 * period - 1);
    },
  );

  test("polling whose answers change, batches, and progress are no loop; answers that differ in digits are", async () => {
    const { rein } = await open([repeats]);
    const states = ["queued", "building", "testing", "packing", "signing", "uploading", "done", "gone"];
    for (const state of states) expect(act(rein, ask("status"), { ok: true, result: { state } })).toBe("ok");
    for (let i = 0; i < 20; i++) expect(act(rein, ask(`file ${i}`), { ok: true, result: "ok" })).toBe("ok");
    for (let i = 0; i < 20; i++) expect(act(rein, ask("next"), { ok: true, progress: true })).toBe("ok");
    let passed = 0;
    while (passed < 20 && act(rein, ask("log"), { ok: true, result: `at 12:00:0${passed} nothing` }) === "ok")
      passed += 1;
    expect(passed).toBe(5);
  });

  test("without numbers it is calibrated: a loop is stopped within five repeats, governed functions tell their results", async () => {
    const { rein } = await open([{ kind: "loop", id: "circles", then: "halt", per: ["source"] }]);
    const search = rein.governed({ source: "agent", series: "search" }, (what: string) =>
      Promise.resolve(`nothing found for ${what} in 17 ms`),
    );
    let calls = 0;
    await expect(
      (async () => {
        for (; calls < 30; calls++) await search("needle");
      })(),
    ).rejects.toMatchObject({ refusal: { code: "halted" } });
    expect(calls).toBeLessThanOrEqual(6);
    expect(rein.snapshot().halts[0]?.reason).toContain("the same call came");
  });

  test("spending without progress halts, and progress starts the count over", async () => {
    const rule = { kind: "loop", id: "idle", measure: "usd", limit: 5, then: "halt" } as const;
    const { rein } = await open([rule]);
    const pay = { source: "agent", series: "think", cost: { usd: 1 } };
    for (let i = 0; i < 5; i++) expect(act(rein, pay, { ok: true, progress: false })).toBe("ok");
    expect(act(rein, pay, { ok: true, progress: true })).toBe("ok");
    for (let i = 0; i < 6; i++) expect(act(rein, pay, { ok: true, progress: false })).toBe("ok");
    expect(answer(rein, pay)).toBe("halted");
    expect(rein.snapshot().halts[0]?.reason).toContain("$6.00 in 6 actions without anything new");
  });
});

describe("errors", () => {
  test("without numbers, what keeps failing is paused; one failure in ten is not", async () => {
    const { rein, clock } = await open([{ kind: "errors", id: "failing", per: ["series"] }]);
    for (let i = 0; i < 3000; i++) {
      clock.advance(1000);
      expect(act(rein, call, { ok: i % 10 !== 0 })).toBe("ok");
    }
    let failed = 0;
    while (act(rein, call, { ok: false }) === "ok") failed += 1;
    expect(failed).toBeLessThan(40);
    expect(answer(rein, call)).toBe("breaker_open");
    clock.advance(30_000);
    expect(act(rein, call, { ok: true })).toBe("ok");
    expect(act(rein, call, { ok: true })).toBe("ok");
  });

  test("an error budget that burns too fast pauses", async () => {
    const { rein, clock } = await open([{ kind: "errors", id: "slo", budgetPct: 1 }]);
    for (let i = 0; i < 600; i++) {
      clock.advance(500);
      expect(act(rein, call, { ok: true })).toBe("ok");
    }
    let failed = 0;
    while (act(rein, call, { ok: failed++ % 2 === 0 }) === "ok" && failed < 1000) clock.advance(500);
    expect(failed).toBeLessThan(300);
    expect(rein.gate(call).refusal?.message).toContain("the error budget of 1% burns");
  });
});

describe("stale without an age", () => {
  test("learns the feed's own rhythm", async () => {
    const { rein, clock } = await open([{ kind: "stale", id: "feed", signal: "price" }]);
    expect(answer(rein, call)).toBe("signal_stale");
    for (let i = 0; i < 50; i++) {
      clock.advance(1000);
      rein.signal("price", 100 + (i % 3));
      expect(answer(rein, call)).toBe("ok");
    }
    clock.advance(2000);
    expect(answer(rein, call)).toBe("ok");
    clock.advance(30_000);
    expect(rein.gate(call).refusal?.message).toContain("usually arrives every 1s");
  });
});

describe("score", () => {
  const score = { kind: "score", id: "care", settings: { minSamplesForKill: 15 } } as const;

  test("a lane that never works is blocked, rests, is probed one at a time, and comes back when it works", async () => {
    const { rein, clock } = await open([score]);
    const statuses = hear(rein, "status");
    let tried = 0;
    while (act(rein, call, { ok: false }) === "ok" && tried < 100) {
      tried += 1;
      clock.advance(1000);
    }
    expect(tried).toBeLessThan(60);
    expect(rein.gate(call).refusal).toMatchObject({ code: "lane_red", rule: "care", retryable: true });
    expect(answer(rein, { ...call, series: "other" })).toBe("ok");
    await breathe();
    expect(statuses[0]).toMatchObject({ from: "yellow", to: "red" });
    expect(statuses[0]!.reason).toMatch(/success|works/);
    clock.advance(2 * 3_600_000);
    const probe = rein.gate(call);
    expect(probe).toMatchObject({ allowed: true, status: "red", sizeMultiplier: 0.1 });
    expect(answer(rein, call)).toBe("lane_red");
    probe.permit!.settle({ ok: true });
    for (let i = 0; i < 40 && rein.snapshot().lanes[0]!.status === "red"; i++) {
      clock.advance(60_000);
      act(rein, call, { ok: true });
    }
    expect(rein.gate(call)).toMatchObject({ allowed: true, status: "yellow" });
  });

  test("a new lane needs its samples before it can be killed, and an operator revives it", async () => {
    const { rein, clock } = await open([
      {
        kind: "score",
        settings: { minSamplesForKill: 15, execBlackFill: 0.5, execRedFill: 0.5, execYellowFill: 0.6 },
      },
    ]);
    let tried = 0;
    while (act(rein, call, { ok: false }) === "ok" && tried < 100) {
      tried += 1;
      clock.advance(1000);
    }
    expect(tried).toBeGreaterThanOrEqual(15);
    expect(rein.gate(call).refusal).toMatchObject({ code: "lane_killed", retryable: false });
    rein.revive(call, { by: "op", reason: "mended" });
    expect(act(rein, call)).toBe("ok");
  });

  test("works in calm and dies in shock: two strategies", async () => {
    const { rein, clock } = await open([score], { config: { regimeTickSeconds: 1 } });
    const regimes = hear(rein, "regime");
    const swing = (spread: number, ticks: number, ok: (i: number) => boolean): string[] => {
      const answers: string[] = [];
      for (let i = 0; i < ticks; i++) {
        clock.advance(1000);
        rein.signal("volatility", 100 + spread * Math.sin(i * 12.9898));
        answers.push(act(rein, call, { ok: ok(i) }));
      }
      return answers;
    };
    expect(swing(1, 200, () => true)).not.toContain("lane_red");
    expect(rein.snapshot().regime).toBe("normal");
    const wild = swing(40, 60, () => false);
    await breathe();
    expect(regimes.map(({ to }) => to)).toContain("shock");
    expect(wild.at(-1)).toMatch(/lane_(red|killed)/);
    clock.advance(1000);
    let calm: string[] = [];
    for (let i = 0; i < 20 && rein.snapshot().regime !== "normal"; i++) calm = swing(1, 20, () => true);
    expect(rein.snapshot().regime).toBe("normal");
    expect(calm.at(-1)).toBe("ok");
  });

  test("realized losses kill by the edge and by the capital; bad numbers are refused and change nothing", async () => {
    const { rein, clock } = await open([score]);
    const lane = { source: "agent", series: "trade" };
    for (let i = 0; i < 80; i++) {
      clock.advance(1000);
      rein.realize({ ...lane, pnl: -0.05 + (i % 3) * 0.001 });
    }
    expect(answer(rein, lane)).toMatch(/lane_(red|killed)/);
    const other = { source: "agent", series: "carry" };
    expect(() => {
      rein.realize({ ...other, pnl: NaN });
    }).toThrow(/number/);
    expect(answer(rein, other)).toBe("ok");
    rein.realize({ ...other, pnl: 1, capitalPct: -0.12 });
    expect(codeOf(rein.gate(other))).toBe("lane_red");
  });

  test("in shadow the status is told and blocks nothing", async () => {
    const { rein, clock } = await open([score], { mode: "shadow" });
    for (let i = 0; i < 100; i++) {
      clock.advance(1000);
      expect(act(rein, call, { ok: false })).toBe("ok");
    }
    expect(rein.gate(call)).toMatchObject({ allowed: true, wouldBlock: { rule: "care" } });
  });
});

test("a loss scales actions down on the way to its limit", async () => {
  const { rein } = await open([{ kind: "loss", limitPct: 5, from: "peak" }]);
  const size = (): number => permitForSize(rein);
  expect(size()).toBe(0.5);
  rein.balance({ start: 1000, current: 1000 });
  expect(size()).toBe(0.5);
  rein.balance({ start: 1000, current: 965 });
  expect(size()).toBeCloseTo(0.25, 6);
});

function permitForSize(rein: Awaited<ReturnType<typeof open>>["rein"]): number {
  const decision = rein.gate(call);
  if (!decision.allowed) throw new Error("refused");
  decision.permit.settle({ ok: true });
  return decision.sizeMultiplier;
}

test("providers are asked at each regime tick, and one that fails is told once and stops nothing", async () => {
  let value: number | Error = 5;
  const provider = (): number => {
    if (value instanceof Error) throw value;
    return value;
  };
  const { rein, clock, logger } = await open([], {
    signals: { queue: provider },
    config: { regimeTickSeconds: 1 },
  });
  await breathe();
  expect(rein.snapshot().signals).toMatchObject([{ name: "queue", value: 5 }]);
  value = new Error("down");
  for (let i = 0; i < 5; i++) {
    clock.advance(1000);
    await breathe();
  }
  expect(logger.lines.filter((line) => JSON.stringify(line).includes("provider of signal"))).toHaveLength(1);
  expect(codeOf(rein.gate(call))).toBe("ok");
  await rein.close();
});

describe("reports that cannot be used as they are", () => {
  test("are typed errors or booked, never a halt, and counted where everybody can see them", async () => {
    const config = { permitTtlSeconds: 1 };
    const { rein, clock, logger } = await open([{ kind: "score", settings: { minSamplesForKill: 5 } }], {
      config,
    });
    const late = rein.gate(call);
    const twice = rein.gate(call);
    twice.permit!.settle({ ok: true });
    expect(() => {
      twice.permit!.settle({ ok: true });
    }).toThrow(/already settled/);
    clock.advance(1500);
    rein.tick();
    late.permit!.settle({ ok: true });
    expect(() => {
      rein.settle("nobody.1.0", { ok: true });
    }).toThrow(/no open decision/);
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(() => {
        rein.signal("feed", bad);
      }).toThrow(/number/);
      expect(() => {
        rein.realize({ ...call, pnl: 1, capitalPct: bad });
      }).toThrow(/number/);
    }
    expect(rein.snapshot().oddities).toEqual({ late: 1, twice: 1, unknown: 1, invalid: 6 });
    expect(rein.snapshot().weather.skipped).toBe(3);
    expect(logger.lines.filter(({ message }) => message.includes("teaches nothing"))).toHaveLength(1);
    expect(rein.snapshot().halts).toHaveLength(0);
    expect(answer(rein, call)).toBe("ok");
  });

  test("a constant signal, time that stands still, a million values in one tick and a year's silence are no shock", async () => {
    const { rein, clock } = await open([{ kind: "score", settings: { minSamplesForKill: 5 } }]);
    const regimes = hear(rein, "regime");
    for (let i = 0; i < 60; i++) {
      clock.advance(30_000);
      rein.signal("constant", 42);
    }
    for (let i = 0; i < 20_000; i++) rein.signal("constant", 42);
    clock.advance(30_000);
    rein.tick();
    await breathe();
    expect(regimes.map(({ to }) => to)).toEqual(["unknown", "normal"]);
    clock.advance(365 * 86_400_000);
    rein.tick();
    rein.signal("constant", 42);
    await breathe();
    expect(regimes.map(({ to }) => to)).not.toContain("shock");
    expect(act(rein, call)).toBe("ok");
  });

  test("a lane with one event a month keeps its probation, and forgets", async () => {
    const { rein, clock } = await open([{ kind: "score", settings: { minSamplesForKill: 5 } }]);
    for (let i = 0; i < 40; i++) {
      clock.advance(30 * 86_400_000);
      expect(act(rein, call, { ok: i % 2 === 0 })).toBe("ok");
    }
    expect(rein.snapshot().lanes[0]).toMatchObject({ status: "yellow" });
  });
});

test("a detector that asks lets a human decide, and one dial moves all of them", async () => {
  const rule = { kind: "loop", id: "circles", then: "approve" } as const;
  const ask = { source: "agent", series: "search", args: { q: 1 } };
  const callsUntilAsked = async (falseAlarmsPerMillion: number): Promise<number> => {
    const { rein } = await open([rule], { config: { falseAlarmsPerMillion } });
    let calls = 0;
    while (act(rein, ask) === "ok") calls += 1;
    expect(rein.gate(ask).refusal).toMatchObject({ code: "approval_required", rule: "circles" });
    rein.approve(rein.snapshot().approvals[0]!.id, { by: "op" });
    expect(act(rein, ask)).toBe("ok");
    return calls;
  };
  const [rarely, usually, often] = [
    await callsUntilAsked(0.1),
    await callsUntilAsked(10),
    await callsUntilAsked(10_000),
  ];
  expect(rarely).toBeGreaterThan(usually);
  expect(usually).toBeGreaterThan(often);
});

test("limits change with the regime", async () => {
  const tight = { kind: "rate", limit: 1, window: "1h", match: { regime: ["stressed", "shock"] } } as const;
  const { rein } = await open([tight]);
  for (let i = 0; i < 5; i++) expect(answer(rein, call)).toBe("ok");
  rein.signal("latency", 3);
  // Until enough was seen of it, the world counts as stressed.
  expect(answer(rein, call)).toBe("ok");
  expect(answer(rein, call)).toBe("rate_limited");
});

test("what was learned survives a restart: a killed lane stays killed, a score goes on", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-judgement-"));
  const policy = [{ kind: "score", settings: { minSamplesForKill: 15 } }] as const;
  const options = { dir, audit: {} };
  const before = await open(policy, options);
  for (let i = 0; i < 200; i++) {
    before.clock.advance(1000);
    act(before.rein, call, { ok: false });
    act(before.rein, { ...call, series: "fine" }, { ok: true });
  }
  const [dead, fine] = before.rein.snapshot().lanes;
  await before.rein.close();
  const { rein } = await open(policy, { ...options, start: before.clock.now() });
  const lanes = rein.snapshot().lanes;
  expect(lanes.find(({ series }) => series === "search")).toMatchObject({ status: dead!.status, score: {} });
  expect(lanes.find(({ series }) => series === "fine")).toMatchObject({ status: "green", score: {} });
  expect(fine!.status).toBe("green");
  expect(answer(rein, call)).toMatch(/lane_(red|killed)/);
  await rein.close();
  rmSync(dir, { recursive: true });
});

test("two detectors do not keep each other going by their refusals", async () => {
  const storm = (id: string, window: string) =>
    ({ kind: "denials", id, ratePct: 50, window, minCalls: 4 }) as const;
  const deny = { kind: "access", effect: "deny", match: { series: "forbidden" } } as const;
  const { rein, clock } = await open([deny, storm("a", "10s"), storm("b", "15s")]);
  for (let i = 0; i < 4; i++) answer(rein, { source: "agent", series: "forbidden" });
  for (let i = 0; i < 40; i++) {
    clock.advance(500);
    answer(rein, call);
  }
  expect(answer(rein, call)).toBe("ok");
});
