import { LaneScore, SCORE_DEFAULTS } from "../../../src/detect/score/index.js";
import { randomSource } from "../../random.js";
import { LANES, MOST_WRONG, lanesAtFloor, wrongCurve, wrongKills } from "./at-floor.js";
import { fallOf, killedAt, killedByEdgeAt } from "./lanes.js";
import { many, number, percent, quantile, shareOf } from "./stats.js";
import { resultsAtFloor } from "./results.js";
import type { Curve, EvaluationSet, Table } from "../../section.js";
import type { ScoreSettings } from "../../../src/detect/score/index.js";

const TITLE = "Scorer: wrong kills, and how fast right ones are";
const SEED = 20_240_601;
/** The other bar: a lane that turns bad after so many good events is killed within so many. */
const GOOD_EVENTS = 10_000;
const KILLED_WITHIN = 200;
const TURNING_LANES = 100;

/** The defaults, and a lane that has to work half of the time. */
const FLOORS: readonly ScoreSettings[] = [
  SCORE_DEFAULTS,
  { ...SCORE_DEFAULTS, execBlackFill: 0.5, execRedFill: 0.55, execYellowFill: 0.6 },
];

/** Simulated lanes: it needs no data. */
export const kills: EvaluationSet = {
  id: "kills",
  title: TITLE,
  evaluate(_folder, tell) {
    let done = 0;
    const step = () => tell(++done, 8);
    const atFloor = FLOORS.map((settings, i) => (step(), lanesAtFloor(settings, SEED + i)));
    const turning = FLOORS.map((settings, i) => (step(), lanesThatTurn(settings, SEED + 10 + i)));
    step();
    const fresh = newBadLanes(SEED + 20);
    step();
    const edges = edgesAtFloor(SEED + 30);
    step();
    const regimes = twoStrategies(SEED + 40);
    step();
    const toZero = turning.flatMap((floor) => floor.cases).filter((turn) => turn.bad === 0);
    return {
      id: "kills",
      title: TITLE,
      intro:
        "A lane exactly at its floor must not be killed; the chance that it ever is has a bound that holds however often one looks. " +
        "A lane that turns bad must be killed soon, even after a long good history, which a test without a plan for that would not do for thousands of events.",
      tables: [
        wrongKills(FLOORS.map((settings, i) => ({ settings, floor: atFloor[i]! }))),
        delays(FLOORS.map((settings, i) => ({ settings, cases: turning[i]!.cases }))),
        fresh,
        edges.table,
        regimes.table,
      ],
      curves: [
        ...FLOORS.map((settings, i) => wrongCurve(settings, atFloor[i]!)),
        delayCurve(FLOORS.map((settings, i) => ({ settings, cases: turning[i]!.cases }))),
      ],
      bars: [
        ...FLOORS.map((settings, i) => ({
          name: `share of ${LANES} lanes at the floor ${settings.execBlackFill} that were ever killed`,
          value: shareOf(atFloor[i]!.ours),
          want: "<=" as const,
          target: MOST_WRONG,
        })),
        {
          name: "share of lanes at the floor in three regimes that were killed in any",
          value: Math.max(...atFloor.map(({ slices }) => shareOf(slices))),
          want: "<=",
          target: MOST_WRONG,
        },
        {
          name: `share of lanes that fail always after ${GOOD_EVENTS} good events, killed within ${KILLED_WITHIN}`,
          value: Math.min(...toZero.map(({ black }) => shareOf(black, KILLED_WITHIN))),
          want: ">=",
          target: 1,
        },
        {
          name: "share of lanes that die in shock only, dead in shock and green in calm",
          value: regimes.share,
          want: ">=",
          target: 0.99,
        },
      ],
      notes: [
        "Execution: the bound is a theorem (stakes out of one purse, Ville's inequality). A kill needs odds of 140 to 1, so that at most 0.71 % of lanes at the floor " +
          "are ever killed, and a count over 10,000 lanes stays under 1 % in spite of chance.",
        "Edge: the test needs the spread of results, which it has to estimate; it is calibrated, not guaranteed. Where rare large gains pay for many small losses and none has " +
          "come yet, nothing in the data speaks for the lane, and it may be killed wrongly: the rows `lottery` say how often.",
        "A turn to a tenth of the floor 0.05 cannot be killed within 200 events in most lanes by any test with this error rate: 200 events hold 6.9 nats of evidence on average, and odds of " +
          "140 to 1 after one stake in six cost 6.7. Such a lane is red, and so blocked, long before.",
        "Lanes let all events pass, as in shadow mode. Under enforcement a red lane only probes, and fewer are killed.",
      ],
    };
  },
};

interface Turn {
  readonly good: number;
  readonly bad: number;
  readonly red: readonly number[];
  readonly black: readonly number[];
}

/** Lanes that do well for a long time and then badly. */
function lanesThatTurn(settings: ScoreSettings, seed: number): { readonly cases: readonly Turn[] } {
  const random = randomSource(seed);
  const goods = [0.95, Math.max(0.6, settings.execYellowFill + 0.1)];
  const bads = [0, settings.execBlackFill / 10];
  return {
    cases: goods.flatMap((good) =>
      bads.map((bad) => {
        const falls = Array.from({ length: TURNING_LANES }, () => {
          const lane = new LaneScore();
          killedAt(lane, () => random() < good, GOOD_EVENTS, settings);
          return fallOf(lane, () => random() < bad, 2000, settings);
        });
        return { good, bad, red: falls.map((fall) => fall.red), black: falls.map((fall) => fall.black) };
      }),
    ),
  };
}

