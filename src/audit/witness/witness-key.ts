import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { writeAll } from "../log/files.js";
import { notAFile } from "../log/layout.js";
import { cosignatureSigner } from "../note/index.js";
import type { NoteSigner } from "../note/index.js";

/** The key of a witness, with the name that it signs under. */
export interface WitnessKey {
  readonly name: string;
  readonly key: KeyObject;
  readonly signer: NoteSigner;
}

/** The first line; what follows is PKCS8 in PEM, so that openssl reads the file as it is. */
const NAME_LINE = /^witness (\S+)\n/;

/**
 * Makes a key in a file that is not there yet, for its owner only.
 *
 * @param now wall time in ms, for the times of cosignatures
 * @throws ReinError `key_invalid`; the system's errors, EEXIST when there is a file
 */
export function createWitnessKey(disk: Disk, path: string, name: string, now: () => number): WitnessKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const made = keyOf(name, privateKey, now);
  const file = disk.openToAppend(path, true);
  try {
    writeAll(
      file,
      Buffer.from(`witness ${name}\n${privateKey.export({ type: "pkcs8", format: "pem" }).toString()}`),
    );
    file.syncNow();
  } finally {
    file.close();
  }
  return made;
}

/**
 * Reads a key that `createWitnessKey` made.
 *
 * @throws ReinError `key_missing`, `key_invalid`; the system's errors
 */
export function readWitnessKey(disk: Disk, path: string, now: () => number): WitnessKey {
  const problem = notAFile(disk, path);
  if (problem !== undefined) {
    throw new ReinError("key_missing", `the key file \`${path}\` ${problem}`, {
      help: "make one with `rein audit witness keygen NAME --key FILE`",
    });
  }
  const { mode, uid } = disk.look(path)!;
  if (uid !== undefined && (mode & 0o077) !== 0) {
    throw new ReinError("key_invalid", `others may read the key file \`${path}\``, {
      help: `make it private, chmod 600 ${path}, and a new key if somebody could have read it`,
    });
  }
  const text = new TextDecoder().decode(disk.read(path));
  const name = NAME_LINE.exec(text)?.[1];
  try {
    if (name === undefined) throw new Error("its first line is not `witness NAME`");
    return keyOf(name, createPrivateKey(text.slice(text.indexOf("\n") + 1)), now);
  } catch (cause) {
    throw new ReinError("key_invalid", `\`${path}\` is no key of a witness: ${messageOf(cause)}`, {
      help: "put the right file back, or make a new key with `rein audit witness keygen`",
      cause,
    });
  }
}

function keyOf(name: string, key: KeyObject, now: () => number): WitnessKey {
  return { name, key, signer: cosignatureSigner(name, key, () => now() / 1000) };
}
