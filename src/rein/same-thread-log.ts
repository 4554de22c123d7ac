import { InlineLog, LogWriter, prune } from "../audit/index.js";
import type { GovernorLog } from "../audit/index.js";
import { messageOf, ReinError } from "../core/errors.js";
import { schedule } from "./clock.js";
import type { LogOptions } from "./log-options.js";
import { keepersOf } from "./record-opening.js";

/** A log that is written by the thread that records: for simulations, whose disk exists in one thread only. */
export async function openSameThreadLog(options: LogOptions, now: () => number): Promise<GovernorLog> {
  const { measures, capacity, flushIntervalMs, whenFull, mustBeOurs, onFailure } = options;
  const rest = { measures, capacity, flushIntervalMs, whenFull, onFailure };
  const late: { log?: InlineLog } = {};
  const sink = openWriter({ ...options, keepFrom: () => late.log?.keepFrom ?? 0 }, now);
  return (late.log = new InlineLog({
    ...rest,
    sink,
    mustBeOurs,
    schedule: (callback, ms) => schedule(undefined, callback, ms),
  }));
}

type WriterParts = Pick<
  LogOptions,
  | ("disk" | "dir" | "end" | "headDirs" | "boot" | "software")
  | ("segmentRecords" | "maxBytes" | "mustBeOurs" | "warn")
> & {
  /** The oldest leaf that recovery needs. */
  readonly keepFrom: () => number;
};

/** Goes on writing a log. @throws ReinError `record_failed` */
export function openWriter(options: WriterParts, now: () => number): LogWriter {
  const { disk, dir, end, headDirs, boot, software, segmentRecords, maxBytes, mustBeOurs, warn } = options;
  try {
    return new LogWriter({
      ...{ disk, dir, end, now, software, mustBeOurs },
      heads: keepersOf(disk, headDirs),
      mono: () => performance.now(),
      writer: boot,
      segmentLeaves: segmentRecords,
      onTrouble: warn,
      onSegment: (log) => {
        prune(log, { disk, dir, now: now(), maxBytes, keepFrom: options.keepFrom(), by: boot });
      },
    });
  } catch (cause) {
    if (ReinError.isInstance(cause)) throw cause;
    throw new ReinError("record_failed", `records cannot be written to \`${dir}\`: ${messageOf(cause)}`, {
      help: "name a directory that this process may create and write to",
      cause,
    });
  }
}
