import { createHash, hash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { canonicalJson } from "../../core/canonical.js";
import type { Disk, ReadableFile } from "../../core/disk.js";
import { InvalidInputError, messageOf } from "../../core/errors.js";
import { MAX_LEAF_BYTES } from "../log/leaf.js";
import { FORMAT_LIMITS } from "./findings.js";
import { rawLines } from "./raw-lines.js";
import type { RawLine } from "./raw-lines.js";
import { entryTime, ReinAiLog } from "./rein-ai-log.js";
import type { OriginalReport } from "./rein-ai-log.js";

/** What is imported, as the new log names it. */
export const IMPORT_FORMAT = "rein-ai secure_audit";

/** What was read, and what it proves. */
export interface Original extends OriginalReport {
  readonly sha256: string;
  readonly bytes: number;
}

/** A record for a new log, and what stands in a file of its own: see `$blob` in docs/log-format.md. */
export interface ImportRecord {
  readonly record: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly blob?: { readonly field: string; readonly text: string };
}

export interface ImportOptions {
  readonly disk: Disk;
  readonly path: string;
  /** The key that the original was signed with. */
  readonly key?: Uint8Array | string | undefined;
  /** Hears how many more bytes were read; the file is read twice. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Reads a log of rein-ai and says what it proves. @throws InvalidInputError when it cannot be read */
export function examineOriginal({ disk, path, key, onBytes }: ImportOptions): Original {
  return withOriginal(disk, path, (file) => {
    const log = new ReinAiLog(key);
    const digest = createHash("sha256");
    let isTorn = false;
    for (const line of rawLines(file, onBytes)) {
      isTorn = line.isTorn;
      log.take(textOf(line.bytes));
      hashLine(digest, line);
    }
    return { ...log.end(isTorn), sha256: digest.digest("hex"), bytes: file.bytes };
  });
}

/**
 * Records for a new log: first what the original is and proves, then every line of it, then an end. The original can
 * be made again from them, byte by byte.
 *
 * @param name of the file, for people @param now wall time in ms
 * @throws InvalidInputError when the file is no longer what was examined: what was written must not be used
 */
export function* importRecords(
  options: ImportOptions,
  original: Original,
  name: string,
  now: () => number,
): Generator<ImportRecord, void, void> {
  const { sha256, bytes, ...report } = original;
  const facts = { format: IMPORT_FORMAT, file: name, sha256, bytes, ...report, limits: FORMAT_LIMITS };
  yield { record: { type: "import.begin", at: now(), ...facts } };
  const { disk, path, onBytes } = options;
  const file = open(disk, path);
  try {
    const digest = createHash("sha256");
    for (const line of rawLines(file, onBytes)) {
      hashLine(digest, line);
      yield recordOf(line, now());
    }
    if (digest.digest("hex") !== sha256) {
      throw new InvalidInputError("file", `\`${path}\` has changed while it was imported`, {
        help: "copy the log first, or stop what writes it; remove the new directory and import again",
      });
    }
  } finally {
    file.close();
  }
  yield { record: { type: "import.end", at: now(), lines: report.lines, sha256 } };
}

/** Room for the index and for what the log puts around. */
const SPARE_BYTES = 64;

function recordOf({ number, bytes, isTorn }: RawLine, at: number): ImportRecord {
  const text = textOf(bytes);
  const entryAt = text === undefined ? undefined : entryTime(text);
  const facts = {
    ...{ type: "imported", at, line: number, sha256: hash("sha256", bytes, "hex") },
    ...(entryAt !== undefined && { entryAt }),
    // Only what differs from a plain line is said.
    ...(isTorn && { end: "" }),
  };
  const field = text === undefined ? "base64" : "text";
  const value = text ?? bytes.toString("base64");
  const record = { ...facts, [field]: value };
  if (Buffer.byteLength(canonicalJson(record)) + SPARE_BYTES <= MAX_LEAF_BYTES) return { record };
  const content = canonicalJson(value);
  const ref = { $blob: hash("sha256", content, "hex"), bytes: Buffer.byteLength(content) };
  return { record: { ...facts, [field]: ref }, blob: { field, text: content } };
}

function hashLine(digest: ReturnType<typeof createHash>, { bytes, isTorn }: RawLine): void {
  digest.update(bytes);
  if (!isTorn) digest.update("\n");
}

function textOf(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

function withOriginal<T>(disk: Disk, path: string, use: (file: ReadableFile) => T): T {
  const file = open(disk, path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

function open(disk: Disk, path: string): ReadableFile {
  const help = "give the audit log of rein-ai: one JSON object a line";
  try {
    const type = disk.look(path)?.type;
    if (type === "directory") throw new InvalidInputError("file", `\`${path}\` is a directory`, { help });
    if (type === undefined) throw new InvalidInputError("file", `there is no file \`${path}\``, { help });
    return disk.openToRead(path);
  } catch (error) {
    if (InvalidInputError.isInstance(error)) throw error;
    throw new InvalidInputError("file", `\`${path}\` cannot be read: ${messageOf(error)}`, {
      help: "check the path and its permissions",
      cause: error,
    });
  }
}
