import { headerLine, sumLength, sumLine } from "./segment-lines.js";

/** Bytes that one mark fills at most, and one and the rest together. */
const PIECE = 1 << 20;

/** Chunks that stand where records are lost. */
export class Filler {
  readonly #segment: number;
  readonly #at: number;
  /** A record without its end. */
  readonly #gap: string;

  constructor(segment: number, at: number, reason: string) {
    this.#segment = segment;
    this.#at = at;
    this.#gap = JSON.stringify({ type: "gap", at, lost: null, reason }).slice(0, -1);
  }

  /** The beginning of a segment. @param before bytes of the one before it, if there is one */
  header(before: number | undefined): Buffer {
    const previous = before === undefined ? null : { bytes: before };
    return this.#chunk(0, headerLine(this.#segment, this.#at, previous), 0);
  }

  /** A mark after which nothing comes in the segment, whatever the next one says. */
  closing(start: number): Buffer {
    return this.#chunk(start, `${this.#gap},"closes":true}\n`, 0);
  }

  /** Whether marks can fill so many bytes. */
  fits(bytes: number): boolean {
    return this.#padding(bytes) !== undefined;
  }

  /** A mark that fills the bytes from `start` to `end`, or the first of them where they are many. */
  piece(start: number, end: number): Buffer {
    const bytes = end - start > 2 * PIECE ? PIECE : end - start;
    const { padding, synced } = this.#padding(bytes)!;
    return this.#chunk(start, `${this.#gap}${" ".repeat(padding)}}\n`, synced);
  }

  /** How to fill exactly so many bytes. The sum line grows with the chunk by steps: a longer number fills the hole. */
  #padding(bytes: number): { readonly padding: number; readonly synced: number } | undefined {
    const gap = Buffer.byteLength(this.#gap) + 2;
    for (const synced of [0, 10]) {
      for (let digits = 1; digits <= 16; digits++) {
        const body = bytes - sumLength(10 ** (digits - 1), synced);
        if (String(body).length === digits && body >= gap) return { padding: body - gap, synced };
      }
    }
    return undefined;
  }

  #chunk(start: number, lines: string, synced: number): Buffer {
    const body = Buffer.from(lines);
    return Buffer.concat([body, Buffer.from(sumLine(this.#segment, start, body, synced))]);
  }
}
