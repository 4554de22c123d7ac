import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Disk } from "../core/disk.js";
import { nodeDisk } from "../store/node-disk.js";
import type { ControlAnswer } from "./answer.js";
import { controlPlaces, messageName } from "./layout.js";
import { MAX_TAKEN, Mailbox } from "./mailbox.js";
import type { Mail } from "./mailbox.js";
import { messageBytes, newMessage, newMessageId } from "./message.js";
import type { ControlCommand, ControlMessage } from "./message.js";
import { post, waitForAnswer } from "./post.js";

const NOW = 1_760_000_000_000;
const HOUR = 3_600_000;
const done: ControlAnswer = { ok: true };
const all: ControlCommand = { command: "halt", scope: "all" };
const resume: ControlCommand = { command: "resume", halt: "h1" };
const isRoot = process.getuid?.() === 0;

let dir: string;
let inbox: string;
let outbox: string;
let rejected: string;
let seen: Set<string>;
let mailbox: Mailbox;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-mail-"));
  ({ inbox, outbox, rejected } = controlPlaces(dir));
  seen = new Set();
  mailbox = newMailbox();
  mailbox.prepare(NOW);
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function newMailbox(): Mailbox {
  return new Mailbox({ disk: nodeDisk, dir, seen: (id) => seen.has(id) });
}

function message(command: ControlCommand = all, at = NOW): ControlMessage {
  return newMessage(command, { by: "alice", reason: "test", at, uid: 0, host: "box" });
}

function send(command: ControlCommand = all, at = NOW): ControlMessage {
  const sent = message(command, at);
  post(nodeDisk, dir, sent);
  return sent;
}

/** Puts a file into the inbox the way no client would. */
function drop(
  bytes: Uint8Array | string,
  name = messageName({ at: NOW, id: newMessageId(), form: "json" }),
): string {
  fs.writeFileSync(join(inbox, name), bytes, { mode: 0o600 });
  return join(inbox, name);
}

function dropMessage(sent = message()): string {
  return drop(messageBytes(sent), messageName({ at: sent.at, id: sent.id, form: "json" }));
}

/** What is said of the one file that was rejected: its name and why. */
function onlyReason(mails = mailbox.take(NOW)): string {
  expect(mails).toMatchObject([{ kind: "rejected" }]);
  const [{ file, reason }] = mails as readonly [Extract<Mail, { kind: "rejected" }>];
  return `\`${file}\` ${reason}`;
}

function names(path: string): string[] {
  return fs.readdirSync(path);
}

