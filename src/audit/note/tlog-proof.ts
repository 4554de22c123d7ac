import { hashFromBase64, hashToBase64, isHash, leafHash } from "../tree/hash.js";
import type { Hash } from "../tree/hash.js";
import { verifyInclusion } from "../tree/proof.js";
import { parseCheckpoint } from "./checkpoint.js";
import type { Checkpoint } from "./checkpoint.js";
import { noteInvalid, shown } from "./failures.js";
import type { NoteVerifier } from "./keys.js";
import { MAX_NOTE_BYTES, parseNote, verifiedBy } from "./note.js";
import type { TlogPolicy } from "./tlog-policy.js";
import { ED25519_TYPE } from "./vkey.js";
import { evaluateTlogPolicy } from "./trust.js";
import type { TrustVerdict } from "./trust.js";

/** That a leaf is in a log, with all that is needed to verify it offline but the leaf and the keys (C2SP tlog-proof). */
export interface TlogProof {
  /** Index of the leaf. */
  readonly index: number;
  /** Inclusion proof in the tree of the checkpoint, the leaf's neighbour first. */
  readonly hashes: readonly Hash[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
  /** Whatever the proof's maker added. Nothing vouches for it. */
  readonly extra?: Uint8Array;
}

export const MAX_PROOF_BYTES = 2 * MAX_NOTE_BYTES;

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_HASHES = 63;
const HELP = `a proof is \`${HEADER}\`, \`index N\`, hashes in base64, an empty line and a signed checkpoint`;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Returns a proof as text; files of it are called `.tlog-proof`.
 * @throws ReinError `note_invalid` when `parseTlogProof` would not read it
 */
export function formatTlogProof(proof: TlogProof): string {
  const { index, hashes, checkpoint, extra } = proof;
  if (!hashes.every(isHash)) throw noteInvalid("the hashes of a proof have 32 bytes each");
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${Buffer.from(extra).toString("base64")}`]),
    `index ${index}`,
    ...hashes.map(hashToBase64),
    "",
    checkpoint,
  ];
  const text = lines.join("\n");
  parseTlogProof(text);
  return text;
}

/**
 * Reads a proof; its checkpoint is a well-formed one, but nothing is verified.
 * @throws ReinError `note_invalid`
 */
export function parseTlogProof(bytes: Uint8Array | string): TlogProof {
  const text = textOf(bytes);
  const split = text.indexOf("\n\n");
  if (split < 0) throw noteInvalid("the proof has no empty line before its checkpoint", { help: HELP });
  const [header, ...lines] = text.slice(0, split).split("\n");
  if (header !== HEADER) {
    throw noteInvalid(`the proof begins with \`${shown(header ?? "")}\``, { help: HELP });
  }
  const extra = lines[0]?.startsWith("extra ") ? extraOf(lines.shift() ?? "") : undefined;
  const index = indexOf(lines.shift() ?? "");
  if (lines.length > MAX_HASHES) {
    throw noteInvalid(`the proof has more than ${MAX_HASHES} hashes`, { help: HELP });
  }
  const hashes = lines.map((line) => {
    const hash = hashFromBase64(line);
    if (hash === undefined) throw noteInvalid(`\`${shown(line)}\` is no base64 of 32 bytes`, { help: HELP });
    return hash;
  });
  const checkpoint = text.slice(split + 2);
  parseCheckpoint(parseNote(checkpoint).text);
  return { index, hashes, checkpoint, ...(extra !== undefined && { extra }) };
}

/** What a verified proof says. */
export interface VerifiedProof {
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** What the policy says of the checkpoint; undefined when only verifiers were given. */
  readonly trust: TrustVerdict | undefined;
}

/**
 * Verifies that a leaf is in the log that a proof names: the checkpoint is signed by a log of the policy and cosigned
 * by its quorum, and the leaf is in its tree. Given verifiers instead, one that is named as the checkpoint's origin
 * must have signed it, and witnesses are not asked for.
 * @param leaf the leaf itself, not its hash
 * @throws ReinError `note_invalid` when any of it does not hold
 */
export function verifyTlogProof(
  proof: TlogProof,
  leaf: string | Uint8Array,
  trust: TlogPolicy | readonly NoteVerifier[],
): VerifiedProof {
  const note = parseNote(proof.checkpoint);
  const checkpoint = parseCheckpoint(note.text);
  const { origin, size, root } = checkpoint;
  const verdict = isVerifiers(trust) ? undefined : evaluateTlogPolicy(trust, note);
  const signed = isVerifiers(trust)
    ? verifiedBy(note, trust).some(({ name, type }) => name === origin && type === ED25519_TYPE)
    : verdict?.log !== undefined;
  if (!signed) {
    throw noteInvalid(`no trusted key signed the checkpoint of \`${shown(origin)}\``, {
      help: "get the log's verifier key from a source other than the proof, and name it as trusted",
    });
  }
  if (verdict?.quorum === "missed") {
    throw noteInvalid(`too few witnesses cosigned the checkpoint of \`${shown(origin)}\``, {
      help: "ask for a proof with a checkpoint that the policy's quorum cosigned",
    });
  }
  if (!verifyInclusion(proof.index, size, leafHash(leaf), proof.hashes, root)) {
    throw noteInvalid(`this is not leaf ${proof.index} of \`${shown(origin)}\` at ${size} leaves`, {
      help: "the leaf must be given byte for byte, without a newline at its end; else the proof is of another one",
    });
  }
  return { index: proof.index, checkpoint, trust: verdict };
}

function isVerifiers(trust: TlogPolicy | readonly NoteVerifier[]): trust is readonly NoteVerifier[] {
  return Array.isArray(trust);
}

function indexOf(line: string): number {
  const digits = /^index (0|[1-9][0-9]{0,15})$/.exec(line)?.[1];
  const index = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(index)) {
    throw noteInvalid(`\`${shown(line)}\` is no line \`index N\``, { help: HELP });
  }
  return index;
}

function extraOf(line: string): Uint8Array {
  const base64 = line.slice("extra ".length);
  const bytes = Buffer.from(base64, "base64");
  if (base64 === "" || bytes.toString("base64") !== base64) {
    throw noteInvalid("the base64 of the proof's extra data is malformed", { help: HELP });
  }
  return Uint8Array.from(bytes);
}

function textOf(bytes: Uint8Array | string): string {
  const size = typeof bytes === "string" ? bytes.length : bytes.byteLength;
  if (size > MAX_PROOF_BYTES) {
    throw noteInvalid(`the proof has ${size} bytes; the most is ${MAX_PROOF_BYTES}`, { help: HELP });
  }
  if (typeof bytes === "string") return bytes;
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw noteInvalid("the proof is not UTF-8", { help: HELP, cause });
  }
}
