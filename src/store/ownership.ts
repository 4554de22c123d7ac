import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import { codeOf, readIfThere, removeIfThere, writeAll, writeFresh } from "./disk-files.js";
import { numbersOf, ownerName, temporaryName } from "./file-names.js";
import type { Identity, OwnerFacts } from "./identity.js";
import {
  describeOwner,
  highestOf,
  isAlive,
  ownerFileText,
  readOwnerFiles,
  SILENT_MS,
  type OwnerFile,
} from "./owner-file.js";

export interface OwnershipOptions {
  readonly disk: Disk;
  /** Absolute. */
  readonly dir: string;
  /** How the user calls it. */
  readonly name: string;
  readonly now: () => number;
  readonly identity: Identity;
  /** A new text of hexadecimal digits that nobody else has. */
  readonly nonce: () => string;
  /** Waits, to see whether an owner that cannot be asked gives a sign of life. */
  readonly wait: (ms: number) => Promise<void>;
}

export interface Taken {
  readonly ownership: Ownership;
  readonly notes: readonly string[];
}

/** Others may be taking the directory at the same time; each round one of them gets it. */
const ROUNDS_MAX = 20;
/** How often an owner that cannot be asked is looked at. */
const LOOK_AGAIN_MS = 1_000;
/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"]);

/**
 * Takes a directory over, or refuses in the name of its living owner. The highest `owner.N` owns the directory. To
 * take over is to be the first to make `owner.N+1`, and then to remove the ones below: an owner that finds its file
 * gone knows that it is none any more, see {@link Ownership.isMine}.
 *
 * @throws ReinError `store_in_use`; errors of the system as they are
 */
export async function takeOwnership(options: OwnershipOptions): Promise<Taken> {
  const { disk, dir, name, now, identity } = options;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const seen = readOwnerFiles(disk, dir);
    for (const file of [...seen].reverse()) await refuseIfLiving(file, options);

    const { pid, startTime, host, machineBoot, pidNamespace } = identity;
    const ids = { pid, startTime, host, machineBoot, pidNamespace };
    const unfenced = seen.some(mayWake);
    const facts: OwnerFacts = {
      ...ids,
      since: now(),
      nonce: options.nonce(),
      ...(unfenced && { unfenced }),
    };
    const mine = await makeOwnerFile(options, (highestOf(seen)?.number ?? 0) + 1, facts);
    if (mine === undefined) continue;
    // Where nobody has left a word, anybody may have been here.
    const ownership = new Ownership(options, mine, facts, unfenced || seen.length === 0);
    try {
      const others = readOwnerFiles(disk, dir).filter(({ number }) => number !== mine);
      const isKnown = (other: OwnerFile): boolean =>
        seen.some(({ number, facts }) => number === other.number && facts?.nonce === other.facts?.nonce);
      // Somebody came while we looked, and may have looked before we came: whoever sees the other one steps back.
      if (!others.every(isKnown)) {
        disk.remove(ownership.path);
        continue;
      }
      for (const { path } of others) disk.remove(path);
      await disk.syncDir(dir);
    } catch (error) {
      removeIfThere(disk, ownership.path);
      throw error;
    }
    return { ownership, notes: notesOn(highestOf(seen), identity) };
  }
  throw new ReinError("store_in_use", `\`${name}\` is being taken by several processes at once`, {
    help: "one process owns a directory: start only one of them with it",
  });
}

/** Being the owner of a directory. */
export class Ownership {
  /** The owner file: its time of change is our sign of life. */
  readonly path: string;
  readonly nonce: string;
  /** The owner before may wake up and write, or nobody knows: what it writes must not count. */
  readonly mustFence: boolean;
  readonly #options: OwnershipOptions;
  readonly #number: number;
  readonly #text: string;
  #facts: OwnerFacts;
  #isLost = false;

  constructor(options: OwnershipOptions, number: number, facts: OwnerFacts, mustFence: boolean) {
    this.#options = options;
    this.#number = number;
    this.#facts = facts;
    this.#text = ownerFileText(facts, false);
    this.path = join(options.dir, ownerName(number));
    this.nonce = facts.nonce;
    this.mustFence = mustFence;
  }

