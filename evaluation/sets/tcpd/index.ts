import { ChangePoints } from "../../../src/detect/regime/index.js";
import type { Curve, EvaluationSet, Section, Table } from "../../section.js";
import { coverOf, f1Of } from "./metrics.js";
import { find, prequential, scoreOf, zScored } from "./ours.js";
import type { Scaling, Score } from "./ours.js";
import { readCollection } from "./read.js";
import type { Collection, Scores, Series } from "./read.js";

const DEFAULT_HAZARD = 1e-4;
const DEFAULT_DOUBT = 1e-3;
const HAZARDS = [1e-2, 1e-3, DEFAULT_HAZARD, 1e-5, 1e-6, 1e-8, 1e-10];
/** One minus the mass at which a change is committed. */
const DOUBTS = [0.3, 0.1, 1e-2, DEFAULT_DOUBT, 1e-4, 1e-5, 1e-6];
const HYPOTHESES = [4, 8, 16, 32];

/** Change points that people marked in series of all kinds: the Turing Change Point Dataset. */
export const tcpd: EvaluationSet = {
  id: "tcpd",
  title: "Change points: the Turing Change Point Dataset",
  evaluate(folder, tell): Section | null {
    const collection = readCollection(folder);
    if (collection === null) return null;
    check(collection);
    const { series, skipped } = collection;
    const steps = 2 + 2 * (HAZARDS.length + DOUBTS.length) + HYPOTHESES.length;
    let done = 0;
    const score = (scaling: Scaling, make: () => ChangePoints): Score => {
      tell(done++, steps);
      return scoreOf(series, scaling, make);
    };
    const looking = score(zScored, () => new ChangePoints());
    const online = score(prequential, () => new ChangePoints());
    return {
      id: tcpd.id,
      title: tcpd.title,
      intro:
        `${series.length} series with one dimension, each marked by several people. Cover and F1 (margin 5) are those of ` +
        "TCPDBench (arXiv 2003.06222), the mean over the series. The detector is the one that the regime detector runs on " +
        "every signal, with the same settings, one value after the other; TCPDBench scales each series by its whole " +
        "future, so that the row with prequential scaling (by the first 20 values) is the honest one for a detector that runs.",
      tables: [
        comparison(collection, looking, online),
        perSeries(series),
        hypotheses((make) => score(zScored, make)),
      ],
      curves: [
        curve(
          "tcpd-hazard",
          "Scores over the hazard",
          "hazard: prior probability of a change per value",
          HAZARDS,
          DEFAULT_HAZARD,
          (hazard) => settings({ hazard }, score),
        ),
        curve(
          "tcpd-commit",
          "Scores over the doubt at which a change is committed",
          "1 − the mass at which a change is committed",
          DOUBTS,
          DEFAULT_DOUBT,
          (doubt) => settings({ commitMass: 1 - doubt }, score),
        ),
      ],
      bars: [
        { name: "cover, z-scored", value: looking.cover, want: ">=", target: 0.65 },
        { name: "F1, z-scored", value: looking.f1, want: ">=", target: 0.7 },
        { name: "cover, prequential", value: online.cover, want: ">=", target: 0.61 },
        { name: "F1, prequential", value: online.f1, want: ">=", target: 0.68 },
      ],
      notes: notes(skipped),
    };
  },
};

/** The metrics are TCPDBench's only if the null detector gets the scores that were published for it. */
function check({ series, published }: Collection): void {
  for (const { name, annotations, values } of series) {
    const cover = published.defaultCover[name]?.zero;
    const f1 = published.defaultF1[name]?.zero;
    const isSame = (ours: number, theirs: number | null | undefined): boolean =>
      theirs === undefined || theirs === null || Math.abs(ours - theirs) < 1e-9;
    if (isSame(coverOf(annotations, [], values.length), cover) && isSame(f1Of(annotations, []), f1)) continue;
    throw new Error(
      `the zero detector's scores on \`${name}\` are not the published ones (cover ${String(cover)}, F1 ${String(f1)}): ` +
        "the series, its annotations and the published scores are not of the same version of the collection",
    );
  }
}

