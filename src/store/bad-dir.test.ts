import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { dirStore, inspectDirStore, readDirStore, systemIdentity, type AllowanceAsk } from "./index.js";

const ask: AllowanceAsk = { account: "a", from: 0, to: 1, limit: 9, window: "forever" };
const isRoot = process.getuid?.() === 0;
const hasOwners = process.getuid !== undefined;

describe("a directory on a real disk", () => {
  let base: string;
  let dir: string;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), "rein-bad-"));
    dir = join(base, "state");
  });
  afterEach(() => {
    fs.rmSync(base, { recursive: true });
  });

  const refused = (message: RegExp, help: RegExp, code = "store_failed") => ({
    code,
    message: expect.stringMatching(message),
    help: expect.stringMatching(help),
  });
  const made = async (): Promise<void> => {
    const store = await dirStore(dir).open();
    await store.grant([ask]);
    await store.save({ format: 1, at: 1, state: {} }, new Map([["a", 1]]));
    await store.close();
  };
  const named = (start: string): string =>
    join(
      dir,
      fs.readdirSync(dir).find((name) => name.startsWith(start))!,
    );

  test("is made with what is above it, and only its owner may look into it", async () => {
    dir = join(base, "deep", "er", "state");
    await made();
    for (const path of [dir, join(base, "deep")]) expect(fs.statSync(path).mode & 0o777).toBe(0o700);
    for (const name of fs.readdirSync(dir)) expect(fs.statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  test("that is a file is refused", async () => {
    fs.writeFileSync(dir, "");
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/state` is not a directory$/, /another name/),
    );
    dir = join(dir, "below");
    await expect(dirStore(dir).open()).rejects.toMatchObject(refused(/no directory/, /another directory/));
  });

  test("may be behind a link, which may not lead nowhere", async () => {
    fs.mkdirSync(join(base, "real"), { mode: 0o700 });
    fs.symlinkSync(join(base, "real"), dir);
    await made();
    fs.rmSync(dir);
    fs.symlinkSync(join(base, "nowhere"), dir);
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/is a link to nothing/, /remove the link/),
    );
  });

  test("with a link in the place of a file is refused, and what it leads to is left alone", async () => {
    await made();
    const outside = join(base, "outside");
    for (const start of ["snapshot.", "secret", "owner."]) {
      const path = named(start);
      fs.renameSync(path, outside);
      fs.symlinkSync(outside, path);
      const before = fs.readFileSync(outside, "utf8");
      await expect(dirStore(dir).open()).rejects.toMatchObject(
        refused(/is a symbolic link/, /who put it there/),
      );
      expect(() => readDirStore(dir)).toThrow(/is a symbolic link/);
      expect(inspectDirStore(dir)).toMatchObject([{ severity: "error", problem: "is a symbolic link" }]);
      expect(fs.readFileSync(outside, "utf8")).toBe(before);
      fs.renameSync(outside, path);
    }
    await made();
  });

  test("with a second name of a file is refused", async () => {
    await made();
    fs.linkSync(named("snapshot."), join(base, "copy"));
    await expect(dirStore(dir).open()).rejects.toMatchObject(refused(/second name/, /copy of its own/));
  });

  test("with a directory in the place of a file is refused", async () => {
    fs.mkdirSync(join(dir, "journal.5"), { recursive: true, mode: 0o700 });
    fs.chmodSync(dir, 0o700);
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/`journal.5` in .* is not a file/, /remove it/),
    );
  });

  test.runIf(hasOwners)("that others may write is refused", async () => {
    await made();
    for (const [path, mode] of [
      [dir, 0o770],
      [dir, 0o702],
      [named("secret"), 0o620],
      [named("snapshot."), 0o606],
    ] as const) {
      const before = fs.statSync(path).mode;
      fs.chmodSync(path, mode);
      const message = new RegExp(`can be written by others \\(mode ${mode.toString(8)}\\)`);
      await expect(dirStore(dir).open()).rejects.toMatchObject(refused(message, /chmod go-w/));
      fs.chmodSync(path, before);
    }
    // What others may only read is no danger to the state; some people back it up that way.
    fs.chmodSync(dir, 0o755);
    await made();
  });

  test.runIf(isRoot)("of another user is refused, to root too", async () => {
    await made();
    fs.chownSync(named("snapshot."), 65534, 65534);
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/snapshot.* belongs to another user \(uid 65534, this is uid 0\)/, /run as that user/),
    );
    fs.chownSync(dir, 65534, 65534);
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/state` belongs to another user/, /run as/),
    );
  });

  test.skipIf(isRoot || !hasOwners)("that may not be written is refused", async () => {
    await made();
    fs.chmodSync(dir, 0o500);
    await expect(dirStore(dir).open()).rejects.toMatchObject(
      refused(/permission is denied/, /run as the user/),
    );
    fs.chmodSync(dir, 0o700);
  });

  test("may hold what is not ours", async () => {
    await made();
    for (const name of ["records-1.jsonl", "journal.01", "snapshot.3", "notes.txt", "owner.x"]) {
      fs.writeFileSync(join(dir, name), "", { mode: 0o666 });
    }
    fs.mkdirSync(join(dir, "control"));
    const before = fs.readdirSync(dir).length;
    await made();
    expect(fs.readdirSync(dir).length).toBeGreaterThanOrEqual(before);
  });

  test("that is not there can be asked about, and is not made by that", () => {
    expect(() => readDirStore(dir)).toThrow(/there is no directory/);
    expect(inspectDirStore(dir)).toMatchObject([{ problem: "does not exist" }]);
    expect(fs.existsSync(dir)).toBe(false);
  });

  test("whose owner works can be read all the time", async () => {
    const store = await dirStore(dir).open();
    for (let i = 1; i <= 20; i++) {
      const saved = store.save({ format: 1, at: i, state: "x".repeat(5_000) }, new Map([["a", i]]));
      await store.grant([{ ...ask, to: 100 + i }]);
      const view = readDirStore(dir);
      expect(view.allowances.get("a")).toBeGreaterThanOrEqual(i);
      expect(view.owner).toMatchObject({ pid: process.pid, isAlive: true });
      expect(view.notes).toEqual([]);
      await saved;
    }
    await store.close();
  });

  test("is told from another by its user only where the system has users", async () => {
    await made();
    fs.chmodSync(dir, 0o777);
    const identity = { ...systemIdentity(), uid: undefined };
    await (await dirStore(dir, { identity }).open()).close();
  });
});

