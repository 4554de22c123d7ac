import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileHeads } from "../audit/log/head.js";
import { logPlaces } from "../audit/log/layout.js";
import { piecesOf } from "../audit/log/leaf.js";
import { recoverLog } from "../audit/log/recover.js";
import { LogWriter } from "../audit/log/writer.js";
import { Vault } from "../audit/privacy/index.js";
import type { AppendToLog, Erasure } from "../audit/privacy/index.js";
import { DAY_MS } from "../audit/retention/index.js";
import { canonicalJson } from "../core/canonical.js";
import { nodeDisk } from "../store/index.js";
import { addAuditDisclose } from "./audit-disclose.js";
import { addAuditErase } from "./audit-erase.js";
import { addAuditRetention } from "./audit-retention.js";
import type { Io } from "./io.js";

const SEGMENT = 8;
const START = Date.now() - 500 * DAY_MS;

let dir: string;
beforeEach(() => {
  dir = join(fs.mkdtempSync(join(tmpdir(), "rein-privacy-")), "audit");
});
afterEach(() => {
  fs.rmSync(join(dir, ".."), { recursive: true, force: true });
});

/** A writer of a real log with its vault beside it. */
function open(now: () => number) {
  const heads = [fileHeads(nodeDisk, logPlaces(dir).heads)];
  const end = recoverLog({ disk: nodeDisk, dir, heads, origin: "example.com/test" });
  const { size } = end.range;
  const vault = new Vault({ disk: nodeDisk, dir, segment: end.segment, size, signed: end.signed });
  const writer = new LogWriter({
    ...{ disk: nodeDisk, dir, end, heads, now, mono: now },
    ...{ writer: "w", software: "rein/test", segmentLeaves: SEGMENT },
  });
  const append = (record: object): void => {
    const before = writer.size;
    const { head, tail } = piecesOf(record);
    writer.append(head, tail);
    // The writer has cut: the last leaf of a segment announces a key.
    if (writer.size > before + 1) vault.begin(writer.size);
  };
  const flush = (): void => {
    vault.write();
    vault.sync();
    writer.checkpoint();
  };
  return { vault, writer, append, flush };
}

/** A log of 40 days a record, each of which keeps a value. */
function makeLog(): void {
  let now = START;
  const { vault, writer, append, flush } = open(() => now);
  for (let i = 0; i < 20; i++) {
    now = START + i * 20 * DAY_MS;
    const kept = vault.commit(
      "args",
      canonicalJson({ text: `value-${i}-` }),
      i % 2 === 0 ? "ann" : undefined,
    );
    vault.keep(writer.size, kept);
    append({ at: now, kept: { args: kept.commitment }, type: "gate" });
    flush();
  }
  writer.close();
  vault.close();
}

const append: AppendToLog = async (_dir, records) => {
  const log = open(Date.now);
  for (const record of records) {
    log.append(record);
    log.flush();
    const { type, what } = record as { type: string; what?: Erasure };
    if (type === "log.redacted") log.vault.forget(what!);
  }
  log.writer.close();
};

async function audit(...argv: string[]): Promise<{ code: number; out: string }> {
  let [out, code] = ["", -1];
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    ...{ isTTY: false, columns: 100, env: { USER: "alice" } },
  };
  const exit = (result: number): void => void (code = result);
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addAuditDisclose(program, io, exit);
  addAuditErase(program, io, exit, append);
  addAuditRetention(program, io, exit, { append, keepFrom: () => Infinity });
  await program.parseAsync(argv, { from: "user" });
  return { code, out };
}

async function json<T = Record<string, never>>(...argv: string[]): Promise<T> {
  return JSON.parse((await audit(...argv, "--json")).out) as T;
}

/** Indices of the records that keep something. */
function kept(): number[] {
  return fs
    .readdirSync(join(dir, "seg"))
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) =>
      fs
        .readFileSync(join(dir, "seg", name), "utf8")
        .split("\n")
        .filter((line) => line.includes('"kept"')),
    )
    .map((line) => (JSON.parse(line) as { n: number }).n)
    .sort((a, b) => a - b);
}

function everything(): string {
  return fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(join(dir, name)).isFile())
    .map((name) => fs.readFileSync(join(dir, name), "latin1"))
    .join("\n");
}

