import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/canonical.js";
import { messageOf } from "../../core/errors.js";
import { InlineLog } from "./inline-log.js";
import type { InlineLogOptions } from "./inline-log.js";
import { lineSink } from "./line-sink.js";
import type { RecordSink } from "./line-sink.js";

const MEASURES = ["calls", "usd", '"quoted"\n', "tokens", "a", "b", "c", "éé", "d", "e", "f", "g", "zz"];
const LANE = { source: "a", series: "x" };

class TestSink implements RecordSink {
  readonly written: string[] = [];
  failure: string | undefined;
  syncFailure: string | undefined;
  syncs = 0;
  isClosed = false;

  write(lines: string): void {
    if (this.failure !== undefined) throw Object.assign(new Error(this.failure), { code: this.failure });
    this.written.push(lines);
  }

  async sync(): Promise<void> {
    this.syncNow();
  }

  syncNow(): void {
    this.syncs += 1;
    if (this.syncFailure !== undefined) throw new Error(this.syncFailure);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  get lines(): string[] {
    return this.written.join("").split("\n").slice(0, -1);
  }

  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

function open(options: Partial<InlineLogOptions> = {}) {
  const sink = new TestSink();
  const news: string[] = [];
  const timers: { readonly callback: () => void; readonly ms: number }[] = [];
  const log = new InlineLog({
    sink: lineSink(sink),
    measures: MEASURES,
    capacity: 1024,
    flushIntervalMs: 50,
    schedule: (callback, ms) => {
      const timer = { callback, ms };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
    onFailure: (error) => news.push(error === undefined ? "works" : messageOf(error)),
    ...options,
  });
  /** Lets timers of this length fall due. */
  const due = async (ms: number): Promise<void> => {
    for (const timer of timers.filter((each) => each.ms === ms)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.callback();
    }
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const gate = (seq: number): void => {
    log.decision(seq, 1, 1, LANE, "allow", [1], null);
  };
  const seqs = () => sink.records.flatMap(({ type, seq }) => (type === "gate" ? [seq as number] : []));
  return { log, sink, news, timers, due, gate, seqs };
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const amounts = fc.array(fc.integer({ min: -1, max: 2 ** 40 }), { maxLength: MEASURES.length });
const time = fc.double({ min: 0, max: 2e12, noNaN: true });
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string().map((any) => `${any}\ud800"\u0001`),
  fc.string({ minLength: 200, maxLength: 5000 }),
);
const texts = fc.array(text, { maxLength: 4 });
const extra = fc.option(
  fc.record(
    {
      tags: texts,
      facts: fc.record({ true: texts, unknown: texts }),
      bind: text,
      args: text,
      kept: fc.dictionary(fc.string(), fc.string()),
      code: text,
      rule: text,
      wouldCode: text,
      wouldRule: text,
    },
    { requiredKeys: [] },
  ),
  { nil: null },
);

const costOf = (given: readonly number[]): Record<string, number> | undefined => {
  const named = given.flatMap((amount, i) => (i > 0 && amount >= 0 ? [[MEASURES[i]!, amount]] : []));
  return named.length === 0 ? undefined : (Object.fromEntries(named) as Record<string, number>);
};

describe("lines", () => {
  test("are the canonical JSON of what was taken down, whatever the names and numbers", async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        time,
        amounts,
        fc.array(extra, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.constantFrom("allow" as const, "block" as const, "approve" as const),
        async (source, series, mono, given, extras, ok, verdict) => {
          const { log, sink } = open();
          log.event({ type: "open", at: 1, mono: 2, boot: "boot1234", digest: `sha256:${"ab".repeat(32)}` });
          const lane = { source, series };
          for (const more of extras) log.decision(1, 2, mono, lane, verdict, given, more);
          log.outcome(1, 2, mono, ok, given, mono, ok);
          log.outcome(1, 2, mono, ok, null, NaN, undefined);
          await log.flush(false);
          const run = { boot: "boot1234", seq: 1, at: 2, mono };
          const policy = "abababababababab";
          const cost = costOf(given);
          const expected = [
            { type: "open", at: 1, mono: 2, boot: "boot1234", digest: `sha256:${"ab".repeat(32)}` },
            ...extras.map((more) => ({ type: "gate", ...run, policy, ...lane, cost, verdict, ...more })),
            { type: "settle", ...run, ok, cost, latencyMs: mono, progress: ok },
            { type: "settle", ...run, ok },
          ].map((record, n) => canonicalJson({ ...record, n }));
          expect(sink.lines).toEqual(expected);
          expect(sink.records.map((record) => canonicalJson(record))).toEqual(expected);
        },
      ),
    );
  });

  test("of events are canonical whatever is in them, and later changes to the object do not show", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, fc.jsonValue()), async (fields) => {
        const { log, sink } = open();
        const record: Record<string, unknown> = { ...fields, type: "x" };
        delete record["n"];
        const expected = canonicalJson({ ...record, n: 0 });
        log.event(record);
        record["type"] = "changed";
        await log.flush(false);
        expect(sink.lines).toEqual([expected]);
      }),
    );
  });

  test("say what JSON cannot the way JSON.stringify does, and a record that cannot be read is a gap", async () => {
    const { log, sink } = open();
    const cycle: Record<string, unknown> = { type: "cycle" };
    cycle["self"] = cycle;
    log.event({ type: "x", value: NaN, gone: undefined, when: new Date(0) });
    log.event(cycle);
    await log.flush(false);
    expect(sink.records).toEqual([
      { type: "x", value: null, when: "1970-01-01T00:00:00.000Z", n: 0 },
      { type: "gap", at: 0, lost: 1, reason: "a record could not be read", n: 1 },
    ]);
  });

  test("keep the name of their lane and refusal, however many there are", async () => {
    const { log, sink } = open({ capacity: 4096 });
    for (let i = 0; i < 40_000; i++) {
      const more = i % 3 === 0 ? { code: "limit", rule: `rule-${i % 10_000}` } : null;
      const lane = { source: `s${i}`, series: "x" };
      for (let k = 0; k < 2; k++) log.decision(i, 1, 1, lane, "block", [1, 5], more);
    }
    log.writeNow(false);
    const { records } = sink;
    expect(records).toHaveLength(80_000);
    for (const [i, record] of records.entries()) {
      const seq = i >> 1;
      if (record["source"] !== `s${seq}` || record["seq"] !== seq) throw new Error(JSON.stringify(record));
      if (record["rule"] !== (seq % 3 === 0 ? `rule-${seq % 10_000}` : undefined))
        throw new Error(JSON.stringify(record));
    }
  });

  test("say the policy that was in force at the time", async () => {
    const { log, sink, gate } = open();
    log.event({ type: "open", boot: "b", digest: "1".repeat(64) });
    gate(1);
    log.event({ type: "policy", digest: `sha256:${"2".repeat(64)}` });
    gate(2);
    await log.flush(false);
    expect(sink.records.map(({ policy, boot }) => [policy, boot])).toEqual([
      [undefined, "b"],
      ["1".repeat(16), "b"],
      [undefined, "b"],
      ["2".repeat(16), "b"],
    ]);
  });
});

