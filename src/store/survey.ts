import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { codeOf, readIfThere } from "./disk-files.js";
import { journalName, numbersOf, snapshotName } from "./file-names.js";
import {
  applyChange,
  JOURNAL_FORMAT,
  type Known,
  type MutableBooks,
  type Place,
  type ScannedJournal,
  scanJournal,
} from "./journal-format.js";
import { eraOfSnapshot, HEADER_BYTES_MAX, readSnapshot, type ReadSnapshot } from "./snapshot-file.js";
import type { StoredSnapshot } from "./store.js";

/** What a directory holds, read without changing anything. */
export interface Survey {
  /** Both in the order of the history. */
  readonly snapshots: readonly FoundSnapshot[];
  readonly journals: readonly FoundJournal[];
  /** Numbers of the snapshot in force and the one before; 0 for none. */
  readonly snapshot: number;
  readonly previous: number;
  /** What is in force; undefined when there are problems. */
  readonly found: Found | undefined;
  readonly problems: readonly StoreProblem[];
  /** Ends of writes that were never durable, and are left out. */
  readonly torn: readonly { readonly file: string; readonly bytes: number }[];
  /** The newest owner's era, and the highest number of a file: the next ones are above. */
  readonly era: number;
  readonly highestNumber: number;
}

export interface Found {
  readonly books: MutableBooks;
  readonly snapshot: StoredSnapshot | null;
}

export interface FoundSnapshot extends Place {
  /** Reads all of it; nothing when it is gone. Most are never needed. */
  readonly read: () => Uint8Array;
}

export interface FoundJournal extends Place {
  readonly scan: ScannedJournal;
  readonly bytes: number;
}

export interface StoreProblem {
  readonly kind: "damaged" | "missing" | "newer";
  readonly file: string;
  /** Goes behind the name of the file. */
  readonly problem: string;
}

/** Reads snapshots and journals, and says what is in force or why that cannot be said. */
export function surveyStore(disk: Disk, dir: string): Survey {
  const names = disk.list(dir);
  const heads = readFiles(numbersOf(names, "snapshot"), (number) =>
    headIfThere(disk, join(dir, snapshotName(number))),
  );
  const snapshots = placed(heads, (head, number) => ({
    era: eraOfSnapshot(head),
    read: () => readIfThere(disk, join(dir, snapshotName(number))) ?? new Uint8Array(0),
  }));
  const files = readFiles(numbersOf(names, "journal"), (number) =>
    readIfThere(disk, join(dir, journalName(number))),
  );
  const journals = placed(files, (bytes) => {
    const scan = scanJournal(bytes);
    return { era: scan.header?.era, scan, bytes: bytes.length };
  });
  const restating = lastRestating(journals);
  const newest = snapshotInForce(snapshots, restating);
  const before = snapshots.filter((other) => newest !== undefined && compare(other, newest) < 0);
  const all = [...snapshots, ...journals];
  const rest = {
    snapshots,
    journals,
    snapshot: newest?.number ?? 0,
    previous: before[before.length - 1]?.number ?? 0,
    era: all.reduce((most, { era }) => Math.max(most, era), 0),
    highestNumber: all.reduce((most, { number }) => Math.max(most, number), 0),
  };

  const newer = journals.filter(({ scan }) => (scan.header?.format ?? 0) > JOURNAL_FORMAT);
  const snapshot = newest === undefined ? undefined : readSnapshot(newest.read());
  const problems = [
    ...newer.map(({ number }) => problemOf("newer", journalName(number))),
    ...(newest === undefined || snapshot === undefined ? [] : snapshotProblems(newest, snapshot)),
  ];
  const torn: { file: string; bytes: number }[] = [];
  if (problems.length > 0) return { ...rest, found: undefined, problems, torn };

  const file = snapshot?.kind === "good" ? snapshot.file : undefined;
  const start =
    restating !== undefined && (newest === undefined || compare(restating, newest) > 0) ? restating : newest;
  const inForce = journals.filter((journal) => start === undefined || compare(journal, start) >= 0);
  const known = knownOf(inForce, file?.journal);
  problems.push(...missingFiles(inForce, start, file?.journal, newest));
  for (const { number, scan, bytes } of inForce) {
    const name = journalName(number);
    const isCut = scan.goodBytes < (known.get(number) ?? 0);
    if (isCut || scan.tail === "odd") {
      problems.push(
        problemOf("damaged", name, `was changed or damaged at byte ${scan.goodBytes} of ${bytes}`),
      );
    } else if (scan.tail === "torn") {
      torn.push({ file: name, bytes: bytes - scan.goodBytes });
    }
  }
  if (problems.length > 0) return { ...rest, found: undefined, problems, torn };

  const books: MutableBooks = {
    totals: new Map(file?.books.totals),
    halts: new Map(file?.books.halts),
  };
  for (const { scan } of inForce) applyJournal(books, scan);
  return { ...rest, found: { books, snapshot: file?.snapshot ?? null }, problems, torn };
}

/** Before or after in the history. */
export function compare(a: Place, b: Place): number {
  return a.era - b.era || a.number - b.number;
}

