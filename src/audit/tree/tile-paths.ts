import { InvalidInputError } from "../../core/errors.js";

/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree between one level of tiles and the next: a tile is a subtree of this height. */
export const TILE_HEIGHT = 8;
/** The most bytes that an entry bundle can say an entry has: it counts them in 16 bits. */
export const MAX_ENTRY_BYTES = 65_535;

const MAX_LEVEL = 63;

/**
 * Returns where a hash tile is served (C2SP tlog-tiles), such as `tile/0/x001/234.p/5`.
 * @param level 0 for the tile of leaf hashes
 * @param width number of hashes, 1 to 256; below 256 the tile is a partial one
 * @throws InvalidInputError
 */
export function tilePath(level: number, index: number, width = TILE_WIDTH): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL) {
    throw new InvalidInputError("level", `tiles have levels 0 to ${MAX_LEVEL}, and not ${level}`);
  }
  return `tile/${level}/${place(index, width)}`;
}

/**
 * Returns where an entry bundle is served (C2SP tlog-tiles), such as `tile/entries/x001/234.p/5`.
 * @param width number of entries, 1 to 256; below 256 the bundle is a partial one
 * @throws InvalidInputError
 */
export function entriesPath(index: number, width = TILE_WIDTH): string {
  return `tile/entries/${place(index, width)}`;
}

/** How many hashes the tile at a level and index has in a tree of a size; 0 when there is no such tile. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH;
  return Math.max(0, Math.min(TILE_WIDTH, hashes));
}

/** Groups of three digits, all but the last one marked, so that no directory has the name of a file. */
function place(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new InvalidInputError("index", `a tile's index is a whole number, and not ${index}`);
  }
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new InvalidInputError("width", `a tile has 1 to ${TILE_WIDTH} hashes, and not ${width}`);
  }
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g) ?? [];
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}
