import type { Disk, ReadableFile } from "../../core/disk.js";
import { splitNotes } from "../log/notes.js";
import { MAX_NOTE_BYTES } from "../note/index.js";

const PIECE = 1 << 16;
/** How signature lines begin, as bytes that were read as Latin-1. */
const SIGNATURE = Buffer.from("— ").toString("latin1");

/** A note as it stands in a file of many. */
export interface RawNote {
  readonly bytes: Buffer;
  readonly offset: number;
}

/** Reads a file of notes, one after the other, a piece at a time. */
export class NoteStream {
  /** Bytes behind the last whole note; known when everything was read. */
  rest = 0;
  readonly #file: ReadableFile;
  readonly #limit: number;
  readonly #piece = Buffer.alloc(PIECE);
  #text = "";
  /** Place in the file of the text's first byte; of the end of what was read. */
  #base: number;
  #read: number;
  #notes: string[] = [];
  #next = 0;

  constructor(file: ReadableFile, from = 0) {
    this.#file = file;
    this.#limit = file.bytes;
    this.#base = this.#read = from;
  }

  /** The next note; undefined at the end. @throws the system's error */
  next(): RawNote | undefined {
    while (this.#next >= this.#notes.length) if (!this.#more()) return undefined;
    const text = this.#notes[this.#next++]!;
    const note = { bytes: Buffer.from(text, "latin1"), offset: this.#base };
    this.#base += text.length;
    return note;
  }

  #more(): boolean {
    const room = Math.min(PIECE, this.#limit - this.#read);
    // A note without end is none.
    const read =
      room > 0 && this.#text.length <= MAX_NOTE_BYTES
        ? this.#file.read(this.#piece.subarray(0, room), this.#read)
        : 0;
    this.#read += read;
    const isEnd = read === 0;
    this.#text += this.#piece.toString("latin1", 0, read);
    const { notes, rest } = splitNotes(this.#text, SIGNATURE);
    // Another signature of the last one may come with the next piece.
    if (!isEnd && rest === 0) notes.pop();
    const used = notes.reduce((sum, note) => sum + note.length, 0);
    this.#text = this.#text.slice(used);
    this.#notes = notes;
    this.#next = 0;
    if (isEnd) this.rest = this.#limit - this.#read + this.#text.length;
    return !isEnd || notes.length > 0;
  }
}

/** The last bytes of a file of notes, in which its newest ones are. */
export function lastNotes(disk: Disk, path: string, bytes: number): RawNote[] {
  const file = disk.openToRead(path);
  try {
    const stream = new NoteStream(file, Math.max(0, file.bytes - bytes));
    const notes: RawNote[] = [];
    for (let note = stream.next(); note !== undefined; note = stream.next()) notes.push(note);
    return notes;
  } finally {
    file.close();
  }
}
