import type { ReadableFile } from "../../core/disk.js";
import { MAX_LEAF_BYTES } from "../log/leaf.js";

const PIECE = 1 << 20;
const LINE_END = 0x0a;

/** One for all files: pieces of this size are costly to make. */
const shared = Buffer.alloc(1 + PIECE + MAX_LEAF_BYTES + 1);

/**
 * Gives the lines of a file in place, in a large buffer that has a byte to spare before each of them: for the prefix
 * that leaf hashes begin with. Only one source is used at a time.
 */
export class LineSource {
  readonly buffer = shared;
  /** Where in the buffer the next line begins; at least 1. */
  at = 1;
  /** Where in the buffer the last whole line ends: there are whole lines while `at` is not beyond it. */
  lastEnd = -1;
  readonly #file: ReadableFile;
  readonly #limit: number;
  /** Place in the file of the buffer's byte 1. */
  #base = 0;
  #filled = 1;

  /** @param limit bytes of the file that are read */
  constructor(file: ReadableFile, limit = file.bytes, from = 0) {
    this.#file = file;
    this.#limit = Math.min(limit, file.bytes);
    this.#base = from;
  }

  /** Place in the file where the next line begins. */
  get offset(): number {
    return this.#base + this.at - 1;
  }

  /** Bytes from the next line's beginning to the end. */
  get left(): number {
    return this.#limit - this.offset;
  }

  /** Reads on. Returns whether a whole line follows that is not much too long for a leaf. @throws the system's error */
  more(): boolean {
    const { buffer } = this;
    buffer.copyWithin(1, this.at, this.#filled);
    this.#base += this.at - 1;
    this.#filled -= this.at - 1;
    this.at = 1;
    while (this.#filled < buffer.length) {
      const place = this.#base + this.#filled - 1;
      const room = Math.min(buffer.length - this.#filled, this.#limit - place);
      if (room <= 0) break;
      const read = this.#file.read(buffer.subarray(this.#filled, this.#filled + room), place);
      if (read === 0) break;
      this.#filled += read;
    }
    this.lastEnd = this.#filled === 1 ? -1 : buffer.lastIndexOf(LINE_END, this.#filled - 1);
    return this.lastEnd >= this.at;
  }
}
