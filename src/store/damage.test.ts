import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { ReinError } from "../core/errors.js";
import { SeededRandom } from "../testing/seeded-random.js";
import {
  dirStore,
  inspectDirStore,
  readDirStore,
  repairDirStore,
  type AllowanceAsk,
  type DirStoreView,
  type OpenDirStore,
} from "./index.js";

const ask = (account: string, to: number): AllowanceAsk => ({
  account,
  from: 0,
  to,
  limit: 1e9,
  window: "forever",
});
const SNAPSHOT = { format: 1, at: 5, state: { n: 1 } };

/** A directory with history: two snapshots, several journals, halts that hold and halts that ended. */
async function used(machine: StoreMachine, random = new SeededRandom(1)): Promise<OpenDirStore> {
  let store = await dirStore(machine.dir, machine.process()).open();
  for (let i = 1; i <= 3; i++) {
    await store.grant([ask("a", 10 * i), ask("b", 7 * i)]);
    await store.addHalt({ id: `kept ${i}` });
    await store.addHalt({ id: `ended ${i}` });
    await store.endHalt(`ended ${i}`);
    if (i < 3)
      await store.save(
        { ...SNAPSHOT, at: i, state: { n: i, text: "x".repeat(random.below(900)) } },
        new Map([
          ["a", 10 * i - 2],
          ["b", 7 * i],
        ]),
      );
    if (random.chance(0.3)) {
      await store.close();
      store = await dirStore(machine.dir, machine.process()).open();
    }
  }
  store.grantNow([ask("c", 3)]);
  return store;
}

const FILES = /^(journal|snapshot)\./;

test("a byte that changed anywhere is found, or changes nothing", { timeout: 120_000 }, async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const machine = new StoreMachine({ seed });
    const random = new SeededRandom(seed);
    await used(machine, random);
    machine.kill();
    const process = machine.process();
    const { disk, dir } = machine;
    const before = JSON.stringify(plain(readDirStore(dir, process)));
    let found = 0;
    for (const file of disk.list(dir).filter((name) => FILES.test(name))) {
      const path = `${dir}/${file}`;
      const { bytes } = disk.look(path)!;
      for (let i = 0; i < 40; i++) {
        const at = random.below(bytes);
        const mask = 1 + random.below(255);
        const flip = (whole: Uint8Array): Uint8Array => {
          whole[at]! ^= mask;
          return whole;
        };
        disk.damage(path, flip);
        const after = attempt(() => JSON.stringify(plain(readDirStore(dir, process))));
        if (after instanceof ReinError) {
          expect(["store_damaged", "store_newer"], `seed ${seed}`).toContain(after.code);
          found++;
        } else {
          expect(after, `seed ${seed}: byte ${at} of ${file}`).toBe(before);
        }
        disk.damage(path, flip);
      }
    }
    expect(found).toBeGreaterThan(50);
  }
});

test("a secret that changed is found", async () => {
  const machine = new StoreMachine();
  await (await used(machine)).close();
  for (let at = 0; at < machine.disk.look("/state/secret")!.bytes; at++) {
    const flip = (bytes: Uint8Array): Uint8Array => {
      bytes[at]! ^= 1;
      return bytes;
    };
    machine.disk.damage("/state/secret", flip);
    expect(inspectDirStore(machine.dir, machine.process())).toMatchObject([
      { file: "secret", severity: "error" },
    ]);
    machine.disk.damage("/state/secret", flip);
  }
  machine.disk.damage("/state/secret", () => new Uint8Array(0));
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
    code: "store_damaged",
    help: expect.stringContaining("backup"),
  });
  machine.disk.remove("/state/secret");
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
    code: "store_damaged",
    message: "`secret` in `/state` is missing",
  });
  await expect(repairDirStore(machine.dir, machine.process())).rejects.toMatchObject({
    code: "store_damaged",
  });
});

test("a snapshot edited by hand is refused, with what to do", async () => {
  const machine = new StoreMachine();
  await (await used(machine)).close();
  edit(machine, newest(machine, "snapshot"), '"a",18', '"a",1');
  const opened = dirStore(machine.dir, machine.process()).open();
  await expect(opened).rejects.toMatchObject({
    code: "store_damaged",
    message: expect.stringMatching(/`snapshot\.\d+\.json` in `\/state` was changed or damaged/),
    help: expect.stringContaining("rein doctor --repair /state"),
  });
  // Refusing takes nothing: the same answer comes again.
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
    code: "store_damaged",
  });
});

