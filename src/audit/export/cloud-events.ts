import { printable, wellFormed } from "../../core/names.js";
import { Batch } from "./batch.js";
import { leafHashOf, rfc3339, textIn, timeIn, traceIn, typeOf, uidOf } from "./entry.js";
import type { Exporter, ExportContext, ExportEntry } from "./entry.js";
import { OpenDecisions } from "./open-decisions.js";

type Fields = Readonly<Record<string, unknown>>;

export interface CloudEventOptions {
  /** What types begin with, a reversed domain name. */
  readonly typePrefix?: string | undefined;
  /** Several events a line, in the JSON batch format. */
  readonly batch?: boolean | undefined;
}

/** `.internal` belongs to nobody: whoever has a domain says so. */
export const DEFAULT_TYPE_PREFIX = "internal.rein.audit";

/** Names what `data` looks like (docs/records.md); an identifier, nothing is fetched from there. */
export const RECORD_SCHEMA = "tag:rein.internal,2026:audit-record/1";

/** What every intermediary must forward (CloudEvents 1.0, section "Size Limits"). */
export const MAX_EVENT_BYTES = 65_536;

const MAX_ATTRIBUTE = 500;

/** CloudEvents 1.0 in the JSON format: structured mode one a line, or batches one a line. */
export class CloudEventExporter implements Exporter {
  events = 0;
  readonly #context: ExportContext;
  readonly #options: CloudEventOptions;
  readonly #open = new OpenDecisions();
  readonly #batch: Batch | undefined;

  constructor(context: ExportContext, options: CloudEventOptions = {}) {
    this.#context = context;
    this.#options = options;
    this.#batch = options.batch === true ? new Batch((events) => `[${events}]`) : undefined;
  }

  take(entry: ExportEntry, isSelected: boolean): readonly string[] {
    const decision = this.#open.end(entry)?.entry.record;
    if (typeOf(entry.record) === "gate") this.#open.add(entry, isSelected);
    if (!isSelected) return [];
    this.events += 1;
    const event = cloudEvent(entry, decision, this.#context, this.#options);
    return this.#batch?.add(event) ?? [event];
  }

  end(): readonly string[] {
    return this.#batch?.end() ?? [];
  }
}

/** An event as JSON. @param decision the one that an outcome belongs to. Never throws, whatever is in the record. */
export function cloudEvent(
  entry: ExportEntry,
  decision: Fields | undefined,
  context: ExportContext,
  { typePrefix = DEFAULT_TYPE_PREFIX }: CloudEventOptions = {},
): string {
  const { record, n } = entry;
  const subject = textIn(record, "series") ?? (decision && textIn(decision, "series"));
  const time = rfc3339(timeIn(record));
  const trace = traceIn(record);
  const envelope = {
    specversion: "1.0",
    id: attribute(uidOf(entry, context)),
    source: sourceOf(context.origin),
    type: `${typePrefix}.${typeOf(record)
      .replace(/[^A-Za-z0-9._-]/g, "_")
      .slice(0, MAX_ATTRIBUTE)}`,
    ...(subject !== undefined && attribute(subject) !== "" && { subject: attribute(subject) }),
    ...(time !== undefined && { time }),
    datacontenttype: "application/json",
    dataschema: RECORD_SCHEMA,
    // Extensions have names of lower-case letters and digits. Indices sort as text, too.
    sequence: String(n).padStart(16, "0"),
    leafhash: leafHashOf(entry),
    ...(trace !== undefined && {
      traceparent: `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`,
    }),
  };
  return fitted(envelope, record);
}

/** A URI reference for the log's name. */
function sourceOf(origin: string): string {
  const source = encodeURI(wellFormed(origin)).replace(/[[\]]/g, (bracket) => encodeURIComponent(bracket));
  return source === "" ? "unknown" : source;
}

/** Text that may be an attribute: well-formed, without control characters and noncharacters. */
function attribute(text: string): string {
  return printable(text, MAX_ATTRIBUTE).replace(
    /[\ufdd0-\ufdef\ufffe\uffff]|[\u{1fffe}\u{1ffff}]/gu,
    "\ufffd",
  );
}

/** An event that is not too large: the largest fields give way first, and say how many bytes they had. */
function fitted(envelope: Fields, record: Fields): string {
  const whole = JSON.stringify({ ...envelope, data: record });
  let excess = Buffer.byteLength(whole) - MAX_EVENT_BYTES;
  if (excess <= 0) return whole;
  excess += TRUNCATED_BYTES;
  const sizes = Object.entries(record).map(
    ([field, value]) => [field, Buffer.byteLength(JSON.stringify(value))] as const,
  );
  sizes.sort((a, b) => b[1] - a[1]);
  const data = new Map<string, unknown>(Object.entries(record));
  for (const [field, bytes] of sizes) {
    const saved = bytes - OMITTED_BYTES;
    if (excess <= 0 || saved <= 0) break;
    data.set(field, { $omitted: bytes });
    excess -= saved;
  }
  const event = JSON.stringify({ ...envelope, truncated: true, data: Object.fromEntries(data) });
  // So many fields that their names alone are too large.
  return excess <= 0 ? event : JSON.stringify({ ...envelope, truncated: true });
}

/** What `"truncated":true,` adds, and what a field has in the place of its value at most. */
const TRUNCATED_BYTES = 18;
const OMITTED_BYTES = 24;
