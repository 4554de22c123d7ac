import { Command } from "commander";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { MadeLog } from "../../test/audit/witness-support.js";
import { until } from "../../test/support/loopback.js";
import { parseNote } from "../audit/note/index.js";
import { cosignedPath } from "../audit/witness/index.js";
import { ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { fileAnchor } from "../audit/anchor/index.js";
import type { Anchor } from "../audit/anchor/index.js";
import { Rounds } from "./audit-anchor-round.js";
import { addAuditAnchor } from "./audit-anchor.js";
import { addAuditWitness } from "./audit-witness.js";

const running: { readonly stop: AbortController; readonly ended: Promise<Result> }[] = [];
afterEach(async () => {
  for (const { stop, ended } of running.splice(0)) {
    stop.abort();
    await ended;
  }
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One `rein audit …` as the program runs it. */
function begin(...argv: string[]): {
  readonly now: { out: string; err: string };
  readonly ended: Promise<Result>;
} {
  const stop = new AbortController();
  const now = { out: "", err: "" };
  const io = {
    stdout: (text: string) => (now.out += text),
    stderr: (text: string) => (now.err += text),
    ...{ isTTY: false, columns: 200, env: {} },
  };
  let code = 0;
  const exit = (result: number): void => {
    code = result;
  };
  const program = new Command("rein")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  const audit = program.command("audit");
  addAuditWitness(audit, io, exit, () => stop.signal);
  addAuditAnchor(audit, io, exit, () => stop.signal);
  const ended = program
    .parseAsync(["audit", ...argv], { from: "user" })
    .catch((error: unknown) => {
      code = 1;
      now.err += ReinError.isInstance(error) ? `${error.message}\n${error.help}\n` : String(error);
    })
    .then(() => ({ code, ...now }));
  running.push({ stop, ended });
  return { now, ended };
}

function audit(...argv: string[]): Promise<Result> {
  return begin(...argv).ended;
}

function place(): { readonly dir: string; readonly at: (name: string) => string } {
  const dir = mkdtempSync(join(tmpdir(), "rein-anchor-"));
  return { dir, at: (name) => join(dir, name) };
}

/** A witness as its operator starts it. */
async function witness(name: string, log: MadeLog) {
  const { at } = place();
  const made = await audit("witness", "keygen", `witness.example/${name}`, "--key", at("key.pem"), "--json");
  const { vkey } = JSON.parse(made.out) as { vkey: string };
  const { now } = begin(
    ...["witness", "serve", "--key", at("key.pem"), "--state", at("state"), "--log", log.vkey],
    ...["--port", "0", "--json"],
  );
  await until(() => now.out.includes("listening"), "it listens");
  const { url } = JSON.parse(now.out.split("\n")[0]!) as { url: string };
  return { line: `witness ${name} ${vkey} ${url}`, now, at };
}

describe("rein audit witness", () => {
  test("keygen makes a key that nobody else may read, openssl can, and that is not replaced", async () => {
    const { at } = place();
    const { code, out } = await audit("witness", "keygen", "witness.example/w", "--key", at("key"));
    expect(code).toBe(0);
    expect(out).toMatch(/^witness\.example\/w\+[0-9a-f]{8}\+B[A-Za-z0-9+/]+=*$/m);
    expect(statSync(at("key")).mode & 0o777).toBe(0o600);
    const text = execFileSync("openssl", ["pkey", "-in", at("key"), "-text"], { encoding: "utf8" });
    expect(text).toContain("ED25519");
    const again = await audit("witness", "keygen", "witness.example/w", "--key", at("key"));
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("is not replaced") });
    const bad = await audit("witness", "keygen", "a name", "--key", at("other"));
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining("cannot name a key") });
  });

  test("serve says what is missing", async () => {
    const { at } = place();
    const serve = (...more: string[]): Promise<Result> =>
      audit("witness", "serve", "--key", at("key"), "--state", at("state"), ...more);
    expect((await serve()).err).toContain("keygen");
    await audit("witness", "keygen", "w", "--key", at("key"));
    expect((await serve()).err).toContain("--log VKEY");
    expect((await serve("--policy", at("none"))).err).toContain("cannot be read");
    writeFileSync(at("open"), readFileSync(at("key")), { mode: 0o644 });
    const open = await audit("witness", "serve", "--key", at("open"), "--state", at("state"));
    expect(open.err).toContain("chmod 600");
  });
});

