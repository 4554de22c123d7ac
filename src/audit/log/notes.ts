import { join } from "node:path";
import type { AppendableFile, Disk } from "../../core/disk.js";
import { parseCheckpoint, parseNote, verifiedBy } from "../note/index.js";
import type { Checkpoint, NoteVerifier, SignedNote } from "../note/index.js";
import { copyBytes, freeName, putFile, readRange, replaceFile, withFile, writeAll } from "./files.js";
import { damaged, logPlaces, makeDirDurably, notAFile } from "./layout.js";

/** Bytes at the end of `checkpoints` in which its newest notes are looked for. */
const TAIL_BYTES = 1 << 16;
/** How signature lines begin, and their bytes as Latin-1. */
const SIGNATURE = "— ";
const SIGNATURE_BYTES = Buffer.from(SIGNATURE).toString("latin1");

/** A checkpoint as it was signed. */
export interface KeptNote {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** Takes notes apart that stand one after the other. `rest`: characters behind the last whole one. */
export function splitNotes(
  text: string,
  signature = SIGNATURE,
): { readonly notes: string[]; readonly rest: number } {
  const notes: string[] = [];
  let start = 0;
  for (;;) {
    const blank = text.indexOf(`\n\n${signature}`, start);
    if (blank < 0) return { notes, rest: text.length - start };
    let end = blank + 2;
    while (text.startsWith(signature, end)) {
      const line = text.indexOf("\n", end);
      if (line < 0) return { notes, rest: text.length - start };
      end = line + 1;
    }
    notes.push(text.slice(start, end));
    start = end;
  }
}

/**
 * The newest checkpoints that the log's own files have, oldest first: what is not whole or not signed by its key is
 * passed over. @throws ReinError `record_failed`
 */
export function newestNotes(disk: Disk, dir: string, verifier: NoteVerifier): KeptNote[] {
  const { checkpoint, checkpoints } = logPlaces(dir);
  const found: KeptNote[] = [];
  for (const path of [checkpoints, checkpoint]) {
    if (notAFile(disk, path) !== undefined) continue;
    const text = withFile(disk, path, (file) =>
      Buffer.from(readRange(file, Math.max(0, file.bytes - TAIL_BYTES), TAIL_BYTES)).toString(),
    );
    for (const note of splitNotes(text).notes) {
      const kept = read(note, verifier);
      if (kept !== undefined) found.push(kept);
    }
  }
  return found.sort((a, b) => a.checkpoint.size - b.checkpoint.size);
}

/** Publishes checkpoints: the newest in a file of its own, and all of them one after the other in another. */
export class NoteFile {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #file: AppendableFile;
  #bytes: number;

  /**
   * Cuts off what a crash left behind the last sound note, and puts it into the quarantine.
   *
   * @throws ReinError `record_damaged` when a seal stands behind what is not sound: that is no crash; the system's error
   */
  constructor(disk: Disk, dir: string, verifier: NoteVerifier) {
    this.#disk = disk;
    this.#dir = dir;
    this.#file = disk.openToAppend(logPlaces(dir).checkpoints);
    try {
      this.#bytes = soundBytes(disk, dir, verifier);
      if (this.#bytes < this.#file.bytes) {
        this.#setAside();
        this.#file.truncate(this.#bytes);
      }
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** @param isLasting waits until it would survive a power failure. @throws the system's error; the same may be tried again */
  publish(note: string, isLasting: boolean): void {
    const bytes = new TextEncoder().encode(note);
    // This one first: where there is a history there is a newest one, whatever ends the process.
    replaceFile(this.#disk, logPlaces(this.#dir).checkpoint, bytes, isLasting ? "new" : "whole");
    // What a failed try left must not stand before it.
    if (this.#file.bytes !== this.#bytes) this.#file.truncate(this.#bytes);
    writeAll(this.#file, bytes);
    if (isLasting) this.#file.syncNow();
    this.#bytes += bytes.length;
  }

  close(): void {
    this.#file.close();
  }

  #setAside(): void {
    const { checkpoints, quarantine } = logPlaces(this.#dir);
    makeDirDurably(this.#disk, quarantine);
    const name = freeName(this.#disk, quarantine, "checkpoints");
    putFile(this.#disk, join(quarantine, name), "new", (copy) => {
      withFile(this.#disk, checkpoints, (file) => {
        copyBytes(file, copy, this.#bytes, file.bytes);
      });
    });
  }
}

/** Bytes of `checkpoints` before the first note that is not whole or not signed, as far as its end is looked at. */
function soundBytes(disk: Disk, dir: string, verifier: NoteVerifier): number {
  const { checkpoints } = logPlaces(dir);
  return withFile(disk, checkpoints, (file) => {
    const from = Math.max(0, file.bytes - TAIL_BYTES);
    const { notes, rest } = splitNotes(
      Buffer.from(readRange(file, from, TAIL_BYTES)).toString("latin1"),
      SIGNATURE_BYTES,
    );
    let at = from;
    let bad: number | undefined;
    for (const [i, note] of notes.entries()) {
      const parsed = read(Buffer.from(note, "latin1"), verifier);
      // The first may have begun before what is looked at.
      if (parsed === undefined && (i > 0 || from === 0)) bad ??= at;
      if (parsed !== undefined && parsed.note.signatures.length > 1 && bad !== undefined)
        throw damaged(checkpoints, `is damaged at byte ${bad}, before the seal of an epoch`);
      at += note.length;
    }
    return bad ?? file.bytes - rest;
  });
}

function read(bytes: Uint8Array | string, verifier: NoteVerifier): KeptNote | undefined {
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    return verifiedBy(note, [verifier]).length > 0 ? { note, checkpoint } : undefined;
  } catch {
    // The verifier tells of it; for going on it is as if it were not there.
    return undefined;
  }
}