describe("in memory", () => {
  test("the newest records are kept, and an old one leaves nothing in its place", () => {
    const { log } = open({ sink: undefined, capacity: 256 });
    for (let seq = 1; seq <= 256; seq++) log.decision(seq, 0, 0, LANE, "block", [1], { code: "halted" });
    for (let seq = 257; seq <= 512; seq++) log.decision(seq, 0, 0, LANE, "allow", [1], null);
    for (let i = 0; i < 2; i++) {
      const kept = [...log.recent()] as { seq: number; code?: string }[];
      expect(kept).toHaveLength(256);
      expect(kept.map(({ seq }) => seq)).toEqual(Array.from({ length: 256 }, (_, k) => k + 257));
      expect(kept.every(({ code }) => code === undefined)).toBe(true);
    }
  });

  test("there is always room, and what is read again has the names it had", () => {
    const { log } = open({ sink: undefined, capacity: 1024 });
    for (let seq = 1; seq <= 50_000; seq++) {
      expect(log.hasRoom(1e9)).toBe(true);
      const lane = { source: `s${seq}`, series: "x" };
      log.decision(seq, 0, 0, lane, "allow", [1], seq % 7 === 0 ? { tags: ["a", "b".repeat(300)] } : null);
      if (seq % 11 === 0) log.event({ type: "note", seq, long: "x".repeat(10_000) });
      if (seq % 10_000 === 0) {
        const kept = [...log.recent()] as { seq: number; source?: string; type: string }[];
        expect(kept.length).toBeGreaterThan(300);
        expect(kept.at(-1)?.seq).toBe(seq);
        for (const record of kept)
          expect(record.source).toBe(record.type === "gate" ? `s${record.seq}` : undefined);
      }
    }
  });
});

