import { canonicalJson } from "../../core/canonical.js";

/** The longest leaf in bytes: lengths have 16 bits in entry bundles (C2SP tlog-tiles). */
export const MAX_LEAF_BYTES = 65_535;

/** A line of a log. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly type: string; readonly n: number };

/** What stands in a leaf for a value that is too long for it. */
export interface BlobRef {
  readonly $blob: string;
  readonly bytes: number;
}

/** A line without its index: `head`, the index and `tail` make it whole. */
export interface Pieces {
  readonly head: string;
  readonly tail: string;
}

/**
 * Reads a line strictly: it must be the canonical form (RFC 8785) of an object with an index and a type. What two
 * parsers could read in two ways, such as a key that comes twice, is no leaf.
 *
 * @returns why it is none, as the end of a sentence
 */
export function readLeaf(line: string): LogRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not a JSON object";
  if (!isCanonical(line, value)) return "is not in canonical form (RFC 8785)";
  const { n, type } = value as Record<string, unknown>;
  if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 0) return "has no index `n`";
  if (typeof type !== "string" || type === "") return "has no `type`";
  return value as LogRecord;
}

function isCanonical(line: string, value: object): boolean {
  try {
    // What was parsed in sorted order prints in that order: then this is the canonical form, and far quicker.
    // Surrogates without a partner print as escapes, and have no canonical form.
    if (JSON.stringify(value) === line && isSorted(value) && !line.includes("\\ud")) return true;
    return canonicalJson(value) === line;
  } catch {
    // Nesting without end, too: no leaf has it.
    return false;
  }
}

/** Whether all keys, also of what is inside, come in the order of their UTF-16 units. */
function isSorted(value: object): boolean {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) {
      if (typeof item === "object" && item !== null && !isSorted(item)) return false;
    }
    return true;
  }
  let before: string | undefined;
  for (const key in value) {
    if (before !== undefined && before >= key) return false;
    before = key;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === "object" && item !== null && !isSorted(item)) return false;
  }
  return true;
}

/** The canonical line of a record, open at the place of its index. @throws InvalidInputError for what JSON cannot say */
export function piecesOf(record: object): Pieces {
  const before: [string, unknown][] = [];
  const after: [string, unknown][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (value !== undefined && key !== "n") (key < "n" ? before : after).push([key, value]);
  }
  const first = canonicalJson(Object.fromEntries(before)).slice(0, -1);
  const rest = canonicalJson(Object.fromEntries(after)).slice(1);
  return {
    head: before.length === 0 ? '{"n":' : `${first},"n":`,
    tail: after.length === 0 ? "}" : `,${rest}`,
  };
}

export function isBlobRef(value: unknown): value is BlobRef {
  if (typeof value !== "object" || value === null) return false;
  const { $blob, bytes } = value as Partial<BlobRef>;
  return typeof $blob === "string" && /^[0-9a-f]{64}$/.test($blob) && Number.isSafeInteger(bytes);
}
