import type { LogRecord } from "../audit/index.js";
import { listSegments } from "../audit/log/layout.js";
import type { Disk } from "../core/disk.js";
import { InvalidInputError } from "../core/errors.js";
import { harmless } from "./io.js";
import { firstDecision, recordsBefore, recordsFrom, recordsWith } from "./record-scan.js";

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
  readonly record: LogRecord;
  /** The segment that has it, by its first index. */
  readonly segment: number;
  /** The opening of its run; null: that part of the records has been removed. */
  readonly opening: LogRecord | null;
}

const OPENING = '"type":"open"';
const STATE = '"type":"state"';

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
 * Finds a decision in a log, whichever process made it. Segments that cannot hold it are looked at last.
 *
 * @throws InvalidInputError when it is not there, with what may be the reason
 */
export function findDecision(disk: Disk, dir: string, id: DecisionId): FoundDecision {
  if (id.isUnseen) throw notThere(disk, dir, id, undefined);
  let other: unknown;
  for (const segment of likelyFirst(disk, dir, id)) {
    for (const record of recordsWith(disk, dir, segment, [`"seq":${id.seq},`])) {
      if (record.type !== "gate" || record["seq"] !== id.seq) continue;
      if (record["boot"] === id.boot) return { record, segment, opening: openingOf(disk, dir, record) };
      other = record["boot"];
    }
  }
  throw notThere(disk, dir, id, other);
}

/** The opening of the run that wrote a record; null when it has been removed. */
function openingOf(disk: Disk, dir: string, { n, boot }: LogRecord): LogRecord | null {
  for (const record of recordsBefore(disk, dir, n, [OPENING]))
    if (record.type === "open" && record["boot"] === boot) return record;
  return null;
}

/** The newest opening of a run; null where there is none. */
export function newestOpening(disk: Disk, dir: string): LogRecord | null {
  for (const record of recordsBefore(disk, dir, Infinity, [OPENING]))
    if (record.type === "open") return record;
  return null;
}

/** A place that replay can begin with, and the runs that lead from there to a record. */
export interface WayTo {
  /** A state, or the opening of a run that went on from nothing; null: it has been removed. */
  readonly start: LogRecord | null;
  /** The run that wrote the record, and those that it goes on from. */
  readonly boots: ReadonlySet<string>;
}

/** The way back from a record, over the runs that its run goes on from. */
export function wayTo(disk: Disk, dir: string, { n, boot }: LogRecord): WayTo {
  let run = String(boot);
  const boots = new Set([run]);
  for (const record of recordsBefore(disk, dir, n, [OPENING, STATE])) {
    const { type } = record;
    if (record["boot"] !== run || (type !== "open" && type !== "state")) continue;
    if (type === "state" || record["restored"] !== true) return { start: record, boots };
    const follows = record["follows"];
    if (typeof follows !== "string") break;
    boots.add((run = follows));
  }
  return { start: null, boots };
}

/** The first end of an action in the records of the same run. */
export function endOf(disk: Disk, dir: string, { n, boot, seq }: LogRecord): LogRecord | null {
  for (const record of recordsFrom(disk, dir, n + 1, [`"seq":${String(seq)},`, OPENING])) {
    const isOver = record.type === "open" && record["follows"] === boot;
    if (isOver) return null;
    const isIts = record["boot"] === boot && record["seq"] === seq;
    if (isIts && (record.type === "settle" || record.type === "cancel")) return record;
  }
  return null;
}

/** Segments, those first that may hold a decision as far as their beginnings tell, the newest first of these. */
function likelyFirst(disk: Disk, dir: string, { boot, seq }: DecisionId): number[] {
  const segments = listSegments(disk, dir);
  const heads = segments.map((segment) => {
    const record = firstDecision(disk, dir, segment);
    return record?.["boot"] === boot ? Number(record["seq"]) : undefined;
  });
  const isLikely = (i: number): boolean =>
    (heads[i] ?? -Infinity) <= seq && seq <= (heads[i + 1] ?? Infinity);
  const order = [...segments.keys()].reverse();
  return [...order.filter(isLikely), ...order.filter((i) => !isLikely(i))].map((i) => segments[i]!);
}

function notThere(disk: Disk, dir: string, id: DecisionId, other: unknown): InvalidInputError {
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
  const where = segments[0]! > 0 ? "; the oldest records have been removed (setting MAX_RECORDS_MB)" : "";
  const help =
    typeof other !== "string"
      ? `decisions are written within the flush interval: try again in a moment, or look in another --dir${where}`
      : `decision ${id.seq} here is \`${harmless(`${other}.${id.seq.toString(36)}`, 60)}\`, of another run: is it another governor's id?`;
  return new InvalidInputError("id", `no decision ${shown} is in the records of \`${harmless(dir, 200)}\``, {
    help,
  });
}
