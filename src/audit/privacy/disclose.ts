import type { Disk } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";
import { listSegments } from "../log/layout.js";
import type { LogRecord } from "../log/leaf.js";
import { saltText } from "./commitment.js";
import { each } from "./erase-lines.js";
import type { Redaction, Redactions } from "./erasure.js";
import { keptFields } from "./kept-path.js";
import type { KeptField } from "./kept-path.js";
import { leafAt, readRedactions } from "./leaves.js";
import { openLine } from "./opening.js";
import { SubjectKeys } from "./subject-keys.js";
import { listVault, readVaultLine, vaultLines, vaultPath } from "./vault-lines.js";
import type { VaultLine } from "./vault-lines.js";

/**
 * What can be said of a value that a leaf commits to. `disclosed`: it is here, and it is the one. `withheld`: nobody
 * shows it here. `erased`: the log says that it was. `MISMATCH`: what is shown is not what the leaf commits to.
 */
export type FieldVerdict = "disclosed" | "withheld" | "erased" | "MISMATCH";

/** One field of a leaf. With value and salt anybody can check the commitment: see docs/privacy.md. */
export interface Disclosure {
  readonly path: string;
  readonly verdict: FieldVerdict;
  readonly commitment: string;
  readonly value?: unknown;
  /** 16 bytes in base64url. */
  readonly salt?: string;
  /** Pseudonym of whom it is about. */
  readonly subject?: string;
  /** The record that says that it was erased; also when it is still there. */
  readonly erased?: Redaction;
  readonly why?: string;
}

export interface DiscloseOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  /** Index of the leaf. */
  readonly n: number;
  /** One field; all that are kept when left out. */
  readonly path?: string | undefined;
}

/**
 * Finds the values that a leaf commits to, and checks them against it. That the leaf is in the log is for `rein audit
 * prove` to say.
 *
 * @throws InvalidInputError when there is no such leaf or field; ReinError `record_failed`, `record_damaged`
 */
export function disclose(options: DiscloseOptions): {
  readonly leaf: LogRecord;
  readonly fields: Disclosure[];
} {
  const { disk, dir, n, path } = options;
  const leaf = leafAt(disk, dir, n);
  const all = keptFields(leaf);
  const fields = path === undefined ? all : all.filter((field) => field.path === path);
  if (fields.length === 0) throw nothingKept(n, path, all);
  const lines = linesOf(disk, dir, n);
  const keys = new SubjectKeys(disk, dir);
  const redactions = readRedactions(disk, dir, n);
  return { leaf, fields: fields.map((field) => disclosureOf(n, field, lines, keys, redactions)) };
}

function disclosureOf(
  n: number,
  { path, commitment }: KeptField,
  lines: readonly VaultLine[],
  keys: SubjectKeys,
  redactions: Redactions,
): Disclosure {
  const erased = redactions.of({ n, path });
  const base = { path, commitment, ...(erased !== undefined && { erased }) };
  let found: Disclosure | undefined;
  for (const line of lines) {
    if (line.path !== path) continue;
    const subject = line.subject === undefined ? {} : { subject: line.subject };
    const opened = openLine(keys, line, commitment);
    if (opened.state === "mismatch") return { ...base, ...subject, verdict: "MISMATCH", why: opened.why };
    if (opened.state === "locked") {
      found ??= {
        ...base,
        ...subject,
        verdict: "withheld",
        why: "the key that it was sealed under is not here",
      };
      continue;
    }
    const { canonical, salt } = opened.opening;
    const why =
      erased === undefined ? {} : { why: `record ${erased.n} says that it was erased, and it is still here` };
    const value: unknown = JSON.parse(canonical);
    found = { ...base, ...subject, verdict: "disclosed", value, salt: saltText(salt), ...why };
  }
  if (erased !== undefined && found?.verdict !== "disclosed") return { ...base, verdict: "erased" };
  return found ?? { ...base, verdict: "withheld", why: "it is not in the vault" };
}

/** What the vault has for a leaf. */
function linesOf(disk: Disk, dir: string, n: number): VaultLine[] {
  const home = listSegments(disk, dir).findLast((first) => first <= n);
  const file = listVault(disk, dir).find((first) => first === home);
  if (file === undefined) return [];
  const found: VaultLine[] = [];
  each(vaultLines(disk, vaultPath(dir, file)), (bytes) => {
    if (!bytes.includes(`"n":${n},`)) return;
    const line = readVaultLine(bytes);
    if (line?.n === n) found.push(line);
  });
  return found;
}

/** No such field. */
export function nothingKept(
  n: number,
  path: string | undefined,
  there: readonly KeptField[],
): InvalidInputError {
  const paths = there.map((field) => `\`${field.path}\``).join(", ");
  if (there.length === 0) {
    return new InvalidInputError("record", `record ${n} commits to no value`, {
      help: "values are kept only of actions after keeping was switched on; see docs/privacy.md",
    });
  }
  return new InvalidInputError("path", `record ${n} keeps nothing at \`${path ?? ""}\``, {
    help: `it keeps ${paths}`,
  });
}
