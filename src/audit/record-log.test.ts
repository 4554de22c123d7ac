import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordLog } from "./record-log.js";
import type { RecordLogOptions } from "./record-log.js";

const MEASURES = ["calls", "usd", '"quoted"\n', "tokens", "a", "b", "c"];

function open(options: Partial<RecordLogOptions> = {}) {
  const written: string[] = [];
  const log = new RecordLog({
    sink: {
      write: (lines) => void written.push(lines),
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    measures: MEASURES,
    capacity: 1024,
    flushIntervalMs: 50,
    schedule: () => () => undefined,
    onFailure: () => undefined,
    ...options,
  });
  const records = async (): Promise<unknown[]> => {
    await log.flush(false);
    return written
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  };
  return { log, records };
}

const amounts = fc.array(fc.integer({ min: -1, max: 2 ** 40 }), { maxLength: MEASURES.length });
const time = fc.double({ min: 0, max: 2e12, noNaN: true });
const extra = fc.option(
  fc.record(
    { tags: fc.array(fc.string(), { maxLength: 4 }), code: fc.string(), rule: fc.string() },
    { requiredKeys: [] },
  ),
  { nil: null },
);

const costOf = (given: readonly number[]): Record<string, number> | undefined => {
  const named = given.flatMap((amount, i) => (i > 0 && amount >= 0 ? [[MEASURES[i]!, amount]] : []));
  return named.length === 0 ? undefined : (Object.fromEntries(named) as Record<string, number>);
};

test("every line is the JSON of what was taken down, whatever the names and numbers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.string(),
      time,
      amounts,
      extra,
      fc.boolean(),
      async (source, series, mono, given, more, ok) => {
        const { log, records } = open();
        log.decision(1, 2, mono, { source, series }, "allow", given, more);
        log.outcome(1, 2, mono, ok, given, mono, ok);
        log.outcome(1, 2, mono, ok, null, NaN, undefined);
        log.event({ type: "tick" });
        const times = { seq: 1, at: 2, mono: mono + 0 };
        const cost = costOf(given);
        const expected = [
          { type: "gate", ...times, source, series, cost, verdict: "allow", ...more },
          { type: "settle", ...times, ok, cost, latencyMs: mono + 0, progress: ok },
          { type: "settle", ...times, ok },
          { type: "tick" },
        ];
        expect(await records()).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    ),
  );
});

test("in memory the newest records are kept, and an old one leaves nothing in its place", () => {
  const { log } = open({ sink: undefined, capacity: 256 });
  const lane = { source: "a", series: "x" };
  for (let seq = 1; seq <= 256; seq++) log.decision(seq, 0, 0, lane, "block", [1], { code: "halted" });
  for (let seq = 257; seq <= 512; seq++) log.decision(seq, 0, 0, lane, "allow", [1], null);
  const kept = [...log.recent()] as { seq: number; code?: string }[];
  expect(kept).toHaveLength(256);
  expect(kept.map(({ seq }) => seq)).toEqual(Array.from({ length: 256 }, (_, i) => i + 257));
  expect(kept.every(({ code }) => code === undefined)).toBe(true);
});
