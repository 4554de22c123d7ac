/**
 * The tree of RFC 6962: hashes, compact ranges, proofs, and the tiles of C2SP tlog-tiles.
 */
export {
  EMPTY_ROOT,
  HASH_BYTES,
  hashFromBase64,
  hashFromBytes,
  hashToBase64,
  hashToBytes,
  isHash,
  leafHash,
  nodeHash,
  sha256,
} from "./hash.js";
export type { Hash } from "./hash.js";
export { CompactRange } from "./compact-range.js";
export {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "./proof.js";
export type { NodeAt } from "./proof.js";
export { entriesPath, MAX_ENTRY_BYTES, TILE_WIDTH, tilePath, tileWidth } from "./tile-paths.js";
export { entriesOfBundle, hashesOfTile, TileWriter, writeTiles } from "./tiles.js";
export type { EmitTile } from "./tiles.js";
export { tileNodeAt } from "./tile-reader.js";
