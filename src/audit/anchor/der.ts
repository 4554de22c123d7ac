/** One element of DER (ITU-T X.690). */
export interface DerElement {
  /** Class, form and number as one byte. */
  readonly tag: number;
  /** Its contents. */
  readonly bytes: Uint8Array;
}

export const INTEGER = 0x02;
export const BOOLEAN = 0x01;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
/** `[0]` with elements in it. */
export const CONTEXT_0 = 0xa0;

/** Writes an element; parts are elements already, or contents. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(contents.length), contents]);
}

/** Writes an integer that is not negative: its bytes, the highest first. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  // A set first bit would make it negative.
  return der(INTEGER, ...((digits[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), digits);
}

/**
 * Reads the elements that stand one after the other.
 *
 * @throws RangeError when they do not fill the bytes exactly, or are no DER
 */
export function readDer(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    // Tags of more than one byte occur in nothing that is read here.
    if ((tag & 0x1f) === 0x1f) throw new RangeError("a tag of several bytes");
    const { length, start } = readLength(bytes, at + 1);
    if (start + length > bytes.length) throw new RangeError("an element is longer than what holds it");
    elements.push({ tag, bytes: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** The element at a place, which must have this tag. @throws RangeError */
export function expectDer(elements: readonly DerElement[], at: number, tag: number): DerElement {
  const element = elements[at];
  if (element?.tag !== tag) {
    const found = element === undefined ? "nothing" : `0x${element.tag.toString(16)}`;
    throw new RangeError(`element ${at} should be 0x${tag.toString(16)}, and is ${found}`);
  }
  return element;
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at];
  if (first === undefined) throw new RangeError("an element ends before its length");
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first - 0x80;
  if (count === 0 || count > 4 || at + 1 + count > bytes.length)
    throw new RangeError("a length is malformed");
  let length = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte;
  return { length, start: at + 1 + count };
}
