import { isTimeZone } from "../time-zone.js";
import type { Condition, Facet, Window } from "./facets.js";

import { duration, number, oneUnit } from "./numbers.js";
import {
  first,
  type Hit,
  keep,
  many,
  map,
  maybe,
  type Parser,
  phrase,
  phrases,
  seq,
  token,
  word,
} from "./parser.js";
import { wordSet } from "./words.js";

const CALENDAR = word("hour", "day", "week", "month", "year");

function windowFacet(window: Window, span: { readonly start: number; readonly end: number }): Facet {
  return { is: "window", window, ...span };
}

const longUnit = first(
  map(word("month", "months"), () => "month"),
  map(word("year", "years"), () => "year"),
);
const perWords = first(
  phrase(`
    in the space of, in the course of, over the course of, over any, over a, over an, over each,
    over every, over the, over
  `),
  phrase(`
    in any one, in any given, in any single, in any, in each, in every, in one, in a, in an,
    in a single, in
  `),
  phrase("within any, within a, within an, within one, within any one, within each, within the, within"),
  phrase("during any, during a, during an, during each, during every, during one"),
  phrase("for any, for each, for every, per any, per each, each and every, every single"),
  word("per", "each", "every", "a", "an", "any"),
);
const rolling = first(phrase("rolling, sliding, moving, running, consecutive, trailing"));
const spanNoun = first(
  phrase("window, period, interval, span, timeframe, time window, time span, of time, time frame, stretch"),
);
const spanLength = first(duration, oneUnit);
const last = phrase(`
  in the last, in the past, in the previous, over the last, over the past, over the previous,
  within the last, within the past, during the last, during the past
`);

/** "in Berlin time", "UTC", "in `Europe/Berlin`", "New York time". */
export const timeZone: Parser<string> = keep({
  first: null,
  empty: false,
  at(state, i) {
    const hits: Hit<string>[] = [];
    let j = i;
    // "(New York time)"
    if (state.tokens[i]?.text === "(") {
      const close = state.tokens.findIndex((t, n) => n > i && t.text === ")");
      if (close === -1 || close > i + 6) return hits;
      return timeZone
        .at(state, i + 1)
        .flatMap(({ value: zone, end }) => (end === close ? [{ value: zone, end: close + 1 }] : []));
    }
    if (state.tokens[j]?.text === "in" || state.tokens[j]?.text === ",") j++;
    if (state.tokens[j]?.text === "the") j++;
    const t = state.tokens[j];
    if (t === undefined) return hits;
    if (t.kind === "name") {
      const zone = isTimeZone(t.text) && t.text.includes("/") ? t.text : undefined;
      const end = state.tokens[j + 1]?.text === "time" ? j + 2 : j + 1;
      return zone === undefined && !(t.quoted === true && isTimeZone(t.text))
        ? hits
        : [{ value: t.text, end }];
    }
    if (t.kind !== "word") return hits;
    if (t.text === "utc" || t.text === "gmt") {
      return [{ value: "UTC", end: state.tokens[j + 1]?.text === "time" ? j + 2 : j + 1 }];
    }
    // "New York time": up to three words, and the word `time`.
    for (let n = 1; n <= 3; n++) {
      const words = state.tokens.slice(j, j + n);
      if (words.length < n || words.some(({ kind }) => kind !== "word")) break;
      if (state.tokens[j + n]?.text !== "time") continue;
      const zone = zoneOfCity(words.map(({ text }) => text).join(" "));
      if (zone !== undefined) hits.push({ value: zone, end: j + n + 1 });
    }
    // "in Chicago"
    if (hits.length === 0 && state.tokens[i]?.text === "in") {
      for (let n = 3; n >= 1; n--) {
        const words = state.tokens.slice(j, j + n);
        if (words.length < n || words.some(({ kind }) => kind !== "word")) continue;
        const name = words.map(({ text }) => text).join(" ");
        const zone = name in NICKNAMES && n === 1 && !CITIES.has(name) ? undefined : zoneOfCity(name);
        if (zone !== undefined) return [{ value: zone, end: j + n }];
      }
    }
    if (hits.length === 0) state.miss(i, "a time zone");
    return hits;
  },
});

