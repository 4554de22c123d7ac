import { sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { rawPublicKey, SIGNATURE_BYTES } from "./ed25519.js";
import { keyInvalid, shown } from "./failures.js";
import type { NoteSigner } from "./keys.js";
import { COSIGNATURE_TYPE, formatVkey, isKeyName, keyIdOf } from "./vkey.js";

// A cosignature is its time (8 bytes, big-endian, seconds since 1970) and an Ed25519 signature (C2SP tlog-cosignature).
const TIME_BYTES = 8;

/**
 * Returns what cosigns checkpoints as a witness does (cosignature/v1, signature type 0x04).
 * @param now seconds since 1970; a fraction is cut off
 * @throws ReinError `key_invalid` when the name cannot name a key or the key is no private Ed25519 key
 */
export function cosignatureSigner(name: string, key: KeyObject, now: () => number): NoteSigner {
  if (!isKeyName(name)) throw keyInvalid(`\`${shown(name)}\` cannot name a key`);
  const publicKey = rawPublicKey(key);
  return Object.freeze({
    name,
    keyId: keyIdOf(name, COSIGNATURE_TYPE, publicKey),
    vkey: formatVkey(name, COSIGNATURE_TYPE, publicKey),
    sign: (text: Uint8Array): Uint8Array => {
      const time = Math.max(0, Math.floor(now()));
      const signature = new Uint8Array(TIME_BYTES + SIGNATURE_BYTES);
      new DataView(signature.buffer).setBigUint64(0, BigInt(time));
      signature.set(sign(null, cosignedMessage(time, text), key), TIME_BYTES);
      return signature;
    },
  });
}

/** Returns the time of a cosignature in seconds since 1970; undefined when it is none. Says nothing on whether it is right. */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0);
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

/** Makes a verifier of cosignatures out of one that verifies plain Ed25519 signatures. */
export function cosignatureVerify(
  plain: (message: Uint8Array, signature: Uint8Array) => boolean,
): (text: Uint8Array, signature: Uint8Array) => boolean {
  return (text, signature) => {
    const time = cosignatureTime(signature);
    return time !== undefined && plain(cosignedMessage(time, text), signature.subarray(TIME_BYTES));
  };
}

function cosignedMessage(time: number, text: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), text]);
}
