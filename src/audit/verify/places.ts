import { join, relative } from "node:path";
import type { Disk } from "../../core/disk.js";
import { namesIn, notAFile } from "../log/layout.js";
import type { Place } from "./verdict.js";

/** A whole file of a log, or a place in it. */
export function fileAt(dir: string, path: string, byte: number | null = null): Place {
  return { file: relative(dir, path).replaceAll("\\", "/"), line: null, index: null, byte };
}

/** A small file as text; undefined when it is missing. `problem`: why it cannot be read. @throws nothing */
export function smallFile(
  disk: Disk,
  path: string,
  maxBytes: number,
): { readonly text?: string; readonly problem?: string } {
  try {
    const facts = disk.look(path);
    if (facts === undefined) return {};
    const problem = notAFile(disk, path);
    if (problem !== undefined) return { problem };
    if (facts.bytes > maxBytes) return { problem: `has ${facts.bytes} bytes, and ${maxBytes} is the most` };
    return { text: Buffer.from(disk.read(path)).toString() };
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error)})` };
  }
}

/** The system's word for what went wrong. */
export function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string") return code;
  return typeof message === "string" ? message.slice(0, 200) : "unknown error";
}

/** Something out of a file, short enough for a sentence. */
export function shortText(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Larger files are none of ours, and would be read whole. */
const FILE_BYTES_MAX = 1 << 30;

/**
 * Checks that whoever reads a directory meets nothing but plain files: to open a pipe is to wait for ever.
 *
 * @throws Error that names what is none; the system's errors
 */
export function mustBeFiles(disk: Disk, dir: string, depth = 0): void {
  for (const name of namesIn(disk, dir)) {
    const facts = disk.look(join(dir, name));
    if (facts?.type === "directory" && depth > 0) mustBeFiles(disk, join(dir, name), depth - 1);
    else if (facts !== undefined && (facts.type !== "file" || facts.bytes > FILE_BYTES_MAX)) {
      throw new Error(`\`${shortText(name)}\` is no file of a log`);
    }
  }
}
