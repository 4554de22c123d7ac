/*
 * What goes over the socket: frames of a length (uint32, little-endian, of what follows it), a type (one byte) and a
 * payload. The rare ones are JSON:
 *
 *   HELLO    to the client   {version, nonce}
 *   JOIN     to the log      {version, nonce, proof, boot, since, signed}
 *   WELCOME  to the client   {proof, last, size, segments, pid}
 *   BYE      to the client   {code, message, help}: the connection ends, and why
 *   FAIL     to the client   {problem}: the log cannot be written at present; null: it can again
 *   RECORDS  to the log      float64 number of the first record · uint16 how many · each: uint16 bytes of head, uint16 bytes of
 *                            tail, head, tail (see LeafSink)
 *   BLOB     to the log      float64 number of its record · uint8 1 for the last piece · uint16 length of the
 *                            field's name · name · piece
 *   WANT     to the log      float64 number of the record up to which everything shall be durable · the same for signed
 *   ACK      to the client   float64 numbers of the last records written, durable, signed · size of the log · segments
 *
 * Numbers are all little-endian. Records of a run are numbered from 0 on: field `i` of the leaf.
 */
export const HELLO = 1;
export const JOIN = 2;
export const WELCOME = 3;
export const RECORDS = 4;
export const BLOB = 5;
export const WANT = 6;
export const ACK = 7;
export const FAIL = 8;
export const BYE = 9;

export const SHARE_VERSION = 1;
/** Bytes of a frame at most, and before anybody has proved anything. */
export const MAX_FRAME = 1 << 20;
export const MAX_FIRST_FRAME = 4096;
/** Pieces in which large values travel. */
export const BLOB_PIECE = 1 << 19;

const HEADER = 5;
/** Of RECORDS: type and numbers before the first record. */
export const RECORDS_HEADER = HEADER + 10;

/** The other side does not keep to the protocol. */
export class ProtocolError extends Error {}

/** Cuts what comes in into frames. */
export class FrameReader {
  /** Bytes that a frame may have. */
  limit: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #needed = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Hands whole frames to `take`, which must not keep the payload. @throws ProtocolError, and what `take` throws */
  push(chunk: Buffer, take: (type: number, payload: Buffer) => void): void {
    let data = chunk;
    if (this.#bytes > 0) {
      this.#pieces.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes < this.#needed) return;
      data = Buffer.concat(this.#pieces, this.#bytes);
      this.#pieces = [];
      this.#bytes = 0;
    }
    let at = 0;
    this.#needed = HEADER;
    while (data.length - at >= HEADER) {
      const length = data.readUInt32LE(at);
      if (length < 1 || length > this.limit) throw new ProtocolError(`a frame of ${length} bytes`);
      if (data.length - at < 4 + length) {
        this.#needed = 4 + length;
        break;
      }
      take(data[at + 4]!, data.subarray(at + HEADER, at + 4 + length));
      at += 4 + length;
    }
    if (at === data.length) return;
    this.#pieces = [data.subarray(at)];
    this.#bytes = data.length - at;
  }
}

export function jsonFrame(type: number, value: object): Buffer {
  return frameOf(type, Buffer.from(JSON.stringify(value)));
}

/** @throws ProtocolError for anything but an object */
export function readJson(payload: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The same as another value.
  }
  throw new ProtocolError("a frame that is no JSON object");
}

/** Numbers as the other side has them. */
export function numbersFrame(type: number, numbers: readonly number[]): Buffer {
  const payload = Buffer.allocUnsafe(numbers.length * 8);
  for (let k = 0; k < numbers.length; k++) payload.writeDoubleLE(numbers[k]!, k * 8);
  return frameOf(type, payload);
}

/** @throws ProtocolError for another count, or what is no integer from -1 on */
export function readNumbers(payload: Buffer, count: number): number[] {
  if (payload.length !== count * 8) throw new ProtocolError("a frame of another length");
  return Array.from({ length: count }, (_, k) => integer(payload.readDoubleLE(k * 8)));
}

function integer(number: number): number {
  if (Number.isSafeInteger(number) && number >= -1) return number;
  throw new ProtocolError("a number that counts nothing");
}

/** Writes what stands before the records into the first bytes of a frame. */
export function beginRecords(frame: Buffer, first: number, count: number): void {
  frame.writeUInt32LE(frame.length - 4, 0);
  frame[4] = RECORDS;
  frame.writeDoubleLE(first, HEADER);
  frame.writeUInt16LE(count, HEADER + 8);
}

/** @throws ProtocolError */
export function readRecords(
  payload: Buffer,
  take: (number: number, headFrom: number, tailFrom: number, end: number) => void,
): void {
  if (payload.length < 10) throw new ProtocolError("a frame that is too short");
  const first = integer(payload.readDoubleLE(0));
  const count = payload.readUInt16LE(8);
  let at = 10;
  for (let k = 0; k < count; k++) {
    if (payload.length - at < 4) throw new ProtocolError("a record that is not whole");
    const headFrom = at + 4;
    const tailFrom = headFrom + payload.readUInt16LE(at);
    const end = tailFrom + payload.readUInt16LE(at + 2);
    if (end > payload.length) throw new ProtocolError("a record that is not whole");
    take(first + k, headFrom, tailFrom, end);
    at = end;
  }
  if (at !== payload.length) throw new ProtocolError("bytes behind the last record");
}

export interface BlobPiece {
  readonly number: number;
  readonly field: string;
  readonly piece: Buffer;
  readonly isLast: boolean;
}

/** The frames of a large value. */
export function blobFrames(number: number, field: string, text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const name = Buffer.from(field);
  const frames: Buffer[] = [];
  let at = 0;
  do {
    const piece = bytes.subarray(at, at + BLOB_PIECE);
    at += piece.length;
    const about = Buffer.alloc(11);
    about.writeDoubleLE(number, 0);
    about[8] = at === bytes.length ? 1 : 0;
    about.writeUInt16LE(name.length, 9);
    frames.push(frameOf(BLOB, Buffer.concat([about, name, piece])));
  } while (at < bytes.length);
  return frames;
}

/** @throws ProtocolError */
export function readBlob(payload: Buffer): BlobPiece {
  const end = payload.length < 11 ? Infinity : 11 + payload.readUInt16LE(9);
  if (payload.length < end) throw new ProtocolError("a large value that is not whole");
  return {
    number: integer(payload.readDoubleLE(0)),
    isLast: payload[8] === 1,
    field: payload.toString("utf8", 11, end),
    piece: payload.subarray(end),
  };
}

function frameOf(type: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt32LE(1 + payload.length, 0);
  frame[4] = type;
  payload.copy(frame, HEADER);
  return frame;
}