function comparison({ series, published }: Collection, looking: Score, online: Score): Table {
  const { defaultCover, defaultF1, oracleCover, oracleF1 } = published;
  const zero = scoreOf(series, zScored, () => new ChangePoints({ commitMass: 1 }));
  const rows = methodsOf(series, defaultCover)
    .filter((method) => method !== "zero")
    .map((method): (string | number)[] => {
      const cover = meanOf(series, defaultCover, method);
      const f1 = meanOf(series, defaultF1, method);
      const best = [meanOf(series, oracleCover, method).mean, meanOf(series, oracleF1, method).mean];
      return [
        method,
        cover.mean,
        f1.mean,
        ...best.map((value) => (Number.isNaN(value) ? "" : value)),
        cover.count,
      ];
    });
  return {
    title:
      "Mean scores: ours and the null detector computed, the other methods as published for these series",
    columns: ["", "cover", "F1", "cover, oracle", "F1, oracle", "series"],
    rows: [
      ["ours, z-scored", looking.cover, looking.f1, "", "", series.length],
      ["ours, prequential", online.cover, online.f1, "", "", series.length],
      ["null detector", zero.cover, zero.f1, "", "", series.length],
      ...rows.sort((a, b) => Number(b[1]) - Number(a[1])),
    ],
  };
}

function perSeries(series: readonly Series[]): Table {
  return {
    title: "Each series, and how many values after each change it was committed (z-scored)",
    columns: [
      "",
      "values",
      "cover",
      "F1",
      "cover, prequential",
      "F1, prequential",
      "changes at",
      "known after",
    ],
    rows: series.map(({ name, values, annotations }) => {
      const looking = find(values, zScored, new ChangePoints());
      const online = find(values, prequential, new ChangePoints());
      return [
        name,
        values.length,
        coverOf(annotations, looking.changes, values.length),
        f1Of(annotations, looking.changes),
        coverOf(annotations, online.changes, values.length),
        f1Of(annotations, online.changes),
        looking.changes.join(" "),
        looking.delays.join(" "),
      ];
    }),
  };
}

function hypotheses(score: (make: () => ChangePoints) => Score): Table {
  return {
    title: "How many starts of the present segment are kept in mind (z-scored; the default is 16)",
    columns: ["hypotheses", "cover", "F1"],
    rows: HYPOTHESES.map((count) => {
      const { cover, f1 } = score(() => new ChangePoints({ hypotheses: count }));
      return [count, cover, f1];
    }),
  };
}

type Setting = ConstructorParameters<typeof ChangePoints>[0];
type Scorer = (scaling: Scaling, make: () => ChangePoints) => Score;

/** Cover and F1 with both scalings. */
function settings(setting: Setting, score: Scorer): readonly [number, number, number, number] {
  const looking = score(zScored, () => new ChangePoints(setting));
  const online = score(prequential, () => new ChangePoints(setting));
  return [looking.cover, looking.f1, online.cover, online.f1];
}

function curve(
  id: string,
  title: string,
  x: string,
  values: readonly number[],
  frozen: number,
  scores: (value: number) => readonly number[],
): Curve {
  const all = values.map((value) => [value, scores(value)] as const);
  const points = (i: number): (readonly [number, number])[] => all.map(([value, each]) => [value, each[i]!]);
  const names = ["cover, z-scored", "F1, z-scored", "cover, prequential", "F1, prequential"];
  return {
    id,
    title,
    x,
    y: "score",
    logX: true,
    series: [
      ...names.map((name, i) => ({ name, points: points(i) })),
      {
        name: "the default",
        kind: "points" as const,
        points: names.flatMap((_, i) => points(i).filter(([value]) => value === frozen)),
      },
    ],
  };
}

function methodsOf(series: readonly Series[], scores: Scores): readonly string[] {
  return [...new Set(series.flatMap(({ name }) => Object.keys(scores[name] ?? {})))].sort();
}

function meanOf(series: readonly Series[], scores: Scores, method: string): { mean: number; count: number } {
  const values = series
    .map(({ name }) => scores[name]?.[method])
    .filter((value) => typeof value === "number");
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, count: values.length };
}

function notes(skipped: readonly string[]): readonly string[] {
  return [
    "The priors were settled with the development rows in sight (see the curves for how little hangs on them): rows that " +
      "nobody saw count for more.",
    "Annotators disagree, and the null detector, which finds nothing, scores high: compare with its row.",
    "Oracle: the best of a grid of settings for each series, in hindsight. binseg, pelt, segneigh, amoc, ecp, wbs, cpnp, " +
      "rfpop, kcpa and prophet see the whole series before they answer.",
    "A mean of a published method is over the series on which it did not fail; the last column counts them.",
    "Seasons are not modelled: where the season is much larger than the change, the change is not found.",
    ...(skipped.length > 0 ? [`Left out: ${skipped.join(", ")}.`] : []),
  ];
}
