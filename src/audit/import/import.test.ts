import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeDisk } from "../../store/node-disk.js";
import { logLeaves } from "../export/log-leaves.js";
import { withValues } from "../log/reader.js";
import type { LogRecord } from "../log/leaf.js";
import { examineOriginal, importRecords } from "./import-log.js";
import type { Original } from "./import-log.js";
import { writeNewLog } from "./write-log.js";

/** Logs that rein-ai 1.1.0 wrote; the key of the signed one is `s3cret-key`. */
const fixture = (name: string): string =>
  fs.readFileSync(new URL(`../../../test/fixtures/rein-ai-log/${name}.jsonl`, import.meta.url), "utf8");
const SIGNED = fixture("signed");
const PLAIN = fixture("plain");
const KEY = "s3cret-key";

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-import-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function examine(content: string | Buffer, key?: string): Original {
  const path = join(dir, "original.jsonl");
  fs.writeFileSync(path, content);
  return examineOriginal({ disk: nodeDisk, path, key });
}

function codes({ findings }: Original): Record<string, readonly number[]> {
  return Object.fromEntries(findings.map(({ code, lines }) => [code, lines]));
}

const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);
const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
const changed = (text: string, line: number, change: (line: string) => string): string =>
  joined(linesOf(text).map((each, i) => (i === line - 1 ? change(each) : each)));

