import { sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { cosignatureVerify } from "./cosignature.js";
import { ed25519Verify, rawPublicKey } from "./ed25519.js";
import { keyInvalid, shown } from "./failures.js";
import { COSIGNATURE_TYPE, ED25519_TYPE, formatVkey, isKeyName, keyIdOf, readVkey } from "./vkey.js";

export { isKeyName } from "./vkey.js";

/** Verifies signatures of one key. Name and key id together name the key in a note. */
export interface NoteVerifier {
  readonly name: string;
  /** Unsigned 32 bits. */
  readonly keyId: number;
  /** The key as text, see `parseVkey`. */
  readonly vkey: string;
  /** Signature type of C2SP signed-note: 0x01 Ed25519, 0x04 cosignature/v1. */
  readonly type: number;
  /** Tells whether a signature (without its key id) is right for a note's text. Never throws. */
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs notes with one key. */
export interface NoteSigner {
  readonly name: string;
  /** Unsigned 32 bits. */
  readonly keyId: number;
  /** The public half as text, see `parseVkey`. */
  readonly vkey: string;
  /** Returns the signature, without its key id, of a note's text. */
  sign(text: Uint8Array): Uint8Array;
}

/**
 * Reads a verifier key of C2SP signed-note, `name+hex key id+base64(type || public key)`, for Ed25519 (0x01) and
 * cosignature/v1 (0x04).
 * @throws ReinError `key_invalid`
 */
export function parseVkey(text: string): NoteVerifier {
  const { name, keyId, type, publicKey } = readVkey(text);
  const plain = ed25519Verify(publicKey);
  const verify = type === COSIGNATURE_TYPE ? cosignatureVerify(plain) : plain;
  return Object.freeze({ name, keyId, vkey: text, type, verify });
}

/**
 * Returns what signs notes with a private Ed25519 key (signature type 0x01).
 * @throws ReinError `key_invalid` when the name cannot name a key or the key is no private Ed25519 key
 */
export function ed25519Signer(name: string, key: KeyObject): NoteSigner {
  checkKeyName(name);
  const publicKey = rawPublicKey(key);
  return Object.freeze({
    name,
    keyId: keyIdOf(name, ED25519_TYPE, publicKey),
    vkey: formatVkey(name, ED25519_TYPE, publicKey),
    sign: (text: Uint8Array): Uint8Array => sign(null, text, key),
  });
}

function checkKeyName(name: string): void {
  if (isKeyName(name)) return;
  throw keyInvalid(`\`${shown(name)}\` cannot name a key`, {
    help: "a key's name is like an address without its scheme, such as `example.com/log`: no spaces, no `+`",
  });
}
