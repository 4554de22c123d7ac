import type { Disk, ReadableFile } from "../../core/disk.js";
import { messageOf } from "../../core/errors.js";
import { logPlaces, notAFile } from "../log/layout.js";
import { parseCheckpoint, parseNote, verifiedBy } from "../note/index.js";
import type { Checkpoint, NoteVerifier, SignedNote } from "../note/index.js";
import type { Findings } from "./findings.js";
import { lastNotes, NoteStream } from "./note-stream.js";
import { codeOf, fileAt, smallFile } from "./places.js";
import type { Point, TreeCheck } from "./tree-check.js";
import type { Place } from "./verdict.js";

/** Bytes at the end of `checkpoints` in which the newest one is looked for before everything is read. */
const TAIL_BYTES = 1 << 18;
export const NOTE_BYTES_MAX = 1 << 20;

/** A checkpoint of the log, and that its key has signed it. */
export interface OwnNote {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** Reads a checkpoint that must be the log's own. Returns why it is not, as the end of a sentence. */
export function ownNote(
  bytes: Uint8Array | string,
  origin: string,
  verifier: NoteVerifier,
): OwnNote | string {
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== origin) return `is of another log, \`${checkpoint.origin.slice(0, 100)}\``;
    if (verifiedBy(note, [verifier]).length === 0) return "is not signed by the log's key";
    return { note, checkpoint };
  } catch (error) {
    return `is not a checkpoint that the log's key has signed: ${messageOf(error)}`;
  }
}

/** What a power failure leaves in a file that was appended to and not synced: sectors of zeros. */
const TORN_NOTE = Buffer.alloc(8);

/** The newest checkpoint that the log's key has signed, of those that are kept in the log; null when there is none. */
export function newestNote(
  disk: Disk,
  dir: string,
  origin: string,
  verifier: NoteVerifier,
  findings: Findings,
  warnings: Findings,
): { readonly newest: OwnNote | null; readonly point: Point | null } {
  const { checkpoint, checkpoints } = logPlaces(dir);
  let newest: OwnNote | null = null;
  const take = (bytes: Uint8Array | string): OwnNote | string => {
    const own = ownNote(bytes, origin, verifier);
    if (typeof own !== "string" && own.checkpoint.size >= (newest?.checkpoint.size ?? 0)) newest = own;
    return own;
  };
  try {
    if (notAFile(disk, checkpoints) === undefined)
      for (const { bytes } of lastNotes(disk, checkpoints, TAIL_BYTES)) take(bytes);
  } catch {
    // Whoever reads all of them says so.
  }
  const place = fileAt(dir, checkpoint);
  const { text, problem } = smallFile(disk, checkpoint, NOTE_BYTES_MAX);
  if (problem !== undefined) {
    findings.add("unsigned", `\`checkpoint\` ${problem}`, place);
    return { newest, point: null };
  }
  // It is replaced as a whole from the first one on, and written before the history: no crash takes it away.
  if (text === undefined && newest !== null) {
    findings.add("unsigned", "`checkpoint` is missing, and `checkpoints` has signed ones", place);
    return { newest, point: null };
  }
  if (text === undefined) {
    warnings.add("torn_notes", "`checkpoint` is missing", place);
    return { newest, point: null };
  }
  const own = take(text);
  if (typeof own === "string") {
    findings.add("signature_wrong", `\`checkpoint\` ${own}`, place);
    return { newest, point: null };
  }
  const { size, root } = own.checkpoint;
  return { newest, point: { size, root, what: "the newest checkpoint", isOwn: true, place } };
}

export interface NoteCheckOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly origin: string;
  readonly verifier: NoteVerifier;
  readonly tree: TreeCheck;
  readonly findings: Findings;
  readonly warnings: Findings;
  /** Checkpoints of fewer records are passed over. */
  readonly from: number;
  /** The process may have died while it made the log: no history need be there yet. */
  readonly isJustBegun?: boolean | undefined;
  /** Hears of each note that the log's key has signed. */
  readonly onNote: (note: SignedNote, size: number, place: Place) => void;
}

