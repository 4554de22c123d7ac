import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf } from "../../core/errors.js";
import { logPlaces, namesIn } from "../log/layout.js";
import { evaluateTlogPolicy } from "../note/trust.js";
import type { TlogPolicy } from "../note/tlog-policy.js";
import type { NoteVerifier } from "../note/index.js";
import type { Findings } from "./findings.js";
import { ownNote } from "./note-check.js";
import type { OwnNote } from "./note-check.js";
import { fileAt, smallFile } from "./places.js";
import type { Point } from "./tree-check.js";
import type { Anchor, Cosigner } from "./verdict.js";

const NOTE_BYTES_MAX = 1 << 20;
const RECEIPT_BYTES_MAX = 1 << 20;
const RECEIPTS_MAX = 4096;

/** What the receipts in a log's directory say, before it is known whether the log leads to them. */
export interface Receipts {
  /** Of the cosigned checkpoint, when a policy was given; null otherwise. */
  readonly cosigned: {
    readonly size: number;
    readonly quorum: boolean;
    readonly witnesses: readonly Cosigner[];
  } | null;
  readonly anchors: readonly Anchor[];
  /** What the log must lead to if they are true. */
  readonly points: readonly Point[];
}

/** Reads cosignatures and anchor receipts. What cannot be read is said, and counts for nothing. */
export function readReceipts(
  disk: Disk,
  dir: string,
  verifier: NoteVerifier | null,
  policy: TlogPolicy | null,
  warnings: Findings,
): Receipts {
  const points: Point[] = [];
  const cosigned = cosignedOf(disk, dir, verifier, policy, warnings, points);
  const anchors: Anchor[] = [];
  const { receipts } = logPlaces(dir);
  let names: string[] = [];
  try {
    names = namesIn(disk, receipts).filter((name) => name.endsWith(".json"));
  } catch {
    warnings.add("receipt_unreadable", "`receipts` cannot be read");
  }
  for (const name of names.slice(-RECEIPTS_MAX)) {
    const { text, problem } = smallFile(disk, join(receipts, name), RECEIPT_BYTES_MAX);
    const receipt = text === undefined ? undefined : anchorOf(text);
    const place = fileAt(dir, join(receipts, name));
    const own = receipt === undefined ? undefined : signedBy(receipt.note, verifier);
    if (receipt === undefined || own === undefined || typeof own === "string") {
      const why =
        problem ??
        (receipt === undefined
          ? "is no receipt of an anchor"
          : `counts for nothing: it ${typeof own === "string" ? own : ""}`);
      warnings.add("receipt_unreadable", `\`${place.file}\` ${why}`, place);
      continue;
    }
    const { size, root } = own.checkpoint;
    const { kind, at } = receipt;
    anchors.push({ kind, size, at });
    points.push({ size, root, what: `the ${kind} anchor of ${size} records`, isOwn: false, place });
  }
  return { cosigned, anchors, points };
}

function cosignedOf(
  disk: Disk,
  dir: string,
  verifier: NoteVerifier | null,
  policy: TlogPolicy | null,
  warnings: Findings,
  points: Point[],
): Receipts["cosigned"] {
  const path = join(logPlaces(dir).receipts, "cosigned");
  const place = fileAt(dir, path);
  const { text, problem } = smallFile(disk, path, NOTE_BYTES_MAX);
  if (text === undefined) {
    if (problem !== undefined) warnings.add("receipt_unreadable", `\`${place.file}\` ${problem}`, place);
    return null;
  }
  try {
    const own = signedBy(text, verifier);
    if (typeof own === "string") {
      warnings.add("receipt_unreadable", `\`${place.file}\` counts for nothing: it ${own}`, place);
      return null;
    }
    const { note } = own;
    const { size, root } = own.checkpoint;
    points.push({ size, root, what: `the cosigned checkpoint of ${size} records`, isOwn: false, place });
    if (policy === null) return null;
    const { witnesses, quorum, log } = evaluateTlogPolicy(policy, note);
    const isFromLog = log !== undefined || policy.logs.length === 0;
    const who = witnesses.map(({ witness, time }) => ({
      name: witness.verifier.name,
      size,
      at: time * 1000,
    }));
    return { size, quorum: quorum === "reached" && isFromLog, witnesses: who };
  } catch (error) {
    warnings.add("receipt_unreadable", `\`${place.file}\` counts for nothing: ${messageOf(error)}`, place);
    return null;
  }
}

/** What was anchored or cosigned is what the log's key has signed; a file that anybody could have written says nothing. */
function signedBy(text: string, verifier: NoteVerifier | null): OwnNote | string {
  return verifier === null
    ? "cannot be checked without the log's key"
    : ownNote(text, verifier.name, verifier);
}

function anchorOf(
  text: string,
): { readonly kind: string; readonly at: number | null; readonly note: string } | undefined {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const { kind, at, note } = fields ?? {};
  if (typeof kind !== "string" || typeof note !== "string") return undefined;
  return { kind: kind.slice(0, 40), at: typeof at === "number" && Number.isFinite(at) ? at : null, note };
}
