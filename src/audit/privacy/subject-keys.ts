import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { UNFINISHED, replaceFile, writeAll } from "../log/files.js";
import { damaged, isMissing, logPlaces, makeDirDurably, namesIn } from "../log/layout.js";

const KEY_BYTES = 32;
const SECRET = "secret";
/** What is hashed before a subject's name. */
const DOMAIN = "rein/subject/v1:";

/**
 * The keys of data subjects: one file each in `vault/keys`, named with a keyed pseudonym of the subject. Who destroys
 * such a file makes all values that were sealed under it unreadable, also in copies of the vault without `keys`.
 *
 * Keys are read anew each time: one that was destroyed seals nothing more, whoever destroyed it.
 */
export class SubjectKeys {
  readonly #disk: Disk;
  readonly #dir: string;
  #secret: Uint8Array | undefined;
  /** Keys were made whose names might not survive a power failure. */
  #hasNew = false;

  /** @param dir the log's directory */
  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = join(logPlaces(dir).vault, "keys");
  }

  /** The pseudonym of a subject: 32 hexadecimal digits; undefined where nobody has one yet. @throws the system's error */
  pseudonym(subject: string): string | undefined {
    this.#secret ??= this.#read(SECRET);
    return this.#secret === undefined ? undefined : pseudonymOf(this.#secret, subject);
  }

  /** The key of a pseudonym; undefined when it was destroyed or is not given. @throws the system's error */
  find(pseudonym: string): Uint8Array | undefined {
    return this.#read(`${pseudonym}.key`);
  }

  /** Keys and pseudonyms of subjects; keys that are missing are made, durably. @throws the system's error */
  findOrMake(
    subjects: Iterable<string>,
  ): Map<string, { readonly pseudonym: string; readonly key: Uint8Array }> {
    const found = new Map<string, { readonly pseudonym: string; readonly key: Uint8Array }>();
    for (const subject of subjects) {
      const pseudonym = this.pseudonym(subject) ?? pseudonymOf(this.#makeSecret(), subject);
      let key = this.find(pseudonym);
      if (key === undefined) {
        key = this.#make(`${pseudonym}.key`);
        this.#hasNew = true;
      }
      found.set(subject, { pseudonym, key });
    }
    // Once for all of them: what is sealed under them is written later.
    if (this.#hasNew) this.#disk.syncDirNow(this.#dir);
    this.#hasNew = false;
    return found;
  }

  /** Destroys a key, durably; false when there is none. @throws the system's error */
  destroy(pseudonym: string): boolean {
    const path = join(this.#dir, `${pseudonym}.key`);
    this.removeUnfinished();
    if (this.#disk.look(path) === undefined) return false;
    this.#disk.remove(path);
    this.#disk.syncDirNow(this.#dir);
    return true;
  }

  /** Removes keys that somebody left who died while making them: nothing was ever sealed under them. */
  removeUnfinished(): void {
    for (const name of namesIn(this.#disk, this.#dir)) {
      if (name.endsWith(UNFINISHED)) this.#disk.remove(join(this.#dir, name));
    }
  }

  #makeSecret(): Uint8Array {
    makeDirDurably(this.#disk, this.#dir);
    const secret = randomBytes(KEY_BYTES);
    replaceFile(this.#disk, join(this.#dir, SECRET), secret, "new");
    return (this.#secret = secret);
  }

  /** Synced before it gets its name: a key file is whole or not there. */
  #make(name: string): Uint8Array {
    const path = join(this.#dir, name);
    if (this.#disk.look(path + UNFINISHED) !== undefined) this.#disk.remove(path + UNFINISHED);
    const key = randomBytes(KEY_BYTES);
    const file = this.#disk.openToAppend(path + UNFINISHED, true);
    try {
      writeAll(file, key);
      file.syncNow();
    } finally {
      file.close();
    }
    this.#disk.rename(path + UNFINISHED, path);
    return key;
  }

  #read(name: string): Uint8Array | undefined {
    const path = join(this.#dir, name);
    let bytes: Uint8Array;
    try {
      bytes = this.#disk.read(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    if (bytes.length !== KEY_BYTES)
      throw damaged(path, `has ${bytes.length} bytes, and a key has ${KEY_BYTES}`);
    return bytes;
  }
}

/** Half of the MAC: enough to keep subjects apart, and file systems that ignore case do not mix hexadecimal up. */
function pseudonymOf(secret: Uint8Array, subject: string): string {
  return createHmac("sha256", secret).update(DOMAIN).update(subject, "utf8").digest("hex").slice(0, 32);
}
