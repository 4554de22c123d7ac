import { alarmThreshold } from "../../../src/detect/evidence/index.js";
import type { Bar, EvaluationSet, Section, Table } from "../../section.js";
import { tradeOff } from "./curve.js";
import { readLogs } from "./requests.js";
import type { Log } from "./requests.js";
import { byCaller, detectionOf, earlier, trackOf } from "./tracks.js";
import type { Detection, Track } from "./tracks.js";
import { DETECTORS, RULES } from "./watchers.js";

/** The dial's default. */
const FALSE_ALARMS_PER_MILLION = 10;
const ANY = "any of the three";

/** How one row of the tables comes about: the detectors that it listens to, and from where on they alarm. */
interface Judge {
  readonly name: string;
  readonly columns: readonly number[];
  readonly threshold: number;
}

/** The tracks of one run of requests, one for each detector and then for each rule. */
type Run = readonly Track[];

interface Runs {
  readonly name: string;
  readonly runs: readonly Run[];
}

/** Ordinary web traffic, where nobody should be flagged, and vulnerability scanners, which should be at once. */
export const web: EvaluationSet = {
  id: "web",
  title: "Web logs: deny storms, enumeration, runaway",
  evaluate(folder, tell): Section | null {
    const logs = readLogs(folder);
    if (logs === null) return null;
    const watched = logs.map((log, i) => {
      const runs = runsOf(log);
      tell(i + 1, logs.length);
      return { name: log.name, runs };
    });
    const ordinary = watched.filter(({ name }) => isOrdinary(name));
    const reported = watched.filter(({ name }) => isLogin(name));
    const scanners = watched.filter(({ name }) => !isOrdinary(name) && !isLogin(name));
    return sectionOf(ordinary, scanners, reported);
  },
};

const isOrdinary = (name: string): boolean => name.startsWith("apache");
const isLogin = (name: string): boolean => name.startsWith("auth");

/** A scanner's log is one run, whatever callers are in it; in the others each caller is one. */
function runsOf({ name, requests }: Log): readonly Run[] {
  const runs = isOrdinary(name) || isLogin(name) ? byCaller(requests) : [requests];
  return runs.map((run) => [...DETECTORS, ...RULES].map(({ make }) => trackOf(run, make())));
}

function sectionOf(ordinary: readonly Runs[], scanners: readonly Runs[], reported: readonly Runs[]): Section {
  const threshold = alarmThreshold(FALSE_ALARMS_PER_MILLION);
  const judges = judgesAt(threshold);
  const all = judges[0]!;
  const benign = ordinary.flatMap(({ runs }) => runs);
  const attacks = scanners.flatMap(({ runs }) => runs);
  const bars: Bar[] = [];
  if (attacks.length > 0) {
    bars.push({
      name: "requests until the slowest scanner is detected",
      value: Math.max(...attacks.map((run) => detection(run, all)?.requests ?? Infinity)),
      want: "<=",
      target: 50,
    });
  }
  if (benign.length > 0) {
    const value = (1000 * flagged(benign, all)) / benign.length;
    bars.push({ name: "benign callers flagged, of 1,000", value, want: "<=", target: 1 });
  }
  return {
    id: web.id,
    title: web.title,
    intro:
      "Each caller is watched as the engine watches a lane: denials are answers of status 400 and above, newcomers are " +
      "paths that the caller did not ask for before, runaway is at its default multiple of 5. The threshold is that of " +
      `the default dial, ${FALSE_ALARMS_PER_MILLION} false alarms in a million decisions. A scanner's log is one run, ` +
      "whatever callers are in it.",
    tables: [
      ...scanners.map((runs) => scannerTable(runs, judges)),
      ...(benign.length > 0 ? [benignTable(benign, judges)] : []),
      ...reported.map((runs) => loginTable(runs, judges)),
      PILOT,
    ],
    curves: tradeOff(judges.slice(0, 1 + DETECTORS.length), benign, attacks, threshold),
    bars,
    notes: NOTES,
  };
}

/** All detectors together first, then each of them, then the rules. */
function judgesAt(threshold: number): readonly Judge[] {
  const detectors = DETECTORS.map(({ name }, i) => ({ name, columns: [i], threshold }));
  const rules = RULES.map(({ name }, i) => ({ name, columns: [DETECTORS.length + i], threshold: Infinity }));
  return [{ name: ANY, columns: DETECTORS.map((_, i) => i), threshold }, ...detectors, ...rules];
}

function detection(run: Run, { columns, threshold }: Judge): Detection | null {
  return columns.map((column) => detectionOf(run[column]!, threshold)).reduce(earlier);
}

function flagged(runs: readonly Run[], judge: Judge): number {
  return runs.filter((run) => detection(run, judge) !== null).length;
}

function scannerTable({ name, runs }: Runs, judges: readonly Judge[]): Table {
  return {
    title: `Until the scanner ${name} is detected`,
    columns: ["", "requests", "seconds"],
    rows: judges.map((judge) => {
      const found = detection(runs[0]!, judge);
      return [judge.name, found?.requests ?? "never", found?.seconds ?? "never"];
    }),
  };
}

function benignTable(runs: readonly Run[], judges: readonly Judge[]): Table {
  return {
    title: "Ordinary traffic",
    columns: ["", "callers", "flagged", "of 1,000", "highest evidence"],
    rows: judges.map((judge) => {
      const highest = Math.max(
        ...runs.flatMap((run) => judge.columns.map((i) => run[i]!.at(-1)?.height ?? 0)),
      );
      const count = flagged(runs, judge);
      const share = (1000 * count) / runs.length;
      return [judge.name, runs.length, count, share, judge.threshold === Infinity ? "" : Math.round(highest)];
    }),
  };
}

function loginTable({ name, runs }: Runs, judges: readonly Judge[]): Table {
  return {
    title: `Log-ins (${name}), for information: many callers are attackers, and none is marked as one`,
    columns: ["", "callers", "flagged"],
    rows: judges.map((judge) => [judge.name, runs.length, flagged(runs, judge)]),
  };
}

const PILOT: Table = {
  title: "Anchors: a prototype at a threshold of 10,000, on all rows (acunetix / netsparker / w3af)",
  columns: ["", "requests", "benign callers flagged, of 1,753"],
  rows: [
    ["denials, m0 = .2", "46 / 16 / 28", 1],
    ["denials, m0 = .1", "28 / 10 / 23", 2],
    ["newcomers", "28 / 41 / 23", 1],
    ["runaway", "66 / 171 / 157", 2],
  ],
};

const NOTES: readonly string[] = [
  "The logs have whole seconds: requests of one second count as simultaneous.",
  "One caller of the ordinary log asks for one missing file every hour or two, for days. Evidence of denials and " +
    "newcomers halves with every five minutes of silence, so that this is no storm; who tries one name every ten " +
    "minutes is not found by it either.",
  "A scanner is detected by its first alarm; what it does once it is logged in and its answers are redirects is not " +
    "detected by denials, nor by newcomers.",
];
