import { createReadStream } from "node:fs";
import { InvalidInputError } from "../core/errors.js";

/** The longest line that is read, in bytes; a file without line ends must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

const CHUNK_BYTES = 1 << 20;
const LINE_END = 0x0a;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * Reads a file line by line, blank ones left out, holding one line at a time.
 *
 * @param onBytes hears how many more bytes have been read
 * @throws InvalidInputError that names the file, and the line where one is to blame
 */
export async function* readLines(
  path: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Line, void, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 1;
  // The line that is not complete yet, in pieces.
  let pieces: Buffer[] = [];
  let length = 0;

  const keep = (piece: Buffer): void => {
    length += piece.length;
    if (length > MAX_LINE_BYTES) {
      throw new InvalidInputError(
        "file",
        `\`${path}\`, line ${number} is longer than ${MAX_LINE_BYTES} bytes`,
        {
          help: "write one session, or one event, a line",
        },
      );
    }
    pieces.push(piece);
  };
  const take = (): string => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    length = 0;
    try {
      return decoder.decode(bytes);
    } catch {
      throw new InvalidInputError("file", `\`${path}\`, line ${number} is not UTF-8 text`, {
        help: "save it as UTF-8",
      });
    }
  };

  for await (const chunk of chunksOf(path)) {
    onBytes(chunk.length);
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      keep(chunk.subarray(from, end));
      const text = take();
      if (text.trim() !== "") yield { number, text };
      number += 1;
      from = end + 1;
    }
    if (from < chunk.length) keep(chunk.subarray(from));
  }
  if (length === 0) return;
  const text = take();
  if (text.trim() !== "") yield { number, text };
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, void> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): InvalidInputError {
  const code = (cause as NodeJS.ErrnoException).code;
  const known = new Map([
    ["ENOENT", `there is no file \`${path}\``],
    ["EISDIR", `\`${path}\` is a directory`],
    ["EACCES", `\`${path}\` may not be read by this user`],
  ]);
  const message =
    known.get(code ?? "") ??
    `\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  const help =
    code === "EISDIR" ? "give a file of recorded sessions (JSONL)" : "check the path and its permissions";
  return new InvalidInputError("file", message, { help, cause });
}