describe("a command", () => {
  test("is taken, answered once, and gone", async () => {
    const sent = message();
    const posted = post(nodeDisk, dir, sent);
    expect(mailbox.take(NOW)).toEqual([{ kind: "command", message: sent }]);
    expect(mailbox.answer(sent.id, { ok: true, receipt: { id: "h1" } }, NOW)).toBeNull();
    expect(names(inbox)).toEqual([]);
    expect(await waitForAnswer(nodeDisk, dir, posted, 0)).toEqual({ ok: true, receipt: { id: "h1" } });
    expect(names(outbox)).toEqual([]);
  });

  test("is not handed out again while it is being carried out", () => {
    const sent = send();
    mailbox.take(NOW);
    expect(mailbox.take(NOW)).toEqual([]);
    mailbox.answer(sent.id, done, NOW);
    expect(mailbox.take(NOW)).toEqual([]);
  });

  test("that nobody answered is handed out by the next start, as often as it takes", () => {
    const sent = send();
    mailbox.take(NOW);
    expect(newMailbox().take(NOW)).toEqual([{ kind: "command", message: sent }]);
    expect(newMailbox().take(NOW)).toEqual([{ kind: "command", message: sent }]);
  });

  test("that was carried out before the crash is only answered", async () => {
    const sent = message();
    const posted = post(nodeDisk, dir, sent);
    mailbox.take(NOW);
    seen.add(sent.id);
    const next = newMailbox();
    expect(next.take(NOW)).toEqual([{ kind: "repeated", message: sent }]);
    next.answer(sent.id, done, NOW);
    expect(await waitForAnswer(nodeDisk, dir, posted, 0)).toEqual(done);
    expect(names(inbox)).toEqual([]);
  });

  test("that was answered before the crash keeps its first answer", async () => {
    const sent = message();
    const posted = post(nodeDisk, dir, sent);
    mailbox.take(NOW);
    fs.copyFileSync(join(inbox, posted.name), join(dir, "copy"));
    mailbox.answer(sent.id, { ok: true, receipt: "first" }, NOW);
    fs.renameSync(join(dir, "copy"), join(inbox, posted.name));
    seen.add(sent.id);
    const next = newMailbox();
    next.take(NOW);
    next.answer(sent.id, { ok: true, receipt: "second" }, NOW);
    expect(await waitForAnswer(nodeDisk, dir, posted, 0)).toEqual({ ok: true, receipt: "first" });
    expect(names(inbox)).toEqual([]);
  });

  test("replayed from a copy is not carried out a second time", () => {
    const sent = send(resume);
    const [name] = names(inbox);
    fs.copyFileSync(join(inbox, name!), join(dir, "copy"));
    mailbox.take(NOW);
    mailbox.answer(sent.id, done, NOW);
    seen.add(sent.id);
    fs.renameSync(join(dir, "copy"), join(inbox, name!));
    expect(mailbox.take(NOW)).toEqual([{ kind: "repeated", message: sent }]);
  });

  test("replayed under another name is rejected", () => {
    const sent = message();
    drop(messageBytes(sent), messageName({ at: sent.at, id: newMessageId(), form: "json" }));
    expect(onlyReason()).toMatch(/says something else than its name/);
    drop(messageBytes(sent), messageName({ at: sent.at + 1, id: sent.id, form: "json" }));
    expect(onlyReason()).toMatch(/says something else than its name/);
  });

  test("commands come in the order in which they were sent", () => {
    const ats = [5, 3, 9, 1, 7].map((n) => NOW + n);
    for (const at of ats) send(all, at);
    const taken = mailbox.take(NOW).map((mail) => (mail.kind === "rejected" ? 0 : mail.message.at));
    expect(taken).toEqual([...ats].sort((a, b) => a - b));
  });

  test("a flood is taken in portions, and nothing is left behind", () => {
    for (let i = 0; i < 2 * MAX_TAKEN + 1; i++) dropMessage();
    const counts = [1, 2, 3, 4].map(() => mailbox.take(NOW).length);
    expect(counts).toEqual([MAX_TAKEN, MAX_TAKEN, 1, 0]);
  });

  test("a file that is still being written is not looked at, and removed when its writer has died", () => {
    const path = drop("{", ".000001760000000000-AAAAAAAAAAAAAAAAAAAAAA.json.part");
    expect(mailbox.take(NOW)).toEqual([]);
    const { ctimeMs } = fs.statSync(path);
    mailbox.prepare(ctimeMs + HOUR / 2);
    expect(fs.existsSync(path)).toBe(true);
    mailbox.prepare(ctimeMs + 2 * HOUR);
    expect(fs.existsSync(path)).toBe(false);
  });
});

describe("time", () => {
  test.each<ControlCommand>([
    resume,
    { command: "approve", approval: "a1" },
    { command: "reject", approval: "a1" },
  ])("%j is refused when it is a day old", (command) => {
    send(command, NOW - 24 * HOUR);
    expect(mailbox.take(NOW)).toMatchObject([{ kind: "command" }]);
    send(command, NOW - 24 * HOUR - 1);
    expect(onlyReason()).toMatch(/is 24 hours old/);
  });

  test("what is dated more than five minutes into the future is refused", () => {
    send(resume, NOW + 5 * 60_000);
    expect(mailbox.take(NOW)).toMatchObject([{ kind: "command" }]);
    send(resume, NOW + 6 * 60_000);
    expect(onlyReason()).toMatch(/6 minutes into the future/);
  });

  test.each([-10_000 * HOUR, 10_000 * HOUR])("a halt is good whatever the clock says (%i ms off)", (off) => {
    send(all, NOW + off);
    expect(mailbox.take(NOW)).toMatchObject([{ kind: "command" }]);
  });

  test("what was carried out before it got old is still answered", () => {
    const sent = send(resume, NOW - 48 * HOUR);
    seen.add(sent.id);
    expect(mailbox.take(NOW)).toMatchObject([{ kind: "repeated" }]);
  });

  test("whoever sent a command that is refused hears why", async () => {
    const posted = post(nodeDisk, dir, message(resume, NOW - 48 * HOUR));
    mailbox.take(NOW);
    const answer = await waitForAnswer(nodeDisk, dir, posted, 0);
    expect(answer).toMatchObject({ ok: false, error: { code: "not_admitted" } });
    expect(JSON.stringify(answer)).toContain("48 hours old");
  });
});