test("what a newer version wrote is refused, and not repaired", async () => {
  for (const kind of ["snapshot", "journal"] as const) {
    const machine = new StoreMachine();
    await (await used(machine)).close();
    const file = newest(machine, kind);
    if (kind === "snapshot") edit(machine, file, '"version":1', '"version":2');
    else machine.disk.plant(`/state/journal.99`, { bytes: lineOf('{"format":2,"something":"else"}') });
    const error = { code: "store_newer", help: expect.stringContaining("upgrade") };
    await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject(error);
    await expect(repairDirStore(machine.dir, machine.process())).rejects.toMatchObject({
      message: expect.stringContaining("newer version"),
    });
  }
});

test("a file that is gone is missed", async () => {
  for (const kind of ["snapshot", "journal"] as const) {
    const machine = new StoreMachine();
    await used(machine);
    // The journal that the snapshot goes on with, before another owner restates it.
    const file = newest(machine, kind);
    machine.kill();
    machine.disk.remove(`/state/${file}`);
    await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
      code: "store_damaged",
      message: `\`${file}\` in \`/state\` is missing`,
    });
    expect((await repairDirStore(machine.dir, machine.process())).isExhausted).toBe(true);
    const repaired = await dirStore(machine.dir, machine.process()).open();
    expect(repaired.mustExhaust).toBe(true);
    expect(repaired.halts.has("kept 1")).toBe(true);
  }
});

test("a journal that was emptied is missed by the snapshot before it", async () => {
  const machine = new StoreMachine();
  await used(machine);
  machine.kill();
  const file = newest(machine, "journal");
  machine.disk.damage(`/state/${file}`, () => new Uint8Array(0));
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject({
    code: "store_damaged",
    message: `\`${file}\` in \`/state\` was changed or damaged at byte 0 of 0`,
  });
});

test("a repair falls back to the snapshot before, and everything then counts as spent until the next save", async () => {
  const machine = new StoreMachine();
  await (await used(machine)).close();
  const file = newest(machine, "snapshot");
  edit(machine, file, '"a",18', '"a",1');
  const result = await repairDirStore(machine.dir, machine.process());
  expect(result).toMatchObject({ isExhausted: true, quarantined: [`quarantine/${file}`] });
  expect(result.findings).toMatchObject([
    { file, severity: "error", fix: expect.stringContaining("doctor --repair") },
  ]);

  for (let i = 0; i < 2; i++) {
    const store = await dirStore(machine.dir, machine.process()).open();
    expect(store.mustExhaust).toBe(true);
    expect(store.notes.join()).toContain("repaired");
    expect(store.snapshot).toMatchObject({ state: { n: 1 } });
    expect(store.allowances.get("a")).toBe(30);
    expect(store.allowances.get("b")).toBe(21);
    expect(store.allowances.get("c")).toBe(3);
    expect([...store.halts.keys()].sort()).toEqual(["kept 1", "kept 2", "kept 3"]);
    machine.crash();
  }
  const store = await dirStore(machine.dir, machine.process()).open();
  expect(readDirStore(machine.dir, machine.process()).mustExhaust).toBe(true);
  await store.save(SNAPSHOT, new Map());
  machine.crash();
  expect((await dirStore(machine.dir, machine.process()).open()).mustExhaust).toBe(false);
});

test("a repair keeps the lines on both sides of the damage", async () => {
  const machine = new StoreMachine();
  const store = await dirStore(machine.dir, machine.process()).open();
  await store.grant([ask("before", 5)]);
  await store.addHalt({ id: "before" });
  await store.grant([ask("middle", 5)]);
  await store.grant([ask("after", 5)]);
  await store.addHalt({ id: "after" });
  machine.kill();
  const file = newest(machine, "journal");
  edit(machine, file, "middle", "muddle");
  const damaged = { code: "store_damaged", message: expect.stringContaining(file) };
  await expect(dirStore(machine.dir, machine.process()).open()).rejects.toMatchObject(damaged);
  expect((await repairDirStore(machine.dir, machine.process())).quarantined).toEqual([`quarantine/${file}`]);
  const again = await dirStore(machine.dir, machine.process()).open();
  expect(again.mustExhaust).toBe(true);
  expect(Object.fromEntries(again.allowances)).toEqual({ before: 5, after: 5 });
  expect([...again.halts.keys()]).toEqual(["before", "after"]);
  await again.grant([ask("later", 1)]);
  machine.crash();
  expect((await dirStore(machine.dir, machine.process()).open()).allowances.get("later")).toBe(1);
});

