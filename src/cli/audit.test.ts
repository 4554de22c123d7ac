import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { LogBuilder, usualLog } from "../../test/support/log-builder.js";
import { messageOf } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import type { Verdict } from "../audit/verify/verdict.js";
import { addAuditExportTiles } from "./audit-export-tiles.js";
import { addAuditProve } from "./audit-prove.js";
import { addAuditTail } from "./audit-tail.js";
import { addAuditVerify } from "./audit-verify.js";
import type { Io } from "./io.js";

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs `rein audit …` in this process; what was thrown is in `out`. */
async function audit(...argv: string[]): Promise<Ran> {
  let out = "";
  let code = 0;
  const print = (text: string): void => void (out += text);
  const io: Io = { stdout: print, stderr: print, isTTY: false, columns: 100, env: {} };
  const group = new Command("audit").exitOverride().configureOutput({ writeErr: print, writeOut: print });
  const exit = (result: number): void => void (code = result);
  addAuditVerify(group, io, exit);
  addAuditTail(group, io, exit, { wait: () => Promise.resolve(false) });
  addAuditProve(group, io, exit);
  addAuditExportTiles(group.command("export"), io, exit);
  try {
    await group.parseAsync(argv, { from: "user" });
  } catch (error) {
    return { code: 1, out: out + messageOf(error) };
  }
  return { code, out };
}

function fresh(): string {
  return join(mkdtempSync(join(tmpdir(), "rein-audit-")), "audit");
}

function written(log: LogBuilder): string {
  const dir = fresh();
  log.write(nodeDisk, dir);
  return dir;
}

/** Changes one word in the first segment. */
function tamper(dir: string, from: string, to: string): void {
  const path = join(dir, "seg", "0000000000000000.jsonl");
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
}

