import { describe, expect, test } from "vitest";
import { stateRecord } from "../../../test/support/run-records.js";
import { ENGINE_VERSION } from "../../engine/index.js";
import { compilePolicy } from "../../policy/index.js";
import type { PolicyInput, RuleInput } from "../../policy/index.js";
import { Rein } from "../../rein/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../../testing/index.js";
import { DEFAULT_LIMITS } from "../default-limits.js";
import { Backtest } from "./index.js";
import type { BacktestReport, Flip, HistoryRecord } from "./index.js";

const rate = (limit: number): RuleInput => ({ id: "rate", kind: "rate", limit, window: "1h" });
const GAP: HistoryRecord = { type: "gap", lost: 1 };

/** What was recorded of a governor in memory while somebody used it. */
async function recorded(
  policy: PolicyInput,
  use: (rein: Rein, clock: FakeClock) => void | Promise<void>,
): Promise<HistoryRecord[]> {
  const [clock, sink] = [new FakeClock(), new MemorySink()];
  const rein = await Rein.open({
    ...{ policy, mode: "enforce", clock, logger: new MemoryLogger(), audit: { sink } },
  });
  await use(rein, clock);
  await rein.close();
  return sink.records as HistoryRecord[];
}

function act(rein: Rein, series = "x"): void {
  rein.gate({ source: "a", series }).permit?.settle({ ok: true });
}

function tryOn(history: Iterable<HistoryRecord>, policy: PolicyInput, against?: PolicyInput): BacktestReport {
  const run = new Backtest({
    policies: [{ name: "new", policy: compilePolicy(policy) }],
    against: against === undefined ? undefined : { name: "old", policy: compilePolicy(against) },
  });
  for (const record of history) run.take(record);
  return run.report();
}

/** The place of the first record of a kind, from a place on. */
function placeOf(records: readonly HistoryRecord[], type: string, from = 0): number {
  return records.findIndex((record, i) => i >= from && record.type === type);
}

function placeOfGate(records: readonly HistoryRecord[], seq: number): number {
  return records.findIndex((record) => record.type === "gate" && record["seq"] === seq);
}

const opening = (boot: string, more: object = {}): HistoryRecord => ({
  ...{ type: "open", boot, at: 0, mono: 0, engine: ENGINE_VERSION, rules: [], mode: "enforce" },
  ...{ limits: DEFAULT_LIMITS, follows: null, ...more },
});
const decision = (boot: string, seq: number): HistoryRecord => ({
  ...{ type: "gate", boot, at: seq, mono: seq, seq, source: "a", series: "x", verdict: "allow" },
});

describe("runs that go on from one another", () => {
  test("what a policy asked for and nobody recorded is told, whatever runs came after", () => {
    const policy: RuleInput = { id: "to", kind: "access", effect: "deny", match: { tags: { to: "bob" } } };
    const history = [opening("b1"), decision("b1", 1)];
    for (const more of [[], [opening("b2", { follows: "b1" })], [opening("b2")]]) {
      const [{ unsure, notes }] = tryOn([...history, ...more], policy).policies as [
        BacktestReport["policies"][0],
      ];
      expect(unsure).toBe(1);
      expect(notes.join()).toContain("no recorded rule asked about");
    }
  });
});

test("what it is compared with asks for an answer that nobody recorded: that is told", () => {
  const policy: RuleInput = { id: "to", kind: "access", effect: "deny", match: { tags: { to: "bob" } } };
  const { policies, notes } = tryOn([opening("b1"), decision("b1", 1)], [], policy);
  expect(policies[0]).toMatchObject({ unsure: 1, notes: [] });
  expect(notes).toEqual([expect.stringMatching(/^`old`: it tests .* no recorded rule asked about/)]);
});

