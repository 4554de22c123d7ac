import { createHmac, randomBytes } from "node:crypto";

const CACHED = 10_000;

/** Keyed pseudonyms: equal values stay equal, values cannot be guessed without the key. */
export class Pseudonyms {
  readonly #key: Buffer;
  /** By tag, then by value, so that looking up builds no text. */
  readonly #known = new Map<string, Map<string, string>>();
  #count = 0;

  constructor(key: Buffer = randomBytes(32)) {
    this.#key = key;
  }

  /** The pseudonym of a tag's value; the same value of another tag has another. */
  ofTag(name: string, value: string): string {
    const known = this.#known.get(name)?.get(value);
    if (known !== undefined) return known;
    // Forgetting all at once costs a few hashes and needs no bookkeeping on the way in.
    if (this.#count >= CACHED) {
      this.#known.clear();
      this.#count = 0;
    }
    const pseudonym = this.of(`${name}\n${value}`);
    let values = this.#known.get(name);
    if (values === undefined) this.#known.set(name, (values = new Map<string, string>()));
    values.set(value, pseudonym);
    this.#count += 1;
    return pseudonym;
  }

  /** The pseudonym of arguments, given as canonical JSON. */
  ofArgs(json: string): string {
    return this.of(`args\n\n${json}`);
  }

  /** 132 bits of HMAC-SHA256 (RFC 2104) in base64url. */
  of(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url").slice(0, 22);
  }
}