describe("rein audit verify", () => {
  test("says that a log holds, what was checked, and what that does not cover", async () => {
    const dir = written(usualLog());
    const { code, out } = await audit("verify", dir);
    expect(code).toBe(0);
    expect(out).toMatch(/^VALID {2}44 records of `example\.com\/test` hold, all signed, not witnessed/);
    expect(out).toContain("44 records (0.0 MB) in 4 segments, 7 checkpoints, 2 seals");
    expect(out).toContain("Not covered");
    expect(out).toContain("self-signed only: whoever has the key can rewrite everything");
    expect(out).toContain("recovered from record 27 on");
  });

  test("takes a governor's state directory for the log in it", async () => {
    const dir = written(usualLog());
    expect((await audit("verify", join(dir, ".."))).code).toBe(0);
  });

  test("names the first line that was changed, and exits with 2", async () => {
    const dir = written(usualLog());
    tamper(dir, '"series":"mail"', '"series":"male"');
    const { code, out } = await audit("verify", dir);
    expect(code).toBe(2);
    expect(out).toMatch(/^INVALID/);
    expect(out.replace(/\s+/g, " ")).toContain("[seg/0000000000000000.jsonl, line 3, byte");
  });

  test("prints the whole verdict as JSON", async () => {
    const { out } = await audit("verify", written(usualLog()), "--json");
    expect(JSON.parse(out) as Verdict).toMatchObject({
      outcome: "valid",
      exitCode: 0,
      size: 44,
      problems: { count: 0 },
    });
  });

  test("3: it contradicts a head that was kept; 4: less trust than was asked for", async () => {
    const log = new LogBuilder().open().actions(2).checkpoint();
    const dir = written(log);
    const kept = join(dir, "..", "kept.checkpoint");
    writeFileSync(kept, log.actions(3).checkpoint().notes.at(-1)!);
    const contradicted = await audit("verify", dir, "--head", kept);
    expect(contradicted.code).toBe(3);
    expect(contradicted.out).toContain("records were taken away");
    expect((await audit("verify", dir, "--require", "witnessed")).code).toBe(4);
    expect((await audit("verify", dir, "--require", "signed")).code).toBe(0);
    expect((await audit("verify", fresh(), "--head", kept)).code).toBe(3);
  });

  test("a policy whose witnesses have not cosigned is not enough; another key is not this log's", async () => {
    const log = usualLog();
    const dir = written(log);
    const policy = join(dir, "..", "trust.policy");
    writeFileSync(policy, `log ${log.log.vkey}\nquorum none\n`);
    const trusted = await audit("verify", dir, "--policy", policy);
    expect(trusted.code).toBe(0);
    expect(trusted.out.replace(/\s+/g, " ")).toContain("(of your policy)");
    expect((await audit("verify", dir, "--vkey", join(dir, "vkey"))).code).toBe(0);
    const other = await audit("verify", dir, "--vkey", new LogBuilder().log.vkey);
    expect(other.code).toBe(2);
    expect(other.out.replace(/\s+/g, " ")).toContain("the key given is");
  });

  test("1: there is no log, or what was given cannot be read; it says what to do", async () => {
    expect(await audit("verify", fresh())).toMatchObject({
      code: 1,
      out: expect.stringContaining("no audit log"),
    });
    const dir = written(usualLog());
    for (const flag of ["--head", "--policy", "--since", "--vkey"]) {
      const { code, out } = await audit("verify", dir, flag, "/nowhere");
      expect({ flag, code }).toEqual({ flag, code: 1 });
      expect(out).toContain("there is no such file");
    }
    expect((await audit("verify", dir, "--silence", "soon")).code).toBe(1);
    expect((await audit("verify", dir, "--require", "much")).code).toBe(1);
  });

  test.skipIf(process.platform === "win32")("pipes in the place of files keep nobody waiting", async () => {
    const all = [
      "vkey",
      "checkpoint",
      "checkpoints",
      "seg/0000000000000000.jsonl",
      "seg/0000000000000019.hashes",
      "head/head.00000001",
      "vault/0000000000000000.jsonl",
      "receipts/cosigned",
      "receipts/x.json",
    ];
    for (const files of [all, ...all.map((file) => [file])]) {
      const dir = written(usualLog());
      for (const file of files) {
        mkdirSync(join(dir, file, ".."), { recursive: true });
        rmSync(join(dir, file), { force: true });
        execFileSync("mkfifo", [join(dir, file)]);
      }
      expect([0, 2]).toContain((await audit("verify", dir)).code);
    }
  });
});

