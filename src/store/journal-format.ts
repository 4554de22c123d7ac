import { crc32 } from "node:zlib";
import type { StoredHalt } from "./store.js";

/** Version of the journal's lines. */
export const JOURNAL_FORMAT = 1;

/** Place of a file in the history: owners one after another, and the files of each by number. */
export interface Place {
  /** Which owner wrote it: what an owner writes that was pushed aside comes before all of its successor's. */
  readonly era: number;
  readonly number: number;
}

/** The first line of a journal. */
export interface JournalHeader {
  readonly format: number;
  readonly era: number;
  /** The journal that this one goes on from, and how much of it is durable; null when it begins with all there is. */
  readonly after: Known | null;
}

/** So many bytes of the journal of that number are durable: if they cannot be read, they were damaged. */
export interface Known {
  readonly number: number;
  readonly bytes: number;
}

/** Everything in force. */
export interface Books {
  readonly totals: ReadonlyMap<string, number>;
  readonly halts: ReadonlyMap<string, StoredHalt>;
}

/** A change to the books; one line, and so one step: it is there as a whole or not at all. */
export type Change =
  | { readonly grants: readonly (readonly [account: string, total: number])[] }
  | { readonly halt: StoredHalt }
  | { readonly end: string };

/** What a line says besides how much of the file was durable when it was written. */
export type JournalEntry =
  | { readonly kind: "header"; readonly header: JournalHeader }
  /** Replaces everything before it. `snapshot`: the newest one at the time, 0 for none. */
  | { readonly kind: "all"; readonly books: Books; readonly snapshot: number }
  | { readonly kind: "change"; readonly change: Change }
  /** The snapshot of this number is durable. */
  | { readonly kind: "saved"; readonly snapshot: number }
  | { readonly kind: "mark" };

/** A journal's bytes, read as far as they make sense. */
export interface ScannedJournal {
  /** Undefined when not even the first line can be read. */
  readonly header: JournalHeader | undefined;
  /** Everything before the first line that cannot be read, without the header. */
  readonly entries: readonly JournalEntry[];
  /** Bytes before that line. */
  readonly goodBytes: number;
  /** Lines that can be read after one that cannot. */
  readonly laterEntries: readonly JournalEntry[];
  /** How much of the file its own lines say was durable. */
  readonly knownBytes: number;
  /** `torn`: the bytes after the good ones look like a write that a power failure cut short. */
  readonly tail: "none" | "torn" | "odd";
}

const SECTOR_BYTES = 512;
const NEWLINE = 10;
/** Eight digits of checksum and a space. */
const PREFIX_BYTES = 9;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** One line: a checksum and JSON. `knownBytes`: how much of the file is durable as it is written. */
export function journalLine(entry: JournalEntry, knownBytes: number): Uint8Array {
  const json = encoder.encode(
    JSON.stringify(entry.kind === "header" ? entry.header : plain(entry, knownBytes)),
  );
  const line = new Uint8Array(PREFIX_BYTES + json.length + 1);
  line.set(encoder.encode(`${checksum(json)} `));
  line.set(json, PREFIX_BYTES);
  line[line.length - 1] = NEWLINE;
  return line;
}

/** CRC-32 of pieces in a row, which are not empty. */
export function checksum(...pieces: readonly Uint8Array[]): string {
  const sum = pieces.reduce((before, bytes) => crc32(bytes, before), 0);
  return sum.toString(16).padStart(8, "0");
}

export function scanJournal(bytes: Uint8Array): ScannedJournal {
  let header: JournalHeader | undefined;
  const entries: JournalEntry[] = [];
  const laterEntries: JournalEntry[] = [];
  let knownBytes = 0;
  let goodBytes = -1;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    const line = newline < 0 ? undefined : parseLine(bytes.subarray(at, newline), at === 0);
    if (line === undefined) {
      if (goodBytes < 0) goodBytes = at;
    } else {
      knownBytes = Math.max(knownBytes, line.known);
      if (goodBytes >= 0) laterEntries.push(line.entry);
      else if (line.entry.kind === "header") header = line.entry.header;
      else entries.push(line.entry);
    }
    at = end;
  }
  if (goodBytes < 0) goodBytes = bytes.length;
  const tail = goodBytes === bytes.length ? "none" : looksTorn(bytes, goodBytes) ? "torn" : "odd";
  return { header, entries, goodBytes, laterEntries, knownBytes, tail };
}

/** The changes of entries, applied in order. */
export function applyChange(books: MutableBooks, change: Change): void {
  if ("grants" in change) raise(books.totals, change.grants);
  else if ("halt" in change) books.halts.set(change.halt.id, change.halt);
  else books.halts.delete(change.end);
}

