import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { SeededRandom } from "../testing/seeded-random.js";
import { dirStore, readDirStore, systemIdentity, type AllowanceAsk, type OpenDirStore } from "./index.js";

const ask = (to: number): AllowanceAsk => ({ account: "a", from: 0, to, limit: 1e9, window: "forever" });
const SNAPSHOT = { format: 1, at: 5, state: null };
const onLinux = process.platform === "linux";

test.runIf(onLinux)("a process that runs is the owner, and after SIGKILL it is not", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-owner-"));
  const child = spawn("sleep", ["600"]);
  try {
    await once(child, "spawn");
    // What the child would say about itself.
    const identity = { ...systemIdentity(), pid: child.pid!, startTime: startTimeOf(child.pid!) };
    await dirStore(dir, { identity }).open();

    const refused = dirStore(dir).open();
    await expect(refused).rejects.toMatchObject({
      code: "store_in_use",
      message: expect.stringMatching(
        new RegExp(`^\`${dir}\` is in use by process ${child.pid} on \`.+\` since 20`),
      ),
      help: expect.stringContaining("a directory of its own"),
    });
    expect(readDirStore(dir).owner).toMatchObject({ pid: child.pid, isAlive: true });

    await killed(child);
    expect(readDirStore(dir).owner).toMatchObject({ pid: child.pid, isAlive: false });
    const store = await dirStore(dir).open();
    expect(store.notes).toEqual([
      expect.stringMatching(new RegExp(`^the owner before, process ${child.pid} on`)),
    ]);
    await store.close();
  } finally {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true });
  }
});

test.runIf(onLinux)("a process that got the number of a dead owner is not taken for it", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-owner-"));
  try {
    const identity = { ...systemIdentity(), pid: process.ppid, startTime: "1" };
    await dirStore(dir, { identity }).open();
    await (await dirStore(dir).open()).close();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("one process opens a directory once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-owner-"));
  try {
    const store = await dirStore(dir).open();
    await expect(dirStore(dir).open()).rejects.toMatchObject({
      code: "store_in_use",
      message: expect.stringContaining("is in use by this process since"),
    });
    expect(readFileSync(store.ownerFile, "utf8")).toContain(store.nonce);
    store.heartbeat();
    expect(store.isLost).toBe(false);
    await store.close();
    expect(readDirStore(dir).owner).toBe(null);
    expect((await dirStore(dir).open()).notes).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("an owner on another machine is heard, not asked", async () => {
  const machine = new StoreMachine();
  const there = await dirStore(machine.dir, machine.process()).open();
  machine.host = "elsewhere";
  const here = machine.process();
  // It gives a sign of life while we watch.
  const heard = {
    ...here,
    wait: (ms: number) => ((machine.nowMs += ms), there.heartbeat(), Promise.resolve()),
  };
  await expect(dirStore(machine.dir, heard).open()).rejects.toMatchObject({
    code: "store_in_use",
    message: expect.stringContaining("is in use by process 101 on `fake`"),
  });
  expect(readDirStore(machine.dir, here).owner?.isAlive).toBe(true);

  // It gives none.
  const before = machine.nowMs;
  const store = await dirStore(machine.dir, here).open();
  expect(machine.nowMs - before).toBeLessThanOrEqual(10_000);
  expect(store.notes).toEqual([
    expect.stringContaining("process 101 on `fake`"),
    expect.stringContaining("last owned on another machine, `fake`: if it was copied"),
  ]);
  there.heartbeat();
  expect(there.isLost).toBe(true);
});

test("a directory that was copied from another machine says so, also after a clean end", async () => {
  const machine = new StoreMachine();
  const store = await dirStore(machine.dir, machine.process()).open();
  await store.close();
  machine.host = "elsewhere";
  const before = machine.nowMs;
  const copy = await dirStore(machine.dir, machine.process()).open();
  expect(copy.notes).toEqual([expect.stringContaining("last owned on another machine, `fake`")]);
  expect(machine.nowMs).toBe(before);
});

test("an owner from before a restart of the machine is silent, whoever has its number now", async () => {
  const machine = new StoreMachine();
  await dirStore(machine.dir, machine.process()).open();
  machine.boot++;
  const store = await dirStore(machine.dir, machine.process()).open();
  expect(store.notes).toHaveLength(1);
});

test("a clock that was set back does not keep a dead owner alive", async () => {
  const machine = new StoreMachine();
  await dirStore(machine.dir, machine.process()).open();
  machine.boot++;
  machine.nowMs -= 3_600_000;
  await dirStore(machine.dir, machine.process()).open();
});

test("an owner file that cannot be read is waited for", async () => {
  const machine = new StoreMachine();
  await (await dirStore(machine.dir, machine.process()).open()).close();
  machine.disk.plant("/state/owner.7", { bytes: "{" });
  const before = machine.nowMs;
  const store = await dirStore(machine.dir, machine.process()).open();
  expect(machine.nowMs - before).toBeGreaterThanOrEqual(9_000);
  expect(store.ownerFile).toBe("/state/owner.8");
  expect(store.notes[0]).toContain("a process that does not say who it is");
});

test("an owner that slept and was pushed aside can do nothing that counts", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed);
    const machine = new StoreMachine({ seed, syncDelay: async () => hop(random.below(4)) });
    const old = await dirStore(machine.dir, machine.process()).open();
    await old.addHalt({ id: "old" });
    await old.grant([ask(5)]);
    // It is stopped in the middle of something, wakes up later and goes on with it.
    const work = [
      old.save({ ...SNAPSHOT, state: "old" }, new Map([["a", 5]])),
      old.grant([ask(6)]),
      old.endHalt("old"),
    ].map((promise) => promise.then(Boolean, () => false));
    await hop(random.below(12));
    machine.hide();
    const store = await dirStore(machine.dir, machine.process()).open();
    const found = new Map(store.allowances);
    const [, granted, ended] = await Promise.all(work);
    if (granted) expect(found.get("a"), `seed ${seed}`).toBe(6);
    if (ended) expect(store.halts.has("old"), `seed ${seed}`).toBe(false);
    await store.grant([ask(50)]);
    await store.addHalt({ id: "new" });
    await expect(old.save({ ...SNAPSHOT, state: "late" }, new Map())).rejects.toThrow();
    await old.close().catch(() => undefined);
    expect(() => old.grantNow([ask(60)])).toThrow();
    expect(store.isLost).toBe(false);
    machine.crash();
    const last = await dirStore(machine.dir, machine.process()).open();
    expect(last.allowances.get("a"), `seed ${seed}`).toBe(50);
    expect(last.halts.has("new")).toBe(true);
    expect(last.snapshot?.state).not.toBe("late");
  }
});

