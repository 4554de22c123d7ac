import { replay } from "../../src/analysis/replay.js";
import { comparePositions, readRecords } from "../../src/audit/index.js";
import type { LogRecord, PlacedRecord } from "../../src/audit/index.js";
import { fromStored } from "../../src/rein/saved.js";
import { readDirStore } from "../../src/store/index.js";
import type { SimMachine } from "./machine.js";
import { UID } from "./stage.js";
import { Broken } from "./world.js";

/** What a directory says of the past. */
export interface Past {
  /** Decisions by id, as far as the id says which (run and number). */
  readonly decisions: ReadonlyMap<string, LogRecord>;
  /** Decisions that came out again. */
  readonly replayed: number;
}

/**
 * Reads the records and runs them through a new engine.
 *
 * @throws Broken when a decision or a saved state does not come out again
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
  const position = saved?.position ?? null;
  const found = placed.findIndex((one) => position !== null && comparePositions(one.position, position) >= 0);
  const place = found < 0 ? placed.length : found;
  const report = replay(
    placed.map(({ record }) => record),
    { savedBefore: (record) => (record === place && position !== null ? saved?.engine : undefined) },
  );
  if (report.divergence !== null) throw new Broken(`promise 4: ${JSON.stringify(report.divergence)}`);
  return { decisions, replayed: report.decisions };
}

/** A decision's id without the place of its permit. */
export function runAndNumber(id: string): string {
  return id.split(".").slice(0, 2).join(".");
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
