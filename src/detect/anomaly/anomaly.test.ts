import { describe, expect, test } from "vitest";
import { randomSource } from "../../../evaluation/random.js";
import { alarmThreshold } from "../evidence/index.js";
import { DenialStorm, hashText, Known, Newcomers, Runaway } from "./index.js";

const THRESHOLD = alarmThreshold(10);

/** Events until `add` reaches the threshold of the default dial; Infinity: it does not in 5,000. */
function eventsUntilAlarm(add: (n: number) => number): number {
  for (let n = 1; n <= 5000; n++) if (add(n) >= THRESHOLD) return n;
  return Infinity;
}

describe("DenialStorm", () => {
  test("only denials are a storm within 20", () => {
    const storm = new DenialStorm();
    expect(eventsUntilAlarm((n) => storm.add(true, n))).toBeLessThanOrEqual(20);
    expect(storm.denied).toBe(storm.events);
  });

  test("one denial an hour, for ever, is none", () => {
    const storm = new DenialStorm();
    expect(eventsUntilAlarm((n) => storm.add(true, 3_600_000 * n))).toBe(Infinity);
  });
});

describe("Newcomers", () => {
  test("somebody who tries names and is denied is found within 12", () => {
    const newcomers = new Newcomers();
    expect(eventsUntilAlarm((n) => newcomers.add(true, true, n))).toBeLessThanOrEqual(12);
    expect(newcomers.weight).toBe(newcomers.events);
  });

  test("who lawfully turns to somebody new each time does not alarm, nor when one in ten is denied", () => {
    const random = randomSource(3);
    const newcomers = new Newcomers();
    let highest = 0;
    for (let n = 0; n < 100_000; n++)
      highest = Math.max(highest, newcomers.add(true, random() < 0.1, 1000 * n));
    expect(highest).toBeLessThan(THRESHOLD);
    expect(newcomers.usualShare).toBeCloseTo(1);
  });

  test("a service that grows does not alarm", () => {
    const random = randomSource(4);
    const newcomers = new Newcomers();
    let highest = 0;
    for (let n = 0; n < 100_000; n++)
      highest = Math.max(highest, newcomers.add(random() < n / 1e5, random() < 0.02, 1000 * n));
    expect(highest).toBeLessThan(THRESHOLD);
  });

  test("a key that met nobody new for long, and then only them, alarms though all are allowed", () => {
    const newcomers = new Newcomers();
    for (let n = 0; n < 1000; n++) newcomers.add(false, false, n);
    expect(eventsUntilAlarm((n) => newcomers.add(true, false, 1000 + n))).toBeLessThanOrEqual(50);
  });
});

describe("Runaway", () => {
  test("a key that runs away in its first minute is found in it", () => {
    const runaway = new Runaway(5);
    const events = eventsUntilAlarm((n) => runaway.add(20 * n));
    expect(events).toBeLessThanOrEqual(250);
    expect(runaway.recentPerSecond(20 * events)).toBeGreaterThan(10);
  });

  test("ten times the usual rate alarms; twice the usual rate does not", () => {
    for (const perSecond of [0.1, 1]) {
      const runaway = new Runaway(5);
      const twice = new Runaway(5);
      let mono = 0;
      for (let n = 0; n < 1000; n++) {
        runaway.add((mono += 1000 / perSecond));
        twice.add(mono);
      }
      expect(runaway.usualPerSecond).toBeGreaterThan(0.9 * perSecond);
      expect(eventsUntilAlarm((n) => runaway.add(mono + (n * 100) / perSecond))).toBeLessThanOrEqual(600);
      expect(eventsUntilAlarm((n) => twice.add(mono + (n * 500) / perSecond))).toBe(Infinity);
    }
  });

  test("batches with pauses are usual, and so is a long sleep", () => {
    const runaway = new Runaway(5);
    for (let n = 0; n < 50; n++)
      for (let i = 0; i < 20; i++) expect(runaway.add(60_000 * n + i)).toBeLessThan(THRESHOLD);
    expect(runaway.add(1e12)).toBeLessThan(THRESHOLD);
    expect(runaway.recentPerSecond(1e13)).toBe(0);
  });

  test("the baseline stays as it is under suspicion, and learns a lawful new rate after resets", () => {
    const runaway = new Runaway(5);
    let mono = 0;
    while (runaway.value < 100) runaway.add((mono += 20));
    const usual = runaway.usualPerSecond;
    for (let n = 0; n < 5000; n++) runaway.add((mono += 20));
    expect(runaway.usualPerSecond).toBe(usual);
    let alarms = 0;
    for (let n = 0; n < 100_000; n++) {
      if (runaway.add((mono += 20)) < THRESHOLD) continue;
      alarms += 1;
      runaway.reset(mono);
    }
    expect(alarms).toBeLessThan(10);
    expect(runaway.usualPerSecond).toBeGreaterThan(40);
  });

  test("times that are none, or go back, count as the same instant", () => {
    const [odd, steady] = [new Runaway(5), new Runaway(5)];
    for (const mono of [5000, NaN, 3000, -Infinity, Infinity, 5000]) {
      expect(odd.add(mono)).toBe(steady.add(5000));
    }
    expect(odd.skipped).toBe(3);
    expect(Number.isFinite(new Runaway(5).add(NaN))).toBe(true);
  });
});

