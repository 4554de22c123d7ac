import {
  canonical,
  headText,
  rootOf,
  segmentName,
  signedNote,
  checkpointText,
  leafHash,
} from "../make-log.js";
import type { LogFiles, MadeLog } from "../make-log.js";
import {
  changed,
  cutBack,
  leavesOf,
  noteText,
  notesOf,
  putHead,
  putNotes,
  putSegment,
  recordOf,
  segmentsOf,
  sizeSigned,
} from "./tools.js";
import type { Mutant } from "./tools.js";

function mutant(name: string, threat: number, mutate: Mutant["mutate"], more: Partial<Mutant> = {}): Mutant {
  return { name, threat, alone: "invalid", foreign: "newest note", mutate, ...more };
}

/** Nothing but a head that is kept elsewhere tells of these. */
const NEEDS_HEAD: Partial<Mutant> = { alone: "valid", withHead: "contradiction", foreign: "none" };
/** The head that lies beside the log tells of these, as long as nobody exchanges it, too. */
const HEAD_BESIDE: Partial<Mutant> = { alone: "contradiction", withHead: "contradiction", foreign: "none" };

const cutLines = (files: LogFiles, size: number): void => {
  const notes = notesOf(files);
  const head = files.get("head/head.00000001");
  cutBack(files, size);
  putNotes(files, notes);
  if (head !== undefined) files.set("head/head.00000001", head);
};

/** The size of a note before the newest, so many notes back. */
const older = (files: LogFiles, back: number): number | undefined => notesOf(files).at(-1 - back)?.size;

/** What is signed and is not there any more. */
export const missing: readonly Mutant[] = [
  mutant("the last signed record is gone", 6, ({ files }) => {
    cutLines(files, sizeSigned(files) - 1);
  }),
  mutant("the last signed record is cut in its middle", 6, ({ files }) => {
    cutLines(files, sizeSigned(files) - 1);
    const last = segmentsOf(files).at(-1)!;
    putSegment(files, { ...last, rest: Buffer.from('{"at":17900000000') });
  }),
  mutant("the last signed record has lost its end of line", 6, ({ files }) => {
    const size = sizeSigned(files);
    const line = leavesOf(files)[size - 1]!.line;
    cutLines(files, size - 1);
    putSegment(files, { ...segmentsOf(files).at(-1)!, rest: line });
  }),
  mutant("half of the signed records are gone", 6, ({ files }) => {
    cutLines(files, Math.floor(sizeSigned(files) / 2));
  }),
  mutant("the end of the signed records is zeros", 6, ({ files }) => {
    const { path } = segmentsOf(files).at(-1)!;
    const bytes = files.get(path)!;
    bytes.fill(0, Math.floor(bytes.length / 3));
  }),
  mutant("the last segment is gone", 17, ({ files }) => {
    const all = segmentsOf(files);
    if (all.length < 2) return false;
    files.delete(all.at(-1)!.path);
  }),
  mutant("the last segment is empty", 17, ({ files }) => {
    files.set(segmentsOf(files).at(-1)!.path, Buffer.alloc(0));
  }),
  mutant("a segment in the middle is gone", 17, ({ files }) => {
    const all = segmentsOf(files);
    if (all.length < 3) return false;
    files.delete(all[1]!.path);
    files.delete(segmentName(all[1]!.first, "hashes"));
  }),
  mutant("the first segment is gone", 17, ({ files }) => {
    const all = segmentsOf(files);
    if (all.length < 2) return false;
    files.delete(all[0]!.path);
    files.delete(segmentName(0, "hashes"));
  }),
  mutant("the first segment is gone, but for its hashes", 17, ({ files }) => {
    const all = segmentsOf(files);
    if (all.length < 2) return false;
    files.delete(all[0]!.path);
  }),
  mutant("two segments have changed places", 17, ({ files }) => {
    const [a, b] = segmentsOf(files);
    if (a === undefined || b === undefined) return false;
    const bytes = files.get(a.path)!;
    files.set(a.path, files.get(b.path)!);
    files.set(b.path, bytes);
  }),
  mutant(
    "a segment has another name",
    17,
    ({ files }) => {
      const last = segmentsOf(files).at(-1)!;
      files.set(segmentName(last.first + 1), files.get(last.path)!);
      files.delete(last.path);
    },
    { foreign: "all notes" },
  ),
  mutant(
    "a segment has more records than it should",
    17,
    ({ files }) => {
      const [first] = segmentsOf(files);
      if (first === undefined || segmentsOf(files).length < 2) return false;
      const line = changed(first.lines.at(-1)!, { n: first.lines.length, type: "settle" });
      putSegment(files, { ...first, lines: [...first.lines, line] });
    },
    { foreign: "none" },
  ),
  mutant(
    "a sealed segment has more bytes than it should",
    17,
    ({ files }) => {
      const [first] = segmentsOf(files);
      if (first === undefined || segmentsOf(files).length < 2) return false;
      putSegment(files, { ...first, rest: Buffer.from("{") });
    },
    { foreign: "none" },
  ),
];