/** Checks every checkpoint that the log has ever published, while the tree grows past their sizes. */
export class NoteCheck {
  /** Notes that were signed by the log's key. */
  count = 0;
  /** The size of the next note; Infinity behind the last. */
  nextSize = Infinity;
  readonly #options: NoteCheckOptions;
  readonly #path: string;
  readonly #file: ReadableFile | undefined;
  #stream: NoteStream | undefined;
  #next: { readonly own: OwnNote; readonly place: Place } | undefined;
  #before: Checkpoint | undefined;

  constructor(options: NoteCheckOptions) {
    this.#options = options;
    const { disk, dir, findings } = options;
    this.#path = logPlaces(dir).checkpoints;
    const place = fileAt(dir, this.#path);
    try {
      const problem = notAFile(disk, this.#path);
      if (problem === undefined) {
        this.#file = disk.openToRead(this.#path);
        this.#stream = new NoteStream(this.#file);
      } else if (options.isJustBegun !== true)
        findings.add("unsigned", `\`checkpoints\`, the history of all checkpoints, ${problem}`, place);
    } catch (error) {
      findings.add("unsigned", `\`checkpoints\` cannot be read (${codeOf(error)})`, place);
    }
    this.#advance();
  }

  /** Checks the notes up to a size. */
  reach(size: number): void {
    while (this.#next !== undefined && this.nextSize <= size) {
      const { own, place } = this.#next;
      const { root } = own.checkpoint;
      const what = `the checkpoint of ${this.nextSize} records`;
      this.#options.tree.compare({ size: this.nextSize, root, what, isOwn: true, place });
      this.#options.onNote(own.note, this.nextSize, place);
      this.#advance();
    }
  }

  /** The log ends here: what is left are checkpoints of records that are not there. Returns the largest, if any. */
  end(): number | null {
    let largest: number | null = null;
    for (; this.#next !== undefined; this.#advance()) {
      largest = this.nextSize;
    }
    const rest = this.#stream?.rest ?? 0;
    if (rest > 0) {
      const place = fileAt(this.#options.dir, this.#path);
      this.#options.warnings.add(
        "torn_notes",
        `the last ${rest} bytes of \`checkpoints\` are no whole note`,
        place,
      );
    }
    return largest;
  }

  close(): void {
    this.#file?.close();
  }

  #advance(): void {
    const { dir, origin, verifier, findings, warnings, from } = this.#options;
    this.#next = undefined;
    this.nextSize = Infinity;
    for (let raw = this.#read(); raw !== undefined; raw = this.#read()) {
      const place = fileAt(dir, this.#path, raw.offset);
      if (from > 0 && sizeOf(raw.bytes) < from) continue;
      const own = ownNote(raw.bytes, origin, verifier);
      if (typeof own === "string" && raw.bytes.includes(TORN_NOTE)) {
        warnings.add(
          "torn_notes",
          `there are zeros in \`checkpoints\` near byte ${raw.offset}, as a power failure leaves them`,
          place,
        );
        continue;
      }
      if (typeof own === "string") {
        findings.add("signature_wrong", `a note in \`checkpoints\` at byte ${raw.offset} ${own}`, place);
        continue;
      }
      this.count++;
      const { size, root } = own.checkpoint;
      const before = this.#before;
      if (before !== undefined && size < before.size) {
        findings.add(
          "sizes_go_down",
          `a checkpoint of ${size} records comes after one of ${before.size}`,
          place,
        );
        continue;
      }
      if (before?.size === size && before.root !== root) {
        findings.add(
          "forked",
          `two checkpoints of ${size} records have different roots, and the log's key has signed both`,
          place,
        );
      }
      this.#before = own.checkpoint;
      this.#next = { own, place };
      this.nextSize = size;
      return;
    }
  }

  #read(): ReturnType<NoteStream["next"]> {
    try {
      return this.#stream?.next();
    } catch (error) {
      const place = fileAt(this.#options.dir, this.#path);
      this.#options.findings.add("unsigned", `\`checkpoints\` cannot be read (${codeOf(error)})`, place);
      this.#stream = undefined;
      return undefined;
    }
  }
}

/** Leaves that a note speaks of, unverified. */
function sizeOf(bytes: Buffer): number {
  return Number(bytes.toString("latin1").split("\n", 2)[1]);
}
