import type { Position } from "../audit/index.js";
import { listSegments, segmentPath } from "../audit/segment-files.js";
import type { Disk } from "../core/disk.js";
import { InvalidInputError } from "../core/errors.js";
import { harmless } from "./io.js";
import { lastLine, linesIn, segmentHeads } from "./record-scan.js";
import type { SegmentHead } from "./record-scan.js";

/** A decision's id, taken apart. */
export interface DecisionId {
  readonly text: string;
  /** Names the run that made it. */
  readonly boot: string;
  /** Number of the decision. */
  readonly seq: number;
  /** It may be of a refusal that never reached the rules. */
  readonly isUnseen: boolean;
}

/** Where a decision is recorded. */
export interface FoundDecision {
  readonly position: Position;
  /** Where its run was opened; null: that part of the records has been removed. */
  readonly opening: Readonly<Record<string, unknown>> | null;
}

const OPENING = '{"type":"open",';

/** @throws InvalidInputError for what is no id of a decision */
export function readDecisionId(text: string): DecisionId {
  const match = /^([\w-]{8})\.([0-9a-z]+)(?:\.([0-9a-z]+))?$/.exec(text);
  const seq = match === null ? NaN : parseInt(match[2]!, 36);
  if (match === null || !Number.isSafeInteger(seq)) {
    throw new InvalidInputError("id", `\`${harmless(text, 60)}\` is no id of a decision`, {
      help: "give `decision.id` as the gate returned it, such as k3v0A1b_.2f or k3v0A1b_.2f.0",
    });
  }
  const isUnseen = match[2]!.startsWith("0") && match[3] === undefined;
  return { text, boot: match[1]!, seq, isUnseen };
}

/**
 * Finds a decision in the records of a directory, whichever process made it. Segments that cannot hold it are looked
 * at last.
 *
 * @throws InvalidInputError when it is not there, with what may be the reason
 */
export function findDecision(disk: Disk, dir: string, id: DecisionId): FoundDecision {
  if (id.isUnseen) throw notThere(disk, dir, id, undefined);
  const heads = segmentHeads(disk, dir);
  const isLikely = (i: number): boolean => mayHold(heads, i, id.seq);
  const order = [...heads.keys()].sort((a, b) => Number(isLikely(b)) - Number(isLikely(a)));
  let other: string | undefined;
  for (const i of order) {
    const { segment } = heads[i]!;
    for (const { text, ...position } of linesIn(disk, dir, segment, [`{"type":"gate","seq":${id.seq},`])) {
      if (!text.endsWith("}")) continue;
      const opening = openingBefore(disk, dir, position);
      // Where the opening is gone, nothing speaks against it: numbers of decisions go on from run to run.
      if (opening === null || opening["boot"] === id.boot) return { position, opening };
      other = `${String(opening["boot"])}.${id.seq.toString(36)}`;
    }
  }
  throw notThere(disk, dir, id, other);
}

/** The run that was open at a place; null when its opening has been removed. */
export function openingBefore(
  disk: Disk,
  dir: string,
  position: Position,
): Readonly<Record<string, unknown>> | null {
  const line = lastLine(disk, dir, position, [OPENING]);
  try {
    return line === undefined ? null : (JSON.parse(line.text) as Readonly<Record<string, unknown>>);
  } catch {
    return null;
  }
}

/** The end of what is written. */
export function endOfRecords(disk: Disk, dir: string): Position {
  const segment = listSegments(disk, dir).at(-1);
  if (segment === undefined) return { segment: 1, offset: 0 };
  return { segment, offset: disk.look(segmentPath(dir, segment))?.bytes ?? 0 };
}

/** Whether a segment's decisions, as far as the beginnings of it and of the next one tell, include this one. */
function mayHold(heads: readonly SegmentHead[], i: number, seq: number): boolean {
  const { decisions = 0 } = heads[i]!;
  const next = heads[i + 1]?.decisions ?? Infinity;
  // After a crash under another version of the engine numbers may begin again below.
  return next < decisions || (decisions < seq && seq <= next);
}

function notThere(disk: Disk, dir: string, id: DecisionId, other: string | undefined): InvalidInputError {
  const shown = `\`${harmless(id.text, 60)}\``;
  if (id.isUnseen) {
    return new InvalidInputError(
      "id",
      `${shown} is a refusal that never reached the rules, so it is not recorded`,
      {
        help: "the action could not be read, Rein was closed, or its clock or its records had failed: the refusal's own code and message say which",
      },
    );
  }
  const segments = listSegments(disk, dir);
  if (segments.length === 0) {
    return new InvalidInputError("id", `there are no records in \`${harmless(dir, 200)}\``, {
      help: "give the directory that has them with --dir; a governor without `dir` and without `audit` keeps none",
    });
  }
  const where =
    segments[0]! > 1 ? "; the oldest records have been removed (settings MAX_RECORDS_MB, SEGMENT_MB)" : "";
  const help =
    other === undefined
      ? `decisions are written within the flush interval: try again in a moment, or look in another --dir${where}`
      : `decision ${id.seq} here is \`${harmless(other, 60)}\`, of another run: is it another governor's id?`;
  return new InvalidInputError("id", `no decision ${shown} is in the records of \`${harmless(dir, 200)}\``, {
    help,
  });
}