describe("what a log of rein-ai proves", () => {
  test("a signed log and its key: everything fits", () => {
    expect(examine(SIGNED, KEY)).toMatchObject({
      ...{
        verdict: "signatures_verified",
        lines: 4,
        entries: 4,
        chained: 4,
        signed: 4,
        signaturesVerified: 4,
      },
      ...{ itsOwnVerdict: true, findings: [], bytes: Buffer.byteLength(SIGNED) },
      sha256: createHash("sha256").update(SIGNED).digest("hex"),
    });
  });

  test("a signed log without a key: the chain fits, and the signatures are not checked", () => {
    const original = examine(SIGNED);
    expect(original).toMatchObject({ verdict: "chain_verified", chained: 4, signaturesVerified: null });
    expect(codes(original)).toEqual({ signatures_unchecked: [] });
  });

  test("an unsigned log: the chain fits, and that proves little", () => {
    const original = examine(PLAIN, KEY);
    expect(original).toMatchObject({ verdict: "chain_verified", signed: 0 });
    expect(codes(original)).toEqual({ unsigned: [] });
  });

  // What the package's own verifier says of each was seen by running it.
  const [one, two, three, four] = linesOf(SIGNED) as [string, string, string, string];
  test.each<[string, string | Buffer, Record<string, number[]>, Original["verdict"], boolean | null]>([
    [
      "an edited entry",
      changed(SIGNED, 3, (l) => l.replace('"t":true', '"t":false')),
      { hash_mismatch: [3], signature_mismatch: [3] },
      "broken",
      false,
    ],
    ["a deleted entry", joined([one, three, four]), { chain_broken: [2] }, "broken", false],
    ["a missing beginning", joined([two, three, four]), { beginning_missing: [1] }, "broken", false],
    [
      "swapped entries",
      joined([one, three, two, four]),
      { chain_broken: [2], forked: [3, 4], time_backwards: [3] },
      "broken",
      false,
    ],
    ["a repeated entry", joined([one, two, two, three, four]), { forked: [3] }, "broken", false],
    ["another log behind it", SIGNED + SIGNED, { restarted: [5], time_backwards: [5] }, "broken", false],
    [
      "an entry without a hash",
      joined([one, two, '{"legacy":1}', three, four]),
      { unhashed: [3] },
      "doubtful",
      true,
    ],
    [
      "a line that is no object",
      joined([one, two, "[1,2]", three, four]),
      { unhashed: [3] },
      "doubtful",
      true,
    ],
    ["a line that is a number", joined([one, "5", two, three, four]), { unhashed: [2] }, "doubtful", null],
    [
      "a line that is no JSON",
      joined([one, two, "not json", three, four]),
      { malformed: [3] },
      "broken",
      false,
    ],
    ["a blank line", joined([one, two, " ", three, four]), { blank_line: [3] }, "signatures_verified", true],
    [
      "a torn end",
      `${joined([one, two, three])}${four.slice(0, 20)}`,
      { malformed: [4], torn_end: [4] },
      "broken",
      false,
    ],
    ["no end of the last line", SIGNED.slice(0, -1), { no_final_newline: [4] }, "signatures_verified", true],
    ["a cut that leaves no trace", joined([one, two]), {}, "signatures_verified", true],
    [
      "a removed signature",
      changed(SIGNED, 2, (l) => l.replace(/"sig":"\w+"/, '"sig":null')),
      { unsigned_between_signed: [2] },
      "doubtful",
      true,
    ],
    [
      "a changed signature",
      changed(SIGNED, 2, (l) => l.replace(/"sig":"../, '"sig":"00')),
      { signature_mismatch: [2] },
      "broken",
      false,
    ],
    [
      "a changed at_signed",
      changed(SIGNED, 2, (l) => l.replace(/"at_signed":\d+/, '"at_signed":1')),
      {},
      "signatures_verified",
      true,
    ],
    [
      "a key that comes twice",
      changed(SIGNED, 3, (l) => l.replace('"t":true', '"t":false,"t":true')),
      { repeated_key: [3], rewritten: [3] },
      "doubtful",
      true,
    ],
    ["spaces", changed(SIGNED, 3, (l) => l.replaceAll(":", ": ")), { rewritten: [3] }, "doubtful", true],
    ["a byte order mark", `\ufeff${SIGNED}`, { malformed: [1], beginning_missing: [2] }, "broken", false],
    ["Windows line ends", SIGNED.replaceAll("\n", "\r\n"), {}, "signatures_verified", true],
    [
      "bytes that are no text",
      Buffer.from(
        changed(SIGNED, 3, (l) => l.replace("nested", "neste\xff")),
        "latin1",
      ),
      { not_utf8: [3], chain_broken: [4] },
      "broken",
      null,
    ],
    ["an empty file", "", { no_entries: [] }, "doubtful", true],
  ])("%s", (_name, content, found, verdict, own) => {
    const original = examine(content, KEY);
    expect(codes(original)).toEqual(found);
    expect([original.verdict, original.itsOwnVerdict]).toEqual([verdict, own]);
  });

  test("the wrong key fits no signature", () => {
    const original = examine(SIGNED, "another");
    expect(original).toMatchObject({ verdict: "broken", signaturesVerified: 0, itsOwnVerdict: false });
  });
});

describe("the new log", () => {
  function importTo(
    content: string | Buffer,
    name = "log",
  ): { records: LogRecord[]; log: ReturnType<typeof writeNewLog> } {
    const path = join(dir, "original.jsonl");
    fs.writeFileSync(path, content);
    const options = { disk: nodeDisk, path, key: KEY };
    const out = join(dir, name);
    const system = { disk: nodeDisk, dir: out, now: () => 1767614400000, mono: () => 5 };
    const original = examineOriginal(options);
    const log = writeNewLog(
      { ...system, origin: "example.com/old", software: "rein test" },
      importRecords(options, original, "original.jsonl", system.now),
    );
    const records = [...logLeaves({ disk: nodeDisk, dir: out })].map(({ record }) =>
      withValues(nodeDisk, out, record as LogRecord),
    );
    return { records, log };
  }

  /** The original's bytes, from the records alone. */
  function restored(records: readonly LogRecord[]): Buffer {
    return Buffer.concat(
      records
        .filter(({ type }) => type === "imported")
        .map(({ text, base64, end = "\n" }) =>
          Buffer.concat([
            typeof text === "string" ? Buffer.from(text) : Buffer.from(base64 as string, "base64"),
            Buffer.from(end as string),
          ]),
        ),
    );
  }

  test("says first what was imported, then every line, then that it is all", () => {
    const { records, log } = importTo(SIGNED);
    expect(records.map(({ type }) => type)).toEqual([
      ...[
        "log.begin",
        "import.begin",
        "imported",
        "imported",
        "imported",
        "imported",
        "import.end",
        "log.close",
      ],
    ]);
    expect(records[1]).toMatchObject({
      ...{
        format: "rein-ai secure_audit",
        file: "original.jsonl",
        entries: 4,
        verdict: "signatures_verified",
      },
      ...{ sha256: createHash("sha256").update(SIGNED).digest("hex"), findings: [] },
      limits: expect.arrayContaining([expect.stringContaining("at_signed")]),
    });
    expect(records[2]).toMatchObject({
      ...{ line: 1, text: linesOf(SIGNED)[0], entryAt: 1700000000500 },
      sha256: createHash("sha256").update(linesOf(SIGNED)[0]!).digest("hex"),
    });
    expect(log).toMatchObject({
      origin: "example.com/old",
      size: 8,
      vkey: expect.stringContaining("example.com/old+"),
    });
  });

  test.each([
    ["plain lines", SIGNED],
    ["a torn end", SIGNED.slice(0, -30)],
    ["bytes that are no text", Buffer.from([0xff, 0x0a, 0x00, 0x0a, 0x0a, 0xc3])],
    ["Windows line ends", SIGNED.replaceAll("\n", "\r\n")],
    ["a line longer than a leaf", joined([...linesOf(SIGNED), `{"big":"${"é".repeat(80_000)}"}`, "end"])],
    [
      "many long lines",
      joined(Array.from({ length: 60 }, (_, i) => `{"i":${i},"x":"${"x".repeat(40_000)}"}`)),
    ],
    ["nothing", ""],
  ])("holds the original byte by byte: %s", (_name, content) => {
    expect(restored(importTo(content).records).equals(Buffer.from(content))).toBe(true);
  });

  test("what does not verify is imported all the same, and the log says so", () => {
    const { records } = importTo(joined(linesOf(SIGNED).slice(1)));
    expect(records[1]).toMatchObject({
      verdict: "broken",
      findings: [{ code: "beginning_missing", lines: [1] }],
    });
  });

  test("an existing log is not touched", () => {
    importTo(SIGNED);
    expect(() => importTo(PLAIN)).toThrow(/there is a log in/);
  });

  test("a file that changes meanwhile is no import", () => {
    const path = join(dir, "original.jsonl");
    fs.writeFileSync(path, SIGNED);
    const options = { disk: nodeDisk, path };
    const original = examineOriginal(options);
    fs.writeFileSync(path, PLAIN);
    expect(() => [...importRecords(options, original, "x", () => 0)]).toThrow(
      /has changed while it was imported/,
    );
  });

  test.each(["missing.jsonl", "."])("what is no file is refused: %s", (name) => {
    expect(() => examineOriginal({ disk: nodeDisk, path: join(dir, name) })).toThrow(
      /there is no file|is a directory/,
    );
  });
});
