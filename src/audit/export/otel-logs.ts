import { Batch } from "./batch.js";
import { leafHashOf, timeIn, typeOf } from "./entry.js";
import type { Exporter, ExportContext, ExportEntry } from "./entry.js";
import { sentenceOf, severityOf } from "./kinds.js";
import type { Severity } from "./kinds.js";
import { OpenDecisions } from "./open-decisions.js";
import { spanIds } from "./otel-spans.js";
import { attributesOf, nanosText, resourceOf, scopeOf } from "./otlp.js";

type Fields = Readonly<Record<string, unknown>>;

/** Severity numbers of OpenTelemetry's log data model. */
export const OTEL_SEVERITIES: Readonly<Record<Severity, readonly [number, string]>> = {
  informational: [9, "INFO"],
  low: [10, "INFO2"],
  medium: [13, "WARN"],
  high: [17, "ERROR"],
  critical: [21, "FATAL"],
};

/** Every record as an OpenTelemetry log record. Decisions and outcomes name the span that `SpanExporter` makes of them. */
export class LogRecordExporter implements Exporter {
  events = 0;
  readonly #context: ExportContext;
  readonly #open = new OpenDecisions();
  readonly #batch: Batch;
  #latest = 0;

  constructor(context: ExportContext) {
    this.#context = context;
    const resource = JSON.stringify(resourceOf(context));
    const scope = JSON.stringify(scopeOf(context));
    this.#batch = new Batch(
      (logs) =>
        `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":${scope},"logRecords":[${logs}]}]}]}`,
    );
  }

  take(entry: ExportEntry, isSelected: boolean): readonly string[] {
    const decision = this.#open.end(entry)?.entry;
    if (typeOf(entry.record) === "gate") this.#open.add(entry, isSelected);
    this.#latest = timeIn(entry.record) ?? this.#latest;
    if (!isSelected) return [];
    this.events += 1;
    return this.#batch.add(JSON.stringify(logRecordOf(entry, decision, this.#latest, this.#context)));
  }

  end(): readonly string[] {
    return this.#batch.end();
  }
}

/** @param time for a record that has none */
export function logRecordOf(
  entry: ExportEntry,
  decision: ExportEntry | undefined,
  time: number,
  context: ExportContext,
): Fields {
  const { record, n } = entry;
  const type = typeOf(record);
  const [severityNumber, severityText] = OTEL_SEVERITIES[severityOf(record)];
  const at = nanosText(timeIn(record) ?? time);
  const spanOwner = type === "gate" ? entry : decision;
  const span = spanOwner && spanIds(spanOwner, context);
  return {
    timeUnixNano: at,
    observedTimeUnixNano: at,
    severityNumber,
    severityText,
    eventName: `rein.${type}`,
    body: { stringValue: sentenceOf(record, decision?.record ?? record) },
    attributes: attributesOf([
      ["rein.log.index", n],
      ["rein.log.leaf_hash", leafHashOf(entry)],
      ["rein.type", type],
      ["gen_ai.agent.name", nameIn("source", record, decision)],
      ["gen_ai.tool.name", nameIn("series", record, decision)],
      ...Object.entries(record)
        .filter(([field]) => !SAID.has(field))
        .map(([field, value]) => [`rein.record.${field}`, value] as const),
    ]),
    ...(span !== undefined && { traceId: span.traceId, spanId: span.spanId }),
  };
}

const SAID: ReadonlySet<string> = new Set(["n", "type"]);

function nameIn(field: string, record: Fields, decision: ExportEntry | undefined): unknown {
  const name = record[field] ?? decision?.record[field];
  return typeof name === "string" && name !== "" ? name : undefined;
}
