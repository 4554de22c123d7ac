import type { Calendar } from "../../policy/calendar.js";
import { BEGINS_WITHIN_MS, firstAfter, MOMENT, startsOf } from "./openings.js";
import type { Spans } from "./openings.js";

/** How often a counter can be filled within the horizon. */
export interface Fill {
  /** Over all beginnings. */
  readonly most: number;
  /** Moments to begin at to get that. */
  readonly begins: readonly number[];
  /** In a stretch that begins then and is so long, at most. */
  readonly within: (begin: number, lengthMs: number) => number;
  /** It depends on more than halves of milliseconds: see {@link MOMENT}. */
  readonly isFluid?: true;
}

/** When an attack may begin, and how long it goes on. */
export interface Frame {
  readonly startAt: number;
  readonly horizonMs: number;
}

/** Steps that are counted before the search for the best beginning becomes a coarser one. */
const MAX_STEPS = 30_000_000;
const MAX_BEGINS = 3;
/** Of what is known to be possible: so much too high a bound may be, before it is worth a closer look. */
const CLOSE = 0.001;
/** Up to here sums of whole units and halves, and their quotients, are told apart from whole numbers. */
const MAX_EXACT = 2 ** 50;

/**
 * Windows of a rolling limit that can be filled in open time: moments in it of which none follows on another within a
 * window. Who takes all at each of them gets no less than anybody else: the first action of any attack, the first that
 * comes a window later, and so on are such moments, and all others lie in their windows.
 */
export function windowsIn(spans: Spans, windowMs: number, frame: Frame): Fill {
  const within = (begin: number, lengthMs: number): number => {
    const end = begin + lengthMs;
    let count = 0;
    let at = begin;
    for (let i = firstAfter(spans, at); i < spans.length; i++) {
      const { from, until } = spans[i]!;
      at = Math.max(at, from);
      if (at >= end) break;
      const here = Math.max(0, Math.ceil((Math.min(until, end) - at) / windowMs));
      count += here;
      at += here * windowMs;
    }
    return count;
  };
  return exactWindows(spans, windowMs, frame, within) ?? coarse(spans, frame, within);
}

/**
 * Of the best such moments all can be moved back together until one of them is an opening. From there they can be as
 * close as windows and openings let them, in both directions: so a best beginning is the first of them in its opening.
 */
function exactWindows(
  spans: Spans,
  windowMs: number,
  frame: Frame,
  within: Fill["within"],
): Fill | undefined {
  const { startAt, horizonMs } = frame;
  const begins = new Set<number>();
  let steps = 0;
  for (let anchor = 0; anchor < spans.length; anchor++) {
    let first = spans[anchor]!.from;
    begins.add(first);
    const least = first - horizonMs;
    for (let i = anchor; ;) {
      const latest = first - windowMs;
      while (i >= 0 && spans[i]!.from > latest) i -= 1;
      if (i < 0) break;
      const { from, until } = spans[i]!;
      const last = Math.min(latest, until - MOMENT);
      if (last <= least) break;
      first = last - Math.floor((last - Math.max(from, least + MOMENT)) / windowMs) * windowMs;
      begins.add(first);
      steps += anchor - i + 1;
      if (steps > MAX_STEPS) return undefined;
    }
  }
  return best([...begins], { startAt, horizonMs }, within);
}

/** A beginning in an opening gets no more than its first moment does with so much more time. */
function coarse(spans: Spans, { startAt, horizonMs }: Frame, within: Fill["within"]): Fill {
  const latest = startAt + BEGINS_WITHIN_MS;
  let [most, begins]: [number, readonly number[]] = [within(latest, horizonMs), [latest]];
  for (const { from, until } of spans) {
    if (from > latest) break;
    const count = within(from, until - from + horizonMs);
    if (count > most) [most, begins] = [count, [from, until - MOMENT]];
  }
  return { most, begins, within };
}

/**
 * Tokens of a bucket that can be taken in open time: it is full at first, and fills up to that while nothing is. Where it
 * was shut until it was full, what was left of a token before is lost. One token is `windowMs` units, as in the engine.
 */
export function refillsIn(
  spans: Spans,
  { limit, windowMs, burst }: { readonly limit: number; readonly windowMs: number; readonly burst: number },
  frame: Frame,
): Fill {
  const full = burst * windowMs;
  /** Tokens until the bucket is full again, and when that is. */
  const untilFull = (begin: number, end: number): { readonly tokens: number; readonly fullAt: number } => {
    let units = 0;
    let last = -Infinity;
    for (let i = firstAfter(spans, begin); i < spans.length; i++) {
      const { from, until } = spans[i]!;
      const at = Math.max(from, begin);
      if (at >= end) break;
      const refilled = (at - last) * limit;
      if (last > -Infinity && refilled >= full) return { tokens: wholeBelow(units, windowMs), fullAt: at };
      units += Math.min(full, refilled);
      last = Math.min(until, end);
      units += (last - at) * limit;
    }
    return { tokens: wholeBelow(units, windowMs), fullAt: Infinity };
  };
  const within = (begin: number, lengthMs: number): number => {
    let taken = 0;
    for (let at = begin; at < begin + lengthMs;) {
      const { tokens, fullAt } = untilFull(at, begin + lengthMs);
      taken += tokens;
      at = fullAt;
    }
    return taken;
  };
  return {
    ...halved(spans, frame, within, burst + refilledIn(frame.horizonMs, limit, windowMs)),
    isFluid: true,
  };
}

