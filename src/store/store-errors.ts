import { messageOf, ReinError } from "../core/errors.js";
import { codeOf } from "./disk-files.js";

interface Cause {
  readonly what: string;
  readonly help: string;
}

/** What the codes of a system mean to somebody who has to do something about them. */
const CAUSES: ReadonlyMap<string, Cause> = new Map([
  ["ENOSPC", { what: "the disk is full", help: "free space on the disk that holds it" }],
  ["EDQUOT", { what: "the quota of this user is used up", help: "free space or raise the quota" }],
  ["EROFS", { what: "the file system is read-only", help: "mount it writable, or choose another directory" }],
  [
    "EACCES",
    { what: "permission is denied", help: "run as the user that owns it, or choose another directory" },
  ],
  [
    "EPERM",
    { what: "permission is denied", help: "run as the user that owns it, or choose another directory" },
  ],
  ["EIO", { what: "the disk reports an error", help: "check the disk and its cables before anything else" }],
  ["EMFILE", { what: "too many files are open", help: "raise the limit on open files (`ulimit -n`)" }],
  ["ENFILE", { what: "too many files are open", help: "raise the system's limit on open files" }],
  ["ENOTDIR", { what: "something above it is no directory", help: "choose another directory" }],
  ["ENOENT", { what: "the directory is gone", help: "somebody removed it while it was in use: start again" }],
]);

/** The store cannot be used or written; `doing` is what was tried, such as ``write `./rein_state` ``. */
export function storeFailed(doing: string, error: unknown): ReinError {
  if (ReinError.isInstance(error)) return error;
  const cause = CAUSES.get(codeOf(error) ?? "");
  return new ReinError("store_failed", `cannot ${doing}: ${cause?.what ?? messageOf(error)}`, {
    help: cause?.help ?? "what needs the store is refused until it works again",
    cause: error,
  });
}

/** A file is not what was written; `dir` is the directory as the user knows it. */
export function storeDamaged(dir: string, file: string, problem: string, help?: string): ReinError {
  return new ReinError("store_damaged", `\`${file}\` in \`${dir}\` ${problem}`, {
    help: help ?? `run \`rein doctor --repair ${dir}\`: it keeps what can be read and loosens nothing`,
  });
}

/** A file comes from a later version of this package. */
export function storeNewer(dir: string, file: string): ReinError {
  return new ReinError("store_newer", `\`${file}\` in \`${dir}\` was written by a newer version of Rein`, {
    help: "upgrade this installation; an older version would misread what the newer one keeps",
  });
}
