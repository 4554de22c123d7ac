import { calendarAnswer } from "../../policy/calendar.js";
import type { Calendar, CalendarAnswer, Schedule } from "../../policy/calendar.js";

/** Answers that are kept: the same moments are asked about again and again, and time zones are slow. */
const MAX_KNOWN = 20_000;
const known = new Map<string, CalendarAnswer>();

/** What holds of a calendar window or schedule at a time. */
export function answerAt(
  spec: { readonly calendar: Calendar } | { readonly schedule: Schedule },
  at: number,
): CalendarAnswer {
  const key = `${at} ${JSON.stringify("calendar" in spec ? spec.calendar : spec.schedule)}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const answer = calendarAnswer(spec, at);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, answer);
  return answer;
}

/**
 * The opening that `at` lies in, or else the next one; openings that follow on each other (a weekend's two days) are
 * one. Undefined for a schedule that is always open or never.
 */
export function openingAt(
  schedule: Schedule,
  at: number,
): { readonly from: number; readonly until: number } | undefined {
  const now = answerAt({ schedule }, at);
  let from = now.open ? now.period : now.until;
  let until = from;
  for (let days = 0; days <= DAYS_OF_A_WEEK; days++) {
    if (!Number.isFinite(until)) return undefined;
    const before = answerAt({ schedule }, from - 1);
    if (before.open) from = before.period;
    const after = answerAt({ schedule }, until);
    if (after.open) until = after.until;
    if (!before.open && !after.open) return { from, until };
  }
  return undefined;
}

const DAYS_OF_A_WEEK = 7;
