import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Disk } from "../core/disk.js";
import { nodeDisk } from "../store/node-disk.js";
import { silentDoorbell, startWatcher } from "./doorbell.js";
import type { Doorbell } from "./doorbell.js";
import { controlPlaces } from "./layout.js";
import { Mailbox } from "./mailbox.js";
import { newMessage } from "./message.js";
import type { ControlMessage } from "./message.js";
import { post } from "./post.js";

const NONCE = "nonce-of-this-owner";
const isRoot = process.getuid?.() === 0;

let dir: string;
let inbox: string;
let ownerFile: string;
let bell: Doorbell | undefined;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-bell-"));
  ({ inbox } = controlPlaces(dir));
  ownerFile = join(dir, "owner.7");
  fs.writeFileSync(ownerFile, JSON.stringify({ pid: process.pid, nonce: NONCE }));
  new Mailbox({ disk: nodeDisk, dir, seen: () => false }).prepare(Date.now());
});
afterEach(async () => {
  await bell?.close();
  bell = undefined;
  fs.rmSync(dir, { recursive: true, force: true });
});

async function start(times: { pollMs?: number; heartbeatMs?: number } = {}): Promise<Doorbell> {
  bell = await startWatcher({ dir, ownerFile, nonce: NONCE, ...times });
  return bell;
}

function send(disk = nodeDisk): ControlMessage {
  const sent = newMessage(
    { command: "halt", scope: "all" },
    { by: "alice", reason: "test", at: Date.now(), uid: 0, host: "box" },
  );
  post(disk, dir, sent);
  return sent;
}

/** Returns when the command is seen, as another process would see it, and not when the disk has it. */
const unsynced: Disk = {
  ...nodeDisk,
  openToAppend(path, fresh) {
    const file = nodeDisk.openToAppend(path, fresh);
    return Object.assign(file, { syncNow: () => undefined });
  },
  syncDirNow: () => undefined,
};

/** Does what a busy program does: it asks, and its event loop never turns. Returns the ms until the answer is yes. */
function busyUntil(holds: () => boolean): number {
  const startedAt = performance.now();
  while (!holds()) if (performance.now() - startedAt > 5_000) throw new Error("not within 5 s");
  return performance.now() - startedAt;
}

