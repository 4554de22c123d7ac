import { crc32 } from "node:zlib";

/** The format of segments that this version writes; it reads this one and older ones. */
export const SEGMENT_FORMAT = 2;

/** The first line of a segment. */
export interface SegmentHeader {
  readonly type: "segment";
  readonly n: number;
  readonly format: number;
  /** Wall time at which it was begun. */
  readonly at: number;
  /** How the segment before it was left; null at the very first. */
  readonly previous: SegmentClosing | null;
}

export interface SegmentClosing {
  /** Bytes of it that count. */
  readonly bytes: number;
  /** There when the disk failed to confirm all of them: those up to here are known to have been durable. */
  readonly synced?: number;
  /**
   * What else is there was left by a crash, or written by an owner that others have pushed aside since: it does not
   * count, and what of it did count is in the segment that says so.
   */
  readonly cut?: boolean;
}

/** The last line of each chunk; a chunk is what was written in one piece. */
export interface Sum {
  /** Bytes of the chunk, without this line. */
  readonly bytes: number;
  /** Bytes of the segment that were known to be durable when this was written. */
  readonly synced: number;
  readonly crc: string;
}

/** The first line of a segment, as it is written. */
export function headerLine(n: number, at: number, previous: SegmentClosing | null): string {
  const header: SegmentHeader = { type: "segment", n, format: SEGMENT_FORMAT, at, previous };
  return `${JSON.stringify(header)}\n`;
}

/** How a sum line begins. */
export const SUM_START = '{"type":"sum","bytes":';

const SUM = /^\{"type":"sum","bytes":(\d{1,15}),"synced":(\d{1,15}),"crc":"([0-9a-f]{8})"\}$/;

/** No sum line is longer, its line end included. */
export const SUM_BYTES_MAX = 100;

/**
 * The sum line of a chunk. The CRC-32 covers the place of the chunk (`segment:start:`), the chunk, and the sum line
 * itself up to the CRC, so that neither a changed byte nor bytes of another place pass.
 */
export function sumLine(segment: number, start: number, chunk: Uint8Array, synced: number): string {
  const front = sumFront(chunk.length, synced);
  return `${front}${checksum(segment, start, chunk, front)}"}\n`;
}

/** Bytes of the sum line of a chunk of so many bytes. */
export function sumLength(bytes: number, synced: number): number {
  return sumFront(bytes, synced).length + '01234567"}\n'.length;
}

/** How the line ends with which repair says that the rest of a segment is lost, whatever the next one says of it. */
export const CLOSING_MARK = Buffer.from(',"closes":true}\n');

/** Reads a sum line without its line end; undefined when it is none. */
export function parseSum(line: string): Sum | undefined {
  const match = SUM.exec(line);
  return match === null ? undefined : { bytes: Number(match[1]), synced: Number(match[2]), crc: match[3]! };
}

/** Whether a chunk is what was written at its place. */
export function isSound(segment: number, start: number, chunk: Uint8Array, sum: Sum): boolean {
  return (
    sum.bytes === chunk.length && sum.crc === checksum(segment, start, chunk, sumFront(sum.bytes, sum.synced))
  );
}

/** Reads the first line of a segment; undefined when it is none. */
export function parseHeader(line: string): SegmentHeader | undefined {
  const header = parseRecord(line);
  if (header?.["type"] !== "segment") return undefined;
  const { n, format, at, previous } = header;
  if (!isCount(n) || !isCount(format) || typeof at !== "number") return undefined;
  if (previous !== null && !isClosing(previous)) return undefined;
  return { type: "segment", n, format, at, previous };
}

/** Reads a line of records; undefined when it is no JSON object. */
export function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function sumFront(bytes: number, synced: number): string {
  return `${SUM_START}${bytes},"synced":${synced},"crc":"`;
}

function checksum(segment: number, start: number, chunk: Uint8Array, front: string): string {
  const place = crc32(`${segment}:${start}:`);
  // zlib begins anew when it is given no memory, which an empty array may not have.
  const sum = chunk.length === 0 ? place : crc32(chunk, place);
  return crc32(front, sum).toString(16).padStart(8, "0");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isClosing(value: unknown): value is SegmentClosing {
  if (typeof value !== "object" || value === null) return false;
  const { bytes, synced, cut } = value as Record<string, unknown>;
  return (
    isCount(bytes) &&
    (synced === undefined || isCount(synced)) &&
    (cut === undefined || typeof cut === "boolean")
  );
}
