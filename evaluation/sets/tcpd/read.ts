import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Annotations } from "./metrics.js";

/** One series with one dimension and no missing values. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
  readonly annotations: Annotations;
}

/** Published scores: of each series by each method, null where the method failed. */
export type Scores = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

export interface Collection {
  readonly series: readonly Series[];
  /** Series that are left out, with the reason. */
  readonly skipped: readonly string[];
  readonly published: Readonly<Record<"defaultCover" | "defaultF1" | "oracleCover" | "oracleF1", Scores>>;
}

interface SeriesFile {
  readonly name: string;
  readonly series: readonly { readonly raw: readonly (number | null)[] }[];
}

/** Reads every `NAME.json` in the folder `tcpd`; null where there is none. */
export function readCollection(folder: string): Collection | null {
  const room = join(folder, "tcpd");
  const annotated = join(room, "_annotations.json");
  if (!existsSync(annotated)) return null;
  const annotations = json(annotated) as Readonly<
    Record<string, Readonly<Record<string, readonly number[]>>>
  >;
  const series: Series[] = [];
  const skipped: string[] = [];
  for (const file of readdirSync(room).sort()) {
    if (!file.endsWith(".json") || file.startsWith("_") || file.endsWith("_scores.json")) continue;
    const read = json(join(room, file)) as SeriesFile;
    const name = file.slice(0, -".json".length);
    const marks = annotations[name];
    const raw = read.series[0]?.raw ?? [];
    if (marks === undefined) skipped.push(`${name} (no annotations)`);
    else if (read.series.length !== 1) skipped.push(`${name} (${read.series.length} dimensions)`);
    else if (!raw.every((value) => typeof value === "number")) skipped.push(`${name} (values are missing)`);
    else series.push({ name, values: raw, annotations: Object.values(marks) });
  }
  if (series.length === 0) return null;
  return {
    series,
    skipped,
    published: {
      defaultCover: scores(room, "default_cover"),
      defaultF1: scores(room, "default_f1"),
      oracleCover: scores(room, "oracle_cover"),
      oracleF1: scores(room, "oracle_f1"),
    },
  };
}

function scores(room: string, name: string): Scores {
  const path = join(room, `${name}_scores.json`);
  return existsSync(path) ? (json(path) as Scores) : {};
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
