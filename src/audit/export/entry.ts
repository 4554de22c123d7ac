import { hashToBase64, leafHash } from "../tree/index.js";
import { wellFormed } from "../../core/names.js";

type Fields = Readonly<Record<string, unknown>>;

/** A leaf of a log, on its way out. Nothing is taken for granted of `record`: logs of later versions are read, too. */
export interface ExportEntry {
  /** Its index. */
  readonly n: number;
  /** As it stands in the log, without the line's end. */
  readonly line: string;
  readonly record: Fields;
}

/** What is the same for all events of an export. */
export interface ExportContext {
  /** Names the log: the origin of its checkpoints. */
  readonly origin: string;
  /** The newest checkpoint that was found beside the log, unverified. */
  readonly head?: { readonly size: number; readonly root: string } | undefined;
  /** Version of the software that exports. */
  readonly version: string;
}

/** Turns entries, one after the other, into the lines of a file. Memory does not grow with the log. */
export interface Exporter {
  /**
   * Lines to write because of an entry. @param isSelected it was asked for; every entry must be shown, for an outcome
   * has its names from its decision
   */
  take(entry: ExportEntry, isSelected: boolean): readonly string[];
  /** Lines that waited for others. */
  end(): readonly string[];
  /** Events written so far. */
  readonly events: number;
}

/** Text of a field; undefined for anything else, and for the empty one. */
export function textIn(record: Fields, field: string): string | undefined {
  const value = record[field];
  return typeof value === "string" && value !== "" ? wellFormed(value) : undefined;
}

export function numberIn(record: Fields, field: string): number | undefined {
  const value = record[field];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function objectIn(record: Fields, field: string): Fields | undefined {
  const value = record[field];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function typeOf(record: Fields): string {
  return textIn(record, "type") ?? "unknown";
}

/** The furthest time that a `Date` can be, ms from 1970 either way. */
const MAX_TIME_MS = 8.64e15;

/** Wall time of a record, ms since 1970; undefined when it has none that makes sense. */
export function timeIn(record: Fields): number | undefined {
  const at = numberIn(record, "at");
  return at !== undefined && at >= 0 && at <= MAX_TIME_MS ? at : undefined;
}

const LAST_YEAR_9999_MS = 253_402_300_799_999;

/** RFC 3339 in UTC, to the millisecond; undefined where four digits do not hold the year. */
export function rfc3339(ms: number | undefined): string | undefined {
  return ms === undefined || ms > LAST_YEAR_9999_MS ? undefined : new Date(ms).toISOString();
}

/** Identifies a decision among all runs: what `decision.id` begins with. */
export function decisionIdOf(record: Fields): string | undefined {
  const [boot, seq] = [textIn(record, "boot"), numberIn(record, "seq")];
  return boot === undefined || seq === undefined || !Number.isSafeInteger(seq) || seq < 0
    ? undefined
    : `${boot}.${seq.toString(36)}`;
}

/** Identifies a record anywhere. */
export function uidOf({ n }: ExportEntry, { origin }: ExportContext): string {
  return `${origin}#${n}`;
}

/** The leaf's hash in the log's tree (RFC 6962), base64. */
export function leafHashOf({ line }: ExportEntry): string {
  return hashToBase64(leafHash(line));
}

/** The place in a distributed trace (W3C Trace Context) that a record carries. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** Reads `traceparent: "00-…"`, or `trace: { traceId, spanId }` (`trace_id`, `span_id`); undefined for what is neither. */
export function traceIn(record: Fields): TraceContext | undefined {
  const header = TRACEPARENT.exec(textIn(record, "traceparent") ?? "");
  const trace = objectIn(record, "trace") ?? {};
  const traceId = header?.[1] ?? textIn(trace, "traceId") ?? textIn(trace, "trace_id");
  const spanId = header?.[2] ?? textIn(trace, "spanId") ?? textIn(trace, "span_id");
  // All zeros mean "none" there.
  if (traceId === undefined || !/^(?!0+$)[0-9a-f]{32}$/.test(traceId)) return undefined;
  if (spanId === undefined || !/^(?!0+$)[0-9a-f]{16}$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: header === null || (parseInt(header[3]!, 16) & 1) === 1 };
}