describe("rein audit tail", () => {
  test("shows the newest records, one line each, and commands stand out", async () => {
    const log = usualLog();
    log
      .reopen()
      .add({ type: "halt", boot: "boot0002", mono: log.mono, scope: "all", reason: "test", by: "alice" });
    const { code, out } = await audit("tail", written(log.checkpoint()), "-n", "3");
    expect(code).toBe(0);
    const lines = out.split("\n").slice(0, -1);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain("halt");
    expect(lines[2]).toContain("by=alice");
    expect(lines[2]).toContain("reason=test");
  });

  test("across segments, and all of a short log", async () => {
    const log = usualLog();
    const { out } = await audit("tail", written(log), "-n", "1000");
    expect(out.split("\n").slice(0, -1)).toHaveLength(log.size);
    expect(out).toContain("ALLOW    mail by bot");
  });

  test("what is in a record cannot move the cursor", async () => {
    const log = new LogBuilder().open();
    log.add({
      type: "gate",
      boot: "b",
      mono: 1,
      seq: 1,
      source: "x\u001b[2J",
      series: "\u202eevil",
      verdict: "block",
      code: "rate",
      rule: "r\u0007",
    });
    log.add({ type: "\u001b]0;title\u0007", boot: "b" });
    const { out } = await audit("tail", written(log.checkpoint()));
    expect(out.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(out).toContain("BLOCK");
  });

  test("--json prints records as they are", async () => {
    const log = usualLog();
    const { out } = await audit("tail", written(log), "-n", "1", "--json");
    expect(JSON.parse(out)).toMatchObject({ type: "log.close", n: log.size - 1 });
  });
});

describe("rein audit prove", () => {
  test("a proof holds for its record and for no other, without the log", async () => {
    const log = usualLog();
    const dir = written(log);
    const [proof, leaf] = [join(dir, "..", "p.tlog-proof"), join(dir, "..", "p.json")];
    for (const index of [0, 7, 18, 19, 30, log.size - 1]) {
      expect(await audit("prove", String(index), dir, "-o", proof, "--leaf", leaf)).toMatchObject({
        code: 0,
      });
      const held = await audit("prove", "--check", proof, "--leaf", leaf, "--vkey", log.log.vkey);
      expect(held).toMatchObject({ code: 0, out: expect.stringContaining(`number ${index} of`) });
      writeFileSync(leaf, readFileSync(leaf, "utf8").replace("type", "tipe"));
      expect((await audit("prove", "--check", proof, "--leaf", leaf, "--vkey", log.log.vkey)).code).toBe(2);
    }
    expect(
      (await audit("prove", "--check", proof, "--leaf", leaf, "--vkey", new LogBuilder().log.vkey)).code,
    ).toBe(2);
  });

  test("wrong caches of hashes do not make wrong proofs", async () => {
    const dir = written(usualLog());
    const path = join(dir, "seg", "0000000000000000.hashes");
    writeFileSync(path, Buffer.alloc(readFileSync(path).length));
    expect((await audit("prove", "7", dir)).code).toBe(0);
    rmSync(path);
    expect((await audit("prove", "7", dir)).code).toBe(0);
    tamper(dir, '"series":"mail"', '"series":"male"');
    expect((await audit("prove", "7", dir)).code).toBe(1);
  });

  test("that a log only grew is proven by roots and hashes", async () => {
    const dir = written(usualLog());
    const { code, out } = await audit("prove", "--from", "5", "--to", "40", dir);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      origin: "example.com/test",
      from: { size: 5 },
      to: { size: 40 },
    });
  });

  test("what is not signed, not there, or no index is said", async () => {
    const dir = written(new LogBuilder().open().checkpoint().action());
    expect(await audit("prove", "3", dir)).toMatchObject({
      code: 1,
      out: expect.stringContaining("not signed yet"),
    });
    expect(await audit("prove", "x", dir)).toMatchObject({ code: 1, out: expect.stringContaining("index") });
    expect(await audit("prove", "--from", "9", dir)).toMatchObject({
      code: 1,
      out: expect.stringContaining("no proof"),
    });
    expect((await audit("prove", "--check", "x")).code).toBe(1);
  });
});

describe("rein audit export tiles", () => {
  test("writes tiles, entries, checkpoint and key, into an empty directory only", async () => {
    const log = new LogBuilder().open().actions(300).checkpoint().actions(2);
    const dir = written(log);
    const out = join(dir, "..", "tiles");
    const { code, out: text } = await audit("export", "tiles", dir, out);
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining("602 records") });
    expect(readFileSync(join(out, "checkpoint"), "utf8")).toBe(log.notes.at(-1));
    expect(readFileSync(join(out, "vkey"), "utf8")).toBe(`${log.log.vkey}\n`);
    expect(readFileSync(join(out, "tile/0/000"))).toHaveLength(256 * 32);
    expect(readFileSync(join(out, "tile/0/002.p/90"))).toHaveLength(90 * 32);
    expect(readFileSync(join(out, "tile/1/000.p/2"))).toHaveLength(2 * 32);
    expect(readFileSync(join(out, "tile/entries/002.p/90")).length).toBeGreaterThan(90 * 50);
    expect((await audit("export", "tiles", dir, out)).out).toContain("is not empty");
  });

  test("a log that was tampered with is not exported", async () => {
    const dir = written(usualLog());
    tamper(dir, '"series":"mail"', '"series":"male"');
    const out = join(dir, "..", "tiles");
    const { code, out: text } = await audit("export", "tiles", dir, out);
    expect(code).toBe(1);
    expect(text).toContain("do not lead to the root");
  });
});
