import { LaneScore } from "../../../src/detect/score/index.js";
import { randomSource } from "../../random.js";
import { killedAt, killedAtEnforced, killedByPeekingAt } from "./lanes.js";
import { many, percent, shareOf } from "./stats.js";
import type { Curve, Table } from "../../section.js";
import type { RegimeSlice, ScoreSettings } from "../../../src/detect/score/index.js";

/** The bar: lanes exactly at the floor, and the share of them that may ever be killed. */
export const LANES = 10_000;
const EVENTS = 2000;
export const MOST_WRONG = 0.01;

/** Events at which lanes at the floor were killed. */
export interface AtFloor {
  readonly ours: readonly number[];
  readonly enforced: readonly number[];
  readonly slices: readonly number[];
  readonly peeking: readonly number[];
}

/** Simulates lanes whose success is exactly the floor. */
export function lanesAtFloor(settings: ScoreSettings, seed: number): AtFloor {
  const random = randomSource(seed);
  const ok = () => random() < settings.execBlackFill;
  const some = LANES / 10;
  return {
    ours: many(LANES, () => killedAt(new LaneScore(), ok, EVENTS, settings)),
    enforced: many(some, () => killedAtEnforced(new LaneScore(), ok, EVENTS, settings)),
    slices: many(5 * some, () =>
      killedAt(new LaneScore(), ok, EVENTS, settings, (i) => (i % 3) as RegimeSlice),
    ),
    peeking: many(some, () => killedByPeekingAt(ok, EVENTS, settings.execBlackFill)),
  };
}

/** The table of wrong kills. */
export function wrongKills(floors: readonly { settings: ScoreSettings; floor: AtFloor }[]): Table {
  return {
    title: `Lanes exactly at the floor, looked at after each of ${EVENTS} events: percent ever killed`,
    columns: [
      "floor",
      "ours, all events pass",
      "ours, enforced",
      "ours, three regimes in turn",
      "posterior at 95 %, peeking",
      "null (never kills)",
    ],
    rows: floors.map(({ settings, floor }) => [
      settings.execBlackFill,
      percent(shareOf(floor.ours)),
      percent(shareOf(floor.enforced)),
      percent(shareOf(floor.slices)),
      percent(shareOf(floor.peeking)),
      0,
    ]),
  };
}

/** Wrong kills by the number of looks. */
export function wrongCurve(settings: ScoreSettings, { ours, peeking }: AtFloor): Curve {
  const looks = [10, 20, 50, 100, 200, 500, 1000, EVENTS];
  const points = (killed: readonly number[]) => looks.map((n) => [n, 100 * shareOf(killed, n)] as const);
  return {
    id: `kills-wrong-${settings.execBlackFill}`,
    title: `Lanes at the floor ${settings.execBlackFill}: killed by event`,
    x: "events, each followed by a look",
    y: "lanes killed, %",
    logX: true,
    series: [
      { name: "ours", points: points(ours), kind: "step" },
      { name: "posterior at 95 %, peeking", points: points(peeking), kind: "step" },
      {
        name: "bar",
        points: [
          [10, 100 * MOST_WRONG],
          [EVENTS, 100 * MOST_WRONG],
        ],
      },
      { name: "default", points: [[EVENTS, 100 * shareOf(ours)]], kind: "points" },
    ],
  };
}
