import { expect, test } from "vitest";
import { logDirIn, readLog } from "../src/audit/index.js";
import { newMessage, post } from "../src/control/index.js";
import type { Rein, RuleInput } from "../src/index.js";
import { Machine } from "./support/machine.js";
import { act, answer } from "./support/open.js";

const RULES: RuleInput[] = [
  { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d", match: { series: "buy" } },
  { id: "ask", kind: "access", effect: "approve", match: { series: "refund" } },
];
const spend = (usd: number) => ({ source: "agent", series: "buy", cost: { usd } });
const read = { source: "agent", series: "read" };

/** A governor that sleeps, and the one that has taken its directory over because it gave no sign of life. */
async function pushedAside(durability: "interval" | "written" | "durable" = "interval") {
  const machine = new Machine();
  const options = { audit: { durability } };
  const first = await machine.open(RULES, options, "room 1");
  const [bell, logger] = [machine.doorbell, machine.logger];
  act(first, spend(1));
  await first.flush();
  const second = await machine.open(RULES, options, "room 2");
  return { machine, first, second, bell, logger };
}

/** The runs that wrote the records, and how many decisions of each are there. */
function recorded({ disk, dir }: Machine): ReadonlyMap<unknown, number> {
  const runs = new Map<unknown, number>();
  for (const { type, boot } of readLog({ disk, dir: logDirIn(dir) })) {
    if (type === "open") runs.set(boot, 0);
    if (type === "gate") runs.set(boot, runs.get(boot)! + 1);
  }
  return runs;
}

const bootOf = (rein: Rein): string => rein.gate(read).id.split(".")[0]!;

test("nothing that an owner writes who was pushed aside in his sleep reaches the records of the next one", async () => {
  const { machine, first, second, logger } = await pushedAside();
  const one = bootOf(first);
  for (let i = 0; i < 5; i++) act(first, read);
  // The first time that it writes, it finds out.
  await expect(first.flush()).rejects.toMatchObject({ code: "store_in_use" });
  expect(answer(first, read)).toBe("closed");
  expect(logger.lines.map(({ message }) => message).join("\n")).toContain("no longer this process's");
  act(second, read);
  await first.close();
  const two = bootOf(second);
  await second.close();
  expect([...recorded(machine)]).toEqual([
    [one, 1],
    [two, 2],
  ]);
  const again = await machine.open(RULES);
  expect(again.budgets()[0]!.spent).toBeGreaterThanOrEqual(1);
  await again.close();
});

test.each(["written", "durable"] as const)(
  "with durability %s, nobody is allowed to act on a record that does not count",
  async (durability) => {
    const { machine, first, second } = await pushedAside(durability);
    const { allowed, refusal, id } = await first.admit(read);
    expect({ allowed, code: refusal?.code }).toEqual({ allowed: false, code: "record_failed" });
    expect((await first.admit(read)).refusal?.code).toBe("closed");
    await second.close();
    const seq = parseInt(id.split(".")[1]!, 36);
    const [boot] = id.split(".");
    const found = [...readLog({ disk: machine.disk, dir: logDirIn(machine.dir) })];
    expect(found.some((record) => record["boot"] === boot && record["seq"] === 1)).toBe(true);
    expect(found.some((record) => record["boot"] === boot && record["seq"] === seq)).toBe(false);
  },
);

test("a command that comes after he was pushed aside stays for the next one, who answers it", async () => {
  const { machine, first, second, bell } = await pushedAside();
  const { disk, dir, clock } = machine;
  const sender = { by: "alice", reason: "wrong list", uid: process.getuid?.() ?? null, host: "fake" };
  post(disk, dir, newMessage({ command: "halt", scope: "all" }, { ...sender, at: clock.now() }));
  bell.ring();
  expect(answer(first, read)).toBe("closed");
  expect(disk.list(`${dir}/control/inbox`)).toHaveLength(1);
  machine.doorbell.ring();
  expect(answer(second, read)).toBe("halted");
  await second.close();
  expect(disk.list(`${dir}/control/inbox`)).toHaveLength(0);
});

test("an owner who was pushed aside by one that did not get to write is none all the same", async () => {
  const machine = new Machine();
  const first = await machine.open(RULES, {}, "room 1");
  act(first, spend(1));
  await first.flush();
  // The second one takes the directory, cannot write its first snapshot, and lets it go again.
  machine.disk.fault = (operation, path) =>
    operation === "write" && path.includes("/seg/") ? "ENOSPC" : undefined;
  await expect(machine.open(RULES, {}, "room 2")).rejects.toMatchObject({ code: "record_failed" });
  machine.disk.fault = undefined;
  const third = await machine.open(RULES, {}, "room 2");
  act(first, read);
  await first.flush().catch(() => undefined);
  act(third, read);
  await third.close();
  expect([...recorded(machine).values()]).toEqual([1, 1]);
});
