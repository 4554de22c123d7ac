import { DateTime } from "luxon";
import type { InvalidInputError } from "../../core/errors.js";
import type { Act, Move } from "../attack.js";

/** One event of a recorded session. */
export interface RecordedStep {
  readonly move: Move;
  /** Virtual ms since the session began; absent: nobody said when. */
  readonly atMs?: number;
}

type Fields = Readonly<Record<string, unknown>>;
type Wrong = (what: string) => InvalidInputError;

/**
 * The events of a session as `rein replay` reads it, `{ events: [{ source, series, … }] }`, or of a task of AgentDojo,
 * `{ suite, calls: [{ tool, args }] }`.
 *
 * @throws what `wrong` makes
 */
export function eventsOf(session: Fields, wrong: Wrong): readonly RecordedStep[] {
  const { events, calls, suite } = session;
  if (Array.isArray(events))
    return inTime(
      events.map((event, i) => eventOf(event, i, wrong)),
      wrong,
    );
  if (!Array.isArray(calls)) throw wrong("is no session: it has neither `events` nor `calls`");
  const source = `${typeof suite === "string" ? suite : "recorded"}_agent`;
  return calls.map((call: unknown, i) => {
    const { tool, args } = objectOf(call, `call ${i + 1}`, wrong);
    return { move: actOf({ source, series: tool, args }, `call ${i + 1}`, wrong) };
  });
}

interface TimedMove {
  readonly move: Move;
  readonly at?: number;
}

/** Times count from the first one, and do not go back. */
function inTime(events: readonly TimedMove[], wrong: Wrong): readonly RecordedStep[] {
  const first = events.find(({ at }) => at !== undefined)?.at ?? 0;
  let last = 0;
  return events.map(({ move, at }, i) => {
    if (at === undefined) return { move };
    const atMs = at - first;
    if (atMs < last) throw wrong(`has an event ${i + 1} with a time before the one of an earlier event`);
    last = atMs;
    return { move, atMs };
  });
}

function eventOf(event: unknown, i: number, wrong: Wrong): TimedMove {
  const place = `event ${i + 1}`;
  const fields = objectOf(event, place, wrong);
  const at = timeOf(fields["at"], place, wrong);
  return { move: moveOf(fields, place, wrong), ...(at !== undefined && { at }) };
}

function moveOf(fields: Fields, place: string, wrong: Wrong): Move {
  const { signal, balance, realize } = fields;
  if (typeof signal === "string")
    return { do: "signal", name: signal, value: numberOf(fields["value"], `${place}'s \`value\``, wrong) };
  if (isObject(balance)) {
    const [start, current] = [balance["start"], balance["current"]].map((value) =>
      numberOf(value, `${place}'s \`balance\``, wrong),
    );
    const account = balance["account"];
    return {
      do: "balance",
      start: start!,
      current: current!,
      ...(typeof account === "string" && { account }),
    };
  }
  if (isObject(realize)) {
    const pnl = numberOf(realize["pnl"], `${place}'s \`pnl\``, wrong);
    const names = {
      source: nameOf(realize, "source", place, wrong),
      series: nameOf(realize, "series", place, wrong),
    };
    const { predictedEdge, capitalPct } = realize;
    return {
      ...{ do: "realize", ...names, pnl },
      ...(typeof predictedEdge === "number" && { predictedEdge }),
      ...(typeof capitalPct === "number" && { capitalPct }),
    };
  }
  return actOf(fields, place, wrong);
}

/** What did not work was of no use. */
function actOf(fields: Fields, place: string, wrong: Wrong): { readonly do: "act" } & Act {
  const { args, ok, latencyMs, progress, result } = fields;
  const [tags, cost] = [fields["tags"], fields["cost"]].map((value) => (isObject(value) ? value : undefined));
  for (const [name, value] of Object.entries(cost ?? {}))
    numberOf(value, `${place}'s cost in \`${name}\``, wrong);
  for (const value of Object.values(tags ?? {}))
    if (!["string", "number", "boolean"].includes(typeof value))
      throw wrong(`has a tag in ${place} that is no text`);
  const isDone = ok !== false;
  return {
    do: "act",
    action: {
      source: nameOf(fields, "source", place, wrong),
      series: nameOf(fields, "series", place, wrong),
      args,
      ...(tags !== undefined && { tags: tags as Record<string, string> }),
      ...(cost !== undefined && { cost: cost as Record<string, number> }),
    },
    outcome: {
      ok: isDone,
      ...(result !== undefined && result !== null && { result }),
      ...(typeof progress === "boolean" && { progress }),
    },
    ...(isDone && { deeds: { done: 1 } }),
    ...(typeof latencyMs === "number" && latencyMs >= 0 && { ms: latencyMs }),
  };
}

function nameOf(fields: Fields, field: "source" | "series", place: string, wrong: Wrong): string {
  const value = fields[field];
  if (typeof value === "string" && value !== "") return value;
  throw wrong(`has no \`${field}\` in ${place}`);
}

function numberOf(value: unknown, what: string, wrong: Wrong): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(`has no number as ${what}`);
}

/** A time without a date would be one of today: the answer would differ tomorrow. */
const DATED = /^\d{4}-\d\d-\d\d/;

/** In ms: a number, or ISO 8601, UTC when no zone is named. */
function timeOf(value: unknown, place: string, wrong: Wrong): number | undefined {
  if (value === undefined || value === null) return undefined;
  const ms =
    typeof value === "string" && DATED.test(value)
      ? DateTime.fromISO(value, { zone: "utc" }).toMillis()
      : value;
  if (typeof ms === "number" && Number.isFinite(ms)) return ms;
  throw wrong(`has an \`at\` in ${place} that is no time`);
}

function objectOf(value: unknown, place: string, wrong: Wrong): Fields {
  if (isObject(value)) return value;
  throw wrong(`has something as ${place} that is no object`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
