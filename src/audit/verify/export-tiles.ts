import { dirname, join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { ReinError } from "../../core/errors.js";
import { putFile, withFile, writeAll } from "../log/files.js";
import { listSegments, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import { TileWriter } from "../tree/tiles.js";
import { HashCache } from "./hash-cache.js";
import { planSegments } from "./segment-plan.js";
import { Findings } from "./findings.js";
import { signedTree } from "./prove.js";

/** What was written. */
export interface TileExport {
  readonly origin: string;
  readonly size: number;
  readonly files: number;
  readonly bytes: number;
}

export interface TileExportOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** An empty directory, or none yet. */
  readonly out: string;
  readonly onProgress?: ((records: number, size: number) => void) | undefined;
}

/**
 * Writes the log as a directory of C2SP tlog-tiles: `checkpoint`, `tile/…`, `tile/entries/…`, and `vkey` beside them.
 * It holds what is signed, and only after the tiles have led to the root of the checkpoint is that written, last.
 *
 * @throws ReinError `record_damaged`; the system's errors
 */
export function exportTiles({ disk, dir, out, onProgress }: TileExportOptions): TileExport {
  const { own, text, verifier } = signedTree(disk, dir);
  const { size, root, origin } = own.checkpoint;
  let [files, bytes] = [0, 0];
  const made = new Set<string>();
  const put = (path: string, contents: Uint8Array): void => {
    const target = join(out, ...path.split("/"));
    if (!made.has(dirname(target))) disk.makeDir(dirname(target));
    made.add(dirname(target));
    putFile(disk, target, "nothing", (file) => {
      writeAll(file, contents);
    });
    files++;
    bytes += contents.length;
  };
  const writer = new TileWriter(put);
  for (const { first, next, isRemoved } of planSegments(disk, dir, new Findings(), new Findings())) {
    if (writer.size >= size || first !== writer.size) break;
    const end = Math.min(next, size);
    if (isRemoved) appendHashes(disk, dir, first, end, writer);
    else appendLines(disk, dir, first, end, writer);
    onProgress?.(writer.size, size);
  }
  const tree = writer.end();
  if (tree.size !== size || tree.root !== root) {
    throw new ReinError("record_damaged", "the records do not lead to the root of the newest checkpoint", {
      help: "run `rein audit verify` to see what is wrong; what was written to the target is of no use",
    });
  }
  put("vkey", Buffer.from(`${verifier.vkey}\n`));
  put("checkpoint", Buffer.from(text));
  return { origin, size, files, bytes };
}

function appendLines(disk: Disk, dir: string, first: number, end: number, writer: TileWriter): void {
  if (!listSegments(disk, dir).includes(first)) return;
  withFile(disk, segmentPath(dir, first), (file) => {
    const lines = new LineReader(file);
    while (writer.size < end) {
      const line = lines.next();
      if (line === undefined) return;
      writer.append(line);
    }
  });
}

function appendHashes(disk: Disk, dir: string, first: number, end: number, writer: TileWriter): void {
  const cache = HashCache.open(disk, dir, first);
  if (cache === undefined) return;
  try {
    while (writer.size < end) {
      const hash = cache.at(writer.size - first);
      if (hash === undefined) return;
      writer.appendHash(hash);
    }
  } finally {
    cache.close();
  }
}