test("what a record keeps is disclosed, erased, and then no longer there", async () => {
  makeLog();
  const n = String(kept()[1]);
  const shown = await audit("disclose", n, dir);
  expect(shown.code).toBe(0);
  expect(shown.out).toContain("disclosed  args");
  expect(shown.out).toContain('value  {"text":"value-1-"}');
  expect(await json("disclose", n, dir)).toMatchObject({
    fields: [{ path: "args", verdict: "disclosed", value: { text: "value-1-" } }],
    exitCode: 0,
  });
  expect(everything()).toContain("value-1-");

  const erased = await audit("erase", dir, "--record", n, "--path", "/args", "-r", "request 7");
  expect(erased).toEqual({ code: 0, out: "Erased 1 value. On the record: 1 record of type log.redacted.\n" });
  expect(everything()).not.toContain("value-1-");
  const after = await audit("disclose", n, dir);
  expect(after.code).toBe(4);
  expect(after.out).toMatch(/erased {2}args\n {4}erased {2}20.* by alice: request 7 \(record \d+\)/);
  await expect(audit("erase", dir, "--record", n, "-r", "again")).rejects.toThrow(
    "the vault has nothing of record",
  );
});

test("a subject and what is old is erased; usage errors say what to give", async () => {
  makeLog();
  const result = await json<{ values: number; isKeyDestroyed: boolean }>(
    "erase",
    dir,
    "--subject",
    "ann",
    "-r",
    "left",
  );
  expect(result).toMatchObject({ values: 10, isKeyDestroyed: true, exitCode: 0 });
  expect(await json("erase", dir, "--older-than", "300d", "-r", "age", "--by", "ops")).toMatchObject({
    values: 5,
    records: [{ by: "ops" }],
  });
  expect(everything()).not.toContain("value-9-");
  expect(everything()).toContain("value-11-");
  await expect(audit("erase", dir, "-r", "x")).rejects.toThrow("one of --record, --subject, --older-than");
  await expect(audit("erase", dir, "--subject", "a", "--path", "args", "-r", "x")).rejects.toThrow("--path");
  await expect(audit("erase", dir, "--record", "1")).rejects.toThrow("--reason");
  await expect(audit("erase", join(dir, "nowhere"), "--record", "1", "-r", "x")).rejects.toThrow(
    "there is no log in",
  );
  await expect(audit("disclose", "99999", dir)).rejects.toThrow("has no record 99999 yet");
});

test("retention: says what would go, removes it, and keeps every hash", async () => {
  makeLog();
  const segments = () => fs.readdirSync(join(dir, "seg")).filter((name) => name.endsWith(".jsonl"));
  const hashes = () => fs.readdirSync(join(dir, "seg")).filter((name) => name.endsWith(".hashes"));
  const before = [segments().length, hashes().length];
  const dry = await audit("retention", dir, "--preset", "eu-ai-act");
  expect(dry.out).toMatch(/^Records are kept 183 days \(eu-ai-act\)\.\nWould remove 16 records \(0 to 15, /);
  expect(segments().length).toBe(before[0]);

  const done = await audit("retention", dir, "--preset", "eu-ai-act", "--apply");
  expect(done.code).toBe(0);
  expect(done.out).toContain("Removed 16 records (0 to 15");
  expect(segments().length).toBe(before[0]! - 2);
  expect(hashes().length).toBeGreaterThanOrEqual(before[1]!);
  expect(everything()).not.toContain("value-0-");
  expect(everything()).toContain('"removed":{"from":0,"to":16}');
  expect((await audit("retention", dir, "--preset", "eu-ai-act", "--apply")).out).toContain(
    "Nothing is old enough",
  );
  await expect(audit("disclose", "1", dir)).rejects.toThrow("there is no record 1");
  await expect(audit("retention", dir, "--days", "30")).rejects.toThrow("fewer than the 183");
});

test("a legal hold stops both, until it is released on the record", async () => {
  makeLog();
  const n = String(kept()[0]);
  const held = await audit("retention", dir, "--hold", "case 12", "--by", "counsel");
  expect(held).toEqual({
    code: 0,
    out: "Legal hold: case 12. Nothing is removed or erased until it is released.\n",
  });
  const stopped = await audit("retention", dir, "--preset", "eu-ai-act", "--apply");
  expect(stopped.code).toBe(2);
  expect(stopped.out).toContain("Legal hold: case 12 (by counsel since");
  await expect(audit("erase", dir, "--record", n, "-r", "x")).rejects.toThrow("a legal hold is in force");
  expect((await audit("erase", dir, "--record", n, "-r", "court order", "--despite-hold")).code).toBe(0);
  await expect(audit("retention", dir, "--release")).rejects.toThrow("released with a reason");
  expect((await audit("retention", dir, "--release", "-r", "closed")).code).toBe(0);
  expect((await audit("retention", dir, "--preset", "eu-ai-act", "--apply")).code).toBe(0);
  for (const text of ['"isHeld":true', '"isHeld":false', '"despiteHold":"case 12"'])
    expect(everything()).toContain(text);
});
