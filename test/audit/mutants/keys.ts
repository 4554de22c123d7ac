import { randomBytes } from "node:crypto";
import { namedKey, signatureLine, checkpointText } from "../make-log.js";
import type { LogFiles, MadeLog, NamedKey } from "../make-log.js";
import {
  changed,
  editLeaf,
  editNotes,
  indexOf,
  isSeal,
  leavesOf,
  notesOf,
  putHead,
  putNotes,
  recompute,
  sizeSigned,
} from "./tools.js";
import type { Forger, Mutant } from "./tools.js";

/** What somebody wants to hide: a decision of the first epoch. */
function forge(files: LogFiles): void {
  editLeaf(files, indexOf(files, "gate", 9), (line) => changed(line, { cost: { usd: 1 }, verdict: "allow" }));
}

/** What somebody wants to hide who has the keys of the present: a decision of the last epoch. */
function forgeLater(files: LogFiles): boolean {
  const rotations = leavesOf(files).flatMap(({ line }, n) => (line.includes('"key.rotate"') ? [n] : []));
  const at = indexOf(files, "gate", (rotations.at(-1) ?? 0) + 1);
  if (at < 0 || at >= sizeSigned(files)) return false;
  return editLeaf(files, at, (line) => changed(line, { cost: { usd: 1 }, verdict: "allow" }));
}

const rotates = (files: LogFiles): boolean => indexOf(files, "key.rotate") >= 0;

function thief(log: MadeLog, name = log.origin): Forger {
  const epochKeys = log.epochKeys.map((key) => namedKey(key.name, `thief ${key.name}`));
  return { logKey: namedKey(name, "thief"), epochKeys };
}

/** What a thief of the log's key has: that key, and the key of the epoch that is not over. */
function stolen(log: MadeLog): Forger {
  return { logKey: log.logKey, epochKeys: [] };
}

function mutant(name: string, threat: number, mutate: Mutant["mutate"], more: Partial<Mutant> = {}): Mutant {
  return { name, threat, alone: "invalid", foreign: "newest note", mutate, ...more };
}

/** Somebody who has no key makes everything anew. */
export const withoutKey: readonly Mutant[] = [
  mutant("a record is edited, roots are computed anew, signatures stay", 3, ({ files, origin, logKey }) => {
    const before = notesOf(files);
    forge(files);
    recompute(files, { logKey, epochKeys: [] }, origin);
    const roots = notesOf(files).map(({ root }) => root);
    putNotes(
      files,
      before.map((note, i) => ({ ...note, root: roots[i]! })),
    );
  }),
  mutant("a record is edited, roots are computed anew, signatures are random", 3, ({ files, logKey }) => {
    forge(files);
    recompute(files, { logKey, epochKeys: [] });
    editNotes(files, (note) => ({
      ...note,
      signatures: note.signatures.map((line) => {
        const [dash, name, base64 = ""] = line.trimEnd().split(" ");
        const id = Buffer.from(base64, "base64").subarray(0, 4);
        return `${dash} ${name} ${Buffer.concat([id, randomBytes(64)]).toString("base64")}\n`;
      }),
    }));
  }),
  mutant("a record is edited, roots are computed anew, signatures are gone", 4, ({ files, logKey }) => {
    forge(files);
    recompute(files, { logKey, epochKeys: [] });
    editNotes(files, (note) => ({ ...note, signatures: ["\n"] }));
  }),
  mutant("a record is edited, everything is signed by another key of the same name", 3, (log) => {
    forge(log.files);
    recompute(log.files, thief(log));
  }),
  mutant("the same, and the file `vkey` is exchanged", 18, (log) => {
    forge(log.files);
    const by = thief(log);
    recompute(log.files, by);
    log.files.set("vkey", Buffer.from(`${by.logKey.vkey}\n`));
  }),
  mutant("the same, and the beginning names the other keys", 18, (log) => {
    forge(log.files);
    exchangeKeys(log, thief(log));
  }),
  mutant("the same under another origin", 7, (log) => {
    forge(log.files);
    exchangeKeys(log, thief(log, "example.com/other"));
  }),
];

