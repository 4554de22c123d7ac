import { describe, expect, test } from "vitest";
import { nearest } from "./nearest.js";

describe("nearest", () => {
  const words = ["rate", "budget", "concurrency", "access", "timeout", "minSamplesForKill"];

  test.each([
    ["rat", "rate"],
    ["budgte", "budget"],
    ["Budget", "budget"],
    ["concurency", "concurrency"],
    ["min_samples_for_kill", "minSamplesForKill"],
    ["timout", "timeout"],
  ])("%s stands for %s", (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });

  test("a word that is like none gets no guess", () => {
    for (const word of ["", "zzz", "x", "refund", "b".repeat(1_000_000)])
      expect(nearest(word, words)).toBeUndefined();
  });

  test("the nearer of two is taken, the first of equals", () => {
    expect(nearest("abcd", ["abxd", "abcdx", "abcd"])).toBe("abcd");
    expect(nearest("abcd", ["abcx", "abcy"])).toBe("abcx");
  });
});
