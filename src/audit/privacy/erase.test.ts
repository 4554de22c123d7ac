import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allFiles, KeptLog } from "../../../test/support/kept-log.js";
import { DiskDied, FakeDisk } from "../../testing/fake-disk.js";
import { readLog } from "../log/reader.js";
import { CompactRange, inclusionProof, verifyInclusion } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import { checkVault, disclose, erase, layHold, Vault } from "./index.js";
import type { EraseTarget, VaultReport } from "./index.js";
import { listVault, readVaultLine, vaultLines, vaultPath } from "./vault-lines.js";
import type { VaultLine } from "./vault-lines.js";

const DIR = "/log";
const WHO = { by: "alice", reason: "request 7", now: 5_000 };

function start() {
  const disk = new FakeDisk();
  const log = new KeptLog(disk, DIR);
  return { disk, log, erase: eraser(disk, log) };
}

function eraser(disk: FakeDisk, log: KeptLog) {
  return (target: EraseTarget, options: { despiteHold?: boolean } = {}) =>
    erase({ disk, dir: DIR, target, ...WHO, append: log.appendToLog, ...options });
}

function check(disk: FakeDisk): VaultReport {
  return checkVault({ disk, dir: DIR, leaves: readLog({ disk, dir: DIR }) });
}

function lineOf(disk: FakeDisk, file: number, n: number): VaultLine {
  for (const bytes of vaultLines(disk, vaultPath(DIR, file))) {
    const line = readVaultLine(bytes);
    if (line?.n === n) return line;
  }
  throw new Error(`no line of ${n}`);
}

/** Whether bytes stand in any file, in one of the ways in which they could be written. */
function isAnywhere(disk: FakeDisk, bytes: Buffer): boolean {
  const forms = [bytes, Buffer.from(bytes.toString("base64url")), Buffer.from(bytes.toString("hex"))];
  return [...allFiles(disk, DIR).values()].some((file) => forms.some((form) => file.includes(form)));
}

describe("one field", () => {
  test("of an old and of the newest segment: value and salt are in no file any more", async () => {
    const { disk, log, erase } = start();
    log.decide({ to: "first@example.com" });
    log.decide({ to: "other@example.com" });
    log.cut();
    log.decide({ to: "newest@example.com" });
    log.flush();
    const salts = [lineOf(disk, 0, 0), lineOf(disk, 2, 2)].map(({ opening }) =>
      Buffer.from(opening!.salt, "latin1"),
    );
    for (const salt of salts) expect(isAnywhere(disk, salt)).toBe(true);

    const { records, values } = await erase({ record: 0, path: "args" });
    await erase({ record: 2 });

    expect(values).toBe(1);
    expect(records).toEqual([
      { type: "log.redacted", at: 5_000, by: "alice", reason: "request 7", what: { n: 0, path: "args" } },
    ]);
    for (const salt of salts) expect(isAnywhere(disk, salt)).toBe(false);
    expect(isAnywhere(disk, Buffer.from("first@"))).toBe(false);
    expect(isAnywhere(disk, Buffer.from("newest@"))).toBe(false);
    expect(isAnywhere(disk, Buffer.from("other@"))).toBe(true);
    expect(check(disk)).toMatchObject({ fields: 3, disclosed: 1, erased: 2, withheld: 0, mismatchCount: 0 });
  });

  test("the verdicts: disclosed, withheld, erased, MISMATCH", async () => {
    const { disk, log, erase } = start();
    for (const value of ["a", "b", "c", "d"]) log.decide({ value });
    log.cut();
    log.flush();
    await erase({ record: 2 });
    disk.damage(vaultPath(DIR, 0), (bytes) => {
      const lines = Buffer.from(bytes).toString().split("\n");
      return Buffer.from([lines[0], lines[2]!.replace('"d"', '"e"'), ""].join("\n"));
    });
    const verdicts = [0, 1, 2, 3].map((n) => disclose({ disk, dir: DIR, n }).fields[0]!);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["disclosed", "withheld", "erased", "MISMATCH"]);
    expect(verdicts[0]!.value).toEqual({ value: "a" });
    expect(verdicts[2]!.erased).toEqual({ n: 4, at: 5_000, by: "alice", reason: "request 7" });
    expect(check(disk)).toMatchObject({
      disclosed: 1,
      withheld: 1,
      erased: 1,
      mismatched: 1,
      mismatchCount: 1,
    });
  });

  test("errors say what there is", async () => {
    const { log, erase } = start();
    log.append({ type: "gate" }, { field: "args", value: 1 }, { field: "re/cipient", value: "x" });
    log.append({ type: "tick" });
    log.flush();
    await expect(erase({ record: 0, path: "body" })).rejects.toMatchObject({
      help: "it keeps `args`, `tags/re~1cipient`",
    });
    await expect(erase({ record: 1 })).rejects.toThrow("record 1 commits to no value");
    await expect(erase({ record: 9 })).rejects.toThrow("no record 9 yet");
    await erase({ record: 0, path: "args" });
    await expect(erase({ record: 0, path: "args" })).rejects.toMatchObject({
      help: "it was erased before: record 2, by `alice`",
    });
    await expect(erase({ subject: "nobody" })).rejects.toThrow("nothing is kept of this subject");
  });
});