test("of many that start at once one gets the directory, or none, and never two", async () => {
  let none = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    const machine = new StoreMachine({ seed, syncDelay: async () => hop(random.below(6)) });
    if (random.chance(0.5)) {
      const before = await dirStore(machine.dir, machine.process()).open();
      if (random.chance(0.5)) await before.close();
      else machine.kill();
    }
    const opened: OpenDirStore[] = [];
    const starts = Array.from({ length: 4 }, async () => {
      await hop(random.below(20));
      try {
        opened.push(await dirStore(machine.dir, machine.process()).open());
      } catch (error) {
        expect(error).toMatchObject({ code: "store_in_use" });
      }
    });
    await Promise.all(starts);
    const working: OpenDirStore[] = [];
    for (const store of opened) {
      const works = await store.grant([ask(1)]).then(
        () => true,
        () => false,
      );
      if (works) working.push(store);
    }
    expect(opened.length, `seed ${seed}`).toBeLessThanOrEqual(1);
    expect(working.length, `seed ${seed}`).toBe(opened.length);
    if (opened.length === 0) none++;
    const owners = machine.disk.list("/state").filter((name) => name.startsWith("owner."));
    expect(owners).toHaveLength(opened.length === 0 ? owners.length : 1);
  }
  expect(none).toBeLessThan(30);
});

test("a file system without hard links does", async () => {
  const machine = new StoreMachine();
  machine.disk.fault = (operation) => (operation === "link" ? "ENOTSUP" : undefined);
  const store = await dirStore(machine.dir, machine.process()).open();
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
    code: "store_in_use",
  });
  await store.close();
  await dirStore(machine.dir, machine.process()).open();
});

test("a directory that is removed under its owner is lost", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-owner-"));
  const store = await dirStore(dir).open();
  rmSync(dir, { recursive: true });
  store.heartbeat();
  expect(store.isLost).toBe(true);
  await expect(store.grant([ask(1)])).rejects.toMatchObject({ code: "store_in_use" });
  await store.close();
});

test("a full disk does not keep an owner from letting go", async () => {
  const machine = new StoreMachine();
  const store = await dirStore(machine.dir, machine.process()).open();
  machine.disk.capacityBytes = machine.disk.usedBytes;
  await store.close();
  machine.disk.capacityBytes = Infinity;
  expect((await dirStore(machine.dir, machine.process()).open()).notes).toEqual([]);
});

test("nothing is left of taking and letting go but one owner file", async () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-owner-"));
  try {
    for (let i = 0; i < 4; i++) await (await dirStore(dir).open()).close();
    const names = readdirSync(dir).filter((name) => !name.startsWith("journal."));
    expect(names.sort()).toEqual(["owner.4", "secret"]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

async function hop(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await Promise.resolve();
}

function startTimeOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
