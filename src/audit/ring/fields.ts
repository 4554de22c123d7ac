import { hash } from "node:crypto";
import { canonicalJson } from "../../core/canonical.js";
import { wellFormed } from "../../core/names.js";

/** A leaf's fields but `n`, by key in order (UTF-16 units): key, JSON, key, JSON … */
export type Fields = readonly string[];

/** The longest line of a leaf, in bytes of UTF-8. */
export const MAX_LINE_BYTES = 65_535;

/** A field whose JSON is longer, in UTF-16 units, stands in a file of its own. */
export const MAX_FIELD = 16_384;

/** Digits of the largest index. */
const INDEX_BYTES = 16;

/** What every leaf says itself, however long the rest of it is. */
const ALWAYS_INLINE = new Set(["at", "boot", "i", "mono", "type"]);

/**
 * A record as fields, written down at once, for the object may be changed later. `n` is the log's own to give; what JSON
 * cannot say is written the way `JSON.stringify` does.
 *
 * @throws what the object's getters throw, and for cycles
 */
export function fieldsOf(record: object, boot: string | null): Fields {
  try {
    return fieldsOfJson(record, boot);
  } catch {
    return fieldsOfJson(JSON.parse(JSON.stringify(record)) as object, boot);
  }
}

function fieldsOfJson(record: object, boot: string | null): Fields {
  const values = new Map<string, string>();
  for (const [given, value] of Object.entries(record)) {
    const key = wellFormed(given);
    if (value === undefined || key === "n") continue;
    if (values.has(key)) throw new Error("two keys that differ only in unpaired surrogates");
    values.set(key, canonicalJson(value));
  }
  if (boot !== null && !values.has("boot")) values.set("boot", boot);
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

/** The line before its index, and after it. */
export function split(fields: Fields): readonly [head: string, tail: string] {
  let head = "{";
  let tail = "";
  for (let i = 0; i < fields.length; i += 2) {
    const key = fields[i]!;
    const field = `${JSON.stringify(key)}:${fields[i + 1]!}`;
    if (key < "n") head += `${field},`;
    else tail += `,${field}`;
  }
  return [`${head}"n":`, `${tail}}`];
}

export function isTooLong(head: string, tail: string): boolean {
  // No UTF-16 unit takes more than three bytes.
  if ((head.length + tail.length) * 3 + INDEX_BYTES <= MAX_LINE_BYTES) return false;
  return Buffer.byteLength(head) + Buffer.byteLength(tail) + INDEX_BYTES > MAX_LINE_BYTES;
}

/** The same fields in a line that is not too long: large ones are handed to `blob`, and a hash is in their place. */
export function fit(fields: Fields, blob: (field: string, text: string) => void): Fields {
  const fitted = [...fields];
  const outside = new Set<number>();
  const putOutside = (i: number): void => {
    fitted[i + 1] = reference(fields[i + 1]!);
    outside.add(i);
  };
  for (let i = 0; i < fitted.length; i += 2) if (fitted[i + 1]!.length > MAX_FIELD) putOutside(i);
  while (isTooLong(...split(fitted))) {
    const largest = largestOf(fitted, outside);
    if (largest === undefined) return asOneValue(fields, blob);
    putOutside(largest);
  }
  for (const i of outside) blob(fields[i]!, fields[i + 1]!);
  return fitted;
}

function largestOf(fields: Fields, outside: ReadonlySet<number>): number | undefined {
  let largest: number | undefined;
  // Shorter ones would not get shorter.
  let bytes = 2 * reference("").length;
  for (let i = 0; i < fields.length; i += 2) {
    if (outside.has(i) || ALWAYS_INLINE.has(fields[i]!)) continue;
    const size = Buffer.byteLength(fields[i + 1]!);
    if (size <= bytes) continue;
    bytes = size;
    largest = i;
  }
  return largest;
}

/** Very many small fields: all of them together are one large value, `record`. */
function asOneValue(fields: Fields, blob: (field: string, text: string) => void): Fields {
  const pieces: string[] = [];
  const kept: (readonly [key: string, json: string])[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const [key, json] = [fields[i]!, fields[i + 1]!];
    pieces.push(`${JSON.stringify(key)}:${json}`);
    if (ALWAYS_INLINE.has(key) && json.length <= MAX_FIELD) kept.push([key, json]);
  }
  const text = `{${pieces.join(",")}}`;
  blob("record", text);
  kept.push(["record", reference(text)]);
  return kept.sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

/** What stands in the place of a value that is in a file of its own. */
function reference(text: string): string {
  return `{"$blob":"${hash("sha256", text, "hex")}","bytes":${Buffer.byteLength(text)}}`;
}