describe("one subject", () => {
  test("everything of theirs goes, in all segments, and nothing of others", async () => {
    const { disk, log, erase } = start();
    for (let i = 0; i < 60; i++) {
      if (i % 20 === 19) log.cut();
      log.decide(
        { body: `secret ${i}` },
        i % 3 === 0 ? "ann@example.com" : i % 3 === 1 ? "bob@example.com" : undefined,
      );
    }
    log.flush();
    const backup = new Map([...allFiles(disk, DIR)].filter(([path]) => !path.includes("/keys/")));
    const subject = lineOf(disk, 0, 0).subject!;
    const key = Buffer.from(disk.read(`${DIR}/vault/keys/${subject}.key`));
    const salts = Array.from(
      { length: 20 },
      (_, i) => disclose({ disk, dir: DIR, n: 3 * i }).fields[0]!.salt!,
    );
    expect(check(disk)).toMatchObject({ fields: 60, disclosed: 60 });

    const { values, isKeyDestroyed, records } = await erase({ subject: "ann@example.com" });

    expect([values, isKeyDestroyed, records.length]).toEqual([20, true, 1]);
    expect(check(disk)).toMatchObject({
      disclosed: 40,
      erased: 20,
      withheld: 0,
      mismatchCount: 0,
      unerasedCount: 0,
    });
    for (const part of [
      key,
      Buffer.from("ann@example.com"),
      ...salts.map((salt) => Buffer.from(salt, "base64url")),
    ]) {
      expect(isAnywhere(disk, part)).toBe(false);
    }
    // Copies of the vault that were made before hold only what no key opens.
    for (const salt of salts) expect([...backup.values()].some((file) => file.includes(salt))).toBe(false);

    // The same subject may come back; only what is new is kept.
    const n = log.decide({ body: "again" }, "ann@example.com");
    log.flush();
    expect(disclose({ disk, dir: DIR, n }).fields[0]).toMatchObject({ verdict: "disclosed", subject });
    expect(disclose({ disk, dir: DIR, n: 0 }).fields[0]!.verdict).toBe("erased");
  });

  test("what is on its way while the key is destroyed is erased, too, and on the record", async () => {
    const { disk, log } = start();
    log.decide("old", "ann");
    log.flush();
    const late = vaultPath(DIR, 0);
    let sealed: Buffer | undefined;
    const result = await erase({
      ...{ disk, dir: DIR, target: { subject: "ann" }, ...WHO },
      append: async (dir, records) => {
        if (sealed === undefined) {
          // Sealed before the record, written after it: as a batch of the writer can be.
          const n = log.decide("late", "ann");
          log.flush();
          sealed = Buffer.from(disk.read(late));
          await log.appendToLog(dir, records);
          expect(lineOf(disk, 0, n).n).toBe(n);
        } else await log.appendToLog(dir, records);
      },
    });
    expect(result.records.map(({ what }) => what)).toMatchObject([
      { places: [[0, "args"]] },
      { places: [[1, "args"]] },
    ]);
    expect(check(disk)).toMatchObject({ fields: 2, erased: 2, mismatchCount: 0 });
  });

  test("many places are named by several records, each short enough for a leaf", async () => {
    const { disk, log, erase } = start();
    for (let i = 0; i < 5_000; i++) log.decide(i, "ann");
    log.flush();
    const { records } = await erase({ subject: "ann" });
    expect(records.length).toBeGreaterThan(1);
    for (const line of log.lines) expect(Buffer.byteLength(line)).toBeLessThan(65_535);
    expect(check(disk)).toMatchObject({ fields: 5_000, erased: 5_000 });
  });
});

