import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Exporter } from "./entry.js";
import { LogRecordExporter } from "./otel-logs.js";
import { SpanExporter } from "./otel-spans.js";
import { nanosText } from "./otlp.js";
import { anyEntry, context, entriesOf, example } from "../../../test/support/export-samples.js";

/** What is parsed has any type. */
type Json = ReturnType<typeof JSON.parse>;

function documentsOf(exporter: Exporter, records: readonly object[]): Json[] {
  const lines = entriesOf(records).flatMap((entry) => exporter.take(entry, true));
  return [...lines, ...exporter.end()].map((line) => JSON.parse(line));
}

function spansOf(records: readonly object[]): Json[] {
  return documentsOf(new SpanExporter(context), records).flatMap(
    (each) => each.resourceSpans[0].scopeSpans[0].spans,
  );
}

function logsOf(records: readonly object[]): Json[] {
  return documentsOf(new LogRecordExporter(context), records).flatMap(
    (each) => each.resourceLogs[0].scopeLogs[0].logRecords,
  );
}

function valuesOf({ attributes }: Json): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }: Json) => [key, Object.values(value)[0]]));
}

const VALUES = [
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "arrayValue",
  "kvlistValue",
  "bytesValue",
];

/** AnyValue of opentelemetry/proto/common/v1, in its JSON form. */
function expectValue(value: Json): void {
  const [kind, ...more] = Object.keys(value);
  expect(more).toEqual([]);
  if (kind === undefined) return;
  expect(VALUES).toContain(kind);
  if (kind === "intValue") expect(value.intValue).toMatch(/^-?\d{1,19}$/);
  if (kind === "doubleValue") expect(Number.isFinite(value.doubleValue)).toBe(true);
  if (kind === "arrayValue") value.arrayValue.values.forEach(expectValue);
  if (kind === "kvlistValue") expectAttributes(value.kvlistValue.values);
}

function expectAttributes(attributes: Json[]): void {
  const keys = attributes.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).not.toContain("");
  for (const { value } of attributes) expectValue(value);
}

function expectNanos(text: unknown): void {
  expect(text).toMatch(/^\d{1,20}$/);
  expect(BigInt(text as string)).toBeLessThan(1n << 64n);
}

function expectIds({ traceId, spanId }: Json): void {
  expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  expect(spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
}

describe("OpenTelemetry spans", () => {
  test("a decision and its outcome are one span, as long as the monotonic clock says", () => {
    const [document] = documentsOf(new SpanExporter(context), [example.allowed, example.settled]);
    expect(document).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: "service.name", value: { stringValue: "rein" } },
              { key: "service.version", value: { stringValue: "1.2.3" } },
              { key: "rein.log.origin", value: { stringValue: "example.com/agents" } },
              { key: "rein.log.checkpoint.size", value: { intValue: "3" } },
              { key: "rein.log.checkpoint.root", value: { stringValue: context.head!.root } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: "rein.audit.export", version: "1.2.3" },
              spans: [
                {
                  traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
                  spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
                  name: "execute_tool send_email",
                  kind: 1,
                  startTimeUnixNano: "1767614400000000000",
                  endTimeUnixNano: "1767614401250000000",
                  attributes: expect.any(Array),
                  status: { code: 2, message: "`send_email` by `planner`: allowed" },
                },
              ],
            },
          ],
        },
      ],
    });
    const [span] = document.resourceSpans[0].scopeSpans[0].spans;
    expect(valuesOf(span)).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "send_email",
      "gen_ai.tool.call.id": "k3v0A1b_.2e",
      "gen_ai.agent.name": "planner",
      "error.type": "_OTHER",
      "rein.decision.verdict": "allow",
      "rein.policy.digest": "89abcdef01234567",
      "rein.boot": "k3v0A1b_",
      "rein.log.index": "0",
      "rein.log.leaf_hash": expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      "rein.cost.calls": "1",
      "rein.cost.usd": 0.02,
      "rein.tag.recipient": "p4ub2",
      "rein.outcome": "failed",
      "rein.outcome.latency_ms": 1200.5,
      "rein.outcome.log.index": "1",
      "rein.outcome.cost.usd": 0.011,
    });
  });

  test("a refusal is a span without length, whose error is the refusal's code", () => {
    const [span] = spansOf([example.blocked]);
    expect(span.startTimeUnixNano).toBe(span.endTimeUnixNano);
    expect(span.status.code).toBe(2);
    expect(valuesOf(span)).toMatchObject({
      ...{ "error.type": "rate_limited", "rein.rule": "mails", "rein.outcome": "refused" },
    });
  });

  test("an action that never ended is exported at the end, and says so", () => {
    const [span] = spansOf([example.allowed, example.halt]);
    expect(valuesOf(span)).toMatchObject({ "rein.outcome": "unsettled" });
    expect(span.status).toEqual({ code: 0 });
    expect(span.endTimeUnixNano).toBe("1767614401000000000");
  });

  test("beyond the cap the oldest open action is given up, and none is lost", () => {
    const exporter = new SpanExporter(context, 2);
    const records = [1, 2, 3, 4, 5].map((seq) => ({ ...example.allowed, seq }));
    const spans = documentsOf(exporter, records).flatMap((each) => each.resourceSpans[0].scopeSpans[0].spans);
    expect(spans).toHaveLength(5);
    expect(exporter.events).toBe(5);
  });

  test("a recorded trace context is the span's trace and parent", () => {
    const [span] = spansOf([{ ...example.blocked, traceparent: example.traceparent }]);
    expect(span).toMatchObject({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
    });
  });

  test("exporting twice gives the same ids", () => {
    expect(spansOf([example.blocked])).toEqual(spansOf([example.blocked]));
  });

  test("any records give valid spans", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 8 }), (entries) => {
        const exporter = new SpanExporter(context);
        const lines = [...entries.flatMap((entry) => exporter.take(entry, true)), ...exporter.end()];
        const spans = lines.flatMap((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans);
        expect(spans).toHaveLength(exporter.events);
        for (const span of spans) {
          expectIds(span);
          expectNanos(span.startTimeUnixNano);
          expectNanos(span.endTimeUnixNano);
          expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
          expectAttributes(span.attributes);
          expect([0, 1, 2]).toContain(span.status.code);
        }
      }),
    );
  });
});

