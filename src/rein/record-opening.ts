import { readRecords, recoverSegments, RecordLog, SegmentSink } from "../audit/index.js";
import type { Position, RecordSink, RecoverOptions } from "../audit/index.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { Engine } from "../engine/index.js";
import type { OpenStore } from "../store/index.js";
import { schedule } from "./clock.js";
import type { ReinConfig } from "./config.js";
import type { Logger } from "./logger.js";
import type { ReinOptions } from "./options.js";
import type { Owning } from "./owning.js";
import { replayTail } from "./recovery.js";
import type { Recovered } from "./recovery.js";
import { fromStored } from "./saved.js";
import type { System } from "./system.js";
import { TeeSink } from "./tee-sink.js";

/** What the store and the records after its snapshot amount to. */
export function readState(
  store: OpenStore,
  dir: string | undefined,
  recordsAreState: boolean,
  { disk }: System,
  safety: Pick<RecoverOptions, "fence" | "mustBeOurs">,
): { readonly recovered: Recovered | null; readonly end: Position | null } {
  const saved = store.snapshot === null ? null : fromStored(store.snapshot);
  if (dir === undefined) return { recovered: saved && replayTail(saved, []), end: null };
  const hasRecords =
    disk.look(dir) !== undefined && disk.list(dir).some((name) => /^records-\d+\.jsonl$/.test(name));
  if (saved === null && hasRecords && recordsAreState) {
    throw new ReinError(
      "store_damaged",
      `\`${dir}\` has records, and the snapshot that belongs to them is gone`,
      {
        help: `run \`rein doctor --repair ${dir}\`, which counts every budget as spent, or begin in an empty directory`,
      },
    );
  }
  if (!hasRecords && (saved?.position ?? null) === null)
    return { recovered: saved && replayTail(saved, []), end: null };
  const from = saved?.position ?? null;
  const { end } = recoverSegments({ disk, dir, from, ...safety });
  if (saved === null) return { recovered: null, end };
  return { recovered: replayTail(saved, recordsOf(disk, dir, from)), end };
}

/** Where records that belong to no state go on: the newest segments alone are looked at. */
export function endOfRecords(dir: string, { disk }: System): Position | null {
  if (!isDirectory(disk, dir)) return null;
  const newest = disk
    .list(dir)
    .map(segmentNumber)
    .reduce((a, b) => Math.max(a, b), 0);
  if (newest === 0) return null;
  // The end of the one before may have been lost while the newest was begun.
  const hasBefore = disk.list(dir).some((name) => segmentNumber(name) === newest - 1);
  return recoverSegments({ disk, dir, from: { segment: hasBefore ? newest - 1 : newest, offset: 0 } }).end;
}

function segmentNumber(name: string): number {
  return Number(/^records-(\d+)\.jsonl$/.exec(name)?.[1] ?? 0);
}

/** What is no directory is told of by whoever tries to write there. */
function isDirectory(disk: System["disk"], path: string): boolean {
  try {
    return disk.look(path)?.type === "directory";
  } catch {
    return false;
  }
}

function* recordsOf(disk: System["disk"], dir: string, from: Position | null) {
  for (const { record } of readRecords({ disk, dir, from })) yield record;
}

/** @throws ReinError `record_failed` */
export function openSegments(
  dir: string,
  end: Position | null,
  config: ReinConfig,
  { disk }: System,
  logger: Logger,
  owning: Owning | undefined,
): SegmentSink {
  try {
    return new SegmentSink({
      disk,
      dir,
      at: end ?? { segment: 1, offset: 0 },
      segmentBytes: config.segmentMb * 2 ** 20,
      maxBytes: config.maxRecordsMb * 2 ** 20,
      now: Date.now,
      mustBeOurs: owning && (() => owning.mustBeOurs()),
      onTrouble: (error) => {
        logger.warn(`an old segment of the records cannot be removed: ${messageOf(error)}`);
      },
    });
  } catch (cause) {
    throw new ReinError("record_failed", `records cannot be written to \`${dir}\`: ${messageOf(cause)}`, {
      help: "name a directory that this process may create and write to",
      cause,
    });
  }
}

export function openLog(
  options: ReinOptions,
  config: ReinConfig,
  engine: Engine,
  logger: Logger,
  segments: SegmentSink | null,
  owning: Owning | undefined,
  tell: (problem: string | null) => void,
): RecordLog {
  const given = options.audit?.sink;
  const sink: RecordSink | undefined =
    segments === null ? given : given === undefined ? segments : new TeeSink(segments, given);
  return new RecordLog({
    sink,
    measures: engine.world.measures,
    capacity: config.maxQueue,
    flushIntervalMs: config.flushIntervalMs,
    mustBeOurs: owning && (() => owning.mustBeOurs()),
    // Files are written in real time, whatever clock decisions follow.
    schedule: (callback, ms) => schedule(undefined, callback, ms),
    onFailure: (error) => {
      if (error === undefined) logger.warn("records are written again");
      else
        logger.error(
          `records are in trouble, actions will be refused when the queue is full: ${messageOf(error)}`,
        );
      tell(error === undefined ? null : messageOf(error));
    },
  });
}
