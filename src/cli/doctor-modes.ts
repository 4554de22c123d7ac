import { chmodSync } from "node:fs";
import { join } from "node:path";
import { logDirIn, logPlaces } from "../audit/index.js";
import { controlPlaces } from "../control/layout.js";
import { nodeDisk } from "../store/index.js";
import { thisUser } from "./state-dir.js";

/** Files that a governor makes; what lies in the inbox is others' word, and stays as it came. */
const OURS = /^(?:secret|repair\.json|trouble|(?:owner|journal)\.\d+|snapshot\.\d+\.json)$/;

/** Somebody else may do more than look. */
const WRITABLE = 0o022;

/**
 * Takes away what others may do with our directories and files, as when a copy did not keep modes. Links and what
 * belongs to others are left as they are.
 *
 * @returns what was done, one sentence each
 */
export function tightenModes(dir: string): string[] {
  const { root, inbox, outbox, rejected } = controlPlaces(dir);
  const dirs = [dir, root, inbox, outbox, rejected, join(dir, "quarantine")];
  const files = nodeDisk.list(dir).filter((name) => OURS.test(name));
  return [
    ...dirs.flatMap((path) => tighten(path, "directory", 0o700)),
    ...files.flatMap((name) => tighten(join(dir, name), "file", 0o600)),
    ...tightenAll(logDirIn(dir)),
    // A log may be meant to be read by others; what signs it, and what was kept from them, never is.
    ...[logPlaces(dir).keys, logPlaces(dir).vault].flatMap(tightenAll),
  ];
}

/** The same for a directory with everything in it. */
function tightenAll(path: string): string[] {
  switch (nodeDisk.look(path)?.type) {
    case "directory": {
      const done = tighten(path, "directory", 0o700);
      return [...done, ...nodeDisk.list(path).flatMap((name) => tightenAll(join(path, name)))];
    }
    case "file":
      return tighten(path, "file", 0o600);
    default:
      return [];
  }
}

function tighten(path: string, type: "directory" | "file", most: number): string[] {
  const facts = nodeDisk.look(path);
  const { uid } = thisUser();
  if (facts?.type !== type || uid === undefined || facts.uid !== uid) return [];
  const mode = facts.mode & 0o777;
  if ((mode & ~most) === 0) return [];
  chmodSync(path, mode & most);
  const warning =
    (mode & WRITABLE) === 0 ? "" : "; others could write to it: make sure that nobody has changed anything";
  return [`\`${path}\` was open to others (mode ${mode.toString(8)}) and is closed now${warning}`];
}
