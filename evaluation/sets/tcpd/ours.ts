import type { ChangePoints } from "../../../src/detect/regime/index.js";
import { coverOf, f1Of } from "./metrics.js";
import type { Series } from "./read.js";

/** How a series is brought to about 0, with a spread of about 1. */
export type Scaling = (values: readonly number[]) => readonly number[];

/** The mean over the series. */
export interface Score {
  readonly cover: number;
  readonly f1: number;
}

interface Found {
  /** Where the segments begin. */
  readonly changes: readonly number[];
  /** How many values later that was known. */
  readonly delays: readonly number[];
}

/** Values from the start that prequential scaling waits for, as the regime detector does. */
const FIRST_VALUES = 20;

/** By mean and standard deviation of the whole series, as TCPDBench does: the future is known. */
export const zScored: Scaling = (values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / (Math.sqrt(variance) || 1));
};

/** By median and median deviation of the first values, as in the regime detector. */
export const prequential: Scaling = (values) => {
  const first = values.slice(0, FIRST_VALUES);
  const level = median(first);
  const deviation = 1.4826 * median(first.map((value) => Math.abs(value - level)));
  const spread = Math.max(deviation, 1e-9, 1e-6 * Math.abs(level));
  return values.map((value) => (value - level) / spread);
};

/** Runs a detector over one series. */
export function find(values: readonly number[], scaling: Scaling, detector: ChangePoints): Found {
  const changes: number[] = [];
  const delays: number[] = [];
  scaling(values).forEach((value, i) => {
    if (!detector.add(value)) return;
    changes.push(i + 1 - detector.ago);
    delays.push(detector.ago - 1);
  });
  return { changes, delays };
}

/** The mean scores of one setting. */
export function scoreOf(series: readonly Series[], scaling: Scaling, make: () => ChangePoints): Score {
  let cover = 0;
  let f1 = 0;
  for (const { values, annotations } of series) {
    const { changes } = find(values, scaling, make());
    cover += coverOf(annotations, changes, values.length);
    f1 += f1Of(annotations, changes);
  }
  return { cover: cover / series.length, f1: f1 / series.length };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
