import { hostname } from "node:os";
import { inspectRecords, repairRecords } from "../audit/index.js";
import type { Position } from "../audit/index.js";
import { listSegments, segmentName } from "../audit/segment-files.js";
import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { HaltImage } from "../engine/index.js";
import { StateReader } from "../rein/reading.js";
import { dirStore, inspectDirStore, nodeDisk, repairDirStore } from "../store/index.js";
import type { OpenDirStore } from "../store/index.js";
import { describeOwner, highestOf, readOwnerFiles, seemsAlive } from "../store/owner-file.js";
import { tightenModes } from "./doctor-modes.js";
import { HALT_REASON, rebuildState } from "./doctor-rebuild.js";
import { appendRecords } from "./doctor-records.js";
import { holdsState, tryOpenState } from "./doctor-state.js";
import { thisUser } from "./state-dir.js";

/** What a repair did. */
export interface Repair {
  /** One sentence each; none: there was nothing to repair. */
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

const NOTHING: Repair = { done: [], quarantined: [], isHalted: false, isExhausted: false };

/**
 * Makes a directory usable again and loosens nothing: what may have been lost counts as spent, and everything is
 * halted until somebody has looked at it. Nothing is deleted: what was damaged is kept in `quarantine/`.
 *
 * @throws ReinError `store_in_use` while a process owns the directory; `store_damaged` when only people can mend it
 */
export async function repairDir(options: RepairOptions): Promise<Repair> {
  const { dir } = options;
  mustBeFree(dir);
  const tightened = tightenModes(dir);
  if (isWhole(options)) return { ...NOTHING, done: tightened };
  const before = new Set(quarantine(dir));
  const repair = holdsState(dir) ? await repairState(options) : recordsOnly(options);
  const kept = quarantine(dir).filter((name) => !before.has(name));
  const quarantined = new Set([...repair.quarantined, ...kept.map((name) => `quarantine/${name}`)]);
  return { ...repair, done: [...tightened, ...repair.done], quarantined: [...quarantined] };
}

async function repairState(options: RepairOptions): Promise<Repair> {
  const { dir, disk, now, by } = options;
  const owning = { identity: thisUser(), now: () => now };
  const { findings, quarantined, isExhausted } = await repairDirStore(dir, owning);
  const done = findings
    .filter(({ severity, file }) => severity === "error" || (severity === "warning" && file !== ""))
    .map(({ file, problem }) => `\`${file}\` ${problem}: mended by what the other files still say`);

  // From here on nobody else may start: the records have no owner of their own.
  const store = await dirStore(dir, owning).open();
  try {
    const damage = mendRecords(options);
    done.push(...damage.map(({ text }) => text));
    const state = tryOpenState(dir);
    if (!(state instanceof StateReader)) {
      // Without records there is nothing that it could be made of.
      if (listSegments(disk, dir).length === 0) throw state;
      await rebuildState({ store, dir, disk, now, by, why: state.message });
      done.push("the state was made anew from the records");
      return { done, quarantined, isHalted: true, isExhausted: true };
    }
    const { position } = state.recovered.saved;
    // A kill or a policy may have stood where records are lost.
    const mayLoosen = damage.some(({ file }) => isBehind(file, position));
    if (mayLoosen) await haltAll(store, state, options);
    await noteRepair(options, store, position, { done, isExhausted });
    return { done, quarantined, isHalted: isExhausted || mayLoosen, isExhausted };
  } finally {
    await store.close();
  }
}

/** A directory in which records are kept, and no state. */
function recordsOnly(options: RepairOptions): Repair {
  return { ...NOTHING, done: mendRecords(options).map(({ text }) => text) };
}

function mendRecords({ disk, dir, now }: RepairOptions): { readonly file: string; readonly text: string }[] {
  return repairRecords({ disk, dir, now: () => now })
    .filter(({ kind }) => kind === "damage")
    .map(({ file, problem, fix }) => ({ file, text: `\`${file}\`: ${problem}: ${fix}` }));
}

/** Who repairs needs the directory for himself, even when there is nothing to repair. */
function mustBeFree(dir: string): void {
  const owner = highestOf(readOwnerFiles(nodeDisk, dir));
  if (owner === undefined || !seemsAlive(nodeDisk, owner, thisUser(), Date.now())) return;
  throw new ReinError("store_in_use", `\`${dir}\` is in use by ${describeOwner(owner.facts)}`, {
    help: "stop that process first: repairing needs the directory for itself; without --repair it can be checked as it runs",
  });
}

function isWhole({ dir, disk }: RepairOptions): boolean {
  const findings = inspectDirStore(dir, { identity: thisUser() });
  // Warnings about files are about spares that are damaged; the others are about repairs before this one.
  const isBad = findings.some(
    ({ severity, file }) => severity === "error" || (severity === "warning" && file !== ""),
  );
  if (isBad || inspectRecords({ disk, dir }).some(({ kind }) => kind === "damage")) return false;
  return !holdsState(dir) || listSegments(disk, dir).length === 0 || tryOpenState(dir) instanceof StateReader;
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

/** Puts the repair on the record. */
async function noteRepair(
  { dir, disk, now, by }: RepairOptions,
  store: OpenDirStore,
  from: Position | null,
  what: object,
): Promise<void> {
  if (listSegments(disk, dir).length === 0) return;
  try {
    await appendRecords({ disk, dir, from, now, store }, [
      { type: "recovered", at: now, by, host: hostname(), ...what },
    ]);
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

function quarantine(dir: string): readonly string[] {
  const path = `${dir}/quarantine`;
  return nodeDisk.look(path)?.type === "directory" ? nodeDisk.list(path) : [];
}
