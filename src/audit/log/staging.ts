import { Buffer } from "node:buffer";
import { HASH_BYTES } from "../tree/index.js";
import type { Hash } from "../tree/index.js";

const FIRST_BYTES = 1 << 16;

/**
 * Lines and their hashes between those who append and the disk. Places are counted from the beginning of the log's
 * life in this process. What was written is kept until it is durable, so that it can be written again elsewhere.
 */
export class Staging {
  /** Place behind the last line. */
  end = 0;
  #lines = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #hashes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Places of the buffers' first bytes. */
  #linesFrom = 0;
  #hashesFrom = 0;
  #hashesEnd = 0;

  /** Place behind the last hash. */
  get hashesEnd(): number {
    return this.#hashesEnd;
  }

  add(line: string, hash: Hash): void {
    // No character takes more than three bytes; asking for the exact number costs more than writing.
    this.#lines = roomFor(this.#lines, this.end - this.#linesFrom, line.length * 3 + 1);
    const at = this.end - this.#linesFrom;
    const bytes = this.#lines.write(line, at);
    this.#lines[at + bytes] = 0x0a;
    this.end += bytes + 1;
    this.#hashes = roomFor(this.#hashes, this.#hashesEnd - this.#hashesFrom, HASH_BYTES);
    this.#hashes.write(hash, this.#hashesEnd - this.#hashesFrom, "latin1");
    this.#hashesEnd += HASH_BYTES;
  }

  /** Bytes of lines between two places: good until the next call. */
  lines(from: number, to: number): Uint8Array {
    return view(this.#lines, from - this.#linesFrom, to - this.#linesFrom);
  }

  hashes(from: number, to: number): Uint8Array {
    return view(this.#hashes, from - this.#hashesFrom, to - this.#hashesFrom);
  }

  /** Forgets what lies before these places. */
  release(lines: number, hashes: number): void {
    this.#linesFrom = shift(this.#lines, this.#linesFrom, lines, this.end);
    this.#hashesFrom = shift(this.#hashes, this.#hashesFrom, hashes, this.#hashesEnd);
  }
}

/** Moves what is still needed to the front, when that is little against what is not. */
function shift(buffer: Buffer, from: number, to: number, end: number): number {
  const needed = end - to;
  if (needed > to - from) return from;
  buffer.copy(buffer, 0, to - from, end - from);
  return to;
}

function roomFor(buffer: Buffer<ArrayBuffer>, used: number, more: number): Buffer<ArrayBuffer> {
  if (used + more <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, used + more));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

/** Not a Buffer, whose `slice` is no copy: a disk may keep what it is given, and this memory is used again. */
function view(buffer: Buffer, from: number, to: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset + from, to - from);
}
