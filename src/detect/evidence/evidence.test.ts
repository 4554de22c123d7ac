import { describe, expect, test } from "vitest";
import { randomSource } from "../../../evaluation/random.js";
import { alarmThreshold, Evidence } from "./index.js";

const MEAN = 0.2;
const BETS = [0.03, 0.1, 0.25];

/** Processes whose x has a mean of at most .2, given all that came before. */
const NULLS: Readonly<Record<string, (random: () => number) => (evidence: number) => number>> = {
  "independent, at the edge": (random) => () => (random() < 0.2 ? 1 : 0),
  "after a denial at the edge, else rarely": (random) => {
    let last = 0;
    return () => (last = random() < (last === 1 ? 0.2 : 0.05) ? 1 : 0);
  },
  "parts of a whole": (random) => () => 0.4 * random(),
  "at the edge only while there is evidence": (random) => (evidence) =>
    random() < (evidence > 15 ? 0.2 : 0.01) ? 1 : 0,
  "safe until half-way, then all on one card": (random) => (evidence) =>
    evidence < 50 ? 0.2 : random() < 0.2 ? 1 : 0,
};

describe("Evidence", () => {
  test.each(Object.keys(NULLS))("an alarm within n events has a probability of at most n/c: %s", (name) => {
    const random = randomSource(6);
    const [runs, events, threshold] = [4000, 50, 100];
    let alarms = 0;
    for (let run = 0; run < runs; run++) {
      const evidence = new Evidence(MEAN, BETS);
      const next = NULLS[name]!(random);
      for (let n = 0; n < events; n++) {
        if (evidence.add(next(evidence.value), n) < threshold) continue;
        alarms += 1;
        break;
      }
    }
    expect(alarms / runs).toBeLessThanOrEqual(events / threshold);
  });

  test("an excess is found, and the evidence says since when and on what", () => {
    const evidence = new Evidence(MEAN, BETS);
    for (let n = 0; n < 200; n++) evidence.add(n % 20 === 0 ? 1 : 0, 1000 * n);
    expect(evidence.value).toBeLessThan(100);
    let n = 200;
    while (evidence.add(1, 1000 * n) < alarmThreshold(10)) n += 1;
    expect(n).toBeLessThan(225);
    expect(evidence.since).toBe(200_000);
    expect(evidence.events).toBe(n - 199);
    expect(evidence.sum).toBe(evidence.events);
  });

  test("a number that is none changes nothing and is counted", () => {
    const evidence = new Evidence(MEAN, BETS);
    evidence.add(1, 0);
    const { value } = evidence;
    for (const x of [NaN, Infinity, -Infinity]) expect(evidence.add(x, 1)).toBe(value);
    expect(evidence.skipped).toBe(3);
  });

  test("x is held between 0 and 1, and the evidence below 10^12", () => {
    const [plain, beyond] = [new Evidence(MEAN, BETS), new Evidence(MEAN, BETS)];
    for (let n = 0; n < 500; n++) expect(beyond.add(7, n)).toBe(plain.add(1, n));
    expect(plain.value).toBe(1e12);
    expect(beyond.add(-7, 500)).toBe(plain.add(0, 500));
  });

  test("a clock that goes back, or says nothing, is harmless", () => {
    const [steady, odd] = [new Evidence(MEAN, BETS, 1000), new Evidence(MEAN, BETS, 1000)];
    for (const mono of [500, 100, NaN, -Infinity, Infinity, 500, 499]) {
      expect(odd.add(1, mono)).toBe(steady.add(1, 500));
    }
    expect(Number.isFinite(odd.since)).toBe(true);
  });

  test("silence halves the evidence where time counts", () => {
    const [awake, slept] = [new Evidence(MEAN, [0.25], 1000), new Evidence(MEAN, [0.25], 1000)];
    for (let n = 0; n < 10; n++) slept.add(1, awake.add(1, n) * 0 + n);
    const before = slept.value;
    expect(awake.add(1, 1009)).toBe((before + 1) * 2);
    expect(slept.add(1, 9 + 3000)).toBe((before / 4 + 1) * 2);
    slept.add(0, 1e15);
    expect(slept.value).toBe(0.75);
  });

  test("a restored instance goes on bit for bit", () => {
    const random = randomSource(1);
    const evidence = new Evidence(MEAN, BETS, 1000);
    expect(evidence.image()).toBeNull();
    for (let n = 0; n < 300; n++) {
      const copy = new Evidence(MEAN, BETS, 1000);
      copy.restore(JSON.parse(JSON.stringify(evidence.image())));
      expect(copy.image()).toEqual(evidence.image());
      const x = random() < 0.05 ? NaN : random() ** 4;
      const mono = n * 900 + 700 * random();
      expect(copy.add(x, mono)).toBe(evidence.add(x, mono));
      expect([copy.since, copy.events, copy.sum]).toEqual([evidence.since, evidence.events, evidence.sum]);
    }
  });

  test("a reset forgets the evidence", () => {
    const evidence = new Evidence(MEAN, BETS);
    for (let n = 0; n < 30; n++) evidence.add(1, n);
    evidence.reset(40);
    expect([evidence.value, evidence.events, evidence.sum, evidence.since]).toEqual([0, 0, 0, 40]);
    expect(evidence.add(1, 50)).toBe(new Evidence(MEAN, BETS).add(1, 50));
  });

  test("the threshold shares the budget among five detectors", () => {
    expect(alarmThreshold(10)).toBe(500_000);
    expect(alarmThreshold(500)).toBe(10_000);
  });
});
