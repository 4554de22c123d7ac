import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOVELTY_ALERT, Novelty } from "./novelty.js";

const FIVE_MINUTES = 300_000;
const PER_DAY = 288;

/** Numbers in [-1, 1) that look random. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** The indices of alerts. */
function alerts(values: readonly number[], novelty = new Novelty()): number[] {
  return values.flatMap((value, i) => (novelty.add(value, i * FIVE_MINUTES) >= NOVELTY_ALERT ? [i] : []));
}

/** Low by night and high by day, for a number of days. */
function days(count: number, change: (value: number, i: number) => number = (value) => value): number[] {
  const jitter = noise(7);
  return Array.from({ length: count * PER_DAY }, (_, i) => {
    const isDay = i % PER_DAY >= 108 && i % PER_DAY < 216;
    return change((isDay ? 80 : 20) + jitter(), i);
  });
}

describe("what is new", () => {
  test("a spike, a dip and a level never seen are alerts at once", () => {
    const next = noise(1);
    const calm = Array.from({ length: 2000 }, () => 50 + next());
    for (const value of [60, 40, 54]) {
      const novelty = new Novelty();
      alerts(calm, novelty);
      expect(novelty.add(value, NaN)).toBeGreaterThan(NOVELTY_ALERT);
    }
  });

  test("a stretch that moves four times as much as ever is an alert, and one that hardly moves", () => {
    for (const factor of [4, 0.02]) {
      const next = noise(2);
      const values = Array.from({ length: 2200 }, (_, i) => 50 + next() * (i < 2000 ? 1 : factor));
      expect(alerts(values).filter((i) => i >= 2000)).not.toEqual([]);
    }
  });

  test("an ordinary value at the wrong time of day is an alert, though each value was seen before", () => {
    const isDayTen = (i: number): boolean => Math.floor(i / PER_DAY) === 10;
    const values = days(11, (value, i) => (isDayTen(i) && value > 50 ? value - 60 : value));
    const found = alerts(values);
    expect(found.filter((i) => i >= 2 * PER_DAY)[0]).toBe(10 * PER_DAY + 108);
  });

  test("the same day again and again is nothing new after the first", () => {
    expect(alerts(days(14)).filter((i) => i >= PER_DAY)).toEqual([]);
  });

  test("what was an alert is known when it comes again", () => {
    const next = noise(3);
    const values = Array.from(
      { length: 3000 },
      (_, i) => 50 + next() / 10 + (i >= 1000 && i % 500 === 0 ? 30 : 0),
    );
    expect(alerts(values).filter((i) => i >= 1000 && i % 500 === 0)).toEqual([1000]);
  });

  test("one event is one alert", () => {
    const next = noise(4);
    const values = Array.from({ length: 1100 }, (_, i) => 50 + next() + (i >= 1000 && i < 1005 ? 30 : 0));
    expect(alerts(values).filter((i) => i >= 1000)).toEqual([1000]);
  });

  test("noise of one kind rarely is new: once in 2,000 values at most, over ten seeds", () => {
    const count = 20_000;
    const total = Array.from({ length: 10 }, (_, seed) => {
      const next = noise(seed + 100);
      return alerts(Array.from({ length: count }, () => next() + next() + next())).length;
    }).reduce((a, b) => a + b);
    expect(total).toBeLessThan((10 * count) / 2000);
  });

  test("neither unit nor origin nor sign matters", () => {
    const next = noise(5);
    const values = Array.from({ length: 3000 }, (_, i) => next() + (i === 2500 ? 5 : 0));
    const expected = alerts(values);
    expect(expected).toContain(2500);
    for (const scale of [1024, 2 ** -20, -1]) expect(alerts(values.map((v) => v * scale))).toEqual(expected);
    expect(alerts(values.map((value) => value + 1024))).toEqual(expected);
  });

  test("it says what was new", () => {
    const novelty = new Novelty();
    expect(novelty.sentence()).toBe("no value was new");
    const values = Array.from({ length: 1000 }, (_, i) => 50 + (i % 2));
    alerts(values, novelty);
    novelty.add(91.25, NaN);
    expect(novelty.sentence()).toBe("the value 91.25 lies 40.75 above its mean, where up to 0.966 is known");
  });
});

describe("bad input", () => {
  test("values that are not finite are counted and change nothing", () => {
    const novelty = new Novelty();
    alerts(days(2), novelty);
    const before = JSON.stringify(novelty.image());
    for (const value of [NaN, Infinity, -Infinity]) expect(novelty.add(value, 0)).toBe(0);
    expect(novelty.skipped).toBe(3);
    novelty.restore(JSON.parse(before));
    expect(JSON.stringify(novelty.image())).toBe(before);
  });

  test("a constant is nothing new, and its first change is", () => {
    for (const constant of [0, 45, -0.1, 1e-300, 1e18]) {
      const novelty = new Novelty();
      expect(
        alerts(
          Array.from({ length: 5000 }, () => constant),
          novelty,
        ),
      ).toEqual([]);
      expect(novelty.add(constant + Math.max(1, Math.abs(constant)), NaN)).toBeGreaterThan(NOVELTY_ALERT);
    }
  });

  test("rounding errors of large values are nothing new", () => {
    const values = Array.from({ length: 5000 }, (_, i) => 1e15 + (i % 7) * 0.125);
    expect(alerts(values)).toEqual([]);
  });

  test("no time, or one that makes no sense, leaves out the time of day", () => {
    for (const at of [NaN, Infinity, -Infinity]) {
      const novelty = new Novelty();
      for (const value of days(3)) expect(novelty.add(value, at)).toBeLessThan(Infinity);
    }
    const novelty = new Novelty();
    for (const at of [-1, -1e300, 1e300, 0.5]) expect(novelty.add(1, at)).toBe(0);
  });

  test("scores and state stay finite whatever comes", () => {
    const any = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 0, -0, 1, 1e150, -1e300),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(any, fc.integer({ min: 1, max: 60 }))), (runs) => {
        const novelty = new Novelty();
        for (const [value, times] of runs) {
          for (let i = 0; i < times; i++) {
            const score = novelty.add(value, value * i);
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThan(Infinity);
          }
        }
        const text = JSON.stringify(novelty.image());
        if (runs.length > 0) expect(text).not.toMatch(/null/);
        expect(novelty.sentence()).not.toMatch(/NaN|undefined/);
      }),
    );
  });
});

describe("its image", () => {
  test("is null for a new one, and null restores one", () => {
    const novelty = new Novelty();
    expect(novelty.image()).toBeNull();
    novelty.restore(null);
    expect(novelty.image()).toBeNull();
  });

  test("goes through JSON, and the restored one goes on bit for bit the same, from anywhere", () => {
    const next = noise(6);
    const values = days(6, (value, i) => value + (i % 401 === 0 ? 40 * next() : 0));
    for (const cut of [1, 99, 100, 105, 402, 410, 1000]) {
      const one = new Novelty();
      values.slice(0, cut).forEach((value, i) => one.add(value, i * FIVE_MINUTES));
      one.add(NaN, 0);
      const other = new Novelty();
      const image = JSON.parse(JSON.stringify(one.image())) as unknown;
      expect(image).toEqual(one.image());
      other.restore(image);
      for (let i = cut; i < values.length; i++) {
        expect(other.add(values[i]!, i * FIVE_MINUTES)).toBe(one.add(values[i]!, i * FIVE_MINUTES));
      }
      expect([other.sentence(), other.skipped, other.image()]).toEqual([one.sentence(), 1, one.image()]);
    }
  });
});
