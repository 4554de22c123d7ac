import { DateTime } from "luxon";
import { compileGlobs } from "../../core/glob.js";
import { formatAmount, limitToMicro } from "../../core/measure.js";
import type { Schedule } from "../../policy/calendar.js";
import type { Match } from "../../policy/index.js";
import { argumentValues, isTests, withArgument, withoutArgument } from "./arguments.js";
import type { ArgCondition } from "./arguments.js";
import { openingAt } from "./calendar.js";
import { namesOutside } from "./names.js";
import type { TrialAction } from "../asked.js";
import type { Moment } from "./trial.js";
import { withCost, withoutCost, withTag } from "./witness.js";
import type { Witness } from "./witness.js";
import { code } from "./words.js";

/** A witness with one thing changed that the rule's match looks at. */
export interface NearMiss {
  readonly witness: Witness;
  /** What is changed, as the subject of a sentence. */
  readonly text: string;
}

const MINUTE_MS = 60_000;

/** Conditions of one kind that are shown; a match may have a thousand. */
const MAX_SHOWN = 4;

/** An action like the witness but for one condition, for each condition; both sides of each boundary. */
export function* nearMisses(match: Match, witness: Witness): IterableIterator<NearMiss> {
  const { action, moment } = witness;
  const changed = (change: Partial<TrialAction>, text: string): NearMiss => ({
    ...{ witness: { moment, action: { ...action, ...change } }, text },
  });
  if (match.source !== undefined) {
    const [source] = namesOutside(match.source, "source");
    if (source !== undefined) yield changed({ source }, `the same by ${code(source)}`);
  }
  if (match.series !== undefined) {
    const [series] = namesOutside(match.series, "series");
    if (series !== undefined) yield changed({ series }, code(series));
  }
  for (const [tag, globs] of shown(match.tags)) yield* otherTags(tag, globs, witness);
  if (match.mentions !== undefined)
    yield changed(withoutMentions(witness, match.mentions), "one that mentions none of it");
  yield* otherCosts(match, witness);
  for (const [path, condition] of shown(match.args)) yield* otherArguments(path, condition, witness);
  yield* otherRegimes(match, witness);
  if (match.schedule !== undefined) yield* otherTimes(match.schedule, witness);
}

function* otherTags(tag: string, globs: readonly string[], witness: Witness): IterableIterator<NearMiss> {
  const [value] = namesOutside(globs, "value");
  if (value !== undefined) {
    yield { witness: withTag(witness, tag, value), text: `tag ${code(tag)} ${code(value)}` };
  }
  const others = Object.entries(witness.action.tags ?? {}).filter(([name]) => name !== tag);
  const { tags: _tags, ...action } = witness.action;
  yield {
    witness: {
      ...witness,
      action: others.length === 0 ? action : { ...action, tags: Object.fromEntries(others) },
    },
    text: `one without tag ${code(tag)}`,
  };
}

/** Its tags and arguments with other values in place of what must not be mentioned. */
function withoutMentions({ action }: Witness, mentions: readonly string[]): Partial<TrialAction> {
  const mentioned = compileGlobs(mentions);
  const [other = ""] = namesOutside(mentions, "value");
  const replaced = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        typeof value === "string" && mentioned(value) ? other : value,
      ]),
    );
  return {
    ...(action.tags !== undefined && { tags: replaced(action.tags) as Record<string, string> }),
    ...(action.args !== undefined && { args: replaced(action.args) }),
  };
}

function* otherCosts({ costOver, costUnder }: Match, witness: Witness): IterableIterator<NearMiss> {
  const at = (measure: string, micro: number): NearMiss => ({
    witness: withCost(witness, measure, micro),
    text: `one of ${formatAmount(measure, micro)}`,
  });
  for (const [measure, limit] of shown(costOver)) {
    const micro = limitToMicro(limit);
    yield at(measure, micro);
    yield at(measure, micro + 1);
  }
  for (const [measure, limit] of shown(costUnder)) {
    const micro = limitToMicro(limit);
    yield at(measure, micro);
    if (micro > 0) yield at(measure, micro - 1);
  }
  for (const [measure] of shown({ ...costOver, ...costUnder }))
    yield {
      witness: withoutCost(witness, measure),
      text: `one without a cost in ${measure}`,
    };
}

function* otherArguments(
  path: string,
  condition: ArgCondition,
  witness: Witness,
): IterableIterator<NearMiss> {
  const { action } = witness;
  const given = (value: unknown, text: string): NearMiss => ({
    witness: { ...witness, action: { ...action, args: withArgument(action.args, path, value) } },
    text: `one whose argument ${code(path)} is ${text}`,
  });
  const tests = isTests(condition) ? condition : { matches: condition };
  const { over, under, equals, matches, exists } = tests;
  if (over !== undefined) yield given(over, `exactly ${over}`);
  if (under !== undefined) yield given(under, `exactly ${under}`);
  if (equals !== undefined) {
    const other = typeof equals === "number" ? equals + 1 : typeof equals === "boolean" ? !equals : "another";
    yield given(other, typeof other === "string" ? code(other) : String(other));
  }
  if (matches !== undefined) {
    const [value] = namesOutside(matches, "value");
    if (value !== undefined) yield given(value, code(value));
  }
  if (exists === false) {
    const [value = "a"] = argumentValues([]);
    yield given(value, code(String(value)));
  } else {
    yield {
      witness: { ...witness, action: { ...action, args: withoutArgument(action.args ?? {}, path) } },
      text: `one without argument ${code(path)}`,
    };
  }
}

function* otherRegimes({ regime }: Match, witness: Witness): IterableIterator<NearMiss> {
  if (regime === undefined) return;
  for (const other of ["normal", "stressed", "shock"] as const) {
    if (regime.includes(other)) continue;
    yield {
      witness: { ...witness, moment: { ...witness.moment, regime: other } },
      text: `when the regime is ${other}, it`,
    };
  }
}

/** A minute before and at each end of the opening that the witness lies in, or of the next one. */
function* otherTimes(schedule: Schedule, witness: Witness): IterableIterator<NearMiss> {
  const opening = openingAt(schedule, witness.moment.at);
  if (opening === undefined) return;
  const { from, until } = opening;
  for (const at of [from - MINUTE_MS, from, until - MINUTE_MS, until]) {
    const moment: Moment = { ...witness.moment, at };
    yield { witness: { ...witness, moment }, text: `on ${localTime(at, schedule.timeZone)} it` };
  }
}

/** "Mon at 09:30 (America/New_York)". */
function localTime(at: number, timeZone: string): string {
  const time = DateTime.fromMillis(at, { zone: timeZone });
  return `${time.toFormat("ccc 'at' HH:mm")} (${timeZone})`;
}

function shown<V>(record: Readonly<Record<string, V>> | undefined): readonly (readonly [string, V])[] {
  return Object.entries(record ?? {}).slice(0, MAX_SHOWN);
}
