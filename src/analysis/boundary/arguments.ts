import type { Match } from "../../policy/index.js";
import { namesIn } from "./names.js";

export type ArgCondition = NonNullable<Match["args"]>[string];
export type ArgTests = Exclude<ArgCondition, readonly string[]>;

/** Values on both sides of what is asked of an argument, the likeliest first. */
export function argumentValues(conditions: readonly ArgCondition[]): readonly unknown[] {
  const found: unknown[] = [];
  const over: number[] = [];
  const under: number[] = [];
  for (const condition of conditions) {
    if (!isTests(condition)) {
      found.push(...namesIn(condition, "value"));
      continue;
    }
    if (condition.equals !== undefined) found.push(condition.equals);
    if (condition.over !== undefined) over.push(condition.over);
    if (condition.under !== undefined) under.push(condition.under);
    if (condition.matches !== undefined) found.push(...namesIn(condition.matches, "value"));
    if (condition.exists === true) found.push("a");
  }
  for (const low of over) {
    const high = Math.min(...under.filter((limit) => limit > low));
    found.push(low + 1 < high ? low + 1 : (low + high) / 2, low);
  }
  for (const high of under) found.push(high - 1, high);
  return [...new Set(found)];
}

/** The arguments with one more, whose path is parted by dots. */
export function withArgument(
  args: Readonly<Record<string, unknown>> | undefined,
  path: string,
  value: unknown,
): Readonly<Record<string, unknown>> {
  const [step = "", ...rest] = path.split(".");
  const known = new Map(Object.entries(args ?? {}));
  const inner = known.get(step);
  known.set(
    step,
    rest.length === 0 ? value : withArgument(isRecord(inner) ? inner : {}, rest.join("."), value),
  );
  return Object.fromEntries(known);
}

/** The arguments without one. */
export function withoutArgument(
  args: Readonly<Record<string, unknown>>,
  path: string,
): Readonly<Record<string, unknown>> {
  const [step = "", ...rest] = path.split(".");
  const known = new Map(Object.entries(args));
  const inner = known.get(step);
  if (rest.length === 0) known.delete(step);
  else if (isRecord(inner)) known.set(step, withoutArgument(inner, rest.join(".")));
  return Object.fromEntries(known);
}

export function isTests(condition: ArgCondition): condition is ArgTests {
  return !Array.isArray(condition);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
