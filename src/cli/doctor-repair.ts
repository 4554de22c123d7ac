import { hostname } from "node:os";
import { isLog } from "../audit/index.js";
import { inspectLog } from "../audit/log/inspect.js";
import type { Finding } from "../audit/log/inspect.js";
import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import { StateReader } from "../rein/reading.js";
import { dirStore, inspectDirStore, nodeDisk, repairDirStore } from "../store/index.js";
import type { OpenDirStore } from "../store/index.js";
import { describeOwner, highestOf, readOwnerFiles, seemsAlive } from "../store/owner-file.js";
import { tightenModes } from "./doctor-modes.js";
import { rebuildState } from "./doctor-rebuild.js";
import { appendRecords, setLogAside } from "./doctor-records.js";
import { holdsState, tryOpenState } from "./doctor-state.js";
import { logOf } from "./log-of-dir.js";
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

  // From here on nobody else may start: the log has no owner of its own.
  const store = await dirStore(dir, owning).open();
  try {
    const log = logOf(disk, dir);
    const damage = damageOf(options);
    const state = damage.length > 0 ? null : tryOpenState(dir);
    if (state instanceof StateReader) {
      noteRepair(options, store, state, { done, isExhausted });
      return { done, quarantined, isHalted: isExhausted, isExhausted };
    }
    // Without records there is nothing that it could be made of.
    if (state !== null && !isLog(disk, log.dir)) throw state;
    done.push(...damage.map(({ problem }) => problem));
    const why = state?.message ?? damage.map(({ problem }) => problem).join("; ");
    const setAside = damage.length === 0 ? null : () => setLogAside(disk, dir, why);
    const aside = await rebuildState({ store, log, disk, now, by, why, done, setAside });
    if (typeof aside?.name === "string") done.push(`the log was set aside whole as \`${aside.name}\``);
    if (aside !== null) done.push("a new log was begun");
    done.push("the state was made anew from what is left");
    return { done, quarantined, isHalted: true, isExhausted: true };
  } finally {
    await store.close();
  }
}

/** What keeps the log of a directory from being gone on with. */
function damageOf({ dir, disk }: RepairOptions): readonly Finding[] {
  return inspectLog({ disk, ...logOf(disk, dir) }).findings.filter(({ kind }) => kind === "damage");
}

/** A log without a state. @throws ReinError: other processes may share it, and nobody here can tell */
function recordsOnly(options: RepairOptions): Repair {
  const [damage] = damageOf(options);
  if (damage === undefined) return NOTHING;
  throw new ReinError("record_damaged", damage.problem, {
    help: `stop whoever writes to it, then move the directory away (\`mv ${options.dir} ${options.dir}.damaged\`): the next start begins a new log`,
  });
}

/** Who repairs needs the directory for himself, even when there is nothing to repair. */
function mustBeFree(dir: string): void {
  const owner = highestOf(readOwnerFiles(nodeDisk, dir));
  if (owner === undefined || !seemsAlive(nodeDisk, owner, thisUser(), Date.now())) return;
  throw new ReinError("store_in_use", `\`${dir}\` is in use by ${describeOwner(owner.facts)}`, {
    help: "stop that process first: repairing needs the directory for itself; without --repair it can be checked as it runs",
  });
}

function isWhole(options: RepairOptions): boolean {
  const { dir } = options;
  const findings = inspectDirStore(dir, { identity: thisUser() });
  // Warnings about files are about spares that are damaged; the others are about repairs before this one.
  const isBad = findings.some(
    ({ severity, file }) => severity === "error" || (severity === "warning" && file !== ""),
  );
  if (isBad || damageOf(options).length > 0) return false;
  return !holdsState(dir) || !hasState(options) || tryOpenState(dir) instanceof StateReader;
}

/** Something was saved, or recorded. */
function hasState({ dir, disk }: RepairOptions): boolean {
  return isLog(disk, logOf(disk, dir).dir) || disk.list(dir).some((name) => name.startsWith("snapshot."));
}

/** Puts the repair on the record. */
function noteRepair(
  { disk, now, by }: RepairOptions,
  store: OpenDirStore,
  { log, recovered, mono }: StateReader,
  what: object,
): void {
  if (!isLog(disk, log) || recovered.saved.log !== undefined) return;
  const { boot } = recovered;
  try {
    appendRecords({ disk, dir: log, now, store }, [
      { type: "recovered", ...(boot !== null && { boot }), at: now, mono, by, host: hostname(), ...what },
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
