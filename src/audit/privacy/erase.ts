import type { Disk } from "../../core/disk.js";
import { InvalidInputError, ReinError } from "../../core/errors.js";
import { listSegments } from "../log/layout.js";
import { nothingKept } from "./disclose.js";
import { filterOf, findLines, removeLines, removeUnfinished } from "./erase-lines.js";
import type { ErasedPlace, LineFilter } from "./erase-lines.js";
import type { Erasure } from "./erasure.js";
import { keptFields } from "./kept-path.js";
import { firstLeafSince, leafAt, readRedactions } from "./leaves.js";
import { readHold } from "./legal-hold.js";
import type { LegalHold } from "./legal-hold.js";
import { openBox } from "./sealed-box.js";
import { SubjectKeys } from "./subject-keys.js";
import { listVault, vaultPath } from "./vault-lines.js";
import type { VaultLine } from "./vault-lines.js";

/**
 * Appends records to a log, through the process that owns it or as its owner; resolves when they are durable and their
 * writer has done what they say (`Vault.forget`).
 */
export type AppendToLog = (dir: string, records: readonly object[]) => Promise<void>;

/** What is to be erased. */
export type EraseTarget =
  /** One field of one record, or all of its fields. */
  | { readonly record: number; readonly path?: string | undefined }
  /** Everything about one data subject. */
  | { readonly subject: string }
  /** Everything that records from before a time keep; wall time in ms. */
  | { readonly before: number };

export interface EraseOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  readonly target: EraseTarget;
  readonly by: string;
  readonly reason: string;
  /** Wall time in ms. */
  readonly now: number;
  /** Erases although a legal hold is in force; the record says so. */
  readonly despiteHold?: boolean | undefined;
  readonly append: AppendToLog;
}

/** A record of the log that says what was erased, and never what it was. */
export interface RedactedRecord {
  readonly type: "log.redacted";
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly what: Erasure;
  /** Reason of the legal hold that was in force. */
  readonly despiteHold?: string;
}

export interface EraseResult {
  readonly records: readonly RedactedRecord[];
  /** Values that are gone. */
  readonly values: number;
  /** The subject's key was destroyed. */
  readonly isKeyDestroyed: boolean;
}

/** Places that one record names: it must fit into a leaf with room to spare. */
const MAX_PLACES_BYTES = 40_000;
const MAX_TEXT_LENGTH = 2_000;
/** Values that come in while a key is destroyed are found in the next round. */
const MAX_ROUNDS = 3;

/**
 * Erases values from the vault: the record comes first, then the key of a subject, then the lines. May die at any
 * moment and be run again. The leaves stay as they are, and so do all hashes, proofs and signatures.
 *
 * @throws ReinError `legal_hold` when there is one; `vault_invalid` when something is still there afterwards;
 *   InvalidInputError when there is nothing to erase; what `append` throws; errors of the system
 */
export async function erase(options: EraseOptions): Promise<EraseResult> {
  const { disk, dir, target, append } = options;
  const hold = mustBeFree(options);
  removeUnfinished(disk, dir);
  const keys = new SubjectKeys(disk, dir);
  const records: RedactedRecord[] = [];
  const newestOf = (): number => listSegments(disk, dir).at(-1) ?? 0;
  let [values, isKeyDestroyed] = [0, false];
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const erasures = erasuresOf(options, keys, round > 1);
    if (erasures.length === 0) {
      if (round === 1) throw nothingToErase(options);
      return { records, values, isKeyDestroyed };
    }
    const said = erasures.map(({ erasure }) => recordOf(options, erasure, hold));
    await append(dir, said);
    records.push(...said);
    if ("subject" in target) {
      isKeyDestroyed = keys.destroy(keys.pseudonym(target.subject) ?? "") || isKeyDestroyed;
    }
    for (const { erasure, values: more } of erasures) {
      values += more;
      // The newest file is its writer's, who has heard of it through the record.
      for (const file of filesOf(disk, dir, erasure).filter((first) => first < newestOf())) {
        removeLines(disk, vaultPath(dir, file), filterOf(erasure));
      }
    }
    // What was sealed while the key was destroyed comes in the next round.
    if ("subject" in target) continue;
    if (erasuresOf(options, keys, true).length > 0) break;
    return { records, values, isKeyDestroyed };
  }
  throw new ReinError(
    "vault_invalid",
    `not all of it could be erased: something is still in the vault of \`${dir}\``,
    {
      help: "the process that writes the log takes away what is newest; see that it runs, and run the command again",
    },
  );
}

interface Found {
  readonly erasure: Erasure;
  /** Values that it takes away. */
  readonly values: number;
}