/** Everything is as it once was. */
export const rollbacks: readonly Mutant[] = [1, 3].flatMap((back): Mutant[] => [
  mutant(
    `the log is as it was ${back} checkpoints ago, but for the head beside it`,
    6,
    ({ files }) => {
      const head = files.get("head/head.00000001");
      cutBack(files, older(files, back)!);
      if (head !== undefined) files.set("head/head.00000001", head);
    },
    HEAD_BESIDE,
  ),
  mutant(
    `the whole directory is as it was ${back} checkpoints ago`,
    8,
    ({ files }) => {
      cutBack(files, older(files, back)!);
    },
    NEEDS_HEAD,
  ),
]);

export const otherHistories: readonly Mutant[] = [
  mutant(
    "the log is as it was after its first checkpoint",
    6,
    ({ files }) => {
      cutBack(files, notesOf(files)[0]!.size);
    },
    NEEDS_HEAD,
  ),
  mutant(
    "the last segment is gone, with all notes about it",
    17,
    ({ files }) => {
      const all = segmentsOf(files);
      if (all.length < 2) return false;
      cutBack(files, all.at(-1)!.first);
    },
    NEEDS_HEAD,
  ),
  mutant(
    "the log was cut back and went on another way",
    9,
    (log) => {
      fork(log, older(log.files, 2)!);
    },
    NEEDS_HEAD,
  ),
  mutant(
    "the log was cut back and went on another way, longer than before",
    9,
    (log) => {
      fork(log, older(log.files, 2)!, sizeSigned(log.files) + 5);
    },
    NEEDS_HEAD,
  ),
  mutant(
    "the log was begun afresh with the same keys",
    7,
    (log) => {
      const first = leavesOf(log.files)[0]!.line;
      cutBack(log.files, 1);
      putSegment(log.files, {
        first: 0,
        path: segmentName(0),
        lines: [changed(first, { at: 1 })],
        rest: Buffer.alloc(0),
      });
      signEnd(log);
    },
    NEEDS_HEAD,
  ),
  mutant(
    "the head beside the log says that there was more",
    6,
    ({ files, origin }) => {
      const size = leavesOf(files).length + 1;
      files.set(
        "head/head.00000001",
        Buffer.from(headText({ origin, size, root: Buffer.alloc(32).toString("base64") })),
      );
    },
    { ...HEAD_BESIDE },
  ),
  mutant(
    "the head beside the log has another root",
    9,
    ({ files, origin }) => {
      const size = sizeSigned(files);
      files.set(
        "head/head.00000001",
        Buffer.from(headText({ origin, size, root: Buffer.alloc(32).toString("base64") })),
      );
    },
    { ...HEAD_BESIDE },
  ),
];

/** The log cut back to a size, and other records after it up to another size, all signed. */
function fork(log: MadeLog, at: number, to = at + 3): void {
  cutBack(log.files, at);
  const last = segmentsOf(log.files).at(-1)!;
  const lines = [...last.lines];
  if (recordOf(lines.at(-1)!).type === "log.close")
    lines.push(Buffer.from(canonical({ at: 1, n: at, type: "log.open" })));
  while (last.first + lines.length < to) {
    lines.push(Buffer.from(canonical({ at: 1, n: last.first + lines.length, type: "log.heartbeat" })));
  }
  putSegment(log.files, { ...last, lines });
  signEnd(log);
}

function signEnd({ files, origin, logKey }: MadeLog): void {
  const hashes = leavesOf(files).map(({ line }) => leafHash(line));
  const note = signedNote(checkpointText(origin, hashes.length, rootOf(hashes)), [logKey]);
  files.set("checkpoints", Buffer.concat([files.get("checkpoints")!, Buffer.from(note)]));
  files.set("checkpoint", Buffer.from(note));
  putHead(files);
}

