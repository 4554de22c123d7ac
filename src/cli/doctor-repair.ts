import { hostname } from "node:os";
import { comparePositions, recoverSegments, repairRecords, SegmentSink } from "../audit/index.js";
import type { Position } from "../audit/index.js";
import { listSegments, segmentName } from "../audit/segment-files.js";
import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { HaltImage } from "../engine/index.js";
import { StateReader } from "../rein/reading.js";
import { realSystem } from "../rein/system.js";
import { dirStore, nodeDisk, repairDirStore } from "../store/index.js";
import type { OpenDirStore } from "../store/index.js";
import { HALT_REASON, rebuildState } from "./doctor-rebuild.js";
import { thisUser } from "./state-dir.js";

/** What a repair did. */
export interface Repair {
  /** One sentence each. */
  readonly done: readonly string[];
  /** Files that were set aside, below the directory; none is deleted. */
  readonly quarantined: readonly string[];
  /** At the next start everything is halted until somebody resumes it. */
  readonly isHalted: boolean;
  /** At the next start every budget counts as spent. */
  readonly isExhausted: boolean;
}

export interface RepairOptions {
  readonly dir: string;
  /** A disk that tells how far reading the records is. */
  readonly disk: Disk;
  readonly now: number;
  /** Who repairs, for the record. */
  readonly by: string;
}

/**
 * Makes a directory usable again and loosens nothing: what may have been lost counts as spent, and everything is
 * halted until somebody has looked at it. Nothing is deleted: what was damaged is kept in \`quarantine/\`.
 *
 * @throws ReinError `store_in_use` while a process owns the directory; `store_damaged` when only people can mend it
 */
export async function repairDir(options: RepairOptions): Promise<Repair> {
  const { dir, disk, now } = options;
  const identity = thisUser();
  const before = new Set(quarantine(dir));
  const { findings, quarantined, isExhausted } = await repairDirStore(dir, { identity, now: () => now });
  const done = findings
    .filter(({ severity, file }) => severity === "error" || (severity === "warning" && file !== ""))
    .map(({ file, problem }) => `\`${file}\` ${problem}: mended by what the other files still say`);

  // From here on nobody else may start: the records have no owner of their own.
  const store = await dirStore(dir, { identity, now: () => now }).open();
  try {
    const damage = repairRecords({ disk, dir, now: () => now }).filter(({ kind }) => kind === "damage");
    for (const { file, problem, fix } of damage) done.push(`\`${file}\`: ${problem}: ${fix}`);
    const state = stateOf(dir);
    let isHalted = isExhausted;
    if (state instanceof StateReader) {
      // A halt, a kill or a policy may have stood where records are lost.
      if (damage.some(({ file }) => isBehind(file, state.recovered.saved.position))) {
        await haltAll(store, state, options);
        isHalted = true;
        done.push("everything is halted, because commands may be among the records that are lost");
      }
      writeRecord(options, state.recovered.saved.position, { done, isExhausted });
    } else {
      // Files that cannot be read are somebody's to look at; the state as such can be made from the records.
      if (!isRebuildable(state, disk, dir)) throw state;
      await rebuildState({ store, dir, disk, now, by: options.by, why: state.message });
      isHalted = true;
      done.push(
        "the state was made anew from the records; every budget counts as spent, and everything is halted",
      );
    }
    const kept = quarantine(dir).filter((name) => !before.has(name));
    return {
      done,
      quarantined: [...new Set([...quarantined, ...kept.map((name) => `quarantine/${name}`)])],
      isHalted,
      isExhausted: isExhausted || !(state instanceof StateReader),
    };
  } finally {
    await store.close();
  }
}

/** The state as the next start would find it, or why it would not. */
function stateOf(dir: string): StateReader | ReinError {
  try {
    return StateReader.open(dir, { system: realSystem, identity: thisUser() });
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    throw error;
  }
}

function isRebuildable({ code }: ReinError, disk: Disk, dir: string): boolean {
  return (
    ["record_damaged", "store_damaged", "invalid_input"].includes(code) && listSegments(disk, dir).length > 0
  );
}

/** Whether a segment has records that a start needs. */
function isBehind(file: string, position: Position | null): boolean {
  return position === null || file >= segmentName(position.segment);
}

async function haltAll(
  store: OpenDirStore,
  { engine }: StateReader,
  { now, by }: RepairOptions,
): Promise<void> {
  const known = [...store.halts.values()].map((halt) => Number((halt as unknown as HaltImage).epoch));
  const epoch = Math.max(engine.halts.epoch, 0, ...known) + 1;
  const halt: HaltImage = {
    ...{ id: `h${epoch}`, epoch, scope: "all", reason: HALT_REASON, by: `rein doctor (${by})`, at: now },
    ...{ until: null, count: 1, named: "all", key: {} },
  };
  await store.addHalt({ ...halt });
}

/** Puts the repair on the record. A disk that does not take it must not undo what was mended. */
function writeRecord({ dir, disk, now, by }: RepairOptions, from: Position | null, what: object): void {
  if (listSegments(disk, dir).length === 0) return;
  try {
    const sink = openSegments(disk, dir, from, now);
    sink.write(`${JSON.stringify({ type: "recovered", at: now, by, host: hostname(), ...what })}\n`);
    sink.syncNow();
    void sink.close();
  } catch (error) {
    throw new ReinError(
      "record_failed",
      `the repair is done, but it cannot be recorded: ${messageOf(error)}`,
      {
        help: "free space or mend the disk, then run the repair again",
        cause: error,
      },
    );
  }
}

/** The records, ready to be written to. */
export function openSegments(disk: Disk, dir: string, from: Position | null, now: number): SegmentSink {
  const { end } = recoverSegments({ disk, dir, from });
  const start = from !== null && comparePositions(end, from) < 0 ? from : end;
  const size = { segmentBytes: Infinity, maxBytes: Infinity };
  return new SegmentSink({ disk, dir, at: start, ...size, now: () => now });
}

function quarantine(dir: string): readonly string[] {
  const path = `${dir}/quarantine`;
  return nodeDisk.look(path)?.type === "directory" ? nodeDisk.list(path) : [];
}
