import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { replaceFile } from "../log/files.js";
import { isMissing, logPlaces, makeDirDurably } from "../log/layout.js";
import {
  cosignatureTime,
  formatNote,
  parseCheckpoint,
  parseNote,
  verifiedSignatures,
} from "../note/index.js";
import type { NoteVerifier, SignedNote } from "../note/index.js";

/** Where a log keeps its newest cosigned checkpoint. */
export function cosignedPath(dir: string): string {
  return join(logPlaces(dir).receipts, "cosigned");
}

/** The newest checkpoint that was cosigned, as it is in the log; null when there is none that can be read. */
export function readCosigned(disk: Disk, dir: string): SignedNote | null {
  let bytes: Uint8Array;
  try {
    bytes = disk.read(cosignedPath(dir));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    return parseNote(bytes);
  } catch {
    // The next one that is cosigned takes its place.
    return null;
  }
}

/**
 * Keeps a cosigned checkpoint in the log: all at once, and never one that says less. A larger one takes the place of a
 * smaller one unless only the smaller one has enough cosignatures; of one size, the cosignatures are put together.
 *
 * @param isEnough whether a note has the cosignatures that those who check ask for
 * @returns whether the file is now about this checkpoint
 * @throws ReinError `note_invalid`; the system's errors
 */
export function keepCosigned(
  disk: Disk,
  dir: string,
  noteText: string,
  isEnough: (note: SignedNote) => boolean,
): boolean {
  const note = parseNote(noteText);
  const { size } = parseCheckpoint(note.text);
  const kept = readCosigned(disk, dir);
  let next = noteText;
  if (kept !== null) {
    if (kept.text === note.text) next = merged(kept, note);
    else if (sizeOf(kept) > size || (isEnough(kept) && !isEnough(note))) return false;
  }
  makeDirDurably(disk, logPlaces(dir).receipts);
  replaceFile(disk, cosignedPath(dir), next, "new");
  return true;
}

/** Leaves of the kept checkpoint, by key of the witnesses that cosigned it: where they are asked to go on from. */
export function lastCosigned(
  disk: Disk,
  dir: string,
  witnesses: readonly NoteVerifier[],
): ReadonlyMap<string, number> {
  const kept = readCosigned(disk, dir);
  if (kept === null) return new Map();
  try {
    const { size } = parseCheckpoint(kept.text);
    return new Map(verifiedSignatures(kept, witnesses).map(({ verifier }) => [verifier.vkey, size]));
  } catch {
    return new Map();
  }
}

function merged(kept: SignedNote, note: SignedNote): string {
  const isNew = (name: string, keyId: number): boolean =>
    !note.signatures.some((each) => each.name === name && each.keyId === keyId);
  const others = kept.signatures.filter(
    ({ name, keyId, signature }) => isNew(name, keyId) && cosignatureTime(signature) !== undefined,
  );
  return formatNote(note.text, [...note.signatures, ...others]);
}

function sizeOf(note: SignedNote): number {
  try {
    return parseCheckpoint(note.text).size;
  } catch {
    return -1;
  }
}
