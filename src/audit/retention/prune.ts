import type { Disk } from "../../core/disk.js";
import { appendRecord } from "../log/append.js";
import type { LogWriter } from "../log/writer.js";
import { readHold } from "../privacy/index.js";
import { applyRetention } from "./apply.js";
import { readLogFacts } from "./facts.js";
import { planRetention, retentionRecord } from "./plan.js";
import type { RetentionPlan } from "./plan.js";

export interface PruneOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly now: number;
  /** The oldest segments go while all together are larger. */
  readonly maxBytes: number;
  /** This leaf and all later ones stay. */
  readonly keepFrom: number;
  /** Who says so, for the record. */
  readonly by: string;
}

/**
 * Keeps a log that is being written below its greatest size: says in the log what goes, and then removes it.
 *
 * @throws ReinError; errors of the system: it can be tried again
 */
export function prune(log: LogWriter, options: PruneOptions): RetentionPlan {
  const { disk, dir, now, maxBytes, keepFrom, by } = options;
  const { segments, signed } = readLogFacts(disk, dir);
  const hold = readHold(disk, dir, now);
  const plan = planRetention({ segments, now, maxBytes, keepFrom, signed: signed?.size ?? 0, hold });
  const record = retentionRecord(plan, { by, reason: `the log is larger than ${maxBytes} bytes`, now });
  if (record === undefined) return plan;
  appendRecord(log, record);
  log.checkpoint();
  applyRetention(disk, dir, plan, { signed: readLogFacts(disk, dir).signed!, now });
  return plan;
}