function delays(floors: readonly { settings: ScoreSettings; cases: readonly Turn[] }[]): Table {
  return {
    title: `Lanes that turn bad after ${GOOD_EVENTS} good events: events until red and until killed`,
    columns: [
      "floor",
      "good",
      "bad",
      "red, median (0: was red before)",
      "killed, median",
      "killed, 99 %",
      `killed within ${KILLED_WITHIN}, %`,
      "plain e-process, killed",
      "null",
    ],
    rows: floors.flatMap(({ settings, cases }) =>
      cases.map(({ good, bad, red, black }) => [
        settings.execBlackFill,
        good,
        bad,
        number(quantile(red, 0.5)),
        number(quantile(black, 0.5)),
        number(quantile(black, 0.99)),
        percent(shareOf(black, KILLED_WITHIN)),
        plainDelay(settings.execBlackFill, good, bad),
        "never",
      ]),
    ),
  };
}

/** Events that a bet on a tenth of the floor needs to win back what a long good history lost, on average. */
function plainDelay(floor: number, good: number, bad: number): number {
  const ok = Math.log(0.1);
  const miss = Math.log((1 - floor / 10) / (1 - floor));
  const lost = GOOD_EVENTS * (good * ok + (1 - good) * miss);
  return Math.ceil((Math.log(100) - lost) / (bad * ok + (1 - bad) * miss));
}

function newBadLanes(seed: number): Table {
  const random = randomSource(seed);
  const rows = FLOORS.flatMap((settings) =>
    [0, 0.1, 0.2, 0.4].map((share) => {
      const success = share * settings.execBlackFill;
      const falls = Array.from({ length: 300 }, () =>
        fallOf(new LaneScore(), () => random() < success, 3000, settings),
      );
      const black = falls.map((fall) => fall.black);
      return [
        settings.execBlackFill,
        success,
        number(
          quantile(
            falls.map((fall) => fall.red),
            0.5,
          ),
        ),
        number(quantile(black, 0.5)),
        number(quantile(black, 0.99)),
      ];
    }),
  );
  return {
    title: "New lanes that are bad from the start: events until red and until killed",
    columns: ["floor", "success", "red, median", "killed, median", "killed, 99 %"],
    rows,
  };
}

function edgesAtFloor(seed: number): { readonly table: Table } {
  const random = randomSource(seed);
  const floor = SCORE_DEFAULTS.edgeBlackMeanCents;
  const rows = resultsAtFloor(random, floor).map(({ name, next }) => {
    const wrong = many(500, () => killedByEdgeAt(new LaneScore(), next, 1000, SCORE_DEFAULTS));
    const lower = many(100, () => killedByEdgeAt(new LaneScore(), () => next() - 10, 1000, SCORE_DEFAULTS));
    return [name, percent(shareOf(wrong)), number(quantile(lower, 0.5)), number(quantile(lower, 0.99)), 0];
  });
  return {
    table: {
      title: `Results whose mean is exactly ${floor} cents: percent ever killed; and killed when the mean is 10 cents lower`,
      columns: [
        "results",
        "wrong kills in 1,000 results, %",
        "10 lower: killed, median",
        "10 lower: killed, 99 %",
        "null, %",
      ],
      rows,
    },
  };
}

/** Nine of ten actions work in calm, one of fifty in shock: the lane is two strategies. */
function twoStrategies(seed: number): { readonly table: Table; readonly share: number } {
  const random = randomSource(seed);
  const lanes = Array.from({ length: 200 }, () => {
    const lane = new LaneScore();
    for (let i = 0; i < 6000; i++) {
      const isShock = i % 100 >= 60;
      lane.settle(random() < (isShock ? 0.02 : 0.9), NaN, isShock ? 2 : 0, 0, SCORE_DEFAULTS);
    }
    return lane;
  });
  const view = lanes[0]!.view(0, SCORE_DEFAULTS);
  const right = lanes.filter(
    (lane) => lane.health(0) === "green" && lane.health(2) !== "green" && lane.health(2) !== "yellow",
  );
  return {
    share: right.length / lanes.length,
    table: {
      title:
        "One lane, two strategies: 0.9 in calm, 0.02 in shock (60 events of calm, 40 of shock, in turn); all regimes together 0.55",
      columns: ["regime", "status", "success believed", "size", "why"],
      rows: view.slices.map((slice) => [
        slice.regime,
        slice.status,
        slice.success,
        slice.sizeMultiplier,
        slice.sentence,
      ]),
    },
  };
}

function delayCurve(floors: readonly { settings: ScoreSettings; cases: readonly Turn[] }[]): Curve {
  const at = Array.from({ length: 41 }, (_, i) => 10 * i);
  return {
    id: "kills-delay",
    title: `Lanes that turn bad after ${GOOD_EVENTS} good events: killed by event`,
    x: "events since the turn",
    y: "lanes killed, %",
    series: [
      ...floors.flatMap(({ settings, cases }) =>
        cases.map(({ good, bad, black }) => ({
          name: `floor ${settings.execBlackFill}, ${good} to ${bad}`,
          points: at.map((n) => [n, 100 * shareOf(black, n)] as const),
          kind: "step" as const,
        })),
      ),
      { name: "bar", points: [[KILLED_WITHIN, 100]], kind: "points" },
    ],
  };
}
