import { hash } from "node:crypto";
import { wellFormed } from "../../core/names.js";
import type { ExportContext } from "./entry.js";

/**
 * The JSON form of OTLP (opentelemetry-proto, "JSON Protobuf Encoding"): field names in lowerCamelCase, ids in hex,
 * 64-bit numbers as decimal text, enums as numbers.
 */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  /** Nothing is set: null. */
  | Readonly<Record<string, never>>;

const MAX_DEPTH = 16;

/** Any JSON value. Beyond a depth that no backend shows, it is text. */
export function anyValue(value: unknown, depth = 0): AnyValue {
  switch (typeof value) {
    case "string":
      return { stringValue: wellFormed(value) };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? { intValue: String(value) }
        : { doubleValue: Number.isFinite(value) ? value : 0 };
    case "object":
      if (value === null) return {};
      if (depth >= MAX_DEPTH) return { stringValue: wellFormed(JSON.stringify(value)) };
      return Array.isArray(value)
        ? { arrayValue: { values: value.map((item) => anyValue(item, depth + 1)) } }
        : { kvlistValue: { values: attributesOf(Object.entries(value), depth + 1) } };
    default:
      return {};
  }
}

/** Attributes of name and value, those without a value left out; the first of a name counts. */
export function attributesOf(pairs: Iterable<readonly [string, unknown]>, depth = 0): KeyValue[] {
  const seen = new Set<string>();
  const attributes: KeyValue[] = [];
  for (const [name, value] of pairs) {
    const key = wellFormed(name);
    // A key may not be empty, nor come twice.
    if (value === undefined || key === "" || seen.has(key)) continue;
    seen.add(key);
    attributes.push({ key, value: anyValue(value, depth) });
  }
  return attributes;
}

const MAX_NANOS = (1n << 64n) - 1n;

/** Milliseconds since 1970 as the nanoseconds of OTLP: unsigned, 64 bits, as text. */
export function nanosText(ms: number): string {
  if (!(ms >= 0)) return "0";
  const whole = Math.floor(ms);
  const nanos = BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
  return String(nanos > MAX_NANOS ? MAX_NANOS : nanos);
}

/** An id of so many bytes that is the same whenever the same record is exported. */
export function derivedId(what: "trace" | "span", bytes: 8 | 16, uid: string): string {
  const id = hash("sha256", `rein/otel/${what}\0${uid}`, "hex").slice(0, 2 * bytes);
  // All zeros would mean that there is none.
  return /^0+$/.test(id) ? id.replace(/0$/, "1") : id;
}

/** What telemetry is about: the log. */
export function resourceOf({ origin, head, version }: ExportContext): { readonly attributes: KeyValue[] } {
  return {
    attributes: attributesOf([
      ["service.name", "rein"],
      ["service.version", version],
      ["rein.log.origin", origin],
      ["rein.log.checkpoint.size", head?.size],
      ["rein.log.checkpoint.root", head?.root],
    ]),
  };
}

export function scopeOf({ version }: ExportContext): { readonly name: string; readonly version: string } {
  return { name: "rein.audit.export", version };
}
