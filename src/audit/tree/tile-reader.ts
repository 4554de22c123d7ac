import { InvalidInputError, ReinError } from "../../core/errors.js";
import { CompactRange } from "./compact-range.js";
import type { Hash } from "./hash.js";
import type { NodeAt } from "./proof.js";
import { TILE_HEIGHT, TILE_WIDTH, tilePath, tileWidth } from "./tile-paths.js";
import { hashesOfTile } from "./tiles.js";

// Eight tiles are a path through any tree; a proof reads at most two paths, and neighbours share most of them.
const MAX_TILES_KEPT = 64;

/**
 * Returns the nodes of a tree of a size out of its tiles (C2SP tlog-tiles). Nothing is checked: what is proven with
 * these nodes must be verified against a checkpoint's root.
 * @param readTile returns a tile's bytes; undefined when there is none at that path
 * @throws the returned function throws InvalidInputError `node` for a node that a tree of this size has not completed,
 *   ReinError `record_damaged` for a tile that is not there or has a wrong length
 */
export function tileNodeAt(readTile: (path: string) => Uint8Array | undefined, size: number): NodeAt {
  const kept = new Map<string, readonly Hash[]>();

  const load = (level: number, index: number): readonly Hash[] => {
    const width = tileWidth(level, index, size);
    const path = tilePath(level, index, width);
    const known = kept.get(path);
    if (known !== undefined) return known;
    const hashes = readHashes(readTile, level, index, width);
    if (kept.size >= MAX_TILES_KEPT) kept.delete(kept.keys().next().value ?? "");
    kept.set(path, hashes);
    return hashes;
  };

  return (level, index) => {
    const leaves = 2 ** level;
    if (!(level >= 0 && index >= 0 && (index + 1) * leaves <= size)) {
      throw new InvalidInputError("node", `a tree of ${size} leaves has no complete node ${level}/${index}`);
    }
    const height = level % TILE_HEIGHT;
    const width = 2 ** height;
    const first = index * width;
    const hashes = load(Math.floor(level / TILE_HEIGHT), Math.floor(first / TILE_WIDTH));
    const at = first % TILE_WIDTH;
    const range = new CompactRange();
    for (const hash of hashes.slice(at, at + width)) range.append(hash);
    return range.root();
  };
}

function readHashes(
  readTile: (path: string) => Uint8Array | undefined,
  level: number,
  index: number,
  width: number,
): readonly Hash[] {
  const path = tilePath(level, index, width);
  const bytes = readTile(path);
  if (bytes !== undefined) return hashesOrThrow(bytes, width, path);
  // A log may delete a partial tile once the full one is there.
  const fullPath = tilePath(level, index);
  const full = width < TILE_WIDTH ? readTile(fullPath) : undefined;
  if (full !== undefined) return hashesOrThrow(full, TILE_WIDTH, fullPath).slice(0, width);
  throw new ReinError("record_damaged", `the tile \`${path}\` is missing`, {
    help: "export the tiles again, or fetch the ones that are missing",
  });
}

function hashesOrThrow(bytes: Uint8Array, width: number, path: string): readonly Hash[] {
  const hashes = hashesOfTile(bytes, width);
  if (hashes !== undefined) return hashes;
  throw new ReinError(
    "record_damaged",
    `the tile \`${path}\` has ${bytes.length} bytes and not ${width} hashes`,
    { help: "export the tiles again, or fetch this one again" },
  );
}