describe("missing records", () => {
  test("a state that cannot be read is told, and is not what anything goes on from", () => {
    const broken = { type: "state", boot: "b1", image: { format: 3 } };
    const { recorded: facts, notes } = tryOn(
      [opening("b1"), decision("b1", 1), GAP, broken, decision("b1", 9)],
      [],
    );
    expect(facts).toMatchObject({ decisions: 2, gaps: 1, notReproduced: 0 });
    expect(notes.join()).toContain("could not be followed everywhere");
    expect(() => tryOn([broken], [])).toThrow();
  });

  test("behind them no decision is said to come out otherwise under its own policy, up to the next state", async () => {
    const records = await recorded(rate(3), (rein) => {
      for (let i = 0; i < 8; i++) act(rein);
    });
    const [second, fifth, last] = [placeOfGate(records, 2), placeOfGate(records, 5), placeOfGate(records, 8)];
    // Two allowed actions are missing: without them the next two would have been.
    const torn = [...records.slice(0, second), GAP, ...records.slice(fifth)];
    expect(tryOn(torn, rate(3)).recorded).toMatchObject({ gaps: 1, notReproduced: 0 });
    const known = [
      ...records.slice(0, second),
      GAP,
      ...records.slice(fifth, last),
      stateRecord(records, last),
    ];
    const forged = { ...records[last]!, verdict: "allow", code: undefined, rule: undefined };
    expect(tryOn([...known, records[last]!], rate(3)).recorded).toMatchObject({ notReproduced: 0 });
    expect(tryOn([...known, forged], rate(3)).recorded).toMatchObject({ notReproduced: 1 });
  });

  test("of one run are no matter of the others", async () => {
    const one = await recorded(rate(3), (rein) => {
      for (let i = 0; i < 4; i++) act(rein);
    });
    const forged = one.map((record) =>
      record.type === "gate" && record["seq"] === 4
        ? { ...record, verdict: "allow", code: undefined, rule: undefined }
        : record,
    );
    const cut = placeOf(forged, "gate");
    const torn = (gap: HistoryRecord): HistoryRecord[] => [
      opening("other"),
      ...forged.slice(0, cut),
      gap,
      ...forged.slice(cut),
    ];
    expect(tryOn(torn({ ...GAP, boot: "other" }), rate(3)).recorded.notReproduced).toBe(1);
    expect(tryOn(torn(GAP), rate(3)).recorded.notReproduced).toBe(0);
  });

  test("an answer that may have been asked for is unknown behind them, and known from the next state on", async () => {
    const deny: RuleInput = { id: "env", kind: "access", effect: "deny", match: { tags: { env: "prod" } } };
    const records = await recorded(deny, (rein) => {
      for (let i = 0; i < 4; i++) rein.gate({ source: "a", series: "x", tags: { env: "dev" } });
    });
    const [first, second, third] = [
      placeOfGate(records, 1),
      placeOfGate(records, 2),
      placeOfGate(records, 3),
    ];
    const torn = [
      ...records.slice(0, first + 1),
      GAP,
      ...records.slice(second, third),
      stateRecord(records, third),
      ...records.slice(third),
    ];
    expect(tryOn(torn, deny).policies[0]).toMatchObject({ same: 3, unsure: 1 });
  });

  test("an operator's halt whose resume is missing ends with the next state; one that is missing begins", async () => {
    const records = await recorded([], async (rein) => {
      const { id } = await rein.halt({ scope: { series: "x" }, reason: "look", by: "ann", deadlineMs: 0 });
      await rein.resume({ halt: id, by: "ann" });
      act(rein);
      await rein.halt({ scope: { series: "y" }, reason: "look again", by: "ann", deadlineMs: 0 });
      act(rein, "x");
      act(rein, "y");
    });
    const resume = placeOf(records, "resume");
    const second = placeOf(records, "halt", placeOf(records, "halt") + 1);
    const behind = placeOf(records, "gate", second);
    const withoutResume = [
      ...records.slice(0, resume),
      GAP,
      stateRecord(records, resume + 1),
      ...records.slice(resume + 1),
    ];
    const withoutHalt = [
      ...records.slice(0, second),
      GAP,
      stateRecord(records, behind),
      ...records.slice(behind),
    ];
    for (const torn of [records, withoutResume, withoutHalt])
      expect(tryOn(torn, []).policies[0]).toMatchObject({ allowed: 2, refused: 1, same: 3 });
  });

  test("an action that was running is still the one that the recorded policy stops behind the next state", async () => {
    const slow: RuleInput = { id: "slow", kind: "timeout", limit: "1m" };
    const records = await recorded(slow, (rein, clock) => {
      const { permit } = rein.gate({ source: "a", series: "x" });
      act(rein);
      clock.advance(90_000);
      permit!.settle({ ok: true });
    });
    const [missing, next] = [placeOfGate(records, 2), records.findLastIndex(({ type }) => type === "settle")];
    const torn = [...records.slice(0, missing), GAP, stateRecord(records, next), ...records.slice(next)];
    for (const history of [records, torn]) expect(tryOn(history, slow).policies[0]!.stoppedNow.count).toBe(0);
  });

  test("an operator's halt behind them stops nothing that only the policy would have stopped", async () => {
    const records = await recorded([], async (rein) => {
      const { permit } = rein.gate({ source: "a", series: "x" });
      await rein.halt({ scope: "all", reason: "look", by: "ann", deadlineMs: 0 });
      permit!.settle({ ok: true });
    });
    const halt = placeOf(records, "halt");
    const torn = [...records.slice(0, halt), GAP, ...records.slice(halt)];
    for (const history of [records, torn])
      expect(tryOn(history, []).policies[0]).toMatchObject({ allowed: 1, stoppedNow: { count: 0 } });
  });
});

