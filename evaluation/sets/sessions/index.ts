import { alarmThreshold } from "../../../src/detect/evidence/index.js";
import type { EvaluationSet, Section, Table } from "../../section.js";
import { honestTable, stoppedRuns } from "./honest.js";
import { naturalOf, naturalTable, rocOf, stoppedShare } from "./natural.js";
import { readSessions } from "./read.js";
import { delayCurve, detectedWithin, spliceTables, spliced } from "./spliced.js";
import { evidenceAt, RULES } from "./watchers.js";
import type { Kind } from "./watchers.js";

/** The dial's default. */
const FALSE_ALARMS_PER_MILLION = 10;
/** The bars: one solved session of 300, and the repeats of a cycle until it must be found. */
const SOLVED_STOPPED_MAX = 100 / 300;
const DETECTED_MIN = 99;
const WITHIN_REPEATS = 5;

/** Sessions of agents: solved ones that must go on, failed ones, and solved ones that go round in circles from some point on. */
export const sessions: EvaluationSet = {
  id: "sessions",
  title: "Agents' sessions: loops",
  evaluate(folder, tell): Section | null {
    const all = readSessions(folder);
    if (all === null) return null;
    if (!all.some(({ isSolved }) => isSolved))
      throw new Error("no session in FOLDER/sessions is a solved one (`ok`)");
    const threshold = alarmThreshold(FALSE_ALARMS_PER_MILLION);
    const ours: Kind = {
      name: "Rein: evidence of a loop",
      make: (msPerCall) => evidenceAt(threshold, msPerCall),
    };
    const kinds = [ours, ...RULES];

    const natural = kinds.map((kind) => naturalOf(kind, all));
    tell(1, 3);
    const cases = spliced(
      kinds,
      all.filter(({ isSolved }) => isSolved),
    );
    tell(2, 3);
    const honest = kinds.map((kind) => stoppedRuns(kind));
    tell(3, 3);

    return {
      id: sessions.id,
      title: sessions.title,
      intro:
        `Each session is one lane, its calls 10 s apart. The threshold is that of the default dial, ${FALSE_ALARMS_PER_MILLION} false ` +
        "alarms in a million decisions. A spliced session is a solved one that is cut at random, and whose last 1 to 6 calls " +
        "come again 15 times, with the same results or with results that differ in their digits only.",
      tables: [
        naturalTable(natural),
        ...spliceTables(cases, WITHIN_REPEATS),
        honestTable(kinds, honest),
        PILOT,
      ],
      curves: [rocOf(all, natural, threshold), delayCurve(cases, threshold, WITHIN_REPEATS)],
      bars: [
        {
          name: "solved sessions stopped, %",
          value: stoppedShare(natural[0]!),
          want: "<=",
          target: SOLVED_STOPPED_MAX,
        },
        ...cases.periods.map((period, i) => ({
          name: `spliced loops of period ${period} detected within ${WITHIN_REPEATS} repeats, %`,
          value: detectedWithin(cases, 0, i, WITHIN_REPEATS),
          want: ">=" as const,
          target: DETECTED_MIN,
        })),
        {
          name: "made-up polling and batches stopped, runs",
          value: honest[0]!.reduce((sum, stopped) => sum + stopped, 0),
          want: "<=",
          target: 0,
        },
      ],
      notes: NOTES,
    };
  },
};

const PILOT: Table = {
  title: "Anchors: a prototype on 297 solved and 893 failed sessions with results, at other thresholds",
  columns: ["", "solved stopped", "failed flagged", "calls saved, %"],
  rows: [
    ["opencode: 3 equal calls", 6, 80, 3.2],
    ["OpenHands", 3, 23, 0.7],
    ["Gemini CLI: 5 equal calls", 0, 20, 0.9],
    ["OpenClaw: 10 of 30", 0, 2, 0.1],
    ["LangGraph: 25 steps", 21, "", ""],
    ["e-detector, m0 = .05, c = 500", 5, 88, 3],
    ["e-detector, m0 = .10, c = 1,000", 1, 28, 0.85],
  ],
};

const NOTES: readonly string[] = [
  "A failed session is one whose task was not solved; most of them are no loops. What is flagged of them is a benefit, not a share of all loops.",
  "The default dial is strict: short natural loops, of which agents come out by themselves, stay below it. The curve shows what lower thresholds would flag.",
  "Loops whose arguments change with each call are not found, on purpose: they look like paging through a list. Budgets and the detector of runaways are for those.",
  "The rules of other products are rewritten from their sources for calls that have ended; rules about messages, which these data do not have, are left out.",
];
