import {
  canonical,
  checkpointText,
  headText,
  leafHash,
  rootOf,
  segmentName,
  signedNote,
} from "../make-log.js";
import type { Fields, LogFiles, MadeLog, NamedKey } from "../make-log.js";

/** What a verifier says. */
export type Verdict = "valid" | "invalid" | "contradiction";

/** One way to tamper with a log. */
export interface Mutant {
  readonly name: string;
  /** Its number in the table of threats (docs of the audit log). */
  readonly threat: number;
  /** The verdict of whoever has the log's own key from elsewhere, and the log. */
  readonly alone: Verdict;
  /** The verdict of whoever kept the newest checkpoint, too. The same as `alone` when absent. */
  readonly withHead?: Verdict;
  /**
   * Which programs see it that know nothing of the format but leaves and notes: those that read the newest note and
   * the leaves, or those that read all notes, or none.
   */
  readonly foreign: "newest note" | "all notes" | "none";
  /** Edits a copy; false where the log has nothing of the kind that this is about. */
  readonly mutate: (log: MadeLog) => boolean | void;
}

export interface Segment {
  readonly first: number;
  readonly path: string;
  /** Whole lines, without their ends. */
  readonly lines: Buffer[];
  /** What follows the last whole line. */
  readonly rest: Buffer;
}

/** A note in its parts; `signatures` are whole lines. */
export interface NoteParts {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly signatures: readonly string[];
}

export function copyOf(log: MadeLog): MadeLog {
  return { ...log, files: new Map([...log.files].map(([path, bytes]) => [path, Buffer.from(bytes)])) };
}

export function segmentsOf(files: LogFiles): Segment[] {
  const paths = [...files.keys()].filter((path) => path.startsWith("seg/") && path.endsWith(".jsonl")).sort();
  return paths.map((path) => {
    const parts = splitLines(files.get(path) ?? Buffer.alloc(0));
    const rest = parts.pop() ?? Buffer.alloc(0);
    return { first: Number(path.slice(4, 20)), path, lines: parts, rest };
  });
}

/** Pieces between newlines; the last one is what follows the last newline. */
export function splitLines(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    parts.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return [...parts, bytes.subarray(from)];
}

export function putSegment(files: LogFiles, { path, lines, rest }: Segment): void {
  files.set(path, Buffer.concat([...lines.flatMap((line) => [line, Buffer.from("\n")]), rest]));
}

/** The lines that count, in order, each with the segment that it stands in. */
export function leavesOf(
  files: LogFiles,
): { readonly line: Buffer; readonly segment: Segment; readonly at: number }[] {
  const segments = segmentsOf(files);
  return segments.flatMap((segment, i) => {
    const end = segments[i + 1]?.first ?? Infinity;
    return segment.lines
      .slice(0, Math.max(0, end - segment.first))
      .map((line, at) => ({ line, segment, at }));
  });
}

/** Puts other lines in the place of all, into the same segments; what is more goes into the last one. */
export function putLeaves(files: LogFiles, lines: readonly Buffer[]): void {
  const segments = segmentsOf(files);
  let taken = 0;
  segments.forEach((segment, i) => {
    const next = segments[i + 1];
    const strays = next === undefined ? [] : segment.lines.slice(next.first - segment.first);
    const own = lines.slice(taken, next?.first);
    taken += own.length;
    putSegment(files, { ...segment, lines: [...own, ...strays] });
  });
}

/** The line of a record with fields changed; undefined removes one. */
export function changed(line: Buffer, fields: Fields): Buffer {
  return Buffer.from(canonical({ ...(JSON.parse(line.toString()) as object), ...fields }));
}

export function recordOf(
  line: Buffer,
): Record<string, unknown> & { readonly n: number; readonly type: string } {
  return JSON.parse(line.toString()) as Record<string, unknown> & {
    readonly n: number;
    readonly type: string;
  };
}

/** Lines with the indices that they have where they stand now. */
export function renumbered(lines: readonly Buffer[]): Buffer[] {
  return lines.map((line, n) => (recordOf(line).n === n ? line : changed(line, { n })));
}

/** Changes the line of one leaf where it stands. False when there is none. */
export function editLeaf(files: LogFiles, n: number, edit: (line: Buffer) => Buffer): boolean {
  const leaf = leavesOf(files)[n];
  if (leaf === undefined) return false;
  leaf.segment.lines[leaf.at] = edit(leaf.line);
  putSegment(files, leaf.segment);
  return true;
}

