import { expect, test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { dirStore, type DirStoreOptions } from "./index.js";

// Files as version 1 writes them, byte for byte. Later versions must read them for as long as anybody may have them:
// these texts are never changed, only added to.
const VERSION_1: Readonly<Record<string, string>> = {
  "journal.1": [
    'c042679f {"format":1,"era":1,"after":null}',
    '974a6b6c {"all":{"totals":[],"halts":[],"snapshot":0},"s":0}',
    'aabb6603 {"s":104}',
    'a7999463 {"grants":[["a",5],["b",7]],"s":104}',
    '1b9864fc {"s":169}',
    'c0a0cb28 {"halt":{"id":"h1","reason":"drill"},"s":169}',
    'f046f7f6 {"s":243}',
    "",
  ].join("\n"),
  "journal.2": [
    'cd7b4c97 {"format":1,"era":1,"after":{"number":1,"bytes":243}}',
    '7f33d05d {"grants":[],"s":0}',
    '8d65e63b {"s":92}',
    '9837da41 {"saved":2,"s":92}',
    'fd340b74 {"halt":{"id":"h2"},"s":92}',
    'b6ef41c7 {"s":175}',
    '3c922788 {"end":"h1","s":175}',
    'bb8a1d83 {"s":224}',
    '86830248 {"grants":[["a",6]],"s":224}',
    'cb6a6c10 {"s":281}',
    "",
  ].join("\n"),
  secret: `${"2a".repeat(32)} e7c1e68c\n`,
  "snapshot.2.json": [
    '{"kind":"rein snapshot","version":1,"format":3,"at":1767614400000,"era":1,"journal":{"number":2,"bytes":92},"bytes":76,"crc32":"b22c3273"}',
    '{"state":{"n":1},"totals":[["a",4]],"halts":[{"id":"h1","reason":"drill"}]}',
    "",
  ].join("\n"),
  "owner.1":
    '{"kind":"rein owner","pid":101,"startTime":"1010","host":"fake","machineBoot":"boot 1","pidNamespace":"pid:[1]",' +
    '"since":1767614400000,"nonce":"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a","released":true}\n',
};

/** A process whose secret and names are always the same. */
function plainProcess(machine: StoreMachine): DirStoreOptions {
  let count = 0;
  const random = (bytes: number): Uint8Array => {
    const made = new Uint8Array(bytes).fill(42);
    if (count++ > 0 && bytes < 32) made[0] = count;
    return made;
  };
  return { ...machine.process(), random };
}

async function written(): Promise<Record<string, string>> {
  const machine = new StoreMachine();
  const store = await dirStore(machine.dir, plainProcess(machine)).open();
  const ask = { from: 0, limit: 100, window: "forever" } as const;
  await store.grant([
    { ...ask, account: "a", to: 5 },
    { ...ask, account: "b", to: 7 },
  ]);
  await store.addHalt({ id: "h1", reason: "drill" });
  await store.save({ format: 3, at: 1_767_614_400_000, state: { n: 1 } }, new Map([["a", 4]]));
  await store.addHalt({ id: "h2" });
  await store.endHalt("h1");
  await store.grant([{ ...ask, account: "a", to: 6 }]);
  await store.close();
  const { disk, dir } = machine;
  return Object.fromEntries(
    disk.list(dir).map((name) => [name, Buffer.from(disk.read(`${dir}/${name}`)).toString()]),
  );
}

test("version 1 is written as it always was", async () => {
  const files = await written();
  expect(files).toEqual(VERSION_1);
});

test("version 1 is read", async () => {
  const machine = new StoreMachine();
  machine.disk.makeDir(machine.dir);
  for (const [name, bytes] of Object.entries(VERSION_1))
    machine.disk.plant(`${machine.dir}/${name}`, { bytes });
  const store = await dirStore(machine.dir, machine.process()).open();
  expect(store.notes).toEqual([]);
  expect(Buffer.from(store.secret).toString("hex")).toBe("2a".repeat(32));
  expect(store.snapshot).toEqual({ format: 3, at: 1_767_614_400_000, state: { n: 1 } });
  expect(Object.fromEntries(store.allowances)).toEqual({ a: 6 });
  expect([...store.halts.values()]).toEqual([{ id: "h2" }]);
  expect(store.ownerFile).toBe("/state/owner.2");
});
