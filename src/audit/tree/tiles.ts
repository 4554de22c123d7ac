import { InvalidInputError } from "../../core/errors.js";
import { CompactRange } from "./compact-range.js";
import { HASH_BYTES, hashFromBytes, isHash, leafHash } from "./hash.js";
import type { Hash } from "./hash.js";
import { entriesPath, MAX_ENTRY_BYTES, TILE_WIDTH, tilePath } from "./tile-paths.js";

/** Takes a finished file: its path below the log's prefix, see `tilePath` and `entriesPath`, and its contents. */
export type EmitTile = (path: string, bytes: Uint8Array) => void;

const LENGTH_BYTES = 2;

/** One level of tiles: the hashes of the tile that is being filled. */
interface Level {
  readonly bytes: Buffer;
  tile: CompactRange;
  /** Number of tiles that are full. */
  full: number;
}

/**
 * Writes the tiles and entry bundles of a log (C2SP tlog-tiles) while its leaves come by. Holds one tile of each level
 * and one bundle, so memory does not grow with the log.
 */
export class TileWriter {
  readonly #emit: EmitTile;
  readonly #levels: Level[] = [];
  #size = 0;
  #bundle: Buffer[] = [];

  constructor(emit: EmitTile) {
    this.#emit = emit;
  }

  /** Number of leaves so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a leaf. Its bytes are copied.
   * @throws InvalidInputError `leaf` when it has more than 65,535 bytes; what `emit` throws, after which the writer is of no more use
   */
  append(leaf: Uint8Array): void {
    if (leaf.length > MAX_ENTRY_BYTES) {
      throw new InvalidInputError(
        "leaf",
        `leaf ${this.#size} has ${leaf.length} bytes, and an entry bundle counts at most ${MAX_ENTRY_BYTES}`,
      );
    }
    const entry = Buffer.alloc(LENGTH_BYTES + leaf.length);
    entry.writeUInt16BE(leaf.length);
    entry.set(leaf, LENGTH_BYTES);
    this.#bundle.push(entry);
    this.#append(leafHash(leaf));
  }

  /** Adds a leaf that is not there any more, by its hash: the bundle that it would be in is not written. */
  appendHash(hash: Hash): void {
    if (!isHash(hash)) throw new InvalidInputError("hash", "a leaf's hash has 32 bytes");
    this.#append(hash);
  }

  /** Writes what is not full. @returns what a checkpoint needs */
  end(): { readonly size: number; readonly root: Hash } {
    const width = this.#size % TILE_WIDTH;
    if (width > 0) this.#emitBundle(Math.floor(this.#size / TILE_WIDTH), width);
    this.#levels.forEach(({ bytes, tile, full }, level) => {
      if (tile.size === 0) return;
      this.#emit(
        tilePath(level, full, tile.size),
        Uint8Array.from(bytes.subarray(0, tile.size * HASH_BYTES)),
      );
    });
    // Each level's hashes are the subtrees of its eight bits of the size.
    const hashes = this.#levels.map(({ tile }) => tile.hashes).reverse();
    return { size: this.#size, root: new CompactRange(this.#size, hashes.flat()).root() };
  }

  #append(hash: Hash): void {
    this.#size++;
    if (this.#size % TILE_WIDTH === 0) this.#emitBundle(this.#size / TILE_WIDTH - 1, TILE_WIDTH);
    this.#push(0, hash);
  }

  #push(level: number, hash: Hash): void {
    const at = (this.#levels[level] ??= {
      bytes: Buffer.alloc(TILE_WIDTH * HASH_BYTES),
      tile: new CompactRange(),
      full: 0,
    });
    at.bytes.write(hash, at.tile.size * HASH_BYTES, HASH_BYTES, "latin1");
    at.tile.append(hash);
    if (at.tile.size < TILE_WIDTH) return;
    this.#emit(tilePath(level, at.full), Uint8Array.from(at.bytes));
    const root = at.tile.root();
    at.tile = new CompactRange();
    at.full++;
    this.#push(level + 1, root);
  }

  #emitBundle(index: number, width: number): void {
    const entries = this.#bundle;
    this.#bundle = [];
    if (entries.length !== width) return;
    this.#emit(entriesPath(index, width), Uint8Array.from(Buffer.concat(entries)));
  }
}

/**
 * Writes all tiles and entry bundles of a log (C2SP tlog-tiles), each once, partial ones for its final size only.
 * Memory does not grow with the log.
 * @returns what a checkpoint needs
 * @throws InvalidInputError `leaf` when a leaf has more than 65,535 bytes; what `leaves` and `emit` throw
 */
export function writeTiles(
  leaves: Iterable<Uint8Array>,
  emit: EmitTile,
): { readonly size: number; readonly root: Hash } {
  const writer = new TileWriter(emit);
  for (const leaf of leaves) writer.append(leaf);
  return writer.end();
}

/** Returns the hashes of a tile; undefined when its bytes are no tile of this width. */
export function hashesOfTile(bytes: Uint8Array, width: number): Hash[] | undefined {
  if (bytes.length !== width * HASH_BYTES) return undefined;
  return Array.from({ length: width }, (_, i) => hashFromBytes(bytes, i * HASH_BYTES));
}

/** Returns the entries of a bundle; undefined when its bytes are no bundle of this many entries. */
export function entriesOfBundle(bytes: Uint8Array, width: number): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= bytes.length && entries.length < width) {
    const start = at + LENGTH_BYTES;
    at = start + view.getUint16(at);
    entries.push(bytes.subarray(start, at));
  }
  return at === bytes.length && entries.length === width ? entries : undefined;
}
