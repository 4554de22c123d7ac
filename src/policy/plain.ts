import { rawIssue, type RawIssue } from "./raw-issue.js";

const MAX_DEPTH = 16;
const MAX_VALUES = 100_000;

/** A copy of what came from outside, or what keeps it from being plain data. */
interface PlainCopy {
  readonly value: unknown;
  readonly issues: readonly RawIssue[];
}

/**
 * Copies a rule as plain data, each property read once: whatever it is made of,
 * later steps see the same values. Refuses `__proto__` as a key, which would be lost
 * or change the object it is set on, and objects that inherit fields.
 */
export function plainCopy(input: unknown): PlainCopy {
  const issues: RawIssue[] = [];
  let left = MAX_VALUES;
  const refuse = (path: readonly PropertyKey[], text: string): undefined => {
    issues.push(rawIssue(path, text));
  };

  const copy = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (path.length > MAX_DEPTH) return refuse(path, `is nested more than ${MAX_DEPTH} levels deep`);
    if (left <= 0) return undefined;
    if (Array.isArray(value)) {
      left -= value.length;
      if (left <= 0) return refuse(path, `makes the rule larger than ${MAX_VALUES} values`);
      return Array.from(value, (item: unknown, i) => copy(item, [...path, i]));
    }
    if (!isPlain(value))
      return refuse(path, "must be a plain object\nclass instances, dates and maps are not data");
    return copyFields(value, path);
  };

  const copyFields = (object: object, path: readonly PropertyKey[]): unknown => {
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(object)) {
      left -= 1;
      if (left <= 0) return refuse(path, `makes the rule larger than ${MAX_VALUES} values`);
      if (key === "__proto__") refuse([...path, key], "is not accepted as a key\nuse another name");
      else if (value !== undefined) result[key] = copy(value, [...path, key]);
    }
    return result;
  };

  return { value: copy(input, []), issues };
}

/** Plain objects of another realm count; an object with a made-up prototype does not. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}
