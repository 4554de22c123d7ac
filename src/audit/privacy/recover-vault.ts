import { dirname } from "node:path";
import type { Disk } from "../../core/disk.js";
import { putFile, writeAll } from "../log/files.js";
import { listSegments, logPlaces } from "../log/layout.js";
import { each, removeLines, removeUnfinished } from "./erase-lines.js";
import { SubjectKeys } from "./subject-keys.js";
import { bytesOf, listVault, readVaultLine, vaultLines, vaultPath } from "./vault-lines.js";

export interface RecoverVaultOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Leaves that the log has, before anything is appended to it. */
  readonly size: number;
  /** Leaves that were signed: what was written beyond them may be torn. */
  readonly signed: number;
  /** Segments besides those that are there already. */
  readonly begun?: readonly number[];
}

/** A line and the leaf that it belongs to. */
interface Stray {
  readonly n: number;
  readonly bytes: Buffer;
}

/**
 * Makes the vault fit the log after a crash: a torn end and values of leaves that are gone are taken away, and values
 * of leaves that were moved into another segment move with them. Nothing goes to the quarantine: values must not be
 * where no erasure looks for them. May die at any moment and be run again.
 *
 * @throws ReinError `record_failed`; errors of the system
 */
export function recoverVault({ disk, dir, size, signed, begun = [] }: RecoverVaultOptions): void {
  if (disk.look(logPlaces(dir).vault) === undefined) return;
  removeUnfinished(disk, dir);
  new SubjectKeys(disk, dir).removeUnfinished();
  const there = listSegments(disk, dir);
  // A crash concerns the segment that was written to, and the one that took what was left of it.
  const from = there.at(-2) ?? 0;
  const segments = [...new Set([...there, ...begun])].sort((a, b) => a - b);
  for (const file of listVault(disk, dir)) {
    if (file < from) continue;
    const homeOf = (n: number): number => segments.findLast((first) => first <= n) ?? file;
    const isAway = (n: number): boolean => n >= size || homeOf(n) !== file;
    const path = vaultPath(dir, file);
    const moved = strays(disk, path, (n) => n < size && homeOf(n) !== file);
    for (const home of new Set(moved.map(({ n }) => homeOf(n)))) {
      addLines(
        disk,
        vaultPath(dir, home),
        moved.filter(({ n }) => homeOf(n) === home),
      );
    }
    const garbageFrom = linesUpTo(disk, path, signed);
    removeLines(disk, path, { mayMatch: () => true, matches: ({ n }) => isAway(n), garbageFrom });
  }
}

/** Lines up to the last one of a leaf that was signed: those were durable, and whatever is wrong there is no crash. */
function linesUpTo(disk: Disk, path: string, signed: number): number {
  let [count, last] = [0, 0];
  each(vaultLines(disk, path), (bytes) => {
    count++;
    if ((readVaultLine(bytes)?.n ?? Infinity) < signed) last = count;
  });
  return last;
}

function strays(disk: Disk, path: string, isMeant: (n: number) => boolean): Stray[] {
  const found: Stray[] = [];
  each(vaultLines(disk, path), (bytes) => {
    const n = readVaultLine(bytes)?.n;
    if (n !== undefined && isMeant(n)) found.push({ n, bytes: Buffer.from(`${bytes.toString()}\n`) });
  });
  return found;
}

/** Puts lines into a file in the order of their leaves, each once. */
function addLines(disk: Disk, path: string, added: readonly Stray[]): void {
  const lines = new Map<string, Stray>();
  const take = (stray: Stray): void => void lines.set(stray.bytes.toString("latin1"), stray);
  if (bytesOf(disk, path) > 0) strays(disk, path, () => true).forEach(take);
  const before = lines.size;
  added.forEach(take);
  if (lines.size === before) return;
  const sorted = [...lines.values()].sort((a, b) => a.n - b.n);
  putFile(disk, path, "new", (file) => {
    writeAll(file, Buffer.concat(sorted.map(({ bytes }) => bytes)));
  });
  disk.syncDirNow(dirname(path));
}
