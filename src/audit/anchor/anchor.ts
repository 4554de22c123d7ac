import { parseCheckpoint, parseNote, verifiedBy } from "../note/index.js";
import type { Checkpoint, NoteVerifier } from "../note/index.js";
import { messageOf } from "../../core/errors.js";
import type { Hash } from "../tree/index.js";

export type AnchorKind = "file" | "git" | "syslog" | "webhook" | "tsa";

/** A checkpoint of a log, signed by its key. */
export interface SignedHead extends Checkpoint {
  /** The whole note. */
  readonly noteText: string;
}

/** What the log is now: roots of every size up to its own. */
export interface LogView {
  readonly size: number;
  rootAt(size: number): Hash;
}

export interface PublishContext {
  /** Keys of the log. */
  readonly verifiers: readonly NoteVerifier[];
  readonly log: LogView;
  /** Wall time in ms. */
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A place outside of the log where its heads are put, so that whoever cuts, forks or replaces the log has to change
 * that place, too.
 */
export interface Anchor {
  readonly kind: AnchorKind;
  /** For people and receipts; without passwords. */
  readonly where: string;
  /** The place itself knows what it has: it is asked each time, and not the receipts. */
  readonly isList: boolean;
  /** @throws ReinError `anchor_failed` */
  publish(head: SignedHead, context: PublishContext): Promise<Published | Contradiction>;
}

/** A head is at its place. */
export interface Published {
  /** False: it was there before. */
  readonly isNew: boolean;
  /** What the place answered, or how to find the head there. */
  readonly detail: Readonly<Record<string, string | number>>;
  /** What proves it, such as the answer of a time-stamping authority. */
  readonly data?: Uint8Array;
}

/** The place holds a head, signed by the log's key, that the log does not lead to. */
export interface Contradiction {
  /** `ahead`: it has more leaves than the log, which was cut or set back. `fork`: its root is another. */
  readonly contradiction: "ahead" | "fork";
  readonly size: number;
  readonly message: string;
  /** The note that proves it. */
  readonly noteText: string;
}

/** Reads a note as a head of a log. @returns why it is none, as the end of a sentence */
export function readHead(
  noteText: string,
  origin: string,
  verifiers: readonly NoteVerifier[],
): SignedHead | string {
  try {
    const note = parseNote(noteText);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== origin) return `is of the log \`${checkpoint.origin.slice(0, 100)}\``;
    const ours = verifiers.filter(({ name }) => name === origin);
    if (verifiedBy(note, ours).length === 0) return "is not signed by the key of the log";
    return { ...checkpoint, noteText };
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}

/** Whether the log leads to a head that somebody holds; undefined when it does. */
export function contradictionOf(head: SignedHead, log: LogView, where: string): Contradiction | undefined {
  const { size, root, noteText } = head;
  if (size > log.size) {
    const message = `${where} has a head of ${size} leaves, and the log has ${log.size}: it was cut or set back`;
    return { contradiction: "ahead", size, message, noteText };
  }
  if (log.rootAt(size) !== root) {
    const message = `${where} has another tree of ${size} leaves than the log: it was forked or rewritten`;
    return { contradiction: "fork", size, message, noteText };
  }
  return undefined;
}
