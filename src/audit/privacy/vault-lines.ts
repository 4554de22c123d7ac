import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import { canonicalJson } from "../../core/canonical.js";
import type { Disk } from "../../core/disk.js";
import { indexName, logPlaces, namesIn } from "../log/layout.js";
import { isCommitmentText, readSalt, saltText } from "./commitment.js";
import type { Opening } from "./sealed-box.js";

/** Longest value in characters of its canonical JSON; of a longer one only the commitment is made, and it is withheld. */
export const MAX_VALUE_LENGTH = 1 << 20;
/** A character has three bytes at most, and a box is a third longer than what is in it. */
const MAX_LINE_BYTES = 4 * MAX_VALUE_LENGTH + 65_536;
const PIECE = 1 << 20;
const LINE_END = 0x0a;

/** Where a value belongs: field `path` of leaf `n`. */
export interface Place {
  readonly n: number;
  readonly path: string;
}

/** A line of the vault. One without a box holds its value as it is. */
export interface VaultLine extends Place {
  readonly commitment: string;
  /** Salt and value; undefined when they are sealed. */
  readonly opening: Opening | undefined;
  readonly box: string | undefined;
  /** Pseudonym of whom the key belongs to. */
  readonly subject: string | undefined;
}

export function vaultPath(dir: string, segment: number): string {
  return join(logPlaces(dir).vault, `${indexName(segment)}.jsonl`);
}

/** First indices of the segments of which the vault keeps values, ascending. @throws ReinError `record_failed` */
export function listVault(disk: Disk, dir: string): number[] {
  return namesIn(disk, logPlaces(dir).vault)
    .flatMap((name) => {
      const first = Number(/^(\d{16})\.jsonl$/.exec(name)?.[1] ?? NaN);
      return Number.isSafeInteger(first) ? [first] : [];
    })
    .sort((a, b) => a - b);
}

/** A line that holds its value as it is, with its end. */
export function plainLine({ n, path }: Place, commitment: string, { salt, canonical }: Opening): string {
  return `{"$c":"${commitment}","n":${n},"path":${JSON.stringify(path)},"salt":"${saltText(salt)}","value":${canonical}}\n`;
}

/** A line that holds its value sealed, with its end. */
export function sealedLine({ n, path }: Place, commitment: string, box: string, subject: string): string {
  return `{"$c":"${commitment}","box":"${box}","n":${n},"path":${JSON.stringify(path)},"subject":"${subject}"}\n`;
}

/** Reads a line strictly: it must be the canonical form of what is in it. Undefined for everything else. */
export function readVaultLine(bytes: Buffer): VaultLine | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
    if (typeof fields !== "object" || canonicalJson(fields) !== text) return undefined;
  } catch {
    return undefined;
  }
  const { $c, n, path, box, salt, subject, value } = fields;
  if (!isCommitmentText($c) || typeof path !== "string") return undefined;
  if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 0) return undefined;
  const place = { n, path, commitment: $c };
  const count = Object.keys(fields).length;
  if (typeof box === "string" && typeof subject === "string" && count === 5) {
    return { ...place, opening: undefined, box, subject };
  }
  const bytesOfSalt = readSalt(salt);
  if (bytesOfSalt === undefined || value === undefined || count !== 5) return undefined;
  return {
    ...place,
    opening: { salt: bytesOfSalt, canonical: canonicalJson(value) },
    box: undefined,
    subject: undefined,
  };
}

/**
 * Reads a file of the vault line by line, holding a piece of it at a time.
 *
 * @returns yields lines without their ends, good until the next is asked for; returns how many bytes whole lines are
 * @throws ReinError `record_failed`
 */
export function* vaultLines(disk: Disk, path: string): Generator<Buffer, number, void> {
  const file = disk.openToRead(path);
  try {
    let buffer = Buffer.allocUnsafe(2 * PIECE);
    let [base, filled, at] = [0, 0, 0];
    for (;;) {
      const end = buffer.subarray(0, filled).indexOf(LINE_END, at);
      if (end >= 0) {
        const line = buffer.subarray(at, end);
        at = end + 1;
        yield line;
        continue;
      }
      buffer.copyWithin(0, at, filled);
      base += at;
      filled -= at;
      at = 0;
      // What is too long for a line is none, nor is what follows: nobody could say where it begins.
      if (filled > MAX_LINE_BYTES) return base;
      if (filled + PIECE > buffer.length)
        buffer = Buffer.concat([buffer.subarray(0, filled)], 2 * buffer.length);
      const more = file.read(buffer.subarray(filled), base + filled);
      if (more === 0) return base;
      filled += more;
    }
  } finally {
    file.close();
  }
}

/** Bytes of a file; 0 when there is none. */
export function bytesOf(disk: Disk, path: string): number {
  return disk.look(path)?.bytes ?? 0;
}
