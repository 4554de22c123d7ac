const SLOTS = 256;
const MAX_BYTES = 64;

/** Turns the bytes of short names into strings; those that come again and again cost no new string. */
export class Names {
  readonly #bytes = new Uint8Array(SLOTS * MAX_BYTES);
  readonly #texts: string[] = new Array<string>(SLOTS).fill("");

  /** The ASCII text of the bytes from `from` up to `to`. */
  of(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from;
    if (length === 0) return "";
    if (length > MAX_BYTES) return textOf(bytes, from, to);
    let slot = length;
    for (let i = from; i < to; i++) slot = (Math.imul(slot, 31) + bytes[i]!) | 0;
    slot &= SLOTS - 1;
    const text = this.#texts[slot]!;
    const base = slot * MAX_BYTES;
    if (text.length === length) {
      let i = 0;
      while (i < length && this.#bytes[base + i] === bytes[from + i]) i++;
      if (i === length) return text;
    }
    for (let i = 0; i < length; i++) this.#bytes[base + i] = bytes[from + i]!;
    return (this.#texts[slot] = textOf(bytes, from, to));
  }
}

/** The ASCII text of bytes. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}
