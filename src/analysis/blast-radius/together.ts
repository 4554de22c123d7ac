import { BEGINS_WITHIN_MS, MOMENT } from "./openings.js";
import type { Frame } from "./fills.js";
import type { Allowance } from "./most.js";

/** The worst over all beginnings that counters have together. */
interface Worst {
  /** What each lets pass, at most; the first beginnings are those that give the most. */
  readonly limits: readonly number[];
  readonly begins: readonly number[];
}

/** Stretches of beginnings that are looked at; what is not told apart by then counts with the best of its parts. */
const MAX_STRETCHES = 3_000;
/** Differences that are not worth a look. */
const TINY = 1e-9;

/**
 * Counters may each have their best hour, and no attack begins at two: finds the beginning at which all of them together
 * let the most pass. Stretches of beginnings, each with what a longer attack gets that covers all of them, are halved
 * until the best is a beginning that really gives so much.
 *
 * @param worth what limits let pass in all; never falls when one of them is raised
 */
export function worstTogether(
  allowances: readonly Allowance[],
  worth: (limits: readonly number[]) => number,
  { startAt, horizonMs }: Frame,
): Worst {
  const known = new Map<string, number>();
  const worthOf = (limits: readonly number[]): number => {
    const key = limits.join(" ");
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = worth(limits)));
    return value;
  };
  // Where halves do not stand for all moments, each stands for those up to the next one.
  const moment = allowances.some(({ isFluid }) => isFluid) ? MOMENT : 0;
  const limitsOf = (from: number, to: number): readonly number[] =>
    allowances.map(({ amount, within }) =>
      within === undefined ? amount : Math.min(amount, within(from, to - from + moment + horizonMs)),
    );
  const tried = new Map<number, number>();
  let reached = 0;
  const tryAt = (begin: number): void => {
    if (tried.has(begin)) return;
    const value = worthOf(limitsOf(begin, begin));
    tried.set(begin, value);
    reached = Math.max(reached, value);
  };
  const inOrder = (): readonly number[] => [...tried].sort(([, a], [, b]) => b - a).map(([begin]) => begin);

  const apart = allowances.map(({ amount }) => amount);
  for (const { begins = [] } of allowances) for (const begin of begins) tryAt(begin);
  const most = worthOf(apart);
  if (tried.size === 0 || reached >= most * (1 - TINY)) return { limits: apart, begins: inOrder() };

  const stretches: Stretch[] = [];
  const add = (from: number, to: number): void => {
    const limits = limitsOf(from, to);
    tryAt(middleOf(from, to));
    stretches.push({ from, to, limits, value: worthOf(limits) });
  };
  add(startAt, startAt + BEGINS_WITHIN_MS);
  for (;;) {
    const best = stretches.reduce((at, { value }, i) => (value > stretches[at]!.value ? i : at), 0);
    const { from, to, limits, value } = stretches[best]!;
    const isMet = value <= reached * (1 + TINY);
    if (isMet || stretches.length >= MAX_STRETCHES) return { limits, begins: inOrder() };
    const middle = middleOf(from, to);
    stretches.splice(best, 1);
    add(from, middle);
    add(middle + MOMENT, to);
  }
}

function middleOf(from: number, to: number): number {
  return from + Math.floor((to - from) / 2 / MOMENT) * MOMENT;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly limits: readonly number[];
  readonly value: number;
}
