import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileHeads, logDirIn, logPlaces, readLog } from "../src/audit/index.js";
import type { Rein, RuleInput } from "../src/index.js";
import { nodeDisk } from "../src/store/index.js";
import { copyDir, forge, freshDir, openIn, rein, reinJson, segmentFile } from "./support/command-line.js";
import { act, answer } from "./support/open.js";

const AGENT = { source: "agent", series: "send" };
const spend = (usd: number) => ({ ...AGENT, cost: { usd } });
const POLICY: RuleInput[] = [{ id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" }];

let dir: string;
const open: Rein[] = [];

beforeEach(() => {
  dir = freshDir();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  fs.rmSync(dirname(dir), { recursive: true, force: true });
});

async function start(policy: RuleInput[] | undefined = POLICY, options = {}): Promise<Rein> {
  const running = await openIn(dir, policy, options);
  open.push(running);
  return running;
}

async function stop(running: Rein): Promise<void> {
  open.splice(open.indexOf(running), 1);
  await running.close();
}

/** A directory in which something was spent and killed, and that nobody owns any more. */
async function used(): Promise<void> {
  const running = await start();
  for (let i = 0; i < 5; i++) act(running, spend(1));
  running.override({ source: "rogue", series: "send" }, { status: "black", by: "alice" });
  await stop(running);
}

interface Diagnosis {
  readonly isSound: boolean;
  readonly exitCode: number;
  readonly checks: readonly {
    readonly name: string;
    readonly summary: string;
    readonly findings: readonly {
      readonly severity: string;
      readonly problem: string;
      readonly fix: string;
    }[];
  }[];
  readonly repair: {
    readonly done: readonly string[];
    readonly quarantined: readonly string[];
    readonly isHalted: boolean;
    readonly isExhausted: boolean;
  } | null;
}

const doctor = (...argv: string[]) => reinJson<Diagnosis>(["doctor", ...argv, dir]);

function problems({ checks }: Diagnosis, ...severities: string[]): string[] {
  return checks.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severities.includes(severity)).map(({ problem }) => problem),
  );
}

function newest(kind: "snapshot" | "journal"): string {
  const numbers = nodeDisk
    .list(dir)
    .flatMap((name) => new RegExp(`^${kind}\\.(\\d+)`).exec(name)?.[1] ?? [])
    .map(Number);
  return join(
    dir,
    kind === "snapshot" ? `snapshot.${Math.max(...numbers)}.json` : `journal.${Math.max(...numbers)}`,
  );
}

/** What is in the directory, and when it was changed. */
function everything(): unknown[] {
  return fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => [name, nodeDisk.look(join(dir, name))]);
}

/** Changes one character somewhere in a file. */
function damage(path: string, at = 0.5): void {
  const bytes = fs.readFileSync(path);
  bytes[Math.floor(bytes.length * at)]! ^= 1;
  fs.writeFileSync(path, bytes);
}

describe("a sound directory", () => {
  test("is called sound, whether a process runs or not, and nothing in it changes", async () => {
    const running = await start();
    act(running, spend(1));
    await running.flush();
    const busy = await doctor();
    expect(problems(busy, "error", "warning")).toEqual([]);
    expect(busy).toMatchObject({ isSound: true, exitCode: 0, repair: null });
    await stop(running);
    const before = everything();
    const idle = await rein(["doctor", "--dir", dir]);
    expect(idle).toMatchObject({ code: 0, err: "" });
    expect(idle.out).toMatch(/✓ records +\d+ records, .* the newest are what was\s+signed/);
    expect(idle.out).toMatch(/Sound\.\n$/);
    expect(everything()).toEqual(before);
  });

  test("has nothing to repair, and is left as it is", async () => {
    await used();
    const before = fs.readFileSync(segmentFile(dir), "utf8");
    const { repair } = await doctor("--repair");
    expect(repair).toEqual({ done: [], quarantined: [], isHalted: false, isExhausted: false });
    expect(fs.readFileSync(segmentFile(dir), "utf8")).toBe(before);
    expect((await rein(["doctor", "--repair", dir])).out).toContain("There was nothing to repair.");
  });

  test("shadow is said loudly and is no problem; OFF, and no rules, are problems", async () => {
    await start(POLICY, { mode: "shadow" });
    const shadow = await rein(["doctor", dir]);
    expect(shadow.code).toBe(0);
    expect(shadow.out).toContain("! SHADOW MODE");
    await stop(open[0]!);
    await start([], { config: { enabled: false } });
    const off = await rein(["doctor", dir]);
    expect(off.code).toBe(2);
    expect(off.out).toContain("REIN IS OFF");
  });
});

