import { messageOf, ReinError } from "../core/errors.js";
import { StateReader } from "../rein/reading.js";
import { realSystem } from "../rein/system.js";
import { nodeDisk } from "../store/index.js";
import { thisUser } from "./state-dir.js";

/** Whether a directory holds a governor's state, and not only its records. */
export function holdsState(dir: string): boolean {
  return nodeDisk
    .list(dir)
    .some((name) => /^(?:(?:owner|journal|snapshot)\.[0-9]|secret$|repair\.json$)/.test(name));
}

/** The state as the next start would find it, or why it would find none. */
export function tryOpenState(dir: string): StateReader | ReinError {
  try {
    return StateReader.open(dir, { system: realSystem, identity: thisUser() });
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    // Somebody wrote by hand what no governor would, and put the right checksum to it.
    return new ReinError("store_damaged", `the state cannot be restored: ${messageOf(error)}`, {
      help: `run \`rein doctor --repair ${dir}\``,
      cause: error,
    });
  }
}
