import { describe, expect, test } from "vitest";
import { stateAfter, stateRecord } from "../../test/support/run-records.js";
import { Rein } from "../rein/index.js";
import type { RuleInput } from "../policy/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../testing/index.js";
import { replay } from "./replay.js";
import type { RunRecord } from "./replay.js";

const POLICY: RuleInput[] = [{ id: "cap", kind: "rate", limit: 3, window: "1h" }];

/** The records of a run of so many decisions. */
async function recordsOf(decisions: number): Promise<RunRecord[]> {
  const [clock, sink] = [new FakeClock(), new MemorySink()];
  const rein = await Rein.open({
    ...{ policy: POLICY, mode: "enforce", clock, logger: new MemoryLogger(), audit: { sink } },
  });
  for (let i = 0; i < decisions; i++) {
    rein.gate({ source: "a", series: "x" }).permit?.settle({ ok: true });
    clock.advance(1000);
  }
  await rein.close();
  return sink.records as RunRecord[];
}

describe("replay", () => {
  test("begins with a state where the opening is gone, and counts what lies before it", async () => {
    const records = await recordsOf(6);
    const cut = [...records.slice(3, 5), stateRecord(records, 5), ...records.slice(5)];
    const gates = records.slice(5).filter(({ type }) => type === "gate").length;
    expect(replay(cut)).toMatchObject({
      skipped: 2,
      decisions: gates,
      gaps: 0,
      unproven: 0,
      divergence: null,
    });
  });

  test("goes on with the next state behind a gap, and counts what could not be proven", async () => {
    const records = await recordsOf(6);
    const torn = [
      ...records.slice(0, 4),
      { type: "gap", lost: 1 },
      ...records.slice(5, 7),
      stateRecord(records, 7),
      ...records.slice(7),
    ];
    expect(replay(torn)).toMatchObject({ gaps: 1, unproven: 2, skipped: 0, divergence: null });
  });

  test("a fresh run behind a gap can be proven from its beginning", async () => {
    const records = await recordsOf(4);
    const report = replay([...records.slice(0, 3), { type: "gap", lost: null }, ...records]);
    expect(report).toMatchObject({ gaps: 1, unproven: 0, runs: 2, divergence: null });
  });

  test("a gap with nothing to begin with is an error that says so", () => {
    expect(() =>
      replay([
        { type: "gap", lost: 1 },
        { type: "tick", at: 1, mono: 1 },
      ]),
    ).toThrow(expect.objectContaining({ code: "record_damaged" }));
    expect(() => replay([{ type: "tick", at: 1, mono: 1 }])).toThrow(
      expect.objectContaining({ code: "record_failed" }),
    );
  });

  test("a state that is known from elsewhere is compared at its place", async () => {
    const records = await recordsOf(6);
    const saved = stateAfter(records, 6);
    const at = (image: typeof saved) => ({
      savedBefore: (n: number) => (n === 6 ? { boot: null, image } : undefined),
    });
    expect(replay(records, at(saved))).toMatchObject({ states: 1, divergence: null });
    const forged = { ...saved, seq: saved.seq + 1 };
    expect(replay(records, at(forged)).divergence).toMatchObject({
      ...{ seq: null, record: 6 },
      states: [{ path: "seq", recorded: saved.seq + 1, replayed: saved.seq }],
    });
  });

  test("a state that is known from before a gap is nothing to begin with behind it", async () => {
    const records = await recordsOf(6);
    const torn = [...records.slice(2, 4), { type: "gap", lost: 1 }, ...records.slice(5)];
    const savedBefore = (n: number) => (n === 2 ? { boot: null, image: stateAfter(records, 4) } : undefined);
    expect(() => replay(torn, { savedBefore })).toThrow(expect.objectContaining({ code: "record_damaged" }));
  });

  test("what goes on from a run that was given up is unproven, and not what was before the beginning", async () => {
    const records = await recordsOf(4);
    const opening = records[0]!;
    const many = Array.from({ length: 1001 }, (_, i): RunRecord[] => [
      { ...opening, boot: `run${i}` },
      { type: "close", boot: `run${i}` },
    ]);
    const goesOn = (from: number): RunRecord[] => [
      { ...opening, boot: "later", follows: `run${from}`, restored: true },
      { type: "tick", boot: "later", at: opening["at"], mono: opening["mono"] },
    ];
    const replayed = (from: number) => replay([...many.flat(), ...goesOn(from)]);
    expect(replayed(0)).toMatchObject({ runs: 1002, unproven: 2, skipped: 0, divergence: null });
    expect(replayed(1)).toMatchObject({ runs: 1002, unproven: 0, skipped: 0, divergence: null });
  });

  test("of several processes that write the same log each is replayed for itself, over its restarts", async () => {
    const [one, two] = [await recordsOf(6), await recordsOf(5)];
    const mixed: RunRecord[] = [{ type: "log.begin", n: 0 }];
    for (let i = 0; i < Math.max(one.length, two.length); i++) {
      for (const records of [one, two]) if (i < records.length) mixed.push(records[i]!);
    }
    const decisions = mixed.filter(({ type }) => type === "gate").length;
    expect(replay(mixed)).toMatchObject({ ...{ runs: 2, decisions, skipped: 0 }, divergence: null });
    const { boot } = two[0]!;
    const forged = mixed.map((record) =>
      record.type === "gate" && record["boot"] === boot && record["seq"] === 2
        ? { ...record, verdict: "block" }
        : record,
    );
    expect(replay(forged).divergence).toMatchObject({ boot, seq: 2, replayed: { verdict: "allow" } });
  });

  test("a record that cannot follow from what came before it is a difference, and not a fault of the program", async () => {
    const records = await recordsOf(4);
    const without = records.filter(({ type, seq }) => !(type === "gate" && seq === 2));
    const { divergence } = replay(without);
    expect(divergence?.problem).toContain("decision 2");
  });

  test("what comes behind a difference is read up to the next state, which shows both", async () => {
    const records = await recordsOf(6);
    const forged = records.map((record) =>
      record.type === "gate" && record["seq"] === 4
        ? { ...record, verdict: "allow", code: undefined, rule: undefined }
        : record,
    );
    const { divergence } = replay([...forged.slice(0, -1), stateRecord(records, records.length - 1)]);
    expect(divergence).toMatchObject({
      seq: 4,
      recorded: { verdict: "allow" },
      replayed: { verdict: "block" },
    });
  });
});
