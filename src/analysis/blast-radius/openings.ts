import { calendarAnswer } from "../../policy/calendar.js";
import type { Calendar, Schedule } from "../../policy/calendar.js";
import type { Rule } from "../../policy/index.js";
import { answerAt } from "../boundary/calendar.js";

/** Times at which a class of actions passes at all: while one of the schedules is open, or while none is. */
export interface Restriction {
  readonly schedules: readonly Schedule[];
  readonly whileOpen: boolean;
}

/** A stretch of wall time, half-open. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/** Stretches in order that do not touch each other. */
export type Spans = readonly Span[];

/** Wall time within which an attack may begin: a year and a bit holds every change of clocks and every month. */
export const BEGINS_WITHIN_MS = 400 * 86_400_000;

/**
 * Time has fractions, and half a millisecond stands for all of them: windows, boundaries and horizons are whole, and of
 * the moments of an attack no chain of conditions has more than two that are strict (before a boundary, and before the
 * end), so whatever counts are possible at all are possible at halves.
 */
export const MOMENT = 0.5;

/** Boundaries of schedules that are looked at. */
const MAX_BOUNDARIES = 10_000;

/** The stretches in which actions pass, over all moments that an attack of `horizonMs` may touch. */
export function openSpans({ schedules, whileOpen }: Restriction, startAt: number, horizonMs: number): Spans {
  const end = startAt + BEGINS_WITHIN_MS + horizonMs;
  const spans: Span[] = [];
  let at = startAt;
  for (let i = 0; at < end; i++) {
    const answers = schedules.map((schedule) => calendarAnswer({ schedule }, at));
    const until = i < MAX_BOUNDARIES ? Math.min(end, ...answers.map((answer) => answer.until)) : end;
    // Beyond what is looked at everything counts as open: that can only raise a bound.
    const isOpen = i >= MAX_BOUNDARIES || answers.some(({ open }) => open) === whileOpen;
    if (isOpen) spans.push({ from: at, until });
    at = until;
  }
  return joined(spans);
}

/** Whether actions pass at a time, as far as a restriction goes. */
export function passesAt({ schedules, whileOpen }: Restriction, at: number): boolean {
  return schedules.some((schedule) => answerAt({ schedule }, at).open) === whileOpen;
}

/** Every schedule of the rules, once. */
export function schedulesOf(rules: readonly Rule[]): readonly Schedule[] {
  const found = rules.flatMap(({ match }) =>
    [match, ...(match?.except ?? [])].flatMap((clause) => clause?.schedule ?? []),
  );
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

/** What lies in both. */
export function bothOpen(one: Spans, other: Spans): Spans {
  const found: Span[] = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const [a, b] = [one[i]!, other[j]!];
    const [from, until] = [Math.max(a.from, b.from), Math.min(a.until, b.until)];
    if (from < until) found.push({ from, until });
    if (a.until < b.until) i += 1;
    else j += 1;
  }
  return found;
}

/** What lies in one of them. */
export function eitherOpen(all: readonly Spans[]): Spans {
  return joined(all.flat().sort((a, b) => a.from - b.from));
}

/** The number of the first stretch that lasts beyond a time; their number when none does. */
export function firstAfter(spans: Spans, at: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.until > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function joined(inOrder: readonly Span[]): Spans {
  const spans: Span[] = [];
  for (const { from, until } of inOrder) {
    const last = spans.at(-1);
    if (last !== undefined && from <= last.until)
      spans[spans.length - 1] = { from: last.from, until: Math.max(last.until, until) };
    else spans.push({ from, until });
  }
  return spans;
}

/** Beginnings of calendar periods that are kept: time zones are slow, and the same ones are asked about again. */
const known = new Map<string, number[]>();
const MAX_KNOWN = 50;

/**
 * Where the periods of a calendar begin: `startAt` itself first, then all until one that is not before `end`, at least.
 * There is no cap: hours are the shortest, and the longest attacks see some 18,000.
 */
export function startsOf(calendar: Calendar, startAt: number, end: number): readonly number[] {
  const key = JSON.stringify([calendar, startAt]);
  const starts = known.get(key) ?? [startAt];
  while (starts.at(-1)! < end) starts.push(calendarAnswer({ calendar }, starts.at(-1)!).until);
  if (known.size >= MAX_KNOWN && !known.has(key)) known.clear();
  known.set(key, starts);
  return starts;
}
