import { describe, expect, test } from "vitest";
import { ChangePoints } from "./change-points.js";

/** Standard normal: mulberry32, then Box and Muller. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Where the committed segments begin. */
function changesOf(length: number, value: (i: number) => number, detector = new ChangePoints()): number[] {
  const found: number[] = [];
  for (let i = 0; i < length; i++) if (detector.add(value(i))) found.push(i + 1 - detector.ago);
  return found;
}

describe("change points", () => {
  test("are found where the level jumped, within a few values", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = noise(seed);
      const detector = new ChangePoints();
      const found = changesOf(300, (i) => next() + (i >= 100 && i < 200 ? 6 : 0), detector);
      expect(found).toHaveLength(2);
      expect(Math.abs(found[0]! - 100)).toBeLessThanOrEqual(2);
      expect(Math.abs(found[1]! - 200)).toBeLessThanOrEqual(2);
      expect(Math.abs(detector.from - 6)).toBeLessThan(0.5);
      expect(Math.abs(detector.mean)).toBeLessThan(0.5);
      expect(detector.size).toBe(300 - found[1]!);
      expect(detector.deviation).toBeGreaterThan(0.7);
      expect(detector.deviation).toBeLessThan(1.5);
    }
  });

  test("are found where only the spread changed", () => {
    const next = noise(21);
    const found = changesOf(400, (i) => next() * (i >= 200 ? 5 : 1));
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]! - 200)).toBeLessThan(10);
  });

  test("are none in noise, heavy tails, memory, walks, trends and single outliers", () => {
    const next = noise(22);
    let memory = 0;
    let walk = 0;
    const kinds: Readonly<Record<string, (i: number) => number>> = {
      normal: next,
      heavy: () =>
        next() / Math.sqrt((next() ** 2 + next() ** 2 + next() ** 2 + next() ** 2 + next() ** 2) / 5),
      memory: () => (memory = 0.8 * memory + 0.6 * next()),
      walk: () => (walk += next()),
      trend: (i) => 0.3 * i + 0.2 * next(),
      season: (i) => 3 * Math.sin(i / 4) + 0.3 * next(),
      outliers: (i) => (i % 97 === 50 ? 30 : next()),
      constant: () => 0,
    };
    for (const [name, value] of Object.entries(kinds)) expect(changesOf(1000, value), name).toEqual([]);
  });

  test("of a trend are found where its slope changes", () => {
    const next = noise(23);
    let level = 0;
    const found = changesOf(200, (i) => (level += i < 100 ? 1 : -1) + 0.3 * next());
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]! - 100)).toBeLessThanOrEqual(3);
  });

  test("need no memory beyond the hypotheses", () => {
    const next = noise(24);
    for (const hypotheses of [2, 3, 16]) {
      const detector = new ChangePoints({ hypotheses });
      changesOf(500, next, detector);
      expect(JSON.stringify(detector.image()).length).toBeLessThan(hypotheses * 20 * 25 + 500);
    }
  });

  test("skip what is no usable number", () => {
    const next = noise(25);
    const detector = new ChangePoints();
    const other = new ChangePoints();
    for (let i = 0; i < 100; i++) {
      const value = next();
      for (const bad of [NaN, Infinity, -Infinity, 1e121]) expect(detector.add(bad)).toBe(false);
      expect(detector.add(value)).toBe(other.add(value));
    }
    expect(detector.skipped).toBe(400);
    expect(detector.mean).toBe(other.mean);
    for (const large of [1e120, -1e120, 1e120, 0, 1e-300]) detector.add(large);
    expect(JSON.stringify(detector.image())).not.toContain("null");
  });

  test("go on bit for bit the same when restored", () => {
    for (const cut of [0, 1, 5, 40, 99, 103, 150]) {
      const draw = noise(26);
      const values = Array.from({ length: 250 }, (_, i) => draw() + (i >= 100 ? 4 : 0) + (i >= 180 ? 9 : 0));
      const original = new ChangePoints();
      for (let i = 0; i < cut; i++) original.add(values[i]!);
      const copy = new ChangePoints();
      copy.restore(JSON.parse(JSON.stringify(original.image())));
      for (let i = cut; i < 250; i++) expect(copy.add(values[i]!)).toBe(original.add(values[i]!));
      expect(JSON.stringify(copy.image())).toBe(JSON.stringify(original.image()));
      expect([copy.from, copy.to, copy.ago]).toEqual([original.from, original.to, original.ago]);
    }
    expect(new ChangePoints().image()).toBeNull();
  });
});
