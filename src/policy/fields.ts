import { z } from "zod";
import { DURATION_PATTERN, formatDuration, parseDuration } from "../core/duration.js";
import { hasSixDecimals } from "../core/measure.js";
import { cleanName } from "../core/names.js";
import { WORD_GLOB_HELP, wordGlobProblem } from "../core/words.js";
import { nameFault } from "../core/look-alikes.js";
import { must, mustBeOneOf, show, unknownFields, withHelp } from "./messages.js";
import { isTimeZone, timeZoneHelp } from "./time-zone.js";

/** The longest name of a measure, tag, account or signal, and the longest path into args. */
export const MAX_POLICY_NAME = 256;
/** The longest glob. */
const MAX_GLOB_LENGTH = 512;
/** The longest list inside a rule. */
const MAX_LIST = 1000;

const MAX_COUNT = 1_000_000_000;
// A round number just below MAX_MICRO.
const MAX_AMOUNT = 9_000_000_000;

/** An object with exactly these fields; `what` names it in messages, with its article. */
export function strict<S extends z.ZodRawShape>(what: string, shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? unknownFields(issue.keys, Object.keys(shape), what)
        : must("an object", `write ${what} as an object`)(issue),
  });
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W) {
  return z.enum(words, { error: mustBeOneOf(words) });
}

/** A name of something: kept as it is, so it must be clean. */
export function nameField(what: string) {
  const error = must(`the name of ${what}, 1 to ${MAX_POLICY_NAME} characters without control characters`);
  return z
    .string({ error })
    .min(1, { error, abort: true })
    .max(MAX_POLICY_NAME, { error, abort: true })
    .refine((text) => cleanName(text, MAX_POLICY_NAME) === text, { error, abort: true })
    .refine(isLegible, { error: illegible });
}

/** Whether a reader of the rule sees what the name is. */
export function isLegible(text: string): boolean {
  return nameFault(text) === undefined;
}

/** Makes the error of a name that `isLegible` refuses. */
export function illegible({ input }: { readonly input?: unknown }): string {
  const fault = nameFault(String(input));
  return fault === undefined ? "cannot be read" : withHelp(fault.message, fault.help);
}

/** A whole number from `min`. */
export function wholeNumber(min: number, max = MAX_COUNT) {
  const error = must(
    max === MAX_COUNT ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
  );
  return z.number({ error }).int({ error, abort: true }).min(min, { error, abort: true }).max(max, { error });
}

/** An amount of money or of anything that is counted, from 0, with at most six decimals. */
export function amountField() {
  const error = must(
    `a number from 0 up to ${MAX_AMOUNT} with at most six decimals`,
    "amounts are kept as whole millionths, never as floats",
  );
  return z
    .number({ error })
    .min(0, { error, abort: true })
    .max(MAX_AMOUNT, { error, abort: true })
    .refine(hasSixDecimals, { error });
}

/** An amount that may be below zero: a balance may be owed. */
export function balanceField() {
  const error = must(`a finite number between -${MAX_AMOUNT} and ${MAX_AMOUNT} with at most six decimals`);
  return z
    .number({ error })
    .min(-MAX_AMOUNT, { error, abort: true })
    .max(MAX_AMOUNT, { error, abort: true })
    .refine(hasSixDecimals, { error });
}

/** An amount above 0. */
export function positiveAmount() {
  return amountField().gt(0, { error: must("a number above 0") });
}

/** A percentage above 0, up to 100. */
export function percentField() {
  const error = must("a percentage above 0, up to 100", "write 5 for five percent");
  return z.number({ error }).gt(0, { error, abort: true }).max(100, { error });
}

/** A length of time; the output is its canonical text. */
export function durationField(expectation = "a duration above zero such as `30s`, `5m`, `1h30m` or `1d`") {
  const error = must(
    expectation,
    "units are `ms`, `s`, `m`, `h`, `d` and `w`, the larger first, at most 3650 days",
  );
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { error, abort: true })
    .refine((text) => parseDuration(text) !== null, { error })
    .transform((text) => formatDuration(parseDuration(text) ?? 0));
}

/** A time zone, UTC when absent. */
export function timeZoneField() {
  return z
    .string({ error: must("the name of a time zone") })
    .refine(isTimeZone, {
      error: ({ input }) =>
        withHelp(`must be a time zone of the IANA database, not ${show(input)}`, timeZoneHelp(String(input))),
    })
    .default("UTC");
}

/** One glob. */
function globField() {
  const error = must(`a glob of 1 to ${MAX_GLOB_LENGTH} characters without control characters`);
  return z
    .string({ error })
    .min(1, { error, abort: true })
    .max(MAX_GLOB_LENGTH, { error, abort: true })
    .refine((text) => cleanName(text, MAX_GLOB_LENGTH) === text, { error, abort: true })
    .refine(isLegible, { error: illegible, abort: true })
    .refine((text) => wordGlobProblem(text) === null, {
      error: ({ input }) =>
        withHelp(`${wordGlobProblem(String(input)) ?? "is no glob"}, not ${show(input)}`, WORD_GLOB_HELP),
    });
}

/** A glob or several; the output is a list, sorted and without doubles, for it means the same. */
export function globsField() {
  return oneOrMore(globField(), "a glob or a list of globs").transform((globs) => [...new Set(globs)].sort());
}

/** One item or a list of at least one; the output is a list. */
export function oneOrMore<T extends z.ZodType>(item: T, what: string) {
  const error = must(what);
  return z
    .union([item, listOf(item, what)], { error })
    .transform((value): z.output<T>[] =>
      Array.isArray(value) ? (value as z.output<T>[]) : [value as z.output<T>],
    );
}

/** Named values, at least one. */
export function namedValues<V extends z.ZodType>(key: z.ZodString, value: V, what: string) {
  return z
    .record(key, value, { error: must(`an object of ${what}`) })
    .refine((record) => Object.keys(record).length > 0, {
      error: withHelp(
        `is empty: it must name at least one of the ${what}`,
        "leave it out if it says nothing",
      ),
    })
    .refine((record) => Object.keys(record).length <= MAX_LIST, {
      error: `must not have more than ${MAX_LIST} entries`,
    });
}

function listOf<T extends z.ZodType>(item: T, what: string) {
  return z
    .array(item, { error: must(what) })
    .min(1, {
      error: withHelp(`is an empty list: it must be ${what}`, "leave it out if it says nothing"),
      abort: true,
    })
    .max(MAX_LIST, { error: `must not have more than ${MAX_LIST} entries`, abort: true });
}
