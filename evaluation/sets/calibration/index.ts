import { alarmThreshold } from "../../../src/detect/evidence/index.js";
import type { Curve, EvaluationSet, Section, Table } from "../../section.js";
import { inARow, medianDelay, never, storm } from "./delays.js";
import { alarmsOfMix } from "./mix.js";
import type { MixRow } from "./mix.js";
import { PROCESSES } from "./processes.js";
import { countAlarms, lowerEnd, meanRunLength } from "./runs.js";
import type { Count } from "./runs.js";

const FALSE_ALARMS_PER_MILLION = 10;
const DIAL = alarmThreshold(FALSE_ALARMS_PER_MILLION);
const SEED = 20_240_607;

/** Thresholds, and within how many events the alarms are counted. */
const SHORT = { thresholds: [100, 1000, 10_000], horizons: [20, 50, 100, 500, 2000], runs: 3000 };
const LONG = { thresholds: [DIAL], horizons: [100_000], runs: 60 };
/** A measured ratio says something from this many alarms on that the bound would allow: its error is below 6 %. */
const ENOUGH_ALLOWED = 300;
const DECISIONS_OF_A_HABIT = 500_000;
const DELAY_RUNS = 301;
const SHARES = [0.3, 0.5, 0.9, 1];

/** The promise of the dial, on processes that keep the null in many ways, and on some that break it. */
export const calibration: EvaluationSet = {
  id: "calibration",
  title: "False alarms: the promise and what is measured",
  evaluate(_, tell): Section {
    const steps = PROCESSES.length + 2;
    const counts = PROCESSES.map((process, i) => {
      const short = countAlarms(process, SHORT.thresholds, SHORT.horizons, SHORT.runs, SEED + i);
      const long = countAlarms(process, LONG.thresholds, LONG.horizons, LONG.runs, SEED - i);
      tell(i + 1, steps);
      return [...short, ...long];
    });
    const mix = alarmsOfMix(DECISIONS_OF_A_HABIT, DIAL, SEED);
    tell(steps - 1, steps);
    const delays = delayTable();
    tell(steps, steps);
    return sectionOf(counts, mix, delays);
  },
};

function sectionOf(counts: readonly (readonly Count[])[], mix: readonly MixRow[], delays: Table): Section {
  const nulls = counts.flat().filter(({ process }) => process.isNull);
  return {
    id: calibration.id,
    title: calibration.title,
    intro:
      "With threshold c, the probability of an alarm within n events is at most n/c wherever the mean of what is " +
      "observed, given the past, is at most .2. A ratio is the measured probability over n/c: above 1 it would be a " +
      `breach. The default dial, ${FALSE_ALARMS_PER_MILLION} false alarms in a million decisions, is c = ${DIAL}.`,
    tables: [ratioTable(counts), runLengthTable(), mixTable(mix), delays, DELAY_ANCHORS],
    curves: [probabilityCurve(counts), delayCurve()],
    bars: [
      {
        name: `worst ratio of the measured probability of an alarm to n/c, where n/c allows ${ENOUGH_ALLOWED} alarms`,
        value: worstRatio(nulls),
        want: "<=",
        target: 1,
      },
      {
        name: "worst such ratio that is certain at 99.9 %, for any n",
        value: worstCertain(nulls),
        want: "<=",
        target: 1,
      },
      {
        name: "false alarms in a million decisions on the mix of ordinary lanes, three detectors",
        value: perMillion(mix),
        want: "<=",
        target: FALSE_ALARMS_PER_MILLION,
      },
    ],
    notes: NOTES,
  };
}

/** What n/c allows. */
function bound({ events, threshold }: Count): number {
  return Math.min(1, events / threshold);
}

/** How much of what the bound allows was used. */
function ratio(count: Count): number {
  return count.alarms / count.runs / bound(count);
}

/** A bound of 1 says nothing, and neither do a few alarms. */
function isTelling(count: Count): boolean {
  return bound(count) < 1 && count.runs * bound(count) >= ENOUGH_ALLOWED;
}

function worstRatio(of: readonly Count[]): number {
  return Math.max(...of.filter(isTelling).map(ratio));
}

/** The worst ratio that chance does not explain, where few alarms are allowed, too. */
function worstCertain(of: readonly Count[]): number {
  return Math.max(...of.filter((count) => bound(count) < 1).map((count) => lowerEnd(count) / bound(count)));
}

function ratioTable(counts: readonly (readonly Count[])[]): Table {
  const at = (of: readonly Count[], c: number): readonly Count[] =>
    of.filter(({ threshold }) => threshold === c);
  return {
    title: `Measured probability of an alarm over n/c: the worst over n; at the dial, at n = ${LONG.horizons[0]} in ${LONG.runs} runs`,
    columns: ["process", ...SHORT.thresholds.map((c) => `c = ${c}`), `c = ${DIAL}`, "certain at 99.9 %"],
    rows: [
      ...counts.map((of) => [
        of[0]!.process.name,
        ...SHORT.thresholds.map((c) => worstRatio(at(of, c))),
        Math.max(...at(of, DIAL).map(ratio)),
        worstCertain(of),
      ]),
      ["null detector", ...SHORT.thresholds.map(() => 0), 0, 0],
    ],
  };
}

