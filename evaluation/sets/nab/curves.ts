import type { Curve } from "../../section.js";
import type { Detector } from "./detectors.js";
import { at, normalised } from "./scorer.js";
import type { Outcome, Sweep } from "./scorer.js";

interface Swept {
  readonly detector: Detector;
  readonly sweeps: readonly Sweep[];
}

const LEAST_THRESHOLD = 1;
const LARGEST_THRESHOLD = 3;
const STEPS = 200;

/** The score in each profile over the threshold of the project's own detector, which is the first. */
export function scoreByThreshold([own]: readonly Swept[]): Curve {
  const level = own!.detector.level!;
  const point = ({ windows, profile, outcomes }: Sweep, threshold: number): readonly [number, number] => [
    threshold,
    normalised(at({ outcomes }, threshold).sum, windows, profile),
  ];
  const thresholds = Array.from(
    { length: STEPS + 1 },
    (_, i) => LEAST_THRESHOLD + (i * (LARGEST_THRESHOLD - LEAST_THRESHOLD)) / STEPS,
  );
  return {
    id: "nab-threshold",
    title: "NAB score over the threshold",
    x: "threshold",
    y: "score",
    series: own!.sweeps.flatMap((each) => [
      { name: each.profile.name.replaceAll("_", " "), points: thresholds.map((x) => point(each, x)) },
      {
        name: `${each.profile.name.replaceAll("_", " ")}, default`,
        points: [point(each, level)],
        kind: "points" as const,
      },
    ]),
  };
}

/** Windows found against false alarms, over the threshold of each detector. */
export function tradeOff(runs: readonly Swept[]): Curve {
  return {
    id: "nab-trade-off",
    title: "Windows found and false alarms, over the threshold",
    x: "false alarms in 1,000 values",
    y: "windows found, share",
    series: runs.flatMap(({ detector, sweeps }) => {
      const { windows, values, outcomes } = sweeps[0]!;
      const point = ({ found, falseAlarms }: Outcome): readonly [number, number] => [
        (1000 * falseAlarms) / values,
        found / windows,
      ];
      const line = { name: detector.name, kind: "step" as const, points: corners(outcomes.map(point)) };
      if (detector.level === null) return [line];
      const own = [point(at({ outcomes }, detector.level))];
      return [line, { name: `${detector.name}, default`, points: own, kind: "points" as const }];
    }),
  };
}

/** False alarms beyond which nobody would keep a detector, in 1,000 values. */
const MOST_FALSE_ALARMS = 20;

/** Points where more windows are found than before. */
function corners(
  points: readonly (readonly [x: number, y: number])[],
): readonly (readonly [number, number])[] {
  return points.filter(([x, y], i) => x <= MOST_FALSE_ALARMS && (i === 0 || y > points[i - 1]![1]));
}
