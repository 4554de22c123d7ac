import { describe, expect, test } from "vitest";
import { Rhythm } from "./rhythm.js";

/** Uniform in [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A rhythm that has seen so many gaps, and when it saw the last arrival. */
function learned(gaps: number, gap: () => number): { rhythm: Rhythm; last: number } {
  const rhythm = new Rhythm();
  let last = 1e6;
  rhythm.add(last);
  for (let i = 0; i < gaps; i++) rhythm.add((last += gap()));
  return { rhythm, last };
}

describe("a rhythm", () => {
  test("is unknown before eight gaps, and never suspicious before", () => {
    const { rhythm, last } = learned(7, () => 1000);
    expect(rhythm.known).toBe(false);
    expect(rhythm.phi(last + 1e9)).toBe(0);
    rhythm.add(last + 1000);
    expect(rhythm.known).toBe(true);
    expect(rhythm.usualGapMs).toBe(1000);
    expect(new Rhythm().usualGapMs).toBeNaN();
    expect(new Rhythm().phi(5)).toBe(0);
  });

  test("of a metronome is suspicious after four gaps, and not within two", () => {
    const { rhythm, last } = learned(100, () => 5000);
    expect(rhythm.phi(last + 10_000)).toBeLessThan(8);
    expect(rhythm.phi(last + 20_000)).toBeGreaterThan(8);
  });

  test("of random arrivals has the probability that it says", () => {
    const next = uniform(1);
    const { rhythm, last } = learned(5000, () => -1000 * Math.log(1 - next()));
    // The tail of the exponential distribution is 10^-φ, though the mean is learned of the last few dozen gaps only.
    const mean = rhythm.usualGapMs;
    for (const phi of [1, 3, 8]) {
      const silence = phi * Math.LN10 * mean;
      expect(rhythm.phi(last + silence) / phi).toBeGreaterThan(0.6);
      expect(rhythm.phi(last + silence) / phi).toBeLessThan(1.6);
    }
  });

  test("grows more suspicious with silence, and is as ever after the next arrival", () => {
    const next = uniform(2);
    const { rhythm, last } = learned(50, () => 1000 + 200 * next());
    let before = -1;
    for (let silence = 1; silence < 1e6; silence *= 1.5) {
      const phi = rhythm.phi(last + silence);
      expect(phi).toBeGreaterThanOrEqual(before);
      before = phi;
    }
    expect(before).toBeLessThanOrEqual(300);
    rhythm.add(last + 1e9);
    expect(rhythm.usualGapMs).toBeLessThan(2000);
    expect(rhythm.phi(last + 1e9 + 1000)).toBeLessThan(3);
  });

  test("learns a new one", () => {
    const { rhythm, last } = learned(100, () => 1000);
    for (let i = 1; i <= 200; i++) rhythm.add(last + i * 60_000);
    expect(rhythm.usualGapMs / 60_000).toBeCloseTo(1, 1);
  });

  test("takes time that goes back or is no number for no time", () => {
    const { rhythm, last } = learned(50, () => 1000);
    const image = JSON.stringify(rhythm.image());
    for (const bad of [NaN, Infinity, last - 5000]) rhythm.add(bad);
    expect(JSON.stringify(rhythm.image())).toBe(image);
    for (const at of [NaN, last, last - 5]) expect(rhythm.phi(at)).toBe(0);
    const still = learned(50, () => 0).rhythm;
    expect(still.known).toBe(false);
    expect(still.phi(1e12)).toBe(0);
  });

  test("goes on bit for bit the same when restored", () => {
    const next = uniform(3);
    const { rhythm, last } = learned(30, () => 1000 * next());
    const copy = new Rhythm();
    copy.restore(JSON.parse(JSON.stringify(rhythm.image())));
    for (let i = 1; i < 50; i++) {
      const at = last + i * 700;
      expect(copy.phi(at)).toBe(rhythm.phi(at));
      copy.add(at);
      rhythm.add(at);
    }
    const asNew = new Rhythm();
    asNew.restore(new Rhythm().image());
    expect(asNew.image()).toBeNull();
  });
});