/** Makes the whole log another one's: everything in it agrees. */
export function exchangeKeys(log: MadeLog, by: Forger): void {
  const { files } = log;
  const name = (epoch: number): NamedKey | undefined => {
    const key = by.epochKeys[epoch];
    return key === undefined ? undefined : namedKey(`${by.logKey.name}/e/${epoch}`, `thief ${key.name}`);
  };
  const epochKeys = by.epochKeys.map((_, epoch) => name(epoch));
  editLeaf(files, 0, (line) =>
    changed(line, { origin: by.logKey.name, vkey: by.logKey.vkey, epochKey: epochKeys[0]?.vkey }),
  );
  leavesOf(files).forEach(({ line }, n) => {
    if (!line.includes('"key.rotate"')) return;
    const epoch = (JSON.parse(line.toString()) as { epoch: number }).epoch;
    editLeaf(files, n, (each) => changed(each, { vkey: epochKeys[epoch]?.vkey }));
  });
  recompute(files, { logKey: by.logKey, epochKeys });
  files.set("vkey", Buffer.from(`${by.logKey.vkey}\n`));
}

/** Signatures are taken away or spoilt. */
export const stripped: readonly Mutant[] = [
  mutant("there is no note at all", 4, ({ files }) => {
    files.delete("checkpoint");
    files.delete("checkpoints");
  }),
  mutant("both files of notes are empty", 4, ({ files }) => {
    putNotes(files, []);
  }),
  mutant("notes have no signatures", 4, ({ files }) => {
    editNotes(files, (note) => ({ ...note, signatures: [] }));
  }),
  mutant("notes are signed by unknown keys only", 4, ({ files, origin }) => {
    const key = namedKey("example.com/somebody", "somebody");
    editNotes(files, (note) => ({
      ...note,
      signatures: [signatureLine(key, checkpointText(origin, note.size, note.root))],
    }));
  }),
  mutant("the ids of keys in notes are others", 4, ({ files }) => {
    editNotes(files, (note) => ({
      ...note,
      signatures: note.signatures.map((line) => {
        const [dash, name, base64 = ""] = line.trimEnd().split(" ");
        const bytes = Buffer.from(base64, "base64");
        bytes.writeUInt32BE((bytes.readUInt32BE() ^ 1) >>> 0);
        return `${dash} ${name} ${bytes.toString("base64")}\n`;
      }),
    }));
  }),
  mutant("a signature is cut", 4, ({ files }) => {
    editNotes(files, (note) => ({
      ...note,
      signatures: note.signatures.map((line) => `${line.slice(0, -5)}\n`),
    }));
  }),
  mutant(
    "one old note is signed by another key of the same name",
    4,
    ({ files, origin }) => {
      const key = namedKey(origin, "another");
      editNotes(files, (note, i) =>
        i !== 2
          ? note
          : { ...note, signatures: [signatureLine(key, checkpointText(origin, note.size, note.root))] },
      );
    },
    { foreign: "all notes" },
  ),
];

