import fc from "fast-check";
import { expect, test } from "vitest";
import { readLeaf } from "../../src/audit/log/leaf.js";
import type { LeafSink } from "../../src/audit/log/leaf-sink.js";
import { newRing, Ring, RingReader, RingRecorder } from "../../src/audit/ring/index.js";

const MEASURES = ["calls", "usd", "i", "n", "a", "b", "c", "d", "e", "f", "g", "h"];

/** Keeps lines as a log would have them, from some index on. */
class Lines implements LeafSink {
  readonly backlog = 0;
  readonly lines: string[] = [];
  readonly blobs: string[] = [];

  get size(): number {
    return 1000 + this.lines.length;
  }

  append(head: string, tail: string): void {
    this.lines.push(head + this.size + tail);
  }

  blob(field: string): void {
    this.blobs.push(field);
  }

  write(): void {}
  sync(): void {}
  checkpoint(): void {}
  tick(): void {}
}

const text = fc.oneof(
  fc.string(),
  fc.constant('"i":7,"n":3'),
  fc.string({ minLength: 300, maxLength: 20_000 }),
);
const extra = fc.option(
  fc.record(
    {
      tags: fc.array(text, { maxLength: 3 }),
      facts: fc.record({ true: fc.array(text, { maxLength: 2 }), unknown: fc.array(text, { maxLength: 2 }) }),
      bind: text,
      args: text,
      kept: fc.dictionary(fc.string(), fc.string()),
      code: text,
      wouldRule: text,
    },
    { requiredKeys: [] },
  ),
  { nil: null },
);
const amounts = fc.array(fc.integer({ min: -1, max: 2 ** 40 }), { maxLength: MEASURES.length });
const record = fc.oneof(
  fc.record({ kind: fc.constant("decision" as const), extra, amounts, source: text }),
  fc.record({ kind: fc.constant("outcome" as const), amounts, latencyMs: fc.constantFrom(NaN, 1.5) }),
  fc.record({ kind: fc.constant("event" as const), fields: fc.dictionary(text, fc.jsonValue()) }),
);

test("every record of a run is numbered in a shared log, in a line that is canonical whatever else it says", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      const buffers = newRing(4096, false);
      const ring = new Ring(buffers);
      const waiting: unknown[] = [];
      const outOfBand = { put: (value: unknown) => void waiting.push(value), take: () => waiting.shift() };
      const recorder = new RingRecorder({
        ...{ ring, outOfBand, measures: MEASURES, bell: new Int32Array(1), manySlots: 4096 },
        notice: () => undefined,
        makeRoom: () => undefined,
      });
      recorder.event({ type: "open", at: 1, mono: 1, boot: "boot1234", digest: `sha256:${"ab".repeat(32)}` });
      for (const one of records) {
        if (one.kind === "event") recorder.event({ ...one.fields, type: "event", at: 1, boot: "boot1234" });
        else if (one.kind === "outcome")
          recorder.outcome(1, 2, 3, true, one.amounts, one.latencyMs, undefined);
        else {
          const lane = { source: one.source, series: "x" };
          recorder.decision(1, 2, 3, lane, "block", one.amounts, one.extra);
        }
      }
      const lines = new Lines();
      new RingReader(ring, outOfBand, true, "boot1234").drain(lines, Infinity);
      expect(lines.lines).toHaveLength(1 + records.length);
      lines.lines.forEach((line, i) => {
        const leaf = readLeaf(line);
        expect(typeof leaf === "string" ? `${leaf}: ${line}` : leaf).toMatchObject({
          n: 1000 + i,
          i,
          boot: "boot1234",
        });
      });
    }),
    { numRuns: 150 },
  );
});