let cities: ReadonlyMap<string, string> | undefined;

const NICKNAMES: Readonly<Record<string, string>> = {
  ...{
    eastern: "America/New_York",
    "us eastern": "America/New_York",
    central: "America/Chicago",
    pacific: "America/Los_Angeles",
  },
  ...{ "us pacific": "America/Los_Angeles", "us central": "America/Chicago", mountain: "America/Denver" },
  ...{
    frankfurt: "Europe/Berlin",
    munich: "Europe/Berlin",
    "san francisco": "America/Los_Angeles",
    boston: "America/New_York",
  },
  ...{
    delhi: "Asia/Kolkata",
    mumbai: "Asia/Kolkata",
    beijing: "Asia/Shanghai",
    washington: "America/New_York",
  },
};

const CITIES = wordSet("frankfurt munich boston delhi mumbai beijing washington");

/** The zone of a city of the IANA database, by the last part of its name. */
function zoneOfCity(city: string): string | undefined {
  if (Object.hasOwn(NICKNAMES, city)) return NICKNAMES[city];
  if (cities === undefined) {
    const found = new Map<string, string>();
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      const name = (zone.split("/").at(-1) ?? "").replace(/_/g, " ").toLowerCase();
      found.set(name, zone);
    }
    cities = found;
  }
  return cities.get(city);
}

const inZone = maybe(timeZone);

/** The span that a limit is for. */
export const window: Parser<readonly Facet[]> = keep(
  first<readonly Facet[]>(
    seq(
      [
        first(
          map(
            phrase(`
              today, since midnight, in one calendar day, on any one day, on any given day, on any day,
              in the current day
            `),
            () => "day",
          ),
          seq([maybe(perWords), word("calendar"), CALENDAR], ([, , name]) => name),
          seq([maybe(phrase("in", "during", "within")), word("this"), CALENDAR], ([, , name]) => name),
        ),
        inZone,
      ],
      ([calendar, zone], span) => [
        windowFacet({ calendar }, span),
        ...(zone === undefined ? [] : [{ is: "timeZone" as const, timeZone: zone, ...span }]),
      ],
    ),
    seq(
      [first(perWords, last), maybe(rolling), maybe(number), longUnit, maybe(spanNoun)],
      ([, , , unit], span) => [windowFacet({ unclear: unit }, span)],
    ),
    map(word("monthly", "yearly", "annually", "annual"), (text, span) => [
      windowFacet({ unclear: text === "monthly" ? "month" : "year" }, span),
    ]),
    seq(
      [first(perWords, last), maybe(rolling), spanLength, maybe(rolling), maybe(spanNoun)],
      ([, , length], span) => [windowFacet(length, span)],
    ),
    map(phrases({ hourly: "1h", daily: "1d", weekly: "1w" }), (length, span) => [windowFacet(length, span)]),
    map(
      phrase(`
        ever, forever, for ever, in a lifetime, over its lifetime, over their lifetime, of all time,
        for all time, all time
      `),
      (_, span) => [windowFacet("forever", span)],
    ),
    map(phrase("in total, total, in all, altogether, overall, all told"), (_, span) => [
      { is: "total", ...span },
    ]),
  ),
);

