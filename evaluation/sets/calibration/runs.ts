import { Evidence } from "../../../src/detect/evidence/index.js";
import { randomSource } from "../../random.js";
import { MEAN } from "./processes.js";
import type { Process } from "./processes.js";

export type RandomSource = () => number;

/** The bets of the denials detector. */
const BETS = [0.03, 0.1, 0.25];

/** How often the evidence reached a threshold within some number of events. */
export interface Count {
  readonly process: Process;
  readonly threshold: number;
  readonly events: number;
  readonly runs: number;
  readonly alarms: number;
}

/** One run for each seed; in each, the highest evidence within each number of events is held against each threshold. */
export function countAlarms(
  process: Process,
  thresholds: readonly number[],
  horizons: readonly number[],
  runs: number,
  seed: number,
): readonly Count[] {
  const random = randomSource(seed);
  const alarms = thresholds.map(() => horizons.map(() => 0));
  for (let run = 0; run < runs; run++) {
    const highest = highestWithin(process, horizons, random);
    thresholds.forEach((threshold, i) => {
      horizons.forEach((_, j) => {
        if (highest[j]! >= threshold) alarms[i]![j]! += 1;
      });
    });
  }
  return thresholds.flatMap((threshold, i) =>
    horizons.map((events, j) => ({ process, threshold, events, runs, alarms: alarms[i]![j]! })),
  );
}

function highestWithin(process: Process, horizons: readonly number[], random: RandomSource): number[] {
  const evidence = new Evidence(MEAN, BETS);
  const next = process.start(random);
  const highest: number[] = [];
  let high = 0;
  let n = 0;
  for (const horizon of horizons) {
    for (; n < horizon; n++) high = Math.max(high, evidence.add(next(evidence.value, n), n));
    highest.push(high);
  }
  return highest;
}

/** The mean number of events until the evidence reaches the threshold; runs are cut at `most`, which errs downwards. */
export function meanRunLength(
  process: Process,
  threshold: number,
  runs: number,
  most: number,
  seed: number,
): number {
  const random = randomSource(seed);
  let total = 0;
  for (let run = 0; run < runs; run++) {
    const evidence = new Evidence(MEAN, BETS);
    const next = process.start(random);
    for (let n = 0; n < most; n++) {
      total += 1;
      if (evidence.add(next(evidence.value, n), n) >= threshold) break;
    }
  }
  return total / runs;
}

/**
 * The lower end of a one-sided confidence interval of 99.9 % for a probability (Wilson): above the bound, chance does
 * not explain it.
 */
export function lowerEnd({ alarms, runs }: Count): number {
  const z = 3.0902;
  const share = alarms / runs;
  const centre = share + (z * z) / (2 * runs);
  const spread = z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  return Math.max(0, (centre - spread) / (1 + (z * z) / runs));
}