test(
  "damage is repaired, with everything counted as spent, or does not matter",
  { timeout: 120_000 },
  async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const machine = new StoreMachine({ seed });
      const random = new SeededRandom(seed);
      await used(machine, random);
      machine.kill();
      const { disk, dir } = machine;
      const before = readDirStore(dir, machine.process());
      const files = disk.list(dir).filter((name) => FILES.test(name));
      for (let i = 1 + random.below(3); i > 0; i--) {
        const path = `${dir}/${random.pick(files)}`;
        const { bytes } = disk.look(path)!;
        disk.damage(path, (whole) => {
          // Not the end: a file whose end is gone looks like one whose last write was cut short.
          const at = random.below(bytes - 40);
          const length = 1 + random.below(random.pick([2, 40, 600]));
          return whole.fill(random.bits(), at, Math.min(at + length, bytes - 30));
        });
      }
      const opened = await dirStore(dir, machine.process())
        .open()
        .catch(() => undefined);
      if (opened !== undefined) {
        expect(plain(opened), `seed ${seed}`).toEqual(plain(before));
        continue;
      }
      expect((await repairDirStore(dir, machine.process())).isExhausted).toBe(true);
      machine.crash();
      const after = await dirStore(dir, machine.process()).open();
      expect(after.mustExhaust).toBe(true);
      // What was overwritten may be missing, which is why everything counts as spent; nothing is made up.
      for (const total of after.allowances.values()) expect(total).toBeLessThanOrEqual(30);
      expect(plain(after).halts.every((id) => /^(kept|ended) \d$/.test(id))).toBe(true);
      await after.save(SNAPSHOT, after.allowances);
      await after.close();
      expect(inspectDirStore(dir, machine.process()).filter(({ severity }) => severity === "error")).toEqual(
        [],
      );
    }
  },
);

test("a repair that dies is finished by the next one", async () => {
  for (let operation = 1; operation < 90; operation++) {
    const machine = new StoreMachine({ seed: operation });
    await (await used(machine)).close();
    const file = newest(machine, "snapshot");
    edit(machine, file, '"a",18', '"a",1');
    machine.disk.dieAt(machine.disk.operations + operation);
    await repairDirStore(machine.dir, machine.process()).catch(() => undefined);
    machine.crash();
    await repairDirStore(machine.dir, machine.process());
    const store = await dirStore(machine.dir, machine.process()).open();
    expect(store.mustExhaust).toBe(true);
    expect(store.allowances.get("a")).toBe(30);
  }
});

test("a healthy directory needs no repair", async () => {
  const machine = new StoreMachine();
  await (await used(machine)).close();
  expect(inspectDirStore(machine.dir, machine.process())).toEqual([]);
  expect(await repairDirStore(machine.dir, machine.process())).toEqual({
    findings: [],
    quarantined: [],
    isExhausted: false,
  });
  expect((await dirStore(machine.dir, machine.process()).open()).mustExhaust).toBe(false);
});

test("a directory in use is not repaired", async () => {
  const machine = new StoreMachine();
  await used(machine);
  await expect(repairDirStore(machine.dir, machine.process())).rejects.toMatchObject({
    code: "store_in_use",
  });
  expect(inspectDirStore(machine.dir, machine.process())).toMatchObject([
    { severity: "note", problem: expect.stringContaining("is in use by process") },
  ]);
});

function plain({ allowances, halts, snapshot }: Pick<DirStoreView, "allowances" | "halts" | "snapshot">) {
  return { allowances: Object.fromEntries(allowances), halts: [...halts.keys()].sort(), snapshot };
}

function attempt<T>(action: () => T): T | ReinError {
  try {
    return action();
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    throw error;
  }
}

function newest({ disk, dir }: StoreMachine, kind: "snapshot" | "journal"): string {
  const names = disk.list(dir).filter((name) => name.startsWith(`${kind}.`));
  return names.sort((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1])).at(-1)!;
}

function edit({ disk, dir }: StoreMachine, file: string, from: string, to: string): void {
  disk.damage(`${dir}/${file}`, (bytes) => {
    const text = Buffer.from(bytes).toString();
    expect(text).toContain(from);
    return Buffer.from(text.replace(from, to));
  });
}

function lineOf(json: string): string {
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
}
