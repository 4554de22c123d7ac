import type { GovernorLog } from "../audit/index.js";
import type { LogOptions } from "./log-options.js";
import type { ShareTask } from "./log-task.js";
import { startThreadLog } from "./thread-log.js";

/** What a log is written with that several processes share. */
export type SharedLogOptions = Omit<LogOptions, "end" | "ownerFile"> & { readonly share: ShareTask };

/**
 * Goes on with a log that others may write to at the same time: in a thread of its own, which writes the log for all of
 * them while nobody else does, so that a busy program keeps no other one waiting. Resolves when records find their way
 * into the log.
 *
 * @throws ReinError what `SharePeer.start` throws; `record_failed` when the thread cannot be started
 */
export function openSharedLog({ share, ...options }: SharedLogOptions): Promise<GovernorLog> {
  // Whose log it is, its socket decides; the governor's own state is another matter.
  const thread = new URL("./shared-log-thread.js", import.meta.url);
  return startThreadLog({ ...options, ownerFile: null }, { share }, thread);
}