/** The files of notes. */
export const notes: readonly Mutant[] = [
  mutant("the newest note says one more", 6, ({ files }) => {
    putNotes(
      files,
      notesOf(files).map((note, i, all) => (i < all.length - 1 ? note : { ...note, size: note.size + 1 })),
    );
  }),
  mutant("the newest note says another root", 3, ({ files }) => {
    putNotes(
      files,
      notesOf(files).map((note, i, all) =>
        i < all.length - 1 ? note : { ...note, root: Buffer.alloc(32, 7) },
      ),
    );
  }),
  mutant("the newest note names another log", 7, ({ files }) => {
    putNotes(
      files,
      notesOf(files).map((note, i, all) =>
        i < all.length - 1 ? note : { ...note, origin: "example.com/other" },
      ),
    );
  }),
  mutant(
    "an old note says another root",
    3,
    ({ files }) => {
      putNotes(
        files,
        notesOf(files).map((note, i) => (i === 1 ? { ...note, root: Buffer.alloc(32, 7) } : note)),
      );
    },
    { foreign: "all notes" },
  ),
  mutant(
    "an old note, well signed, has another root",
    9,
    (log) => {
      putNotes(
        log.files,
        notesOf(log.files).map((note, i) => {
          if (i !== 1) return note;
          const text = signedNote(checkpointText(note.origin, note.size, Buffer.alloc(32, 7)), [log.logKey]);
          return {
            ...note,
            root: Buffer.alloc(32, 7),
            signatures: [`${text.trimEnd().split("\n").at(-1)}\n`],
          };
        }),
      );
    },
    { foreign: "all notes" },
  ),
  mutant(
    "two notes of one size have different roots, both well signed",
    9,
    (log) => {
      const all = notesOf(log.files);
      const root = Buffer.alloc(32, 7);
      const text = signedNote(checkpointText(log.origin, all[1]!.size, root), [log.logKey]);
      const other = { ...all[1]!, root, signatures: [`${text.trimEnd().split("\n").at(-1)}\n`] };
      putNotes(log.files, all.toSpliced(2, 0, other));
    },
    { foreign: "all notes" },
  ),
  mutant(
    "old notes are in another order",
    9,
    ({ files }) => {
      const all = notesOf(files);
      putNotes(files, all.with(1, all[2]!).with(2, all[1]!));
    },
    { foreign: "all notes" },
  ),
  mutant(
    "there is something else between notes",
    4,
    ({ files }) => {
      const all = notesOf(files).map(noteText);
      files.set("checkpoints", Buffer.from(all.toSpliced(2, 0, "something else\n").join("")));
    },
    { foreign: "all notes" },
  ),
  mutant(
    "notes have lines that end with CR LF",
    14,
    ({ files }) => {
      for (const path of ["checkpoint", "checkpoints"]) {
        files.set(path, Buffer.from(files.get(path)!.toString().replaceAll("\n", "\r\n")));
      }
    },
    {},
  ),
  mutant("the size in the newest note has a zero before it", 14, ({ files }) => {
    for (const path of ["checkpoint", "checkpoints"]) {
      files.set(
        path,
        Buffer.from(
          files
            .get(path)!
            .toString()
            .replaceAll(/\n(\d+)\n/g, "\n0$1\n"),
        ),
      );
    }
  }),
  mutant(
    "another log's notes stand there instead",
    7,
    ({ files }) => {
      for (const path of ["checkpoint", "checkpoints"]) {
        files.set(path, Buffer.from(files.get(path)!.toString().replaceAll("example.com/", "example.org/")));
      }
    },
    {},
  ),
];

/** Large values beside the records. */
export const blobs: readonly Mutant[] = (
  [
    ["is changed", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from(" ")])],
    ["is longer", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from("\n")])],
    ["is empty", () => Buffer.alloc(0)],
    ["is missing", () => undefined],
  ] as const
)
  .map(([what, how]): Mutant =>
    mutant(
      `a large value ${what}`,
      24,
      ({ files }) => {
        const path = blobPaths(files)[0]!;
        const bytes = how(files.get(path)!);
        if (bytes === undefined) files.delete(path);
        else files.set(path, bytes);
      },
      { foreign: "none" },
    ),
  )
  .concat(
    mutant(
      "two large values have changed places",
      24,
      ({ files }) => {
        const [a, b] = blobPaths(files);
        const bytes = files.get(a!)!;
        files.set(a!, files.get(b!)!);
        files.set(b!, bytes);
      },
      { foreign: "none" },
    ),
    mutant(
      "a large value has another name",
      24,
      ({ files }) => {
        const path = blobPaths(files)[0]!;
        files.set(path.replace(/\d{16}/, "0000000000000001"), files.get(path)!);
        files.delete(path);
      },
      { foreign: "none" },
    ),
  );

function blobPaths(files: LogFiles): string[] {
  return [...files.keys()].filter((path) => path.startsWith("blobs/")).sort();
}
