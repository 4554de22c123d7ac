import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";

/** An owner's file is small; more of it is not read. */
const MAX_OWNER_BYTES = 4096;

/** Whether the file still says that the directory is ours, and nobody came after us. @throws the system's errors */
export function isStillOwned({ path, nonce }: { readonly path: string; readonly nonce: string }): boolean {
  const text = textOf(path);
  return text?.includes(nonce) === true && !hasSuccessor(path);
}

function textOf(path: string): string | undefined {
  let file: number;
  try {
    // Windows has no such flag.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(MAX_OWNER_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** Owner files are numbered (`owner.7`): a higher number has taken over. */
function hasSuccessor(path: string): boolean {
  const own = /^(.*?)([0-9]+)(\D*)$/.exec(basename(path));
  if (own === null) return false;
  const [, before = "", number = "", after = ""] = own;
  return readdirSync(dirname(path)).some((name) => {
    if (!name.startsWith(before) || !name.endsWith(after)) return false;
    const other = name.slice(before.length, name.length - after.length);
    return /^[0-9]+$/.test(other) && Number(other) > Number(number);
  });
}
