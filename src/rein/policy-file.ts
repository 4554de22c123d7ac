import { constants, open } from "node:fs/promises";
import { extname } from "node:path";
import { InvalidInputError, messageOf, PolicyError } from "../core/errors.js";
import { MAX_POLICY_BYTES, parsePolicyText } from "../policy/index.js";
import type { CompiledPolicy, PolicyFormat } from "../policy/index.js";

const FORMATS: ReadonlyMap<string, PolicyFormat> = new Map([
  [".json", "json"],
  [".yaml", "yaml"],
  [".yml", "yaml"],
  [".txt", "text"],
  [".md", "markdown"],
]);

/**
 * Reads the bytes of a policy file, never more than a policy may have.
 *
 * @throws PolicyError that names the file
 */
export async function readPolicyFile(path: string): Promise<Buffer> {
  formatOf(path);
  try {
    // Opening a pipe would wait until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const about = await file.stat();
      if (about.isDirectory()) throw fileError(path, "the file is a directory", "name a file in it");
      if (!about.isFile()) throw fileError(path, "this is not a plain file");
      if (about.size > MAX_POLICY_BYTES) throw tooLarge(path, `${about.size} bytes`);
      // What the size says is not always so; one byte more than allowed is enough to tell.
      const chunks: Buffer[] = [];
      for await (const chunk of file.createReadStream({ end: MAX_POLICY_BYTES, autoClose: false }))
        chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      if (bytes.length > MAX_POLICY_BYTES) throw tooLarge(path, "longer");
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (PolicyError.isInstance(error)) throw error;
    throw fileError(
      path,
      `the file cannot be read: ${messageOf(error)}`,
      "check the path and its permissions",
    );
  }
}

/**
 * Compiles the bytes of a policy file; its name says how it is written.
 *
 * @throws PolicyError that names the file, and line and column where they are known
 */
export function compilePolicyFile(path: string, bytes: Uint8Array): CompiledPolicy {
  const format = formatOf(path);
  try {
    return parsePolicyText(decode(path, bytes), format);
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    throw new PolicyError(
      error.issues.map((issue) => ({ ...issue, file: path })),
      { cause: error },
    );
  }
}

/** How a policy file is written, by its name. */
export function formatOf(path: string): PolicyFormat {
  if (typeof path !== "string" || path === "") {
    throw new InvalidInputError("path", "the path of a policy file is missing", {
      help: 'for example "policy.txt"',
    });
  }
  const format = FORMATS.get(extname(path).toLowerCase());
  if (format === undefined) {
    const help = `a policy file ends in ${[...FORMATS.keys()].join(", ")}`;
    throw fileError(path, "the file is of no known format", help);
  }
  return format;
}

/** The text of a policy file. @throws PolicyError with the place of the first byte that is no UTF-8 */
export function decode(path: string, bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw fileError(path, "the file is UTF-16 text", "save it as UTF-8", { line: 1, column: 1 });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const offset = firstBadByte(bytes);
    const before = new TextDecoder().decode(bytes.subarray(0, offset), { stream: true });
    const line = before.split(/\r\n|\r|\n/);
    const place = { line: line.length, column: (line.at(-1) ?? "").length + 1 };
    const what = bytes.includes(0) ? "binary data, not text" : "not UTF-8 text";
    const byte = (bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, "0");
    throw fileError(path, `the file is ${what} (byte ${offset} is 0x${byte})`, "save it as UTF-8", place);
  }
}

/** Where the first character begins that is no UTF-8; a text up to there can still be read. */
function firstBadByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isSound(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  // A character that was begun and not ended is part of what is wrong.
  while (low > 0 && !isWhole(bytes.subarray(0, low))) low -= 1;
  return low;
}

function isSound(bytes: Uint8Array): boolean {
  return decodes(bytes, true);
}

function isWhole(bytes: Uint8Array): boolean {
  return decodes(bytes, false);
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

function tooLarge(path: string, size: string): PolicyError {
  return fileError(path, `the file is ${size}, more than the ${MAX_POLICY_BYTES} bytes allowed`);
}

function fileError(
  path: string,
  message: string,
  help?: string,
  position?: { readonly line: number; readonly column: number },
): PolicyError {
  return new PolicyError([
    { index: -1, path: "", file: path, ...position, message, ...(help !== undefined && { help }) },
  ]);
}
