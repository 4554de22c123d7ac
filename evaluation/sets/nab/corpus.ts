import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the benchmark. */
export interface Series {
  /** As the labels name it: `FOLDER/NAME.csv`. */
  readonly name: string;
  readonly folder: string;
  readonly values: Float64Array;
  /** Milliseconds; the files name no time zone. */
  readonly times: Float64Array;
  /** Where anomalies are: first and last index of each window, in the order of time. */
  readonly windows: readonly Window[];
}

export type Window = readonly [from: number, to: number];

/** What a detection is worth, for each kind; a missed window costs `missed`. */
export interface Profile {
  readonly name: string;
  readonly detected: number;
  readonly falseAlarm: number;
  readonly missed: number;
}

/** The files and profiles of `FOLDER/nab`. */
export interface Corpus {
  readonly series: readonly Series[];
  readonly profiles: readonly Profile[];
}

type Labels = Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;
type Costs = Readonly<
  Record<string, { CostMatrix: { tpWeight: number; fpWeight: number; fnWeight: number } }>
>;

/** Reads the files of the benchmark that are there, in the order of their names; null where there is none. */
export function readCorpus(folder: string): Corpus | null {
  const data = join(folder, "nab", "data");
  if (!existsSync(data)) return null;
  const names = readdirSync(data, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(data, name)).map((file) => `${name}/${file}`))
    .filter((name) => name.endsWith(".csv"))
    .sort();
  if (names.length === 0) return null;
  const labels = readJson(folder, "nab/labels/combined_windows.json") as Labels;
  const costs = readJson(folder, "nab/config/profiles.json") as Costs;
  return {
    series: names.map((name) => seriesOf(name, readFileSync(join(data, name), "utf8"), labels)),
    profiles: Object.entries(costs).map(([name, { CostMatrix: cost }]) => ({
      name,
      detected: cost.tpWeight,
      falseAlarm: cost.fpWeight,
      missed: cost.fnWeight,
    })),
  };
}

function readJson(folder: string, path: string): unknown {
  const file = join(folder, path);
  if (!existsSync(file)) throw new Error(`${path} is missing; without it the series cannot be scored`);
  return JSON.parse(readFileSync(file, "utf8"));
}

function seriesOf(name: string, text: string, labels: Labels): Series {
  const lines = text.trimEnd().split(/\r?\n/).slice(1);
  const values = new Float64Array(lines.length);
  const times = new Float64Array(lines.length);
  for (const [i, line] of lines.entries()) {
    const [time = "", value = ""] = line.split(",");
    times[i] = millisecondsOf(time);
    values[i] = value === "" ? NaN : Number(value);
    if (Number.isNaN(times[i] + values[i]))
      throw new Error(`${name}, line ${i + 2}, is no sample: \`${line}\``);
  }
  const windows = labels[name];
  if (windows === undefined) throw new Error(`labels/combined_windows.json has no entry for ${name}`);
  return {
    name,
    folder: name.slice(0, name.indexOf("/")),
    values,
    times,
    windows: indicesOf(windows, times, name),
  };
}

function indicesOf(windows: Labels[string], times: Float64Array, name: string): Window[] {
  const at = (time: string): number => {
    const index = times.indexOf(millisecondsOf(time));
    if (index < 0) throw new Error(`a window of ${name} begins or ends at ${time}, where it has no sample`);
    return index;
  };
  return windows.map(([from, to]): Window => [at(from), at(to)]).sort(([a], [b]) => a - b);
}

/** Milliseconds of `YYYY-MM-DD hh:mm:ss`, with or without a fraction; NaN for anything else. */
function millisecondsOf(time: string): number {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?$/.exec(time);
  return parts === null ? NaN : Date.parse(`${parts[1]}T${parts[2]}Z`);
}