/** Somebody has the key of the log, which signs every note; keys of epochs that are over are destroyed. */
export const stolenKey: readonly Mutant[] = [
  mutant(
    "the log's key is stolen, a sealed epoch is written anew, seals are gone",
    10,
    (log) => {
      if (!rotates(log.files)) return false;
      forge(log.files);
      recompute(log.files, stolen(log));
    },
    { foreign: "none" },
  ),
  mutant(
    "the log's key is stolen, a sealed epoch is written anew, old seals are put under new notes",
    10,
    (log) => {
      if (!rotates(log.files)) return false;
      const seals = notesOf(log.files).map(({ signatures }) => signatures.filter(isSeal));
      forge(log.files);
      recompute(log.files, stolen(log));
      editNotes(log.files, (note, i) => ({ ...note, signatures: [...note.signatures, ...seals[i]!] }));
    },
    { foreign: "none" },
  ),
  mutant(
    "the log's key is stolen and seals in the place of the epoch's",
    10,
    (log) => {
      if (!rotates(log.files)) return false;
      forge(log.files);
      const epochKeys = log.epochKeys.map(({ name }) => ({ ...log.logKey, name }));
      recompute(log.files, { logKey: log.logKey, epochKeys });
    },
    { foreign: "none" },
  ),
  mutant(
    "the log's key is stolen, and epochs are sealed by keys that nobody announced",
    10,
    (log) => {
      if (!rotates(log.files)) return false;
      forge(log.files);
      recompute(log.files, { ...thief(log), logKey: log.logKey });
    },
    { foreign: "none" },
  ),
  mutant(
    "the log's key is stolen, and the announcement of the second epoch names the thief's key",
    10,
    (log) => {
      const at = indexOf(log.files, "key.rotate");
      if (at < 0) return false;
      const key = namedKey(`${log.origin}/e/1`, "thief");
      editLeaf(log.files, at, (line) => changed(line, { vkey: key.vkey }));
      recompute(log.files, { logKey: log.logKey, epochKeys: [undefined, key, key] });
    },
    { foreign: "none" },
  ),
  mutant(
    "the log's key is stolen, and the whole log is written anew from its beginning on",
    10,
    (log) => {
      forge(log.files);
      exchangeKeys(log, { ...thief(log), logKey: log.logKey });
    },
    { alone: "valid", withHead: "contradiction", foreign: "none" },
  ),
  mutant(
    "the keys of the present are stolen, and the present is written anew",
    11,
    (log) => {
      if (!forgeLater(log.files)) return false;
      const later = notesOf(log.files);
      recompute(log.files, log);
      // Seals are as they were: what they cover was not touched.
      const made = notesOf(log.files);
      putNotes(
        log.files,
        made.map((note, i) => (note.root.equals(later[i]!.root) ? later[i]! : note)),
      );
      putHead(log.files);
    },
    { alone: "valid", withHead: "contradiction", foreign: "none" },
  ),
];

/** Seals: one for each epoch that is over, by its own key, and nothing else. */
export const seals: readonly Mutant[] = [
  mutant(
    "a seal has lost the signature of its epoch",
    10,
    ({ files }) => {
      if (!rotates(files)) return false;
      editNotes(files, (note) => ({ ...note, signatures: note.signatures.filter((line) => !isSeal(line)) }));
    },
    { foreign: "none" },
  ),
  mutant(
    "the note that is a seal is gone",
    10,
    ({ files }) => {
      const notes = notesOf(files);
      const others = notes.filter(({ signatures }) => !signatures.some(isSeal));
      if (others.length === notes.length) return false;
      putNotes(files, others);
    },
    { foreign: "none" },
  ),
  mutant(
    "the first seal has the signature of the second",
    10,
    ({ files }) => {
      const sealing = notesOf(files).filter(({ signatures }) => signatures.some(isSeal));
      if (sealing.length < 2) return false;
      const other = sealing[1]!.signatures.filter(isSeal);
      editNotes(files, (note) =>
        note.size !== sealing[0]!.size
          ? note
          : { ...note, signatures: [...note.signatures.filter((line) => !isSeal(line)), ...other] },
      );
    },
    { foreign: "none" },
  ),
  mutant(
    "the key of an epoch signed a second note",
    10,
    (log) => {
      const key = log.epochKeys[0]!;
      editNotes(log.files, (note, i) =>
        i !== 2
          ? note
          : {
              ...note,
              signatures: [
                ...note.signatures,
                signatureLine(key, checkpointText(note.origin, note.size, note.root)),
              ],
            },
      );
    },
    { foreign: "none" },
  ),
  mutant(
    "a seal is spoilt",
    10,
    ({ files }) => {
      if (!rotates(files)) return false;
      editNotes(files, (note) => ({
        ...note,
        signatures: note.signatures.map((line) => {
          if (!isSeal(line)) return line;
          const [dash, name, base64 = ""] = line.trimEnd().split(" ");
          const bytes = Buffer.from(base64, "base64");
          bytes[40] = (bytes[40] ?? 0) ^ 1;
          return `${dash} ${name} ${bytes.toString("base64")}\n`;
        }),
      }));
    },
    { foreign: "none" },
  ),
];
