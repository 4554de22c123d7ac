import { isAscii } from "node:buffer";
import type { Books, Known } from "./journal-format.js";
import { checksum, isCount, plainBooks, readBooks } from "./journal-format.js";
import type { StoredSnapshot } from "./store.js";

/** Version of the file around a snapshot; `format` is the version of the state inside. */
const VERSION = 1;
const KIND = "rein snapshot";

/** A snapshot with the books that went with it. */
export interface SnapshotFile {
  readonly era: number;
  /** The journal that goes on from here, and how much of it is durable for certain. */
  readonly journal: Known;
  readonly snapshot: StoredSnapshot;
  readonly books: Books;
}

export type ReadSnapshot =
  | { readonly kind: "good"; readonly file: SnapshotFile }
  | { readonly kind: "newer" }
  | { readonly kind: "bad"; readonly problem: string };

interface Header {
  readonly kind: string;
  readonly version: number;
  readonly format: number;
  readonly at: number;
  readonly era: number;
  readonly journal: Known;
  readonly bytes: number;
  readonly crc32: string;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The second line. `state` is JSON already: it is made at the moment that the snapshot is of. */
export function snapshotBody(state: string, books: Books): Uint8Array {
  const { totals, halts } = plainBooks(books);
  return Buffer.from(
    `{"state":${state},"totals":${JSON.stringify(totals)},"halts":${JSON.stringify(halts)}}\n`,
  );
}

/** Two lines of JSON: what it is, with a checksum over all of it, and the contents. */
export function formatSnapshot(
  { format, at }: Pick<StoredSnapshot, "format" | "at">,
  { era, journal }: Pick<SnapshotFile, "era" | "journal">,
  body: Uint8Array,
): Uint8Array {
  const fields = { kind: KIND, version: VERSION, format, at, era, journal, bytes: body.length };
  return Buffer.concat([headerLine({ ...fields, crc32: sumOf(fields, body) }), body]);
}

/** The first line is never longer. */
export const HEADER_BYTES_MAX = 1024;

/** Which owner's it says it is, by its first line alone; undefined when that cannot be read. */
export function eraOfSnapshot(bytes: Uint8Array): number | undefined {
  const end = bytes.indexOf(10);
  const header = parse(bytes.subarray(0, end < 0 ? bytes.length : end));
  return isCount(header?.era) ? header.era : undefined;
}

export function readSnapshot(bytes: Uint8Array): ReadSnapshot {
  const end = bytes.indexOf(10);
  const header = parse(bytes.subarray(0, end < 0 ? bytes.length : end));
  if (header?.kind !== KIND) return bad("is no snapshot");
  if (isCount(header.version) && header.version > VERSION) return { kind: "newer" };
  if (!isHeader(header)) return bad("is no snapshot of this version");
  const body = bytes.subarray(end + 1);
  const { crc32, ...fields } = header;
  // Reading loosely would let changes through that the checksum does not see.
  const isAsWritten = Buffer.from(headerLine(header)).equals(bytes.subarray(0, end + 1));
  if (!isAsWritten || body.length !== header.bytes || crc32 !== sumOf(fields, body)) {
    return bad("was changed or damaged: it does not match its checksum");
  }
  const contents = parse(body);
  const books = readBooks(contents);
  if (contents === undefined || books === undefined) return bad("does not hold what a snapshot holds");
  const { format, at, era, journal } = header;
  return { kind: "good", file: { era, journal, snapshot: { format, at, state: contents.state }, books } };
}

/** In this order and with nothing else. */
function headerLine({ kind, version, format, at, era, journal, bytes, crc32 }: Header): Uint8Array {
  const { number, bytes: known } = journal;
  const fields = { kind, version, format, at, era, journal: { number, bytes: known }, bytes, crc32 };
  return Buffer.from(`${JSON.stringify(fields)}\n`);
}

function sumOf(fields: Omit<Header, "crc32">, body: Uint8Array): string {
  const header = headerLine({ ...fields, crc32: "" });
  return body.length === 0 ? checksum(header) : checksum(header, body);
}

function bad(problem: string): ReadSnapshot {
  return { kind: "bad", problem };
}

function isHeader(value: Record<string, unknown>): value is Record<string, unknown> & Header {
  const { version, format, at, era, journal, bytes, crc32 } = value as Partial<Header>;
  return (
    version === VERSION &&
    typeof format === "number" &&
    typeof at === "number" &&
    isCount(era) &&
    isCount(bytes) &&
    typeof crc32 === "string" &&
    typeof journal === "object" &&
    journal !== null &&
    isCount(journal.number) &&
    isCount(journal.bytes)
  );
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    // Of a large state nearly all is numbers: read as what they are, they take half the time and memory.
    const text = isAscii(bytes)
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
      : decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
