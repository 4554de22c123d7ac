import type { ReadableFile } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";

const PIECE = 1 << 20;
const LINE_END = 0x0a;

/** The longest line that is read; a file without line ends must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface RawLine {
  /** From 1. */
  readonly number: number;
  /** Without the line's end. */
  readonly bytes: Buffer;
  /** Whether the file ends here without the end of a line. */
  readonly isTorn: boolean;
}

/** Reads any file line by line, whatever is in it. @throws InvalidInputError `file` for a line without end */
export function* rawLines(
  file: ReadableFile,
  onBytes?: (bytes: number) => void,
): Generator<RawLine, void, void> {
  let number = 1;
  let pieces: Buffer[] = [];
  let length = 0;
  const piece = Buffer.allocUnsafe(PIECE);
  for (let position = 0; ;) {
    const read = file.read(piece, position);
    if (read === 0) break;
    position += read;
    onBytes?.(read);
    let from = 0;
    const filled = piece.subarray(0, read);
    for (let end = filled.indexOf(LINE_END); end >= 0; end = filled.indexOf(LINE_END, from)) {
      pieces.push(Buffer.from(filled.subarray(from, end)));
      yield { number, bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), isTorn: false };
      number += 1;
      pieces = [];
      length = 0;
      from = end + 1;
    }
    if (from === read) continue;
    pieces.push(Buffer.from(filled.subarray(from)));
    length += read - from;
    if (length > MAX_LINE_BYTES) {
      throw new InvalidInputError("file", `line ${number} is longer than ${MAX_LINE_BYTES} bytes`, {
        help: "an audit log has one entry a line; is this the right file?",
      });
    }
  }
  if (length > 0) yield { number, bytes: Buffer.concat(pieces), isTorn: true };
}
