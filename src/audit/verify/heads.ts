import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { fileHeads } from "../log/head.js";
import type { Head } from "../log/head.js";
import { logPlaces } from "../log/layout.js";
import { splitNotes } from "../log/notes.js";
import { parseCheckpoint, parseNote, verifiedBy } from "../note/index.js";
import type { NoteVerifier, SignedNote } from "../note/index.js";
import { hashFromBase64 } from "../tree/index.js";
import type { Findings } from "./findings.js";
import { fileAt, mustBeFiles } from "./places.js";
import type { Point } from "./tree-check.js";

/** What somebody kept of a log: a signed checkpoint, or the file that a log keeps its own head in. */
export interface GivenHead {
  /** Where it comes from, for messages. */
  readonly name: string;
  readonly text: string;
}

/** A head as it was read. `note`: it is signed. */
export interface ReadHead extends Head {
  readonly name: string;
  readonly note: SignedNote | null;
}

/** More heads than anybody keeps in one file. */
const HEADS_MAX = 100_000;

/** Reads what was kept: one checkpoint, many one after the other, or a head file. @throws ReinError `head_invalid` */
export function readHeads({ name, text }: GivenHead): ReadHead[] {
  const heads = text.trimStart().startsWith("{") ? [plainHead(name, text)] : signedHeads(name, text);
  if (heads.length === 0) throw unreadable(name, "it holds neither a signed checkpoint nor a kept head");
  return heads;
}

function signedHeads(name: string, text: string): ReadHead[] {
  return splitNotes(text)
    .notes.slice(-HEADS_MAX)
    .map((each) => {
      try {
        const note = parseNote(each);
        return { name, note, ...parseCheckpoint(note.text) };
      } catch (error) {
        throw unreadable(name, messageOf(error));
      }
    });
}

function plainHead(name: string, text: string): ReadHead {
  try {
    const { origin, size, root } = JSON.parse(text) as Record<string, unknown>;
    const hash = typeof root === "string" ? hashFromBase64(root) : undefined;
    if (
      typeof origin === "string" &&
      typeof size === "number" &&
      Number.isSafeInteger(size) &&
      size >= 0 &&
      hash !== undefined
    )
      return { name, note: null, origin, size, root: hash };
  } catch {
    // Said below.
  }
  throw unreadable(name, "it is not the head that a log keeps");
}

/**
 * What must hold of the log: a root at a size for each head. Heads of another log or another key contradict this one
 * as they are.
 */
export function headPoints(
  heads: readonly ReadHead[],
  origin: string,
  verifier: NoteVerifier,
  findings: Findings,
): Point[] {
  return heads.flatMap(({ name, note, size, root, origin: theirs }): Point[] => {
    if (theirs !== origin) {
      findings.add(
        "other_log",
        `the head in \`${name}\` is of the log \`${theirs.slice(0, 100)}\`, and this is \`${origin.slice(0, 100)}\``,
      );
      return [];
    }
    if (note !== null && !isSigned(note, verifier)) {
      findings.add("other_key", `the head in \`${name}\` was signed by another key than this log's`);
      return [];
    }
    return [{ size, root, what: `the head of ${size} records in \`${name}\``, isOwn: false, place: null }];
  });
}

/** The newest head that the log keeps in its own directory; null when there is none. */
export function keptHead(disk: Disk, dir: string, findings: Findings): ReadHead | null {
  const { heads } = logPlaces(dir);
  try {
    mustBeFiles(disk, heads);
    const head = fileHeads(disk, heads).read();
    return head === null ? null : { ...head, name: "head", note: null };
  } catch (error) {
    findings.add(
      "head_unreadable",
      `the head that the log keeps cannot be read: ${messageOf(error)}`,
      fileAt(dir, heads),
    );
    return null;
  }
}

function isSigned(note: SignedNote, verifier: NoteVerifier): boolean {
  try {
    return verifiedBy(note, [verifier]).length > 0;
  } catch {
    return false;
  }
}

function unreadable(name: string, why: string): ReinError {
  return new ReinError("head_invalid", `\`${name}\` is no kept head: ${why}`, {
    help: "give a file with a checkpoint of this log (three lines and a signature), or one of its files head/head.…",
  });
}
