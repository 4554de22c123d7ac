import { dirname } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { readRange, withFile, writeAll } from "../log/files.js";
import { notAFile } from "../log/layout.js";
import { splitNotes } from "../log/notes.js";
import { contradictionOf, readHead } from "./anchor.js";
import type { Anchor, Contradiction, Published, PublishContext, SignedHead } from "./anchor.js";

/** Bytes at the end of a list in which its heads are looked for: some thousands, or the newest. */
const TAIL_BYTES = 1 << 20;
const NEWEST_BYTES = 1 << 14;
/** Ends a head, so that one that a crash tore does not spoil the next. */
const END = "\n";

/**
 * A list of heads in a file, best on another volume, or one that its owner may only append to (`chattr +a`). Heads are
 * only added, and none that the log does not continue from the ones before.
 *
 * @param path its directory must be there: a volume that is not mounted is no place
 */
export function fileAnchor(disk: Disk, path: string): Anchor {
  return {
    kind: "file",
    where: path,
    isList: true,
    publish: async (head, context) => publish(disk, path, head, context),
  };
}

/** What a list holds. */
export interface HeadList {
  /** Heads of the log, in the order of the list. */
  readonly heads: readonly SignedHead[];
  /** What is in it besides; a crash may leave one thing that is not whole. */
  readonly problems: readonly string[];
}

/**
 * Reads the newest heads of such a list; nothing when there is no file.
 *
 * @throws ReinError `record_failed`
 */
export function readHeadList(
  disk: Disk,
  path: string,
  { origin, verifiers }: { readonly origin: string; readonly verifiers: PublishContext["verifiers"] },
  tailBytes = TAIL_BYTES,
): HeadList {
  if (disk.look(path) === undefined) return { heads: [], problems: [] };
  const { text, isWhole } = withFile(disk, path, (file) => {
    const from = Math.max(0, file.bytes - tailBytes);
    return { text: Buffer.from(readRange(file, from, tailBytes)).toString("utf8"), isWhole: from === 0 };
  });
  const heads: SignedHead[] = [];
  const problems: string[] = [];
  splitNotes(text).notes.forEach((piece, i) => {
    // Before a note, there may be the end of the one before it, and what a crash left of another.
    const signatures = piece.lastIndexOf("\n\n— ");
    const start = piece.lastIndexOf("\n\n", signatures - 1);
    const head = readHead(piece.slice(start < 0 ? 0 : start + 2).replace(/^\n/, ""), origin, verifiers);
    if (typeof head !== "string") heads.push(head);
    else if (i > 0 || isWhole) problems.push(`a note in \`${path}\` ${head}`);
  });
  return { heads, problems };
}

function publish(
  disk: Disk,
  path: string,
  head: SignedHead,
  context: PublishContext,
): Published | Contradiction {
  try {
    if (disk.look(dirname(path))?.type !== "directory")
      throw new Error(`there is no directory \`${dirname(path)}\``);
    const { heads, problems } = readHeadList(disk, path, { ...context, origin: head.origin }, NEWEST_BYTES);
    // What a crash left of the first one is no list of another log yet.
    if (heads.length === 0 && (problems.length > 0 || (disk.look(path)?.bytes ?? 0) > NEWEST_BYTES)) {
      throw new Error(problems[0] ?? "it ends with no head of this log");
    }
    for (const each of [...heads].sort((a, b) => b.size - a.size)) {
      const contradiction = contradictionOf(each, context.log, `\`${path}\``);
      if (contradiction !== undefined) return contradiction;
      if (each.size >= head.size) return { isNew: false, detail: {} };
      break;
    }
    const offset = append(disk, path, head.noteText);
    return { isNew: true, detail: { offset } };
  } catch (cause) {
    throw new ReinError("anchor_failed", `the head cannot be added to \`${path}\`: ${messageOf(cause)}`, {
      help: "check that the volume is mounted, that this user may append to the file, and that it holds heads of this log only",
      cause,
    });
  }
}

/** Adds a note with one write, durably. Returns where it begins. */
function append(disk: Disk, path: string, noteText: string): number {
  const isNew = disk.look(path) === undefined;
  const problem = isNew ? undefined : notAFile(disk, path);
  if (problem !== undefined) throw new Error(`it ${problem}`);
  const file = disk.openToAppend(path);
  try {
    const offset = file.bytes;
    const gap = endsWhole(disk, path, offset) ? "" : END + END;
    writeAll(file, Buffer.from(gap + noteText + END));
    file.syncNow();
    if (isNew) disk.syncDirNow(dirname(path));
    return offset + gap.length;
  } finally {
    file.close();
  }
}

function endsWhole(disk: Disk, path: string, bytes: number): boolean {
  if (bytes === 0) return true;
  return withFile(disk, path, (file) => Buffer.from(readRange(file, bytes - 2, 2)).toString() === END + END);
}
