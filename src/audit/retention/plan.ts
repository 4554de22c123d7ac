import type { LegalHold } from "../privacy/index.js";

/** A segment whose leaves are there. */
export interface SegmentFacts {
  /** Index of its first leaf. */
  readonly first: number;
  /** Index behind its last leaf; null: it is the one that is written to. */
  readonly end: number | null;
  /** Bytes that go with it: leaves, large values, kept values. Hashes stay. */
  readonly bytes: number;
  /** Wall time in ms at which the next segment began: everything in it is older. Null when nobody knows. */
  readonly endedAt: number | null;
}

export interface RetentionRequest {
  /** All segments whose leaves are there, oldest first. */
  readonly segments: readonly SegmentFacts[];
  /** Wall time in ms. */
  readonly now: number;
  /** Segments go when all in them is older. */
  readonly maxAgeMs?: number | undefined;
  /** The oldest go while there are more bytes than this. */
  readonly maxBytes?: number | undefined;
  /** This leaf and all later ones stay: recovery needs them. */
  readonly keepFrom: number;
  /** Leaves that the newest checkpoint covers. */
  readonly signed: number;
  readonly hold?: LegalHold | undefined;
}

/** Why no more goes, although more is due. */
export type RetentionStop = "hold" | "needed" | "unsigned" | "newest";

export interface RetentionPlan {
  /** Oldest first, without holes. */
  readonly remove: readonly SegmentFacts[];
  /** Leaves that go: from the first up to, not including, the last. Equal when nothing goes. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Bytes that stay. */
  readonly bytesLeft: number;
  /** Age of the youngest segment that goes, in ms; null when nothing goes or nobody knows. */
  readonly youngestMs: number | null;
  readonly stop: RetentionStop | null;
}

/** Says which segments' leaves go: the oldest, one after the other, and only what is signed and nobody needs. */
export function planRetention(request: RetentionRequest): RetentionPlan {
  const { segments, now, maxAgeMs = Infinity, maxBytes = Infinity } = request;
  const remove: SegmentFacts[] = [];
  let bytesLeft = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let stop: RetentionStop | null = null;
  for (const segment of segments) {
    const isOld = segment.endedAt !== null && now - segment.endedAt > maxAgeMs;
    if (!isOld && bytesLeft <= maxBytes) break;
    stop = whatKeeps(segment, request);
    if (stop !== null) break;
    remove.push(segment);
    bytesLeft -= segment.bytes;
  }
  const from = remove[0]?.first ?? segments[0]?.first ?? 0;
  const endedAt = remove.at(-1)?.endedAt ?? null;
  return {
    remove,
    from,
    to: remove.at(-1)?.end ?? from,
    bytes: remove.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesLeft,
    youngestMs: endedAt === null ? null : now - endedAt,
    stop,
  };
}

function whatKeeps(
  { end }: SegmentFacts,
  { hold, signed, keepFrom }: RetentionRequest,
): RetentionStop | null {
  if (hold !== undefined) return "hold";
  if (end === null) return "newest";
  if (end > signed) return "unsigned";
  return end > keepFrom ? "needed" : null;
}

/** A record of the log that says which leaves were removed. */
export interface RetentionRecord {
  readonly type: "log.retention";
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  /** `to` is the first that stays. */
  readonly removed: { readonly from: number; readonly to: number };
}

/** The record that must be durable in the log before a plan is carried out; undefined when nothing goes. */
export function retentionRecord(
  { from, to }: RetentionPlan,
  about: { readonly by: string; readonly reason: string; readonly now: number },
): RetentionRecord | undefined {
  const { by, reason, now } = about;
  return from === to ? undefined : { type: "log.retention", at: now, by, reason, removed: { from, to } };
}
