import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { ReinError } from "../../core/errors.js";
import { parseVkey } from "../note/index.js";
import { CompactRange, EMPTY_ROOT, hashFromBytes, hashToBase64 } from "../tree/index.js";
import { copyBytes, freeName, putFile, replaceFile, UNFINISHED, withFile } from "./files.js";
import type { Head, HeadKeeper } from "./head.js";
import { Keyring } from "./keyring.js";
import {
  damaged,
  hashesPath,
  indexName,
  listSegments,
  logPlaces,
  makeDirDurably,
  namesIn,
  notAFile,
  rangePath,
  segmentPath,
} from "./layout.js";

import type { LogRecord } from "./leaf.js";
import { LineReader } from "./lines.js";
import { newestNotes } from "./notes.js";
import { readLog } from "./reader.js";
import { readRange, RootMismatch, scanLeaves } from "./scan.js";
import type { Scan, Stretch } from "./scan.js";

export interface RecoverOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Where the newest head is kept: at least in the log's own directory. */
  readonly heads: readonly HeadKeeper[];
  /** The name of a new log; see C2SP tlog-checkpoint. */
  readonly origin?: string | undefined;
  /** Leaves from here on are read again, and all before them that stand in the same segment. */
  readonly verifyFrom?: number | undefined;
  /** Whoever wrote here before may still do so: what it writes from now on must not become part of the log. */
  readonly fence?: boolean | undefined;
  /** Throws when the log is another process's by now: asked before each step that others could see. */
  readonly mustBeOurs?: (() => void) | undefined;
}

/** A log that is ready to be written to; plain data. */
export interface LogEnd {
  readonly origin: string;
  /** The tree of its leaves. */
  readonly range: Pick<CompactRange, "size" | "hashes">;
  /** The segment in which writing goes on, and its length. */
  readonly segment: number;
  readonly bytes: number;
  /** The newest head that was kept. */
  readonly head: Head | null;
  /** Leaves that are durable and signed. */
  readonly signed: number;
  /** The epoch whose key signs the next seal. */
  readonly epoch: number;
  /** The last leaf; null in an empty log. */
  readonly last: LogRecord | null;
  /** What happened, for the record; null when the log had ended by itself. */
  readonly recovered: Recovery | null;
}

/** Leaves that are known to have been durable, and the root of their tree. */
type Trusted = Pick<Head, "size" | "root">;

/** What a crash left, and what was done about it: a record of the log, but for its time. */
export interface Recovery {
  readonly type: "log.recovered";
  /** Leaves below were signed. */
  readonly from: number;
  /** The segment whose end does not count any more; null when there is none. */
  readonly segment: number | null;
  /** What was cut: how much, where in the quarantine it lies, and its hash. */
  readonly bytes: number;
  readonly file: string | null;
  readonly sha256: string | null;
  readonly why: string;
}

/**
 * Makes a log ready to be written to: reads it from a place on, and proves that what it reads leads to the root that
 * was signed or kept last. What lies beyond is kept as far as it is sound; what is not is cut off and put aside. A leaf
 * that can be read need not be on the disk: those beyond the signed ones are written again, in a segment of their own.
 * May die at any moment and be run again.
 *
 * @throws ReinError `record_damaged` when what was signed is not there as it was, `log_rolled_back` when a kept head is
 *   ahead of the log, `key_missing`, `key_invalid`, `head_invalid`, `record_failed`; what `mustBeOurs` throws; errors of the system
 */
export function recoverLog(options: RecoverOptions): LogEnd {
  const { disk, dir, mustBeOurs } = options;
  for (const path of [dir, logPlaces(dir).segments, logPlaces(dir).heads]) makeDirDurably(disk, path);
  // Whoever made them may have died before the names were durable.
  for (const path of [dirname(dir), dir]) disk.syncDirNow(path);
  const head = newestHead(options);
  const keyring = keyringOf(options, head);
  mustBeOurs?.();
  removeUnfinished(disk, dir);
  const { trusted, scan } = surveyLog(options, head, keyring);
  const end = putInOrder(options, scan, trusted.size);
  const epoch = epochOf(keyring, scan, trusted.size);
  return {
    origin: keyring.origin,
    ...end,
    head,
    signed: trusted.size,
    epoch,
    last: lastLeaf(disk, dir, end.range.size),
  };
}

/** What is in a log, and what is known to have been there. */
export interface Survey {
  readonly trusted: Trusted;
  readonly scan: Scan;
}

/** Proves what `recoverLog` goes on from; nothing is written. @throws what `recoverLog` throws */
export function surveyLog(options: RecoverOptions, head: Head | null, keyring: Keyring): Survey {
  const { disk, dir } = options;
  const verifier = parseVkey(keyring.log.vkey);
  if (head !== null && head.origin !== keyring.origin) {
    throw new ReinError(
      "log_rolled_back",
      `the head that is kept is of the log \`${head.origin}\`, and \`${dir}\` has the log \`${keyring.origin}\``,
      {
        help: "give each log a place of its own for its heads, or put the log back that belongs here",
      },
    );
  }
  const note = newestNotes(disk, dir, verifier).at(-1)?.checkpoint ?? null;
  const known = largest(head, note);
  const trusted = known ?? { size: 0, root: EMPTY_ROOT };
  const segments = listSegments(disk, dir);
  if (segments.length === 0 && trusted.size > 0) throw rolledBack(dir, 0, trusted.size);
  const scan = segments.length === 0 ? nothing() : scanOrTell(options, segments, trusted, note);
  if (known === null && scan.range.size > 1) {
    throw damaged(dir, "has records, and no checkpoint that its key has signed");
  }
  return { trusted, scan };
}

