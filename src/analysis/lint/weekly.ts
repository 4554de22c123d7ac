import type { Match } from "../../policy/index.js";
import type { Truth } from "./globs.js";

type Schedule = NonNullable<Match["schedule"]>;

/** The minutes of a week in which a schedule is open, one bit each, and the zone in which they are meant. */
export interface Weekly {
  readonly timeZone: string;
  readonly open: Uint32Array;
  /** Open all week. */
  readonly isAlways: boolean;
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const DAY = 1440;
const WEEK = 7 * DAY;
const WORDS = Math.ceil(WEEK / 32);

const known = new Map<string, Weekly>();
const MAX_KNOWN = 1_000;

/** The minutes of a schedule. A span over midnight belongs to the day it begins on. */
export function weeklyOf(schedule: Schedule): Weekly {
  const key = JSON.stringify(schedule);
  let weekly = known.get(key);
  if (weekly === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, (weekly = minutesOf(schedule)));
  }
  return weekly;
}

/** Whether `outer` is open whenever `inner` is. Clocks of two zones are not compared. */
export function isWithin(inner: Weekly, outer: Weekly): Truth {
  if (outer.isAlways) return true;
  if (inner.timeZone !== outer.timeZone) return undefined;
  return inner.open.every((word, i) => (word & ~outer.open[i]!) === 0);
}

/** Whether the two are never open together. */
export function neverTogether(a: Weekly, b: Weekly): Truth {
  if (a.isAlways || b.isAlways) return false;
  if (a.timeZone !== b.timeZone) return undefined;
  return a.open.every((word, i) => (word & b.open[i]!) === 0);
}

function minutesOf({ days, from, to, timeZone }: Schedule): Weekly {
  const open = new Uint32Array(WORDS);
  const begin = minuteOf(from ?? "00:00");
  const end = minuteOf(to ?? "24:00");
  const length = end > begin ? end - begin : end + DAY - begin;
  DAYS.forEach((day, i) => {
    if (days !== undefined && !days.includes(day)) return;
    for (let minute = i * DAY + begin; minute < i * DAY + begin + length; minute++) {
      const place = minute % WEEK;
      open[place >>> 5]! |= 1 << (place & 31);
    }
  });
  let count = 0;
  for (let minute = 0; minute < WEEK; minute++) count += (open[minute >>> 5]! >>> (minute & 31)) & 1;
  return { timeZone, open, isAlways: count === WEEK };
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
