import { exp } from "../../core/math.js";

/*
 * Tests that may be looked at after every event. A test is a bet against "this lane is good enough": what was staked
 * is multiplied at each event by a factor that is one on average, or less, while the lane is good enough. All stakes
 * of a lane come out of one purse with one unit of money, and when to stake is decided by what has been seen so far.
 * Stakes, winnings and the rest of the purse together are then a supermartingale that starts at one, and the chance
 * that they ever reach 140 is at most 1 in 140 (J. Ville, 1939; V. Vovk and others, arXiv 2006.02329): over all slices,
 * however often one looks and however long the lane lives.
 *
 * Money staked on a lane that does well is lost, and a lane that turns bad late would never be killed. So new money is
 * staked whenever a CUSUM of the bets comes under suspicion: the k-th stake of a purse is 1 / (k (k + 1)) of it, which
 * sums to one.
 */

/** Wealth at which a lane is killed: at most one wrong kill in 140 lanes that are exactly at the floor. */
export const KILL_WEALTH = 140;

/** Doubles of a test: wealth of the two bets, CUSUM of their suspicion, whether it may ask for money. */
const FIRST = 0;
const SECOND = 1;
const SUSPICION = 2;
const ARMED = 3;
/** Doubles of a purse: money left, and stakes taken. */
const MONEY = 0;
const STAKES = 1;

/** Suspicion that is worth a new stake. */
const SUSPICIOUS = 1.5;
/** A bet so far down that it can never matter is lost; denormal numbers are slow. */
const LOST = 1e-30;
const MOST = 1e12;

/** The bets against "success at least the floor": that it is a tenth of the floor, or half of it. */
const TENTH = 0.1;
const HALF = 0.5;
/** Suspicion is a bet on a quarter: between the two. */
const QUARTER = 0.25;
/** Share of a stake on the first bet, which has to be fast. */
const ON_TENTH = 0.8;

/** The bets against "mean at least the floor", in units of one over the size of a result. */
const BOLD = 0.6;
const TIMID = 0.15;
const BOLD_COST = exp((-BOLD * BOLD) / 2);
const TIMID_COST = exp((-TIMID * TIMID) / 2);

export function startPurse(s: number[], purse: number): void {
  s[purse + MONEY] = 1;
  s[purse + STAKES] = 0;
}

/** Moves half of what is left in a purse to another one, which has nothing yet. */
export function sharePurse(s: number[], from: number, to: number): void {
  const half = s[from + MONEY]! / 2;
  s[from + MONEY] = half;
  s[to + MONEY] = half;
  s[to + STAKES] = 0;
}

export function startTest(s: number[], test: number): void {
  s[test + FIRST] = 0;
  s[test + SECOND] = 0;
  s[test + SUSPICION] = 0;
  s[test + ARMED] = 0;
}

/** Wealth of a test: evidence that the lane is below its floor, to be believed from `KILL_WEALTH` on. */
export function wealthOf(s: number[], test: number): number {
  return s[test + FIRST]! + s[test + SECOND]!;
}

/**
 * Bets on one outcome against "whatever happened before, success has at least the probability `floor`".
 *
 */
export function testSuccess(s: number[], test: number, purse: number, ok: boolean, floor: number): void {
  begin(s, test, s, purse, ON_TENTH);
  if (ok) {
    settleBets(s, test, TENTH, HALF, QUARTER);
  } else {
    const least = Math.min(Math.max(floor, 0), 0.999);
    const miss = 1 / (1 - least);
    settleBets(s, test, (1 - TENTH * least) * miss, (1 - HALF * least) * miss, (1 - QUARTER * least) * miss);
  }
  restake(s, test, s, purse, ON_TENTH);
}

/**
 * Bets on one result against "whatever happened before, its mean is at least `floor`".
 *
 * The factors are O. Catoni's (Challenging the empirical mean and empirical variance, AIHP 48, 2012; as bets in
 * H. Wang and A. Ramdas, Catoni-style confidence sequences, SPA 163, 2023). They need a bound on the variance, and
 * `size` is only an estimate of one: the result is calibrated by simulation, and no theorem.
 *
 * @param size of a result, from the ones before: root of their mean squared distance from the floor
 */
export function testMean(
  s: number[],
  test: number,
  money: number[],
  purse: number,
  value: number,
  floor: number,
  size: number,
): void {
  const loss = (floor - value) / size;
  begin(s, test, money, purse, 0.5);
  const bold = influence(BOLD * loss) * BOLD_COST;
  const timid = influence(TIMID * loss) * TIMID_COST;
  settleBets(s, test, bold, timid, (bold + timid) / 2);
  restake(s, test, money, purse, 0.5);
}

/** The first stake of a test. */
function begin(s: number[], test: number, money: number[], purse: number, share: number): void {
  if (s[test + SUSPICION]! > 0) return;
  s[test + SUSPICION] = 1;
  s[test + ARMED] = 1;
  stake(s, test, money, purse, share);
}

function settleBets(s: number[], test: number, first: number, second: number, suspicion: number): void {
  s[test + FIRST] = bounded(s[test + FIRST]! * first);
  s[test + SECOND] = bounded(s[test + SECOND]! * second);
  s[test + SUSPICION] = Math.min(Math.max(s[test + SUSPICION]!, 1) * suspicion, MOST);
}

/** Stakes again, for the events to come, once in each rise of the suspicion. */
function restake(s: number[], test: number, money: number[], purse: number, share: number): void {
  const suspicion = s[test + SUSPICION]!;
  if (suspicion <= 1) s[test + ARMED] = 1;
  else if (suspicion >= SUSPICIOUS && s[test + ARMED] === 1) {
    s[test + ARMED] = 0;
    stake(s, test, money, purse, share);
  }
}

function stake(s: number[], test: number, money: number[], purse: number, share: number): void {
  const taken = money[purse + STAKES]! + 1;
  const amount = money[purse + MONEY]! / (taken + 1);
  money[purse + STAKES] = taken;
  money[purse + MONEY] = money[purse + MONEY]! - amount;
  s[test + FIRST] = s[test + FIRST]! + amount * share;
  s[test + SECOND] = s[test + SECOND]! + amount * (1 - share);
}

function bounded(wealth: number): number {
  return wealth < LOST ? 0 : Math.min(wealth, MOST);
}

/** Grows like e^x near zero, and only with the square of x further out. */
function influence(x: number): number {
  return x >= 0 ? 1 + x + (x * x) / 2 : 1 / (1 - x + (x * x) / 2);
}
