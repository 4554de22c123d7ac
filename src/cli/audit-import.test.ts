import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addAuditImport } from "./audit-import.js";
import type { Io } from "./io.js";

const SIGNED = fileURLToPath(new URL("../../test/fixtures/rein-ai-log/signed.jsonl", import.meta.url));

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-import-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

async function rein(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let [out, code] = ["", -1];
  const env = { META_AUDIT_KEY: "s3cret-key", NO_COLOR: "1" };
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    isTTY: false,
    columns: 100,
    env,
  };
  const audit = new Command("audit").exitOverride().configureOutput({ writeErr: () => undefined });
  addAuditImport(audit, io, (result) => (code = result));
  await audit.parseAsync(["import", ...argv], { from: "user" });
  return { code, out };
}

describe("rein audit import", () => {
  test("a whole log: exit 0, and what it proves", async () => {
    const { code, out } = await rein(SIGNED, join(dir, "log"), "--key-env", "META_AUDIT_KEY");
    expect(code).toBe(0);
    expect(out).toContain("  entries     4 entries in 4 lines\n");
    expect(out).toContain("  signatures  4 of 4 fit\n");
    expect(out).toContain("The original is whole, and all signatures fit the key.\n");
    expect(out).toContain("  log   rein-ai-import/");
  });

  test("the key may be in a file, with a line end that does not count", async () => {
    fs.writeFileSync(join(dir, "key"), "s3cret-key\n");
    const { out } = await rein(SIGNED, join(dir, "log"), "--key-file", join(dir, "key"), "--json");
    expect(JSON.parse(out).original.signaturesVerified).toBe(4);
  });

  test("a log that does not verify: exit 2, the lines are named, and it is imported all the same", async () => {
    const lines = fs.readFileSync(SIGNED, "utf8").split("\n");
    lines[2] = lines[2]!.replace('"t":true', '"t":false');
    const file = join(dir, "edited.jsonl");
    fs.writeFileSync(file, lines.join("\n"));
    const { code, out } = await rein(file, join(dir, "log"), "--json", "--origin", "example.com/old");
    expect(code).toBe(2);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      exitCode: 2,
      original: {
        verdict: "broken",
        findings: [{ code: "hash_mismatch", severity: "broken", lines: [3] }, {}],
      },
      log: { origin: "example.com/old", size: 8 },
    });
    expect(report.limits.length).toBeGreaterThan(3);
    expect(fs.existsSync(join(dir, "log", "checkpoint"))).toBe(true);
    const again = await rein(file, join(dir, "log2"));
    expect(again.out).toContain(
      "  broken    hash_mismatch, 1: entries whose hash does not fit their content (line 3)\n",
    );
  });

  test.each<[string[], RegExp]>([
    [["missing.jsonl", "out"], /there is no file/],
    [[SIGNED, "out", "--key-env", "NO_SUCH_VARIABLE"], /the environment has no/],
    [[SIGNED, "out", "--key-file", "missing"], /the key cannot be read/],
    [[SIGNED, "out", "--key-file", "a", "--key-env", "b"], /two places for one key/],
    [[SIGNED, "out", "--origin", "no spaces"], /cannot name a log/],
  ])("%j is refused, and nothing is made", async ([file, out, ...flags], message) => {
    await expect(rein(join(file!), join(dir, out!), ...flags)).rejects.toThrow(message);
    expect(fs.existsSync(join(dir, out!))).toBe(false);
  });
});
