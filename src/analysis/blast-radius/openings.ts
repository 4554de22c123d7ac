import { calendarAnswer } from "../../policy/calendar.js";
import type { Calendar, Schedule } from "../../policy/calendar.js";

/** Times at which a class of actions passes at all: while one of the schedules is open, or while none is. */
export interface Restriction {
  readonly schedules: readonly Schedule[];
  readonly whileOpen: boolean;
}

/** A stretch of wall time, half-open. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** Wall time within which an attack may begin: a year and a bit holds every change of clocks and every month. */
export const BEGINS_WITHIN_MS = 400 * 86_400_000;

/** Boundaries that are looked at; a calendar with more is looked at for a shorter time. */
const MAX_BOUNDARIES = 10_000;

/** The stretches in which actions pass, over all moments that an attack of `horizonMs` may touch. */
export function openSpans({ schedules, whileOpen }: Restriction, startAt: number, horizonMs: number): Span[] {
  const end = startAt + BEGINS_WITHIN_MS + horizonMs;
  const spans: Span[] = [];
  let at = startAt;
  for (let i = 0; at < end; i++) {
    const answers = schedules.map((schedule) => calendarAnswer({ schedule }, at));
    const until = i < MAX_BOUNDARIES ? Math.min(end, ...answers.map((answer) => answer.until)) : end;
    // Beyond what is looked at everything counts as open: that can only raise a bound.
    const isOpen = i >= MAX_BOUNDARIES || answers.some(({ open }) => open) === whileOpen;
    const last = spans.at(-1);
    if (isOpen && last?.until === at) spans[spans.length - 1] = { from: last.from, until };
    else if (isOpen) spans.push({ from: at, until });
    at = until;
  }
  return spans;
}

/** How much fits into the open time of one stretch, by its length in ms; never falls as the length grows. */
export type Fit = (lengthMs: number) => number;

/** The most of something, and when to begin to get it. */
export interface Most {
  readonly most: number;
  readonly begins: readonly number[];
}

/**
 * The most that fits into the open time of any stretch of `horizonMs`, at most: what fits into each opening by itself
 * is added up, for every way in which the stretch can lie over the openings.
 *
 * @param pair the most for two openings cut short that have so much time together
 */
export function mostWithin(spans: readonly Span[], horizonMs: number, fit: Fit, pair: Fit): Most {
  const begins = new Set<number>();
  for (const { from, until } of spans)
    for (const at of [from, until, from - horizonMs, until - horizonMs]) begins.add(at);
  const sorted = [...begins].sort((a, b) => a - b);
  let best = { most: 0, begin: 0, next: 0 };
  let first = 0;
  sorted.forEach((begin, i) => {
    // Between two such beginnings the same openings are met, and only those at the ends grow and shrink.
    const next = sorted[i + 1] ?? begin + 1;
    while (first < spans.length && spans[first]!.until <= begin) first += 1;
    let whole = 0;
    const cut: number[] = [];
    for (let s = first; s < spans.length && spans[s]!.from < next + horizonMs - 1; s++) {
      const { from, until } = spans[s]!;
      const long = until - from;
      if (from >= next - 1 && until <= begin + horizonMs) whole += fit(long);
      else if (from >= next - 1) cut.push(Math.min(long, next - 1 + horizonMs - from));
      else if (until <= begin + horizonMs) cut.push(Math.min(long, until - begin));
      else whole += fit(Math.min(long, horizonMs));
    }
    const cutSum = cut.reduce((sum, each) => sum + fit(each), 0);
    const together = cut.length === 2 ? cut[0]! + cut[1]! - (next - 1 - begin) : Infinity;
    const most = whole + Math.min(cutSum, together === Infinity ? Infinity : pair(together));
    if (most > best.most) best = { most, begin, next };
  });
  return { most: best.most, begins: best.most === 0 ? [] : bestWithin(best, spans, horizonMs, fit) };
}

/** Beginnings between two that are tried: ever closer to the later one. */
const SAMPLES = 24;
const MAX_BEGINS = 3;

/** Where in a stretch of beginnings the most is reached, if each opening can be filled by itself. */
function bestWithin(
  { begin, next }: { readonly begin: number; readonly next: number },
  spans: readonly Span[],
  horizonMs: number,
  fit: Fit,
): readonly number[] {
  const samples = Array.from(
    { length: SAMPLES },
    (_, i) => next - Math.max(1, Math.ceil((next - begin) / 2 ** i)),
  );
  const valued = [...new Set(samples)].map((at) => {
    const met = spans.filter(({ from, until }) => until > at && from < at + horizonMs);
    const lengths = met.map(({ from, until }) => Math.min(until, at + horizonMs) - Math.max(from, at));
    return { at, value: lengths.reduce((sum, length) => sum + fit(length), 0) };
  });
  const most = Math.max(...valued.map(({ value }) => value));
  // The earliest leave the most time in the first opening.
  return valued.flatMap(({ at, value }) => (value === most ? [at] : [])).slice(0, MAX_BEGINS);
}

/** How many calendar periods a stretch of `horizonMs` touches at most, and when to begin to touch them. */
export function periodsTouched(calendar: Calendar, startAt: number, horizonMs: number): Most {
  const starts = startsOf(calendar, startAt, startAt + BEGINS_WITHIN_MS + horizonMs);
  let best: Most = { most: 1, begins: [startAt] };
  let last = 0;
  // The last moment of a period, and how many later ones begin within reach.
  for (let i = 1; i < starts.length; i++) {
    const begin = starts[i]! - 1;
    last = Math.max(last, i);
    while (last + 1 < starts.length && starts[last + 1]! < begin + horizonMs) last += 1;
    const most = horizonMs <= 1 ? 1 : last - i + 2;
    if (most <= best.most) continue;
    const earliest = Math.max(starts[i - 1]!, starts[last]! - horizonMs + 1);
    best = { most, begins: [Math.floor((earliest + begin) / 2), begin, earliest] };
  }
  return best;
}

/** Beginnings of calendar periods that are kept: time zones are slow, and the same ones are asked about again. */
const known = new Map<string, readonly number[]>();
const MAX_KNOWN = 50;

/** Where the periods begin from `startAt` on, that itself first. */
function startsOf(calendar: Calendar, startAt: number, end: number): readonly number[] {
  const key = JSON.stringify([calendar, startAt, end]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const starts: number[] = [];
  for (let at = startAt, i = 0; at < end && i < MAX_BOUNDARIES; i++) {
    starts.push(at);
    at = calendarAnswer({ calendar }, at).until;
  }
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, starts);
  return starts;
}
