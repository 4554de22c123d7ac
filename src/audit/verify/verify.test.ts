import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogBuilder, put, usualLog } from "../../../test/support/log-builder.js";
import { FakeDisk } from "../../testing/index.js";
import { fileHeads } from "../log/head.js";
import { cosignatureSigner, formatNote, parseNote } from "../note/index.js";
import { parseTlogPolicy } from "../note/tlog-policy.js";
import { CompactRange, hashToBase64 } from "../tree/index.js";
import type { Finding, Verdict } from "./verdict.js";
import { verifyLog } from "./verify.js";
import type { VerifyOptions } from "./verify.js";

const DIR = "/log";
const NOW = 1_795_000_100_000;

/** A log on a disk of its own, tampered with. */
function diskWith(log: LogBuilder, tamper: (disk: FakeDisk) => void = () => undefined): FakeDisk {
  const disk = new FakeDisk();
  log.write(disk, DIR);
  tamper(disk);
  return disk;
}

function verify(disk: FakeDisk, options: Partial<VerifyOptions> = {}): Verdict {
  return verifyLog({ disk, dir: DIR, now: NOW, ...options });
}

function codes({ first }: { readonly first: readonly Finding[] }): string[] {
  return first.map(({ code }) => code);
}

/** Changes the text of a file. */
function edit(file: string, change: (text: string) => string): (disk: FakeDisk) => void {
  return (disk) => {
    disk.damage(`${DIR}/${file}`, (bytes) =>
      Buffer.from(change(Buffer.from(bytes).toString("latin1")), "latin1"),
    );
  };
}

/** Changes the lines of a segment. */
function editLines(first: number, change: (lines: string[]) => string[]): (disk: FakeDisk) => void {
  return edit(segment(first), (text) =>
    change(text.split("\n").slice(0, -1))
      .map((line) => `${line}\n`)
      .join(""),
  );
}

function segment(first: number, kind = "jsonl"): string {
  return `seg/${String(first).padStart(16, "0")}.${kind}`;
}

