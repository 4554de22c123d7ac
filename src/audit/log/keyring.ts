import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { ed25519Signer, isKeyName, parseVkey } from "../note/index.js";
import type { NoteSigner } from "../note/index.js";
import { replaceFile } from "./files.js";
import { isMissing, logPlaces, makeDirDurably, namesIn } from "./layout.js";

/** The name of an epoch's key. */
export function epochKeyName(origin: string, epoch: number): string {
  return `${origin}/e/${epoch}`;
}

interface EpochKey {
  readonly key: KeyObject;
  readonly signer: NoteSigner;
  isKept: boolean;
}

/**
 * The private keys of a log: one that signs every checkpoint, and one for each epoch, which is destroyed when the epoch
 * is sealed, so that whoever steals the first one later cannot seal other records in the place of old ones.
 */
export class Keyring {
  readonly origin: string;
  readonly log: NoteSigner;
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #epochs = new Map<number, EpochKey>();

  private constructor(disk: Disk, dir: string, origin: string, log: NoteSigner) {
    this.#disk = disk;
    this.#dir = dir;
    this.origin = origin;
    this.log = log;
  }

  /**
   * Makes the keys of a new log, or takes up those of one that did not get further.
   *
   * @throws ReinError `key_invalid`; the system's errors
   */
  static create(disk: Disk, dir: string, origin = `rein.local/${randomBytes(8).toString("hex")}`): Keyring {
    if (!isKeyName(origin)) {
      throw new ReinError("key_invalid", `\`${origin}\` cannot be the origin of a log`, {
        help: "use a name such as example.com/agents, without spaces and without +",
      });
    }
    makeDirDurably(disk, logPlaces(dir).keys);
    const path = logKeyPath(dir);
    const key = readKey(disk, path) ?? writeKey(disk, path, newKey());
    const ring = new Keyring(disk, dir, origin, ed25519Signer(origin, key));
    replaceFile(disk, logPlaces(dir).vkey, `${ring.log.vkey}\n`, "new");
    return ring;
  }

  /** @throws ReinError `key_missing`, `key_invalid`; the system's errors */
  static open(disk: Disk, dir: string, origin: string): Keyring {
    const path = logKeyPath(dir);
    const key = readKey(disk, path);
    if (key === undefined) {
      throw new ReinError("key_missing", `the log's private key \`${path}\` is gone`, {
        help: "put it back; without it nothing can be added to this log, and only a new one can be begun in another directory",
      });
    }
    const ring = new Keyring(disk, dir, origin, ed25519Signer(origin, key));
    const said = readText(disk, logPlaces(dir).vkey);
    if (said !== undefined && parseVkey(said.trim()).vkey !== ring.log.vkey) {
      throw new ReinError("key_invalid", `\`${path}\` is not the key that \`vkey\` in the log names`, {
        help: "put the right key back: whoever checks the log would not accept what this one signs",
      });
    }
    return ring;
  }

  /** Epochs whose keys are there, ascending. */
  get epochs(): number[] {
    return namesIn(this.#disk, logPlaces(this.#dir).keys)
      .flatMap((name) => /^epoch-(\d{1,15})\.pem$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** The key of an epoch; when there is none yet it is made, in memory only. @throws the system's errors */
  epoch(number: number): NoteSigner {
    return this.#key(number).signer;
  }

  /** Whether the key of an epoch is still there. */
  has(number: number): boolean {
    return this.#epochs.has(number) || this.#disk.look(epochKeyPath(this.#dir, number)) !== undefined;
  }

  /** Keeps the key of an epoch, durably: before anything is recorded that names it. @throws the system's errors */
  keep(number: number): void {
    const key = this.#key(number);
    if (key.isKept) return;
    writeKey(this.#disk, epochKeyPath(this.#dir, number), key.key);
    key.isKept = true;
  }

  /** Destroys the key of an epoch. A program cannot promise that nothing of it is left in memory or on the medium. */
  destroy(epoch: number): void {
    this.#epochs.delete(epoch);
    const path = epochKeyPath(this.#dir, epoch);
    if (this.#disk.look(path) === undefined) return;
    this.#disk.remove(path);
    this.#disk.syncDirNow(logPlaces(this.#dir).keys);
  }

  #key(number: number): EpochKey {
    let found = this.#epochs.get(number);
    if (found === undefined) {
      const kept = readKey(this.#disk, epochKeyPath(this.#dir, number));
      const key = kept ?? newKey();
      const signer = ed25519Signer(epochKeyName(this.origin, number), key);
      this.#epochs.set(number, (found = { key, signer, isKept: kept !== undefined }));
    }
    return found;
  }
}

function logKeyPath(dir: string): string {
  return join(logPlaces(dir).keys, "log.pem");
}

function epochKeyPath(dir: string, epoch: number): string {
  return join(logPlaces(dir).keys, `epoch-${epoch}.pem`);
}

/** Undefined when there is none. */
function readKey(disk: Disk, path: string): KeyObject | undefined {
  const text = readText(disk, path);
  if (text === undefined) return undefined;
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
    throw new Error(`it is a key for ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new ReinError("key_invalid", `\`${path}\` is no private key for Ed25519: ${messageOf(cause)}`, {
      help: "put the right file back",
      cause,
    });
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

function writeKey(disk: Disk, path: string, key: KeyObject): KeyObject {
  replaceFile(disk, path, key.export({ type: "pkcs8", format: "pem" }).toString(), "new");
  return key;
}

function readText(disk: Disk, path: string): string | undefined {
  try {
    return new TextDecoder().decode(disk.read(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
