import { randomSource } from "../../random.js";
import type { Curve, Table } from "../../section.js";
import type { Session } from "./read.js";
import { splice } from "./streams.js";
import type { Mode, Splice } from "./streams.js";
import { evidenceAt, MS_PER_CALL } from "./watchers.js";
import type { Kind, Watcher } from "./watchers.js";

/** Spliced loops and how they were found: `delays[kind][mode][period]` has the calls of each case until then. */
export interface Spliced {
  readonly periods: readonly number[];
  readonly kinds: readonly Kind[];
  readonly delays: readonly (readonly (readonly (readonly number[])[])[])[];
  readonly cases: readonly (readonly (readonly Splice[])[])[];
}

const PERIODS = [1, 2, 3, 4, 5, 6] as const;
const MODES: readonly Mode[] = ["exact", "volatile"];
const SEEDS = 4;

export function spliced(kinds: readonly Kind[], solved: readonly Session[]): Spliced {
  const cases = MODES.map((mode, m) =>
    PERIODS.map((period) =>
      solved.flatMap((session, s) =>
        Array.from({ length: SEEDS }, (_, seed) =>
          randomSource(((s * SEEDS + seed) * MODES.length + m) * 8 + period),
        )
          .map((random) => splice(session, period, mode, random))
          .filter((one) => one !== null),
      ),
    ),
  );
  const delays = kinds.map(({ make }) =>
    cases.map((row) => row.map((some) => some.map((one) => delayOf(make(MS_PER_CALL), one)))),
  );
  return { periods: PERIODS, kinds, delays, cases };
}

/** Of the loops of a period, those found within so many repeats, in percent; in both modes together. */
export function detectedWithin(
  { delays, periods }: Spliced,
  kind: number,
  period: number,
  repeats: number,
): number {
  return share(
    delays[kind]!.flatMap((mode) => mode[period]!),
    repeats * periods[period]!,
  );
}

/** One table for each mode: per period the share that is found in time, and the median delay. */
export function spliceTables({ kinds, delays, cases, periods }: Spliced, repeats: number): readonly Table[] {
  return MODES.map((mode, m) => ({
    title: `Spliced loops, ${mode === "exact" ? "with the same results" : "with results that differ in their digits"} (${cases[m]!.flat().length} cases): found within ${repeats} repeats, % / median calls`,
    columns: ["", ...periods.map((period) => `period ${period}`)],
    rows: kinds.map(({ name }, k) => [
      name,
      ...delays[k]![m]!.map((some, i) => {
        const found = share(some, repeats * periods[i]!).toFixed(1);
        const median = medianOf(some);
        return `${found} / ${median === Infinity ? "never" : median}`;
      }),
    ]),
  }));
}

/** What the threshold costs: loops found in time, by period. */
export function delayCurve({ cases, periods }: Spliced, threshold: number, repeats: number): Curve {
  const heights = periods.map((period, i) =>
    cases.flatMap((mode) =>
      mode[i]!.map((one) => heightAfter(evidenceAt(1, MS_PER_CALL), one, repeats * period)),
    ),
  );
  const found = (some: readonly number[], c: number): number =>
    (100 * some.filter((height) => height >= c).length) / Math.max(1, some.length);
  return {
    id: "sessions-splice",
    title: `Spliced loops found within ${repeats} repeats, over the threshold`,
    x: "threshold",
    y: "found, %",
    logX: true,
    series: [
      ...heights.map((some, i) => ({
        name: `period ${periods[i]!}`,
        points: THRESHOLDS.map((c) => [c, found(some, c)] as const),
      })),
      { name: "the default", points: [[threshold, found(heights.flat(), threshold)]], kind: "points" },
    ],
  };
}

/** From 100 to 10^12, four in each power of ten. */
const THRESHOLDS = Array.from({ length: 41 }, (_, i) => 10 ** (2 + i / 4));

/** Calls of the loop until it is found; 0: the watcher stopped before it began, which finds no loop; Infinity: never. */
function delayOf(watcher: Watcher, { before, loop }: Splice): number {
  if (before.some((call) => watcher.add(call) >= 1)) return 0;
  const at = loop.findIndex((call) => watcher.add(call) >= 1);
  return at === -1 ? Infinity : at + 1;
}

function heightAfter(watcher: Watcher, { before, loop }: Splice, calls: number): number {
  for (const call of before) watcher.add(call);
  return Math.max(...loop.slice(0, calls).map((call) => watcher.add(call)));
}

function share(delays: readonly number[], most: number): number {
  return (100 * delays.filter((delay) => delay > 0 && delay <= most).length) / Math.max(1, delays.length);
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Infinity;
}
