import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { replaceFile } from "../log/files.js";
import { makeDirDurably, namesIn } from "../log/layout.js";
import { hashToBase64 } from "../tree/index.js";
import type { Hash } from "../tree/index.js";

/**
 * What was seen of a log that does not fit together. `fork`: two trees of one size, both signed: the log's key signed
 * two histories, whoever handed them in. `unproven`: no valid proof came that the newer head continues the older one,
 * which may also be the fault of whoever handed it in.
 */
export interface Contradiction {
  readonly kind: "fork" | "unproven";
  readonly origin: string;
  /** Who tells. */
  readonly by: string;
  /** Wall time, ms since 1970. */
  readonly at: number;
  readonly oldSize: number;
  readonly newSize: number;
  /** Signed notes as they came; the older one may be lost. */
  readonly oldNote: string | undefined;
  readonly newNote: string;
  readonly proof: readonly Hash[];
}

/** Bundles that are kept of one kind: anybody who has a signed checkpoint can hand in a wrong proof for it. */
const MAX_BUNDLES = { fork: 1_000, unproven: 100 } as const;

const SAYS = {
  fork: "two different trees of the same size are signed: the log has two histories",
  unproven: "no valid proof shows that the newer head continues the older one",
} as const;

/**
 * Keeps a bundle for whoever looks into it: both notes, which prove by their signatures what the log said, and the
 * proof. The same contradiction is kept once.
 *
 * @returns its path; undefined when there are too many already
 * @throws the system's error
 */
export function keepEvidence(disk: Disk, dir: string, contradiction: Contradiction): string | undefined {
  const { kind, newSize, oldNote = "", newNote } = contradiction;
  makeDirDurably(disk, dir);
  const id = createHash("sha256").update(`${oldNote}\0${newNote}`).digest("hex").slice(0, 16);
  const name = `${kind}-${String(newSize).padStart(16, "0")}-${id}.txt`;
  const names = namesIn(disk, dir);
  if (!names.includes(name)) {
    if (names.filter((each) => each.startsWith(`${kind}-`)).length >= MAX_BUNDLES[kind]) return undefined;
    replaceFile(disk, join(dir, name), evidenceText(contradiction), "new");
  }
  return join(dir, name);
}

/** The bundle as text, in the manner of Go's checksum database client. */
export function evidenceText(contradiction: Contradiction): string {
  const { kind, origin, by, at, oldSize, newSize, oldNote, newNote, proof } = contradiction;
  return [
    `SECURITY ERROR: ${origin} contradicts itself\n`,
    `${SAYS[kind]}\n`,
    `seen by ${by} at ${new Date(at).toISOString()}\n`,
    `\n== older head, ${oldSize} leaves\n`,
    oldNote ?? "(its note is lost)\n",
    `\n== newer head, ${newSize} leaves\n`,
    newNote,
    `\n== proof that came with it, ${oldSize} to ${newSize} leaves\n`,
    ...proof.map((hash) => `${hashToBase64(hash)}\n`),
  ].join("");
}
