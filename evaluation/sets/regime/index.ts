import { Regime } from "../../../src/detect/regime/index.js";
import type { RegimeState } from "../../../src/detect/regime/index.js";
import type { Bar, Curve, EvaluationSet, Section, Table } from "../../section.js";
import {
  ewmaGauss,
  ewmaT5,
  expandingGauss,
  FORGETTING,
  mixtureOfEwmaT5,
  rollingGauss,
} from "./forecasters.js";
import type { LogScores } from "./forecasters.js";
import { readReturns } from "./read.js";
import type { Returns } from "./read.js";
import { simulated } from "./simulated.js";

const WARM_UP = 100;
/** Of RiskMetrics, and of the t anchor of the bar. */
const DAILY = 0.94;
/** Half of the rows that a picture shows. */
const HALF_WINDOW = 400;

/** The regime detector as a forecaster of how wide prices swing: one-step log scores on daily returns. */
export const regime: EvaluationSet = {
  id: "regime",
  title: "Regime: log score of the spread, and how often the regime flips",
  evaluate(folder, tell): Section | null {
    const all = readReturns(folder);
    if (all === null) return null;
    const runs = all.map((returns, i) => {
      const run = runOf(returns);
      tell(i + 1, all.length);
      return run;
    });
    const raw = simulated();
    return {
      id: regime.id,
      title: regime.title,
      intro:
        "Daily log returns are one signal of the regime detector, a tick each, with its own settings. Scored is the density, " +
        `in nats, that it gave each value before it saw it, from value ${WARM_UP + 1} on: higher is better. A density that is ` +
        "right about the spread is what the probability of a regime stands on.",
      tables: [scores(runs), states(runs), raw.table],
      curves: runs.flatMap((run) => [episode(run), memory(run)]),
      bars: [...runs.flatMap(bars), ...raw.bars],
      notes: [
        "On a few hundred values the anchors are close: over stretches of 500 to 1,100 days, ours is ahead of both on most, not on all.",
        "Anchors have no settings here but the forgetting factor; the variance starts as the mean of the squares so far.",
        "The null detector of the regimes is the expanding normal distribution: it knows one spread and is never alarmed.",
        "Whether a signal stays around a level or wanders is decided by the detector. The null detector of the simulated signals is never alarmed; the rule of deviations shows what a fixed level makes of a walk.",
        "A signal that stands still in nearly all ticks and then moves is unusual at first; a price in cents that rarely moves shows a wider spread late.",
        "No labels say when markets were stressed, so that the share of time in each regime and the flips are shown, not scored.",
      ],
    };
  },
};

interface Run {
  readonly returns: Returns;
  readonly ours: number;
  readonly anchors: readonly (readonly [name: string, score: number])[];
  readonly flips: number;
  readonly counts: Readonly<Record<RegimeState, number>>;
  readonly shock: readonly number[];
  readonly unusual: readonly number[];
}

const EWMA_T5 = `EWMA with t5, ${DAILY}`;
const MIXTURE = "mixture of EWMA with t5";

function runOf(returns: Returns): Run {
  const { values } = returns;
  const detector = new Regime();
  const logScores: number[] = [];
  const shock: number[] = [];
  const unusual: number[] = [];
  const counts: Record<RegimeState, number> = { normal: 0, stressed: 0, shock: 0, unknown: 0 };
  let flips = 0;
  values.forEach((value, day) => {
    detector.push("return", value, day);
    if (detector.tick(day)) flips++;
    logScores.push(detector.signals()[0]!.logScore);
    shock.push(detector.shock);
    unusual.push(detector.shock + detector.stressed);
    counts[detector.state]++;
  });
  return {
    returns,
    ours: meanOf(logScores),
    anchors: [
      ["expanding normal (null)", meanOf(expandingGauss(values))],
      ["rolling normal, 100", meanOf(rollingGauss(values, 100))],
      [`RiskMetrics, ${DAILY}`, meanOf(ewmaGauss(values, DAILY))],
      [EWMA_T5, meanOf(ewmaT5(values, DAILY))],
      [MIXTURE, meanOf(mixtureOfEwmaT5(values))],
    ],
    // From nothing to unknown and on to the first regime are no flips.
    flips: Math.max(0, flips - 2),
    counts,
    shock,
    unusual,
  };
}

function meanOf(scores: LogScores): number {
  const scored = scores.slice(WARM_UP);
  return scored.reduce((sum, score) => sum + score, 0) / scored.length;
}

function scores(runs: readonly Run[]): Table {
  const names = runs[0]!.anchors.map(([name]) => name);
  return {
    title: "Mean log score (nats)",
    columns: ["", ...runs.map(({ returns }) => returns.name)],
    rows: [
      ["ours", ...runs.map(({ ours }) => ours)],
      ...names.map((name, i) => [name, ...runs.map(({ anchors }) => anchors[i]![1])]),
    ],
  };
}

function states(runs: readonly Run[]): Table {
  return {
    title: "The regimes",
    columns: ["", "ticks", "normal", "stressed", "shock", "flips", "flips in 50 ticks"],
    rows: runs.map(({ returns, counts, flips }) => {
      const ticks = returns.values.length;
      return [returns.name, ticks, counts.normal, counts.stressed, counts.shock, flips, (50 * flips) / ticks];
    }),
  };
}

function bars({ returns, ours, anchors, flips }: Run): readonly Bar[] {
  const score = (wanted: string): number => anchors.find(([name]) => name === wanted)![1];
  const { name, values } = returns;
  return [
    { name: `log score on ${name} against ${EWMA_T5}`, value: ours, want: ">=", target: score(EWMA_T5) },
    { name: `log score on ${name} against the ${MIXTURE}`, value: ours, want: ">=", target: score(MIXTURE) },
    { name: `flips in 50 ticks on ${name}`, value: (50 * flips) / values.length, want: "<=", target: 1 },
  ];
}

/** The probabilities around October 2008, or around the likeliest shock where the series has no 2008. */
function episode({ returns, shock, unusual }: Run): Curve {
  const { name, years } = returns;
  const crisis = years.findIndex((year) => year >= 2008.8 && year < 2009);
  const middle = crisis >= 0 ? crisis : shock.indexOf(Math.max(...shock));
  const from = Math.max(0, middle - HALF_WINDOW);
  const window = (values: readonly number[]) =>
    values.slice(from, middle + HALF_WINDOW).map((value, i) => [years[from + i]!, value] as const);
  return {
    id: `regime-${name}-episode`,
    title: `Probabilities on ${name}`,
    x: "year",
    y: "probability",
    series: [
      { name: "stressed or shock", points: window(unusual) },
      { name: "shock", points: window(shock) },
    ],
  };
}

/** The score of the t anchor over its setting, beside ours, which has none to be set. */
function memory({ returns, ours, anchors }: Run): Curve {
  const valuesOf = (forgetting: number): number => Math.round(1 / (1 - forgetting));
  const best = anchors.find(([name]) => name === MIXTURE)![1];
  const ends = [FORGETTING[0]!, FORGETTING.at(-1)!].map(valuesOf);
  return {
    id: `regime-${returns.name}-memory`,
    title: `Log score on ${returns.name} over the memory of the spread`,
    x: "memory of the anchor (values)",
    y: "mean log score (nats)",
    logX: true,
    series: [
      {
        name: "EWMA with t5",
        points: FORGETTING.map((each) => [valuesOf(each), meanOf(ewmaT5(returns.values, each))] as const),
      },
      { name: MIXTURE, points: ends.map((end) => [end, best] as const) },
      { name: "ours (the default)", kind: "points", points: ends.map((end) => [end, ours] as const) },
    ],
  };
}