/** In whatever segment it stands: the one that is written to may have none yet. */
function lastLeaf(disk: Disk, dir: string, size: number): LogRecord | null {
  if (size === 0) return null;
  const { value } = readLog({ disk, dir, from: size - 1 }).next();
  return typeof value === "number" ? null : value;
}

/** The largest of the heads that are kept; all must be of one log. */
export function newestHead({ heads }: RecoverOptions): Head | null {
  return heads
    .map((keeper) => keeper.read())
    .reduce((a, b) => (b !== null && (a === null || b.size > a.size) ? b : a), null);
}

function largest(head: Head | null, note: Head | null): Head | null {
  if (head === null || note === null) return head ?? note;
  return note.size > head.size ? note : head;
}

/** The keys of a log; a new one gets some. */
export function keyringOf({ disk, dir, origin }: RecoverOptions, head: Head | null): Keyring {
  const { vkey } = logPlaces(dir);
  const said = disk.look(vkey) === undefined ? undefined : new TextDecoder().decode(disk.read(vkey)).trim();
  const name = said === undefined ? head?.origin : parseVkey(said).name;
  const isBegun = head !== null || listSegments(disk, dir).length > 0;
  if (!isBegun) return Keyring.create(disk, dir, origin ?? name);
  if (name === undefined) throw damaged(vkey, "is missing, and nothing else says what the log is called");
  return Keyring.open(disk, dir, name);
}

/** A log that is sound up to an older checkpoint, and a head that knows of more: then somebody took something away. */
function scanOrTell(
  options: RecoverOptions,
  segments: readonly number[],
  trusted: Trusted,
  note: Trusted | null,
): Scan {
  const verifyFrom = options.verifyFrom ?? trusted.size;
  try {
    return scanFrom(options, segments, trusted, verifyFrom);
  } catch (error) {
    const isAhead = note !== null && note.size < trusted.size;
    if (!isAhead || !ReinError.isInstance(error) || error.code !== "record_damaged") throw error;
    const { range } = scanFrom(options, segments, note, Math.min(verifyFrom, note.size));
    throw rolledBack(options.dir, range.size, trusted.size);
  }
}

function scanFrom(
  { disk, dir }: RecoverOptions,
  segments: readonly number[],
  trusted: Trusted,
  verifyFrom: number,
): Scan {
  const place = Math.min(verifyFrom, trusted.size);
  const from = segments.findLast((first) => first <= place);
  const range = from === undefined ? undefined : readRange(disk, dir, from);
  try {
    if (from !== undefined && range !== undefined)
      return scanLeaves({ disk, dir, segments, from, range, trusted });
  } catch (error) {
    // What was noted of the tree may be what is wrong.
    if (!(error instanceof RootMismatch)) throw error;
  }
  const beginning = firstTree(disk, dir, segments[0]!);
  try {
    return scanLeaves({ disk, dir, segments, from: segments[0]!, range: beginning, trusted });
  } catch (error) {
    if (!(error instanceof RootMismatch)) throw error;
    throw damaged(
      segmentPath(dir, from ?? segments[0]!),
      `or one before it is damaged: the records up to ${trusted.size} do not lead to the root that was signed for them`,
    );
  }
}

/** The tree before the oldest segment whose leaves are still there: from the hashes that retention has left. */
function firstTree(disk: Disk, dir: string, first: number): CompactRange {
  const range = new CompactRange();
  for (const segment of listSegments(disk, dir, "hashes")) {
    if (segment >= first) break;
    const path = hashesPath(dir, segment);
    if (segment !== range.size || notAFile(disk, path) !== undefined) break;
    const bytes = disk.read(path);
    for (let at = 0; at + 32 <= bytes.length && range.size < first; at += 32)
      range.append(hashFromBytes(bytes, at));
  }
  if (range.size === first) return range;
  throw damaged(segmentPath(dir, range.size), "is missing, and so are the hashes of its records");
}

function nothing(): Scan {
  const range = new CompactRange();
  return {
    range,
    trustedRange: range,
    segment: 0,
    bytes: 0,
    tail: [],
    strayBytes: 0,
    beyond: [],
    why: undefined,
  };
}

