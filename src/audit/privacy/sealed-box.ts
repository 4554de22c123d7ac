import { createCipheriv, createDecipheriv, hash } from "node:crypto";
import { SALT_BYTES } from "./commitment.js";
import type { Salt } from "./commitment.js";

const CIPHER = "aes-256-gcm";
const KEY_ID_BYTES = 8;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_DOMAIN = Buffer.from("rein/key-id/v1");

/** A value and the salt of its commitment. */
export interface Opening {
  readonly salt: Salt;
  /** Canonical JSON. */
  readonly canonical: string;
}

/**
 * Seals salt and value under a subject's key (AES-256-GCM): base64url of the key's id, nonce, ciphertext and tag. The
 * commitment is bound to it, so that a box cannot be put in the place of another.
 *
 * @param nonce 12 random bytes as latin1; a key seals far fewer than 2^32 values
 */
export function sealBox(key: Uint8Array, nonce: string, commitment: string, opening: Opening): string {
  const iv = Buffer.from(nonce, "latin1");
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(commitment, "latin1"));
  const sealed = [
    cipher.update(opening.salt, "latin1"),
    cipher.update(opening.canonical, "utf8"),
    cipher.final(),
  ];
  return Buffer.concat([keyId(key), iv, ...sealed, cipher.getAuthTag()]).toString("base64url");
}

/**
 * Opens a box.
 *
 * @returns `other key`: it was sealed under a key that is not this one; undefined: it is not what was sealed
 */
export function openBox(key: Uint8Array, commitment: string, box: string): Opening | "other key" | undefined {
  const bytes = Buffer.from(box, "base64url");
  const from = KEY_ID_BYTES + NONCE_BYTES;
  if (bytes.length < from + SALT_BYTES + TAG_BYTES) return undefined;
  if (!bytes.subarray(0, KEY_ID_BYTES).equals(keyId(key))) return "other key";
  const end = bytes.length - TAG_BYTES;
  try {
    const iv = bytes.subarray(KEY_ID_BYTES, from);
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(commitment, "latin1"));
    decipher.setAuthTag(bytes.subarray(end));
    const plain = Buffer.concat([decipher.update(bytes.subarray(from, end)), decipher.final()]);
    return { salt: plain.toString("latin1", 0, SALT_BYTES), canonical: plain.toString("utf8", SALT_BYTES) };
  } catch {
    return undefined;
  }
}

/** Tells keys apart, and nothing about a key: it is random. */
function keyId(key: Uint8Array): Buffer {
  const text = hash("sha256", Buffer.concat([KEY_ID_DOMAIN, key]), "hex");
  return Buffer.from(text.slice(0, 2 * KEY_ID_BYTES), "hex");
}
