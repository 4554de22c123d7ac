import { isUtf8 } from "node:buffer";
import { MAX_LEAF_BYTES, readLeaf } from "../log/leaf.js";
import { Names, textOf } from "./names.js";

const QUOTE = 0x22;
const DOLLAR = 0x24;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** How deep the quick reading follows; what nests deeper is read slowly, which knows the true limit. */
const MAX_DEPTH = 60;
/** Digits of integers that every double holds exactly. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS }, (_, power) => 10 ** power);
/** Numbers from here on are printed without an exponent. */
const SMALLEST_PLAIN = 1e-6;
/** No number is longer in the form that ECMAScript prints. */
const LONGEST_NUMBER = 32;

/** Bytes that stand for themselves in a string: 0; ends, escapes, controls and what is not ASCII: 1. */
const SPECIAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH || byte >= 0x80 ? 1 : 0,
);
/** Bytes that numbers are made of: digits, + - . e E. */
const NUMERIC = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= ZERO && byte <= NINE) || [0x2b, MINUS, 0x2e, 0x45, 0x65].includes(byte) ? 1 : 0,
);

/** Keys of a leaf that are wanted while it is being read. */
type Key = "at" | "boot" | "kept" | "mono" | "n" | "seq" | "type" | "verdict" | undefined;

/**
 * Reads one leaf after the other out of a buffer: whether it is strict (canonical form of an object, RFC 8785, with an
 * index and a type), and the few fields that everything is counted by. It goes over each byte once and makes no
 * objects, which is several times faster than parsing the line and printing it again; the answer is the same
 * (a property test holds the two together). Unusual lines are read the slow way.
 */
export class LeafScanner {
  /** Where the line ends: the place of its "\n". Set when the line is sound. */
  end = 0;
  n = -1;
  /** Fields that are not there, or are no numbers: NaN. */
  at = NaN;
  mono = NaN;
  seq = NaN;
  /** Fields that are not there, or are no strings: empty. */
  type = "";
  boot = "";
  verdict = "";
  /** A value may stand in a file of its own. */
  mayHaveBlob = false;
  /** Something is committed to that the vault may keep. */
  hasKept = false;

