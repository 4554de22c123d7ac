import { recoverSegments, SegmentSink } from "../audit/index.js";
import type { Position } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import type { OpenDirStore } from "../store/index.js";

/** Records in a directory that nobody else writes to. */
export interface RecordsPlace {
  readonly disk: Disk;
  readonly dir: string;
  /** Where checking begins; null: with the oldest that is there. */
  readonly from: Position | null;
  readonly now: number;
  /** Whose the directory is meanwhile. */
  readonly store: OpenDirStore;
}

/** Appends records, durably; where the records end then. @throws ReinError `record_failed`; the system's errors */
export async function appendRecords(place: RecordsPlace, records: readonly object[]): Promise<Position> {
  const { disk, dir, from, now, store } = place;
  const mustBeOurs = (): void => {
    store.mustBeMine();
  };
  const { end } = recoverSegments({ disk, dir, from, fence: store.mustFence, mustBeOurs, now: () => now });
  store.fenced();
  const sink = new SegmentSink({
    ...{ disk, dir, at: end, mustBeOurs },
    ...{ segmentBytes: Infinity, maxBytes: Infinity, now: () => now },
  });
  try {
    sink.write(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    sink.syncNow();
    return sink.position;
  } finally {
    await sink.close();
  }
}
