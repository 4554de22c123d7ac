import { expect, test } from "vitest";
import type { Paint } from "./io.js";
import { ago, bytesText, hanging, quietTable, timeText, wrapped } from "./layout.js";

const plain = (text: string): string => text;
const PLAIN: Paint = { bold: plain, dim: plain, good: plain, bad: plain, warn: plain };

test("colours take no room on a line", () => {
  const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
  expect(wrapped(`${red("one")} two three`, 13)).toEqual([`${red("one")} two three`]);
  expect(wrapped("one two three", 12)).toEqual(["one two", "three"]);
});

test("a word longer than the line is broken, and what follows a label hangs below its first word", () => {
  expect(wrapped("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
  expect(hanging("why  ", "because of a long reason", 26, 2)).toBe("  why  because of a long\n       reason");
});

test("a table gives way in its elastic columns, and marks do not move it", () => {
  const table = (mark?: (text: string) => string): string =>
    quietTable(
      {
        head: ["Name", "N"],
        rows: [["x".repeat(60), "1,000"]],
        ...{ right: [1], elastic: [0] },
        ...(mark !== undefined && { mark: () => mark }),
      },
      40,
      PLAIN,
    );
  const lines = table().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(lines[2]).toMatch(/x+… +1,000$/);
  expect(table((text) => `\u001b[31m${text}\u001b[39m`).replaceAll(/\u001b\[\d+m/g, "")).toBe(table());
});

test("times, sizes and how long ago", () => {
  expect(timeText(Date.UTC(2026, 0, 5, 12, 0, 1, 7))).toBe("2026-01-05 12:00:01 UTC");
  expect(timeText(NaN)).toBe("at an unknown time");
  expect([bytesText(12), bytesText(2048), bytesText(300 * 2 ** 20)]).toEqual([
    "12 bytes",
    "2.0 KiB",
    "300 MiB",
  ]);
  expect([ago(1000, 1200), ago(1000, 63_000), ago(2000, 1000)]).toEqual([
    "just now",
    "1m2s ago",
    "in 1s, by this machine's clock",
  ]);
});
