import type { LeafSink } from "../log/leaf-sink.js";
import { ProtocolError, readBlob, readRecords } from "./frames.js";
import { LineCheck } from "./line-check.js";
import type { Blob } from "./line-check.js";

/** Bytes of the large values of one record. */
const MAX_BLOBS = 1 << 27;

const check = new LineCheck();

/** What one run sends: each of its records is appended once, in their order. */
export class Intake {
  /** Number of the last record that is in the log; -1: none is. */
  last: number;
  readonly #boot: string;
  readonly #sink: LeafSink;
  #blobs: Blob[] = [];
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #blobsOf = -1;

  constructor(sink: LeafSink, boot: string, last: number) {
    this.#sink = sink;
    this.#boot = boot;
    this.last = last;
  }

  /** @param payload of a frame RECORDS. @throws ProtocolError: what came before the bad record is in the log */
  records(payload: Buffer): void {
    readRecords(payload, (number, headFrom, tailFrom, end) => {
      if (number <= this.last) return;
      if (number !== this.last + 1) throw new ProtocolError(`record ${number} behind ${this.last}`);
      const blobs = this.#blobsOf === number ? this.#blobs : [];
      const sink = this.#sink;
      check.check(payload, [headFrom, tailFrom, end], sink.size, { boot: this.#boot, number, blobs });
      for (const { field, text } of blobs) sink.blob(field, text);
      // Leaves are mostly ASCII, where the two are the same and this is quicker.
      sink.append(payload.toString("utf8", headFrom, tailFrom), payload.toString("utf8", tailFrom, end));
      this.last = number;
      if (blobs.length > 0) this.#forget();
    });
  }

  /** @param payload of a frame BLOB. @throws ProtocolError */
  blob(payload: Buffer): void {
    const { number, field, piece, isLast } = readBlob(payload);
    // It is in the log already.
    if (number <= this.last) return;
    if (number !== this.#blobsOf) this.#forget();
    this.#blobsOf = number;
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > MAX_BLOBS) throw new ProtocolError("large values that are too large");
    // Whoever hands frames out uses their memory again.
    this.#pieces.push(Buffer.from(piece));
    if (!isLast) return;
    this.#blobs.push({ field, text: Buffer.concat(this.#pieces).toString() });
    this.#pieces = [];
  }

  #forget(): void {
    this.#blobs = [];
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#blobsOf = -1;
  }
}
