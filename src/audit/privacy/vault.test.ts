import { expect, test } from "vitest";
import { KeptLog } from "../../../test/support/kept-log.js";
import { FakeDisk } from "../../testing/fake-disk.js";
import { segmentPath } from "../log/layout.js";
import { readLog } from "../log/reader.js";
import { checkVault, disclose, MAX_VALUE_LENGTH, Vault, vaultPath } from "./index.js";
import type { VaultReport } from "./index.js";

const DIR = "/log";

function start() {
  const disk = new FakeDisk();
  return { disk, log: new KeptLog(disk, DIR) };
}

function check(disk: FakeDisk): VaultReport {
  return checkVault({ disk, dir: DIR, leaves: readLog({ disk, dir: DIR }) });
}

function textOf(disk: FakeDisk, segment: number): string {
  return Buffer.from(disk.read(vaultPath(DIR, segment))).toString();
}

function edit(disk: FakeDisk, segment: number, change: (lines: string[]) => string[]): void {
  disk.damage(vaultPath(DIR, segment), (bytes) => {
    const lines = Buffer.from(bytes).toString().split("\n").slice(0, -1);
    return Buffer.from(
      change(lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
  });
}

test("values of each segment stand in its file, in order, and only the owner may read them", () => {
  const { disk, log } = start();
  log.decide("a");
  log.decide("b", "ann");
  log.cut();
  log.append({ type: "tick" });
  log.decide({ z: 1, a: [null, "\u20ac"] });
  log.flush();
  expect(check(disk)).toMatchObject({ fields: 3, disclosed: 3, mismatchCount: 0, unchecked: 0 });
  expect(textOf(disk, 0).split("\n").length).toBe(3);
  expect(textOf(disk, 2)).toContain('"value":{"a":[null,"\u20ac"],"z":1}}\n');
  expect(disk.look(vaultPath(DIR, 0))!.mode).toBe(0o600);
  expect(disk.look(`${DIR}/vault`)!.mode).toBe(0o700);
  expect(disk.look(`${DIR}/vault/keys`)!.mode).toBe(0o700);
  for (const name of disk.list(`${DIR}/vault/keys`))
    expect(disk.look(`${DIR}/vault/keys/${name}`)!.mode).toBe(0o600);
  expect(textOf(disk, 0)).not.toContain('"b"');
  expect(disclose({ disk, dir: DIR, n: 3 }).fields[0]!.value).toEqual({ a: [null, "\u20ac"], z: 1 });
});

test("a value that is too long is committed to and not kept", () => {
  const { disk, log } = start();
  const n = log.decide("x".repeat(MAX_VALUE_LENGTH));
  log.decide("y".repeat(MAX_VALUE_LENGTH - 2));
  log.flush();
  expect(check(disk)).toMatchObject({ fields: 2, disclosed: 1, withheld: 1 });
  expect(disclose({ disk, dir: DIR, n }).fields[0]!.verdict).toBe("withheld");
});

/** Another letter of base64url than the one that happens to stand there. */
function other(letter: string): string {
  return letter === "A" ? "B" : "A";
}

test("every change to a line is a MISMATCH or takes the value away, never another value", () => {
  const changes: ((lines: string[]) => string[])[] = [
    ([a, b, c]) => [a!.replace('"first"', '"forged"'), b!, c!],
    ([a, b, c]) => [a!.replace(/(?<="salt":")./, other), b!, c!],
    ([a, b, c]) => [a!.replace('"n":0', '"n":1'), b!, c!],
    ([a, b, c]) => [a!, a!.replace('"n":0', '"n":1'), c!, b!],
    ([a, b, c]) => [a!.replace('"args"', '"tags/to"'), b!, c!],
    ([, b, c]) => [b!.replace('"n":1', '"n":0'), b!, c!],
    ([a, b, c]) => [a!, b!, c!, c!.replace('"n":2', '"n":3')],
    ([a, b, c]) => [a!, b!, c!, "{}"],
    ([a, b, c]) => [` ${a!}`, b!, c!],
    ([a, b, c]) => [a!, b!.replace(/(?<="box":"[^"]{60})./, other), c!],
    ([a, b, c]) => [a!, b!.replace(/(?<="subject":")./, other), c!].concat(["x"]),
    ([a, b, c]) => [b!, a!, c!],
  ];
  for (const change of changes) {
    const { disk, log } = start();
    log.decide("first");
    log.decide("second", "ann");
    log.decide("third");
    log.append({ type: "tick" });
    log.flush();
    edit(disk, 0, change);
    expect(check(disk).mismatchCount, String(change)).toBeGreaterThan(0);
  }
  const { disk, log } = start();
  log.decide("first");
  log.decide("second", "ann");
  log.flush();
  edit(disk, 0, ([a]) => [a!]);
  expect(check(disk)).toMatchObject({ disclosed: 1, withheld: 1, mismatchCount: 0 });
});

test("without keys what is sealed is withheld, and nothing is wrong", () => {
  const { disk, log } = start();
  log.decide("a");
  log.decide("b", "ann");
  log.flush();
  for (const name of disk.list(`${DIR}/vault/keys`)) disk.remove(`${DIR}/vault/keys/${name}`);
  expect(check(disk)).toMatchObject({ disclosed: 1, withheld: 1, mismatchCount: 0 });
});

test("a full disk and a failing one take nothing away: the next try goes on", () => {
  const { disk, log } = start();
  log.decide("a".repeat(2_000));
  log.flush();
  for (let i = 0; i < 20; i++) log.decide(`b${i}`.repeat(500), i % 2 === 0 ? `person ${i % 4}` : undefined);
  disk.capacityBytes = disk.usedBytes + 5_000;
  expect(() => {
    log.vault.write();
  }).toThrow("ENOSPC");
  expect(log.vault.backlog).toBeGreaterThan(0);
  disk.capacityBytes = Infinity;
  log.flush();
  expect(log.vault.backlog).toBe(0);
  expect(check(disk)).toMatchObject({ disclosed: 21, mismatchCount: 0 });

  log.decide("c");
  log.vault.write();
  disk.failNext("sync", "EIO");
  expect(() => {
    log.vault.sync();
  }).toThrow("EIO");
  log.decide("d");
  log.flush();
  const after = disk.crash();
  expect(check(after)).toMatchObject({ disclosed: 23, withheld: 0, mismatchCount: 0 });
});

test("after a crash the vault fits the log again, whatever was torn", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const disk = new FakeDisk({ seed });
    const log = new KeptLog(disk, DIR);
    for (let i = 0; i < 5; i++) log.decide(`durable ${i}`, i === 1 ? "ann" : undefined);
    log.flush();
    // Written and not synced, and the leaves did not make it.
    const size = log.size;
    for (let i = 0; i < 5; i++)
      log.vault.keep(size + i, log.vault.commit("args", `"lost ${i}"`, i === 2 ? "bob" : undefined));
    log.vault.write();
    const after = disk.crash();
    const vault = new Vault({ disk: after, dir: DIR, segment: 0, size, signed: size });
    const report = check(after);
    expect(report).toMatchObject({ fields: 5, disclosed: 5, mismatchCount: 0, unchecked: 0 });
    expect(textOf(after, 0)).not.toContain("lost");
    vault.close();
  }
});

test("values follow leaves that recovery has moved into another segment", () => {
  for (let operation = 1; ; operation++) {
    const { disk, log } = start();
    for (let i = 0; i < 6; i++) log.decide(`value ${i}`);
    log.flush();
    // As recovery does: leaves from 4 on stand in a segment of their own.
    const lines = log.lines
      .slice(4)
      .map((line) => `${line}\n`)
      .join("");
    disk.plant(segmentPath(DIR, 4), { bytes: lines });
    disk.damage(segmentPath(DIR, 0), () =>
      Buffer.from(
        log.lines
          .slice(0, 4)
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
    disk.dieAt(disk.operations + operation);
    let isOver = false;
    try {
      new Vault({ disk, dir: DIR, segment: 4, size: 6, signed: 4 }).close();
      isOver = !disk.isDead;
    } catch {
      expect(disk.isDead).toBe(true);
    }
    disk.dieAt(Infinity);
    const after = isOver ? disk : disk.crash();
    new Vault({ disk: after, dir: DIR, segment: 4, size: 6, signed: 4 }).close();
    expect(check(after)).toMatchObject({ fields: 6, disclosed: 6, mismatchCount: 0, unchecked: 0 });
    expect(textOf(after, 4).split("\n").length).toBe(3);
    if (isOver) break;
  }
});

test("values follow leaves that the running writer writes once more", () => {
  const { disk, log } = start();
  for (let i = 0; i < 4; i++) log.decide(`value ${i}`);
  log.flush();
  disk.plant(segmentPath(DIR, 2), {
    bytes: log.lines
      .slice(2)
      .map((line) => `${line}\n`)
      .join(""),
  });
  log.vault.moveTo(2);
  log.vault.keep(4, log.vault.commit("args", '"next"'));
  log.flush();
  expect(textOf(disk, 0).split("\n").length).toBe(3);
  expect(textOf(disk, 2).split("\n").length).toBe(4);
  expect(check(disk)).toMatchObject({ disclosed: 4, unchecked: 1, mismatchCount: 0 });
});

test("what a process kept that had lost the log is no tampering, if the log says that it may be there", () => {
  const { disk, log } = start();
  log.decide("a");
  log.decide("b");
  log.flush();
  const line = textOf(disk, 0).split("\n")[1]!;
  edit(disk, 0, ([a]) => [a!, line.replace('"n":1', '"n":7')]);
  const leaves = [...readLog({ disk, dir: DIR })].slice(0, 1);
  disk.plant(segmentPath(DIR, 1), { bytes: "" });
  const more = Array.from({ length: 9 }, (_, i) => ({ n: i + 1, type: "tick" }));
  const recovered = { n: 10, type: "log.recovered", segment: 0 };
  expect(checkVault({ disk, dir: DIR, leaves: [...leaves, ...more] })).toMatchObject({ mismatchCount: 1 });
  expect(checkVault({ disk, dir: DIR, leaves: [...leaves, ...more, recovered] })).toMatchObject({
    ...{ mismatchCount: 0, unchecked: 1, disclosed: 1 },
  });
});
