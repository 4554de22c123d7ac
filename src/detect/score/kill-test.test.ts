import fc from "fast-check";
import { expect, test } from "vitest";
import { doubles } from "../evidence/index.js";
import {
  KILL_WEALTH,
  sharePurse,
  startPurse,
  startTest,
  testMean,
  testSuccess,
  wealthOf,
} from "./kill-test.js";

const PURSE = 0;
const OTHER_PURSE = 2;
const TEST = 4;

function fresh(): number[] {
  const s = doubles(16);
  startPurse(s, PURSE);
  return s;
}

/** Mean wealth over all 2^n sequences at the floor, of tests and purse together. */
function expectedWealth(floor: number, events: number): number {
  let sum = 0;
  for (let bits = 0; bits < 1 << events; bits++) {
    const s = fresh();
    let chance = 1;
    for (let i = 0; i < events; i++) {
      const ok = ((bits >> i) & 1) === 1;
      chance *= ok ? floor : 1 - floor;
      testSuccess(s, TEST + 4 * (i % 2), PURSE, ok, floor);
    }
    sum += chance * (wealthOf(s, TEST) + wealthOf(s, TEST + 4) + s[PURSE]!);
  }
  return sum;
}

test("stakes, winnings and the rest of the purse are one unit on average at the floor, restakes included", () => {
  for (const floor of [0.05, 0.3, 0.5, 0.8]) expect(expectedWealth(floor, 13)).toBeCloseTo(1, 9);
});

test("a purse never gives more than it has, and two purses no more than one had", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.integer({ min: 0, max: 300 }), (oks, at) => {
      const s = fresh();
      for (const [i, ok] of oks.entries()) {
        if (i === at) sharePurse(s, PURSE, OTHER_PURSE);
        testSuccess(s, TEST, i % 2 === 1 && i > at ? OTHER_PURSE : PURSE, ok, 0.5);
        expect(s[PURSE]! + s[OTHER_PURSE]!).toBeLessThanOrEqual(1);
        expect(Math.min(s[PURSE]!, s[OTHER_PURSE]!)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test("a floor of zero can never be missed, and a floor of one is no reason to divide by zero", () => {
  const s = fresh();
  for (let i = 0; i < 10_000; i++) testSuccess(s, TEST, PURSE, false, 0);
  expect(wealthOf(s, TEST)).toBeLessThanOrEqual(1);
  testSuccess(s, TEST, PURSE, false, 1);
  expect(wealthOf(s, TEST)).toBeLessThan(Infinity);
});

test("wealth stays a number through a million good events, and evidence still comes in time", () => {
  const s = fresh();
  for (let i = 0; i < 1_000_000; i++) testSuccess(s, TEST, PURSE, true, 0.05);
  let events = 0;
  while (wealthOf(s, TEST) < KILL_WEALTH) {
    testSuccess(s, TEST, PURSE, false, 0.05);
    events++;
  }
  expect(events).toBeLessThan(200);
});

test("a test that starts again has no wealth", () => {
  const s = fresh();
  for (let i = 0; i < 50; i++) testSuccess(s, TEST, PURSE, false, 0.05);
  expect(wealthOf(s, TEST)).toBeGreaterThan(1);
  startTest(s, TEST);
  expect(wealthOf(s, TEST)).toBe(0);
});

test("results below the floor gain, results above it lose, and one of a billion is no kill", () => {
  const s = fresh();
  testMean(s, TEST, s, PURSE, -1e9, -2, 10);
  expect(wealthOf(s, TEST)).toBeGreaterThan(0.5);
  const low = fresh();
  const high = fresh();
  for (let i = 0; i < 100; i++) {
    testMean(low, TEST, low, PURSE, -8 + (i % 5), -2, 6);
    testMean(high, TEST, high, PURSE, 2 + (i % 5), -2, 6);
  }
  expect(wealthOf(low, TEST)).toBeGreaterThan(KILL_WEALTH);
  expect(wealthOf(high, TEST)).toBeLessThan(0.01);
});