function applyJournal(books: MutableBooks, { entries }: ScannedJournal): void {
  for (const entry of entries) {
    if (entry.kind === "change") applyChange(books, entry.change);
    if (entry.kind !== "all") continue;
    books.totals.clear();
    books.halts.clear();
    for (const [account, total] of entry.books.totals) books.totals.set(account, total);
    for (const [id, halt] of entry.books.halts) books.halts.set(id, halt);
  }
}

/** The last journal that begins with all there was; what came before it no longer counts. */
function lastRestating(journals: readonly FoundJournal[]): FoundJournal | undefined {
  return journals.filter((journal) => restatedSnapshot(journal) !== undefined).at(-1);
}

/** Number of the snapshot that goes with what a journal restates, 0 for none; undefined when it restates nothing. */
function restatedSnapshot({ scan }: FoundJournal): number | undefined {
  const all = scan.entries.filter((entry) => entry.kind === "all");
  return all[all.length - 1]?.snapshot;
}

/**
 * The newest snapshot, unless a later journal says which one goes with it: one that failed, and is back because its
 * removal was lost, or that an owner saved who had been pushed aside, is none of them.
 */
function snapshotInForce(
  snapshots: readonly FoundSnapshot[],
  restating: FoundJournal | undefined,
): FoundSnapshot | undefined {
  const newest = snapshots[snapshots.length - 1];
  if (restating === undefined || newest === undefined || compare(newest, restating) > 0) return newest;
  const named = restatedSnapshot(restating);
  return snapshots.find(({ number }) => number === named);
}

/** How much of each journal was durable, by what the others and the journals themselves say. */
function knownOf(inForce: readonly FoundJournal[], bySnapshot: Known | undefined): Map<number, number> {
  const known = new Map<number, number>();
  const learn = ({ number, bytes }: Known): void => {
    known.set(number, Math.max(known.get(number) ?? 0, bytes));
  };
  if (bySnapshot !== undefined) learn(bySnapshot);
  for (const { number, scan } of inForce) {
    learn({ number, bytes: scan.knownBytes });
    if (scan.header !== undefined && scan.header.after !== null) learn(scan.header.after);
  }
  return known;
}

function missingFiles(
  inForce: readonly FoundJournal[],
  start: Place | undefined,
  bySnapshot: Known | undefined,
  newest: Place | undefined,
): StoreProblem[] {
  const found: StoreProblem[] = [];
  const numbers = new Set(inForce.map(({ number }) => number));
  const missJournal = (number: number): void => {
    found.push(problemOf("missing", journalName(number)));
  };
  const isFromSnapshot = start !== undefined && newest !== undefined && compare(start, newest) === 0;
  if (isFromSnapshot && bySnapshot !== undefined && !numbers.has(bySnapshot.number)) {
    missJournal(bySnapshot.number);
  }
  let snapshot = 0;
  for (const journal of inForce) {
    const { header, entries } = journal.scan;
    for (const entry of entries) {
      if (entry.kind === "all" || entry.kind === "saved") snapshot = Math.max(snapshot, entry.snapshot);
    }
    const isStart = start !== undefined && compare(journal, start) === 0;
    const after = header?.after?.number;
    if (!isStart && after !== undefined && !numbers.has(after)) missJournal(after);
    // An owner's first journal begins with all there was, and is durable before anything else is written.
    if (start === undefined && after === undefined && entries.length > 0) missJournal(journal.number - 1);
  }
  if (snapshot > (newest?.number ?? 0)) found.push(problemOf("missing", snapshotName(snapshot)));
  return found;
}

function snapshotProblems({ number }: Place, read: ReadSnapshot): StoreProblem[] {
  if (read.kind === "good") return [];
  const name = snapshotName(number);
  return [read.kind === "newer" ? problemOf("newer", name) : problemOf("damaged", name, read.problem)];
}

function problemOf(kind: StoreProblem["kind"], file: string, problem?: string): StoreProblem {
  const said = kind === "missing" ? "is missing" : "was written by a newer version of Rein";
  return { kind, file, problem: problem ?? said };
}

function readFiles(
  numbers: readonly number[],
  read: (number: number) => Uint8Array | undefined,
): { readonly number: number; readonly bytes: Uint8Array }[] {
  return numbers.flatMap((number) => {
    const bytes = read(number);
    return bytes === undefined ? [] : [{ number, bytes }];
  });
}

/** The beginning of a snapshot; undefined when there is none. */
function headIfThere(disk: Disk, path: string): Uint8Array | undefined {
  try {
    const file = disk.openToRead(path);
    try {
      const head = new Uint8Array(HEADER_BYTES_MAX);
      return head.subarray(0, file.read(head, 0));
    } finally {
      file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Puts files in the order of the history. One that does not say whose it is stands where its number is. */
function placed<T extends { readonly era: number | undefined }>(
  files: readonly { readonly number: number; readonly bytes: Uint8Array }[],
  read: (bytes: Uint8Array, number: number) => T,
): (Omit<T, "era"> & Place)[] {
  let era = 0;
  const found = files.map(({ number, bytes }) => {
    const facts = read(bytes, number);
    era = facts.era ?? era;
    return { ...facts, number, era };
  });
  return found.sort(compare);
}
