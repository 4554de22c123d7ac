import { describe, expect, test } from "vitest";
import type { Action } from "../src/index.js";
import { FakeClock, MemorySink } from "../src/testing/index.js";
import { act, answer, breathe, open, permitFor } from "./support/open.js";

const action: Action = { source: "agent", series: "pay", cost: { usd: 1 } };

describe("a clock that fails", () => {
  class Watch {
    at = Date.UTC(2026, 0, 5);
    fail: (() => number) | undefined;
    now(): number {
      return this.fail === undefined ? this.at : this.fail();
    }
  }
  const rules = [{ kind: "rate", limit: 1, window: "1h" }] as const;

  test.each<[string, () => number]>([
    ["is not a number", () => NaN],
    ["is infinite", () => Infinity],
    ["answers text", () => "12" as never],
    ["throws", () => { throw new Error("stuck"); }], // prettier-ignore
    ["lies beyond all calendars", () => 1e17],
  ])(
    "one that %s refuses actions and stops no halt, and the gate works again when it does",
    async (_what, fail) => {
      const clock = new Watch();
      const { rein } = await open(rules, { clock });
      const permit = permitFor(rein, action);
      clock.fail = fail;
      expect(rein.gate(action).refusal).toMatchObject({ code: "clock_invalid", retryable: false });
      permit.check();
      rein.tick();
      expect(await rein.halt({ deadlineMs: 0 })).toMatchObject({ inFlight: [{ fate: "unknown" }] });
      permit.settle({ ok: true });
      clock.fail = undefined;
      expect(answer(rein, action)).toBe("halted");
    },
  );

  test("one that goes back gives no quota back, and expires nothing early", async () => {
    const clock = new Watch();
    const { rein } = await open(
      [...rules, { kind: "budget", measure: "usd", limit: 5, window: { calendar: "day" } }],
      { clock },
    );
    const permit = permitFor(rein, { ...action, cost: { usd: 5 } });
    const refusers = (): (string | undefined)[] => [
      rein.gate(action).refusal?.rule,
      rein.gate({ ...action, cost: { usd: 0 } }).refusal?.rule,
    ];
    clock.at -= 3 * 86_400_000;
    expect(refusers()).toEqual(["budget-1", "rate-1"]);
    permit.check();
    clock.at += 3 * 86_400_000 + 3_599_999;
    expect(refusers()).toEqual(["budget-1", "rate-1"]);
    clock.at += 1;
    expect(refusers()).toEqual(["budget-1", undefined]);
  });

  test("a wall clock that is set is on the record, and durations do not follow it", async () => {
    const { rein, clock, sink } = await open(rules);
    act(rein, action);
    clock.setWall(clock.now() + 86_400_000);
    expect(answer(rein, action)).toBe("rate_limited");
    await rein.flush();
    expect(sink.records).toContainEqual(expect.objectContaining({ type: "clock", byMs: 86_400_000 }));
  });
});

describe("records that cannot be written", () => {
  test("refuse actions when the queue is full; when they can be, nothing was lost and nothing is twice", async () => {
    const { rein, sink, logger } = await open([], { config: { maxQueue: 256 } });
    const permit = permitFor(rein, action);
    sink.failure = new Error("disk full");
    const seen: string[] = [];
    for (let i = 0; i < 6000; i++) seen.push(act(rein, action));
    expect(new Set(seen)).toEqual(new Set(["ok", "record_failed"]));
    expect(rein.gate(action).refusal).toMatchObject({ code: "record_failed", retryable: true });
    permit.settle({ ok: true });
    expect(await rein.halt()).toMatchObject({ complete: true });
    await expect(rein.flush()).rejects.toMatchObject({ code: "record_failed" });
    sink.failure = undefined;
    expect(answer(rein, action)).toBe("halted");
    await rein.close();
    const allowed = seen.filter((code) => code === "ok").length + 1;
    const records = sink.records as { type: string; seq?: number; verdict?: string }[];
    const gates = records.filter(({ type }) => type === "gate").map(({ seq }) => seq);
    expect(gates).toEqual([...gates.keys()].map((i) => i + 1));
    expect(records.filter(({ verdict }) => verdict === "allow")).toHaveLength(allowed);
    expect(records.filter(({ type }) => type === "settle")).toHaveLength(allowed);
    expect(records.some(({ type }) => type === "gap")).toBe(false);
    expect(logger.lines.filter(({ level }) => level === "error").length).toBeGreaterThan(0);
  });

  test("do not let Rein open, and leave nothing behind", async () => {
    const sink = new MemorySink();
    sink.failure = new Error("read-only");
    await expect(open([], { audit: { sink } })).rejects.toMatchObject({ code: "record_failed" });
    await expect(open([], { audit: { dir: "/dev/null/x" } })).rejects.toMatchObject({
      code: "record_failed",
    });
  });

  test.each(["written", "durable"] as const)(
    "an action admitted %s takes nothing when its record fails",
    async (durability) => {
      const sink = new MemorySink();
      const rules = [
        { kind: "rate", limit: 1, window: "1h" },
        { kind: "budget", measure: "calls", limit: 1, window: "forever" },
        { kind: "errors", consecutive: 1 },
        { kind: "access", effect: "approve" },
      ] as const;
      const { rein } = await open(rules, { audit: { sink, durability } });
      rein.approve(rein.gate(action).refusal!.approvalId!, { by: "alice" });
      sink.failure = new Error("disk full");
      expect((await rein.admit(action)).refusal).toMatchObject({ code: "record_failed" });
      expect(rein.snapshot().inFlight).toEqual([]);
      sink.failure = undefined;
      await breathe();
      expect((await rein.admit(action)).allowed).toBe(true);
    },
  );

  test("a sink that throws what cannot be printed is a sink that fails", async () => {
    const { rein, sink } = await open([]);
    sink.failure = Object.create(null) as Error;
    answer(rein, action);
    await expect(rein.flush()).rejects.toMatchObject({ code: "record_failed" });
  });
});

test("the fake clock of the tests is as strict as time", () => {
  const clock = new FakeClock(0);
  const seen: number[] = [];
  clock.schedule(() => seen.push(clock.mono()), 10);
  clock.schedule(() => seen.push(clock.mono()), 5)();
  clock.advance(20);
  expect(seen).toEqual([10]);
});
