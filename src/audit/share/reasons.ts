import { ReinError } from "../../core/errors.js";

export const SHARE_HELP =
  "see that all processes that share the log run as the same user, on the same machine and in the same network namespace, " +
  "that none of them is stopped, and that they may read and write the log's directory";

/** Somebody else writes the log. */
export function takenOver(): ReinError {
  return new ReinError("log_lost", "another process has taken this log over", { help: SHARE_HELP });
}

/** Nobody can be reached who writes the log. */
export function logAway(reason: string): ReinError {
  return new ReinError("record_failed", `the log is away: ${reason}`, { help: SHARE_HELP });
}
