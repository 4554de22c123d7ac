import { InlineLog, lineSink } from "../audit/index.js";
import type { GovernorLog, LogEnd } from "../audit/index.js";
import { messageOf } from "../core/errors.js";
import type { Engine } from "../engine/index.js";
import type { OpenDirStore } from "../store/index.js";
import { schedule } from "./clock.js";
import type { ReinConfig } from "./config.js";
import type { LogOptions } from "./log-options.js";
import type { ShareTask } from "./log-task.js";
import type { Logger } from "./logger.js";
import type { ReinOptions } from "./options.js";
import type { LogPlace } from "./record-opening.js";
import type { System } from "./system.js";
import { TeeLog } from "./tee-log.js";
import { SOFTWARE } from "./version.js";

export interface RecorderParts {
  readonly options: ReinOptions;
  readonly config: ReinConfig;
  readonly engine: Engine;
  readonly logger: Logger;
  readonly system: System;
  readonly place: LogPlace | null;
  readonly end: LogEnd | null;
  readonly boot: string;
  readonly dirState: OpenDirStore | undefined;
  readonly mustBeOurs: (() => void) | undefined;
  /** Says outside what is wrong with the disk; null: nothing any more. */
  readonly tell: (problem: string | null) => void;
}

/** Without an end the log is shared: another process may be writing to it. */
function openLog(
  system: System,
  end: LogEnd | null,
  { share, ...options }: Omit<LogOptions, "end"> & { readonly share: ShareTask },
): Promise<GovernorLog> {
  return end === null ? system.openSharedLog!({ ...options, share }) : system.openLog({ ...options, end });
}

/** Opens what takes the records down: the log, the caller's sink, both, or memory. */
export async function openRecorder(parts: RecorderParts): Promise<GovernorLog> {
  const { options, config, engine, logger, system, place, end, boot, dirState, mustBeOurs, tell } = parts;
  const common = {
    measures: engine.world.measures,
    capacity: config.maxQueue,
    flushIntervalMs: config.flushIntervalMs,
    whenFull: options.audit?.whenFull ?? "refuse",
    mustBeOurs,
    onFailure: (error: unknown) => {
      if (error === undefined) logger.warn("records are written again");
      else
        logger.error(
          `records are in trouble, actions will be refused when the queue is full: ${messageOf(error)}`,
        );
      tell(error === undefined ? null : messageOf(error));
    },
  };
  // Files are written in real time, whatever clock decisions follow.
  const inline = {
    ...common,
    schedule: (callback: () => void, ms: number) => schedule(undefined, callback, ms),
  };
  const given = options.audit?.sink;
  const other =
    place !== null && given === undefined
      ? null
      : new InlineLog({ ...inline, sink: given === undefined ? undefined : lineSink(given) });
  if (place === null) return other!;
  const log = await openLog(system, end, {
    ...common,
    ...{ disk: system.disk, dir: place.dir, headDirs: place.headDirs, boot, software: SOFTWARE },
    share: { origin: place.origin, whenAway: options.audit?.whenAway ?? "refuse" },
    segmentRecords: config.segmentRecords,
    maxBytes: config.maxRecordsMb * 2 ** 20,
    ownerFile: dirState === undefined ? null : { path: dirState.ownerFile, nonce: dirState.nonce },
    warn: (problem) => {
      logger.warn(problem);
    },
  });
  return other === null ? log : new TeeLog(log, other);
}
