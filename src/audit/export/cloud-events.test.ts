import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CloudEventExporter, MAX_EVENT_BYTES } from "./cloud-events.js";
import { leafHashOf } from "./entry.js";
import { anyEntry, context, entriesOf, entryOf, example } from "../../../test/support/export-samples.js";

/** What is parsed has any type. */
type Json = ReturnType<typeof JSON.parse>;

function linesOf(records: readonly object[], options = {}): string[] {
  const exporter = new CloudEventExporter(context, options);
  return [...entriesOf(records).flatMap((entry) => exporter.take(entry, true)), ...exporter.end()];
}

/** CloudEvents 1.0: section "Context Attributes", and the JSON event format. */
function expectValid(event: Json): void {
  expect(event.specversion).toBe("1.0");
  for (const name of ["id", "source", "type"]) {
    expect(event[name], name).toBeTypeOf("string");
    expect(event[name]).not.toBe("");
  }
  expect(() => new URL(event.source, "https://base.example/")).not.toThrow();
  expect(new URL(event.dataschema).protocol).toBe("tag:");
  if ("time" in event) expect(event.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  if ("subject" in event) expect(event.subject).not.toBe("");
  for (const [name, value] of Object.entries(event)) {
    expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    if (name === "data") continue;
    expect(["string", "boolean"]).toContain(typeof value);
    if (typeof value === "string")
      expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/);
  }
}

describe("CloudEvents", () => {
  test("a decision is an event whose data is the record", () => {
    const [line] = linesOf([{ ...example.allowed, traceparent: example.traceparent }]);
    const record = { ...example.allowed, traceparent: example.traceparent, n: 0 };
    expect(JSON.parse(line!)).toEqual({
      specversion: "1.0",
      id: "example.com/agents#0",
      source: "example.com/agents",
      type: "internal.rein.audit.gate",
      subject: "send_email",
      time: "2026-01-05T12:00:00.000Z",
      datacontenttype: "application/json",
      dataschema: "tag:rein.internal,2026:audit-record/1",
      sequence: "0000000000000000",
      leafhash: leafHashOf(entryOf(record, 0)),
      traceparent: example.traceparent,
      data: record,
    });
  });

  test("the type prefix can be one's own domain", () => {
    const [line] = linesOf([example.halt], { typePrefix: "com.example.rein" });
    expect(JSON.parse(line!).type).toBe("com.example.rein.halt");
  });

  test("an outcome is about the tool of its decision", () => {
    const [, outcome] = linesOf([example.allowed, example.settled]);
    expect(JSON.parse(outcome!).subject).toBe("send_email");
  });

  test("a batch is one JSON array a line", () => {
    const records = Array.from({ length: 250 }, () => example.allowed);
    const batches = linesOf(records, { batch: true }).map((line) => JSON.parse(line));
    expect(batches.map((batch) => batch.length)).toEqual([100, 100, 50]);
    batches.flat().forEach(expectValid);
  });

  test("an event that would be too large gives up its largest fields, and says so", () => {
    const [line] = linesOf([{ type: "state", at: 5, image: "é".repeat(32_600), small: 1 }]);
    expect(Buffer.byteLength(line!)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(JSON.parse(line!)).toMatchObject({
      truncated: true,
      data: { small: 1, image: { $omitted: 65_202 } },
    });
  });

  test("even thousands of fields fit", () => {
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field${i}`, i]));
    const [line] = linesOf([{ type: "wide", ...fields }]);
    expect(Buffer.byteLength(line!)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(JSON.parse(line!).data).toBeUndefined();
  });

  test("any record of any type is a valid event", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), fc.string(), (entries, origin) => {
        const exporter = new CloudEventExporter({ ...context, origin });
        for (const entry of entries) {
          const lines = exporter.take(entry, true);
          expect(lines).toHaveLength(1);
          expectValid(JSON.parse(lines[0]!));
        }
      }),
    );
  });
});