describe("a resume of one of the halts that a rule has made", () => {
  const halting = (more: Partial<RuleInput> = {}): RuleInput[] => [
    { id: "d", kind: "access", effect: "deny", match: { series: "pay" }, then: "halt", ...more } as RuleInput,
  ];
  const perSource = halting({ per: "source", halts: "key" });
  /** Two agents pay; somebody resumes that who is named, and both read. */
  const resumedOf = (policy: PolicyInput, source: string): Promise<HistoryRecord[]> =>
    recorded(policy, async (rein) => {
      for (const who of ["a", "b"]) rein.gate({ source: who, series: "pay" });
      const { halts } = rein.snapshot();
      const meant = halts.find(({ scope }) => scope === "all" || [scope.source].flat().includes(source));
      await rein.resume({ halt: meant!.id, by: "ann" });
      for (const who of ["a", "b"]) rein.gate({ source: who, series: "read" }).permit?.settle({ ok: true });
    });
  /** Who may read then. */
  const readers = (history: readonly HistoryRecord[], policy: PolicyInput): string[] => {
    const flips: Flip[] = [];
    const run = new Backtest({
      policies: [{ name: "new", policy: compilePolicy(policy) }],
      onFlip: (flip) => flips.push(flip),
    });
    for (const record of history) run.take(record);
    run.report();
    return history
      .filter(({ type, series }) => type === "gate" && series === "read")
      .filter(({ source, verdict }) => {
        const isFlipped = flips.some((flip) => flip.series === "read" && flip.source === source);
        return (verdict === "allow") !== isFlipped;
      })
      .map(({ source }) => String(source));
  };

  test.each(["a", "b"])("ends that of the same key: %s", async (source) => {
    const history = await resumedOf(perSource, source);
    expect(tryOn(history, perSource).policies[0]).toMatchObject({ same: 4, unsure: 0 });
    expect(readers(history, perSource)).toEqual([source]);
  });

  test("ends a wider one of the same rule, and of narrower ones all that it would have held", async () => {
    expect(readers(await resumedOf(perSource, "b"), halting({ halts: "all" }))).toEqual(["a", "b"]);
    expect(readers(await resumedOf(halting({ halts: "all" }), "b"), perSource)).toEqual(["a", "b"]);
  });

  test("ends none of another key", async () => {
    const onlyA = halting({ per: "source", halts: "key", match: { series: "pay", source: "a" } });
    expect(readers(await resumedOf(perSource, "b"), onlyA)).toEqual(["b"]);
  });
});

