import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MadeLog, ORIGIN, witnessSigner } from "../../../test/audit/witness-support.js";
import { FakeDisk } from "../../testing/fake-disk.js";
import { formatNote, parseNote, parseVkey, signNote, verifiedBy } from "../note/index.js";
import { hashToBase64 } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import { formatAddCheckpoint, parseAddCheckpoint } from "./add-checkpoint.js";
import type { WitnessAnswer, WitnessEvent } from "./witness.js";
import { Witness } from "./witness.js";

const DIR = "/witness";
const signer = witnessSigner("witness.example/w1");

function witnessOf(log: MadeLog, disk = new FakeDisk()) {
  const events: WitnessEvent[] = [];
  const witness = new Witness({
    ...{ signer, logs: [log.verifier], disk, dir: DIR, now: () => 1_700_000_000_000 },
    onEvent: (event) => events.push(event),
  });
  return { witness, events, disk };
}

function ask(
  witness: Witness,
  log: MadeLog,
  from: number,
  to: number,
  change: { readonly proof?: readonly Hash[]; readonly noteText?: string } = {},
): WitnessAnswer {
  const proof = change.proof ?? (from === 0 || from > to ? [] : log.proofOf(from, to));
  const body = formatAddCheckpoint({ oldSize: from, proof, noteText: change.noteText ?? log.note(to) });
  return witness.addCheckpoint(Buffer.from(body));
}

const sizeAnswer = (size: number): WitnessAnswer => ({
  status: 409,
  type: "text/x.tlog.size",
  body: `${size}\n`,
});