/** @param isAgain of a subject, only what no key opens any more */
function erasuresOf({ disk, dir, target }: EraseOptions, keys: SubjectKeys, isAgain: boolean): Found[] {
  const find = (filter: LineFilter, files = listVault(disk, dir)): ErasedPlace[] =>
    files.flatMap((file) => findLines(disk, vaultPath(dir, file), filter));
  if ("before" in target) {
    const below = firstLeafSince(disk, dir, target.before);
    const values = find(filterOf({ below })).length;
    return values === 0 ? [] : [{ erasure: { below }, values }];
  }
  if ("record" in target) {
    const { record: n, path } = target;
    return fieldsOf(disk, dir, n, path).flatMap((field) => {
      const erasure = { n, path: field };
      const values = find(filterOf(erasure), filesOf(disk, dir, erasure)).length;
      return values === 0 ? [] : [{ erasure, values }];
    });
  }
  const subject = keys.pseudonym(target.subject);
  if (subject === undefined) return [];
  const key = keys.find(subject);
  const text = `"subject":"${subject}"`;
  const isMeant = ({ subject: whose, commitment, box }: VaultLine): boolean =>
    whose === subject &&
    !(isAgain && key !== undefined && box !== undefined && typeof openBox(key, commitment, box) === "object");
  const places = find({ mayMatch: (bytes) => bytes.includes(text), matches: isMeant });
  // A key that nothing is sealed under here may still open a copy of the vault.
  if (places.length === 0) {
    return key === undefined || isAgain ? [] : [{ erasure: { subject, places: [] }, values: 0 }];
  }
  return inParts(places).map((part) => ({ erasure: { subject, places: part }, values: part.length }));
}

/** Files in which an erasure can find something. */
function filesOf(disk: Disk, dir: string, erasure: Erasure): number[] {
  const files = listVault(disk, dir);
  if ("below" in erasure) return files.filter((first) => first < erasure.below);
  if (!("path" in erasure)) return files;
  // A process that had lost the log may have gone on in the file before the right one.
  const before = listSegments(disk, dir).filter((first) => first <= erasure.n);
  return files.filter((first) => before.slice(-2).includes(first));
}

function fieldsOf(disk: Disk, dir: string, n: number, path: string | undefined): string[] {
  const all = keptFields(leafAt(disk, dir, n));
  const meant = path === undefined ? all : all.filter((field) => field.path === path);
  if (meant.length === 0) throw nothingKept(n, path, all);
  return meant.map((field) => field.path);
}

function inParts(places: readonly ErasedPlace[]): (readonly [number, string])[][] {
  const parts: [number, string][][] = [];
  let left = 0;
  for (const { n, path } of places) {
    const bytes = Buffer.byteLength(JSON.stringify([n, path])) + 1;
    if (bytes > left) {
      parts.push([]);
      left = MAX_PLACES_BYTES;
    }
    parts.at(-1)!.push([n, path]);
    left -= bytes;
  }
  return parts;
}

function recordOf(
  { by, reason, now }: EraseOptions,
  what: Erasure,
  hold: LegalHold | undefined,
): RedactedRecord {
  const despite = hold === undefined ? {} : { despiteHold: hold.reason };
  return { type: "log.redacted", at: now, by, reason, what, ...despite };
}

/** The hold that is disregarded; undefined when there is none. */
function mustBeFree({
  disk,
  dir,
  by,
  reason,
  now,
  despiteHold = false,
}: EraseOptions): LegalHold | undefined {
  for (const [field, text] of [
    ["by", by],
    ["reason", reason],
  ] as const) {
    if (text.trim() === "" || text.length > MAX_TEXT_LENGTH) {
      throw new InvalidInputError(field, `\`${field}\` must have 1 to ${MAX_TEXT_LENGTH} characters`, {
        help: "an erasure is on the record: who did it and why, without what was erased",
      });
    }
  }
  const hold = readHold(disk, dir, now);
  if (hold === undefined || despiteHold) return hold;
  throw new ReinError(
    "legal_hold",
    `a legal hold is in force since ${timeText(hold.since)}, by \`${hold.by}\`: ${hold.reason}`,
    {
      help: "ask who laid it; `--despite-hold` erases all the same, and the record says so",
    },
  );
}

function nothingToErase({ disk, dir, target }: EraseOptions): InvalidInputError {
  if ("before" in target) {
    return new InvalidInputError("before", "no record from before that time has anything in the vault");
  }
  if ("subject" in target) {
    return new InvalidInputError("subject", "nothing is kept of this subject", {
      help: "give the subject exactly as it was named when the value was kept",
    });
  }
  const { record: n, path } = target;
  const redactions = readRedactions(disk, dir, n);
  const before = fieldsOf(disk, dir, n, path).map((field) => redactions.of({ n, path: field }));
  const by = before.find((redaction) => redaction !== undefined);
  return new InvalidInputError(
    "record",
    `the vault has nothing of record ${n}${path === undefined ? "" : ` at \`${path}\``}`,
    {
      help:
        by === undefined
          ? "it was never kept here, or lost"
          : `it was erased before: record ${by.n}, by \`${by.by}\``,
    },
  );
}

function timeText(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : "an unknown time";
}
