import { formatAmount, limitToMicro } from "../core/measure.js";
import type { Match } from "./schema.js";

type Clause = Omit<Match, "except">;
type ArgCondition = NonNullable<Clause["args"]>[string];
type Schedule = NonNullable<Clause["schedule"]>;

/** Returns what a rule applies to as `where … except where …`, empty for everything. */
export function describeMatch(match: Match | undefined): string {
  if (match === undefined) return "";
  const { except, ...clause } = match;
  const conditions = describeClause(clause);
  const parts = conditions === "" ? [] : [`where ${conditions}`];
  if (except !== undefined)
    parts.push(`except where ${except.map((part) => `(${describeClause(part)})`).join(" or ")}`);
  return parts.join(" ");
}

/** Returns text from outside between backticks, which it may hold itself. */
export function quote(text: string): string {
  return `\`${text.replace(/[\\`]/g, "\\$&")}\``;
}

/** Returns an amount with its measure: `$5.00`, `3 calls`. */
export function amountOf(measure: string, amount: number): string {
  const plain = /^[a-z][a-z0-9_]*$/.test(measure) ? measure : quote(measure);
  return formatAmount(plain, limitToMicro(amount));
}

function describeClause(clause: Clause): string {
  const parts: string[] = [];
  if (clause.source !== undefined) parts.push(`source is ${anyGlob(clause.source)}`);
  if (clause.series !== undefined) parts.push(`series is ${anyGlob(clause.series)}`);
  for (const [name, globs] of sorted(clause.tags)) parts.push(`tag ${quote(name)} is ${anyGlob(globs)}`);
  for (const [measure, amount] of sorted(clause.costOver))
    parts.push(`cost is over ${amountOf(measure, amount)}`);
  for (const [measure, amount] of sorted(clause.costUnder))
    parts.push(`cost is under ${amountOf(measure, amount)}`);
  for (const [path, condition] of sorted(clause.args))
    parts.push(`argument ${quote(path)} ${describeArg(condition)}`);
  if (clause.regime !== undefined) parts.push(`the regime is ${clause.regime.join(" or ")}`);
  if (clause.schedule !== undefined) parts.push(describeSchedule(clause.schedule));
  return parts.join(" and ");
}

function describeArg(condition: ArgCondition): string {
  if (!isTests(condition)) return `is ${anyGlob(condition)}`;
  const parts: string[] = [];
  const { over, under, equals, matches, exists } = condition;
  if (exists !== undefined) parts.push(exists ? "is given" : "is not given");
  if (over !== undefined) parts.push(`is over ${over}`);
  if (under !== undefined) parts.push(`is under ${under}`);
  if (equals !== undefined)
    parts.push(`equals ${typeof equals === "string" ? quote(equals) : String(equals)}`);
  if (matches !== undefined) parts.push(`is ${anyGlob(matches)}`);
  return parts.join(" and ");
}

function isTests(condition: ArgCondition): condition is Exclude<ArgCondition, readonly string[]> {
  return !Array.isArray(condition);
}

function describeSchedule({ days, from, to, timeZone }: Schedule): string {
  const on = days === undefined ? "" : `on ${days.join(", ")} `;
  const between = from === undefined ? "" : `from ${from} to ${to} `;
  return `the time is ${on}${between}(${timeZone})`;
}

function anyGlob(globs: readonly string[]): string {
  return globs.map(quote).join(" or ");
}

/** By name, so that the order of the fields in a file does not show. */
function sorted<V>(record: Readonly<Record<string, V>> | undefined): readonly (readonly [string, V])[] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