  /** Whether it was found that somebody else owns the directory now. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Looks whether the directory is still ours. Who takes it over removes our file before reading the others, so that
   * what was written before this look, and is followed by a yes, has been read.
   *
   * @throws errors of the system: then nobody knows
   */
  isMine(): boolean {
    if (this.#isLost) return false;
    const bytes = readIfThere(this.#options.disk, this.path);
    this.#isLost = bytes === undefined || new TextDecoder().decode(bytes) !== this.#text;
    return !this.#isLost;
  }

  /** The same, as an error. */
  mustBeMine(): void {
    if (this.isMine()) return;
    throw new ReinError("store_in_use", `\`${this.#options.name}\` was taken over by another process`, {
      help: "stop this process: what it does no longer counts, and only the new owner knows what does",
    });
  }

  /** Gives a sign of life, and looks whether the directory is still ours. */
  heartbeat(): void {
    const { disk, dir } = this.#options;
    try {
      if (!this.isMine()) return;
      if (numbersOf(disk.list(dir), "owner").some((number) => number > this.#number)) this.#isLost = true;
      else disk.touch(this.path);
    } catch (error) {
      // A directory that is gone is nobody's; any other trouble says nothing about owners.
      if (codeOf(error) === "ENOENT") this.#isLost = true;
    }
  }

  /** What owners before us may still write does not count any more: the next one need not see to it. */
  fenced(): void {
    const { unfenced: _unfenced, ...facts } = this.#facts;
    this.#facts = facts;
  }

  /** Lets the directory go. Our file stays and says so: numbers never go down, and the next one learns who was here. */
  release(): void {
    const { disk, dir } = this.#options;
    if (!this.isMine()) return;
    const temporary = join(dir, temporaryName(this.#options.nonce()));
    try {
      const file = disk.openToAppend(temporary, true);
      try {
        writeAll(file, new TextEncoder().encode(ownerFileText(this.#facts, true)));
      } finally {
        file.close();
      }
      disk.rename(temporary, this.path);
    } catch {
      // A full disk has no room for that; removing always has.
      removeIfThere(disk, temporary);
      disk.remove(this.path);
    }
    this.#isLost = true;
  }
}

/** Whether an owner may still write, or one before it: only one that has let the directory go never does. */
function mayWake({ isReleased, facts }: OwnerFile): boolean {
  return !isReleased || facts?.unfenced === true;
}

/** Makes the owner file all at once, so that nobody sees half of it; undefined when somebody was faster. */
async function makeOwnerFile(
  { disk, dir, nonce }: OwnershipOptions,
  number: number,
  facts: OwnerFacts,
): Promise<number | undefined> {
  const temporary = join(dir, temporaryName(nonce()));
  const path = join(dir, ownerName(number));
  const bytes = new TextEncoder().encode(ownerFileText(facts, false));
  await writeFresh(disk, temporary, bytes);
  try {
    disk.link(temporary, path);
    return number;
  } catch (error) {
    const code = codeOf(error) ?? "";
    // Whoever became the owner meanwhile has swept our temporary file away.
    if (code === "EEXIST" || code === "ENOENT") return undefined;
    if (!NO_LINKS.has(code)) throw error;
  } finally {
    removeIfThere(disk, temporary);
  }
  try {
    await writeFresh(disk, path, bytes);
    return number;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
}

async function refuseIfLiving(file: OwnerFile, options: OwnershipOptions): Promise<void> {
  if (file.isReleased) return;
  const alive = isAlive(file.facts, options.identity);
  if (!(alive ?? (await givesSignOfLife(file, options)))) return;
  const { name, identity } = options;
  const isMe = file.facts?.pid === identity.pid && alive === true;
  const who = isMe
    ? `this process since ${new Date(file.facts.since).toISOString()}`
    : describeOwner(file.facts);
  throw new ReinError("store_in_use", `\`${name}\` is in use by ${who}`, {
    help: "one process owns a directory: let the others talk to that one, stop it, or give each a directory of its own",
  });
}

/**
 * Whether an owner on another machine, in another container or behind a file that cannot be read has touched its
 * file lately, by the clock of the file system. One that seems silent for long enough is gone; one that does not is
 * watched for as long.
 */
async function givesSignOfLife(file: OwnerFile, options: OwnershipOptions): Promise<boolean> {
  const { disk, dir, wait } = options;
  const first = disk.look(file.path)?.changedAt;
  if (first === undefined) return false;
  const probe = join(dir, temporaryName(options.nonce()));
  await writeFresh(disk, probe, new Uint8Array(0));
  try {
    for (let waitedMs = 0; waitedMs < SILENT_MS; waitedMs += LOOK_AGAIN_MS) {
      const silentMs = (disk.look(probe)?.changedAt ?? first) - first;
      if (silentMs >= SILENT_MS) return false;
      await wait(LOOK_AGAIN_MS);
      const facts = disk.look(file.path);
      if (facts === undefined) return false;
      if (facts.changedAt !== first) return true;
      disk.touch(probe);
    }
    return false;
  } finally {
    removeIfThere(disk, probe);
  }
}

function notesOn(before: OwnerFile | undefined, me: Identity): string[] {
  if (before === undefined) return [];
  const notes: string[] = [];
  if (!before.isReleased)
    notes.push(`the owner before, ${describeOwner(before.facts)}, is gone without saying so`);
  const host = before.facts?.host;
  if (host !== undefined && host !== me.host) {
    notes.push(
      `the directory was last owned on another machine, \`${host}\`: if it was copied, only one copy may run`,
    );
  }
  return notes;
}
