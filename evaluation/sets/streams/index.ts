import { LaneScore, SCORE_DEFAULTS } from "../../../src/detect/score/index.js";
import { fixedMemoryLoss, nullLoss, windowLoss } from "./forecasters.js";
import { readStreams } from "./read.js";
import type { Curve, EvaluationSet, Section } from "../../section.js";
import type { Loss } from "./forecasters.js";
import type { Stream } from "./read.js";

const ID = "streams";
const TITLE = "Scorer: forecasts of the next outcome";
/** Outcomes that a fixed memory lives on, from one and a quarter to ten thousand, and for ever. */
const LIVES: readonly number[] = [
  1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8, 10, 12.5, 16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160, 200, 250,
  320, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3200, 4000, 5000, 6300, 8000, 10_000,
];
/** What the mixture may lose against the best fixed memory, which is only known afterwards. */
const MOST_LOST = 0.005;

interface Scores {
  readonly stream: Stream;
  readonly mixture: Loss;
  readonly cumulative: Loss;
  readonly window: Loss;
  readonly nothing: Loss;
  readonly fixed: readonly (readonly [life: number, loss: Loss])[];
  readonly bestLife: number;
  readonly best: Loss;
}

/** Prequential forecasts: each outcome is forecast, scored, and only then learned. */
export const streams: EvaluationSet = {
  id: ID,
  title: TITLE,
  evaluate(folder, tell) {
    const all = readStreams(folder);
    if (all.length === 0) return null;
    const scores = all.map((stream, done) => {
      tell(done, all.length);
      return scoresOf(stream);
    });
    return sectionOf(scores);
  },
};

function scoresOf(stream: Stream): Scores {
  const { outcomes } = stream;
  const cumulative = fixedMemoryLoss(outcomes, 1);
  const fixed = LIVES.map((life) => [life, fixedMemoryLoss(outcomes, 1 - 1 / life)] as const);
  let [bestLife, best] = [Infinity, cumulative];
  for (const [life, loss] of fixed) if (loss.logLoss < best.logLoss) [bestLife, best] = [life, loss];
  return {
    stream,
    mixture: mixtureLoss(outcomes),
    cumulative,
    window: windowLoss(outcomes, 100),
    nothing: nullLoss(outcomes),
    fixed,
    bestLife,
    best,
  };
}

/** What a lane says of its own forecasts, which is what an operator sees. */
function mixtureLoss(outcomes: readonly boolean[]): Loss {
  const lane = new LaneScore();
  for (const ok of outcomes) lane.settle(ok, NaN, 0, 0, SCORE_DEFAULTS);
  return lane.view(0, SCORE_DEFAULTS).forecasts!;
}

function sectionOf(scores: readonly Scores[]): Section {
  const worst = Math.max(...scores.map(({ mixture, best }) => mixture.logLoss - best.logLoss));
  const better = scores.filter(({ mixture, best }) => mixture.logLoss < best.logLoss).length;
  return {
    id: ID,
    title: TITLE,
    intro:
      "Each outcome of a stream is forecast, scored and only then learned. A fixed memory forgets at one speed; which speed is best is " +
      "known only afterwards, and differs from stream to stream. The mixture has to do without knowing it.",
    tables: [
      {
        title: "Log-loss in nats (Brier score), lower is better",
        columns: [
          "stream",
          "outcomes",
          "mixture (ours)",
          "best fixed memory",
          "it lives on",
          "window of 100",
          "cumulative Beta",
          "null (always one half)",
        ],
        rows: scores.map(({ stream, mixture, best, bestLife, window, cumulative, nothing }) => [
          stream.name,
          stream.outcomes.length,
          both(mixture),
          both(best),
          bestLife === Infinity ? "all" : bestLife,
          both(window),
          both(cumulative),
          both(nothing),
        ]),
      },
    ],
    curves: scores.map(curveOf),
    bars: [
      {
        name: "most log-loss above the best fixed memory, over the streams",
        value: worst,
        want: "<=",
        target: MOST_LOST,
      },
      {
        name: "share of streams where the mixture beats it",
        value: better / scores.length,
        want: ">=",
        target: 0.5,
      },
    ],
    notes: [
      "Calls of a tool are a stream from 500 outcomes on: with fewer, the price of not knowing which of eight memories is best (up to " +
        "ln 8 / n) is as large as the bar itself.",
      "The best fixed memory is chosen in hindsight, per stream, out of " +
        `${LIVES.length + 1}; nobody can run it.`,
      "The mixture is read from the lane itself (its own record of its forecasts), under the default settings and without time passing.",
    ],
  };
}

function curveOf({ stream, mixture, cumulative, window, fixed }: Scores): Curve {
  const ends = [LIVES[0]!, LIVES.at(-1)!] as const;
  const level = (loss: Loss) => ends.map((life) => [life, loss.logLoss] as const);
  return {
    id: `${ID}-${stream.name.replaceAll(/[^a-z0-9]+/gi, "-")}`,
    title: `Log-loss by memory: ${stream.name}`,
    x: "outcomes that the memory lives on",
    y: "log-loss, nats",
    logX: true,
    series: [
      { name: "fixed memory", points: fixed.map(([life, loss]) => [life, loss.logLoss]) },
      { name: "mixture (default)", points: level(mixture) },
      { name: "cumulative Beta", points: level(cumulative) },
      { name: "window of 100", points: [[100, window.logLoss]], kind: "points" },
    ],
  };
}

function both({ logLoss, brier }: Loss): string {
  return `${logLoss.toFixed(4)} (${brier.toFixed(4)})`;
}
