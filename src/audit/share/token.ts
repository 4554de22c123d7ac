import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { writeAll } from "../log/files.js";
import { isMissing, logPlaces, makeDirDurably } from "../log/layout.js";

/** What each side proves that it knows, and what for: the words of the one are no use to the other. */
export type Side = "client" | "sequencer";

const TOKEN = /^[0-9a-f]{64}$/;

/**
 * The secret of those who share a log: 32 random bytes as hex in `keys/share.token`, which only its owner may read; the
 * first makes it.
 *
 * @throws ReinError `key_invalid`, `record_failed`
 */
export function shareToken(disk: Disk, dir: string): string {
  const path = tokenPath(dir);
  try {
    return readToken(disk, path) ?? makeToken(disk, path, dir);
  } catch (cause) {
    if (ReinError.isInstance(cause)) throw cause;
    throw new ReinError(
      "record_failed",
      `the secret of those who share the log cannot be read: ${messageOf(cause)}`,
      { help: `see that this user may read and write \`${path}\``, cause },
    );
  }
}

function tokenPath(dir: string): string {
  return join(logPlaces(dir).keys, "share.token");
}

function readToken(disk: Disk, path: string): string | undefined {
  let text: string;
  try {
    text = Buffer.from(disk.read(path)).toString("latin1").trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (TOKEN.test(text)) return text;
  throw new ReinError("key_invalid", `\`${path}\` is not the secret of those who share the log`, {
    help: "stop all processes that share the log and remove the file: the first to start makes a new one",
  });
}

function makeToken(disk: Disk, path: string, dir: string): string {
  makeDirDurably(disk, logPlaces(dir).keys);
  const token = randomBytes(32).toString("hex");
  const unfinished = `${path}.${randomBytes(6).toString("hex")}`;
  const file = disk.openToAppend(unfinished, true);
  try {
    writeAll(file, Buffer.from(`${token}\n`));
    file.syncNow();
  } finally {
    file.close();
  }
  try {
    disk.link(unfinished, path);
    disk.syncDirNow(logPlaces(dir).keys);
    return token;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    return readToken(disk, path)!;
  } finally {
    disk.remove(unfinished);
  }
}

/** Proves to whoever asked with a nonce that the token is known; both nonces as hex. */
export function proofOf(token: string, side: Side, asked: string, asking: string): string {
  return createHmac("sha256", token).update(`rein-share/1 ${side}\n${asked}\n${asking}`).digest("hex");
}

export function isProof(proof: unknown, expected: string): boolean {
  return (
    typeof proof === "string" &&
    proof.length === expected.length &&
    timingSafeEqual(Buffer.from(proof.padEnd(64).slice(0, 64), "latin1"), Buffer.from(expected, "latin1"))
  );
}