/** Cuts off what is not sound, and writes again what may not be durable. */
function putInOrder(
  options: RecoverOptions,
  scan: Scan,
  signed: number,
): Pick<LogEnd, "range" | "segment" | "bytes" | "recovered"> {
  const { disk, dir, fence = false, mustBeOurs } = options;
  const { size, hashes } = scan.range;
  const range = { size, hashes };
  const { segment, bytes, tail, strayBytes, beyond, why } = scan;
  // Somebody may have died after he had made the segment that begins here, and before he could say why.
  const cutBefore = cutSegment(disk, dir, signed);
  const isClean = tail.length === 0 && strayBytes === 0 && beyond.length === 0 && cutBefore === null;
  const isThere = disk.look(segmentPath(dir, segment)) !== undefined;
  if (!isThere || (isClean && !fence)) return { range, segment, bytes, recovered: null };

  const cut = setAside(options, scan);
  // Segments that hold nothing but tail and what came after it give way to the one that takes their place.
  const old = tail[0]?.segment ?? segment;
  writeTail(options, scan);
  for (const first of [...new Set([...tail.map((part) => part.segment), ...beyond])].reverse()) {
    if (first <= signed) continue;
    mustBeOurs?.();
    for (const path of [segmentPath(dir, first), hashesPath(dir, first), rangePath(dir, first)]) {
      if (disk.look(path) !== undefined) disk.remove(path);
    }
  }
  disk.syncDirNow(logPlaces(dir).segments);
  const recovery: Recovery = {
    type: "log.recovered",
    from: signed,
    segment: old < signed ? old : cutBefore,
    ...cut,
    why:
      why === undefined
        ? isClean
          ? "another process may still write"
          : "the process before died"
        : `record ${range.size} ${why}`,
  };
  const length = tail.reduce((sum, part) => sum + part.to - part.from, 0);
  return { range, segment: signed, bytes: length, recovered: recovery };
}

/** The segment before the one that begins with a leaf, when there is more in it than counts; null otherwise. */
function cutSegment(disk: Disk, dir: string, first: number): number | null {
  const segments = listSegments(disk, dir);
  const before = segments.findLast((segment) => segment < first);
  if (before === undefined || !segments.includes(first)) return null;
  return withFile(disk, segmentPath(dir, before), (file) => {
    const lines = new LineReader(file);
    for (let index = before; index < first; index++) if (lines.next() === undefined) break;
    return file.bytes > lines.offset ? before : null;
  });
}

/** Copies what does not count out of the way, durably. */
function setAside(
  { disk, dir, mustBeOurs }: RecoverOptions,
  { segment, bytes, strayBytes, beyond, range }: Scan,
): Pick<Recovery, "bytes" | "file" | "sha256"> {
  const parts: Stretch[] = [
    { segment, from: bytes, to: bytes + strayBytes },
    ...beyond.map((first) => ({
      segment: first,
      from: 0,
      to: disk.look(segmentPath(dir, first))?.bytes ?? 0,
    })),
  ].filter(({ from, to }) => to > from);
  if (parts.length === 0) return { bytes: 0, file: null, sha256: null };
  mustBeOurs?.();
  const { quarantine } = logPlaces(dir);
  makeDirDurably(disk, quarantine);
  const file = freeName(disk, quarantine, `after-${indexName(range.size)}`);
  putFile(disk, join(quarantine, file), "new", (copy) => {
    for (const { segment: first, from, to } of parts) {
      withFile(disk, segmentPath(dir, first), (source) => {
        copyBytes(source, copy, from, to);
      });
    }
  });
  const kept = disk.read(join(quarantine, file));
  return { bytes: kept.length, file, sha256: createHash("sha256").update(kept).digest("hex") };
}

/** Makes the segment that begins with the first leaf that was not signed. */
function writeTail({ disk, dir, mustBeOurs }: RecoverOptions, { trustedRange: range, tail }: Scan): void {
  const first = range.size;
  replaceFile(disk, rangePath(dir, first), rangeText(range), "nothing");
  mustBeOurs?.();
  putFile(disk, segmentPath(dir, first), "new", (file) => {
    for (const { segment, from, to } of tail) {
      withFile(disk, segmentPath(dir, segment), (source) => {
        copyBytes(source, file, from, to);
      });
    }
  });
}

/** The contents of a `.range` file. */
export function rangeText(range: CompactRange): string {
  return range.hashes.map((hash) => `${hashToBase64(hash)}\n`).join("");
}

/** The epoch that is not sealed yet: the lowest whose key is there. @throws ReinError `key_missing` */
export function epochOf(keyring: Keyring, { range }: Scan, signed: number): number {
  const lowest = keyring.epochs[0];
  if (lowest !== undefined) return lowest;
  if (range.size === 0 && signed === 0) return 0;
  throw new ReinError("key_missing", "the key of the log's epoch is gone, so the epoch cannot be sealed", {
    help: "put `keys` in the log back as it was; without it only a new log can be begun in another directory",
  });
}

function removeUnfinished(disk: Disk, dir: string): void {
  for (const place of [dir, logPlaces(dir).segments, logPlaces(dir).blobs]) {
    for (const name of namesIn(disk, place)) if (name.endsWith(UNFINISHED)) disk.remove(join(place, name));
  }
}

function rolledBack(dir: string, size: number, kept: number): ReinError {
  return new ReinError(
    "log_rolled_back",
    `the log in \`${dir}\` has ${size} records, and ${kept} were signed`,
    {
      help: "put back what was taken away; who goes on from here would fork the log",
    },
  );
}