/** Index of the first leaf of a type, from a place on; -1 when there is none. */
export function indexOf(files: LogFiles, type: string, from = 0): number {
  return leavesOf(files).findIndex(({ line }, n) => n >= from && recordOf(line).type === type);
}

export function notesOf(files: LogFiles): NoteParts[] {
  const text = (files.get("checkpoints") ?? Buffer.alloc(0)).toString();
  return [...text.matchAll(/([^\n]+)\n(\d+)\n([^\n]+)\n\n((?:— [^\n]+\n)+)/g)].map(
    ([, origin = "", size = "", root = "", signatures = ""]) => ({
      origin,
      size: Number(size),
      root: Buffer.from(root, "base64"),
      signatures: signatures.split(/(?<=\n)/),
    }),
  );
}

export function noteText({ origin, size, root, signatures }: NoteParts): string {
  return `${checkpointText(origin, size, root)}\n${signatures.join("")}`;
}

/** Puts other notes in the place of all; the last one is the newest. */
export function putNotes(files: LogFiles, notes: readonly NoteParts[]): void {
  files.set("checkpoints", Buffer.from(notes.map(noteText).join("")));
  const newest = notes.at(-1);
  files.set("checkpoint", Buffer.from(newest === undefined ? "" : noteText(newest)));
}

/** Changes notes one by one, in both files. */
export function editNotes(files: LogFiles, edit: (note: NoteParts, i: number) => NoteParts): void {
  putNotes(files, notesOf(files).map(edit));
}

export function sizeSigned(files: LogFiles): number {
  return notesOf(files).at(-1)?.size ?? 0;
}

/** Whether a signature line is one of an epoch's key. */
export function isSeal(signature: string): boolean {
  return /^— [^ ]+\/e\/\d+ /.test(signature);
}

/** The keys that sign again: of the log, and of epochs (by number; those that are missing leave no signature). */
export interface Forger {
  readonly logKey: NamedKey;
  readonly epochKeys: readonly (NamedKey | undefined)[];
}

/**
 * Makes everything anew that follows from the lines: leaf hashes, roots, notes, the kept head. Notes keep their sizes,
 * but for those beyond the end.
 */
export function recompute(files: LogFiles, by: Forger, origin = by.logKey.name): void {
  const hashes = leavesOf(files).map(({ line }) => leafHash(line));
  const notes = notesOf(files).filter(({ size }) => size <= hashes.length);
  let epoch = 0;
  const texts = notes.map(({ size, signatures }) => {
    const text = checkpointText(origin, size, rootOf(hashes.slice(0, size)));
    const seal = signatures.some(isSeal) ? by.epochKeys[epoch++] : undefined;
    return signedNote(text, seal === undefined ? [by.logKey] : [by.logKey, seal]);
  });
  files.set("checkpoints", Buffer.from(texts.join("")));
  files.set("checkpoint", Buffer.from(texts.at(-1) ?? ""));
  for (const { first, lines } of segmentsOf(files)) {
    files.set(segmentName(first, "hashes"), Buffer.concat(lines.map((line) => leafHash(line))));
  }
  putHead(files);
}

/** Makes the kept head agree with the newest note. */
export function putHead(files: LogFiles): void {
  for (const path of [...files.keys()].filter((name) => name.startsWith("head/"))) files.delete(path);
  const newest = notesOf(files).at(-1);
  if (newest === undefined) return;
  files.set("head/head.00000001", Buffer.from(headText({ ...newest, root: newest.root.toString("base64") })));
}

/** Takes away whatever is beyond a size: lines, segments, notes, the kept head. */
export function cutBack(files: LogFiles, size: number): void {
  for (const segment of segmentsOf(files)) {
    if (segment.first >= size && segment.first > 0) {
      for (const kind of ["jsonl", "hashes", "range"]) files.delete(segmentName(segment.first, kind));
    } else if (segment.first + segment.lines.length > size) {
      putSegment(files, {
        ...segment,
        lines: segment.lines.slice(0, size - segment.first),
        rest: Buffer.alloc(0),
      });
    }
  }
  putNotes(
    files,
    notesOf(files).filter((note) => note.size <= size),
  );
  putHead(files);
}