describe("a test that stops where one rule asks it, and lets through where another does", () => {
  const prod = { tags: { env: "prod*" } };
  const deny: RuleInput = { id: "deny", kind: "access", effect: "deny", match: { series: "pay", ...prod } };
  const butProd = (series: string): RuleInput => ({
    ...{ id: "but", kind: "access", effect: "deny" },
    match: { series, except: [prod] },
  });
  const history = (rules: RuleInput[]): Promise<HistoryRecord[]> =>
    recorded(rules, (rein) => {
      for (const env of ["dev", "dev", "prod-1"])
        rein.gate({ source: "a", series: "pay", tags: { env } }).permit?.settle({ ok: true });
    });

  const list = (id: string, match: NonNullable<RuleInput["match"]>): RuleInput => ({
    ...{ id, kind: "access", effect: "allow", match },
  });
  test.each<[which: string, beside: RuleInput[]]>([
    ["of other actions", [butProd("read")]],
    ["of the same actions", [{ ...rate(2), match: { series: "pay", except: [prod] } }]],
    ["of an allow-list", [list("prod", prod), list("pay", { series: "pay" })]],
  ])("is unsure where nobody recorded the answer, beside a rule %s", async (_which, beside) => {
    const { policies } = tryOn(await history([rate(100)]), [deny, ...beside]);
    expect(policies[0]).toMatchObject({ unsure: 3, allowedAtMost: 3, same: 0 });
  });

  test("is answered as it is recorded where it is", async () => {
    const { policies } = tryOn(await history([deny]), [deny, butProd("read")]);
    expect(policies[0]).toMatchObject({ unsure: 0, same: 3, allowed: 2, allowedAtMost: 2 });
  });

  test.each<[what: string, match: NonNullable<RuleInput["match"]>]>([
    ["a tag", prod],
    ["text anywhere", { mentions: ["secret"] }],
    ["an argument's text", { args: { to: ["bob", "ann"] } }],
    ["an argument that is there", { args: { to: { exists: true } } }],
  ])("whatever it asks: %s", async (_what, match) => {
    const rules: RuleInput[] = [
      { id: "deny", kind: "access", effect: "deny", match: { series: "pay", ...match } },
      { id: "but", kind: "access", effect: "deny", match: { series: "read", except: [match] } },
    ];
    expect(tryOn(await history([rate(100)]), rules).policies[0]).toMatchObject({ unsure: 3 });
    expect(tryOn(await history(rules), rules).policies[0]).toMatchObject({ unsure: 0, same: 3 });
  });

  test("a later decision is unsure, too, where a counter depends on what it lets through", async () => {
    const records = await recorded(rate(100), (rein) => {
      for (const series of ["pay", "read"]) act(rein, series);
    });
    const rules = [deny, butProd("never"), rate(1)];
    expect(tryOn(records, rules).policies[0]).toMatchObject({ unsure: 2, same: 0 });
  });
});

test("decisions of another version of the engine are not said to come out otherwise", async () => {
  const records = await recorded(rate(1), (rein) => {
    for (let i = 0; i < 3; i++) act(rein);
  });
  const foreign = records.map((record) =>
    record.type === "open" ? { ...record, engine: ENGINE_VERSION + 1, rules: [] } : record,
  );
  const { recorded: facts, notes } = tryOn(foreign, rate(1));
  expect(facts.notReproduced).toBe(0);
  expect(notes.join()).toContain(`made by version ${ENGINE_VERSION + 1} of the engine`);
});
