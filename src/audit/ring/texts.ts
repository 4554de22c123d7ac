/** The longest text that goes into slots, in UTF-16 units. */
export const MAX_TEXT = 1 << 14;

/** Bytes that a text takes at most. */
export function textBytes(text: string): number {
  return 3 + 2 * text.length;
}

/**
 * Texts one after the other: three bytes for the length and whether its units are bytes (Latin-1) or pairs of them
 * (UTF-16, little endian), and the units. By hand, because that is faster than any call into Node for short ones.
 */
export class TextWriter {
  bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  count(count: number): void {
    const { bytes, at } = this;
    bytes[at] = count;
    bytes[at + 1] = count >>> 8;
    bytes[at + 2] = count >>> 16;
    this.at = at + 3;
  }

  text(text: string): void {
    const { bytes } = this;
    const { length } = text;
    const start = this.at + 3;
    let units = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      units |= unit;
      bytes[start + i] = unit;
    }
    if (units < 0x100) {
      this.count(length * 2);
      this.at = start + length;
      return;
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      bytes[start + 2 * i] = unit;
      bytes[start + 2 * i + 1] = unit >>> 8;
    }
    this.count(length * 2 + 1);
    this.at = start + 2 * length;
  }
}

/** Reads them again. */
export class TextReader {
  bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  count(): number {
    const { bytes, at } = this;
    this.at = at + 3;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  }

  text(): string {
    const head = this.count();
    const start = this.at;
    const length = head >>> 1;
    const isWide = (head & 1) === 1;
    this.at = start + (isWide ? 2 * length : length);
    return this.bytes.toString(isWide ? "utf16le" : "latin1", start, this.at);
  }
}