  readonly #types = new Names();
  readonly #boots = new Names();
  readonly #verdicts = new Names();
  #bytes: Uint8Array = new Uint8Array();
  #isAscii = true;
  #isSlow = false;
  // What is open around the value that is being read.
  readonly #stack = {
    keyFrom: new Int32Array(MAX_DEPTH),
    keyTo: new Int32Array(MAX_DEPTH),
    isList: new Uint8Array(MAX_DEPTH),
  };

  /**
   * Reads the line that begins at `start` and ends with "\n" somewhere in the buffer.
   *
   * @returns why it is no leaf, as the end of a sentence; undefined when it is one
   */
  scan(bytes: Buffer, start: number): string | undefined {
    this.#bytes = bytes;
    this.#reset();
    const end = bytes[start] === OPEN ? this.#leaf(start) : -1;
    const isRead = end >= 0 && bytes[end] === 0x0a && !this.#isSlow;
    if (isRead && this.n >= 0 && this.type !== "" && end - start <= MAX_LEAF_BYTES) {
      this.end = end;
      if (this.#isAscii || isUtf8(bytes.subarray(start, end))) return undefined;
    }
    return this.#slowly(bytes, start);
  }

  #reset(): void {
    this.n = -1;
    this.at = this.mono = this.seq = NaN;
    this.type = this.boot = this.verdict = "";
    this.mayHaveBlob = this.hasKept = this.#isSlow = false;
    this.#isAscii = true;
  }

  #slowly(bytes: Buffer, start: number): string | undefined {
    this.#reset();
    const end = bytes.indexOf(0x0a, start);
    this.end = end < 0 ? bytes.length : end;
    if (this.end - start > MAX_LEAF_BYTES) return `is longer than ${MAX_LEAF_BYTES} bytes`;
    const line = bytes.subarray(start, this.end);
    if (!isUtf8(line)) return "is not UTF-8";
    let leaf: ReturnType<typeof readLeaf>;
    try {
      leaf = readLeaf(line.toString());
    } catch {
      // Nesting that no parser follows.
      return "is not in canonical form (RFC 8785)";
    }
    if (typeof leaf === "string") return leaf;
    const { n, type, at, mono, seq, boot, verdict } = leaf;
    this.n = n;
    this.type = type;
    this.at = typeof at === "number" ? at : NaN;
    this.mono = typeof mono === "number" ? mono : NaN;
    this.seq = typeof seq === "number" ? seq : NaN;
    this.boot = typeof boot === "string" ? boot : "";
    this.verdict = typeof verdict === "string" ? verdict : "";
    this.mayHaveBlob = line.includes('"$blob"');
    this.hasKept = leaf["kept"] !== undefined;
    return undefined;
  }

  /**
   * The object that is the whole line. Returns the place behind it; -1 when it must be read slowly.
   *
   * One loop over all bytes with everything in local variables: calls for each value would cost more than the bytes.
   */
  #leaf(start: number): number {
    const bytes = this.#bytes;
    const { keyFrom, keyTo, isList } = this.#stack;
    let depth = 0;
    let inList = false;
    let beforeFrom = 0;
    let beforeTo = -1;
    let from = 0;
    let number = 0;
    let isPlain = true;
    let at = start + 1;
    for (;;) {
      if (!inList) {
        if (bytes[at] !== QUOTE) return -1;
        const first = ++at;
        while (SPECIAL[bytes[at]!] === 0) at++;
        // Keys with escapes, and those that UTF-16 sorts unlike bytes, are for the slow way.
        if (bytes[at] !== QUOTE || bytes[at + 1] !== COLON) return -1;
        if (beforeTo >= 0 && !isAscending(bytes, beforeFrom, beforeTo, first, at)) return -1;
        beforeFrom = first;
        beforeTo = at;
        at += 2;
      }
      const byte = bytes[at]!;
      from = at;
      if (byte === QUOTE) {
        isPlain = true;
        at++;
        for (;;) {
          while (SPECIAL[bytes[at]!] === 0) at++;
          const special = bytes[at]!;
          if (special === QUOTE) break;
          isPlain = false;
          if (special >= 0x80) {
            this.#isAscii = false;
            at++;
          } else {
            const length = special === BACKSLASH ? escapeLength(bytes, at + 1) : 0;
            if (length === 0) return -1;
            at += 1 + length;
          }
        }
        at++;
      } else if (byte >= ZERO && byte <= NINE) {
        number = byte - ZERO;
        for (at++; bytes[at]! >= ZERO && bytes[at]! <= NINE; at++) number = number * 10 + (bytes[at]! - ZERO);
        let digits = at - from;
        let isExact = byte !== ZERO || digits === 1;
        if (bytes[at] === POINT) {
          const point = at;
          for (at++; bytes[at]! >= ZERO && bytes[at]! <= NINE; at++)
            number = number * 10 + (bytes[at]! - ZERO);
          digits = at - from - 1;
          // Up to 15 digits name a double of their own, so that there is only this way to print it; the quotient of two
          // integers that doubles hold exactly is the double that is meant.
          isExact &&= bytes[at - 1]! > ZERO && number >= SMALLEST_PLAIN * (POWERS[at - point - 1] ?? NaN);
          number /= POWERS[at - point - 1] ?? NaN;
        }
        if (!isExact || digits > EXACT_DIGITS || NUMERIC[bytes[at]!] === 1) {
          at = numberEnd(bytes, from);
          if (at < 0) return -1;
          number = Number(textOf(bytes, from, at));
        }
      } else if (byte === OPEN || byte === OPEN_LIST) {
        const closes = byte === OPEN ? CLOSE : CLOSE_LIST;
        if (bytes[at + 1] === closes) at += 2;
        else {
          if (depth === MAX_DEPTH) return -1;
          // A reference to a file begins with its hash: $blob sorts before bytes.
          if (depth === 0 && byte === OPEN && bytes[at + 2] === DOLLAR) this.mayHaveBlob = true;
          if (depth === 0 && keyOf(bytes, beforeFrom, beforeTo) === "kept") this.hasKept = true;
          keyFrom[depth] = beforeFrom;
          keyTo[depth] = beforeTo;
          isList[depth] = inList ? 1 : 0;
          depth++;
          inList = byte === OPEN_LIST;
          beforeTo = -1;
          at++;
          continue;
        }
      } else if (byte === MINUS) {
        at = numberEnd(bytes, from);
        if (at < 0) return -1;
        number = Number(textOf(bytes, from, at));
      } else {
        at = wordEnd(bytes, at);
        if (at < 0) return -1;
      }
      if (depth === 0) this.#keep(byte, beforeFrom, beforeTo, from, at, number, isPlain);
      for (;;) {
        const next = bytes[at];
        if (next === COMMA) break;
        if (next !== (inList ? CLOSE_LIST : CLOSE)) return -1;
        at++;
        if (depth === 0) return at;
        depth--;
        beforeFrom = keyFrom[depth]!;
        beforeTo = keyTo[depth]!;
        inList = isList[depth] === 1;
      }
      at++;
    }
  }

  /** Keeps the value of a key of the line's own object, when it is one of those that are wanted. */
  #keep(
    first: number,
    keyFrom: number,
    keyTo: number,
    from: number,
    to: number,
    number: number,
    isPlain: boolean,
  ): void {
    const key = keyOf(this.#bytes, keyFrom, keyTo);
    if (key === undefined) return;
    if (first !== QUOTE) {
      if (NUMERIC[first] !== 1) return;
      if (key === "at") this.at = number;
      else if (key === "mono") this.mono = number;
      else if (key === "seq") this.seq = number;
      else if (key === "n") this.n = Number.isSafeInteger(number) ? number : -1;
      return;
    }
    // Escapes and letters beyond ASCII in these fields: seldom enough for the slow way.
    if (!isPlain) this.#isSlow = true;
    else if (key === "type") this.type = this.#types.of(this.#bytes, from + 1, to - 1);
    else if (key === "boot") this.boot = this.#boots.of(this.#bytes, from + 1, to - 1);
    else if (key === "verdict") this.verdict = this.#verdicts.of(this.#bytes, from + 1, to - 1);
  }
}

