import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { blastRadius } from "./index.js";
import type { BlastLine } from "./index.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const MONDAYS = "Only allow payments on Mondays between 09:00 and 17:00";
const SATURDAYS = "Only allow payments on Saturdays between 00:00 and 01:00";
const TRADING = "Only allow trades on weekdays between 09:30 and 16:00 New York time";

describe("the search waits for the doors to open", () => {
  test.each<[policy: string[], horizonMs: number, calls: number]>([
    [[`${MONDAYS} London time`, "Cap payments at 3 per hour"], DAY, 24],
    [[MONDAYS, "Cap payments at 5 per hour"], 8 * HOUR, 40],
    [[MONDAYS, "Cap payments at 5 per hour"], DAY, 40],
    [[MONDAYS, "Cap payments at 5 per hour"], 2 * DAY, 40],
    [[SATURDAYS, "Cap payments at 5 per hour"], DAY, 5],
    [["Only allow payments on Mondays", "Cap payments at 10 per day"], 3 * DAY, 10],
    [["Only allow payments on Mondays", "Cap payments at 10 today"], 3 * DAY, 10],
    [[TRADING, "Cap trades at 10 per hour"], 30 * HOUR, 140],
    [[TRADING, "Cap trades at 10 per hour"], 36 * HOUR, 140],
    [[TRADING, "Cap trades at 10 per 36 hours"], 5 * DAY, 30],
    [[TRADING, "Cap trades at 1 per 90 minutes with bursts of 1"], 2 * DAY, 11],
    [[`${MONDAYS} London time`, "Cap payments at 3 per 7 hours"], 31 * HOUR, 6],
  ])("%j within %d ms", (policy, horizonMs, calls) => {
    expect(lineOf(policy, horizonMs, "calls")).toMatchObject({ bound: calls, reached: { amount: calls } });
  });

  test("an amount is reached, too", () => {
    const policy = [`${MONDAYS} London time`, "Cap payments at 3 per 7 hours", "No payment above $40"];
    for (const horizonMs of [DAY, 50 * HOUR])
      expect(lineOf(policy, horizonMs, "usd")).toMatchObject({ bound: 240, reached: { amount: 240 } });
  });

  test("tools that are open on different days do not add up in one attack that cannot meet both", () => {
    const policy = compilePolicy([
      "Only allow `pay` and `trade`",
      { id: "a", kind: "access", effect: "deny", match: { series: "pay", except: on("mon") } },
      { id: "b", kind: "access", effect: "deny", match: { series: "trade", except: on("sat") } },
      "Cap `pay` at 10 per day",
      "Cap `trade` at 7 per day",
    ] as RuleInput[]);
    const bound = (horizonMs: number): number | null =>
      blastRadius(policy, { horizonMs, measures: ["calls"] }).lines.find(({ series }) => series === "all")!
        .bound;
    expect([bound(DAY), bound(3 * DAY)]).toEqual([10, 17]);
  });
});

function on(day: string): object {
  return { schedule: { days: [day], timeZone: "UTC" } };
}

function lineOf(policy: readonly string[], horizonMs: number, measure: string): BlastLine {
  const { lines } = blastRadius(compilePolicy([...policy]), { horizonMs, measures: [measure] });
  return lines.find(({ series, bound }) => Array.isArray(series) && bound !== null)!;
}