describe("rein audit anchor", () => {
  test("asks the witnesses of a policy, and keeps what they sign", async () => {
    const log = new MadeLog().growTo(50);
    const { dir, at } = place();
    log.write(nodeDisk, at("log"));
    const [one, two] = [await witness("w1", log), await witness("w2", log)];
    writeFileSync(at("policy"), `log ${log.vkey}\n${one.line}\n${two.line}\ngroup g all w1 w2\nquorum g\n`);
    const first = await audit("anchor", at("log"), "--policy", at("policy"), "--json");
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({
      ...{ origin: log.origin, size: 50, quorum: "reached", isKeyTrusted: true, exitCode: 0 },
      cosignatures: [{ witness: "w1" }, { witness: "w2" }],
    });
    expect(parseNote(readFileSync(cosignedPath(at("log")))).signatures).toHaveLength(3);
    log.growTo(400).write(nodeDisk, at("log"));
    const second = await audit("anchor", at("log"), "--policy", at("policy"), "--file", join(dir, "heads"));
    expect(second).toMatchObject({ code: 0, out: expect.stringContaining("cosigned  by w1, w2") });
    expect(second.out).toContain("heads, receipt 0000000000000400-file-1.json");
    expect(one.now.out).toContain('"kind":"cosigned"');

    log.fork(100, 300).write(nodeDisk, at("log"));
    const cut = await audit("anchor", at("log"), "--policy", at("policy"), "--file", join(dir, "heads"));
    expect(cut.code).toBe(2);
    expect(cut.out.match(/SECURITY ERROR/g)).toHaveLength(3);
    const evidence = /evidence {2}(\S+)/.exec(cut.out)![1]!;
    expect(readFileSync(evidence, "utf8")).toContain("contradicts itself");
    const verified = await audit("anchor", "verify", at("log"), "--file", join(dir, "heads"));
    expect(verified).toMatchObject({ code: 2, out: expect.stringContaining("SECURITY ERROR") });
  });

  test("goes on with --every, and shows each head once, until it is stopped", async () => {
    const log = new MadeLog().growTo(5);
    const { at } = place();
    log.write(nodeDisk, at("log"));
    const { now, ended } = begin("anchor", at("log"), "--file", at("heads"), "--every", "1s", "--json");
    await until(() => now.out.includes('"size":5'), "the first head");
    log.growTo(9).write(nodeDisk, at("log"));
    await until(() => now.out.includes('"size":9'), "the second head");
    running.at(-1)!.stop.abort();
    expect((await ended).code).toBe(0);
    expect(readFileSync(at("heads"), "utf8")).toBe(`${log.note(5)}\n${log.note(9)}\n`);
  });

  test("a log that another process has shown further around meanwhile was not cut", async () => {
    const log = new MadeLog().growTo(5);
    const { at } = place();
    log.write(nodeDisk, at("log"));
    const file = fileAnchor(nodeDisk, at("heads"));
    let isFirst = true;
    const overtaken: Anchor = {
      ...file,
      publish: async (head, context) => {
        if (isFirst) {
          isFirst = false;
          log.growTo(9).write(nodeDisk, at("log"));
          writeFileSync(at("heads"), `${log.note()}\n`);
        }
        return file.publish(head, context);
      },
    };
    const { signal } = new AbortController();
    const rounds = new Rounds({
      ...{ dir: at("log"), policy: null, anchors: [overtaken], timeoutMs: 1000, signal },
    });
    expect(await rounds.next()).toMatchObject({ size: 9, isContradicted: false, isDone: true, evidence: [] });
  });

  test("verify tells what was checked from what is only claimed", async () => {
    const log = new MadeLog().growTo(5);
    const { at } = place();
    log.write(nodeDisk, at("log"));
    expect(await audit("anchor", "verify", at("log"))).toMatchObject({
      code: 1,
      out: expect.stringContaining("no anchor covers any of it"),
    });
    await audit("anchor", at("log"), "--file", at("heads"));
    const claimed = await audit("anchor", "verify", at("log"));
    expect(claimed).toMatchObject({ code: 1, out: expect.stringMatching(/as a receipt in the log\s+says/) });
    const checked = await audit("anchor", "verify", at("log"), "--file", at("heads"), "--json");
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject({
      ...{ size: 5, contradictions: [], problems: [], exitCode: 0, isKeyTrusted: false },
      covered: [{ kind: "file", size: 5, standing: "checked" }, { standing: "claimed" }],
    });
  });

  test.each<[string, string[], string]>([
    ["no log", ["anchor", "NOWHERE", "--file", "x"], "there is no"],
    ["nobody to show it to", ["anchor", "LOG"], "nobody to show"],
    ["a bad policy", ["anchor", "LOG", "--policy", "BAD"], "no keyword of a policy"],
    [
      "a policy with another key",
      ["anchor", "LOG", "--policy", "OTHER", "--file", "x"],
      "is not signed by the key",
    ],
    ["a bad duration", ["anchor", "LOG", "--file", "x", "--every", "soon"], "duration such as 10s"],
    ["too often", ["anchor", "LOG", "--file", "x", "--every", "10ms"], "at least 1s"],
    ["a bad address", ["anchor", "LOG", "--webhook", "ftp://x"], "http://"],
  ])("%s: says so", async (_what, argv, message) => {
    const log = new MadeLog().growTo(5);
    const { at } = place();
    log.write(nodeDisk, at("LOG"));
    writeFileSync(at("BAD"), "logs x\n");
    writeFileSync(at("OTHER"), `log ${new MadeLog().vkey}\nquorum none\n`);
    const inPlace = argv.map((word) => (/^[A-Z]+$/.test(word) ? at(word) : word));
    const { code, err } = await audit(...inPlace);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) });
  });
});
