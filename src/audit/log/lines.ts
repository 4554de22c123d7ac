import type { ReadableFile } from "../../core/disk.js";
import { MAX_LEAF_BYTES } from "./leaf.js";

const PIECE = 1 << 20;
const LINE_END = 0x0a;

/** Reads a file line by line, holding a piece of it at a time. */
export class LineReader {
  /** Where the next line begins. */
  offset: number;
  readonly #file: ReadableFile;
  /** Place in the file of the buffer's first byte. */
  #base: number;
  readonly #buffer = Buffer.allocUnsafe(PIECE + MAX_LEAF_BYTES + 1);
  #filled = 0;
  #at = 0;

  constructor(file: ReadableFile, from = 0) {
    this.#file = file;
    this.#base = from;
    this.offset = from;
  }

  /**
   * The next whole line without its end, good until the next call; undefined where no whole line follows: at the end,
   * before the beginning of one, or before something that is too long for a leaf.
   */
  next(): Buffer | undefined {
    let end = this.#buffer.indexOf(LINE_END, this.#at);
    if (end < 0 || end >= this.#filled) {
      this.#fill();
      end = this.#buffer.subarray(0, this.#filled).indexOf(LINE_END, this.#at);
      if (end < 0) return undefined;
    }
    if (end - this.#at > MAX_LEAF_BYTES) return undefined;
    const line = this.#buffer.subarray(this.#at, end);
    this.#at = end + 1;
    this.offset = this.#base + this.#at;
    return line;
  }

  #fill(): void {
    if (this.#at > 0) {
      this.#buffer.copyWithin(0, this.#at, this.#filled);
      this.#base += this.#at;
      this.#filled -= this.#at;
      this.#at = 0;
    }
    while (this.#filled < this.#buffer.length) {
      const more = this.#file.read(this.#buffer.subarray(this.#filled), this.#base + this.#filled);
      if (more === 0) break;
      this.#filled += more;
    }
  }
}
