import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isLog, logDirOf } from "../audit/log/layout.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { DEFAULT_DIR } from "./control-dir.js";
import { harmless } from "./io.js";
import type { Io } from "./io.js";

/** Given files larger than this are no keys, policies, heads or proofs. */
const FILE_BYTES_MAX = 1 << 28;

/** The directory that is meant: DIR, or what REIN_DIR names, or the usual place. */
export function dirFrom(dir: string | undefined, io: Io): string {
  return resolve(dir ?? (io.env["REIN_DIR"] || DEFAULT_DIR));
}

/** The log that is in it. */
export function logDirFrom(dir: string | undefined, io: Io): string {
  return logDirOf(nodeDisk, dirFrom(dir, io));
}

/** The same; there must be a log. @throws InvalidInputError */
export function existingLog(dir: string | undefined, io: Io): string {
  const path = logDirFrom(dir, io);
  if (isLog(nodeDisk, path)) return path;
  throw new InvalidInputError("dir", `there is no audit log in \`${harmless(path, 300)}\``, {
    help: "give the log's directory (it holds `checkpoint` and `seg`), or the `dir` that the governor was opened with",
  });
}

/** A file that was given. @throws InvalidInputError */
export function givenFile(field: string, path: string): Buffer {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) throw new Error("it is not a file");
    if (facts.size > FILE_BYTES_MAX) throw new Error("it is too large");
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === "ENOENT" ? "there is no such file" : cause instanceof Error ? cause.message : "unknown error";
    throw new InvalidInputError(field, `\`${harmless(path, 300)}\` cannot be read: ${why}`, {
      help: "check the path and its permissions",
      cause,
    });
  }
}

/** A verifier key: as it is, or the file (or the log's directory) that holds it. @throws InvalidInputError */
export function vkeyFrom(text: string): string {
  if (/^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text.trim())) return text.trim();
  let path = text;
  try {
    if (statSync(text).isDirectory()) path = join(text, "vkey");
  } catch {
    // Reading it says what is wrong.
  }
  return givenFile("vkey", path).toString("utf8").trim();
}
