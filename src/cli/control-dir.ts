import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { InvalidInputError, ReinError } from "../core/errors.js";

/** Where a governor keeps its state when nobody says where. */
export const DEFAULT_DIR = "./rein_state";

const HOW_TO_FIND =
  "give --dir the `dir` that the governor was opened with, Rein.open({ dir }); a relative one starts where its process was started";

/**
 * Checks that there is such a directory.
 *
 * @param command what is to be done there, for messages: "halt"
 * @throws InvalidInputError that says how to find the right one; ReinError `not_admitted`
 */
export function checkDir(dir: string, command: string): void {
  let isDirectory: boolean | null;
  try {
    isDirectory = statSync(dir).isDirectory();
  } catch (error) {
    if (codeOf(error) === "EACCES") throw notThisUser(dir, command, error);
    isDirectory = null;
  }
  if (isDirectory === true) return;
  const near = nearestStateDir();
  throw new InvalidInputError(
    "dir",
    isDirectory === false ? `\`${dir}\` is not a directory` : `there is no directory \`${dir}\``,
    { help: near === null ? HOW_TO_FIND : `is it \`--dir ${near}\`?` },
  );
}

/**
 * Checks that a governor keeps its state in a directory: a halt that is left anywhere else reaches nobody, and looks
 * as if it did.
 *
 * @throws InvalidInputError
 */
export function checkIsUsed(dir: string, command: string): void {
  const isOurs = (name: string): boolean => /^(?:control$|(?:owner|journal|snapshot)\.[0-9])/.test(name);
  if (readdirSync(dir).some(isOurs)) return;
  throw new InvalidInputError(
    "dir",
    `\`${dir}\` is no governor's state directory, so a ${command} there would reach nobody`,
    { help: HOW_TO_FIND },
  );
}

/**
 * Does something as the user that runs the governor: root becomes that user, others are told who may do it.
 *
 * @throws ReinError `not_admitted`
 */
export async function asUserOf<T>(dir: string, command: string, step: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid, getegid, setegid } = process;
  if (geteuid === undefined || seteuid === undefined || getegid === undefined || setegid === undefined)
    return step();
  const owner = ownerOfChannel(dir);
  const [uid, gid] = [geteuid(), getegid()];
  if (owner.uid === uid) return step();
  if (uid !== 0) throw notThisUser(dir, command);
  setegid(owner.gid);
  seteuid(owner.uid);
  try {
    return await step();
  } finally {
    seteuid(uid);
    setegid(gid);
  }
}

/** A state directory with the usual name in a directory above this one. */
function nearestStateDir(): string | null {
  const here = process.cwd();
  for (let above = dirname(here); ; above = dirname(above)) {
    const candidate = join(above, DEFAULT_DIR);
    if (existsSync(candidate)) return relative(here, candidate);
    if (above === dirname(above)) return null;
  }
}

/** The channel is made by the governor, if it ever ran; its directory may have been made for it. */
function ownerOfChannel(dir: string): { readonly uid: number; readonly gid: number } {
  try {
    return lstatSync(join(dir, "control"));
  } catch {
    return statSync(dir);
  }
}

function notThisUser(dir: string, command: string, cause?: unknown): ReinError {
  let who = "the user that runs the governor, or root,";
  let login = "THAT-USER";
  try {
    const { uid } = ownerOfChannel(dir);
    const name = nameOfUser(uid);
    who = name === null ? `user ${uid}` : `user \`${name}\``;
    login = name ?? `'#${uid}'`;
  } catch {
    // Then it cannot be told who it is.
  }
  return new ReinError("not_admitted", `only ${who} may command the governor of \`${dir}\``, {
    help: `run it as that user: sudo -u ${login} rein ${command} --dir ${dir} …`,
    cause,
  });
}

function nameOfUser(uid: number): string | null {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    const line = lines.find((entry) => entry.split(":")[2] === String(uid));
    return line?.split(":")[0] ?? null;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
