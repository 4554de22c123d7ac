import type { Curve, Table } from "../../section.js";
import type { Session } from "./read.js";
import { evidenceAt, MS_PER_CALL } from "./watchers.js";
import type { Kind, Watcher } from "./watchers.js";

/** What became of the sessions as they are. */
export interface Natural {
  readonly name: string;
  readonly solved: number;
  readonly solvedStopped: number;
  readonly failed: number;
  readonly failedFlagged: number;
  /** Of the calls of failed sessions, those after the alarm. */
  readonly savedShare: number;
  /** Alarms in solved sessions for each 10,000 of their calls. */
  readonly stopsPer10000: number;
}

export function naturalOf({ name, make }: Kind, sessions: readonly Session[]): Natural {
  const solved = sessions.filter(({ isSolved }) => isSolved);
  const failed = sessions.filter(({ isSolved }) => !isSolved);
  const solvedStopped = solved.filter(
    (session) => stoppedAfter(make(MS_PER_CALL), session) < Infinity,
  ).length;
  const stops = failed.map((session) => stoppedAfter(make(MS_PER_CALL), session));
  const saved = failed.map(({ calls }, i) => Math.max(0, calls.length - stops[i]!));
  return {
    name,
    solved: solved.length,
    solvedStopped,
    failed: failed.length,
    failedFlagged: stops.filter((stop) => stop < Infinity).length,
    savedShare: (100 * sum(saved)) / Math.max(1, callsIn(failed)),
    stopsPer10000: (10_000 * solvedStopped) / Math.max(1, callsIn(solved)),
  };
}

/** Solved sessions stopped, in percent. */
export function stoppedShare({ solved, solvedStopped }: Natural): number {
  return (100 * solvedStopped) / solved;
}

export function naturalTable(natural: readonly Natural[]): Table {
  return {
    title: "Sessions as they are",
    columns: ["", "solved", "stopped", "of 10,000 of their calls", "failed", "flagged", "calls saved, %"],
    rows: natural.map(({ name, solved, solvedStopped, stopsPer10000, failed, failedFlagged, savedShare }) => [
      name,
      solved,
      solvedStopped,
      stopsPer10000,
      failed,
      failedFlagged,
      savedShare,
    ]),
  };
}

/** Failed sessions flagged against solved sessions stopped, over the threshold. */
export function rocOf(sessions: readonly Session[], natural: readonly Natural[], threshold: number): Curve {
  const highest = sessions.map(({ isSolved, calls }) => {
    const watcher = evidenceAt(1, MS_PER_CALL);
    return { isSolved, height: Math.max(0, ...calls.map((call) => watcher.add(call))) };
  });
  const share = (isSolved: boolean, c: number): number => {
    const some = highest.filter((session) => session.isSolved === isSolved);
    return (100 * some.filter(({ height }) => height >= c).length) / Math.max(1, some.length);
  };
  const at = (c: number): readonly [number, number] => [share(true, c), share(false, c)];
  return {
    id: "sessions-roc",
    title: "Failed sessions flagged and solved sessions stopped, over the threshold",
    x: "solved sessions stopped, %",
    y: "failed sessions flagged, %",
    series: [
      { name: "evidence of a loop", points: THRESHOLDS.map(at) },
      { name: `the default, c = ${threshold.toLocaleString("en")}`, points: [at(threshold)], kind: "points" },
      ...natural.slice(1).map((one) => ({
        name: one.name,
        points: [[stoppedShare(one), (100 * one.failedFlagged) / Math.max(1, one.failed)] as const],
        kind: "points" as const,
      })),
    ],
  };
}

/** From 1 to 10^7, four in each power of ten. */
const THRESHOLDS = Array.from({ length: 29 }, (_, i) => 10 ** (i / 4));

/** The calls that were made when the watcher stopped the session; Infinity: it did not. */
function stoppedAfter(watcher: Watcher, { calls }: Session): number {
  const at = calls.findIndex((call) => watcher.add(call) >= 1);
  return at === -1 ? Infinity : at + 1;
}

function callsIn(sessions: readonly Session[]): number {
  return sum(sessions.map(({ calls }) => calls.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
