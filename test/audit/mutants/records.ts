import { namedKey } from "../make-log.js";
import type { LogFiles, MadeLog } from "../make-log.js";
import {
  changed,
  editLeaf,
  indexOf,
  leavesOf,
  putLeaves,
  recompute,
  recordOf,
  renumbered,
  sizeSigned,
} from "./tools.js";
import type { Mutant } from "./tools.js";

/** Edits of signed records, by somebody who has no key. */
function edit(
  name: string,
  threat: number,
  mutate: (files: LogFiles, log: MadeLog) => boolean | void,
): Mutant {
  return { name, threat, alone: "invalid", foreign: "newest note", mutate: (log) => mutate(log.files, log) };
}

function editAt(
  name: string,
  threat: number,
  where: (files: LogFiles) => number,
  how: (line: Buffer) => Buffer,
): Mutant {
  return edit(name, threat, (files) => editLeaf(files, where(files), how));
}

/** Changes all lines at once, the unsigned ones too. */
function lines(name: string, how: (all: Buffer[], files: LogFiles) => Buffer[], threat = 2): Mutant {
  return edit(name, threat, (files) => {
    const all = leavesOf(files).map(({ line }) => line);
    putLeaves(files, how(all, files));
  });
}

const middle = (files: LogFiles): number => Math.floor(sizeSigned(files) / 2);
const gate = (files: LogFiles): number => indexOf(files, "gate", middle(files));

export const editedRecords: readonly Mutant[] = [
  editAt(
    "the first record says another software",
    1,
    () => 0,
    (line) => changed(line, { software: "rein 9" }),
  ),
  editAt("a decision in the middle costs less", 1, gate, (line) => changed(line, { cost: { usd: 1 } })),
  editAt(
    "the last signed record says another time",
    1,
    (files) => sizeSigned(files) - 1,
    (line) => changed(line, { at: 1 }),
  ),
  edit("a refusal became a permission of the same length", 1, (files) => {
    const at = leavesOf(files).findIndex(({ line }) => recordOf(line)["verdict"] === "block");
    return editLeaf(files, at, (line) => Buffer.from(line.toString().replace('"block"', '"allow"')));
  }),
  editAt(
    "another operator halted",
    15,
    (files) => indexOf(files, "halt"),
    (line) => changed(line, { by: "ops/eve" }),
  ),
  editAt("a decision names another policy", 15, gate, (line) =>
    changed(line, { policy: "0000000000000000" }),
  ),
  editAt("a decision has lost its rule and code", 15, gate, (line) =>
    changed(line, { cost: undefined, tags: undefined }),
  ),
  editAt(
    "an outcome became a success",
    1,
    (files) => indexOf(files, "settle"),
    (line) => changed(line, { ok: recordOf(line)["ok"] !== true }),
  ),
  editAt("one bit of a record is flipped", 1, gate, (line) => {
    const bytes = Buffer.from(line);
    const at = bytes.indexOf("usd");
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  }),
  editAt("a record says more than before", 15, gate, (line) => changed(line, { approvedBy: "ops/ann" })),
  editAt("a record is of another type", 1, gate, (line) => changed(line, { type: "settle" })),
  editAt("a record is older than it was", 12, gate, (line) => changed(line, { at: 1_700_000_000_000 })),
];

export const movedRecords: readonly Mutant[] = [
  lines("a record is gone", (all, files) => all.toSpliced(middle(files), 1)),
  lines("a record is gone and the others are counted anew", (all, files) =>
    renumbered(all.toSpliced(middle(files), 1)),
  ),
  lines("the second record is gone and the others are counted anew", (all) =>
    renumbered(all.toSpliced(1, 1)),
  ),
  lines("a run of records is gone", (all, files) => renumbered(all.toSpliced(middle(files), 5))),
  lines("a record stands there twice", (all, files) => all.toSpliced(middle(files), 0, all[middle(files)]!)),
  lines("a record stands there twice, counted anew", (all, files) =>
    renumbered(all.toSpliced(middle(files), 0, all[middle(files)]!)),
  ),
  lines("a record was added in the middle", (all, files) =>
    renumbered(all.toSpliced(middle(files), 0, Buffer.from('{"at":1,"n":0,"type":"log.heartbeat"}'))),
  ),
  lines("two records changed places", (all, files) => {
    const at = middle(files);
    return all.with(at, all[at + 1]!).with(at + 1, all[at]!);
  }),
  lines("two records changed places and their indices", (all, files) => {
    const at = middle(files);
    return renumbered(all.with(at, all[at + 1]!).with(at + 1, all[at]!));
  }),
  lines("a record moved to the front", (all, files) =>
    renumbered(all.toSpliced(sizeSigned(files) - 2, 1).toSpliced(2, 0, all[sizeSigned(files) - 2]!)),
  ),
  lines("a record was put over another one, with its index", (all, files) =>
    all.with(middle(files), changed(all[3]!, { n: middle(files) })),
  ),
  lines(
    "two records became one that is the node above them",
    (all, files) =>
      all.toSpliced(middle(files), 2, Buffer.concat([Buffer.from([1]), Buffer.alloc(64, 0x41)])),
    16,
  ),
  edit("a record was edited, and the hashes beside it", 3, (files, log) => {
    const notes = [files.get("checkpoint"), files.get("checkpoints"), files.get("head/head.00000001")];
    if (!editLeaf(files, gate(files), (line) => changed(line, { cost: { usd: 1 } }))) return false;
    recompute(files, { logKey: namedKey(log.origin, "nobody"), epochKeys: [] });
    // Hashes are anybody's; notes and head stay as they were.
    ["checkpoint", "checkpoints", "head/head.00000001"].forEach((path, i) => files.set(path, notes[i]!));
    return true;
  }),
];
