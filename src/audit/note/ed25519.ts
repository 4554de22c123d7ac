import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { keyInvalid } from "./failures.js";

export const SIGNATURE_BYTES = 64;

/**
 * Returns a function that verifies signatures of a raw 32-byte public key (RFC 8032).
 * @throws ReinError `key_invalid` when OpenSSL does not take the key
 */
export function ed25519Verify(publicKey: Uint8Array): (text: Uint8Array, signature: Uint8Array) => boolean {
  const key = publicKeyOf(publicKey);
  return (text, signature) => signature.length === SIGNATURE_BYTES && verify(null, text, key, signature);
}

/**
 * Returns the raw 32 bytes of a private key's public half.
 * @throws ReinError `key_invalid` when it is no private Ed25519 key
 */
export function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.type !== "private" || key.asymmetricKeyType !== "ed25519") {
    throw keyInvalid("notes are signed with a private Ed25519 key", {
      help: 'make one with `generateKeyPairSync("ed25519")` of `node:crypto`',
    });
  }
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return Uint8Array.from(Buffer.from(String(x), "base64url"));
}

function publicKeyOf(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString("base64url");
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch (cause) {
    throw keyInvalid("the public key is no Ed25519 key", { cause });
  }
}
