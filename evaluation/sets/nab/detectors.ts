import { Novelty, NOVELTY_ALERT } from "../../../src/detect/novelty/index.js";
import type { Series } from "./corpus.js";

/** Gives each value of a stream a score, from what came before it. */
export interface Detector {
  readonly name: string;
  /** From where on it alarms by itself; null: it leaves that open. */
  readonly level: number | null;
  readonly make: () => (value: number, at: number) => number;
}

/** The project's own first. */
export const DETECTORS: readonly Detector[] = [
  { name: "novelty", level: NOVELTY_ALERT, make: novelty },
  { name: "windowed Gaussian", level: null, make: windowedGaussian },
  { name: "|z| > 3 of the last 100", level: 3, make: rollingZ },
  { name: "null detector", level: null, make: () => () => 0 },
];

export function scoresOf({ values, times }: Series, { make }: Detector): Float64Array {
  const score = make();
  return values.map((value, i) => score(value, times[i]!));
}

function novelty(): (value: number, at: number) => number {
  const detector = new Novelty();
  return (value, at) => detector.add(value, at);
}

/** The benchmark's own: how far from the mean of a window of up to 6,400 values that moves on by 100. */
function windowedGaussian(): (value: number) => number {
  const window: number[] = [];
  let next: number[] = [];
  let statistics = spreadOf([]);
  const grown = growingSpread();
  return (value) => {
    const score =
      window.length === 0 ? 0 : Math.min(Math.abs(value - statistics.mean) / statistics.deviation, 8.3);
    if (window.length < 6400) {
      window.push(value);
      statistics = grown(value);
      return score;
    }
    next.push(value);
    if (next.length === 100) {
      window.splice(0, 100);
      window.push(...next);
      next = [];
      statistics = spreadOf(window);
    }
    return score;
  };
}

/** |z| against the 100 values before, as rules for feeds have it. */
function rollingZ(): (value: number) => number {
  const window: number[] = [];
  return (value) => {
    const { mean, deviation } = spreadOf(window);
    const score = window.length < 100 ? 0 : Math.abs(value - mean) / deviation;
    window.push(value);
    if (window.length > 100) window.shift();
    return score;
  };
}

interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** No deviation is nought: a value beside a constant is far from it, not infinitely far. */
const LEAST_DEVIATION = 1e-6;

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(values.length, 1)) || LEAST_DEVIATION };
}

/** The same of all values so far, one by one (B. P. Welford 1962). */
function growingSpread(): (value: number) => Spread {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return (value) => {
    count++;
    const off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
    return { mean, deviation: Math.sqrt(squares / count) || LEAST_DEVIATION };
  };
}