test("by age: everything that older records keep goes", async () => {
  const { disk, log, erase } = start();
  for (let i = 0; i < 30; i++) {
    if (i % 8 === 7) log.cut();
    log.decide(`value-${i}-`);
  }
  log.flush();
  const { values, records } = await erase({ before: 20_000 });
  expect(values).toBe(20);
  expect(records[0]!.what).toEqual({ below: 20 });
  expect(check(disk)).toMatchObject({ disclosed: 10, erased: 20, mismatchCount: 0 });
  expect(isAnywhere(disk, Buffer.from("value-19-"))).toBe(false);
  await expect(erase({ before: 20_000 })).rejects.toThrow("no record from before that time");
});

test("under a legal hold nothing is erased, unless despite it and on the record", async () => {
  const { disk, log, erase } = start();
  log.decide("evidence");
  log.flush();
  layHold(disk, DIR, { by: "counsel", reason: "case 12", since: 1_000 });
  await expect(erase({ record: 0 })).rejects.toMatchObject({ code: "legal_hold" });
  expect(check(disk).disclosed).toBe(1);
  const { records } = await erase({ record: 0 }, { despiteHold: true });
  expect(records[0]!.despiteHold).toBe("case 12");
  disk.damage(`${DIR}/legal-hold.json`, () => Buffer.from("{"));
  await expect(erase({ record: 0 })).rejects.toMatchObject({ code: "record_damaged" });
});

test("a thousand erasures: the tree stays, every proof stays, and nothing of what was erased is left", async () => {
  const { disk, log, erase } = start();
  const size = 1_500;
  for (let i = 0; i < size; i++) {
    if (i % 250 === 249) log.cut();
    const subject = i % 5 === 4 ? `person-${i % 250}` : undefined;
    log.append(
      { type: "gate" },
      { field: "args", value: { text: `value-${i}-`, i }, ...(subject !== undefined && { subject }) },
      { field: "recipient", value: `mail-${i}@example.com` },
    );
  }
  log.flush();
  const nodeAt = nodesOf(log.leaves);
  const root = log.range.root();
  const proofs = log.leaves.map((_, i) => inclusionProof(i, size, nodeAt));
  const before = log.lines.slice();
  const secrets: Buffer[] = [];
  const salts = new Map<number, string>();
  for (const file of listVault(disk, DIR)) {
    for (const bytes of vaultLines(disk, vaultPath(DIR, file))) {
      const line = readVaultLine(bytes)!;
      if (line.path === "tags/recipient") salts.set(line.n, line.opening!.salt);
    }
  }

  let erasures = 0;
  const random = fc.sample(fc.nat(size - 1), { numRuns: 3_000, seed: 7 });
  const done = new Set<number>();
  for (const n of random) {
    if (erasures === 950) break;
    if (done.has(n)) continue;
    done.add(n);
    secrets.push(Buffer.from(salts.get(n)!, "latin1"), Buffer.from(`mail-${n}@`));
    await erase({ record: n, path: "tags/recipient" });
    erasures++;
  }
  for (let person = 0; person < 50; person++) {
    const n = 5 * person + 4;
    const [field] = disclose({ disk, dir: DIR, n, path: "args" }).fields;
    secrets.push(
      Buffer.from(field!.salt!, "base64url"),
      Buffer.from(disk.read(`${DIR}/vault/keys/${field!.subject!}.key`)),
    );
    await erase({ subject: `person-${n % 250}` });
    erasures++;
  }
  expect(erasures).toBe(1_000);

  const leaves = [...readLog({ disk, dir: DIR })];
  expect(leaves.length).toBe(size + 1_000);
  expect(log.lines.slice(0, size)).toEqual(before);
  proofs.forEach((proof, i) => {
    expect(verifyInclusion(i, size, log.leaves[i]!, proof, root)).toBe(true);
  });
  expect(inclusionProof(1_234, size, nodeAt)).toEqual(proofs[1_234]);
  expect(check(disk)).toMatchObject({
    fields: 2 * size,
    erased: 950 + size / 5,
    disclosed: 2 * size - 950 - size / 5,
    ...{ withheld: 0, mismatchCount: 0, unerasedCount: 0 },
  });
  // One look at everything, whatever way it is written.
  const everything = Buffer.concat([...allFiles(disk, DIR).values()]);
  for (const secret of secrets) {
    for (const form of [
      secret,
      Buffer.from(secret.toString("base64url")),
      Buffer.from(secret.toString("hex")),
    ]) {
      expect(everything.includes(form)).toBe(false);
    }
  }
}, 120_000);