/** Tokens that a bucket which is never full gains in less than a time. */
export function refilledIn(lengthMs: number, limit: number, windowMs: number): number {
  return wholeBelow(lengthMs * limit, windowMs);
}

/** Tokens of so many units that are there before the last of the units is: time ends before its end. */
function wholeBelow(units: number, perToken: number): number {
  const tokens = Math.max(0, Math.ceil(units / perToken) - 1);
  return units < MAX_EXACT ? tokens : tokens + 1;
}

/**
 * The best beginning where no list of them holds it: openings are halved while a longer attack, that covers every
 * beginning in such a part, gets clearly more than what is known to be possible. What is not told apart in the end
 * counts.
 *
 * @param cap what nobody gets
 */
function halved(spans: Spans, { startAt, horizonMs }: Frame, within: Fill["within"], cap: number): Fill {
  const latest = startAt + BEGINS_WITHIN_MS;
  const parts = [...spans, { from: latest, until: latest + MOMENT }].flatMap(
    ({ from, until }): readonly (readonly [number, number])[] =>
      from > latest ? [] : [[from, Math.min(until, latest + MOMENT)]],
  );
  const tried = best(
    parts.flatMap(([from, until]) => [from, until - MOMENT]),
    { startAt, horizonMs },
    within,
  );
  let { most } = tried;
  const begins = new Map<number, number>(tried.begins.map((begin) => [begin, most]));
  let known = most;
  let steps = 0;
  for (let left = parts.reverse(); left.length > 0;) {
    const [from, until] = left.pop()!;
    const atMost = Math.min(cap, within(from, until - from + horizonMs));
    if (atMost <= most) continue;
    steps += firstAfter(spans, until + horizonMs) - firstAfter(spans, from) + 1;
    if (until - from <= MOMENT || steps > MAX_STEPS || atMost <= known * (1 + CLOSE)) {
      most = atMost;
      continue;
    }
    const middle = from + Math.floor(until - from) / 2;
    const there = within(middle, horizonMs);
    if (there >= known) begins.set(middle, (known = there));
    most = Math.max(most, there);
    left.push([middle, until], [from, middle]);
  }
  const found = [...begins].sort(([, a], [, b]) => b - a).slice(0, MAX_BEGINS);
  return { most, begins: found.map(([begin]) => begin), within };
}

/** Calendar periods that can be touched in open time; without `spans`, at any. */
export function periodsIn(calendar: Calendar, spans: Spans | null, frame: Frame): Fill {
  const { startAt, horizonMs } = frame;
  const latest = startAt + BEGINS_WITHIN_MS;
  const starts = startsOf(calendar, startAt, latest + horizonMs);
  const periods = starts.slice(0, -1).flatMap((from, i) => {
    const until = starts[i + 1]!;
    if (spans === null) return [{ from, until }];
    const opens = Math.max(from, spans[firstAfter(spans, from)]?.from ?? Infinity);
    const last = firstAfter(spans, until - 1);
    const isOpenAtEnd = (spans[last]?.from ?? Infinity) < until;
    const closes = isOpenAtEnd ? until : (spans[last - 1]?.until ?? 0);
    return opens < closes ? [{ from: opens, until: closes }] : [];
  });
  const touched = (begin: number, lengthMs: number): number => {
    const opens = spans === null ? begin : (spans[firstAfter(spans, begin)]?.from ?? Infinity);
    if (opens >= begin + lengthMs) return 0;
    const first = firstAfter(periods, Math.max(begin, opens));
    let [low, high] = [first, periods.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (periods[middle]!.from < begin + lengthMs) low = middle + 1;
      else high = middle;
    }
    return low - first;
  };
  let most = 0;
  let begins: readonly number[] = [];
  for (const [i, { from, until }] of periods.entries()) {
    const begin = Math.min(until - MOMENT, latest);
    if (from > latest) break;
    const count = touched(begin, horizonMs);
    if (count <= most) continue;
    most = count;
    // Somewhat before the last moment, too: other counters may want more time in the first period.
    const earliest = Math.max(from, periods[i + count - 1]!.from - horizonMs + MOMENT);
    begins = [...new Set([Math.floor((earliest + begin) / 2), begin, earliest])];
  }
  return { most, begins, within: touched };
}

function best(tried: readonly number[], { startAt, horizonMs }: Frame, within: Fill["within"]): Fill {
  let most = 0;
  let begins: number[] = [];
  const latest = startAt + BEGINS_WITHIN_MS;
  for (const begin of new Set(tried.map((each) => Math.min(each, latest)))) {
    const count = within(begin, horizonMs);
    if (count > most) [most, begins] = [count, []];
    if (count === most && count > 0 && begins.length < MAX_BEGINS) begins.push(begin);
  }
  return { most, begins, within };
}