export interface MutableBooks {
  readonly totals: Map<string, number>;
  readonly halts: Map<string, StoredHalt>;
}

/** Totals only grow, except by a snapshot. */
export function raise(totals: Map<string, number>, by: Iterable<readonly [string, number]>): void {
  for (const [account, total] of by) {
    if (total > (totals.get(account) ?? -1)) totals.set(account, total);
  }
}

/** Books as plain data, and back; undefined when it is not that. */
export function plainBooks({ totals, halts }: Books): { totals: unknown; halts: unknown } {
  return { totals: [...totals], halts: [...halts.values()] };
}

export function readBooks(value: unknown): Books | undefined {
  if (!isObject(value) || !isGrants(value.totals) || !Array.isArray(value.halts)) return undefined;
  const halts: unknown[] = value.halts;
  if (!halts.every(isHalt)) return undefined;
  return { totals: new Map(value.totals), halts: new Map(halts.map((halt) => [halt.id, halt])) };
}

/** How a write that did not end looks: no end of line, or a sector of it that ends in zeros; there are none in JSON. */
function looksTorn(bytes: Uint8Array, start: number): boolean {
  const newline = bytes.indexOf(NEWLINE, start);
  const end = newline < 0 ? bytes.length : newline;
  for (let at = start; at < end;) {
    const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (bytes[next - 1] === 0) return true;
    at = next;
  }
  if (newline >= 0) return false;
  // A whole line of which only the end is something else was not cut short.
  const isOtherEnd = bytes[bytes.length - 1] !== 0;
  return !(isOtherEnd && parseLine(bytes.subarray(start, bytes.length - 1), start === 0) !== undefined);
}

function parseLine(
  line: Uint8Array,
  isFirst: boolean,
): { readonly entry: JournalEntry; readonly known: number } | undefined {
  if (line.length <= PREFIX_BYTES || line[PREFIX_BYTES - 1] !== 32) return undefined;
  const json = line.subarray(PREFIX_BYTES);
  try {
    if (decoder.decode(line.subarray(0, PREFIX_BYTES - 1)) !== checksum(json)) return undefined;
    const value: unknown = JSON.parse(decoder.decode(json));
    if (!isObject(value)) return undefined;
    if (isFirst) {
      const header = readHeader(value);
      return header && { entry: { kind: "header", header }, known: 0 };
    }
    const entry = readEntry(value);
    return entry !== undefined && isCount(value.s) ? { entry, known: value.s } : undefined;
  } catch {
    return undefined;
  }
}

function plain(entry: JournalEntry, s: number): object {
  switch (entry.kind) {
    case "header":
      return entry.header;
    case "all":
      return { all: { ...plainBooks(entry.books), snapshot: entry.snapshot }, s };
    case "change":
      return { ...entry.change, s };
    case "saved":
      return { saved: entry.snapshot, s };
    case "mark":
      return { s };
  }
}

function readHeader(value: Record<string, unknown>): JournalHeader | undefined {
  const { format, era, after } = value;
  if (!isCount(format)) return undefined;
  // What follows in a later format is for later versions to say.
  if (format > JOURNAL_FORMAT) return { format, era: isCount(era) ? era : 0, after: null };
  if (!isCount(era)) return undefined;
  if (after === null) return { format, era, after };
  if (!isObject(after) || !isCount(after.number) || !isCount(after.bytes)) return undefined;
  return { format, era, after: { number: after.number, bytes: after.bytes } };
}

function readEntry(value: Record<string, unknown>): JournalEntry | undefined {
  if (value.all !== undefined) {
    const books = readBooks(value.all);
    const { snapshot } = value.all as { snapshot?: unknown };
    return books !== undefined && isCount(snapshot) ? { kind: "all", books, snapshot } : undefined;
  }
  if (value.grants !== undefined) {
    return isGrants(value.grants) ? { kind: "change", change: { grants: value.grants } } : undefined;
  }
  if (value.halt !== undefined) {
    return isHalt(value.halt) ? { kind: "change", change: { halt: value.halt } } : undefined;
  }
  if (value.end !== undefined) {
    return typeof value.end === "string" ? { kind: "change", change: { end: value.end } } : undefined;
  }
  if (value.saved !== undefined) {
    return isCount(value.saved) ? { kind: "saved", snapshot: value.saved } : undefined;
  }
  return Object.keys(value).length === 1 && value.s !== undefined ? { kind: "mark" } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isGrants(value: unknown): value is [string, number][] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && isCount(pair[1]),
    )
  );
}

function isHalt(value: unknown): value is StoredHalt {
  return isObject(value) && typeof value.id === "string";
}
