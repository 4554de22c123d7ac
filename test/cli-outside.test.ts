import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Rein, RuleInput } from "../src/index.js";
import { readTrouble, tellTrouble } from "../src/rein/trouble.js";
import { nodeDisk } from "../src/store/index.js";
import { FakeDisk } from "../src/testing/index.js";
import { build } from "./support/built.js";
import { freshDir, openIn, rein, reinJson } from "./support/command-line.js";
import { Machine } from "./support/machine.js";
import { act } from "./support/open.js";

const AGENT = { source: "agent", series: "send" };
const POLICY: RuleInput[] = [
  { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" },
  { id: "ask", kind: "access", effect: "approve", match: { series: "refund" } },
];

let dir: string;
const open: Rein[] = [];

beforeEach(() => {
  dir = freshDir();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  fs.rmSync(dirname(dir), { recursive: true, force: true });
});

async function start(): Promise<Rein> {
  const running = await openIn(dir, POLICY);
  open.push(running);
  return running;
}

async function stop(running: Rein): Promise<void> {
  open.splice(open.indexOf(running), 1);
  await running.close();
}

describe("where nobody runs, an id that the state does not know", () => {
  test("is refused at once, with those that it knows, and nothing is left in the inbox", async () => {
    const running = await start();
    const { id } = await running.halt({ scope: { series: "sell" }, by: "alice" });
    const { approvalId } = running.gate({ source: "agent", series: "refund", cost: { usd: 1 } }).refusal!;
    await stop(running);
    const sent = (verb: string, of: string) => rein([verb, of, "-r", "why", "--dir", dir]);
    for (const [verb, known] of [
      ["resume", id],
      ["approve", approvalId!],
      ["reject", approvalId!],
    ] as const) {
      const { code, out, err } = await sent(verb, "x99");
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("`x99`");
      expect(err).toContain(`\`${known}\``);
    }
    expect(nodeDisk.list(`${dir}/control/inbox`)).toEqual([]);
    expect((await sent("resume", id)).code).toBe(0);
    expect((await sent("approve", approvalId!)).code).toBe(0);
    expect(nodeDisk.list(`${dir}/control/inbox`)).toHaveLength(2);
  });

  test("is kept for the next start where the state cannot be read", async () => {
    const running = await start();
    await stop(running);
    for (const name of nodeDisk.list(dir))
      if (name.startsWith("snapshot.")) fs.writeFileSync(join(dir, name), "nonsense");
    expect((await rein(["resume", "h9", "-r", "why", "--no-wait", "--dir", dir])).code).toBe(0);
  });
});

describe("errors with --json", () => {
  test("are one JSON document on standard output, exit 1", async () => {
    for (const argv of [
      ["status", "--dir", join(dir, "none"), "--json"],
      ["replay", join(dir, "none"), "--json"],
      ["doctor", "--json", join(dir, "none")],
      ["halt", "--json", "--timeout", "soon"],
    ]) {
      const { code, out, err } = await rein(argv);
      expect({ code, err }).toEqual({ code: 1, err: "" });
      const { error } = JSON.parse(out) as { error: Record<string, string> };
      expect(error).toMatchObject({ code: "invalid_input", message: expect.any(String) as string });
      expect(error["help"]).toBeTruthy();
    }
    expect((await rein(["status", "--dir", join(dir, "none"), "--", "--json"])).out).toBe("");
  });
});

describe("records that cannot be written", () => {
  test("are told by the running process, and no more when they can be written again", async () => {
    const running = await start();
    act(running, { ...AGENT, cost: { usd: 1 } });
    await running.flush();
    tellTrouble(nodeDisk, dir, "ENOSPC: no space left on device");
    const { out, code } = await rein(["status", "--check", "--dir", dir]);
    expect(code).toBe(2);
    expect(out).toContain("RECORDS CANNOT BE WRITTEN: ENOSPC: no space left on device");
    tellTrouble(nodeDisk, dir, null);
    expect((await rein(["status", "--check", "--dir", dir])).code).toBe(0);
  });

  test("leave a sign in the directory, also on a disk that has room for nothing but its name", async () => {
    const machine = new Machine();
    const governor = await machine.open(POLICY);
    act(governor, { ...AGENT, cost: { usd: 1 } });
    await governor.flush();
    machine.disk.capacityBytes = machine.disk.usedBytes;
    act(governor, { ...AGENT, cost: { usd: 1 } });
    await expect(governor.flush()).rejects.toMatchObject({ code: "record_failed" });
    expect(readTrouble(machine.disk, machine.dir)).toBe("the disk does not say why");
    machine.disk.capacityBytes = Infinity;
    await governor.flush();
    expect(readTrouble(machine.disk, machine.dir)).toBeNull();
    await governor.close();
  });

  test("a sign that a process left behind means nothing to the next one, nor does what is no sign", async () => {
    const machine = new Machine();
    const governor = await machine.open(POLICY);
    await governor.close();
    tellTrouble(machine.disk, machine.dir, "old");
    await (await machine.open(POLICY)).close();
    expect(readTrouble(machine.disk, machine.dir)).toBeNull();
    const disk = new FakeDisk();
    disk.plant("/state", { type: "directory" });
    disk.plant("/state/trouble", { type: "link", target: "/etc/passwd" });
    expect(readTrouble(disk, "/state")).toBeNull();
  });
});

describe.runIf(process.getuid !== undefined)("modes that a copy has not kept", () => {
  test("are an error that --repair mends, by taking away and never by giving", async () => {
    const running = await start();
    act(running, { ...AGENT, cost: { usd: 1 } });
    await stop(running);
    for (const name of ["", "control", "control/inbox", "control/outbox"])
      fs.chmodSync(join(dir, name), 0o755);
    for (const name of nodeDisk.list(dir)) if (name.includes(".")) fs.chmodSync(join(dir, name), 0o644);
    fs.chmodSync(join(dir, "secret"), 0o440);
    fs.chmodSync(join(dir, "audit"), 0o755);
    fs.chmodSync(join(dir, "audit/seg/0000000000000000.jsonl"), 0o644);
    fs.writeFileSync(join(dir, "control/inbox/not-ours"), "x", { mode: 0o666 });
    fs.chmodSync(join(dir, "control/inbox/not-ours"), 0o666);
    expect((await rein(["doctor", dir])).code).toBe(2);

    const { repair } = await reinJson<{ repair: { done: string[]; isHalted: boolean } }>([
      ...["doctor", "--repair", dir],
    ]);
    expect(repair.isHalted).toBe(false);
    expect(repair.done.join("\n")).toContain(
      "control/inbox` was open to others (mode 755) and is closed now",
    );
    const modeOf = (name: string): number => nodeDisk.look(join(dir, name))!.mode;
    for (const name of ["", "control", "control/inbox", "control/outbox"]) expect(modeOf(name)).toBe(0o700);
    expect(modeOf("secret")).toBe(0o400);
    expect(modeOf("audit")).toBe(0o700);
    expect(modeOf("audit/seg/0000000000000000.jsonl")).toBe(0o600);
    // What others may have left there is judged by how it came.
    expect(modeOf("control/inbox/not-ours")).toBe(0o666);
    await stop(await start());
    expect((await reinJson<{ repair: { done: string[] } }>(["doctor", "--repair", dir])).repair.done).toEqual(
      [],
    );
  });
});

describe("the program", () => {
  let cli: string;
  beforeAll(() => {
    cli = build().cli;
  }, 120_000);

  test("ends when nobody reads what it shows any more", async () => {
    const running = await start();
    act(running, { ...AGENT, cost: { usd: 1 } });
    await running.flush();
    const child = spawn(process.execPath, [cli, "top", "-i", "100ms", "--dir", dir], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "exit");
    child.stdout.once("data", () => child.stdout.destroy());
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    expect(await ended).toEqual([0, null]);
    expect(stderr).toBe("");
  }, 60_000);

  test.runIf(fs.existsSync("/dev/full"))(
    "says in one line that what it prints cannot be written",
    async () => {
      await stop(await start());
      const full = fs.openSync("/dev/full", "w");
      try {
        for (const argv of [["status"], ["status", "--json"], ["top"]]) {
          const { status, stderr } = spawnSync(process.execPath, [cli, ...argv, "--dir", dir], {
            stdio: ["ignore", full, "pipe"],
            encoding: "utf8",
          });
          expect({ status, lines: stderr.trim().split("\n").length }).toEqual({ status: 1, lines: 1 });
          expect(stderr).toMatch(/^rein: the output cannot be written: .*ENOSPC/);
        }
      } finally {
        fs.closeSync(full);
      }
    },
    60_000,
  );
});
