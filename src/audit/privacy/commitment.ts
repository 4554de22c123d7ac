import { hash, randomFillSync } from "node:crypto";

/** What is hashed before salt and value, so that no hash of another kind can be taken for a commitment. */
const DOMAIN = "rein/commit/v1";
/** 128 bits: guessing a salt is as hard as guessing a key, so that a commitment tells nothing of a guessable value. */
export const SALT_BYTES = 16;
const PREFIX_BYTES = DOMAIN.length + SALT_BYTES;
/** Asking the system for salts one by one costs hundreds of times more than taking them out of a pool. */
const POOL_BYTES = 16_384;
const BUFFER_BYTES = 65_536;

/** What stands in a leaf for a value that is kept apart: base64url of SHA-256("rein/commit/v1" || salt || value). */
export interface Commitment {
  readonly $c: string;
}

/** 16 random bytes as a string of 16 characters U+0000 to U+00FF. */
export type Salt = string;

// 32 bytes leave two bits of the last character unused: those must be zero, else two texts would be one hash.
const COMMITMENT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

const buffer = Buffer.alloc(BUFFER_BYTES);
buffer.write(DOMAIN, 0, "latin1");

/** Commits to a value. @param canonical its canonical JSON text (RFC 8785) */
export function commitmentOf(salt: Salt, canonical: string): string {
  // A UTF-16 unit takes three bytes at most.
  const isShort = canonical.length * 3 <= BUFFER_BYTES - PREFIX_BYTES;
  const target = isShort ? buffer : Buffer.alloc(PREFIX_BYTES + Buffer.byteLength(canonical));
  if (!isShort) target.write(DOMAIN, 0, "latin1");
  target.write(salt, DOMAIN.length, SALT_BYTES, "latin1");
  const bytes = target.write(canonical, PREFIX_BYTES, "utf8");
  const text = hash("sha256", target.subarray(0, PREFIX_BYTES + bytes), "base64url");
  // A value stays nowhere longer than it must.
  target.fill(0, DOMAIN.length, PREFIX_BYTES + bytes);
  return text;
}

/** Whether a value in a leaf is a commitment, and not an object that holds some. */
export function isCommitment(value: unknown): value is Commitment {
  if (typeof value !== "object" || value === null) return false;
  const { $c } = value as Partial<Commitment>;
  return typeof $c === "string" && COMMITMENT.test($c) && Object.keys(value).length === 1;
}

export function isCommitmentText(text: unknown): text is string {
  return typeof text === "string" && COMMITMENT.test(text);
}

/** Random bytes in stock. */
export class SaltPool {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #at = POOL_BYTES;

  next(): Salt {
    return this.take(SALT_BYTES);
  }

  /** @param bytes far fewer than 16 KiB */
  take(bytes: number): string {
    if (this.#at + bytes > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const taken = this.#pool.toString("latin1", this.#at, this.#at + bytes);
    this.#pool.fill(0, this.#at, this.#at + bytes);
    this.#at += bytes;
    return taken;
  }
}

/** A salt as text: 22 characters of base64url. */
export function saltText(salt: Salt): string {
  return Buffer.from(salt, "latin1").toString("base64url");
}

/** Reads what `saltText` writes; undefined for every other text. */
export function readSalt(text: unknown): Salt | undefined {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)) return undefined;
  return Buffer.from(text, "base64url").toString("latin1");
}
