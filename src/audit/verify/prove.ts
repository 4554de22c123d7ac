import type { Disk } from "../../core/disk.js";
import { InvalidInputError, ReinError } from "../../core/errors.js";
import { LogTree } from "../anchor/log-tree.js";
import { withFile } from "../log/files.js";
import { listSegments, logPlaces, segmentPath } from "../log/layout.js";
import { LineReader } from "../log/lines.js";
import { formatTlogProof } from "../note/tlog-proof.js";
import { parseVkey } from "../note/index.js";
import type { NoteVerifier } from "../note/index.js";
import {
  consistencyProof,
  hashToBase64,
  inclusionProof,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from "../tree/index.js";
import { NOTE_BYTES_MAX, ownNote } from "./note-check.js";
import type { OwnNote } from "./note-check.js";
import { smallFile } from "./places.js";

/** That a record is in a log, for somebody who has neither the log nor trust in its keeper. */
export interface RecordProof {
  /** C2SP tlog-proof, with the signed checkpoint inside. */
  readonly text: string;
  readonly index: number;
  /** Leaves of the checkpoint. */
  readonly size: number;
  readonly hashes: number;
  /** The record itself, without its line end: what the proof is about. */
  readonly leaf: string;
}

/** That a log of some size is the beginning of the log of a larger one. Roots and hashes are base64. */
export interface GrowthProof {
  readonly origin: string;
  readonly from: { readonly size: number; readonly root: string };
  readonly to: { readonly size: number; readonly root: string };
  readonly hashes: readonly string[];
}

/**
 * Proves that a record is in the log, from the hashes that its writer noted: they are checked against the signed
 * checkpoint before they are used.
 *
 * @throws InvalidInputError for a record that is not signed; ReinError `record_damaged`, `note_invalid`
 */
export function proveRecord(disk: Disk, dir: string, index: number): RecordProof {
  const { own, tree, text } = signedTree(disk, dir);
  const { size, root } = own.checkpoint;
  if (index >= size) {
    throw new InvalidInputError(
      "index",
      `record ${index} is not signed yet: the newest checkpoint is of ${size} records`,
      {
        help: size === 0 ? "wait for the first checkpoint" : `records 0 to ${size - 1} can be proven`,
      },
    );
  }
  const leaf = lineOf(disk, dir, index);
  const hashes = inclusionProof(index, size, tree.nodeAt);
  // What is handed out is right, whatever the files of hashes say.
  if (!verifyInclusion(index, size, leafHash(leaf), hashes, root)) {
    throw new ReinError("record_damaged", `record ${index} is not the one that was signed`, {
      help: "run `rein audit verify`",
    });
  }
  return {
    text: formatTlogProof({ index, hashes, checkpoint: text }),
    index,
    size,
    hashes: hashes.length,
    leaf,
  };
}

/**
 * Proves that the log of `from` records is the beginning of the log of `to` records; of the newest checkpoint when
 * `to` is left out.
 *
 * @throws InvalidInputError for sizes that are not signed; ReinError `record_damaged`
 */
export function proveGrowth(disk: Disk, dir: string, from: number, to: number | undefined): GrowthProof {
  const { own, tree } = signedTree(disk, dir);
  const { origin, size } = own.checkpoint;
  const end = to ?? size;
  if (from < 1 || from > end || end > size) {
    throw new InvalidInputError("from", `there is no proof from ${from} to ${end} records`, {
      help: `sizes go from 1 to ${size}, the newest that is signed, and --from is not the larger one`,
    });
  }
  const hashes = consistencyProof(from, end, tree.nodeAt);
  const [before, after] = [tree.rootAt(from), tree.rootAt(end)];
  if (!verifyConsistency(from, end, before, after, hashes)) {
    throw new ReinError("record_damaged", "the proof that was made does not hold", {
      help: "run `rein audit verify`",
    });
  }
  return {
    origin,
    from: { size: from, root: hashToBase64(before) },
    to: { size: end, root: hashToBase64(after) },
    hashes: hashes.map(hashToBase64),
  };
}

/** The newest checkpoint, and the tree of its leaves. */
export function signedTree(
  disk: Disk,
  dir: string,
): { readonly own: OwnNote; readonly tree: LogTree; readonly text: string; readonly verifier: NoteVerifier } {
  const verifier = ownKey(disk, dir);
  const { text, problem } = smallFile(disk, logPlaces(dir).checkpoint, NOTE_BYTES_MAX);
  const own = text === undefined ? (problem ?? "is missing") : ownNote(text, verifier.name, verifier);
  if (text === undefined || typeof own === "string") {
    const why = typeof own === "string" ? own : "is missing";
    throw new ReinError("record_damaged", `\`${logPlaces(dir).checkpoint}\` ${why}`, {
      help: "run `rein audit verify` to see what is wrong",
    });
  }
  const tree = new LogTree(disk, dir);
  tree.extendTo(own.checkpoint.size, own.checkpoint.root);
  return { own, tree, text, verifier };
}

function ownKey(disk: Disk, dir: string): NoteVerifier {
  const { vkey } = logPlaces(dir);
  const { text, problem } = smallFile(disk, vkey, 8192);
  if (text === undefined) {
    throw new ReinError("key_missing", `\`${vkey}\` ${problem ?? "is missing"}`, {
      help: "put the log's verifier key there again: its first record has it as `vkey`",
    });
  }
  return parseVkey(text.trim());
}

/** The line of a record, without its end. */
export function lineOf(disk: Disk, dir: string, index: number): string {
  const first = listSegments(disk, dir).findLast((segment) => segment <= index);
  const line =
    first === undefined
      ? undefined
      : withFile(disk, segmentPath(dir, first), (file) => {
          const lines = new LineReader(file);
          for (let at = first; at < index; at++) if (lines.next() === undefined) return undefined;
          const found = lines.next();
          return found === undefined ? undefined : Buffer.from(found).toString();
        });
  if (line !== undefined) return line;
  throw new InvalidInputError("index", `record ${index} is not in the log any more, or not yet`, {
    help: "retention removes old records and keeps their hashes: give the line from an archive to `--check`",
  });
}