describe("what is not admitted", () => {
  test.each<[what: string, put: () => void, reason: RegExp]>([
    ["a name of its own", () => drop("{}", "halt.json"), /^`halt.json` has a name that no command has/],
    ["a name that hides", () => drop("{}", "x\u001b[2J\n.json"), /^`x \[2J .json` has/],
    ["an empty file", () => drop(""), /not JSON/],
    ["binary", () => drop(Uint8Array.of(0, 255, 254, 1)), /not UTF-8/],
    ["a torn file", () => drop(messageBytes(message()).subarray(0, 30)), /not JSON/],
    ["an unknown command", () => drop('{"version":1,"command":"nuke"}'), /no command `nuke`/],
    ["64 KiB and a byte", () => drop("x".repeat(65_537)), /larger than 65536 bytes/],
    ["100 MB", () => fs.truncateSync(drop(""), 100_000_000), /larger than 65536 bytes/],
    [
      "a directory",
      () => fs.mkdirSync(join(inbox, messageName({ at: NOW, id: newMessageId(), form: "json" }))),
      /not a regular file/,
    ],
    [
      "a file open to the group",
      () => fs.chmodSync(dropMessage(), 0o660),
      /can be written by other users \(mode 0660\)/,
    ],
    [
      "a file open to all",
      () => fs.chmodSync(dropMessage(), 0o606),
      /can be written by other users \(mode 0606\)/,
    ],
    ["a hard link", () => fs.linkSync(dropMessage(), join(dir, "other")), /has 2 names/],
    [
      "a symbolic link to a good command",
      () => {
        const path = dropMessage();
        fs.renameSync(path, join(dir, "real"));
        fs.symlinkSync(join(dir, "real"), path);
      },
      /is a symbolic link/,
    ],
  ])("%s: told once, moved away, not carried out", (_what, put, reason) => {
    put();
    const good = send(all, NOW + 1);
    const mails = mailbox.take(NOW);
    expect(onlyReason(mails.filter(({ kind }) => kind === "rejected"))).toMatch(reason);
    expect(mails.filter(({ kind }) => kind !== "rejected")).toEqual([{ kind: "command", message: good }]);
    expect(names(rejected)).toHaveLength(1);
    mailbox.answer(good.id, done, NOW);
    expect(names(inbox)).toEqual([]);
    expect(mailbox.take(NOW)).toEqual([]);
  });

  test.runIf(isRoot)("a command of another user", () => {
    fs.chownSync(dropMessage(), 65534, 65534);
    expect(onlyReason()).toMatch(/was written by user 65534/);
  });

  test("a named pipe does not hang the gate", async () => {
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [join(inbox, messageName({ at: NOW, id: newMessageId(), form: "json" }))]);
    expect(onlyReason()).toMatch(/not a regular file/);
  });

  test("at most a hundred of them are kept", () => {
    for (let i = 0; i < 130; i++) drop("{}", `junk-${i}`);
    expect(mailbox.take(NOW)).toHaveLength(MAX_TAKEN);
    expect(mailbox.take(NOW)).toHaveLength(30);
    expect(names(rejected)).toHaveLength(100);
    expect(names(inbox)).toEqual([]);
  });

  test("one that cannot be moved away is told once", () => {
    fs.writeFileSync(rejected, "in the way");
    drop("{}", "junk");
    expect(onlyReason()).toMatch(/`junk`/);
    expect(mailbox.take(NOW)).toEqual([]);
  });
});

