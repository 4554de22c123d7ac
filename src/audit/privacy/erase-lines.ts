import { dirname, join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { putFile, UNFINISHED, writeAll } from "../log/files.js";
import { logPlaces, namesIn } from "../log/layout.js";
import type { Erasure } from "./erasure.js";
import { bytesOf, readVaultLine, vaultLines } from "./vault-lines.js";
import type { Place, VaultLine } from "./vault-lines.js";

/** Bytes that are written at a time. */
const PIECE = 1 << 20;
const LINE_END = Buffer.from("\n");

/** Which lines of the vault are meant. */
export interface LineFilter {
  /** A quick look that may say yes too often. */
  mayMatch(bytes: Buffer): boolean;
  matches(line: VaultLine): boolean;
  /** Lines from this number on, counted from 0, go when they are no lines of a vault; none do when left out. */
  readonly garbageFrom?: number;
}

/** A place in the vault, without what is kept there. */
export interface ErasedPlace extends Place {
  readonly subject: string | undefined;
}

/** The lines that an erasure takes away: of a subject only those that it names, so that none goes without a record. */
export function filterOf(erasure: Erasure): LineFilter {
  if ("below" in erasure) return { mayMatch: () => true, matches: ({ n }) => n < erasure.below };
  if ("path" in erasure) {
    const { n, path } = erasure;
    return {
      mayMatch: (bytes) => bytes.includes(`"n":${n},`),
      matches: (line) => line.n === n && line.path === path,
    };
  }
  const places = new Set(erasure.places.map(([n, path]) => `${n} ${path}`));
  return {
    mayMatch: (bytes) => bytes.includes(`"subject":"${erasure.subject}"`),
    matches: ({ subject, n, path }) => subject === erasure.subject && places.has(`${n} ${path}`),
  };
}

/** Where the vault keeps what a filter means, file by file. @throws ReinError `record_failed`; errors of the system */
export function findLines(disk: Disk, path: string, filter: LineFilter): ErasedPlace[] {
  if (disk.look(path) === undefined) return [];
  const found: ErasedPlace[] = [];
  each(vaultLines(disk, path), (bytes) => {
    const place = lineIn(bytes, filter);
    if (place) found.push(place);
  });
  return found;
}

/**
 * Writes a file of the vault anew without some of its lines, all at once and durably; a torn end goes too. Nothing is
 * written when all stays, and the file goes when nothing does.
 *
 * @returns what is gone
 * @throws errors of the system: then the file is as it was
 */
export function removeLines(disk: Disk, path: string, filter: LineFilter): ErasedPlace[] {
  if (disk.look(path) === undefined) return [];
  const gone: ErasedPlace[] = [];
  const goes = new Set<number>();
  let count = 0;
  const whole = each(vaultLines(disk, path), (bytes) => {
    const number = count++;
    const line = lineIn(bytes, filter);
    if (line === null ? number >= (filter.garbageFrom ?? Infinity) : line !== undefined) goes.add(number);
    if (line) gone.push(line);
  });
  if (goes.size === 0 && whole === bytesOf(disk, path)) return [];
  if (goes.size === count) {
    disk.remove(path);
    disk.syncDirNow(dirname(path));
    return gone;
  }
  putFile(disk, path, "new", (file) => {
    let pieces: Uint8Array[] = [];
    let [length, number] = [0, 0];
    const flush = (): void => {
      writeAll(file, Buffer.concat(pieces));
      [pieces, length] = [[], 0];
    };
    each(vaultLines(disk, path), (bytes) => {
      if (goes.has(number++)) return;
      pieces.push(Buffer.from(bytes), LINE_END);
      length += bytes.length + 1;
      if (length >= PIECE) flush();
    });
    flush();
  });
  return gone;
}

/** Removes what somebody left who died while writing a file of the vault anew: it may hold what was erased since. */
export function removeUnfinished(disk: Disk, dir: string): void {
  const { vault } = logPlaces(dir);
  const left = namesIn(disk, vault).filter((name) => name.endsWith(UNFINISHED));
  for (const name of left) disk.remove(join(vault, name));
  if (left.length > 0) disk.syncDirNow(vault);
}

/** Runs through a generator and returns what it returns. */
export function each<T, R>(items: Generator<T, R, void>, use: (item: T) => void): R {
  for (;;) {
    const next = items.next();
    if (next.done === true) return next.value;
    use(next.value);
  }
}

/** The place of a line that is meant; undefined for another line, null for what may be meant and is none. */
function lineIn(bytes: Buffer, filter: LineFilter): ErasedPlace | undefined | null {
  if (!filter.mayMatch(bytes)) return undefined;
  const line = readVaultLine(bytes);
  if (line === undefined) return null;
  return filter.matches(line) ? { n: line.n, path: line.path, subject: line.subject } : undefined;
}
