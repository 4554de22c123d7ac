import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeDisk } from "./node-disk.js";

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-disk-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true });
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const failsWith = (code: string) => expect.objectContaining({ code });

test("what is appended is there, also when another handle appends", async () => {
  const path = join(dir, "f");
  const [a, b] = [nodeDisk.openToAppend(path, true), nodeDisk.openToAppend(path)];
  expect(a.write(Buffer.from("one"))).toBe(3);
  b.write(Buffer.from("two"));
  a.write(Buffer.from("three"));
  expect([a.bytes, b.bytes]).toEqual([8, 3]);
  await a.sync();
  b.syncNow();
  expect(text(nodeDisk.read(path))).toBe("onetwothree");
  a.truncate(6);
  a.close();
  b.close();
  const file = nodeDisk.openToRead(path);
  const target = new Uint8Array(4);
  expect([file.bytes, file.read(target, 4), file.read(target, 6)]).toEqual([6, 2, 0]);
  file.close();
  expect(nodeDisk.openToAppend(path).bytes).toBe(6);
  expect(() => nodeDisk.openToAppend(path, true)).toThrow(failsWith("EEXIST"));
});

test("names are given, changed and taken away", async () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => join(dir, name)) as [string, string, string];
  nodeDisk.openToAppend(b).close();
  nodeDisk.openToAppend(a).close();
  nodeDisk.link(a, c);
  expect(() => nodeDisk.link(a, b)).toThrow(failsWith("EEXIST"));
  expect(nodeDisk.list(dir)).toEqual(["a", "b", "c"]);
  expect(nodeDisk.look(a)).toMatchObject({ type: "file", bytes: 0, links: 2 });
  nodeDisk.rename(a, b);
  nodeDisk.remove(c);
  expect(nodeDisk.list(dir)).toEqual(["b"]);
  expect(nodeDisk.look(a)).toBe(undefined);
  await nodeDisk.syncDir(dir);
  nodeDisk.syncDirNow(dir);
  expect(() => nodeDisk.remove(a)).toThrow(failsWith("ENOENT"));
  await expect(nodeDisk.syncDir(join(dir, "none"))).rejects.toThrow(failsWith("ENOENT"));
});

test("a sign of life changes the time of change", async () => {
  const path = join(dir, "f");
  nodeDisk.openToAppend(path).close();
  const before = nodeDisk.look(path)!.changedAt;
  await new Promise((resolve) => setTimeout(resolve, 20));
  nodeDisk.touch(path);
  expect(nodeDisk.look(path)!.changedAt).toBeGreaterThan(before);
  expect(Math.abs(Date.now() - nodeDisk.look(path)!.changedAt)).toBeLessThan(60_000);
});

test.skipIf(process.platform === "win32")(
  "links are seen and not followed, and modes are for the owner only",
  () => {
    const [real, link] = [join(dir, "real"), join(dir, "link")];
    nodeDisk.openToAppend(real).close();
    fs.symlinkSync(real, link);
    expect(nodeDisk.look(link)).toMatchObject({ type: "link" });
    for (const open of [nodeDisk.read, nodeDisk.openToRead, nodeDisk.openToAppend] as const) {
      expect(() => open(link)).toThrow(failsWith("ELOOP"));
    }
    expect(nodeDisk.look(real)).toMatchObject({ mode: 0o600, uid: process.getuid!() });
    nodeDisk.makeDir(join(dir, "x", "y"));
    nodeDisk.makeDir(join(dir, "x", "y"));
    expect(nodeDisk.look(join(dir, "x", "y"))).toMatchObject({ type: "directory", mode: 0o700 });
  },
);
