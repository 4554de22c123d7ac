import type { Disk } from "../core/disk.js";
import { type DirSettings, type DirStoreOptions, settingsOf } from "./dir-settings.js";
import { SECRET, snapshotName } from "./file-names.js";
import { describeOwner, highestOf, readOwnerFiles, seemsAlive } from "./owner-file.js";
import { repairNote } from "./repair-marker.js";
import { dirProblem, storeFileProblems } from "./safe-dir.js";
import { readSecret } from "./secret-file.js";
import { readSnapshot } from "./snapshot-file.js";
import { storeFailed } from "./store-errors.js";
import { type Survey, surveyStore } from "./survey.js";

/** Something about a directory that somebody should know. */
export interface StoreFinding {
  /** Name in the directory; "" for the directory itself. */
  readonly file: string;
  /** Goes behind the name. */
  readonly problem: string;
  /** What to do about it; "" when nothing needs doing. */
  readonly fix: string;
  /** `error`: the directory cannot be used. `warning`: it can, and something is wrong. `note`: nothing is wrong. */
  readonly severity: "error" | "warning" | "note";
}

/**
 * Looks a directory over and changes nothing; empty: all is well.
 *
 * @throws ReinError `store_failed` when it cannot even be read
 */
export function inspectDirStore(dir: string, options: DirStoreOptions = {}): StoreFinding[] {
  const settings = settingsOf(dir, options);
  try {
    return inspect(settings);
  } catch (error) {
    throw storeFailed(`inspect \`${dir}\``, error);
  }
}

/** What stands in the way that only people can move. */
export function unrepairable(
  { disk, dir, identity }: DirSettings,
  survey: Survey | undefined,
): StoreFinding[] {
  const problem = dirProblem(disk, dir, identity.uid);
  const unsafe = problem === undefined ? storeFileProblems(disk, dir, identity.uid) : [problem];
  const found = unsafe.map(({ file, problem, help }): StoreFinding => error(file, problem, help));
  if (survey === undefined) return found;
  for (const { kind, file, problem } of survey.problems) {
    if (kind === "newer") found.push(error(file, problem, "upgrade this installation"));
  }
  const secret = readSecret(disk, dir);
  const isUsed = survey.snapshots.length > 0 || survey.journals.length > 0;
  if (secret === undefined || (secret === null && isUsed)) {
    const fix = "put it back from a backup, or begin with a new directory";
    found.push(error(SECRET, secret === null ? "is missing" : "does not hold what it should", fix));
  }
  return found;
}

/** Damaged snapshots that are not in force: they stand in nobody's way until they are needed. */
export function badFallbacks(survey: Survey): number[] {
  return survey.snapshots
    .filter(({ number, read }) => number !== survey.snapshot && readSnapshot(read()).kind !== "good")
    .map(({ number }) => number);
}

function inspect(settings: DirSettings): StoreFinding[] {
  const { disk, dir, name, identity } = settings;
  if (disk.look(dir) === undefined) {
    return [{ file: "", problem: "does not exist", fix: "it is made at the first start", severity: "note" }];
  }
  const found = unrepairable(settings, undefined);
  if (found.length > 0) return found;
  const survey = surveyStore(disk, dir);
  found.push(...unrepairable(settings, survey));
  const repair = `run \`rein doctor --repair ${name}\``;
  for (const { kind, file, problem } of survey.problems) {
    if (kind !== "newer") found.push(error(file, problem, repair));
  }
  for (const number of badFallbacks(survey)) {
    const problem = "cannot be read; it is the one to fall back to and is not needed now";
    found.push({
      file: snapshotName(number),
      problem,
      fix: "the next snapshots replace it",
      severity: "warning",
    });
  }
  for (const { file, bytes } of survey.torn) {
    found.push(note(file, `ends in ${bytes} bytes of a write that was cut short before it counted`));
  }
  const repaired = repairNote(disk, dir);
  if (repaired !== undefined) {
    found.push({ file: "", problem: repaired, fix: "resume what may run again", severity: "warning" });
  }
  found.push(...ownerFindings(disk, dir, settings, identity));
  return found;
}

function ownerFindings(
  disk: Disk,
  dir: string,
  { now }: DirSettings,
  identity: DirSettings["identity"],
): StoreFinding[] {
  const owner = highestOf(readOwnerFiles(disk, dir));
  if (owner === undefined || owner.isReleased) return [];
  const who = describeOwner(owner.facts);
  const isAlive = seemsAlive(disk, owner, identity, now());
  return [note("", isAlive ? `is in use by ${who}` : `was last owned by ${who}, which is gone`)];
}

function error(file: string, problem: string, fix: string): StoreFinding {
  return { file, problem, fix, severity: "error" };
}

function note(file: string, problem: string): StoreFinding {
  return { file, problem, fix: "", severity: "note" };
}
