import { canonicalJson } from "../core/canonical.js";
import { compileGlobs } from "../core/glob.js";
import { someLeaf } from "./leaves.js";
import type { Match } from "./schema.js";

type Globs = string | readonly string[];
type ArgCondition = NonNullable<Match["args"]>[string];

/** What a value test looks at: an action's tags and arguments, as the caller gave them. */
export interface Values {
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
  readonly args?: unknown;
}

/**
 * A question about the value of a tag or an argument. It is answered where the values are, outside the engine, and
 * enters as a recorded fact, so that replay needs no values.
 */
export interface ValueTest {
  /** The same for tests that ask the same. */
  readonly key: string;
  /** Undefined: a value is there but cannot be read as what the test needs (NaN, text where a number belongs). */
  holds(values: Values): boolean | undefined;
}

/** The test of `match.tags` for one tag. A missing tag matches nothing; numbers and booleans are read as text. */
export function tagTest(name: string, globs: Globs): ValueTest {
  const matches = compileGlobs(globs);
  return {
    key: canonicalJson(["tag", name, globs]),
    holds: ({ tags }) => {
      const text = tags === undefined ? undefined : asText(own(tags, name));
      return text !== undefined && matches(text);
    },
  };
}

/** The test of `match.args` for one path, steps separated by dots. A missing argument only meets `exists: false`. */
export function argTest(path: string, condition: ArgCondition): ValueTest {
  const steps = path.split(".");
  const holds = compileCondition(condition);
  return {
    key: canonicalJson(["arg", path, condition]),
    holds: ({ args }) => {
      let value: unknown = args;
      for (const step of steps) value = own(value, step);
      return holds(value);
    },
  };
}

/**
 * The test of `match.mentions`: whether some tag's value, or some text in the arguments at any depth, is matched. Names
 * of properties are not looked at; numbers and booleans are read as text. Undefined when nothing that was seen matches
 * and something could not be seen: arguments too large or too deep, or a getter that throws.
 */
export function mentionsTest(globs: Globs): ValueTest {
  const matches = compileGlobs(globs);
  const isMatch = (value: unknown): boolean => {
    const text = asText(value);
    return text !== undefined && matches(text);
  };
  return {
    key: canonicalJson(["mentions", globs]),
    holds: ({ tags = {}, args }) =>
      Object.keys(tags).some((name) => isMatch(tags[name])) || someLeaf(args, isMatch),
  };
}

function compileCondition(condition: ArgCondition): (value: unknown) => boolean | undefined {
  if (typeof condition === "string" || Array.isArray(condition)) {
    const matches = compileGlobs(condition as Globs);
    return (value) => {
      const text = asText(value);
      return text !== undefined && matches(text);
    };
  }
  const parts: ((value: unknown) => boolean | undefined)[] = [];
  const { over, under, equals, matches, exists } = condition as Exclude<ArgCondition, Globs>;
  if (over !== undefined) parts.push(comparison((number) => number > over));
  if (under !== undefined) parts.push(comparison((number) => number < under));
  if (equals !== undefined) parts.push((value) => value === equals);
  if (matches !== undefined) parts.push(compileCondition(matches));
  if (exists !== undefined) parts.push((value) => (value !== undefined) === exists);
  return (value) => {
    let all: boolean | undefined = true;
    for (const part of parts) {
      const holds = part(value);
      if (holds === false) return false;
      if (holds === undefined) all = undefined;
    }
    return all;
  };
}

function comparison(test: (number: number) => boolean): (value: unknown) => boolean | undefined {
  return (value) => {
    if (value === undefined) return false;
    const number = asNumber(value);
    return number === undefined ? undefined : test(number);
  };
}

/** Own properties only: names come from models, and `constructor` is not an argument. */
function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Numbers written as text count: a model may send `"250"` where the rule says over 200. */
function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}
