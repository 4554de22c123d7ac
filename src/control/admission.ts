import type { Disk, FileFacts } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import { MAX_MESSAGE_BYTES } from "./layout.js";

/** The user that this process acts as; undefined where the system has no user ids (then owners and modes are not looked at). */
export function ownUid(): number | undefined {
  return process.geteuid?.();
}

/**
 * Checks that a directory of the control channel is one, and is ours alone: whoever can write there commands.
 *
 * @throws ReinError `not_admitted`
 */
export function checkPlace(disk: Disk, path: string, uid: number | undefined): void {
  const facts = disk.look(path);
  const problem = facts === undefined ? "is missing" : placeProblem(facts, uid);
  if (problem === null) return;
  const help =
    facts?.type === "directory" && facts.uid === uid
      ? `close it to others: chmod 700 ${path}`
      : "only a directory of the user that runs the governor is trusted; look who put it there";
  throw new ReinError("not_admitted", `the control channel \`${path}\` ${problem}`, { help });
}

function placeProblem(facts: FileFacts, uid: number | undefined): string | null {
  if (facts.type === "link") return "is a link";
  if (facts.type !== "directory") return "is not a directory";
  if (uid === undefined) return null;
  if (facts.uid !== uid) return `belongs to user ${facts.uid}, and this process runs as user ${uid}`;
  if ((facts.mode & 0o077) !== 0) return `is open to other users (mode ${octal(facts.mode)})`;
  return null;
}

/** Why a file in the inbox cannot be trusted, as the end of a sentence about it; null when it can. */
export function fileProblem(facts: FileFacts, uid: number | undefined): string | null {
  if (facts.type === "link") return "is a symbolic link";
  if (facts.type !== "file") return "is not a regular file";
  if (uid !== undefined) {
    if (facts.links !== 1) return `has ${facts.links} names, so it may be somebody else's file`;
    if (facts.uid !== uid) return `was written by user ${facts.uid}, and this process runs as user ${uid}`;
    if ((facts.mode & 0o022) !== 0) return `can be written by other users (mode ${octal(facts.mode)})`;
  }
  if (facts.bytes > MAX_MESSAGE_BYTES) return `is larger than ${MAX_MESSAGE_BYTES} bytes`;
  return null;
}

function octal(mode: number): string {
  return `0${(mode & 0o7777).toString(8)}`;
}
