import { beginRecords, blobFrames, RECORDS_HEADER } from "./frames.js";

/** Records and bytes of a parcel at most. */
const PARCEL_RECORDS = 256;
const PARCEL_BYTES = 1 << 16;
const SLAB = 1 << 18;
/** The longest leaf, and what says how long its parts are; a character takes three bytes at most. */
const MAX_RECORD = 4 + 3 * 65_536;

/** Records that travel together, as frames. */
export interface Parcel {
  readonly first: number;
  readonly count: number;
  readonly frame: Buffer;
  /** Large values of them, which go first. */
  readonly blobs: readonly Buffer[];
  readonly bytes: number;
}

/** The records of a run, numbered, from the moment they are made until they are signed: whoever writes the log next gets them again. */
export class Outbox {
  /** Bytes that are kept. */
  bytes = 0;
  /** Number of the next record. */
  next = 0;
  readonly #parcels: Parcel[] = [];
  #slab = Buffer.allocUnsafeSlow(SLAB);
  #from = 0;
  #at = RECORDS_HEADER;
  #count = 0;
  #blobs: Buffer[] = [];
  /** Number of the first parcel that is kept, counted from the beginning, and of the next to be sent. */
  #dropped = 0;
  #sent = 0;

  /** A large value of the next record. */
  blob(field: string, text: string): void {
    for (const frame of blobFrames(this.next, field, text)) {
      this.#blobs.push(frame);
      this.bytes += frame.length;
    }
  }

  append(head: string, tail: string): void {
    const most = 4 + 3 * (head.length + tail.length);
    if (this.#count === PARCEL_RECORDS || this.#at - this.#from > PARCEL_BYTES) this.seal();
    if (this.#at + most > this.#slab.length) this.#newSlab(most);
    const slab = this.#slab;
    const at = this.#at;
    const headBytes = slab.write(head, at + 4);
    const tailBytes = slab.write(tail, at + 4 + headBytes);
    slab.writeUInt16LE(headBytes, at);
    slab.writeUInt16LE(tailBytes, at + 2);
    this.#at = at + 4 + headBytes + tailBytes;
    this.bytes += this.#at - at;
    this.#count += 1;
    this.next += 1;
  }

  /** Makes a parcel of what has come since the last one. */
  seal(): void {
    if (this.#count === 0) return;
    const frame = this.#slab.subarray(this.#from, this.#at);
    beginRecords(frame, this.next - this.#count, this.#count);
    const bytes =
      this.#at - this.#from - RECORDS_HEADER + this.#blobs.reduce((sum, blob) => sum + blob.length, 0);
    this.#parcels.push({
      first: this.next - this.#count,
      count: this.#count,
      frame,
      blobs: this.#blobs,
      bytes,
    });
    this.#blobs = [];
    this.#count = 0;
    this.#from = this.#at;
    this.#at += RECORDS_HEADER;
    if (this.#at > this.#slab.length) this.#newSlab(0);
  }

  /** The next parcel that was not handed out; undefined: none. */
  take(): Parcel | undefined {
    const parcel = this.#parcels[this.#sent - this.#dropped];
    if (parcel !== undefined) this.#sent += 1;
    return parcel;
  }

  /** What is handed out begins anew, behind a record. */
  rewind(last: number): void {
    const at = this.#parcels.findIndex(({ first, count }) => first + count > last + 1);
    this.#sent = this.#dropped + (at < 0 ? this.#parcels.length : at);
  }

  /** Number of the first record that is kept. */
  get first(): number {
    return this.#parcels[0]?.first ?? this.next - this.#count;
  }

  /** Forgets records up to a number. */
  release(last: number): void {
    let count = 0;
    for (const parcel of this.#parcels) {
      if (parcel.first + parcel.count - 1 > last) break;
      this.bytes -= parcel.bytes;
      count += 1;
    }
    if (count === 0) return;
    this.#parcels.splice(0, count);
    this.#dropped += count;
    this.#sent = Math.max(this.#sent, this.#dropped);
  }

  #newSlab(most: number): void {
    const begun = this.#slab.subarray(this.#from, this.#count === 0 ? this.#from : this.#at);
    const slab = Buffer.allocUnsafeSlow(
      Math.max(SLAB, begun.length + RECORDS_HEADER + Math.min(most, MAX_RECORD)),
    );
    begun.copy(slab);
    this.#slab = slab;
    this.#from = 0;
    this.#at = Math.max(begun.length, RECORDS_HEADER);
  }
}