describe("a witness (C2SP tlog-witness)", () => {
  test("cosigns what continues, from nothing on, and the same again", () => {
    const log = new MadeLog().growTo(20);
    const { witness } = witnessOf(log);
    for (const [from, to] of [
      [0, 3],
      [3, 3],
      [3, 8],
      [8, 20],
    ] as const) {
      const { status, body } = ask(witness, log, from, to);
      expect(status).toBe(200);
      expect(body).toMatch(/^— witness\.example\/w1 [A-Za-z0-9+/]+=*\n$/);
      const note = parseNote(log.note(to) + body);
      expect(verifiedBy(note, [log.verifier, parseVkey(signer.vkey)])).toHaveLength(2);
    }
  });

  test("an empty log may be cosigned, and only the empty tree is its root", () => {
    const log = new MadeLog();
    const { witness, events } = witnessOf(log);
    expect(ask(witness, log, 0, 0).status).toBe(200);
    const noteText = signNote(`${ORIGIN}\n0\n${hashToBase64("x".repeat(32))}\n`, [log.signer]);
    expect(ask(witness, log, 0, 0, { noteText })).toEqual(sizeAnswer(0));
    expect(events.map(({ kind }) => kind)).toEqual(["cosigned", "contradiction", "refused"]);
  });

  test("409 with the size for whoever does not know it", () => {
    const log = new MadeLog().growTo(20);
    const { witness } = witnessOf(log);
    expect(ask(witness, log, 5, 10)).toEqual(sizeAnswer(0));
    ask(witness, log, 0, 10);
    expect(ask(witness, log, 0, 20)).toEqual(sizeAnswer(10));
    expect(ask(witness, log, 5, 8)).toEqual(sizeAnswer(10));
    expect(ask(witness, log, 12, 20)).toEqual(sizeAnswer(10));
  });

  test("404 for a log that is not known", () => {
    const { witness } = witnessOf(new MadeLog());
    expect(ask(witness, new MadeLog("example.com/other").growTo(1), 0, 1).status).toBe(404);
  });

  test("403 unless a known key signed it: not another key, not a changed text, not the epoch's key alone", () => {
    const log = new MadeLog().growTo(4);
    const { witness } = witnessOf(log);
    expect(ask(witness, new MadeLog().growTo(4), 0, 4).status).toBe(403);
    const note = parseNote(log.note(3));
    expect(ask(witness, log, 0, 3, { noteText: formatNote(`${note.text}x\n`, note.signatures) }).status).toBe(
      403,
    );
    const seal = new MadeLog(`${ORIGIN}/e/0`).signer;
    expect(ask(witness, log, 0, 4, { noteText: log.note(4, [seal]) }).status).toBe(403);
    expect(ask(witness, log, 0, 4, { noteText: log.note(4, [seal, log.signer]) }).status).toBe(200);
  });

  test("400 for an old size beyond the checkpoint, even if it is the kept one", () => {
    const log = new MadeLog().growTo(20);
    const { witness } = witnessOf(log);
    ask(witness, log, 0, 10);
    expect(ask(witness, log, 10, 9).status).toBe(400);
  });

  test("422 for a proof that is wrong, missing, too long, or there where none may be; nothing moves", () => {
    const log = new MadeLog().growTo(20);
    const { witness } = witnessOf(log);
    const junk = "j".repeat(32);
    expect(ask(witness, log, 0, 5, { proof: [junk] }).status).toBe(422);
    ask(witness, log, 0, 5);
    expect(ask(witness, log, 5, 9, { proof: [] }).status).toBe(422);
    expect(ask(witness, log, 5, 9, { proof: [...log.proofOf(5, 9), junk] }).status).toBe(422);
    expect(ask(witness, log, 5, 9, { proof: log.proofOf(6, 9) }).status).toBe(422);
    expect(ask(witness, log, 5, 5, { proof: [junk] }).status).toBe(422);
    expect(ask(witness, log, 5, 9).status).toBe(200);
  });

  test.each([
    ["nothing", ""],
    ["no old size", "new 3\n\n"],
    ["a leading zero", "old 03\n\n"],
    ["a sign", "old +3\n\n"],
    ["beyond 2^53", "old 9007199254740993\n\n"],
    ["a proof line that is no hash", "old 3\nAAAA\n\n"],
    ["64 proof lines", `old 3\n${`${hashToBase64("p".repeat(32))}\n`.repeat(64)}\n`],
    ["CRLF", "old 3\r\n\r\n"],
  ])("400 for %s", (_what, start) => {
    const log = new MadeLog().growTo(9);
    const { witness } = witnessOf(log);
    expect(witness.addCheckpoint(Buffer.from(start + log.note())).status).toBe(400);
  });

  test("400 for bytes that are no text", () => {
    const { witness } = witnessOf(new MadeLog());
    expect(witness.addCheckpoint(Buffer.from([0x6f, 0xff, 0xfe])).status).toBe(400);
  });

  test("whatever comes in, it answers", () => {
    const log = new MadeLog().growTo(9);
    const { witness } = witnessOf(log);
    const good = Buffer.from(formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note() }));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, end) => {
        const bytes = Buffer.from(good.subarray(0, end));
        if (at < end) bytes[at] = byte;
        const { status } = witness.addCheckpoint(bytes);
        if (bytes.equals(good)) expect([200, 409]).toContain(status);
        // A byte of the base64 of a signature by a key that is not known could change nothing; here all count.
        else expect([400, 403, 404]).toContain(status);
      }),
    );
  });

  test("requests are read as they were written", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
        (oldSize, hashes) => {
          const proof = hashes.map((bytes) => Buffer.from(bytes).toString("latin1"));
          const noteText = new MadeLog().growTo(3).note();
          const read = parseAddCheckpoint(Buffer.from(formatAddCheckpoint({ oldSize, proof, noteText })));
          expect(read).toMatchObject({ oldSize, proof, noteText, checkpoint: { size: 3 } });
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("contradictions are kept as evidence", () => {
  test("two trees of one size, both signed: a fork, with both notes", () => {
    const log = new MadeLog().growTo(10);
    const fork = log.fork(6, 10);
    const { witness, events, disk } = witnessOf(log);
    ask(witness, log, 0, 10);
    expect(ask(witness, fork, 10, 10)).toEqual(sizeAnswer(10));
    const found = events.find(({ kind }) => kind === "contradiction")!;
    const text = new TextDecoder().decode(disk.read(found.evidence!));
    expect(text).toMatch(/^SECURITY ERROR: example\.com\/agents contradicts itself\n/);
    expect(text).toContain(log.note());
    expect(text).toContain(fork.note());
  });

  test("a head that does not continue the kept one: with the proof that failed", () => {
    const log = new MadeLog().growTo(10);
    const fork = log.fork(6, 14);
    const { witness, disk } = witnessOf(log);
    ask(witness, log, 0, 10);
    expect(ask(witness, fork, 10, 14).status).toBe(422);
    const [name] = disk.list(`${DIR}/evidence`);
    const text = new TextDecoder().decode(disk.read(`${DIR}/evidence/${name}`));
    expect(text).toContain(log.note());
    expect(text).toContain(fork.note());
    expect(text).toContain(fork.proofOf(10, 14).map(hashToBase64).join("\n"));
  });

  test("the same contradiction is kept once, and wrong proofs do not fill the disk", () => {
    const log = new MadeLog().growTo(200);
    const { witness, events, disk } = witnessOf(log);
    ask(witness, log, 0, 10);
    for (let i = 0; i < 3; i++) ask(witness, log, 10, 11, { proof: ["x".repeat(32)] });
    expect(disk.list(`${DIR}/evidence`)).toHaveLength(1);
    for (let to = 11; to <= 200; to++) ask(witness, log, 10, to, { proof: ["x".repeat(32)] });
    expect(disk.list(`${DIR}/evidence`)).toHaveLength(100);
    expect(events.at(-1)).toMatchObject({ kind: "refused", status: 422 });
  });
});

describe("what a witness has seen", () => {
  test("is on the disk before it answers: after a crash at any moment it never cosigns what it would not have before", () => {
    const log = new MadeLog().growTo(30);
    const fork = log.fork(4, 30);
    for (let moment = 1; moment <= 60; moment++) {
      let disk = new FakeDisk({ seed: moment });
      disk.makeDir(DIR);
      disk.syncDirNow("/");
      disk.dieAt(disk.operations + moment);
      let told = 0;
      for (const [from, to] of [
        [0, 5],
        [5, 9],
        [9, 20],
      ] as const) {
        if (disk.isDead) break;
        const { status } = ask(witnessOf(log, disk).witness, log, from, to);
        if (status === 200) told = to;
        else expect([500, 409]).toContain(status);
      }
      disk = disk.crash();
      const { witness } = witnessOf(log, disk);
      if (told === 0) continue;
      const answer = ask(witness, log, 0, 30);
      expect(answer.type).toBe("text/x.tlog.size");
      expect(Number(answer.body)).toBeGreaterThanOrEqual(told);
      expect(ask(witness, fork, Number(answer.body), 30).status).toBe(422);
      expect(ask(witness, log, Number(answer.body), 30).status).toBe(200);
    }
  });

  test("two processes with one state: of two answers that would undo each other, one is given", () => {
    const log = new MadeLog().growTo(40);
    const fork = log.fork(5, 40);
    for (let moment = 1; moment <= 60; moment++) {
      const disk = new FakeDisk({ seed: moment });
      const [one, other] = [witnessOf(log, disk).witness, witnessOf(log, disk).witness];
      ask(one, log, 0, 5);
      const until = disk.operations + moment;
      let others: WitnessAnswer | undefined;
      disk.fault = () => {
        if (others === undefined && disk.operations >= until) {
          others = sizeAnswer(0);
          others = ask(other, fork, 5, 30);
        }
        return undefined;
      };
      const mine = ask(one, log, 5, 20);
      disk.fault = undefined;
      expect([mine.status, others?.status].filter((status) => status === 200).length).toBeLessThanOrEqual(1);
      const kept = mine.status === 200 ? 20 : 30;
      expect(ask(one, log, 0, 40)).toEqual(sizeAnswer(kept));
    }
  });

  test("a state that cannot be read or kept gives no cosignature", () => {
    const log = new MadeLog().growTo(9);
    const { witness, events, disk } = witnessOf(log);
    ask(witness, log, 0, 5);
    disk.isReadOnly = true;
    expect(ask(witness, log, 5, 9).status).toBe(500);
    disk.isReadOnly = false;
    const [name] = disk.list(`${DIR}/logs`);
    disk.damage(`${DIR}/logs/${name}/head/head.00000001`, () => Buffer.from("?"));
    expect(ask(witness, log, 5, 9).status).toBe(500);
    expect(events.at(-1)).toMatchObject({ kind: "failed", message: expect.stringContaining("kept head") });
  });
});
