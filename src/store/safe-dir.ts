import { dirname, join } from "node:path";
import type { Disk, FileFacts } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import { codeOf } from "./disk-files.js";
import { storeFileOf, type StoreFile } from "./file-names.js";

/** What somebody who is not its owner could do with a file or directory, said in one sentence, with a remedy. */
export interface SafetyProblem {
  /** Name in the directory; "" for the directory itself. */
  readonly file: string;
  /** Goes behind the name: `is a symbolic link`. */
  readonly problem: string;
  readonly help: string;
}

/** Bits that let others write. */
const OTHERS_WRITE = 0o022;

/**
 * Makes the directory when it is missing, for this user only, and sees to it that nobody else can change it.
 *
 * @param name how the user calls it
 * @param uid this user; undefined where the system has none, and then owners and modes are not looked at
 * @throws ReinError `store_failed`; errors of the system as they are
 */
export async function prepareSafeDir(
  disk: Disk,
  dir: string,
  name: string,
  uid: number | undefined,
): Promise<void> {
  if (disk.look(dir) === undefined) disk.makeDir(dir);
  const problem = dirProblem(disk, dir, uid);
  if (problem !== undefined) throw unsafe(name, problem);
  // A process may have died between making it, or one above it, and making that durable.
  if (disk.list(dir).length > 0) return;
  for (let at = dir; dirname(at) !== at; at = dirname(at)) await syncParent(disk, dirname(at));
}

/** What is wrong with the directory itself. A link to a directory is followed: whoever may replace it may replace the directory. */
export function dirProblem(disk: Disk, dir: string, uid: number | undefined): SafetyProblem | undefined {
  let facts = disk.look(dir);
  if (facts?.type === "link") facts = lookOrNothing(disk, `${dir}/.`);
  const problem = (what: string, help: string): SafetyProblem => ({ file: "", problem: what, help });
  if (facts === undefined) return problem("is a link to nothing", "remove the link, or make its target");
  if (facts.type !== "directory") return problem("is not a directory", "move it away or choose another name");
  return ownershipProblem("", facts, uid);
}

/**
 * What is wrong with one of our files: anything but a plain file with one name, owned and writable by this user
 * alone. `linked` allows the second name that a file has while it is given its real one.
 */
export function fileProblem(
  file: string,
  facts: FileFacts,
  uid: number | undefined,
  type: "file" | "directory" = "file",
  linked = false,
): SafetyProblem | undefined {
  const help = "find out who put it there, then remove it or put the real file back";
  if (facts.type !== type) {
    const is = facts.type === "link" ? "is a symbolic link" : `is not a ${type}`;
    return { file, problem: is, help };
  }
  if (type === "file" && facts.links > (linked ? 2 : 1)) {
    return { file, problem: "has a second name (a hard link)", help: "make a copy of its own in its place" };
  }
  return ownershipProblem(file, facts, uid);
}

/** What is wrong with the store's files; what is not the store's is not looked at. */
export function storeFileProblems(disk: Disk, dir: string, uid: number | undefined): SafetyProblem[] {
  const found: SafetyProblem[] = [];
  for (const name of disk.list(dir)) {
    const ours = storeFileOf(name);
    if (ours === undefined) continue;
    const facts = disk.look(join(dir, name));
    // Another process may remove a file between our two looks.
    if (facts === undefined) continue;
    const problem = fileProblem(
      name,
      facts,
      uid,
      ours.kind === "quarantine" ? "directory" : "file",
      mayBeLinked(ours),
    );
    if (problem !== undefined) found.push(problem);
  }
  return found;
}

/** The refusal that goes with a problem. */
export function unsafe(name: string, { file, problem, help }: SafetyProblem): ReinError {
  const what = file === "" ? `\`${name}\`` : `\`${file}\` in \`${name}\``;
  return new ReinError("store_failed", `${what} ${problem}`, { help });
}

function mayBeLinked(file: StoreFile): boolean {
  return file.kind === "owner" || file.kind === "temporary";
}

function ownershipProblem(
  file: string,
  facts: FileFacts,
  uid: number | undefined,
): SafetyProblem | undefined {
  if (uid === undefined || facts.uid === undefined) return undefined;
  if (facts.uid !== uid) {
    return {
      file,
      problem: `belongs to another user (uid ${facts.uid}, this is uid ${uid})`,
      help: "run as that user, or choose a directory of your own",
    };
  }
  if ((facts.mode & OTHERS_WRITE) === 0) return undefined;
  return {
    file,
    problem: `can be written by others (mode ${(facts.mode & 0o777).toString(8).padStart(3, "0")})`,
    help: `take that away: \`chmod go-w\`, after checking that nothing was changed`,
  };
}

/** Directories above ours may be unreadable to us; what we keep in ours is safe only as far as they are. */
async function syncParent(disk: Disk, dir: string): Promise<void> {
  try {
    await disk.syncDir(dir);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "EACCES" && code !== "EPERM") throw error;
  }
}

function lookOrNothing(disk: Disk, path: string): FileFacts | undefined {
  try {
    return disk.look(path);
  } catch {
    return undefined;
  }
}