describe("when the disk fails", () => {
  test("nothing is lost: refused when the queue is full, written in order and once when there is space", () => {
    const { log, gate, news, seqs, sink } = open();
    gate(1);
    log.writeNow(false);
    sink.failure = "ENOSPC";
    let seq = 1;
    while (log.hasRoom(1)) gate(++seq);
    expect(seq).toBeGreaterThan(900);
    expect(() => {
      log.writeNow(false);
    }).toThrow(/cannot be written: .*ENOSPC/);
    expect(news).toHaveLength(1);
    sink.failure = undefined;
    expect(log.hasRoom(1)).toBe(true);
    expect(news).toEqual([expect.stringContaining("ENOSPC"), "works"]);
    log.writeNow(true);
    expect(seqs()).toEqual(upTo(seq));
    expect(sink.records.map(({ n }) => n)).toEqual(sink.records.map((_, n) => n));
  });

  test("the outcomes of all that was allowed find room, whatever they say, and 64 commands", async () => {
    const { log, sink } = open();
    sink.failure = "EIO";
    let opened = 0;
    while (log.hasRoom(opened + 1)) {
      opened += 1;
      log.decision(opened, 1, 1, LANE, "allow", [1], {
        tags: ["name", "value".repeat(20)],
        facts: { true: ["é".repeat(50), "日本".repeat(30)], unknown: [] },
      });
    }
    expect(opened).toBeGreaterThan(100);
    const many = MEASURES.map((_, i) => i);
    for (let i = 1; i <= opened; i++) log.outcome(i, 1, 1, true, many, 1, true);
    for (let i = 0; i < 60; i++) log.event({ type: "command", text: "y".repeat(i * 100) });
    sink.failure = undefined;
    await log.flush(false);
    const count = (kind: string): number => sink.records.filter(({ type }) => type === kind).length;
    expect([count("gate"), count("settle"), count("command"), count("gap")]).toEqual([opened, opened, 60, 0]);
  });

  test("what is lost after all is counted, and a gap says so before what follows", async () => {
    const { log, gate, seqs, sink } = open({ whenFull: "gap" });
    sink.failure = "EIO";
    for (let seq = 1; seq <= 60_000; seq++) {
      expect(log.hasRoom(1)).toBe(true);
      gate(seq);
    }
    sink.failure = undefined;
    await log.flush(false);
    const kept = seqs().length;
    gate(60_001);
    await log.flush(false);
    const last = sink.records.slice(-2);
    expect(last).toEqual([
      { type: "gap", at: 1, lost: 60_000 - kept, reason: "the queue was full", n: kept },
      expect.objectContaining({ seq: 60_001 }),
    ]);
    expect(kept).toBeGreaterThan(1000);
    expect(seqs().slice(0, kept)).toEqual(upTo(kept));
  });

  test.each(["EIO", "EROFS", "EACCES"])("%s is told once, and that it works again", (code) => {
    const { log, gate, news, seqs, sink } = open();
    sink.failure = code;
    for (let i = 1; i <= 3; i++) {
      gate(i);
      expect(() => {
        log.writeNow(true);
      }).toThrow(code);
    }
    sink.failure = undefined;
    log.writeNow(true);
    expect(news).toEqual([expect.stringContaining(code), "works"]);
    expect(seqs()).toEqual([1, 2, 3]);
  });

  test("a disk that does not confirm is told of, and nobody who waits hears that it is durable", async () => {
    const { log, gate, news, sink } = open();
    sink.syncFailure = "EIO";
    gate(1);
    await expect(log.flush(true)).rejects.toThrow("did not confirm");
    expect(() => {
      log.writeNow(true);
    }).toThrow("did not confirm");
    log.writeNow(false);
    sink.syncFailure = undefined;
    await log.flush(true);
    expect(news).toEqual([expect.stringContaining("did not confirm"), "works"]);
  });
});

test("what is recorded is written and synced before long, and then all is quiet", async () => {
  const { gate, due, sink, timers, seqs } = open();
  gate(1);
  gate(2);
  expect(timers.map(({ ms }) => ms)).toEqual([50]);
  await due(50);
  expect(seqs()).toEqual([1, 2]);
  expect(timers.map(({ ms }) => ms)).toEqual([1000]);
  await due(1000);
  expect(sink.syncs).toBe(1);
  expect(timers).toEqual([]);
  gate(3);
  await due(50);
  expect(seqs()).toEqual([1, 2, 3]);
});

test("records that are another process's by now are not said to be written, and nothing more is", async () => {
  let isOurs = true;
  const { log, gate, seqs, due } = open({
    mustBeOurs: () => {
      if (isOurs) return;
      log.abandon();
      throw new Error("not ours");
    },
  });
  gate(1);
  await log.flush(true);
  isOurs = false;
  gate(2);
  await expect(log.flush(false)).rejects.toThrow("not ours");
  const before = seqs().length;
  gate(3);
  log.event({ type: "x" });
  await due(50);
  await due(1000);
  await log.close();
  expect(seqs()).toHaveLength(before);
});

test("closing writes, syncs and closes the sink once", async () => {
  const { log, gate, seqs, sink, timers } = open();
  gate(1);
  await log.close();
  await log.close();
  expect(seqs()).toEqual([1]);
  expect([sink.syncs, sink.isClosed, timers.length]).toEqual([1, true, 0]);
});
