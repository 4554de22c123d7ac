import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { ReinError } from "../../core/errors.js";
import { writeAll } from "./files.js";
import { isMissing, makeDirDurably, namesIn } from "./layout.js";
import { hashFromBase64, hashToBase64 } from "../tree/hash.js";
import type { Hash } from "../tree/hash.js";

/** What a log was at some moment: this many leaves, and this is the root of the tree over them. */
export interface Head {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/**
 * Where the newest head of a log is kept, apart from the log: whoever opens a log that is behind it, or beside it,
 * knows that somebody cut or forked it. Kept by compare-and-swap, so that of two writers only one goes on.
 */
export interface HeadKeeper {
  /**
   * The newest kept head; null when none was ever kept.
   *
   * @throws ReinError `head_invalid` when what is there cannot be read, `record_failed`; the system's errors
   */
  read(): Head | null;
  /**
   * Keeps `next`, durably, if the newest is still `previous`. False: somebody else has kept another one meanwhile,
   * perhaps on top of this one.
   *
   * @throws what `read` throws; after an error either of the two may be the newest
   */
  swap(previous: Head | null, next: Head): boolean;
}

/** Keeps heads in a directory of their own: one small file each, named by how many there were before it. */
export function fileHeads(disk: Disk, dir: string): HeadKeeper {
  return new FileHeads(disk, dir);
}

export function isSameHead(a: Head | null, b: Head | null): boolean {
  if (a === null || b === null) return a === b;
  return a.origin === b.origin && a.size === b.size && a.root === b.root;
}

const NAME = /^head\.(\d{8,15})$/;
const UNFINISHED = "head.new.";
/** Longer than anybody takes to give a file its name: who has not by then is dead. */
const UNFINISHED_MS = 60_000;
/** How often a file may vanish between the look at its directory and its opening: each time, there is a newer one. */
const ATTEMPTS_MAX = 100;
/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"]);

interface Kept {
  readonly head: Head | null;
  /** The highest number that a file has, readable or not. */
  readonly generation: number;
}

class FileHeads implements HeadKeeper {
  readonly #disk: Disk;
  readonly #dir: string;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  read(): Head | null {
    return this.#newest().head;
  }

  swap(previous: Head | null, next: Head): boolean {
    const { head, generation } = this.#newest();
    if (!isSameHead(head, previous)) return false;
    if (generation === 0) this.#makeDir();
    return this.#keep(previous, next, generation + 1);
  }

  #makeDir(): void {
    makeDirDurably(this.#disk, this.#dir);
    // It may be there because somebody made it who died before it was durable.
    this.#disk.syncDirNow(dirname(this.#dir));
  }