function runLengthTable(): Table {
  const [edge] = PROCESSES;
  return {
    title: "Mean events to a false alarm, independent events at the edge: at least c is promised",
    columns: ["c", "events", "runs"],
    rows: [
      [100, meanRunLength(edge!, 100, 2000, 100_000, SEED), 2000],
      [1000, meanRunLength(edge!, 1000, 400, 100_000, SEED), 400],
      [10_000, meanRunLength(edge!, 10_000, 60, 200_000, SEED), 60],
    ],
  };
}

function alarmsOf({ denials, newcomers, runaway }: MixRow): number {
  return denials + newcomers + runaway;
}

function perMillion(mix: readonly MixRow[]): number {
  const decisions = mix.reduce((sum, row) => sum + row.decisions, 0);
  return (1e6 * mix.reduce((sum, row) => sum + alarmsOf(row), 0)) / decisions;
}

function mixTable(mix: readonly MixRow[]): Table {
  return {
    title: "Alarms of ordinary lanes at the default dial, each from its cold start",
    columns: ["lanes", "decisions", "denials", "newcomers", "runaway", "of a million"],
    rows: [
      ...mix.map((row) => [
        ...[row.habit, row.decisions, row.denials, row.newcomers, row.runaway],
        perMillion([row]),
      ]),
      ["null detector", mix.reduce((sum, row) => sum + row.decisions, 0), 0, 0, 0, 0],
    ],
  };
}

function delayTable(): Table {
  const detectors = [
    { name: `denials, c = ${DIAL} (default)`, alarm: storm(DIAL) },
    { name: "denials, c = 10000", alarm: storm(10_000) },
    { name: "5 in a row", alarm: inARow(5) },
    { name: "null detector", alarm: never },
  ];
  return {
    title: "Median events to the alarm, after denials rose from 5 %",
    columns: ["", ...SHARES.map((share) => `to ${100 * share} %`)],
    rows: detectors.map(({ name, alarm }) => [
      name,
      ...SHARES.map((share) => {
        const delay = medianDelay(alarm, share, DELAY_RUNS, SEED);
        return delay === Infinity ? "never" : delay;
      }),
    ]),
  };
}

const DELAY_ANCHORS: Table = {
  title: "Anchors: the same measure for others, by a prototype",
  columns: ["", "to 30 %", "to 50 %", "to 90 %", "to 100 %", "mean events to a false alarm"],
  rows: [
    ["rein-ai", "never", "never", 54, 48, ""],
    ["resilience4j", "almost never", 123, 53, 47, ""],
    ["Finagle, moving average", 27, 13, 6, 6, "704 at 10 %"],
    ["5 in a row", 522, 60, 7, 5, ""],
    ["e-detector, bold bets, m0 = .1", 47, 17, 6, 5, "13,900 or more at 10 %"],
    ["e-detector, m0 = .2, c = 10000", 194, 39, 15, 13, ""],
  ],
};

function probabilityCurve(counts: readonly (readonly Count[])[]): Curve {
  const threshold = 1000;
  return {
    id: "calibration-probability",
    title: "Probability of an alarm within n events, c = 1,000",
    x: "events",
    y: "probability",
    logX: true,
    series: [
      {
        name: "bound n/c",
        points: SHORT.horizons.map((events) => [events, Math.min(1, events / threshold)] as const),
      },
      ...counts.map((of) => ({
        name: of[0]!.process.name,
        points: of
          .filter((count) => count.threshold === threshold)
          .map(({ events, alarms, runs }) => [events, alarms / runs] as const),
      })),
    ],
  };
}

function delayCurve(): Curve {
  const thresholds = [100, 1000, 10_000, 100_000, 1e6, 1e7];
  const delay = (c: number, share: number): number => medianDelay(storm(c), share, DELAY_RUNS, SEED);
  return {
    id: "calibration-delay",
    title: "Events to the alarm over the threshold, after denials rose from 5 %",
    x: "threshold c",
    y: "median events",
    logX: true,
    series: [0.5, 0.9].flatMap((share) => [
      { name: `to ${100 * share} %`, points: thresholds.map((c) => [c, delay(c, share)] as const) },
      {
        name: `to ${100 * share} %, default`,
        points: [[DIAL, delay(DIAL, share)] as const],
        kind: "points" as const,
      },
    ]),
  };
}

const NOTES: readonly string[] = [
  "The bound is a theorem for a fixed null: denials, errors and loops. Newcomers and runaway learn a part of theirs; " +
    "for them the mix of ordinary lanes says how well they are calibrated.",
  "Denials that come in runs break the null, whatever their share: after the first one, the next is all but certain. " +
    "Small bets soften that and do not mend it. A batch that is counted as one observation keeps the null.",
  "A stream that is at the edge in every single event alarms with certainty at n = c, which the bound allows.",
];
