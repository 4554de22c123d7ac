import { DateTime } from "luxon";
import type { CalendarFact, CalendarSpec } from "../engine/index.js";

/** What holds of a calendar window or schedule at one time: since when, whether open, and until when that is so. */
export interface CalendarAnswer {
  readonly period: number;
  readonly open: boolean;
  readonly until: number;
}

type ScheduleSpec = Extract<CalendarSpec, { schedule: unknown }>["schedule"];

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** What the engine is told of a calendar. */
export type CalendarNews = CalendarAnswer & { readonly key: string };

/** Keeps the engine's calendar facts true: asks again when a boundary has passed, or the clock was set back. */
export class CalendarKeeper {
  readonly #facts: ReadonlyMap<string, CalendarFact>;
  #from = Infinity;
  #until = -Infinity;

  constructor(facts: ReadonlyMap<string, CalendarFact>) {
    this.#facts = facts;
  }

  isOld(at: number): boolean {
    return at >= this.#until || at < this.#from;
  }

  /** What has changed by `at`. */
  news(at: number): CalendarNews[] {
    if (!this.isOld(at)) return [];
    const old = [...this.#facts.values()].filter((fact) => at >= fact.until || at < this.#from);
    const news = old.map((fact) => ({ key: fact.spec.key, ...calendarAnswer(fact.spec, at) }));
    const untils = [...this.#facts.values()].map((fact) => (old.includes(fact) ? Infinity : fact.until));
    this.#from = at;
    this.#until = Math.min(...untils, ...news.map(({ until }) => until));
    return news;
  }

  /** The rules have changed, and with them what is asked. */
  forget(): void {
    this.#until = -Infinity;
  }
}

/** Computes calendar facts; days are as long as they are (23 to 25 hours where clocks change). */
function calendarAnswer(spec: CalendarSpec, at: number): CalendarAnswer {
  return "calendar" in spec ? periodAt(spec.calendar, at) : scheduleAt(spec.schedule, at);
}

function periodAt(
  { calendar, timeZone }: { calendar: "hour" | "day" | "week" | "month" | "year"; timeZone: string },
  at: number,
): CalendarAnswer {
  const start = DateTime.fromMillis(at, { zone: timeZone }).startOf(calendar);
  let until = at;
  // Where clocks go back by less than an hour, the next beginning by name can be this one's again.
  for (let ahead = 1; until <= at; ahead++)
    until = start
      .plus({ [calendar]: ahead })
      .startOf(calendar)
      .toMillis();
  return { period: start.toMillis(), open: true, until };
}

function scheduleAt(schedule: ScheduleSpec, at: number): CalendarAnswer {
  const now = DateTime.fromMillis(at, { zone: schedule.timeZone });
  // An opening can have begun yesterday and run over midnight; the next one is at most a week away.
  let until = Infinity;
  for (let day = -1; day <= 8; day++) {
    const date = now.startOf("day").plus({ days: day });
    const opening = openingOn(schedule, date);
    if (opening === null) continue;
    if (at >= opening.from && at < opening.to) return { period: opening.from, open: true, until: opening.to };
    if (opening.from > at) until = Math.min(until, opening.from);
  }
  return { period: 0, open: false, until };
}

/** The opening that begins on a local date; null on other days. */
function openingOn(schedule: ScheduleSpec, date: DateTime): { from: number; to: number } | null {
  if (schedule.days !== undefined && !schedule.days.includes(DAYS[date.weekday - 1]!)) return null;
  const from = atTime(date, schedule.from ?? "00:00");
  // Read from the text: where clocks jump, 02:30 to 03:15 is no span over midnight but one that does not happen.
  const overMidnight = (schedule.to ?? "24:00") <= (schedule.from ?? "00:00");
  const to = atTime(overMidnight ? date.plus({ days: 1 }) : date, schedule.to ?? "24:00");
  return to <= from ? null : { from: from.toMillis(), to: to.toMillis() };
}

function atTime(date: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(":").map(Number);
  if (hour === 24) return date.plus({ days: 1 }).startOf("day");
  const moment = date.set({ hour: hour!, minute: minute!, second: 0, millisecond: 0 });
  return moment.hour === hour && moment.minute === minute ? moment : endOfGap(moment);
}

/** A time that clocks jump over is the moment they jump; luxon gives one as far behind it as the jump is long. */
function endOfGap(moment: DateTime): DateTime {
  let [before, after] = [moment.minus({ hours: 26 }).toMillis(), moment.toMillis()];
  const { offset, zone } = moment;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (zone.offset(middle) === offset) after = middle;
    else before = middle;
  }
  return DateTime.fromMillis(after, { zone });
}
