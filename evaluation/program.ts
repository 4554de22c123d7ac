import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Io } from "../src/cli/io.js";
import { Progress } from "../src/cli/progress.js";
import { readArguments, UsageError } from "./arguments.js";
import type { Options } from "./arguments.js";
import { evaluateAll } from "./evaluate.js";
import { markdownOf } from "./markdown.js";
import { exitCodeOf, jsonOf } from "./report.js";
import type { Report } from "./report.js";
import type { EvaluationSet } from "./section.js";
import type { RegisteredSet } from "./sets.js";
import { pictureOf, svgOf } from "./svg.js";

const HELP = `Usage: npm run evaluate -- [FOLDER] [options]

Measures the detectors on the data in FOLDER, laid out like ../shared/data, which is what it reads when none is named.
Prints a report, and writes it with its pictures: report.md, report.json, CURVE.svg.

  --only IDS   only these sets, with commas between them; may be given several times
  --out DIR    where the report is written (build/evaluation)
  --json       print the report as JSON instead of markdown
  --list       print the ids of the sets, their titles and the folders that they read
  --help       print this

Exit code: 0 every bar holds, 1 something could not be run, 2 a bar is missed.
`;

/** Where the program runs: where it writes to, and what it takes when nothing is said. */
export interface Surroundings {
  readonly io: Io;
  readonly folder: string;
  readonly out: string;
  readonly now: () => Date;
}

/** Runs the program with the words of its command line; returns its exit code. */
export function program(
  words: readonly string[],
  registered: readonly RegisteredSet[],
  surroundings: Surroundings,
): 0 | 1 | 2 {
  const { io } = surroundings;
  try {
    const options = readArguments(words, surroundings);
    const chosen = chosenSets(options, registered);
    if (options.help) io.stdout(HELP);
    else if (options.list) io.stdout(listText(chosen));
    else return run(options, words, chosen, surroundings);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`${error.message}\n`);
    return 1;
  }
}

function chosenSets({ only }: Options, registered: readonly RegisteredSet[]): readonly RegisteredSet[] {
  if (only === undefined) return registered;
  const ids = registered.map(({ set }) => set.id);
  for (const id of only)
    if (!ids.includes(id)) throw new UsageError(`there is no set \`${id}\`; there are ${ids.join(", ")}`);
  return registered.filter(({ set }) => only.includes(set.id));
}

function listText(sets: readonly RegisteredSet[]): string {
  return sets
    .map(({ set: { id, title }, data }) => {
      const reads = data.length === 0 ? "simulated" : data.map((name) => `${name}/`).join(", ");
      return `${id.padEnd(12)} ${title} (${reads})\n`;
    })
    .join("");
}

function run(
  { folder, out, json }: Options,
  words: readonly string[],
  chosen: readonly RegisteredSet[],
  { io, now }: Surroundings,
): 0 | 1 | 2 {
  checkFolder(folder, chosen);
  makeFolder(out);
  const progress = new Progress(io);
  const sets = chosen.map(({ set }) => set);
  const place = (set: EvaluationSet): string => `[${sets.indexOf(set) + 1}/${sets.length}] ${set.id}`;
  const findings = evaluateAll(sets, folder, (share, set) => progress.update(share, () => place(set)));
  progress.clear();

  const day = now().toISOString().slice(0, 10);
  const command = ["npm run evaluate", ...(words.length === 0 ? [] : ["--", ...words])].join(" ");
  const report: Report = { command, folder, day, node: process.version, findings };
  writeReport(report, out);
  io.stdout(json ? jsonOf(report) : markdownOf(report));
  for (const finding of findings)
    if (finding.is === "failed") io.stderr(`${finding.id} failed: ${finding.error}\n`);
  return exitCodeOf(report);
}

/** Simulated sets need no folder; for the others one of theirs must be there. */
function checkFolder(folder: string, chosen: readonly RegisteredSet[]): void {
  const names = [...new Set(chosen.flatMap(({ data }) => data))];
  if (names.length === 0 || names.some((name) => isFolder(join(folder, name)))) return;
  const wanted = names.map((name) => `${name}/`).join(", ");
  throw new UsageError(
    isFolder(folder)
      ? `\`${folder}\` has none of the sets: it should have one or more of ${wanted} (docs/evaluation.md says what is in them)`
      : `there is no folder \`${folder}\`: name the one that has ${wanted} (npm run evaluate -- FOLDER), or run the sets that need no data with --only`,
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write to \`${out}\`: ${why}`, { cause: error });
  }
}

function writeReport(report: Report, out: string): void {
  writeFileSync(join(out, "report.md"), markdownOf(report));
  writeFileSync(join(out, "report.json"), jsonOf(report));
  for (const finding of report.findings) {
    if (finding.is !== "evaluated") continue;
    for (const curve of finding.section.curves) writeFileSync(join(out, pictureOf(curve)), svgOf(curve));
  }
}
