import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Disk } from "../core/disk.js";
import { nodeDisk } from "../store/node-disk.js";
import { controlPlaces, messageName } from "./layout.js";
import { Mailbox } from "./mailbox.js";
import { newMessage, newMessageId } from "./message.js";
import type { ControlCommand, ControlMessage } from "./message.js";
import { post, waitForAnswer } from "./post.js";

const NOW = 1_760_000_000_000;

let dir: string;
let inbox: string;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-post-"));
  ({ inbox } = controlPlaces(dir));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

function message(command: ControlCommand = { command: "halt", scope: "all" }): ControlMessage {
  return newMessage(command, { by: "alice", reason: "test", at: NOW, uid: 0, host: "box" });
}

function mailbox(): Mailbox {
  return new Mailbox({ disk: nodeDisk, dir, seen: () => false });
}

/** A disk on which files can be made, and nothing can be written into them. */
const full: Disk = {
  ...nodeDisk,
  openToAppend(path, fresh) {
    const file = nodeDisk.openToAppend(path, fresh);
    return {
      ...{ bytes: 0, truncate: () => undefined, sync: async () => undefined, syncNow: () => undefined },
      write: () => 0,
      close: () => {
        file.close();
      },
    };
  },
};

function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}

describe("posting", () => {
  test("needs no process, and makes the channel for its owner alone", () => {
    const { id, name, durable } = post(nodeDisk, dir, message());
    expect({ durable, names: fs.readdirSync(inbox) }).toEqual({ durable: true, names: [name] });
    expect(name).toContain(id);
    expect(fs.statSync(join(inbox, name)).mode & 0o777).toBe(0o600);
    for (const path of ["control", "control/inbox", "control/outbox"])
      expect(fs.statSync(join(dir, path)).mode & 0o777).toBe(0o700);
  });

  test("shows the command before it waits for the disk", () => {
    const steps: string[] = [];
    const disk: Disk = {
      ...nodeDisk,
      rename(from, to) {
        steps.push("rename");
        nodeDisk.rename(from, to);
      },
      syncDirNow: () => steps.push("sync"),
    };
    post(disk, dir, message());
    expect(steps).toEqual(["rename", "sync", "sync", "sync"]);
  });

  test("on a disk that cannot sync leaves the command, and says so", () => {
    const disk: Disk = { ...nodeDisk, syncDirNow: () => fail("EIO") };
    expect(post(disk, dir, message())).toMatchObject({ durable: false });
    expect(mailbox().take(NOW)).toMatchObject([{ kind: "command" }]);
  });

  test("a halt of everything gets through on a full disk", () => {
    const sent = message();
    const posted = post(full, dir, sent);
    expect(posted).toMatchObject({ id: sent.id, bare: true });
    expect(fs.readdirSync(inbox)).toEqual([posted.name]);
    const [mail] = mailbox().take(NOW);
    expect(mail).toMatchObject({
      kind: "command",
      message: { id: sent.id, command: "halt", scope: "all", at: NOW },
    });
  });

  test.each<ControlCommand>([
    { command: "halt", scope: { source: "a" } },
    { command: "resume", halt: "h1" },
  ])("on a full disk %j is an error that says what still works, and leaves nothing", (command) => {
    expect(() => post(full, dir, message(command))).toThrow(
      expect.objectContaining({ code: "store_failed", help: expect.stringContaining("without a scope") }),
    );
    expect(fs.readdirSync(inbox)).toEqual([]);
  });

  test.each([
    ["EACCES", "not_admitted", /this user may not write/],
    ["EROFS", "store_failed", /could not be left/],
    ["EIO", "store_failed", /could not be left/],
  ])("%s is an error that says so", (code, expected, text) => {
    const disk: Disk = { ...nodeDisk, openToAppend: () => fail(code) };
    expect(() => post(disk, dir, message())).toThrow(expect.objectContaining({ code: expected }));
    expect(() => post(disk, dir, message())).toThrow(text);
  });

  test("to a directory that is not there, or is a file, is an error", () => {
    expect(() => post(nodeDisk, join(dir, "none"), message())).toThrow(/there is no directory/);
    fs.writeFileSync(join(dir, "file"), "");
    expect(() => post(nodeDisk, join(dir, "file"), message())).toThrow(/is not a directory/);
  });

  test("a thousand commands may wait, and then still halts", () => {
    fs.mkdirSync(inbox, { recursive: true, mode: 0o700 });
    fs.chmodSync(join(dir, "control"), 0o700);
    const resume: ControlCommand = { command: "resume", halt: "h1" };
    for (let i = 0; i < 999; i++)
      fs.writeFileSync(join(inbox, messageName({ at: i, id: newMessageId(), form: "json" })), "{}");
    post(nodeDisk, dir, message(resume));
    expect(() => post(nodeDisk, dir, message(resume))).toThrow(/1000 commands wait/);
    post(nodeDisk, dir, message());
  });
});

describe("waiting", () => {
  test("tells a command that waits from one that was taken", async () => {
    const sent = message();
    const posted = post(nodeDisk, dir, sent);
    expect(await waitForAnswer(nodeDisk, dir, posted, 5)).toBe("waiting");
    fs.rmSync(join(inbox, posted.name));
    expect(await waitForAnswer(nodeDisk, dir, posted, 5)).toBe("taken");
  });

  test("ends when the answer is there", async () => {
    const sent = message();
    const posted = post(nodeDisk, dir, sent);
    const waiting = waitForAnswer(nodeDisk, dir, posted, 60_000);
    const box = mailbox();
    box.take(NOW);
    box.answer(sent.id, { ok: false, error: { code: "unknown_halt", message: "no", halts: [] } }, NOW);
    expect(await waiting).toEqual({ ok: false, error: { code: "unknown_halt", message: "no", halts: [] } });
  });

  test.each(["", "{}", "null", '{"id":"x","ok":true}', '{"ok":true}'])("%j is no answer", async (text) => {
    const posted = post(nodeDisk, dir, message());
    fs.writeFileSync(join(controlPlaces(dir).outbox, posted.name), text);
    expect(await waitForAnswer(nodeDisk, dir, posted, 5)).toBe("waiting");
  });
});
