import { replay } from "../../src/analysis/replay.js";
import type { RunRecord } from "../../src/analysis/replay.js";
import { logDirIn, readLog } from "../../src/audit/index.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { fromStored } from "../../src/rein/saved.js";
import { readDirStore } from "../../src/store/index.js";
import type { SimMachine } from "./machine.js";
import { UID } from "./stage.js";
import { Broken } from "./world.js";

/** What a directory says of the past. */
export interface Past {
  /** Decisions by id, as far as the id says which (run and number). */
  readonly decisions: ReadonlyMap<string, RunRecord>;
  /** Decisions that came out again. */
  readonly replayed: number;
}

/**
 * Verifies the log, and runs its records through a new engine.
 *
 * @throws Broken when it does not hold, or when a decision or a saved state does not come out again
 */
export function readPast(machine: SimMachine): Past {
  const { disk, dir, time } = machine;
  const log = logDirIn(dir);
  const verdict = verifyLog({ disk, dir: log, now: time.wall });
  if (verdict.outcome !== "valid")
    throw new Broken(`promise 5: the log does not verify: ${JSON.stringify(verdict.problems.first)}`);
  const records = [...readLog({ disk, dir: log, withBlobs: true })];
  const decisions = new Map<string, RunRecord>();
  for (const record of records) {
    if (record.type === "gate")
      decisions.set(`${String(record["boot"])}.${(record["seq"] as number).toString(36)}`, record);
  }
  const view = readDirStore(dir, { disk, now: () => time.wall, identity: NOBODY });
  const saved = view.snapshot === null ? null : fromStored(view.snapshot);
  const position = saved?.position ?? null;
  const found = records.findIndex(({ n }) => position !== null && n >= position);
  const place = found < 0 ? records.length : found;
  const report = replay(records, {
    savedBefore: (record) =>
      record === place && position !== null && saved !== null
        ? { boot: saved.boot, image: saved.engine }
        : undefined,
  });
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
  const log = logDirIn(dir);
  const places = ["seg", "blobs"]
    .map((name) => `${log}/${name}`)
    .filter((path) => disk.look(path) !== undefined);
  const files = places.flatMap((path) => disk.list(path).map((name) => `${path}/${name}`));
  const records = files.filter((path) => path.endsWith(".jsonl") || path.endsWith(".json"));
  const bytes = records.reduce((sum, path) => sum + (disk.look(path)?.bytes ?? 0), 0);
  return bytes > maxRecordsBytes ? `promise 8: ${bytes} bytes of records in ${records.join(", ")}` : null;
}