/** The place behind a number in the form that ECMAScript prints; -1 when it is in another. */
function numberEnd(bytes: Uint8Array, from: number): number {
  let to = from;
  while (NUMERIC[bytes[to]!] === 1) to++;
  if (to - from > LONGEST_NUMBER) return -1;
  const text = textOf(bytes, from, to);
  const value = Number(text);
  return Number.isFinite(value) && String(value) === text ? to : -1;
}

function keyOf(bytes: Uint8Array, from: number, to: number): Key {
  const first = bytes[from];
  switch (to - from) {
    case 1:
      return first === 0x6e ? "n" : undefined;
    case 2:
      return first === 0x61 && bytes[from + 1] === 0x74 ? "at" : undefined;
    case 3:
      return first === 0x73 && bytes[from + 1] === 0x65 && bytes[from + 2] === 0x71 ? "seq" : undefined;
    case 4:
      if (first === 0x62) return isText(bytes, from, "boot") ? "boot" : undefined;
      if (first === 0x6b) return isText(bytes, from, "kept") ? "kept" : undefined;
      if (first === 0x6d) return isText(bytes, from, "mono") ? "mono" : undefined;
      return isText(bytes, from, "type") ? "type" : undefined;
    case 7:
      return isText(bytes, from, "verdict") ? "verdict" : undefined;
    default:
      return undefined;
  }
}

function isText(bytes: Uint8Array, from: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether one key sorts before the next; equal keys do not. */
function isAscending(bytes: Uint8Array, aFrom: number, aTo: number, bFrom: number, bTo: number): boolean {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const difference = bytes[aFrom + i]! - bytes[bFrom + i]!;
    if (difference !== 0) return difference < 0;
  }
  return aTo - aFrom < bTo - bFrom;
}

/** Bytes of an escape behind its backslash, when it is the one that RFC 8785 uses for the character; 0 otherwise. */
function escapeLength(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
    case BACKSLASH:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 1;
    case 0x75: {
      // u00xx, for controls that have no shorter escape
      const tens = bytes[at + 3]!;
      const ones = bytes[at + 4]!;
      if (bytes[at + 1] !== ZERO || bytes[at + 2] !== ZERO || (tens !== ZERO && tens !== 0x31)) return 0;
      const isHex = (ones >= ZERO && ones <= NINE) || (ones >= 0x61 && ones <= 0x66);
      const isShort = tens === ZERO && [0x38, 0x39, 0x61, 0x63, 0x64].includes(ones);
      return isHex && !isShort ? 5 : 0;
    }
    default:
      return 0;
  }
}

/** The place behind `true`, `false` or `null`; -1 for anything else. */
function wordEnd(bytes: Uint8Array, at: number): number {
  const word = bytes[at] === 0x74 ? "true" : bytes[at] === 0x66 ? "false" : "null";
  return isText(bytes, at, word) ? at + word.length : -1;
}
