import { expect, test } from "vitest";
import { doubles } from "../evidence/index.js";
import { LAYOUT } from "./layout.js";
import { MEMORIES, fadeSuccessBank, learnSuccess, startSuccessBank } from "./success-bank.js";

const { BEST, EFFECTIVE, FORECAST, RATE } = LAYOUT;

function bank(): number[] {
  const s = doubles(40);
  startSuccessBank(s);
  return s;
}

function learn(s: number[], oks: readonly boolean[], times: number): number[] {
  for (let i = 0; i < times; i++) for (const ok of oks) learnSuccess(s, ok);
  return s;
}

test("knows nothing at first", () => {
  expect(bank()[FORECAST]).toBeCloseTo(0.5, 12);
  expect([bank()[RATE], bank()[EFFECTIVE]]).toEqual([0.5, 1]);
});

test("a steady lane is remembered for long, one that changed only for a short time", () => {
  const s = learn(bank(), [true, true, false, true], 1000);
  expect(s[RATE]).toBeCloseTo(0.75, 1);
  expect(MEMORIES[s[BEST]!]).toBeGreaterThanOrEqual(0.985);
  expect(s[EFFECTIVE]).toBeGreaterThan(100);
  learn(s, [false], 30);
  expect(s[RATE]).toBeLessThan(0.1);
  expect(MEMORIES[s[BEST]!]).toBeLessThan(0.95);
  expect(s[EFFECTIVE]).toBeLessThan(20);
});

test("outcomes in runs are forecast by the last one, while the share that works stays what it is", () => {
  const runs = [...Array<boolean>(12).fill(true), ...Array<boolean>(12).fill(false)];
  const s = learn(bank(), runs, 100);
  expect(s[FORECAST]).toBeLessThan(0.2);
  learnSuccess(s, true);
  expect(s[FORECAST]).toBeGreaterThan(0.8);
  expect(s[RATE]).toBeLessThan(0.5);
});

test("a lane that never failed and then only fails is not taken to be in a long run", () => {
  const s = learn(learn(bank(), [true], 10_000), [false], 30);
  expect(s[RATE]).toBeLessThan(0.1);
});

test("fading takes it back to not knowing", () => {
  const s = learn(bank(), [true], 500);
  fadeSuccessBank(s, 1e-6);
  expect(s[FORECAST]).toBeCloseTo(0.5, 3);
  expect(s[EFFECTIVE]).toBeCloseTo(1, 2);
});