describe("a log that nobody tampered with", () => {
  test("holds, and the verdict says what it does not say", () => {
    const log = usualLog();
    const verdict = verify(diskWith(log));
    expect(verdict).toMatchObject({ outcome: "valid", exitCode: 0, size: log.size, problems: { count: 0 } });
    expect(verdict.signed).toEqual({ size: log.size, root: hashToBase64(log.range.root()) });
    expect(verdict.warnings.count).toBe(0);
    expect(verdict.notCovered.join("\n")).toContain(
      "self-signed only: whoever has the key can rewrite everything",
    );
    expect(verdict.notCovered.join("\n")).toContain("truncation, rollback and forks are only seen against");
    expect(verdict.checked).toMatchObject({
      records: log.size,
      checkpoints: log.notes.length,
      seals: 2,
      segments: 4,
    });
    expect(verdict.history.recoveries.count).toBe(1);
    expect(verdict.ending.state).toBe("closed");
  });

  test("is JSON, and survives it", () => {
    const verdict = verify(diskWith(usualLog()));
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  test("an unsigned tail is counted, with how long it has been unsigned", () => {
    const log = new LogBuilder().open().checkpoint();
    const since = log.at;
    const verdict = verify(diskWith(log.action()), { now: since + 2500 });
    expect(verdict.exitCode).toBe(0);
    expect(verdict.tail).toEqual({ records: 2, tornBytes: 0, since, exposureSeconds: 2.5 });
    expect(verdict.notCovered.join("\n")).toContain("the last 2 records are not signed yet");
  });

  test("a torn end behind the newest checkpoint is a crash, and no tampering", () => {
    for (const stray of ['{"at":1', "\0".repeat(4096), '{"at":1,"n":99}\n', "\n"]) {
      const log = new LogBuilder().open().checkpoint().action();
      log.segments.at(-1)!.stray = stray;
      const verdict = verify(diskWith(log));
      expect(verdict).toMatchObject({ exitCode: 0, size: log.size, tail: { tornBytes: stray.length } });
      expect(verdict.notCovered.join("\n")).toContain("no whole record");
    }
  });

  test("cut at every byte behind its newest checkpoint, it holds", () => {
    const log = new LogBuilder().open().checkpoint();
    const signed = `${log.segments[0]!.lines.join("\n")}\n`.length;
    log.actions(3);
    const whole = `${log.segments[0]!.lines.join("\n")}\n`.length;
    for (let bytes = signed; bytes <= whole; bytes++) {
      const verdict = verify(
        diskWith(
          log,
          edit(segment(0), (text) => text.slice(0, bytes)),
        ),
      );
      expect({ bytes, exitCode: verdict.exitCode }).toEqual({ bytes, exitCode: 0 });
    }
  });

  test("cut at any byte before that, it does not", () => {
    const log = new LogBuilder().open().actions(2).checkpoint();
    const whole = `${log.segments[0]!.lines.join("\n")}\n`.length;
    for (let bytes = 0; bytes < whole; bytes++) {
      const verdict = verify(
        diskWith(
          log,
          edit(segment(0), (text) => text.slice(0, bytes)),
        ),
      );
      expect({ bytes, exitCode: verdict.exitCode }).toEqual({ bytes, exitCode: 2 });
    }
  });

  test("an empty log holds, without a checkpoint", () => {
    const disk = new FakeDisk();
    disk.makeDir(`${DIR}/seg`);
    put(disk, `${DIR}/vkey`, `${new LogBuilder().log.vkey}\n`);
    expect(verify(disk)).toMatchObject({ exitCode: 0, size: 0, ending: { state: "empty" } });
  });

  test("two crashes in a row may leave strays that only the first one's segment could name", () => {
    const log = new LogBuilder().open().actions(2).checkpoint().crash({ stray: "torn", isTold: false });
    log.add({
      type: "log.recovered",
      from: log.segments.at(-1)!.first,
      segment: null,
      bytes: 0,
      file: null,
      sha256: null,
      why: "x",
    });
    expect(verify(diskWith(log.reopen().close()))).toMatchObject({ exitCode: 0, problems: { count: 0 } });
  });

  test("a note that was published twice, and a torn note at the end, are what a crash leaves", () => {
    const log = usualLog();
    log.notes.splice(3, 0, log.notes[2]!);
    const verdict = verify(
      diskWith(
        log,
        edit("checkpoints", (text) => `${text}example.com/test\n4`),
      ),
    );
    expect(verdict.exitCode).toBe(0);
    expect(codes(verdict.warnings)).toEqual(["torn_notes"]);
  });
});

const TAMPERED: readonly (readonly [name: string, code: string, tamper: (disk: FakeDisk) => void])[] = [
  [
    "an edited value",
    "root_mismatch",
    editLines(0, (lines) => lines.map((line, i) => (i === 5 ? line.replace("true", "false") : line))),
  ],
  ["a removed line", "index_wrong", editLines(0, (lines) => lines.toSpliced(5, 1))],
  ["an inserted line", "index_wrong", editLines(0, (lines) => lines.toSpliced(5, 0, lines[4]!))],
  ["swapped lines", "index_wrong", editLines(0, (lines) => lines.with(5, lines[6]!).with(6, lines[5]!))],
  ["a removed last line", "shorter_than_checkpoint", editLines(44 - 1, (lines) => lines.slice(0, -1))],
  ["a line of another segment", "index_wrong", editLines(0, (lines) => lines.with(3, lines[2]!))],
  [
    "a key that comes twice",
    "line_invalid",
    editLines(0, (lines) => lines.with(5, lines[5]!.replace("{", '{"a":1,"a":2,'))),
  ],
  ["a space", "line_invalid", editLines(0, (lines) => lines.with(5, `${lines[5]} `))],
  ["a line end of Windows", "line_invalid", edit(segment(0), (text) => text.replaceAll("\n", "\r\n"))],
  ["no line end at the end of a segment", "records_missing", edit(segment(0), (text) => text.slice(0, -1))],
  ["bytes behind a segment's end", "strays", edit(segment(0), (text) => `${text}x`)],
  ["a missing segment", "records_missing", (disk) => disk.remove(`${DIR}/${segment(19)}`)],
  [
    "a missing first segment",
    "records_missing",
    (disk) => {
      for (const kind of ["jsonl", "hashes"]) disk.remove(`${DIR}/${segment(0, kind)}`);
    },
  ],
  ["a segment without its lines", "segment_missing", (disk) => disk.remove(`${DIR}/${segment(0)}`)],
  [
    "a renamed segment",
    "records_missing",
    (disk) => disk.rename(`${DIR}/${segment(19)}`, `${DIR}/${segment(20)}`),
  ],
  [
    "a link in the place of a segment",
    "segment_unreadable",
    (disk) => {
      disk.remove(`${DIR}/${segment(19)}`);
      disk.plant(`${DIR}/${segment(19)}`, { type: "link" });
    },
  ],
  ["no history of checkpoints", "unsigned", (disk) => disk.remove(`${DIR}/checkpoints`)],
  [
    "neither of both",
    "unsigned",
    (disk) => {
      disk.remove(`${DIR}/checkpoint`);
      disk.remove(`${DIR}/checkpoints`);
    },
  ],
  [
    "signatures stripped everywhere",
    "signature_wrong",
    (disk) => {
      for (const file of ["checkpoint", "checkpoints"])
        edit(file, (text) => text.replaceAll("test ", "tset "))(disk);
    },
  ],
  [
    "another root in an old checkpoint",
    "signature_wrong",
    edit("checkpoints", (text) => text.replace(/\n1\n..../, "\n1\nAAAA")),
  ],
  [
    "a removed checkpoint with its seal",
    "seal_missing",
    edit("checkpoints", (text) => text.replace(/example.com\/test\n19\n[^]*?\n\n(?:\u00e2[^\n]*\n)+/, "")),
  ],
  [
    "a seal cut out of its checkpoint",
    "seal_missing",
    edit("checkpoints", (text) => text.replace(/\n[^\n]*test\/e\/0 [^\n]*/, "")),
  ],
  [
    "a broken seal",
    "seal_wrong",
    edit("checkpoints", (text) =>
      text.replace(/(test\/e\/0 .{20})(.)/, (_, before, letter) => before + (letter === "A" ? "B" : "A")),
    ),
  ],
  [
    "checkpoints in another order",
    "sizes_go_down",
    edit("checkpoints", (text) => {
      const notes = text.split(/(?=example.com\/test\n\d)/);
      return [...notes.slice(1), notes[0]!].join("");
    }),
  ],
  ["another vkey", "vkey_wrong", edit("vkey", () => `${new LogBuilder().log.vkey}\n`)],
];

describe("a log that somebody tampered with", () => {
  test.each(TAMPERED)("%s is found", (_, code, tamper) => {
    const verdict = verify(diskWith(usualLog(), tamper));
    expect(verdict).toMatchObject({ outcome: "invalid", exitCode: 2 });
    expect(codes(verdict.problems)).toContain(code);
  });

  test("the first line that was changed is named: segment, line, record, byte", () => {
    const log = usualLog();
    const lines = log.segments[1]!.lines;
    const verdict = verify(
      diskWith(
        log,
        editLines(19, (all) => all.map((line, i) => (i >= 4 ? line.replace("gate", "gite") : line))),
      ),
    );
    expect(verdict.firstBad).toEqual({
      file: segment(19),
      line: 5,
      index: 23,
      byte: lines.slice(0, 4).join("\n").length + 1,
    });
    expect(verdict.problems.first[0]?.message).toContain("record 23");
  });

  test.each([
    [0, /whose hash was noted$/],
    [1, /; 1 later checkpoint does not agree either/],
    [2, /; 2 later checkpoints do not agree either/],
  ])("%i checkpoints behind the one that disagrees are counted in good English", (later, words) => {
    const log = new LogBuilder().open().action().checkpoint();
    for (let i = 0; i < later; i++) log.action().checkpoint();
    const tamper = editLines(0, (all) => all.map((line) => line.replace("gate", "gite")));
    expect(verify(diskWith(log, tamper)).problems.first[0]?.message).toMatch(words);
  });

  test("when the cache of hashes was changed with it, the stretch between two checkpoints is named", () => {
    const disk = diskWith(
      usualLog(),
      editLines(0, (all) => all.with(5, all[5]!.replace("true", "false"))),
    );
    disk.remove(`${DIR}/${segment(0, "hashes")}`);
    const verdict = verify(disk);
    expect(verdict.firstBad).toBeNull();
    expect(verdict.problems.first[0]?.message).toContain("somewhere in records 1 to 11");
  });

  test("a cache that is wrong is only a warning, which names it", () => {
    const verdict = verify(
      diskWith(
        usualLog(),
        edit(segment(19, "hashes"), (bytes) => `x${bytes.slice(1)}`),
      ),
    );
    expect(verdict.exitCode).toBe(0);
    expect(verdict.warnings.first.map(({ message }) => message).join()).toContain(segment(19, "hashes"));
    const other = verify(
      diskWith(
        usualLog(),
        edit(segment(19, "range"), (text) => text.replace(/./, "A").replace(/^A/, "B")),
      ),
    );
    expect(other.exitCode).toBe(0);
    expect(codes(other.warnings)).toEqual(["cache_wrong"]);
  });

  test("a thief of the log's key cannot seal other records in the place of old ones", () => {
    const log = new LogBuilder().open().actions(3);
    log.add({ type: "key.rotate", epoch: 1, vkey: log.epochKey(1).vkey });
    const stolen = new LogBuilder();
    log.epochs[0] = stolen.epochKey(0);
    log.checkpoint({ seals: [0] });
    const verdict = verify(diskWith(log));
    expect(codes(verdict.problems)).toEqual(expect.arrayContaining(["seal_wrong", "seal_missing"]));
  });

  test("segments end by a rotation, or by a crash that is on the record", () => {
    const log = new LogBuilder().open().actions(3).checkpoint().crash({ isTold: false }).actions(2).close();
    expect(codes(verify(diskWith(log)).problems)).toEqual(["cut_unexplained"]);
  });

  test("a rotation without its seal is found, and one that is not the last leaf of its segment", () => {
    expect(
      codes(verify(diskWith(new LogBuilder().open().rotate({ isSealed: false }).close())).problems),
    ).toEqual(["seal_missing"]);
    const inside = new LogBuilder().open();
    inside.add({ type: "key.rotate", epoch: 1, vkey: inside.epochKey(1).vkey });
    inside
      .checkpoint({ seals: [0] })
      .actions(1)
      .checkpoint();
    expect(codes(verify(diskWith(inside)).problems)).toEqual(["rotation_wrong"]);
  });

  test("after its end a log can only be opened again", () => {
    const signed = new LogBuilder().open().close().action().checkpoint();
    expect(codes(verify(diskWith(signed)).problems)).toEqual(["after_close"]);
    const appended = new LogBuilder().open().close();
    appended.segments[0]!.stray = '{"at":1,"n":99,"type":"gate"}\n';
    expect(codes(verify(diskWith(appended)).problems)).toEqual(["after_close"]);
    expect(verify(diskWith(new LogBuilder().open().close().reopen().close())).exitCode).toBe(0);
  });

  test("two roots that were signed for one size are a fork", () => {
    const log = new LogBuilder().open().actions(3).checkpoint();
    const other = new CompactRange(1, [log.segments[0]!.hashes[0]!]);
    log.checkpoint({ root: other.root() }).close();
    expect(codes(verify(diskWith(log)).problems)).toContain("forked");
  });

  test("twenty problems are listed, however many there are", () => {
    const log = new LogBuilder().open().actions(200).close();
    const verdict = verify(
      diskWith(
        log,
        editLines(0, (lines) => lines.map((line) => `${line} `)),
      ),
    );
    expect(verdict.problems.count).toBeGreaterThan(400);
    expect(verdict.problems.first).toHaveLength(20);
    expect(verdict.firstBad).toMatchObject({ line: 1, index: 0, byte: 0 });
  });

  test("values that stand in files of their own are checked", () => {
    const text = JSON.stringify({ much: "x".repeat(1000) });
    const log = new LogBuilder().open();
    const sha256 = "4b2a1d0a2f9ae8a1f2b7a3b2f1f8ed5a2a3e8b7c6d5e4f30112233445566778899".slice(0, 64);
    const index = log.add({ type: "image", boot: "boot0001", image: { $blob: sha256, bytes: text.length } });
    log.blobs.set(`${String(index).padStart(16, "0")}.image.json`, text);
    const unsigned = verify(diskWith(log.checkpoint({ size: 1, root: rootOf(log, 1) })));
    expect(unsigned).toMatchObject({ exitCode: 0, size: index });
    const signed = verify(diskWith(log.checkpoint()));
    expect(codes(signed.problems)).toEqual(["blob_wrong"]);
  });
});

function rootOf(log: LogBuilder, size: number): string {
  const range = new CompactRange();
  for (const hash of log.segments.flatMap(({ hashes }) => hashes).slice(0, size)) range.append(hash);
  return range.root();
}

describe("heads that were kept", () => {
  const log = usualLog();
  const [older, newest] = [log.notes[2]!, log.notes.at(-1)!];

  test("agree with the log that they are of", () => {
    const verdict = verify(diskWith(log), { heads: [{ name: "kept", text: older + newest }] });
    expect(verdict).toMatchObject({ exitCode: 0, trust: { level: "head", headSize: log.size } });
  });

  test("a log that is rolled back to an older state contradicts them", () => {
    const short = new LogBuilder().open().actions(3).checkpoint();
    const disk = diskWith(short);
    const head = { origin: short.origin, size: short.size, root: short.range.root() };
    short.actions(5).checkpoint();
    const text = short.notes.at(-1)!;
    const verdict = verify(disk, { heads: [{ name: "kept", text }] });
    expect(verdict).toMatchObject({ outcome: "contradicted", exitCode: 3 });
    expect(codes(verdict.problems)).toEqual(["behind_head"]);
    const own = diskWith(new LogBuilder(), (d) => void fileHeads(d, `${DIR}/head`).swap(null, head));
    expect(verify(own)).toMatchObject({ exitCode: 3 });
  });

  test("a log that was written anew with the same key contradicts them", () => {
    const first = new LogBuilder().open().actions(3).checkpoint();
    const second = new LogBuilder({ origin: first.origin });
    Object.assign(second, { log: first.log });
    second.segments[0]!.lines.length = second.segments[0]!.hashes.length = 0;
    Object.assign(second, { range: new CompactRange() });
    second.add({
      type: "log.begin",
      epoch: 0,
      epochKey: second.epochKey(0).vkey,
      format: 1,
      origin: first.origin,
      software: "x",
      vkey: first.log.vkey,
    });
    second.open().actions(9).checkpoint();
    const verdict = verify(diskWith(second), { heads: [{ name: "kept", text: first.notes.at(-1)! }] });
    expect(verdict.exitCode).toBe(3);
    expect(codes(verdict.problems)).toEqual(["contradicts_head"]);
  });

  test("another log, another key, and no log at all contradict them", () => {
    const heads = [{ name: "kept", text: newest }];
    expect(
      codes(verify(diskWith(new LogBuilder({ origin: "other" }).checkpoint()), { heads }).problems),
    ).toEqual(["other_log"]);
    expect(codes(verify(diskWith(new LogBuilder().checkpoint()), { heads }).problems)).toEqual(["other_key"]);
    const wiped = new FakeDisk();
    wiped.makeDir(`${DIR}/seg`);
    for (const disk of [new FakeDisk(), wiped]) {
      const verdict = verify(disk, { heads });
      expect(verdict).toMatchObject({ exitCode: 3, problems: { first: [{ code: "missing_log" }] } });
    }
    expect(verify(wiped)).toMatchObject({ exitCode: 0, ending: { state: "empty" } });
  });

  test("an edited line is tampering, whatever heads there are", () => {
    const disk = diskWith(
      log,
      editLines(0, (lines) => lines.with(5, lines[5]!.replace("true", "false"))),
    );
    const verdict = verify(disk, { heads: [{ name: "kept", text: newest }] });
    expect(verdict.exitCode).toBe(2);
  });

  test("what is no head is said as an error, and no log without a head, too", () => {
    expect(() => verify(diskWith(log), { heads: [{ name: "kept", text: "hello" }] })).toThrow("no kept head");
    expect(() => verify(new FakeDisk())).toThrow("no audit log");
  });

  test("since a kept checkpoint, only what follows is read", () => {
    const since = { name: "kept", text: log.notes[4]! };
    const verdict = verify(diskWith(log), { since });
    expect(verdict).toMatchObject({
      exitCode: 0,
      size: log.size,
      checked: { skipped: 27, records: log.size - 27 },
    });
    expect(verdict.notCovered.join("\n")).toContain("were not read again");
  });

  test("when the notes of the tree are wrong, everything is read", () => {
    const since = { name: "kept", text: log.notes[4]! };
    const disk = diskWith(
      log,
      edit(segment(27, "range"), (text) => text.replace(/^./, (c) => (c === "A" ? "B" : "A"))),
    );
    expect(verify(disk, { since })).toMatchObject({
      exitCode: 0,
      checked: { skipped: 0, records: log.size },
    });
  });
});

describe("witnesses and anchors", () => {
  const witness = cosignatureSigner(
    "witness.example",
    generateKeyPairSync("ed25519").privateKey,
    () => 1_795_000_050,
  );
  const log = new LogBuilder().open().actions(3).checkpoint();
  const cosigned = parseNote(log.notes.at(-1)!);
  const witnessedSize = log.size;
  const nextAt = log.at;
  log.actions(2).checkpoint();
  const line = {
    name: witness.name,
    keyId: witness.keyId,
    signature: witness.sign(Buffer.from(cosigned.text)),
  };
  const note = formatNote(cosigned.text, [...cosigned.signatures, line]);
  const policy = parseTlogPolicy(`log ${log.log.vkey}\nwitness w ${witness.vkey}\nquorum w\n`);
  const receipt =
    (text: string): ((disk: FakeDisk) => void) =>
    (disk) => {
      disk.makeDir(`${DIR}/receipts`);
      put(disk, `${DIR}/receipts/cosigned`, text);
    };

  test("a policy whose quorum was not reached is less trust than was asked for", () => {
    const verdict = verify(diskWith(log), { policy });
    expect(verdict).toMatchObject({ exitCode: 4, trust: { level: "self-signed", quorum: false } });
  });

  test("a cosigned checkpoint counts up to its size, and the rest is exposed since then", () => {
    const verdict = verify(diskWith(log, receipt(note)), { policy, now: nextAt + 7000 });
    expect(verdict).toMatchObject({
      exitCode: 0,
      trust: {
        level: "witnessed",
        quorum: true,
        witnessedSize,
        exposureSeconds: 7,
        witnesses: [{ name: "witness.example" }],
      },
    });
    expect(verdict.notCovered.join("\n")).toContain(`witnessed up to record ${witnessedSize - 1}`);
    expect(verdict.notCovered.join("\n")).not.toContain("self-signed only");
  });

  test("without a policy cosignatures count for nothing", () => {
    expect(verify(diskWith(log, receipt(note))).trust).toMatchObject({ level: "self-signed", quorum: null });
  });

  test("a broken cosignature, and one of a note that is not the log's, count for nothing", () => {
    const broken = note.replace(
      /(witness.example .{30})(.)/,
      (_, before: string, letter: string) => before + (letter === "A" ? "B" : "A"),
    );
    expect(verify(diskWith(log, receipt(broken)), { policy })).toMatchObject({
      exitCode: 4,
      warnings: { count: 1 },
    });
    const forged = formatNote(cosigned.text.replace(/\n\d+\n/, "\n99\n"), [line]);
    expect(verify(diskWith(log, receipt(forged)), { policy })).toMatchObject({
      exitCode: 4,
      warnings: { count: 1 },
    });
  });

  test("a log that is not the one that was witnessed contradicts it", () => {
    const short = new LogBuilder({ origin: log.origin });
    Object.assign(short, { log: log.log, range: new CompactRange() });
    short.segments[0]!.lines.length = short.segments[0]!.hashes.length = 0;
    const keys = { vkey: log.log.vkey, epochKey: short.epochKey(0).vkey };
    short.add({ type: "log.begin", epoch: 0, format: 1, origin: log.origin, software: "x", ...keys });
    expect(verify(diskWith(short.checkpoint(), receipt(note)), { policy }).exitCode).toBe(3);
  });

  test("receipts of anchors are told as what they are: claims in the log's directory", () => {
    const disk = diskWith(log, (d) => d.makeDir(`${DIR}/receipts`));
    put(
      disk,
      `${DIR}/receipts/0000000000000008-file-1.json`,
      JSON.stringify({ kind: "file", size: 8, at: 5, note: log.notes[0] }),
    );
    put(disk, `${DIR}/receipts/junk.json`, "[]");
    const verdict = verify(disk, { require: ["anchored"] });
    expect(verdict).toMatchObject({
      exitCode: 0,
      trust: { level: "anchored", anchors: [{ kind: "file", size: witnessedSize }] },
    });
    expect(codes(verdict.warnings)).toEqual(["receipt_unreadable"]);
    expect(verdict.notCovered.join("\n")).toContain("self-signed only");
  });
});

describe("what a log tells", () => {
  test("decisions without an outcome are counted, by what became of their run", () => {
    const log = new LogBuilder().open("boot0001").action({ isSettled: false }).action();
    log.add({ type: "close", boot: "boot0001", mono: log.mono, unsettled: 1 });
    log.open("boot0002").action({ boot: "boot0002", isSettled: false });
    log
      .open("boot0003")
      .action({ boot: "boot0003", isSettled: false })
      .action({ boot: "boot0003", isSettled: false });
    log.add({ type: "close", boot: "boot0003", mono: log.mono, unsettled: 0 });
    log.open("boot0004").action({ boot: "boot0004", isSettled: false }).checkpoint();
    expect(verify(diskWith(log)).decisions).toMatchObject({
      ...{ total: 6, allowed: 6, answered: 1, interrupted: 2, inFlight: 1 },
      unanswered: { count: 1 },
    });
  });

  test("a wall clock that goes back is seen, unless a record says so", () => {
    const told = new LogBuilder().open().action();
    told.at -= 60_000;
    told.add({ type: "clock", boot: "boot0001", mono: told.mono, byMs: -60_000 });
    expect(verify(diskWith(told.action().checkpoint())).history).toMatchObject({
      clockSteps: 1,
      unrecordedSteps: { count: 0 },
    });
    const silent = new LogBuilder().open().action();
    silent.at -= 60_000;
    expect(verify(diskWith(silent.action().checkpoint())).history.unrecordedSteps).toMatchObject({
      count: 1,
      first: [{ index: 4 }],
    });
  });

  test("silence that heartbeats should have filled is seen, by the monotonic clock", () => {
    const log = new LogBuilder().open().action();
    log.mono += 60_000;
    log.action().checkpoint();
    expect(verify(diskWith(log)).history.silences).toMatchObject({ count: 1, first: [{ index: 4 }] });
    const asleep = new LogBuilder().open().action();
    asleep.at += 8 * 3_600_000;
    expect(verify(diskWith(asleep.action().checkpoint())).history.silences.count).toBe(0);
  });

  test("gaps are told with how many records they stand for", () => {
    const log = new LogBuilder().open();
    log.add({ type: "gap", lost: 7, reason: "the queue was full" });
    const told = verify(diskWith(log.checkpoint()));
    expect(told.history).toMatchObject({ lost: 7, gaps: { count: 1 } });
    log.add({ type: "gap", lost: null, reason: "unknown" });
    expect(verify(diskWith(log.checkpoint())).history.lost).toBeNull();
  });

  test("removed records are proven by their hashes, and accounted for by a record", () => {
    const log = usualLog();
    const removal = {
      type: "log.retention",
      by: "alice",
      reason: "older than 400 days",
      removed: { from: 0, to: 19 },
    };
    const bad = diskWith(log, (disk) => disk.remove(`${DIR}/${segment(0)}`));
    expect(codes(verify(bad).problems)).toEqual(["segment_missing"]);
    log.reopen().add(removal);
    const good = verify(diskWith(log.close(), (disk) => disk.remove(`${DIR}/${segment(0)}`)));
    expect(good).toMatchObject({
      exitCode: 0,
      checked: { removed: 19 },
      history: { retention: { count: 1 } },
    });
    expect(good.notCovered.join("\n")).toContain("only the hashes are left");
  });
});

describe("any directory at all", () => {
  const log = usualLog();
  log.blobs.set("0000000000000003.x.json", "{}");
  const files = [
    "vkey",
    "checkpoint",
    "checkpoints",
    ...[0, 19, 27].flatMap((first) => ["jsonl", "hashes", "range"].map((kind) => segment(first, kind))),
  ].filter((file) => file !== segment(0, "range"));
  const change = fc.oneof(
    fc.record({
      how: fc.constant("flip" as const),
      file: fc.constantFrom(...files),
      at: fc.nat(),
      byte: fc.integer({ min: 1, max: 255 }),
    }),
    fc.record({
      how: fc.constant("cut" as const),
      file: fc.constantFrom(...files),
      at: fc.nat(),
      byte: fc.constant(0),
    }),
    fc.record({
      how: fc.constant("insert" as const),
      file: fc.constantFrom(...files),
      at: fc.nat(),
      byte: fc.nat(255),
    }),
    fc.record({
      how: fc.constantFrom("remove" as const, "link" as const, "directory" as const, "empty" as const),
      file: fc.constantFrom(...files),
      at: fc.constant(0),
      byte: fc.constant(0),
    }),
  );

  test("has a verdict, and never an error", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const disk = diskWith(log);
        for (const { how, file, at, byte } of changes) {
          const path = `${DIR}/${file}`;
          const type = disk.look(path)?.type;
          if (type === undefined || type === "directory") continue;
          if (how === "remove" || how === "link" || how === "directory") {
            disk.remove(path);
            if (how === "directory") disk.makeDir(path);
            if (how === "link") disk.plant(path, { type: "link" });
          } else if (type === "file") {
            disk.damage(path, (bytes) => {
              if (how === "empty") return new Uint8Array();
              const place = at % (bytes.length + 1);
              if (how === "cut") return bytes.slice(0, place);
              if (how === "insert")
                return Buffer.concat([bytes.slice(0, place), Buffer.of(byte), bytes.slice(place)]);
              if (place < bytes.length) bytes[place]! ^= byte;
              return bytes;
            });
          }
        }
        const verdict = verify(disk);
        expect([0, 2, 3]).toContain(verdict.exitCode);
        expect(verdict.notCovered.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test("every flipped bit of the lines is found", () => {
    fc.assert(
      fc.property(fc.constantFrom(segment(0), segment(27)), fc.nat(), fc.nat(7), (file, at, bit) => {
        const disk = diskWith(log);
        disk.damage(`${DIR}/${file}`, (bytes) => {
          bytes[at % bytes.length]! ^= 1 << bit;
          return bytes;
        });
        expect(verify(disk).exitCode).toBe(2);
      }),
      { numRuns: 500 },
    );
  });

  test("names of files may be anything", () => {
    const disk = diskWith(log);
    for (const name of [
      "9".repeat(1000) + ".jsonl",
      "9999999999999999.jsonl",
      "x",
      "0000000000000001.JSONL",
      "-000000000000001.jsonl",
    ])
      put(disk, `${DIR}/seg/${name}`, "x");
    expect(verify(disk).exitCode).toBe(0);
    put(disk, `${DIR}/seg/0009007199254740991.jsonl`.replace("000900", "900"), "x");
    expect(codes(verify(disk).problems)).toContain("records_missing");
  });

  test("a line without end is read no further than needed", () => {
    const disk = diskWith(
      log,
      edit(segment(0), () => "x".repeat(3 << 20)),
    );
    expect(codes(verify(disk).problems)).toEqual(expect.arrayContaining(["records_missing"]));
  });
});

describe("the newest checkpoint", () => {
  test.each([
    ["is missing", (disk: FakeDisk) => disk.remove(`${DIR}/checkpoint`)],
    ["is empty", edit("checkpoint", () => "")],
    ["is zeros", edit("checkpoint", () => "\0".repeat(200))],
    ["has lost its signature", edit("checkpoint", (text) => text.slice(0, text.indexOf("— ")))],
  ])("%s: the log is not valid, whatever its history says", (_, tamper) => {
    expect(verify(diskWith(usualLog(), tamper)).exitCode).toBe(2);
  });
});