describe("the wrong directory", () => {
  test("missing, a file, or one that no governor has used: exit 1, and what to do", async () => {
    expect(await rein(["doctor", dir])).toMatchObject({ code: 1, out: "" });
    const file = join(dirname(dir), "file");
    fs.writeFileSync(file, "");
    expect((await rein(["doctor", file])).err).toContain("is not a directory");
    const empty = fs.mkdtempSync(join(tmpdir(), "rein-empty-"));
    const nothing = await rein(["doctor", "--repair", empty]);
    expect(nothing).toMatchObject({ code: 1, out: "" });
    expect(nothing.err).toMatch(/holds no state of a governor/);
    expect(fs.readdirSync(empty)).toEqual([]);
    fs.rmSync(empty, { recursive: true });
  });
});

describe("--repair while a process owns the directory", () => {
  test("is refused by the name of the owner, and nothing is touched", async () => {
    const running = await start();
    const before = nodeDisk.list(dir);
    const { code, out, err } = await rein(["doctor", "--repair", dir]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(new RegExp(`is in use by process ${process.pid} on .*\\n +stop that process first`));
    expect(nodeDisk.list(dir)).toEqual(before);
    expect(answer(running, spend(1))).toBe("ok");
  });
});

describe("a damaged snapshot", () => {
  test("is told with what to do, and --repair mends it and loosens nothing", async () => {
    await used();
    damage(newest("snapshot"));
    const found = await rein(["doctor", dir]);
    expect(found.code).toBe(2);
    expect(found.out).toMatch(/`snapshot\.\d+\.json` was changed or damaged/);
    expect(found.out).toContain(`rein doctor --repair ${dir}`);
    await expect(openIn(dir, POLICY)).rejects.toMatchObject({ code: "store_damaged" });

    const { repair, exitCode } = await doctor("--repair");
    expect(exitCode).toBe(0);
    expect(repair).toMatchObject({ isHalted: true, isExhausted: true });
    expect(repair!.quarantined.join()).toMatch(/quarantine\/snapshot\.\d+\.json/);

    const again = await start();
    const [halt] = again.snapshot().halts;
    expect(halt).toMatchObject({ scope: "all" });
    expect(answer(again, AGENT)).toBe("halted");
    await again.resume({ halt: halt!.id, by: "alice", reason: "looked at it" });
    for (const { id } of again.snapshot().halts) await again.resume({ halt: id, by: "alice" });
    expect(answer(again, spend(0.01))).toBe("budget_exhausted");
    expect(answer(again, { source: "rogue", series: "send" })).toBe("lane_killed");
  });

  test("when all of them are gone the state is made anew from the records, halted and spent", async () => {
    await used();
    for (const name of nodeDisk.list(dir).filter((file) => file.startsWith("snapshot.")))
      fs.rmSync(join(dir, name));
    expect((await rein(["doctor", dir])).code).toBe(2);
    await expect(openIn(dir, POLICY)).rejects.toMatchObject({ code: "store_damaged" });

    const { repair, exitCode } = await doctor("--repair");
    expect(exitCode).toBe(0);
    expect(repair).toMatchObject({ isHalted: true, isExhausted: true });
    // The policy in force is known again, too: the program names none.
    const again = await openIn(dir, undefined, { mode: undefined });
    open.push(again);
    expect(again.mode).toBe("enforce");
    expect(again.policy.rules).toMatchObject([{ id: "daily" }]);
    expect(answer(again, spend(0.01))).toBe("halted");
    for (const { id } of again.snapshot().halts) await again.resume({ halt: id, by: "alice" });
    expect(answer(again, spend(0.01))).toBe("budget_exhausted");
    expect(answer(again, { source: "rogue", series: "send" })).toBe("lane_killed");
    await stop(again);
    // What was made anew is in the records, so that what came after it can be proven.
    const replayed = await reinJson<{ divergence: null; gaps: number; states: number }>(["replay", dir]);
    expect(replayed).toMatchObject({ divergence: null, gaps: 1 });
  });
});

describe("a damaged journal", () => {
  test("is told, and after --repair everything is halted and spent", async () => {
    await used();
    damage(newest("journal"), 0.2);
    const found = await doctor();
    expect(found.exitCode).toBe(2);
    expect(problems(found, "error").join()).toMatch(/journal\.\d+/);
    const { repair, exitCode } = await doctor("--repair");
    expect(exitCode).toBe(0);
    expect(repair).toMatchObject({ isExhausted: true });
    expect(answer(await start(), spend(0.01))).toBe("halted");
  });
});

describe("damaged records", () => {
  test("are told, and --repair sets the log aside whole and goes on in a new one, halted and spent", async () => {
    await used();
    const log = logDirIn(dir);
    const { origin } = fileHeads(nodeDisk, logPlaces(log).heads).read()!;
    damage(segmentFile(dir), 0.9);
    const found = await doctor();
    expect(found.exitCode).toBe(2);
    expect(problems(found, "error").join()).toContain(segmentFile(dir));
    await expect(openIn(dir, POLICY)).rejects.toMatchObject({ code: "record_damaged" });
    const damaged = fs.readFileSync(segmentFile(dir));

    const { repair, exitCode } = await doctor("--repair", "--by", "carol");
    expect(exitCode).toBe(0);
    expect(repair).toMatchObject({ isHalted: true, isExhausted: true, quarantined: ["quarantine/audit"] });
    // Nothing is deleted.
    expect(fs.readFileSync(join(dir, "quarantine/audit/seg/0000000000000000.jsonl"))).toEqual(damaged);
    const [begin, ...records] = [...readLog({ disk: nodeDisk, dir: log })];
    expect(begin).toMatchObject({
      type: "log.begin",
      previous: { origin, path: "quarantine/audit", size: expect.any(Number) as number },
    });
    expect(begin!["origin"]).not.toBe(origin);
    expect(records.find(({ type }) => type === "recovered")).toMatchObject({
      by: "carol",
      done: expect.arrayContaining([expect.stringContaining("quarantine/audit")]) as string[],
    });

    const again = await start();
    expect(answer(again, spend(1))).toBe("halted");
    const halts = again.snapshot().halts;
    expect(halts).toMatchObject([{ by: "rein doctor (carol)", scope: "all" }]);
    await again.resume({ halt: halts[0]!.id, by: "alice" });
    expect(answer(again, spend(0.01))).toBe("budget_exhausted");
    expect(answer(again, { source: "rogue", series: "send" })).toBe("lane_killed");
    await stop(again);
    expect(await doctor()).toMatchObject({ isSound: true });
    // What was made anew is in the records, so that what came after it can be proven.
    expect(await reinJson(["replay", dir])).toMatchObject({ divergence: null, gaps: 1, decisions: 3 });
  });

  test.each<[what: string, code: string, harm: () => void]>([
    ["records that were cut off", "record_damaged", () => fs.truncateSync(segmentFile(dir), 600)],
    ["a log that is gone", "log_rolled_back", () => fs.rmSync(logDirIn(dir), { recursive: true })],
    ["a private key that is gone", "key_missing", () => fs.rmSync(join(logDirIn(dir), "keys/log.pem"))],
    [
      "another private key",
      "key_invalid",
      () => fs.writeFileSync(join(logDirIn(dir), "keys/log.pem"), "nonsense"),
    ],
    [
      "heads that cannot be read",
      "head_invalid",
      () => {
        for (const name of fs.readdirSync(join(logDirIn(dir), "head")))
          fs.writeFileSync(join(logDirIn(dir), "head", name), "nonsense");
      },
    ],
  ])("%s: told, nothing opens, and repaired twice over", async (_what, code, harm) => {
    await used();
    for (const round of [1, 2]) {
      harm();
      expect((await doctor()).exitCode).toBe(2);
      await expect(openIn(dir, POLICY)).rejects.toMatchObject({ code });
      expect(await doctor("--repair")).toMatchObject({ exitCode: 0, repair: { isHalted: true } });
      const again = await start();
      expect(answer(again, spend(1))).toBe("halted");
      for (const { id } of again.snapshot().halts) await again.resume({ halt: id, by: "alice" });
      expect(answer(again, { source: "rogue", series: "send" })).toBe("lane_killed");
      await stop(again);
      expect(round).toBeLessThan(3);
    }
  });

  test("commands behind the snapshot hold, as far as the records can be read", async () => {
    const running = await start();
    act(running, spend(1));
    await running.flush();
    running.override({ source: "late", series: "send" }, { status: "black", by: "alice" });
    await running.flush();
    await died(running);
    fs.rmSync(join(logDirIn(dir), "keys/log.pem"));
    await doctor("--repair");
    const again = await start();
    for (const { id } of again.snapshot().halts) await again.resume({ halt: id, by: "alice" });
    expect(answer(again, { source: "late", series: "send" })).toBe("lane_killed");
  });

  test("the repair of anything else is on the record: who, and what was done", async () => {
    await used();
    damage(newest("journal"), 0.2);
    await rein(["doctor", "--repair", "--by", "carol", dir]);
    const records = [...readLog({ disk: nodeDisk, dir: logDirIn(dir) })];
    expect(records.find(({ type }) => type === "recovered")).toMatchObject({
      by: "carol",
      done: [expect.stringContaining("journal")],
    });
  });

  test("a torn end is no damage: the next start puts it in order", async () => {
    await used();
    fs.appendFileSync(segmentFile(dir), '{"at":1,"boot":');
    const found = await doctor();
    expect(found).toMatchObject({ isSound: true, exitCode: 0 });
    expect(problems(found, "note").join()).toContain("what a crash left");
    expect(answer(await start(), spend(1))).toBe("ok");
  });

  test("records that were forged so that no state follows from them: the state is made anew", async () => {
    const running = await start();
    for (let i = 0; i < 5; i++) act(running, spend(1));
    running.override({ source: "late", series: "send" }, { status: "black", by: "alice" });
    await running.flush();
    await died(running);
    forge(dir, (record) => (record.type === "gate" && record["seq"] === 3 ? null : record));
    const found = await doctor();
    expect(found.exitCode).toBe(2);
    const { exitCode, repair } = await doctor("--repair");
    expect({ exitCode, ...repair }).toMatchObject({ exitCode: 0, isHalted: true, isExhausted: true });
    const again = await start();
    expect(answer(again, spend(1))).toBe("halted");
    for (const { id } of again.snapshot().halts) await again.resume({ halt: id, by: "alice" });
    expect(answer(again, { source: "late", series: "send" })).toBe("lane_killed");
  });

  test("a private key that others can read is told, and closed again", async () => {
    await used();
    const key = join(logDirIn(dir), "keys/log.pem");
    fs.chmodSync(key, 0o644);
    expect(problems(await doctor(), "warning").join()).toContain("can then sign what never happened");
    await doctor("--repair");
    expect(nodeDisk.look(key)!.mode).toBe(0o600);
  });
});

describe("what only people can mend", () => {
  test("a lost secret is told, and --repair says so too", async () => {
    await used();
    fs.rmSync(join(dir, "secret"));
    const found = await doctor();
    expect(problems(found, "error").join()).toContain("`secret` is missing");
    const { code, err } = await rein(["doctor", "--repair", dir]);
    expect(code).toBe(1);
    expect(err).toMatch(/`secret`.* is missing, which only you can mend\n +put it back from a backup/);
  });

  test("a channel or a secret that is open to others", async () => {
    await used();
    fs.chmodSync(join(dir, "control/inbox"), 0o777);
    fs.chmodSync(join(dir, "secret"), 0o644);
    const found = await doctor();
    expect(problems(found, "error").join()).toMatch(/control\/inbox` is open to other users \(mode 0777\)/);
    expect(problems(found, "warning").join()).toContain("`secret` can be read by other users");
    expect(found.exitCode).toBe(2);
  });

  test("a file of the state that is a link", async () => {
    await used();
    const snapshot = newest("snapshot");
    fs.renameSync(snapshot, join(dirname(dir), "elsewhere"));
    fs.symlinkSync(join(dirname(dir), "elsewhere"), snapshot);
    const found = await doctor();
    expect(problems(found, "error").join()).toContain("is a symbolic link");
    expect((await rein(["doctor", "--repair", dir])).code).toBe(1);
  });
});

test("a command that nobody takes, and files that are no commands, are told", async () => {
  await used();
  fs.writeFileSync(join(dir, "control/inbox/what"), "x", { mode: 0o600 });
  await rein(["halt", "--dir", dir, "--no-wait"]);
  const found = await doctor();
  expect(problems(found, "warning").join()).toMatch(/`what` in the inbox is not a command/);
  expect(found.checks.find(({ name }) => name === "control")!.summary).toBe("2 commands waiting");
});

test("a log without a state is checked; a damaged one is left to people, who are told what to do", async () => {
  const apart = await apartIn(dir);
  for (let i = 0; i < 5; i++) act(apart, spend(1));
  await apart.close();
  expect(await doctor()).toMatchObject({ isSound: true });
  const segment = join(dir, "seg/0000000000000000.jsonl");
  damage(segment, 0.9);
  expect((await doctor()).exitCode).toBe(2);
  const damaged = fs.readFileSync(segment);
  const { code, err } = await rein(["doctor", "--repair", dir]);
  expect({ code, damaged: fs.readFileSync(segment) }).toEqual({ code: 1, damaged });
  expect(err).toContain(`mv ${dir} ${dir}.damaged`);
});

test("a state whose log is elsewhere: looked at there, and never set aside", async () => {
  const log = join(dirname(dir), "log");
  const running = await start(POLICY, { audit: { dir: log } });
  for (let i = 0; i < 5; i++) act(running, spend(1));
  await running.flush();
  expect(await reinJson(["status", "--dir", dir])).toMatchObject({ decisions: 5 });
  expect(await reinJson(["replay", dir])).toMatchObject({ decisions: 5, isProven: true });
  await stop(running);
  expect(await doctor()).toMatchObject({ isSound: true });
  fs.rmSync(join(log, "keys/log.pem"));
  expect((await doctor()).exitCode).toBe(2);
  expect(await doctor("--repair")).toMatchObject({ exitCode: 2, repair: { isHalted: true } });
  expect(nodeDisk.list(dirname(dir))).toContain("log");
  fs.renameSync(log, `${log}.damaged`);
  const again = await start(POLICY, { audit: { dir: log } });
  expect(answer(again, spend(1))).toBe("halted");
});

async function apartIn(log: string): Promise<Rein> {
  const { Rein } = await import("../src/index.js");
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return Rein.open({ policy: POLICY, mode: "enforce", audit: { dir: log }, logger: silent });
}

/** Leaves the directory as if its process had been killed now. */
async function died(running: Rein): Promise<void> {
  const copy = `${dir}-copy`;
  copyDir(dir, copy);
  await stop(running);
  fs.rmSync(dir, { recursive: true });
  fs.renameSync(copy, dir);
  for (const name of fs.readdirSync(dir)) if (name.startsWith("owner.")) fs.rmSync(join(dir, name));
}
