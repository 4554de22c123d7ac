import { expect, test } from "vitest";
import { AgentLoop } from "../bench/rivals/agent-loop.js";
import type { Host, ToolCall } from "../bench/rivals/agent-loop.js";
import { NOTHING, REFUSE_ALL } from "../bench/rivals/anchors.js";
import type { Act, Answer, Gate } from "../bench/rivals/contestant.js";
import { driveAttack } from "../bench/rivals/drive-attack.js";
import { driveWork } from "../bench/rivals/drive-work.js";
import { LineProcess } from "../bench/rivals/line-process.js";
import { outlineOf } from "../bench/rivals/tools.js";
import { compilePolicy } from "../src/index.js";
import { worksFor } from "../src/redteam/benign/index.js";
import { ATTACKS } from "../src/redteam/index.js";
import { runAttack } from "../src/redteam/run-attack.js";
import { runWork } from "../src/redteam/run-work.js";
import type { Work } from "../src/redteam/work.js";

const SCENE = { domain: "llm", tools: [], crashes: false } as const;
const WORKS = worksFor(["llm", "mail", "trading", "coding", "ops", "web"], { seed: 3, sessions: 1 });

test("nothing in the way contains no attack, and each does more than is tolerable", async () => {
  for (const attack of ATTACKS) {
    const run = await driveAttack(await NOTHING.open(SCENE), attack, 1);
    expect(run.contained, attack.id).toBe(false);
    expect(run.damage, attack.id).toBeGreaterThan(attack.tolerable);
  }
});

test("who refuses everything contains every attack, as a policy that does so", async () => {
  const policy = compilePolicy([{ kind: "access", effect: "deny", match: { series: "*" } }]);
  for (const attack of ATTACKS) {
    const run = await driveAttack(await REFUSE_ALL.open(SCENE), attack, 1);
    const { damage, actsTried } = await runAttack(policy, attack, { seed: 1 });
    expect(run, attack.id).toEqual({ damage, tried: actsTried, done: 0, contained: true });
  }
});

test("honest work is done as far as the red team says, with nothing and with everything in its way", async () => {
  for (const work of WORKS) {
    const bare = await driveWork(await NOTHING.open(SCENE), work, 1);
    const { done } = await runWork(compilePolicy([]), work, { seed: 1 });
    expect(bare, work.id).toEqual({ wanted: work.wants, done, stopped: false, approvals: 0, reasons: {} });
    const refused = await driveWork(await REFUSE_ALL.open(SCENE), work, 1);
    expect(refused, work.id).toMatchObject({ done: 0, stopped: true });
  }
});

test("an attack is over once it is missed", async () => {
  const attack = ATTACKS.find(({ id }) => id === "same-read")!;
  const { damage } = await driveAttack(await NOTHING.open(SCENE), attack, 1);
  expect(damage).toBe(attack.tolerable + 1);
});

test("a person agrees to what waits, after two minutes, and then the act is done", async () => {
  const times: number[] = [];
  let nowMs = 0;
  const approved: string[] = [];
  const gate: Gate = {
    ...(await NOTHING.open(SCENE)),
    moveTo: (atMs) => (nowMs = atMs),
    ask: async (acts) =>
      acts.map((): Answer => {
        times.push(nowMs);
        if (approved.length > 0) return { allowed: true, end: async () => null };
        const stop = { code: "approval_required", message: "", retryable: false, approvalId: "q1" };
        return { allowed: false, stop };
      }),
    approve: async (id) => approved.push(id) > 0,
  };
  const run = await driveWork(gate, oneAct(), 1);
  expect(run).toEqual({ wanted: 1, done: 1, stopped: false, approvals: 1, reasons: {} });
  expect(times).toEqual([0, 120_000]);
  expect(approved).toEqual(["q1"]);
});

test("an honest agent gives an act up after three more tries, and says why", async () => {
  let asked = 0;
  const stop = { code: "rate_limited", message: "", retryable: true };
  const gate: Gate = {
    ...(await NOTHING.open(SCENE)),
    ask: async (acts) => acts.map((): Answer => (asked++, { allowed: false, stop })),
  };
  const run = await driveWork(gate, oneAct(), 1);
  expect(run).toMatchObject({ done: 0, stopped: true, reasons: { rate_limited: 1 } });
  expect(asked).toBe(4);
});

test("a person is asked once, also where there is nobody to tell the guard", async () => {
  const stop = { code: "approval_required", message: "", retryable: false, approvalId: "q1" };
  const gate: Gate = {
    ...(await NOTHING.open(SCENE)),
    ask: async (acts) => acts.map((): Answer => ({ allowed: false, stop })),
  };
  const run = await driveWork(gate, oneAct(), 1);
  expect(run).toMatchObject({ done: 0, stopped: true, reasons: { approval_required: 1 } });
});

test("a rival's process answers in turn, and says so when it has ended", async () => {
  const echo = new LineProcess(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"]);
  expect(await Promise.all([echo.ask({ n: 1 }), echo.ask({ n: 2 })])).toEqual([{ n: 1 }, { n: 2 }]);
  await echo.close();
  const dead = new LineProcess(process.execPath, ["-e", "process.exit(3)"]);
  await expect(dead.ask({ n: 1 })).rejects.toThrow("ended with 3");
  await expect(dead.ask({ n: 2 })).rejects.toThrow("ended with 3");
  await dead.close();
  const missing = new LineProcess("no-such-program", []);
  await expect(missing.ask({ n: 1 })).rejects.toThrow("ENOENT");
  await missing.close();
});

test("finds the tools that an attack only uses once it is refused, and that it crashes its guard", () => {
  const shift = ATTACKS.find(({ id }) => id === "decimal-shift")!;
  expect(outlineOf(shift, 1)).toEqual({ tools: ["send_tokens", "transfer"], crashes: true });
});

test("a loop carries out what its framework lets pass, and tells what it does not", async () => {
  const loop = new AgentLoop((host) => void framework(host, ["read_file"], 3), "run");
  const [read, wipe] = [actOf("read_file"), actOf("wipe_disk")];
  const first = await loop.step([read]);
  expect(first).toMatchObject([{ allowed: true }]);
  expect(await end(first)).toBeNull();
  expect(await loop.step([wipe])).toMatchObject([{ allowed: false, stop: { code: "refused" } }]);
  await end(await loop.step([read]));
  // Three turns were all that this framework allows.
  expect(await loop.step([read])).toMatchObject([{ allowed: false, stop: { code: "run_over" } }]);
});

/** A framework in small: asks its model, carries out what it knows, and stops after so many turns. */
async function framework(host: Host, knows: readonly string[], turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const calls: readonly ToolCall[] = await host.next();
    const known = calls.filter(({ act }) => knows.includes(act.action.series));
    await Promise.all(known.map(({ id }) => host.execute(id)));
  }
  host.over({ over: "stopped" });
}

async function end([answer]: readonly Answer[]): Promise<unknown> {
  return answer?.allowed === true ? answer.end() : answer;
}

function actOf(series: string): Act {
  return { action: { source: "coder", series, args: {} } };
}

function oneAct(): Work {
  return {
    ...{ id: "one-act", title: "does one thing", domain: "llm", wants: 1 },
    *run() {
      yield { do: "act", ...actOf("pay"), deeds: { done: 1 } };
    },
  };
}
