import { replay } from "../../src/analysis/replay.js";
import type { ReplayReport } from "../../src/analysis/replay.js";
import { comparePositions, readRecords } from "../../src/audit/index.js";
import type { LogRecord, PlacedRecord } from "../../src/audit/index.js";
import type { EngineImage } from "../../src/engine/index.js";
import { fromStored } from "../../src/rein/saved.js";
import { readDirStore } from "../../src/store/index.js";
import { ReinError } from "../../src/index.js";
import type { SimMachine } from "./machine.js";
import { UID } from "./stage.js";

/** What a directory says of the past. */
export interface Past {
  readonly records: readonly LogRecord[];
  /** Decisions by id, as far as the id says which (run and number). */
  readonly decisions: ReadonlyMap<string, LogRecord>;
  readonly hasGaps: boolean;
  readonly replayed: number;
}

/**
 * Reads the records and runs them through a new engine.
 *
 * @throws Error when a decision or a saved state does not come out again
 */
export function readPast(machine: SimMachine): Past {
  const { disk, dir, time } = machine;
  const placed: PlacedRecord[] = [...readRecords({ disk, dir })];
  const decisions = new Map<string, LogRecord>();
  let boot = "";
  for (const { record } of placed) {
    if (record.type === "open") boot = record["boot"] as string;
    if (record.type === "gate") decisions.set(`${boot}.${(record["seq"] as number).toString(36)}`, record);
  }
  const view = readDirStore(dir, { disk, now: () => time.wall, identity: NOBODY });
  const saved = view.snapshot === null ? null : fromStored(view.snapshot);
  const gaps = placed.flatMap(({ record }, i) => (record.type === "gap" ? [i] : []));
  let replayed = 0;
  let from = 0;
  for (const to of [...gaps, placed.length]) {
    replayed += replayPiece(placed.slice(from, to), saved?.position ?? null, saved?.engine);
    from = to + 1;
  }
  return { records: placed.map(({ record }) => record), decisions, hasGaps: gaps.length > 0, replayed };
}

/** A decision's id without the place of its permit. */
export function runAndNumber(id: string): string {
  return id.split(".").slice(0, 2).join(".");
}

function replayPiece(
  placed: readonly PlacedRecord[],
  position: Parameters<typeof comparePositions>[0] | null,
  image: EngineImage | undefined,
): number {
  const place = position === null ? -1 : placed.findIndex((one) => comparePositions(one.position, position) >= 0);
  let report: ReplayReport;
  try {
    report = replay(
      placed.map(({ record }) => record),
      { savedBefore: (record) => (record === place ? image : undefined) },
    );
  } catch (error) {
    // What lies between two gaps may hold no state to begin with.
    if (ReinError.isInstance(error) && error.code === "record_failed") return 0;
    throw error;
  }
  if (report.divergence !== null) throw new Error(`promise 4: ${JSON.stringify(report.divergence)}`);
  return report.decisions;
}

/** Whoever reads without owning anything. */
const NOBODY = {
  ...{ pid: 0, startTime: null, host: "elsewhere", machineBoot: null, pidNamespace: null, uid: UID },
  isAlive: () => undefined,
};

/** Files that the directory may hold at most, by the beginning of their names. */
const MOST_FILES: readonly (readonly [RegExp, number])[] = [
  [/^journal\./, 24],
  [/^snapshot\./, 3],
  [/^owner\./, 2],
  [/^tmp\./, 2],
];

/** What of the directory has grown too large; null when nothing. */
export function tooMuch({ disk, dir }: SimMachine, maxRecordsBytes: number): string | null {
  const names = disk.list(dir);
  for (const [pattern, most] of MOST_FILES) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > most) return `promise 8: ${found.length} files: ${found.join(", ")}`;
  }
  const records = names.filter((name) => name.startsWith("records-"));
  const bytes = records.reduce((sum, name) => sum + (disk.look(`${dir}/${name}`)?.bytes ?? 0), 0);
  return bytes > maxRecordsBytes ? `promise 8: ${bytes} bytes of records in ${records.join(", ")}` : null;
}