/** Adjectives before a noun that name the span: "the daily budget". */
export const windowAdjective: Parser<readonly Facet[]> = first<readonly Facet[]>(
  map(phrases({ hourly: "1h", daily: "1d", weekly: "1w" }), (length, span) => [windowFacet(length, span)]),
  map(word("monthly", "yearly", "annual"), (text, span) => [
    windowFacet({ unclear: text === "monthly" ? "month" : "year" }, span),
  ]),
  map(word("lifetime"), (_, span) => [windowFacet("forever", span)]),
  map(phrase("total", "overall"), (_, span) => [{ is: "total", ...span }]),
  map(phrase("global, system wide, systemwide, combined, shared, joint"), (_, span) => [
    { is: "together", ...span },
  ]),
  seq(
    [
      phrase("per"),
      first(
        map(word("agent", "caller", "source", "bot"), () => "source"),
        map(word("tool", "series"), () => "series"),
      ),
    ],
    ([, key], span) => [{ is: "per", keys: [key], ...span }],
  ),
  seq([duration], ([length], span) => [windowFacet(length, span)]),
);

const DAYS: Readonly<Record<string, string>> = {
  ...{
    monday: "mon",
    tuesday: "tue",
    wednesday: "wed",
    thursday: "thu",
    friday: "fri",
    saturday: "sat",
    sunday: "sun",
  },
};
const dayTable: Record<string, readonly string[]> = {};
for (const [name, short] of Object.entries(DAYS)) {
  dayTable[name] = [short];
  dayTable[`${name}s`] = [short];
  dayTable[short] = [short];
}
const day: Parser<readonly string[]> = phrases<readonly string[]>({
  ...dayTable,
  "weekdays, a weekday, weekday, working days, business days, workdays, week days": ["weekdays"],
  "weekends, a weekend, weekend, the weekend": ["weekends"],
});
const ORDER = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const dayRange: Parser<readonly string[]> = seq(
  [day, first(phrase("to", "through", "until", "till"), word("–")), day],
  ([[a], , [b]]) => {
    const [from, to] = [ORDER.indexOf(a ?? ""), ORDER.indexOf(b ?? "")];
    if (from === -1 || to === -1) return undefined;
    const length = ((to - from + 7) % 7) + 1;
    return Array.from({ length }, (_, i) => ORDER[(from + i) % 7] ?? "");
  },
);

const dayList: Parser<readonly string[]> = map(
  many(first(dayRange, day), 1, first(phrase(", and", ", or"), word(",", "and", "or"))),
  (lists) => [...new Set(lists.flat())],
);

const LOOSE = 0.5;

/** A time of day in minutes: `09:30`, `9am`, `9:30 pm`, `noon`, `midnight`. */
const clock: Parser<number> = first(
  // A fraction marks a time that has neither a leading zero nor a half of the day: it may mean the afternoon.
  seq(
    [
      token(
        "a time",
        (t) =>
          t.kind === "time" ? (t.amount ?? 0) + (/^[0-9]:[0-9]{2}$/.test(t.text) ? LOOSE : 0) : undefined,
        ["#time"],
      ),
      maybe(word("am", "pm")),
    ],
    ([given, half]) => {
      const minutes = Math.floor(given);
      return half === undefined
        ? given
        : minutes >= 60 && minutes < 780
          ? (minutes % 720) + (half === "pm" ? 720 : 0)
          : undefined;
    },
  ),
  token(
    "a time",
    (t) => {
      const isTime =
        t.kind === "number" && (t.suffix === "am" || t.suffix === "pm") && t.currency === undefined;
      const hour = t.amount ?? 0;
      return isTime && Number.isInteger(hour) && hour >= 1 && hour <= 12
        ? (hour % 12) * 60 + (t.suffix === "pm" ? 720 : 0)
        : undefined;
    },
    ["#number"],
  ),
  seq([number, word("am", "pm")], ([hour, half]) =>
    Number.isInteger(hour) && hour >= 1 && hour <= 12
      ? (hour % 12) * 60 + (half === "pm" ? 720 : 0)
      : undefined,
  ),
  map(phrase("noon", "midday", "12 noon"), () => 720),
);
const midnight = map(word("midnight"), () => -1);
const clockOrMidnight = first(clock, midnight);