describe("OpenTelemetry logs", () => {
  test("every record is a log record; those of an action name its span", () => {
    const [decision, outcome, halt] = logsOf([example.allowed, example.settled, example.halt]);
    const [span] = spansOf([example.allowed, example.settled]);
    for (const each of [decision, outcome])
      expect(each).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
    expect(halt).toEqual({
      timeUnixNano: "1767614401000000000",
      observedTimeUnixNano: "1767614401000000000",
      severityNumber: 17,
      severityText: "ERROR",
      eventName: "rein.halt",
      body: { stringValue: "halt of source planner by `alice`: it went wild" },
      attributes: expect.any(Array),
    });
    expect(valuesOf(halt)).toMatchObject({
      "rein.log.index": "2",
      "rein.type": "halt",
      "rein.record.by": "alice",
      "rein.record.at": "1767614401000",
      "rein.record.scope": { values: [{ key: "source", value: { stringValue: "planner" } }] },
    });
    expect(valuesOf(outcome)).toMatchObject({
      "gen_ai.tool.name": "send_email",
      "gen_ai.agent.name": "planner",
    });
  });

  test("any record of any type is a valid log record", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (entries) => {
        const exporter = new LogRecordExporter(context);
        const lines = [...entries.flatMap((entry) => exporter.take(entry, true)), ...exporter.end()];
        const logs = lines.flatMap((line) => JSON.parse(line).resourceLogs[0].scopeLogs[0].logRecords);
        expect(logs).toHaveLength(entries.length);
        for (const log of logs) {
          expectNanos(log.timeUnixNano);
          expect(log.severityNumber).toBeGreaterThanOrEqual(1);
          expect(log.severityNumber).toBeLessThanOrEqual(24);
          expectAttributes(log.attributes);
          if ("spanId" in log) expectIds(log);
        }
      }),
    );
  });
});

test("times are nanoseconds as text, exact, and fit into 64 bits", () => {
  expect(nanosText(1767614400123.25)).toBe("1767614400123250000");
  expect(nanosText(0)).toBe("0");
  expect(nanosText(-5)).toBe("0");
  expect(nanosText(NaN)).toBe("0");
  expect(nanosText(8.64e15)).toBe("18446744073709551615");
});