test.each<[name: string, make: () => Stateful]>([
  ["DenialStorm", () => withAdd(new DenialStorm(), (storm, random, mono) => storm.add(random() < 0.3, mono))],
  [
    "Newcomers",
    () => withAdd(new Newcomers(), (all, random, mono) => all.add(random() < 0.4, random() < 0.5, mono)),
  ],
  ["Runaway", () => withAdd(new Runaway(3), (runaway, _, mono) => runaway.add(mono))],
  ["Known", () => withAdd(new Known(20), (known, random) => (known.add(Math.floor(40 * random())) ? 1 : 0))],
])("a restored %s goes on bit for bit", (_, make) => {
  const kept = make();
  expect(kept.image()).toBeNull();
  let mono = 0;
  for (let n = 1; n < 400; n++) {
    const copy = make();
    copy.restore(JSON.parse(JSON.stringify(kept.image())));
    mono += n % 50 === 0 ? 1e6 : (n * 7919) % 3000;
    expect(copy.add(randomSource(n), mono)).toBe(kept.add(randomSource(n), mono));
    expect(copy.image()).toEqual(kept.image());
  }
});

describe("Known", () => {
  test("says of each name whether it was seen, up to its bound", () => {
    const known = new Known(1000);
    for (let i = 0; i < 500; i++) expect(known.add(hashText(`name ${i}`))).toBe(true);
    for (let i = 0; i < 500; i++) expect(known.add(hashText(`name ${i}`))).toBe(false);
    expect(known.size).toBe(500);
    expect(known.has(hashText("name 17"))).toBe(true);
    expect(known.has(hashText("another"))).toBe(false);
  });

  test("beyond its bound it forgets who was not met for long, and nobody who is met often", () => {
    const known = new Known(100);
    known.add(0);
    for (let i = 1; i < 10_000; i++) {
      expect(known.add(i)).toBe(true);
      expect(known.add(0)).toBe(false);
      expect(known.size).toBeLessThanOrEqual(100);
    }
    expect(known.has(5)).toBe(false);
    expect(known.has(9_990)).toBe(true);
  });

  test("a hash that is no number counts as new, and is not kept", () => {
    const known = new Known(100);
    expect([known.add(NaN), known.add(NaN), known.add(Infinity)]).toEqual([true, true, true]);
    expect([known.size, known.skipped, known.has(NaN)]).toEqual([0, 3, false]);
  });
});

test("hashes of texts are pinned, below 2^53, and spread", () => {
  expect([hashText(""), hashText("a"), hashText("alice@example.org")]).toMatchInlineSnapshot(`
    [
      7720516112838241,
      379327438606142,
      6512951630112956,
    ]
  `);
  const hashes = new Set<number>();
  for (let i = 0; i < 200_000; i++) hashes.add(hashText(`user-${i}@example.org`));
  expect(hashes.size).toBe(200_000);
  expect([...hashes].every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
});

interface Stateful {
  add(random: () => number, mono: number): number;
  image(): unknown;
  restore(image: unknown): void;
}

function withAdd<T extends Omit<Stateful, "add">>(
  detector: T,
  add: (detector: T, random: () => number, mono: number) => number,
): Stateful {
  return {
    add: (random, mono) => add(detector, random, mono),
    image: () => detector.image(),
    restore: (image) => detector.restore(image),
  };
}