describe("a disk that fails", () => {
  test.each([
    ["ENOSPC", /the disk is full/, /free space/],
    ["EDQUOT", /quota of this user/, /free space or raise/],
    ["EIO", /reports an error/, /check the disk/],
    ["EACCES", /permission is denied/, /run as the user/],
    ["EWHATEVER", /EWHATEVER/, /refused until it works again/],
  ])("%s at the start is said, and the next start works", async (code, message, help) => {
    for (const operation of [
      "write",
      "sync",
      "syncDir",
      "openToAppend",
      "rename",
      "link",
      "read",
      "list",
    ] as const) {
      const machine = new StoreMachine();
      await (await dirStore(machine.dir, machine.process()).open()).close();
      machine.disk.failNext(operation, code);
      const opened = dirStore(machine.dir, machine.process()).open();
      if (operation === "rename") {
        await (await opened).close();
        continue;
      }
      await opened.then(
        // A journal that cannot be written is begun anew once.
        (store) => store.close(),
        (error: unknown) =>
          expect(error).toMatchObject({
            code: "store_failed",
            message: expect.stringMatching(message),
            help: expect.stringMatching(help),
          }),
      );
      machine.disk.fault = undefined;
      machine.kill();
      await dirStore(machine.dir, machine.process()).open();
    }
  });

  test("read-only at the start is said", async () => {
    const machine = new StoreMachine();
    await (await dirStore(machine.dir, machine.process()).open()).close();
    machine.disk.isReadOnly = true;
    await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
      code: "store_failed",
      message: "cannot open `/state`: the file system is read-only",
      help: expect.stringContaining("mount it writable"),
    });
    expect(readDirStore(machine.dir, machine.process()).owner).toBe(null);
  });

  test("that is full grants nothing until there is room again, and then goes on", async () => {
    const machine = new StoreMachine();
    const store = await dirStore(machine.dir, machine.process()).open();
    await store.grant([ask]);
    machine.disk.capacityBytes = machine.disk.usedBytes + 10;
    const full = { code: "store_failed", message: "cannot write to `/state`: the disk is full" };
    for (let i = 0; i < 30; i++) await expect(store.grant([{ ...ask, to: 9 }])).rejects.toMatchObject(full);
    expect(() => store.grantNow([{ ...ask, to: 9 }])).toThrow(/the disk is full/);
    await expect(store.save({ format: 1, at: 1, state: 1 }, new Map())).rejects.toMatchObject({
      code: "store_failed",
    });
    // What failed leaves nothing behind.
    expect(machine.disk.list("/state").length).toBeLessThan(8);
    machine.disk.capacityBytes = Infinity;
    expect(await store.grant([{ ...ask, to: 5 }])).toEqual([5]);
    machine.crash();
    expect((await dirStore(machine.dir, machine.process()).open()).allowances.get("a")).toBe(5);
  });

  test("whose failed sync is followed by one that works is not believed", async () => {
    for (const isNow of [false, true]) {
      for (let seed = 1; seed <= 30; seed++) {
        const machine = new StoreMachine({ seed });
        const store = await dirStore(machine.dir, machine.process()).open();
        machine.disk.failNext("sync", "EIO");
        if (isNow) store.grantNow([ask]);
        else await store.grant([ask]);
        machine.crash();
        expect((await dirStore(machine.dir, machine.process()).open()).allowances.get("a")).toBe(1);
      }
    }
  });
});

test("starts without a snapshot do not pile up files", async () => {
  const machine = new StoreMachine();
  for (let i = 0; i < 50; i++) {
    const store = await dirStore(machine.dir, machine.process()).open();
    await store.grant([{ ...ask, to: i + 1 }]);
    machine.kill();
  }
  expect(machine.disk.list("/state").length).toBeLessThan(15);
});

test("snapshots do not pile up files", async () => {
  const machine = new StoreMachine();
  const store = await dirStore(machine.dir, machine.process()).open();
  for (let i = 1; i <= 50; i++) {
    await store.grant([{ ...ask, to: i }]);
    await store.save({ format: 1, at: i, state: i }, new Map([["a", i]]));
  }
  const names = machine.disk.list("/state");
  expect(names.filter((name) => name.startsWith("snapshot."))).toHaveLength(2);
  expect(names).toHaveLength(6);
});
