import { canonicalJson } from "../../core/canonical.js";
import type { Match } from "../../policy/index.js";
import { argTest } from "../../policy/value-tests.js";
import type { Language, Languages, Truth } from "./globs.js";

type Condition = NonNullable<Match["args"]>[string];

/** The tests of one argument, taken apart; all of them must hold. */
export interface ArgTests {
  readonly over?: number | undefined;
  readonly under?: number | undefined;
  readonly equals?: string | number | boolean | null | undefined;
  readonly matches?: Language | undefined;
  readonly exists?: boolean | undefined;
  readonly condition: Condition;
  readonly key: string;
}

export function argTestsOf(condition: Condition, languages: Languages): ArgTests {
  const { over, under, equals, matches, exists } = isGlobs(condition) ? { matches: condition } : condition;
  return {
    ...{ over, under, equals, exists, condition },
    matches: matches === undefined ? undefined : languages.of([matches].flat(), "no"),
    key: canonicalJson(condition),
  };
}

/**
 * Whether an argument that meets `given` meets `wanted`; also where it cannot be told whether it meets `given`, it
 * cannot be told or is true for `wanted`. With `certain`: then it can be told and is true.
 */
export function argsImply(given: ArgTests, wanted: ArgTests, certain: boolean, languages: Languages): Truth {
  const isNumeric = wanted.over !== undefined || wanted.under !== undefined;
  if (given.key === wanted.key && !(certain && isNumeric)) return true;
  if (given.equals !== undefined) return holdsFor(given.equals, wanted) === true;
  if (certain && isNumeric) return false;
  const { over, under, equals, matches, exists } = wanted;
  let result: Truth = true;
  if (over !== undefined) result &&= given.over !== undefined && given.over >= over;
  if (under !== undefined) result &&= given.under !== undefined && given.under <= under;
  if (equals !== undefined) result &&= false;
  if (exists === true) result &&= given.exists !== false;
  if (exists === false) result &&= given.exists === false;
  if (matches !== undefined && result) {
    const within = given.matches === undefined ? false : languages.contains(matches, given.matches);
    if (within !== true) return within;
  }
  return result;
}

/** Whether no argument surely meets `sure` and may meet `maybe`. */
export function argsExclude(sure: ArgTests, maybe: ArgTests, languages: Languages): Truth {
  if (sure.exists === false) return maybe.exists !== false;
  if (maybe.exists === false) return true;
  if (sure.equals !== undefined) return holdsFor(sure.equals, maybe) === false;
  if (maybe.equals !== undefined) return holdsFor(maybe.equals, sure) !== true;
  if (sure.over !== undefined && maybe.under !== undefined && maybe.under <= sure.over) return true;
  if (sure.under !== undefined && maybe.over !== undefined && maybe.over >= sure.under) return true;
  if (sure.matches === undefined || maybe.matches === undefined) return false;
  return languages.disjoint(sure.matches, maybe.matches);
}

/** Whether the tests exclude each other. */
export function isImpossible({ equals, condition }: ArgTests): boolean {
  return equals !== undefined && argTest("x", condition).holds({ args: { x: equals } }) === false;
}

function holdsFor(value: unknown, { condition }: ArgTests): boolean | undefined {
  return argTest("x", condition).holds({ args: { x: value } });
}

function isGlobs(condition: Condition): condition is Extract<Condition, string | readonly string[]> {
  return typeof condition === "string" || Array.isArray(condition);
}
