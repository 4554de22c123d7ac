import { expect, test } from "vitest";
import { DiskDied, FakeDisk, type DiskOperation } from "./fake-disk.js";
import { SECTOR_BYTES } from "./fake-file.js";

const bytes = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);
const SEEDS = Array.from({ length: 300 }, (_, i) => i + 1);

/** A disk with a durable directory `/d`. */
function prepared(seed = 1): FakeDisk {
  const disk = new FakeDisk({ seed });
  disk.makeDir("/d");
  disk.syncDirNow("/");
  return disk;
}

/** What different seeds leave of a file, as one word each. */
function fates(prepare: (disk: FakeDisk) => void, path = "/d/f"): Set<string> {
  const found = new Set<string>();
  for (const seed of SEEDS) {
    const disk = prepared(seed);
    prepare(disk);
    const after = disk.crash();
    found.add(
      after.look(path) === undefined ? "missing" : [...after.read(path)].join("").replace(/(.)\1+/g, "$1"),
    );
  }
  return found;
}

test("what was synced with its name survives", () => {
  const found = fates((disk) => {
    const file = disk.openToAppend("/d/f");
    file.write(bytes(2_000));
    file.syncNow();
    disk.syncDirNow("/d");
  });
  expect([...found]).toEqual(["1"]);
});

test("what was not synced may be there, be gone, be cut short, be zero, or be out of order", () => {
  const found = fates((disk) => {
    const file = disk.openToAppend("/d/f");
    disk.syncDirNow("/d");
    for (const fill of [1, 2, 3]) file.write(bytes(SECTOR_BYTES, fill));
  });
  for (const fate of ["", "1", "12", "123", "120", "023", "103"]) {
    expect(found, fate).toContain(fate);
  }
});

test("a file whose name was not synced may be gone with all that is in it", () => {
  const found = fates((disk) => {
    const file = disk.openToAppend("/d/f");
    file.write(bytes(10));
    file.syncNow();
  });
  expect([...found].sort()).toEqual(["1", "missing"]);
});

test("a rename happens as a whole or not at all", () => {
  for (const seed of SEEDS) {
    const disk = prepared(seed);
    for (const [name, fill] of [
      ["a", 1],
      ["b", 2],
    ] as const) {
      const file = disk.openToAppend(`/d/${name}`);
      file.write(bytes(10, fill));
      file.syncNow();
    }
    disk.syncDirNow("/d");
    disk.rename("/d/a", "/d/b");
    const after = disk.crash();
    const contents = after.list("/d").map((name) => `${name}${after.read(`/d/${name}`)[0]}`);
    expect(["a1,b2", "b1"]).toContain(contents.join());
  }
});

test("a link that was not synced, and a removal that was not, may be lost", () => {
  const found = new Set<string>();
  for (const seed of SEEDS) {
    const disk = prepared(seed);
    disk.plant("/d/a", { bytes: "x" });
    disk.link("/d/a", "/d/b");
    disk.remove("/d/a");
    const after = disk.crash();
    found.add(
      after
        .list("/d")
        .map((name) => `${name}${after.look(`/d/${name}`)!.links}`)
        .join(),
    );
  }
  expect([...found].sort()).toEqual(["", "a1", "a2,b2", "b1"]);
});

test("a sync covers what was written before it began, and nothing later", async () => {
  const found = new Set<number>();
  for (const seed of SEEDS) {
    const disk = prepared(seed);
    const file = disk.openToAppend("/d/f");
    disk.syncDirNow("/d");
    file.write(bytes(3));
    const synced = file.sync();
    file.write(bytes(3));
    await synced;
    found.add(disk.crash().read("/d/f").length);
  }
  expect(Math.min(...found)).toBe(3);
  expect(Math.max(...found)).toBe(6);
});

test("after a sync that failed, one that works makes nothing of that durable", () => {
  const found = fates((disk) => {
    const file = disk.openToAppend("/d/f");
    disk.syncDirNow("/d");
    file.write(bytes(SECTOR_BYTES));
    disk.failNext("sync", "EIO");
    expect(() => file.syncNow()).toThrow("EIO");
    file.syncNow();
    file.write(bytes(SECTOR_BYTES, 2));
    file.syncNow();
  });
  expect([...found].sort()).toEqual(["02", "102", "12"]);
});

test("every handle hears of a failed sync once", async () => {
  const disk = prepared();
  const [a, b] = [disk.openToAppend("/d/f"), disk.openToAppend("/d/f")];
  a.write(bytes(5));
  disk.failNext("sync", "EIO");
  const failing = a.sync();
  expect(() => b.syncNow()).toThrow("EIO");
  await expect(failing).rejects.toMatchObject({ code: "EIO" });
  a.syncNow();
  b.syncNow();
});

