import type { Disk } from "../core/disk.js";
import { readHeader } from "./chunks.js";
import { listSegments, segmentPath } from "./segment-files.js";

/** Segments that the records are made of at most: each start after a crash begins one, however little is in it. */
const MAX_SEGMENTS = 4096;

export interface Retention {
  readonly disk: Disk;
  readonly dir: string;
  /** Largest sum of all segments. */
  readonly maxBytes: number;
  /** Largest age of a segment's newest record. */
  readonly maxAgeMs?: number | undefined;
  readonly now: () => number;
  /** Neither this segment nor a later one goes. */
  readonly keepFrom: number;
}

/** Removes the oldest segments while there are too many bytes, or while they are too old. @throws the system's error */
export function removeOldSegments({ disk, dir, maxBytes, maxAgeMs, now, keepFrom }: Retention): void {
  const segments = listSegments(disk, dir);
  const least = maxBytes === Infinity ? 0 : maxBytes / MAX_SEGMENTS;
  const sizes = segments.map((segment) => Math.max(least, disk.look(segmentPath(dir, segment))?.bytes ?? 0));
  let total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  for (const [i, segment] of segments.entries()) {
    if (segment >= keepFrom) return;
    // What is in a segment is older than the beginning of the next one.
    const endedAt = maxAgeMs === undefined ? undefined : readHeader(disk, dir, segments[i + 1]!)?.at;
    const isOld = endedAt !== undefined && now() - endedAt > maxAgeMs!;
    if (total <= maxBytes && !isOld) return;
    disk.remove(segmentPath(dir, segment));
    // One by one: were a later one to vanish before an earlier one, a power failure would leave a hole.
    disk.syncDirNow(dir);
    total -= sizes[i]!;
  }
}