function span(from: number, to: number): Hours | undefined {
  const [start, end] = [Math.floor(from), Math.floor(to)];
  if (to !== end && to !== -1 && end <= start) return undefined;
  return { from: hhmm(Math.max(start, 0)), to: to === -1 ? "24:00" : hhmm(end) };
}

function hhmm(given: number): string {
  const minutes = Math.floor(given);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

interface Hours {
  readonly from: string;
  readonly to: string;
}

const hours: Parser<Hours> = first(
  seq(
    [
      phrase("between the hours of", "between", "from"),
      clockOrMidnight,
      first(phrase("and, to, until, till, through, up to"), word("–")),
      clockOrMidnight,
    ],
    ([, from, , to]) => span(from, to),
  ),
  seq([clockOrMidnight, first(phrase("to", "until", "till"), word("–")), clockOrMidnight], ([from, , to]) =>
    span(from, to),
  ),
  seq([first(phrase("after")), clock], ([, from]) => ({ from: hhmm(from), to: "24:00" })),
  seq([phrase("from"), clock, phrase("on", "onwards", "onward")], ([, from]) => ({
    from: hhmm(from),
    to: "24:00",
  })),
  seq([phrase("before"), clock], ([, to]) => ({ from: "00:00", to: hhmm(to) })),
);

function scheduleOf(
  days: readonly string[] | undefined,
  span: Hours | undefined,
  zone: string | undefined,
  place: { readonly start: number; readonly end: number },
): Condition {
  return {
    is: "schedule",
    ...(days !== undefined && { days }),
    ...(span !== undefined && { from: span.from, to: span.to }),
    ...(zone !== undefined && { timeZone: zone }),
    ...place,
  };
}

const onDays = seq(
  [first(phrase("on", "during", "over", "at", "from")), maybe(word("the")), dayList],
  ([, , days]) => days,
);
const comma = maybe(word(","));

/** "on weekdays between 09:30 and 16:00 New York time". */
export const schedule: Parser<Condition> = keep(
  first(
    seq([onDays, comma, hours, inZone], ([days, , span, zone], place) => scheduleOf(days, span, zone, place)),
    seq([hours, inZone, comma, first(onDays, dayList), inZone], ([span, zone, , days, later], place) =>
      zone !== undefined && later !== undefined ? undefined : scheduleOf(days, span, zone ?? later, place),
    ),
    seq([onDays, inZone], ([days, zone], place) => scheduleOf(days, undefined, zone, place)),
    seq([hours, inZone], ([span, zone], place) => scheduleOf(undefined, span, zone, place)),
  ),
);

/** Days and hours without a preposition: "outside weekdays 9am to 5pm", "weekdays only". */
export const bareSchedule: Parser<Condition> = first(
  seq([dayList, comma, hours, inZone], ([days, , span, zone], place) => scheduleOf(days, span, zone, place)),
  seq([hours, inZone, maybe(first(onDays, dayList))], ([span, zone, days], place) =>
    scheduleOf(days, span, zone, place),
  ),
  seq([dayList, inZone], ([days, zone], place) => scheduleOf(days, undefined, zone, place)),
);

const VAGUE_TIMES =
  "office hours, business hours, working hours, trading hours, market hours, night, the night, night time, the day, daytime, the morning, the evening, peak hours, off hours";

/** Spans that everybody knows and no two people mean the same by. */
export const vagueTime: Parser<Facet> = seq(
  [
    first(phrase("during, in, at, outside, outside of, after, before, within, out of, only during")),
    maybe(word("normal", "the", "regular")),
    phrases(Object.fromEntries(VAGUE_TIMES.split(", ").map((line) => [line, line]))),
  ],
  ([, , text], span) => ({
    is: "refuse",
    reason: `\`${text}\` does not say from when to when`,
    help: "name days, times and the zone: on weekdays between 09:00 and 17:00 New York time",
    ...span,
  }),
);