test("a failed sync of a directory is failed for whoever asks before it is known", async () => {
  const disk = prepared();
  disk.openToAppend("/d/f");
  disk.failNext("syncDir", "EIO");
  const failing = disk.syncDir("/d");
  expect(() => disk.syncDirNow("/d")).toThrow("EIO");
  await expect(failing).rejects.toMatchObject({ code: "EIO" });
  disk.syncDirNow("/d");
});

test("a dead process reaches nothing, from its last operation on", async () => {
  const disk = prepared();
  const file = disk.openToAppend("/d/f");
  file.write(bytes(1));
  const syncing = file.sync();
  disk.dieAt(disk.operations + 1);
  expect(() => file.write(bytes(1))).toThrow(DiskDied);
  await expect(syncing).rejects.toThrow(DiskDied);
  expect(() => disk.list("/d")).toThrow(DiskDied);
  await expect(disk.syncDir("/d")).rejects.toThrow(DiskDied);
  expect(disk.isDead).toBe(true);
  expect(disk.kill().list("/d")).toEqual(["f"]);
});

test("a killed process loses nothing that it wrote, until the power fails", () => {
  const disk = prepared(3);
  disk.openToAppend("/d/f").write(bytes(9));
  const after = disk.kill();
  expect(after.read("/d/f")).toHaveLength(9);
  const fates = new Set(
    SEEDS.map((seed) => {
      const again = prepared(seed);
      again.openToAppend("/d/f").write(bytes(9));
      return again.kill().crash().look("/d/f") === undefined;
    }),
  );
  expect(fates.size).toBe(2);
});

test("a full disk takes what fits, and then says so", () => {
  const disk = prepared();
  disk.capacityBytes = 10;
  const file = disk.openToAppend("/d/f");
  expect(file.write(bytes(7))).toBe(7);
  expect(file.write(bytes(7))).toBe(3);
  expect(() => file.write(bytes(7))).toThrow("ENOSPC");
  file.truncate(4);
  expect(file.write(bytes(7))).toBe(6);
  disk.remove("/d/f");
  expect(disk.usedBytes).toBe(0);
});

test("operations fail as planned, by rule, and on a read-only disk", () => {
  const disk = prepared();
  const asked: DiskOperation[] = [];
  disk.fault = (operation, path) => {
    asked.push(operation);
    return path === "/d/bad" ? "EACCES" : undefined;
  };
  expect(() => disk.openToAppend("/d/bad")).toThrow(
    expect.objectContaining({ code: "EACCES", path: "/d/bad" }),
  );
  disk.failNext("look", "EIO");
  expect(() => disk.look("/d")).toThrow("EIO");
  expect(disk.look("/d")).toMatchObject({ type: "directory", mode: 0o700 });
  expect(asked).toEqual(["openToAppend", "look"]);
  disk.isReadOnly = true;
  expect(() => disk.makeDir("/e")).toThrow("EROFS");
  expect(disk.list("/d")).toEqual([]);
});

test("times of change follow the clock", () => {
  let now = 5;
  const disk = new FakeDisk({ now: () => now });
  disk.openToAppend("/f").write(bytes(1));
  expect(disk.look("/f")?.changedAt).toBe(5);
  now = 9;
  disk.touch("/f");
  expect(disk.look("/f")?.changedAt).toBe(9);
});

test("it answers like a disk where something is missing or in the way", () => {
  const disk = prepared();
  expect(() => disk.read("/d/f")).toThrow("ENOENT");
  expect(() => disk.list("/x")).toThrow("ENOENT");
  expect(() => disk.rename("/d/f", "/d/g")).toThrow("ENOENT");
  disk.openToAppend("/d/f", true);
  expect(() => disk.openToAppend("/d/f", true)).toThrow("EEXIST");
  expect(() => disk.link("/d/f", "/d/f")).toThrow("EEXIST");
  expect(() => disk.look("/d/f/g")).toThrow("ENOTDIR");
  disk.plant("/d/l", { type: "link", target: "/d/f" });
  expect(disk.look("/d/l")?.type).toBe("link");
  expect(() => disk.read("/d/l")).toThrow("ELOOP");
  disk.plant("/e", { type: "link", target: "/d" });
  expect(disk.list("/e")).toEqual(["f", "l"]);
});

test("pieces of a file are read where they are", () => {
  const disk = prepared();
  disk.plant("/d/f", { bytes: "abcdef" });
  const file = disk.openToRead("/d/f");
  const target = new Uint8Array(4);
  expect([file.bytes, file.read(target, 3), file.read(target, 6)]).toEqual([6, 3, 0]);
  expect(Buffer.from(target.subarray(0, 3)).toString()).toBe("def");
});

test("the same seed leaves the same", () => {
  const left = [1, 2].map(() => {
    const disk = prepared(77);
    for (const name of ["a", "b", "c"]) disk.openToAppend(`/d/${name}`).write(bytes(3_000));
    const after = disk.crash();
    return after.list("/d").map((name) => [name, Buffer.from(after.read(`/d/${name}`)).toString("hex")]);
  });
  expect(left[0]).toEqual(left[1]);
});
