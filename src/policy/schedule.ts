import { z } from "zod";
import { oneOf, oneOrMore, strict, timeZoneField } from "./fields.js";
import { must, withHelp } from "./messages.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const DAY_WORDS = [...DAYS, "weekdays", "weekends"] as const;

/** A day of the week. */
type Day = (typeof DAYS)[number];

const daysField = oneOrMore(oneOf(DAY_WORDS), "a day or a list of days")
  .transform((words) => expandDays(words))
  .describe(
    "Days of the week, `weekdays` or `weekends`. A span over midnight belongs to the day it begins on.",
  );

const fromField = z
  .string({ error: must("a time such as `09:30`") })
  .regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, { error: must("a time from `00:00` to `23:59`") })
  .describe("When the span begins, `HH:MM` in 24 hours; with `to` alone, midnight.");

const toField = z
  .string({ error: must("a time such as `16:00`") })
  .regex(/^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, { error: must("a time from `00:00` to `24:00`") })
  .describe(
    "When the span ends, not included; before `from` it runs over midnight; with `from` alone, midnight.",
  );

/** Spans of time that come round each week; both times are given or none is. */
export const scheduleSchema = strict("a schedule", {
  days: daysField.optional(),
  from: fromField.optional(),
  to: toField.optional(),
  timeZone: timeZoneField().describe("Time zone of the IANA database in which days and times are meant."),
})
  .refine(({ days, from, to }) => days !== undefined || from !== undefined || to !== undefined, {
    error: withHelp(
      "names neither days nor times",
      "give `days`, or `from` and `to`, or leave the schedule out",
    ),
  })
  .refine(
    ({ from, to }) => (from === undefined && to === undefined) || (from ?? "00:00") !== (to ?? "24:00"),
    {
      error: withHelp(
        "begins and ends at the same time, so it never holds",
        "for whole days give only `days`, or `from` `00:00` and `to` `24:00`",
      ),
    },
  )
  .overwrite((schedule) => fillTimes(schedule))
  .describe("When the rule holds.");

function expandDays(words: readonly (typeof DAY_WORDS)[number][]): Day[] {
  return DAYS.filter((day, i) => words.includes(day) || words.includes(i < 5 ? "weekdays" : "weekends"));
}

function fillTimes<S extends { from?: string | undefined; to?: string | undefined }>(schedule: S): S {
  if (schedule.from === undefined && schedule.to === undefined) return schedule;
  return { ...schedule, from: schedule.from ?? "00:00", to: schedule.to ?? "24:00" };
}
