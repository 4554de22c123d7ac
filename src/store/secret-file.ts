import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { readIfThere, writeFresh } from "./disk-files.js";
import { SECRET, temporaryName } from "./file-names.js";
import { checksum } from "./journal-format.js";

export const SECRET_BYTES = 32;

/** The secret; null when there is none, undefined when there is something else. */
export function readSecret(disk: Disk, dir: string): Uint8Array | null | undefined {
  const bytes = readIfThere(disk, join(dir, SECRET));
  if (bytes === undefined) return null;
  const text = new TextDecoder("latin1").decode(bytes);
  const secret = Buffer.from(text.slice(0, 2 * SECRET_BYTES), "hex");
  return text === secretText(secret) ? new Uint8Array(secret) : undefined;
}

/** Keeps a new secret; resolves when it is durable. */
export async function writeSecret(disk: Disk, dir: string, secret: Uint8Array, nonce: string): Promise<void> {
  const temporary = join(dir, temporaryName(nonce));
  await writeFresh(disk, temporary, Buffer.from(secretText(secret)));
  disk.rename(temporary, join(dir, SECRET));
  await disk.syncDir(dir);
}

function secretText(secret: Uint8Array): string {
  return `${Buffer.from(secret).toString("hex")} ${checksum(secret)}\n`;
}
