import { isWordGlob } from "../../core/words.js";
import type { Match } from "../schema.js";
import { decimal, quote, quoteAny, sumOf } from "./print-values.js";

type Clause = Omit<Match, "except">;
type ArgCondition = NonNullable<Clause["args"]>[string];
type Schedule = NonNullable<Clause["schedule"]>;

/** Returns what a rule applies to as ` where … except where …`, empty for everything. */
export function printMatch(match: Match | undefined): string {
  if (match === undefined) return "";
  const { except, ...clause } = match;
  const conditions = printClause(clause);
  const where = conditions === "" ? "" : ` where ${conditions}`;
  return except === undefined
    ? where
    : `${where} except where ${except.map(printClause).join(", or where ")}`;
}

function printClause(clause: Clause): string {
  const parts: string[] = [];
  if (clause.source !== undefined) parts.push(`the agent ${anyOf(clause.source)}`);
  if (clause.series !== undefined) parts.push(`the tool ${anyOf(clause.series)}`);
  for (const [name, globs] of sorted(clause.tags))
    parts.push(`tag ${quote(name)} ${isAnything(globs) ? "is given" : anyOf(globs)}`);
  if (clause.mentions !== undefined)
    parts.push(
      `it mentions ${anyOf(clause.mentions).replace(/^is /, "").replaceAll("has the word", "the word")}`,
    );
  for (const [measure, amount] of sorted(clause.costOver))
    parts.push(`the cost is over ${sumOf(measure, amount)}`);
  for (const [measure, amount] of sorted(clause.costUnder))
    parts.push(`the cost is under ${sumOf(measure, amount)}`);
  for (const [path, condition] of sorted(clause.args))
    parts.push(...printArg(`argument ${quoteAny(path)}`, condition));
  if (clause.regime !== undefined) parts.push(`the regime is ${clause.regime.join(" or ")}`);
  if (clause.schedule !== undefined) parts.push(printSchedule(clause.schedule));
  return parts.join(" and ");
}

/** Several tests of one argument are several conditions: "argument `a` is over 5 and argument `a` is under 7". */
function printArg(argument: string, condition: ArgCondition): string[] {
  if (isGlobs(condition)) return [`${argument} ${anyOf(condition)}`];
  const { over, under, equals, matches, exists } = condition;
  const parts: string[] = [];
  if (exists !== undefined) parts.push(exists ? "is given" : "is not given");
  if (over !== undefined) parts.push(`is over ${decimal(over)}`);
  if (under !== undefined) parts.push(`is under ${decimal(under)}`);
  if (equals !== undefined) parts.push(`equals ${literal(equals)}`);
  if (matches !== undefined) parts.push(anyOf(matches));
  return parts.map((part) => `${argument} ${part}`);
}

function literal(value: string | number | boolean | null): string {
  if (typeof value === "string") return quoteAny(value);
  return typeof value === "number" ? decimal(value) : String(value);
}

function isGlobs(condition: ArgCondition): condition is readonly string[] {
  return Array.isArray(condition);
}

const DAYS = {
  mon: "Mondays",
  tue: "Tuesdays",
  wed: "Wednesdays",
  thu: "Thursdays",
  fri: "Fridays",
  sat: "Saturdays",
  sun: "Sundays",
};
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"] as const;
const WEEKENDS = ["sat", "sun"] as const;

function printSchedule({ days, from, to, timeZone }: Schedule): string {
  const on = days === undefined ? "" : ` on ${dayNames(days)}`;
  const between = from === undefined ? "" : ` between ${from} and ${to}`;
  return `the time is${on}${between} in ${quote(timeZone)}`;
}

function dayNames(days: NonNullable<Schedule["days"]>): string {
  let rest = [...days];
  const names: string[] = [];
  for (const [group, name] of [
    [WEEKDAYS, "weekdays"],
    [WEEKENDS, "weekends"],
  ] as const) {
    if (!group.every((day) => rest.includes(day))) continue;
    names.push(name);
    rest = rest.filter((day) => !(group as readonly string[]).includes(day));
  }
  return inWords([...names, ...rest.map((day) => DAYS[day])]);
}

/** Joins words as people do: "a, b and c". */
export function inWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** "is `a` or `b` or has the word `c`". */
function anyOf(globs: readonly string[]): string {
  const names = globs.filter((glob) => !isWordGlob(glob)).map(quote);
  const words = globs
    .filter(isWordGlob)
    .map((glob) => `has the word${glob.trim().includes(" ") ? "s" : ""} ${quote(glob.slice(1))}`);
  return [...(names.length === 0 ? [] : [`is ${names.join(" or ")}`]), ...words].join(" or ");
}

function isAnything(globs: readonly string[]): boolean {
  return globs.length === 1 && globs[0] === "**";
}

/** By name, so that the order of the fields in a file does not show. */
function sorted<V>(record: Readonly<Record<string, V>> | undefined): readonly (readonly [string, V])[] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
