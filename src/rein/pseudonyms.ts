import { createHmac, randomBytes } from "node:crypto";

const CACHED = 10_000;

/** Keyed pseudonyms: equal values stay equal, values cannot be guessed without the key. */
export class Pseudonyms {
  readonly #key: Buffer;
  readonly #known = new Map<string, string>();

  constructor(key: Buffer = randomBytes(32)) {
    this.#key = key;
  }

  /** The pseudonym of a tag's value; the same value of another tag has another. */
  ofTag(name: string, value: string): string {
    const text = `${name}\n${value}`;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // Forgetting all at once costs a few hashes and needs no bookkeeping on the way in.
    if (this.#known.size >= CACHED) this.#known.clear();
    const pseudonym = this.of(text);
    this.#known.set(text, pseudonym);
    return pseudonym;
  }

  /** 132 bits of HMAC-SHA256 (RFC 2104) in base64url. */
  of(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url").slice(0, 22);
  }
}