describe("the watcher", () => {
  test("reaches a main thread that never leaves a synchronous loop", async () => {
    const watched = await start();
    const mailbox = new Mailbox({ disk: nodeDisk, dir, seen: () => false });
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const startedAt = performance.now();
      const sent = send(unsynced);
      busyUntil(() => watched.rang());
      times.push(performance.now() - startedAt);
      expect(mailbox.take(Date.now())).toEqual([{ kind: "command", message: sent }]);
      mailbox.answer(sent.id, { ok: true }, Date.now());
      // What the removal rings, if anything, is not the next command.
      busyFor(2);
      watched.rang();
    }
    times.sort((a, b) => a - b);
    console.log(`rings after p50 ${times[10]!.toFixed(2)} ms, max ${times.at(-1)!.toFixed(2)} ms`);
    // The promise is 100 ms; a machine under load must not make the test a coin.
    expect(times[10]!).toBeLessThan(100);
  });

  test("finds by itself what lies in the inbox when it starts", async () => {
    send();
    expect((await start()).rang()).toBe(true);
  });

  test("rings once for a command, however long it lies there", async () => {
    const watched = await start({ pollMs: 5 });
    send();
    busyUntil(() => watched.rang());
    expect(ringsWithin(watched, 100)).toBe(0);
  });

  test("does not ring for files that are still being written, nor for what is removed", async () => {
    const watched = await start({ pollMs: 5 });
    fs.writeFileSync(join(inbox, ".unfinished.part"), "x");
    fs.rmSync(join(inbox, ".unfinished.part"));
    expect(ringsWithin(watched, 100)).toBe(0);
  });

  test("calls back when the event loop turns", async () => {
    const watched = await start();
    const called = new Promise<void>((resolve) => {
      watched.onMessage(resolve);
    });
    send();
    await called;
    expect(watched.rang()).toBe(true);
  });

  test("keeps the owner's file fresh", async () => {
    const old = new Date(0);
    fs.utimesSync(ownerFile, old, old);
    await start({ heartbeatMs: 20 });
    busyUntil(() => fs.statSync(ownerFile).mtimeMs > 1e12);
  });

  test.each<[what: string, take: () => void]>([
    ["a newer owner file", () => fs.writeFileSync(join(dir, "owner.10"), "another")],
    ["another's name in the file", () => fs.writeFileSync(ownerFile, "another")],
    ["the file gone", () => fs.rmSync(ownerFile)],
  ])("%s: rings that the directory is lost, for good", async (_what, take) => {
    const watched = await start({ heartbeatMs: 20 });
    expect(watched.isLost).toBe(false);
    take();
    busyUntil(() => watched.rang());
    expect({ lost: watched.isLost, word: watched.word[1] }).toEqual({ lost: true, word: 1 });
    fs.writeFileSync(ownerFile, NONCE);
    fs.rmSync(join(dir, "owner.10"), { force: true });
    busyFor(60);
    expect(watched.isLost).toBe(true);
  });

  test("does not take older owners and other files for a successor", async () => {
    for (const name of ["owner.3", "owner.007", "owner.8.tmp", "journal.9"])
      fs.writeFileSync(join(dir, name), "another");
    const watched = await start({ heartbeatMs: 10 });
    busyFor(60);
    expect(watched.isLost).toBe(false);
  });

  test.each<[what: string, harm: () => void, trouble: RegExp]>([
    ["removed", () => fs.rmSync(inbox, { recursive: true }), /the inbox is missing/],
    ["open to others", () => fs.chmodSync(inbox, 0o777), /the inbox is open to other users/],
    [
      "replaced by a link",
      () => {
        fs.renameSync(inbox, join(dir, "elsewhere"));
        fs.symlinkSync(join(dir, "elsewhere"), inbox);
      },
      /the inbox is missing/,
    ],
  ])("an inbox %s rings as trouble, and the end of it does, too", async (_what, harm, trouble) => {
    const watched = await start();
    harm();
    busyUntil(() => watched.rang());
    expect(watched.word[2]).not.toBe(0);
    expect(watched.trouble).toMatch(trouble);
    fs.rmSync(inbox, { recursive: true, force: true });
    fs.mkdirSync(inbox, { mode: 0o700 });
    busyUntil(() => watched.trouble === null);
    expect(watched.rang()).toBe(true);
    send();
    busyUntil(() => watched.rang());
  });

  test("an inbox that was swapped for another is watched again", async () => {
    const watched = await start({ pollMs: 5 });
    fs.renameSync(inbox, join(dir, "old"));
    fs.mkdirSync(inbox, { mode: 0o700 });
    busyFor(50);
    watched.rang();
    send();
    busyUntil(() => watched.rang());
  });

  test.skipIf(isRoot)("an inbox without permission rings as trouble", async () => {
    const watched = await start();
    fs.chmodSync(inbox, 0o000);
    busyUntil(() => watched.rang());
    expect(watched.trouble).toMatch(/may not read/);
    fs.chmodSync(inbox, 0o700);
  });

  test("keeps no process alive, and ends when it is closed", () => {
    const built = join(dir, "built");
    compile(built);
    for (const end of ["", "await bell.close();"]) {
      const program = `
        import { startWatcher } from "./control/doorbell.js";
        const bell = await startWatcher(${JSON.stringify({ dir, ownerFile, nonce: NONCE })});
        ${end}
        console.log("end");`;
      fs.writeFileSync(join(built, "main.js"), program);
      const { stdout, status, stderr } = spawnSync(process.execPath, [join(built, "main.js")], {
        encoding: "utf8",
        timeout: 20_000,
      });
      expect({ stdout, status, stderr }).toEqual({ stdout: "end\n", status: 0, stderr: "" });
    }
  });

  test("that ends by itself is trouble", async () => {
    const unref = vi.spyOn(Worker.prototype, "unref");
    const watched = await start();
    const thread = unref.mock.contexts[0] as Worker;
    unref.mockRestore();
    const told = new Promise<void>((resolve) => {
      watched.onMessage(resolve);
    });
    await thread.terminate();
    await told;
    expect(watched.rang()).toBe(true);
    expect(watched.trouble).toMatch(/the watcher has ended/);
  });
});

describe("a silent doorbell", () => {
  test("rings when it is told to", () => {
    const silent = silentDoorbell();
    const called = vi.fn();
    silent.onMessage(called);
    expect([silent.rang(), silent.isLost, silent.trouble]).toEqual([false, false, null]);
    silent.ring();
    expect([silent.rang(), silent.rang()]).toEqual([true, false]);
    silent.fail(true);
    expect([silent.rang(), silent.trouble]).toEqual([true, expect.stringContaining("cannot be read")]);
    silent.fail(false);
    expect([silent.rang(), silent.trouble]).toEqual([true, null]);
    silent.lose();
    expect([silent.rang(), silent.isLost]).toEqual([true, true]);
    expect(called).toHaveBeenCalledTimes(4);
  });
});

/** Keeps the thread of the program busy. */
function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function ringsWithin(watched: Doorbell, ms: number): number {
  const until = performance.now() + ms;
  let rings = 0;
  while (performance.now() < until) if (watched.rang()) rings += 1;
  return rings;
}

/** The room and what it stands on, as the JavaScript that the package has. */
function compile(out: string): void {
  const src = fileURLToPath(new URL("..", import.meta.url));
  for (const room of ["core", "control"]) {
    fs.mkdirSync(join(out, room), { recursive: true });
    for (const name of fs.readdirSync(join(src, room))) {
      const path = join(src, room, name);
      if (name.endsWith(".mjs")) fs.copyFileSync(path, join(out, room, name));
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const { outputText } = ts.transpileModule(fs.readFileSync(path, "utf8"), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      fs.writeFileSync(join(out, room, name.replace(/\.ts$/, ".js")), outputText);
    }
  }
  fs.writeFileSync(join(out, "package.json"), '{"type":"module"}');
}
