import { noteInvalid, shown } from "./failures.js";
import type { NoteSigner, NoteVerifier } from "./keys.js";
import { isKeyName } from "./vkey.js";

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  /** Unsigned 32 bits. */
  readonly keyId: number;
  /** What follows the key id. */
  readonly signature: Uint8Array;
}

/** A text and what was signed on it; nothing about it is verified. */
export interface SignedNote {
  /** Ends with a newline. */
  readonly text: string;
  /** In the order of the lines. */
  readonly signatures: readonly NoteSignature[];
}

/** Bounds of a note, as in Go's sumdb: what is larger is no note. */
export const MAX_NOTE_BYTES = 1 << 20;
export const MAX_NOTE_SIGNATURES = 100;

const SIGNATURE_LINE = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;
const KEY_ID_BYTES = 4;
const HELP = "a signed note is a text, an empty line, and lines `— name base64`; copy the whole file again";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a signed note (C2SP signed-note): UTF-8 without control characters but newline, the text up to the last empty
 * line, then 1 to 100 lines `— name base64(key id || signature)`.
 * @throws ReinError `note_invalid`
 */
export function parseNote(bytes: Uint8Array | string): SignedNote {
  const whole = textOf(bytes);
  const split = whole.lastIndexOf("\n\n");
  if (split < 0) throw noteInvalid("the note has no empty line before its signatures", { help: HELP });
  return { text: whole.slice(0, split + 1), signatures: readLines(whole.slice(split + 2)) };
}

/**
 * Reads signature lines alone, as a witness returns them (C2SP tlog-witness).
 * @throws ReinError `note_invalid`
 */
export function parseSignatureLines(bytes: Uint8Array | string): readonly NoteSignature[] {
  return readLines(textOf(bytes));
}

/**
 * Returns a note as text, its signatures in the order that they have here.
 * @throws ReinError `note_invalid` when `parseNote` would not read it
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  if (!text.endsWith("\n")) throw noteInvalid("the text of a note ends with a newline");
  const note = `${text}\n${formatSignatureLines(signatures)}`;
  parseNote(note);
  return note;
}

/**
 * Returns signatures as the lines that they are in a note.
 * @throws ReinError `note_invalid` when a name cannot name a key
 */
export function formatSignatureLines(signatures: readonly NoteSignature[]): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    if (!isKeyName(name)) throw noteInvalid(`\`${shown(name)}\` cannot name a key`);
    const bytes = Buffer.alloc(KEY_ID_BYTES + signature.length);
    bytes.writeUInt32BE(keyId);
    bytes.set(signature, KEY_ID_BYTES);
    return `— ${name} ${bytes.toString("base64")}\n`;
  });
  return lines.join("");
}

/**
 * Signs a text.
 * @throws ReinError `note_invalid` when the text is none that a note can have
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const bytes = Buffer.from(textOf(text));
  return formatNote(
    text,
    signers.map((signer) => ({
      name: signer.name,
      keyId: signer.keyId,
      signature: signer.sign(bytes),
    })),
  );
}

/** A signature that was verified. */
export interface VerifiedSignature {
  readonly verifier: NoteVerifier;
  readonly signature: Uint8Array;
}

/**
 * Returns which of the verifiers signed a note, in the order of its lines and each once. Signatures of unknown keys are
 * ignored, also when they share a name or an id with a known one.
 * @throws ReinError `note_invalid` when a known key's signature is wrong
 */
export function verifiedBy(note: SignedNote, verifiers: readonly NoteVerifier[]): readonly NoteVerifier[] {
  return [...new Set(verifiedSignatures(note, verifiers).map(({ verifier }) => verifier))];
}

/**
 * Returns the signatures of a note that known keys made, in the order of its lines.
 * @throws ReinError `note_invalid` when a known key's signature is wrong
 */
export function verifiedSignatures(
  note: SignedNote,
  verifiers: readonly NoteVerifier[],
): readonly VerifiedSignature[] {
  const known = knownKeys(verifiers);
  const text = Buffer.from(note.text);
  return note.signatures.flatMap((line) => {
    const verifier = known.get(keyOf(line));
    if (verifier === undefined) return [];
    if (!verifier.verify(text, line.signature)) {
      throw noteInvalid(`the signature of \`${shown(line.name)}\` is wrong`, {
        help: "the text was changed after it was signed, or somebody without the private key signed it: do not trust it",
      });
    }
    return [{ verifier, signature: line.signature }];
  });
}

function knownKeys(verifiers: readonly NoteVerifier[]): ReadonlyMap<string, NoteVerifier> {
  const known = new Map<string, NoteVerifier>();
  for (const verifier of verifiers) {
    const same = known.get(keyOf(verifier));
    // Key ids are short: somebody who can choose a key can make one with the id of another.
    if (same !== undefined && same.vkey !== verifier.vkey) {
      throw noteInvalid(`two trusted keys have the name \`${shown(verifier.name)}\` and the same id`, {
        help: "one of them was made to be taken for the other: find out which, and do not trust it",
      });
    }
    if (same === undefined) known.set(keyOf(verifier), verifier);
  }
  return known;
}

function keyOf({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  return `${name}+${keyId}`;
}

function readLines(block: string): NoteSignature[] {
  const lines = block.split("\n", MAX_NOTE_SIGNATURES + 2);
  if (lines.length > MAX_NOTE_SIGNATURES + 1) {
    throw noteInvalid(`the note has more than ${MAX_NOTE_SIGNATURES} signatures`, { help: HELP });
  }
  if (lines.pop() !== "" || lines.length === 0) {
    throw noteInvalid("the note does not end with a whole signature line", { help: HELP });
  }
  return lines.map(readSignature);
}

function readSignature(line: string): NoteSignature {
  const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || base64 === undefined || !isKeyName(name)) {
    throw noteInvalid(`\`${shown(line)}\` is no signature line`, { help: HELP });
  }
  const bytes = Buffer.from(base64, "base64");
  // The last character has spare bits: only one way to write a signature counts, so that a line cannot be altered.
  if (bytes.length <= KEY_ID_BYTES || bytes.toString("base64") !== base64) {
    throw noteInvalid(`the base64 of the signature of \`${shown(name)}\` is malformed`, { help: HELP });
  }
  return { name, keyId: bytes.readUInt32BE(0), signature: Uint8Array.from(bytes.subarray(KEY_ID_BYTES)) };
}

/** The characters of a note; ones that would hide or alter what is signed are refused. */
function textOf(bytes: Uint8Array | string): string {
  const size = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
  if (size > MAX_NOTE_BYTES) {
    throw noteInvalid(`the note has ${size} bytes; the most is ${MAX_NOTE_BYTES}`, { help: HELP });
  }
  const text = typeof bytes === "string" ? bytes : decoded(bytes);
  if (/[\0-\x09\x0b-\x1f]|\p{Cs}/u.test(text)) {
    throw noteInvalid("the note has control characters or unpaired surrogates", { help: HELP });
  }
  return text;
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw noteInvalid("the note is not UTF-8", { help: HELP, cause });
  }
}
