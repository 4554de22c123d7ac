import type { Profile, Series } from "./corpus.js";

/** The scored values of some files, the highest score first. */
export interface Ranking {
  readonly files: readonly Series[];
  readonly points: readonly Point[];
}

interface Point {
  readonly score: number;
  readonly file: number;
  readonly index: number;
}

/** What one threshold brings: a value is an alarm from the threshold on. */
export interface Outcome {
  readonly threshold: number;
  /** The sum over detections, false alarms and missed windows. */
  readonly sum: number;
  /** Windows with an alarm. */
  readonly found: number;
  /** Alarms outside of windows. */
  readonly falseAlarms: number;
}

/** Outcomes over all thresholds, from none (`Infinity`: no alarms) downwards. */
export interface Sweep {
  readonly profile: Profile;
  /** Windows that can be found. */
  readonly windows: number;
  /** Values that are scored. */
  readonly values: number;
  readonly outcomes: readonly Outcome[];
}

const PROBATION = 0.15;
const LONGEST_PROBATION = PROBATION * 5000;
/** An alarm so many widths of the window before it away, and further, costs in full. */
const FAR = 3;

/** Ranks the values of files by their scores; the first 15 % of a file, at most 750 values, are not scored. */
export function rank(files: readonly Series[], scores: readonly Float64Array[]): Ranking {
  const points = files.flatMap((series, file) => {
    const from = probationOf(series);
    return Array.from(scores[file]!.subarray(from), (score, i) => ({ score, file, index: from + i }));
  });
  return { files, points: points.sort((a, b) => b.score - a.score) };
}

/** The same ranking of fewer files. */
export function only({ files, points }: Ranking, isKept: (series: Series) => boolean): Ranking {
  const kept = files.filter(isKept);
  const places = files.map((series) => kept.indexOf(series));
  return {
    files: kept,
    points: points
      .filter(({ file }) => places[file]! >= 0)
      .map(({ score, file, index }) => ({ score, file: places[file]!, index })),
  };
}

/**
 * Scores a detector at every threshold by the rules of the Numenta Anomaly Benchmark (A. Lavin and S. Ahmad, ICMLA
 * 2015): the first alarm in a window counts, the more the earlier it is; an alarm outside of windows costs little
 * shortly after one and more further on; a window without an alarm costs as well.
 */
export function sweep({ files, points }: Ranking, profile: Profile): Sweep {
  const judged = files.map((series) => judge(series, profile));
  const most = judged.map(({ isOpen }) => isOpen.map(() => -profile.missed));
  const windows = judged.flatMap(({ isOpen }) => isOpen).filter((isOpen) => isOpen).length;
  let sum = -profile.missed * windows;
  let found = 0;
  let falseAlarms = 0;
  const outcomes: Outcome[] = [{ threshold: Infinity, sum, found, falseAlarms }];
  for (const [i, { score, file, index }] of points.entries()) {
    const worth = judged[file]!.worth[index]!;
    const window = judged[file]!.window[index]!;
    if (window < 0) {
      sum += worth;
      falseAlarms++;
    } else if (worth > most[file]![window]!) {
      if (most[file]![window] === -profile.missed) found++;
      sum += worth - most[file]![window]!;
      most[file]![window] = worth;
    }
    // Equal scores are alarms together.
    if (points[i + 1]?.score !== score) outcomes.push({ threshold: score, sum, found, falseAlarms });
  }
  return { profile, windows, values: points.length, outcomes };
}

/** The outcome at the threshold that serves the profile best: the benchmark itself chooses it in this way. */
export function best({ outcomes }: Sweep): Outcome {
  return outcomes.reduce((a, b) => (b.sum > a.sum ? b : a));
}

export function at({ outcomes }: Pick<Sweep, "outcomes">, threshold: number): Outcome {
  return outcomes.findLast((outcome) => outcome.threshold >= threshold)!;
}

/** The sum on a scale where no alarm at all is 0, and an alarm at each window's first value and nowhere else 100. */
export function normalised(sum: number, windows: number, { detected, missed }: Profile): number {
  return (100 * (sum + missed * windows)) / ((detected + missed) * windows);
}

interface Judged {
  /** What an alarm at each value is worth; in a window only the best one counts. */
  readonly worth: Float64Array;
  /** The window of each value; -1: none. */
  readonly window: Int32Array;
  /** For each window whether any of it is scored. */
  readonly isOpen: readonly boolean[];
}

function judge(series: Series, profile: Profile): Judged {
  const { values, windows } = series;
  const worth = new Float64Array(values.length);
  const window = new Int32Array(values.length).fill(-1);
  let last = -1;
  for (let i = 0; i < values.length; i++) {
    while (last + 1 < windows.length && windows[last + 1]![0] <= i) last++;
    const [from, to] = windows[last] ?? [0, -Infinity];
    if (i <= to) {
      window[i] = last;
      worth[i] = (profile.detected * sigmoid(-(to - i + 1) / (to - from + 1))) / sigmoid(-1);
    } else {
      worth[i] = profile.falseAlarm * (last < 0 ? -1 : sigmoid((i - to) / (to - from)));
    }
  }
  const probation = probationOf(series);
  return { worth, window, isOpen: windows.map(([, to]) => to >= probation) };
}

function probationOf({ values }: Series): number {
  return Math.floor(Math.min(PROBATION * values.length, LONGEST_PROBATION));
}

/** Nearly 1 at a window's first value, 0 at its end, -1 well beyond it. */
function sigmoid(position: number): number {
  return position > FAR ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}
