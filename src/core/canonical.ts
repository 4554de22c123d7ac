import { InvalidInputError } from "./errors.js";
import { wellFormed } from "./names.js";

/** How deep arrays and objects may nest. */
export const MAX_JSON_DEPTH = 64;

/** How many values one text may hold: shared parts of a small object can unfold without end. */
const MAX_JSON_VALUES = 5_000_000;

/**
 * Returns the canonical JSON text of a value (RFC 8785, JCS): no white space, keys
 * sorted by UTF-16 units, numbers as ECMAScript prints them. As in `JSON.stringify`,
 * properties that are undefined are left out, holes in arrays are null and `toJSON`
 * is honoured; strings are made well-formed.
 *
 * Throws `InvalidInputError` for what JSON cannot say: NaN, infinity, bigint,
 * symbols, functions, maps and sets, cycles, nesting beyond `MAX_JSON_DEPTH`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0, { left: MAX_JSON_VALUES });
}

interface Allowance {
  left: number;
}

function write(input: unknown, depth: number, allowance: Allowance): string {
  if (--allowance.left < 0) throw refuse(`more than ${MAX_JSON_VALUES} values`);
  const value = withToJson(input);
  switch (typeof value) {
    case "string":
      return JSON.stringify(wellFormed(value));
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw refuse(`the number \`${value}\``);
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      // A cycle is found here too: it is nesting without end.
      if (depth === MAX_JSON_DEPTH) throw refuse(`a cycle or more than ${MAX_JSON_DEPTH} levels of nesting`);
      return Array.isArray(value)
        ? writeArray(value, depth, allowance)
        : writeObject(value, depth, allowance);
    default:
      throw refuse(value === undefined ? "no value at all" : `a ${typeof value}`);
  }
}

function writeArray(values: readonly unknown[], depth: number, allowance: Allowance): string {
  const parts: string[] = [];
  for (let i = 0; i < values.length; i++) parts.push(write(values[i] ?? null, depth + 1, allowance));
  return `[${parts.join(",")}]`;
}

function writeObject(object: object, depth: number, allowance: Allowance): string {
  // Both would print as {}, and two different ones would look the same.
  if (object instanceof Map || object instanceof Set) throw refuse(object instanceof Map ? "a map" : "a set");
  const fields: (readonly [string, unknown])[] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined) fields.push([wellFormed(key), value]);
  }
  fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const parts: string[] = [];
  fields.forEach(([key, value], i) => {
    if (fields[i - 1]?.[0] === key) throw refuse("two keys that differ only in unpaired surrogates");
    parts.push(`${JSON.stringify(key)}:${write(value, depth + 1, allowance)}`);
  });
  return `{${parts.join(",")}}`;
}

function withToJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? (toJSON.call(value) as unknown) : value;
}

function refuse(what: string): InvalidInputError {
  return new InvalidInputError("value", `canonical JSON cannot hold ${what}`, {
    help: "use only plain objects, arrays, strings, finite numbers, booleans and null",
  });
}
