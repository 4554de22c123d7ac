import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, MAX_DURATION_MS, parseDuration } from "./duration.js";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    ["1.1s", 1100],
    ["0.001s", 1],
    ["90s", 90_000],
    ["3650d", MAX_DURATION_MS],
    ["1w1d1h1m1s1ms", 694_861_001],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    "",
    "5",
    "s",
    "5 s",
    " 5s",
    "5s ",
    "-5s",
    "+5s",
    "0s",
    "0ms",
    "1.5ms",
    "1.0001s",
    "30m1h",
    "1s1s",
    "5min",
    "5S",
    "1e3s",
    "Infinity",
    "NaNs",
    ".5s",
    "5.s",
    "3651d",
    "3650d1ms",
    "9".repeat(99) + "d",
    "1s".repeat(1000),
    "١s",
    "1h\n",
  ])("%j is not a duration", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test.each([
    [0, "0s"],
    [1, "1ms"],
    [0.2, "1ms"],
    [90_000, "1m30s"],
    [604_800_000, "1w"],
    [864_000_000, "10d"],
    [5_400_001, "1h30m1ms"],
  ])("%d ms is written %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("every duration is read back as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_DURATION_MS }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  test("what is no length of time is not written", () => {
    for (const ms of [NaN, Infinity, -1]) expect(() => formatDuration(ms)).toThrow(/must be a finite number/);
  });

  test("no text makes the reader throw or give anything but whole milliseconds", () => {
    const piece = fc.constantFrom("1", "0", "99999", ".", "ms", "s", "m", "h", "d", "w", "-", " ");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const ms = parseDuration(pieces.join(""));
        expect(ms === null || (Number.isInteger(ms) && ms >= 1 && ms <= MAX_DURATION_MS)).toBe(true);
      }),
    );
  });
});
