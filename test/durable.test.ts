import { describe, expect, test } from "vitest";
import type { Rein, RuleInput } from "../src/index.js";
import { Machine } from "./support/machine.js";
import { act, answer, permitFor } from "./support/open.js";

const AGENT = { source: "agent", series: "send_email" };
const spend = (usd: number) => ({ ...AGENT, cost: { usd } });
const DAILY: RuleInput = { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" };

/** Every way a process can end. */
const ENDS = ["close", "kill", "crash"] as const;

async function end(machine: Machine, rein: Rein, how: (typeof ENDS)[number]): Promise<void> {
  if (how === "close") await rein.close();
  else machine[how]();
}

describe.each(ENDS)("after %s", (how) => {
  test("an operator's halt still holds, until it is resumed", async () => {
    const machine = new Machine();
    const rein = await machine.open([DAILY]);
    const { id } = await rein.halt({ scope: { source: "agent" }, reason: "wrong list", by: "alice" });
    await end(machine, rein, how);
    const again = await machine.open([DAILY]);
    expect(answer(again, spend(1))).toBe("halted");
    expect(again.snapshot().halts).toMatchObject([{ id, reason: "wrong list", by: "alice" }]);
    expect(machine.logger.lines.map(({ message }) => message).join("\n")).toContain(`halt ${id}`);
    await again.resume({ halt: id, by: "alice", reason: "list fixed" });
    await end(machine, again, how);
    expect(answer(await machine.open([DAILY]), spend(1))).toBe("ok");
  });

  test("a halt that a rule made still holds", async () => {
    const machine = new Machine();
    const rule: RuleInput = { ...DAILY, limit: 1, then: "halt" };
    const rein = await machine.open([rule]);
    expect(answer(rein, spend(2))).toBe("budget_exhausted");
    await end(machine, rein, how);
    expect(answer(await machine.open([rule]), spend(0.1))).toBe("halted");
  });

  test("what was spent stays spent, and what was in flight counts as spent", async () => {
    const machine = new Machine();
    const rein = await machine.open([DAILY]);
    act(rein, spend(10), { ok: true, cost: { usd: 8 } });
    permitFor(rein, spend(5));
    await end(machine, rein, how);
    const again = await machine.open([DAILY]);
    const [line] = again.budgets();
    expect(line!.reserved).toBe(0);
    expect(line!.spent).toBeGreaterThanOrEqual(13);
    // What an allowance was ahead of use is a small part of what was left.
    expect(line!.spent).toBeLessThan(13 + 50 / 8);
    if (how === "close") expect(line!.spent).toBe(13);
  });

  test("a killed lane stays killed, an approved action stays approved, once", async () => {
    const machine = new Machine();
    const rules: RuleInput[] = [
      { id: "ask", kind: "access", effect: "approve", match: { series: "refund" } },
    ];
    const refund = { source: "agent", series: "refund", args: { order: 7 } };
    const rein = await machine.open(rules);
    rein.override(AGENT, { status: "black", by: "alice", reason: "spam" });
    const asked = rein.gate(refund);
    rein.approve(asked.refusal!.approvalId!, { by: "bob" });
    await end(machine, rein, how);
    const again = await machine.open(rules);
    expect(answer(again, AGENT)).toBe("lane_killed");
    expect(answer(again, refund)).toBe("ok");
    await end(machine, again, how);
    expect(answer(await machine.open(rules), refund)).toBe("approval_required");
  });

  test("the policy and the mode that were in force hold on where the program names none", async () => {
    const machine = new Machine();
    const rein = await machine.open([DAILY], { mode: "enforce" });
    rein.setPolicy([{ ...DAILY, limit: 2 }]);
    await end(machine, rein, how);
    const again = await machine.open(undefined, { mode: undefined });
    expect(again.mode).toBe("enforce");
    expect(again.policy.rules).toMatchObject([{ id: "daily", limit: 2 }]);
    expect(answer(again, spend(3))).toBe("budget_exhausted");
  });

  test("an open breaker stays open, a half-open one is open again", async () => {
    const machine = new Machine();
    const rules: RuleInput[] = [{ id: "breaker", kind: "errors", consecutive: 2, for: "5m" }];
    const rein = await machine.open(rules);
    for (let i = 0; i < 2; i++) act(rein, AGENT, { ok: false });
    await rein.flush();
    await end(machine, rein, how);
    const again = await machine.open(rules);
    if (how !== "crash") expect(answer(again, AGENT)).toBe("breaker_open");
    for (let i = 0; i < 2 && answer(again, AGENT) === "ok"; i++) act(again, AGENT, { ok: false });
    machine.clock.advance(5 * 60_000);
    permitFor(again, AGENT);
    await again.flush();
    await end(machine, again, how === "crash" ? "kill" : how);
    expect(answer(await machine.open(rules), AGENT)).toBe("breaker_open");
  });
});

test.each(["kill", "crash"] as const)("after %s short windows and token buckets begin empty", async (how) => {
  const machine = new Machine();
  const rules: RuleInput[] = [
    { id: "window", kind: "rate", limit: 3, window: "10s", match: { series: "a" } },
    { id: "bucket", kind: "rate", limit: 1, window: "10s", burst: 5, match: { series: "b" } },
  ];
  await machine.open(rules);
  machine[how]();
  const again = await machine.open(rules);
  const a = { source: "agent", series: "a" };
  const b = { source: "agent", series: "b" };
  expect([answer(again, a), answer(again, b)]).toEqual(["rate_limited", "rate_limited"]);
  machine.clock.advance(10_000);
  expect([answer(again, a), answer(again, a), answer(again, a), answer(again, a)]).toEqual([
    "ok",
    "ok",
    "ok",
    "rate_limited",
  ]);
  expect([answer(again, b), answer(again, b)]).toEqual(["ok", "rate_limited"]);
});

test("state older than ten minutes puts what was green on probation", async () => {
  const machine = new Machine();
  const rein = await machine.open([DAILY]);
  rein.override(AGENT, { status: "green", by: "alice" });
  await rein.close();
  machine.clock.advance(9 * 60_000);
  const soon = await machine.open([DAILY]);
  expect(soon.gate(AGENT).status).toBe("green");
  await soon.close();
  machine.clock.advance(11 * 60_000);
  expect((await machine.open([DAILY])).gate(AGENT).status).toBe("yellow");
});

test("windows grow old while nobody runs, and a wall clock set back does not bring quota back", async () => {
  const machine = new Machine();
  const rein = await machine.open([DAILY]);
  act(rein, spend(50));
  await rein.close();
  machine.clock.setWall(machine.clock.now() - 3_600_000);
  const again = await machine.open([DAILY]);
  expect(answer(again, spend(1))).toBe("budget_exhausted");
  await again.close();
  machine.clock.advance(2 * 86_400_000);
  expect(answer(await machine.open([DAILY]), spend(1))).toBe("ok");
});

test("$50 in steps of a cent is used to the last cent", async () => {
  const machine = new Machine();
  const rein = await machine.open([{ ...DAILY, window: "forever" }]);
  let steps = 0;
  while (act(rein, spend(0.01)) === "ok") steps += 1;
  expect(steps).toBe(5000);
});

test("$50 in steps of a cent over a hundred crashes is never overspent, and little of it is lost", async () => {
  const machine = new Machine();
  const rules: RuleInput[] = [{ ...DAILY, window: "forever" }];
  let steps = 0;
  for (let life = 0; life < 100; life++) {
    const rein = await machine.open(rules);
    for (let i = 0; i < 37; i++) if (act(rein, spend(0.01)) === "ok") steps += 1;
    machine[life % 2 === 0 ? "crash" : "kill"]();
  }
  const rein = await machine.open(rules);
  while (act(rein, spend(0.01)) === "ok") steps += 1;
  expect(steps).toBeLessThanOrEqual(5000);
  expect(steps).toBeGreaterThan(2500);
});

test("a policy that trips a halt when it is taken up does so at the time that the record says", async () => {
  const machine = new Machine();
  const rein = await machine.open([]);
  rein.balance({ start: 1000, current: 940 });
  machine.clock.advance(5);
  rein.setPolicy([{ id: "l", kind: "loss", limitPct: 5, from: "peak", then: "halt" }]);
  const [halt] = rein.snapshot().halts;
  expect(halt!.at).toBe(machine.clock.now());
});

test("a clock set back for one start does not let windows grow old twice, and is told of", async () => {
  const machine = new Machine();
  const rein = await machine.open([DAILY]);
  act(rein, spend(50));
  await rein.close();
  const right = machine.clock.now();
  machine.clock.setWall(right - 10 * 86_400_000);
  await (await machine.open([DAILY])).close();
  expect(machine.logger.lines.some(({ message }) => message.includes("the clock is 10d behind"))).toBe(true);
  machine.clock.setWall(right + 59 * 60_000);
  const again = await machine.open([DAILY]);
  expect(answer(again, spend(1))).toBe("budget_exhausted");
});

test("a timed halt that ran out while nobody ran is over, and is not said to hold", async () => {
  const machine = new Machine();
  const rules: RuleInput[] = [{ ...DAILY, limit: 1, then: "halt", for: "1m" }];
  const rein = await machine.open(rules);
  expect(answer(rein, spend(2))).toBe("budget_exhausted");
  await rein.close();
  machine.clock.advance(120_000);
  const again = await machine.open(rules);
  expect(answer(again, spend(0.1))).toBe("ok");
  const said = machine.logger.lines.map(({ message }) => message).join("\n");
  expect(said).not.toContain("still holds");
});

test("a start with everything off does not change the mode that the next start finds", async () => {
  const machine = new Machine();
  await (await machine.open([DAILY], { mode: "enforce" })).close();
  await (await machine.open([DAILY], { mode: undefined, config: { enabled: false } })).close();
  expect((await machine.open([DAILY], { mode: undefined })).mode).toBe("enforce");
});

test("what was in flight at a crash is said at start", async () => {
  const machine = new Machine();
  const rein = await machine.open([DAILY]);
  permitFor(rein, spend(5));
  await rein.flush();
  machine.kill();
  await machine.open([DAILY]);
  const said = machine.logger.lines.map(({ message }) => message).join("\n");
  expect(said).toContain("1 action in flight then");
});
