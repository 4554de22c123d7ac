import { hashFromBase64, hashToBase64, isHash } from "../tree/hash.js";
import type { Hash } from "../tree/hash.js";
import { noteInvalid, shown } from "./failures.js";

/** The head of a log: what its tree looks like at a size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log, such as `example.com/log42`. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Hash;
}

const HELP = "a checkpoint is three lines: the log's origin, the number of leaves, the root hash in base64";
// No control characters: a note may not have them.
const ORIGIN = /^[^\0-\x1f]+$/;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/**
 * Returns the text that is signed: origin, size and root, one a line, without extension lines.
 * @throws ReinError `note_invalid` when one of them cannot be in a checkpoint
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  if (!ORIGIN.test(origin)) {
    throw noteInvalid(`the origin \`${shown(origin)}\` cannot be in a checkpoint`, { help: HELP });
  }
  if (!Number.isSafeInteger(size) || size < 0 || !isHash(root)) {
    throw noteInvalid(`a log of ${size} leaves has no checkpoint`, { help: HELP });
  }
  return `${origin}\n${size}\n${hashToBase64(root)}\n`;
}

/**
 * Reads the text of a checkpoint's note. Extension lines, which may follow the root, are ignored.
 * @throws ReinError `note_invalid`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3 || lines.includes("")) {
    throw noteInvalid("the checkpoint is not at least three lines, none of them empty", { help: HELP });
  }
  const [origin = "", digits = "", base64 = ""] = lines;
  const size = SIZE.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(size)) {
    throw noteInvalid(`the checkpoint's size \`${shown(digits)}\` is no decimal number below 2^53`, {
      help: HELP,
    });
  }
  const root = hashFromBase64(base64);
  if (root === undefined) {
    throw noteInvalid(`the checkpoint's root \`${shown(base64)}\` is no base64 of 32 bytes`, { help: HELP });
  }
  if (!ORIGIN.test(origin)) {
    throw noteInvalid("the checkpoint's origin has control characters", { help: HELP });
  }
  return { origin, size, root };
}
