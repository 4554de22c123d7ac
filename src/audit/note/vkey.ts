import { sha256 } from "../tree/hash.js";
import { keyInvalid, shown } from "./failures.js";

/** Ed25519 over the note's text (C2SP signed-note). */
export const ED25519_TYPE = 0x01;
/** Ed25519 over a checkpoint and a time: a witness's cosignature/v1 (C2SP tlog-cosignature). */
export const COSIGNATURE_TYPE = 0x04;

const ED25519_BYTES = 32;

// Verifier keys are a line that people paste; a name is an address without its scheme.
const MAX_VKEY_CHARACTERS = 4096;
const VKEY = /^([^+]+)\+([0-9a-fA-F]{8})\+([A-Za-z0-9+/]+={0,2})$/;

/** What a verifier key says: `name+hex key id+base64(type || public key)`. */
export interface Vkey {
  readonly name: string;
  /** Unsigned 32 bits. */
  readonly keyId: number;
  /** `ED25519_TYPE` or `COSIGNATURE_TYPE`. */
  readonly type: number;
  /** The raw 32 bytes of an Ed25519 public key (RFC 8032). */
  readonly publicKey: Uint8Array;
}

/**
 * Tells whether a text can name a key: not empty, well-formed, without Unicode spaces, control characters or `+`
 * (C2SP signed-note).
 */
export function isKeyName(name: string): boolean {
  return name !== "" && !/[\p{White_Space}\p{Cs}\0-\x1f+]/u.test(name);
}

/** Returns the key id: the first four bytes of SHA-256(name || "\n" || type || public key), big-endian. */
export function keyIdOf(name: string, type: number, publicKey: Uint8Array): number {
  const digest = sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]));
  return Buffer.from(digest, "latin1").readUInt32BE(0);
}

/** Returns the verifier key of a name and a public key. */
export function formatVkey(name: string, type: number, publicKey: Uint8Array): string {
  const id = keyIdOf(name, type, publicKey).toString(16).padStart(8, "0");
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), publicKey]).toString("base64")}`;
}

/**
 * Reads a verifier key, on one line without anything around it.
 * @throws ReinError `key_invalid`
 */
export function readVkey(text: string): Vkey {
  const match = text.length <= MAX_VKEY_CHARACTERS ? VKEY.exec(text) : null;
  const [, name, id, base64] = match ?? [];
  if (name === undefined || id === undefined || base64 === undefined || !isKeyName(name)) {
    throw keyInvalid(`\`${shown(text)}\` is no verifier key`, {
      help: "a verifier key is one line: name, `+`, eight hex digits, `+`, base64; the name has no spaces and no `+`",
    });
  }
  const bytes = Buffer.from(base64, "base64");
  const type = bytes[0];
  if (type === undefined || bytes.toString("base64") !== base64) {
    throw keyInvalid(`the base64 of the verifier key of \`${shown(name)}\` is malformed`, {
      help: "copy the whole line again from where the key was published",
    });
  }
  const publicKey = Uint8Array.from(bytes.subarray(1));
  if (type !== ED25519_TYPE && type !== COSIGNATURE_TYPE) {
    throw keyInvalid(
      `the verifier key of \`${shown(name)}\` has signature type 0x${type.toString(16).padStart(2, "0")}`,
      { help: "Ed25519 (0x01) and cosignature/v1 (0x04) can be verified" },
    );
  }
  if (publicKey.length !== ED25519_BYTES) {
    throw keyInvalid(
      `the verifier key of \`${shown(name)}\` has ${publicKey.length} bytes and not ${ED25519_BYTES}`,
      { help: "copy the whole line again from where the key was published" },
    );
  }
  const keyId = keyIdOf(name, type, publicKey);
  if (keyId !== Number.parseInt(id, 16)) {
    throw keyInvalid(`the verifier key of \`${shown(name)}\` does not hash to its id \`${id}\``, {
      help: "a character of the name or the key was changed: copy the line again from where the key was published",
    });
  }
  return { name, keyId, type, publicKey };
}