test("whoever dies while erasing can run it again: then all of it is gone, and on the record", async () => {
  for (const target of [{ record: 1 }, { subject: "ann" }] as const) {
    for (let operation = 1; ; operation++) {
      const { disk, log } = start();
      for (let i = 0; i < 6; i++) {
        if (i === 4) log.cut();
        log.decide(`value-${i}-`, i % 2 === 0 ? "ann" : undefined);
      }
      log.flush();
      const records: object[] = [];
      disk.dieAt(disk.operations + operation);
      let hasDied = false;
      try {
        await erase({
          ...{ disk, dir: DIR, target, ...WHO },
          append: async (_dir, more) => void records.push(...more),
        });
      } catch (error) {
        hasDied = disk.isDead || error instanceof DiskDied;
        if (!hasDied && !String(error).includes("not all of it")) throw error;
      }
      disk.dieAt(Infinity);
      const after = hasDied ? disk.crash() : disk;
      const again = new KeptLogAfter(after, log, records);
      try {
        await erase({ disk: after, dir: DIR, target, ...WHO, append: again.append });
      } catch (error) {
        expect(String(error)).toMatch(/the vault has nothing|nothing is kept/);
      }
      again.vault.close();
      const gone = "subject" in target ? [0, 2, 4] : [1];
      for (const n of gone) expect(isAnywhere(after, Buffer.from(`value-${n}-`))).toBe(false);
      expect(allNames(after).filter((name) => name.endsWith(".new"))).toEqual([]);
      const report = checkVault({ disk: after, dir: DIR, leaves: again.leaves() });
      expect(report).toMatchObject({
        erased: gone.length,
        disclosed: 6 - gone.length,
        withheld: 0,
        mismatchCount: 0,
      });
      if (!hasDied) break;
    }
  }
});

/** A log that goes on after a crash, with the records that were durable before it. */
class KeptLogAfter {
  readonly vault: Vault;
  readonly #lines: string[];
  readonly #records: object[];

  constructor(disk: FakeDisk, log: KeptLog, records: readonly object[]) {
    this.#lines = log.lines.slice(0, 6);
    this.#records = [...records];
    this.vault = new Vault({ disk, dir: DIR, segment: 4, size: 6, signed: 4 });
    for (const record of records) this.vault.forget((record as { what: never }).what);
  }

  readonly append = async (_dir: string, records: readonly object[]): Promise<void> => {
    this.#records.push(...records);
    for (const record of records) this.vault.forget((record as { what: never }).what);
  };

  *leaves() {
    for (const line of this.#lines) yield JSON.parse(line);
    for (const [i, record] of this.#records.entries()) yield { ...record, n: 6 + i } as never;
  }
}

function allNames(disk: FakeDisk): string[] {
  return [...allFiles(disk, DIR).keys()];
}

/** Roots of complete subtrees, made when they are asked for. */
function nodesOf(leaves: readonly Hash[]): (level: number, index: number) => Hash {
  const made = new Map<string, Hash>();
  return (level, index) => {
    const name = `${level} ${index}`;
    let node = made.get(name);
    if (node === undefined) {
      const range = new CompactRange();
      for (const leaf of leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)) range.append(leaf);
      made.set(name, (node = range.root()));
    }
    return node;
  };
}
