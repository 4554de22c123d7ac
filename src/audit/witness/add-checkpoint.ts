import { ReinError } from "../../core/errors.js";
import { parseCheckpoint, parseNote } from "../note/index.js";
import type { Checkpoint, SignedNote } from "../note/index.js";
import { hashFromBase64, hashToBase64 } from "../tree/index.js";
import type { Hash } from "../tree/index.js";

/** What a log sends to a witness: its newest checkpoint, and that it continues the one that the witness knows. */
export interface AddCheckpoint {
  /** Leaves of the checkpoint that the witness cosigned last; 0 for none. */
  readonly oldSize: number;
  /** Consistency proof (RFC 6962, section 2.1.2) from the old size to the new one; empty from 0. */
  readonly proof: readonly Hash[];
  /** The signed checkpoint as it is. */
  readonly noteText: string;
}

/** The same, taken apart. */
export interface AddCheckpointRequest extends AddCheckpoint {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

/** Proof lines that a request may have (C2SP tlog-witness). */
const MAX_PROOF_LINES = 63;
const OLD_SIZE = /^old (0|[1-9][0-9]{0,15})$/;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the body of a request to `add-checkpoint` (C2SP tlog-witness). */
export function formatAddCheckpoint({ oldSize, proof, noteText }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hashToBase64(hash)}\n`).join("")}\n${noteText}`;
}

/**
 * Reads such a body strictly; nothing about it is verified.
 *
 * @throws ReinError `note_invalid`
 */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpointRequest {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw malformed("the request is not UTF-8", cause);
  }
  const blank = text.indexOf("\n\n");
  if (blank < 0) throw malformed("the request has no empty line before the checkpoint");
  const [first = "", ...lines] = text.slice(0, blank).split("\n");
  const oldSize = Number(OLD_SIZE.exec(first)?.[1] ?? NaN);
  if (!Number.isSafeInteger(oldSize)) throw malformed("the request does not begin with `old` and a size");
  if (lines.length > MAX_PROOF_LINES) {
    throw malformed(`the request has more than ${MAX_PROOF_LINES} lines of proof`);
  }
  const proof = lines.map((line) => {
    const hash = hashFromBase64(line);
    if (hash === undefined) throw malformed("a line of the proof is no base64 of 32 bytes");
    return hash;
  });
  const noteText = text.slice(blank + 2);
  const note = parseNote(noteText);
  return { oldSize, proof, noteText, note, checkpoint: parseCheckpoint(note.text) };
}

function malformed(message: string, cause?: unknown): ReinError {
  return new ReinError("note_invalid", message, {
    help: "see c2sp.org/tlog-witness: `old N`, lines of proof, an empty line, the signed checkpoint",
    cause,
  });
}