describe("the channel itself", () => {
  test("is made for its owner alone", () => {
    for (const path of [dir, inbox, outbox, join(dir, "control")])
      expect(fs.statSync(path).mode & 0o077).toBe(0);
  });

  test.each(["inbox", "."])("`control/%s` open to others admits nobody", (place) => {
    fs.chmodSync(join(dir, "control", place), 0o770);
    expect(() => send()).toThrow(expect.objectContaining({ code: "not_admitted" }));
    expect(() => mailbox.take(NOW)).toThrow(expect.objectContaining({ code: "not_admitted" }));
  });

  test.runIf(isRoot)("an inbox of another user admits nobody", () => {
    fs.chownSync(inbox, 65534, 65534);
    expect(() => mailbox.take(NOW)).toThrow(/belongs to user 65534/);
    expect(() => send()).toThrow(/belongs to user 65534/);
  });

  test("an inbox that is a link admits nobody", () => {
    fs.renameSync(inbox, join(dir, "elsewhere"));
    fs.symlinkSync(join(dir, "elsewhere"), inbox);
    expect(() => mailbox.take(NOW)).toThrow(/is a link/);
    expect(() => mailbox.prepare(NOW)).toThrow(/is a link/);
    expect(() => send()).toThrow(/is a link/);
  });

  test("an inbox that is gone is an error, and can be made again", () => {
    fs.rmSync(join(dir, "control"), { recursive: true });
    expect(() => mailbox.take(NOW)).toThrow(/is missing/);
    mailbox.prepare(NOW);
    expect(mailbox.take(NOW)).toEqual([]);
  });

  test("a disk that cannot read it is an error, and not an empty inbox", () => {
    const failing = { ...nodeDisk, list: () => fail("EIO") };
    const deaf = new Mailbox({ disk: failing, dir, seen: () => false });
    expect(() => deaf.take(NOW)).toThrow(expect.objectContaining({ code: "store_failed" }));
  });

  test("a command that the disk cannot read is an error, and stays for later", () => {
    const sent = send();
    const failing = { ...nodeDisk, openToRead: () => fail("EIO") };
    const deaf = new Mailbox({ disk: failing, dir, seen: () => false });
    expect(() => deaf.take(NOW)).toThrow(expect.objectContaining({ code: "store_failed" }));
    expect(mailbox.take(NOW)).toEqual([{ kind: "command", message: sent }]);
  });
});

test("trouble with one command loses none before it", () => {
  const [first] = [send(all, NOW), send(all, NOW + 1)];
  const failing: Disk = {
    ...nodeDisk,
    openToRead: (path) => (path.includes(first.id) ? nodeDisk.openToRead(path) : fail("EIO")),
  };
  const deaf = new Mailbox({ disk: failing, dir, seen: () => false });
  expect(deaf.take(NOW)).toEqual([{ kind: "command", message: first }]);
  expect(() => deaf.take(NOW)).toThrow(expect.objectContaining({ code: "store_failed" }));
});

describe("answers", () => {
  test("are bounded: the oldest go, and so do those of yesterday", () => {
    for (let i = 0; i < 1_100; i++)
      fs.writeFileSync(join(outbox, messageName({ at: NOW + i, id: newMessageId(), form: "json" })), "{}");
    fs.writeFileSync(
      join(outbox, messageName({ at: NOW - 25 * HOUR, id: newMessageId(), form: "json" })),
      "{}",
    );
    const oldest = names(outbox).sort().slice(0, 100);
    const sent = send(all, NOW + 2_000);
    mailbox.take(NOW);
    mailbox.answer(sent.id, done, NOW);
    expect(names(outbox).length).toBeLessThanOrEqual(1_000);
    for (const name of oldest) expect(names(outbox)).not.toContain(name);
  });

  test("a full disk keeps no command from being done with", () => {
    const full = { ...nodeDisk, openToAppend: () => fail("ENOSPC") };
    const sent = send();
    const tight = new Mailbox({ disk: full, dir, seen: () => false });
    tight.take(NOW);
    expect(tight.answer(sent.id, done, NOW)).toMatch(/could not be answered: ENOSPC/);
    expect(names(inbox)).toEqual([]);
    expect(tight.take(NOW)).toEqual([]);
  });

  test("to nobody are nobody's", () => {
    expect(mailbox.answer("unknown", done, NOW)).toBeNull();
    expect(names(outbox)).toEqual([]);
  });
});

function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}
