import { DateTime } from "luxon";
import type { Match, RuleOf } from "./schema.js";

/** A calendar window of a budget. */
export type Calendar = Extract<RuleOf<"budget">["window"], object>;
export type Schedule = NonNullable<Match["schedule"]>;

/** What holds of a calendar window or schedule at one time: since when, whether open, and until when that is so. */
export interface CalendarAnswer {
  readonly period: number;
  readonly open: boolean;
  readonly until: number;
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Computes calendar facts; days are as long as they are (23 to 25 hours where clocks change). */
export function calendarAnswer(
  spec: { readonly calendar: Calendar } | { readonly schedule: Schedule },
  at: number,
): CalendarAnswer {
  return "calendar" in spec ? periodAt(spec.calendar, at) : scheduleAt(spec.schedule, at);
}

function periodAt({ calendar, timeZone }: Calendar, at: number): CalendarAnswer {
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

function scheduleAt(schedule: Schedule, at: number): CalendarAnswer {
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
function openingOn(schedule: Schedule, date: DateTime): { from: number; to: number } | null {
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