  /** The newest one that can be read, below a number. */
  #newest(below = Infinity): Kept {
    for (let attempt = 1; ; attempt++) {
      const generations = this.#generations().filter((each) => each < below);
      try {
        return { head: this.#newestOf(generations), generation: generations[0] ?? 0 };
      } catch (error) {
        if (!isMissing(error) || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  #newestOf(generations: readonly number[]): Head | null {
    let isDamaged = false;
    for (const generation of generations) {
      const bytes = this.#disk.read(this.#pathOf(generation));
      // Somebody took the name, and died or is about to go on.
      if (bytes.length === 0) continue;
      const head = parseHead(bytes, generation);
      if (head !== undefined) return head;
      isDamaged = true;
    }
    if (!isDamaged) return null;
    throw new ReinError("head_invalid", `no kept head in \`${this.#dir}\` can be read`, {
      help:
        "compare the log with a head that is kept elsewhere (an anchor, a witness); only then remove the files " +
        "`head.*`, which makes the log as it is now the one to go on from",
    });
  }

  /** From the newest on. */
  #generations(): number[] {
    return namesIn(this.#disk, this.#dir)
      .flatMap((name) => {
        const generation = Number(NAME.exec(name)?.[1] ?? NaN);
        return nameOf(generation) === name ? [generation] : [];
      })
      .sort((a, b) => b - a);
  }

  #keep(previous: Head | null, next: Head, generation: number): boolean {
    const bytes = Buffer.from(formatHead(next, generation));
    const temporary = join(this.#dir, `${UNFINISHED}${randomBytes(8).toString("hex")}`);
    let isNamed: boolean;
    try {
      writeFresh(this.#disk, temporary, bytes);
      isNamed = this.#name(temporary, previous, generation);
      this.#removeUnfinished(temporary);
    } finally {
      this.#remove(temporary);
    }
    if (!isNamed) return false;
    this.#disk.syncDirNow(this.#dir);
    return this.#isOnTop(generation);
  }

  /** Gives the file its name, and with that makes it the newest; false when the name is taken. */
  #name(temporary: string, previous: Head | null, generation: number): boolean {
    const path = this.#pathOf(generation);
    try {
      this.#disk.link(temporary, path);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      if (!NO_LINKS.has((error as { code?: unknown }).code)) throw error;
    }
    try {
      this.#disk.openToAppend(path, true).close();
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
    // Name and contents come one after the other here. Whoever takes the next name meanwhile looks back, as we do now,
    // and we look ahead afterwards: at least one of the two sees the other.
    if (isSameHead(this.#newest(generation).head, previous)) {
      this.#disk.rename(temporary, path);
      if (this.#generations()[0] === generation) return true;
    }
    this.#remove(path);
    return false;
  }

  /**
   * Removes what nobody needs any more. False when the name was free only because others, faster by two or more, had
   * removed the one who had it: then they are on top, and this one is on top of nothing.
   */
  #isOnTop(generation: number): boolean {
    const generations = this.#generations();
    const isOnTop = generations[0]! <= generation + 1;
    for (const older of generations.slice(2)) this.#remove(this.#pathOf(older));
    return isOnTop;
  }

  /** Files of those who died before they gave them a name; by the clock of the file system alone. */
  #removeUnfinished(mine: string): void {
    const others = namesIn(this.#disk, this.#dir)
      .filter((name) => name.startsWith(UNFINISHED))
      .map((name) => join(this.#dir, name))
      .filter((path) => path !== mine);
    if (others.length === 0) return;
    const now = this.#disk.look(mine)?.changedAt ?? 0;
    for (const path of others) {
      const facts = this.#disk.look(path);
      if (facts !== undefined && now - facts.changedAt > UNFINISHED_MS) this.#remove(path);
    }
  }

  #remove(path: string): void {
    try {
      this.#disk.remove(path);
    } catch {
      // It is gone already, or stays without harm.
    }
  }

  #pathOf(generation: number): string {
    return join(this.#dir, nameOf(generation));
  }
}

function isTaken(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "EEXIST";
}

function nameOf(generation: number): string {
  return `head.${String(generation).padStart(8, "0")}`;
}

/** One line of JSON, the keys in this order. */
function formatHead({ origin, size, root }: Head, generation: number): string {
  return `${JSON.stringify({ generation, origin, size, root: hashToBase64(root) })}\n`;
}

/** Undefined for anything but what was written. */
function parseHead(bytes: Uint8Array, generation: number): Head | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
    if (typeof fields !== "object" || fields === null) return undefined;
  } catch {
    return undefined;
  }
  const { origin, size } = fields;
  const root = typeof fields["root"] === "string" ? hashFromBase64(fields["root"]) : undefined;
  if (typeof origin !== "string" || !Number.isSafeInteger(size) || root === undefined) return undefined;
  const head = { origin, size: size as number, root };
  return head.size >= 0 && formatHead(head, generation) === text ? head : undefined;
}

function writeFresh(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.openToAppend(path, true);
  try {
    writeAll(file, bytes);
    file.syncNow();
  } finally {
    file.close();
  }
}
