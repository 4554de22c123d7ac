import type { Disk } from "../../core/disk.js";
import { CompactRange, HASH_BYTES, hashFromBase64 } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import { hashesPath, notAFile, rangePath } from "../log/layout.js";
import { smallFile } from "./places.js";

const PIECE_HASHES = 1 << 12;
const RANGE_BYTES_MAX = 64 * 45;

/**
 * Leaf hashes of a segment as its writer noted them. They prove nothing by themselves: what they lead to is compared
 * with a signed root.
 */
export class HashCache {
  /** Hashes that are there. */
  readonly count: number;
  readonly #read: (target: Uint8Array, position: number) => number;
  readonly #close: () => void;
  readonly #piece = Buffer.alloc(PIECE_HASHES * HASH_BYTES);
  #from = 0;
  #to = 0;

  private constructor(
    bytes: number,
    read: (target: Uint8Array, position: number) => number,
    close: () => void,
  ) {
    this.count = Math.floor(bytes / HASH_BYTES);
    this.#read = read;
    this.#close = close;
  }

  /** The cache of a segment; undefined when there is none that can be read. */
  static open(disk: Disk, dir: string, first: number): HashCache | undefined {
    const path = hashesPath(dir, first);
    try {
      if (notAFile(disk, path) !== undefined) return undefined;
      const file = disk.openToRead(path);
      return new HashCache(
        file.bytes,
        (target, position) => file.read(target, position),
        () => file.close(),
      );
    } catch {
      return undefined;
    }
  }

  /** The hash at a place in the segment; undefined when it is not there. */
  at(place: number): Hash | undefined {
    if (!this.#has(place)) return undefined;
    const start = (place - this.#from) * HASH_BYTES;
    return this.#piece.toString("latin1", start, start + HASH_BYTES);
  }

  /** Whether there is another hash at a place than this one. */
  differs(place: number, hash: Hash): boolean {
    if (!this.#has(place)) return false;
    const start = (place - this.#from) * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) if (this.#piece[start + i] !== hash.charCodeAt(i)) return true;
    return false;
  }

  close(): void {
    this.#close();
  }

  #has(place: number): boolean {
    if (place >= this.#from && place < this.#to) return true;
    if (place < 0 || place >= this.count) return false;
    this.#from = this.#to = place;
    let filled = 0;
    try {
      while (filled < this.#piece.length) {
        const read = this.#read(this.#piece.subarray(filled), place * HASH_BYTES + filled);
        if (read === 0) break;
        filled += read;
      }
    } catch {
      // A cache that cannot be read is none.
    }
    this.#to = place + Math.floor(filled / HASH_BYTES);
    return this.#to > place;
  }
}

/** The tree before a segment, as its writer noted it; undefined when there is no such note, or none that can be. */
export function notedRange(disk: Disk, dir: string, first: number): CompactRange | undefined {
  if (first === 0) return new CompactRange();
  const { text } = smallFile(disk, rangePath(dir, first), RANGE_BYTES_MAX);
  if (text === undefined) return undefined;
  const hashes: Hash[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const hash = hashFromBase64(line);
    if (hash === undefined) return undefined;
    hashes.push(hash);
  }
  try {
    return new CompactRange(first, hashes);
  } catch {
    return undefined;
  }
}
