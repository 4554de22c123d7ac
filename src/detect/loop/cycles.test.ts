import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cycles } from "./cycles.js";

const pushed = (calls: readonly number[], maxPeriod = 6): Cycles => {
  const cycles = new Cycles(maxPeriod);
  for (const call of calls) cycles.push(call);
  return cycles;
};

/** What `ask` must say, from the whole history: the most whole rounds of one cycle that end with the last call. */
function rounds(calls: readonly number[], maxPeriod: number): { times: number; period: number } {
  let best = { times: 1, period: 1 };
  for (let period = 1; period <= maxPeriod; period++) {
    let matches = 0;
    while (matches + period < calls.length && calls.at(-1 - matches) === calls.at(-1 - matches - period))
      matches++;
    const times = 1 + Math.floor(matches / period);
    if (times > best.times) best = { times, period };
  }
  return best;
}

const call = fc.integer({ min: -3, max: 3 });

test("the same call six times in a row is the sixth time", () => {
  const cycles = new Cycles(1);
  const answers = Array.from({ length: 6 }, () => {
    const times = cycles.ask(77);
    cycles.push(77);
    return times;
  });
  expect(answers).toEqual([1, 2, 3, 4, 5, 6]);
});

test("it counts as counting by hand does, for every history and longest period", () => {
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      (calls, maxPeriod) => {
        const cycles = pushed(calls.slice(0, -1), maxPeriod);
        const times = cycles.ask(calls.at(-1)!);
        expect({ times, period: cycles.period }).toEqual(rounds(calls, maxPeriod));
      },
    ),
  );
});

test("a cycle of any period is counted in whole rounds, whatever came before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer()),
      fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 2, max: 9 }),
      (before, cycle, times) => {
        const all = Array.from({ length: times }, () => cycle).flat();
        const cycles = pushed([...before, ...all.slice(0, -1)]);
        expect(cycles.ask(all.at(-1)!)).toBeGreaterThanOrEqual(times);
        expect(cycle.length % cycles.period).toBe(0);
      },
    ),
  );
});

test("asking changes nothing", () => {
  const cycles = pushed([1, 2, 1, 2]);
  const image = JSON.stringify(cycles.image());
  cycles.ask(1);
  cycles.ask(9);
  expect(JSON.stringify(cycles.image())).toBe(image);
});

describe("progress", () => {
  test("starts counting over with the last call as the first", () => {
    const cycles = pushed([1, 1, 1]);
    expect(cycles.ask(1)).toBe(4);
    cycles.progress();
    expect(cycles.ask(1)).toBe(2);
  });

  test("after every call, no poll is ever more than the second in a row", () => {
    const cycles = new Cycles(6);
    for (let i = 0; i < 100; i++) {
      expect(cycles.ask(5)).toBeLessThanOrEqual(2);
      cycles.push(5);
      cycles.progress();
    }
  });
});

test("after a restart it is as new", () => {
  const cycles = pushed([1, 2, 1, 2]);
  cycles.restart();
  expect(cycles.image()).toBeNull();
  expect(cycles.ask(1)).toBe(1);
});

test("an image goes on as the original would have, at any moment", () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(call), { maxLength: 30 }),
      fc.array(call, { maxLength: 30 }),
      (first, then) => {
        const original = new Cycles(6);
        for (const item of first) {
          if (item === null) original.progress();
          else original.push(item);
        }
        const copy = new Cycles(6);
        copy.restore(JSON.parse(JSON.stringify(original.image())));
        expect(copy.image()).toEqual(original.image());
        for (const item of then) {
          expect([copy.ask(item), copy.period]).toEqual([original.ask(item), original.period]);
          copy.push(item);
          original.push(item);
        }
      },
    ),
  );
});

test("a call that is no number is no repeat, is left out, and is counted", () => {
  const cycles = pushed([4, 4, NaN, Infinity, 4]);
  expect(cycles.skipped).toBe(2);
  expect(cycles.ask(NaN)).toBe(1);
  expect(cycles.ask(4)).toBe(4);
});

test.each([0, -1, NaN, 7, Infinity])(
  "a longest period of %s is taken to the nearest that there is",
  (maxPeriod) => {
    const cycles = pushed([1, 2, 1, 2, 1], maxPeriod);
    expect(cycles.ask(2)).toBe(maxPeriod > 6 ? 3 : 1);
  },
);
