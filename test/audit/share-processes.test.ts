import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StateReader } from "../../src/rein/reading.js";
import { build, Victim } from "../support/built.js";
import { newDir, soundLog, temp, TestPeer } from "./share-support.js";

/** How many are killed; more in a run of its own: REIN_SHARE_KILLS=500 npx vitest run test/audit/share-processes.test.ts */
const KILLS = Number(process.env["REIN_SHARE_KILLS"] ?? 40);

interface Ack {
  readonly kind: string;
  readonly written: number;
  readonly durable: number;
  readonly leads: boolean;
}

const victims: Victim[] = [];
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let boots = 0;

beforeAll(() => {
  build();
}, 300_000);
afterAll(() => {
  for (const { child } of victims) child.kill("SIGKILL");
  rmSync(temp, { recursive: true, force: true });
});

/** A process that appends numbered records. */
class Writer {
  readonly boot = `boot${++boots}`;
  readonly victim: Victim;

  constructor(dir: string, options: object = {}) {
    this.victim = new Victim("share-peer.mjs", [dir, this.boot, JSON.stringify(options)]);
    victims.push(this.victim);
  }

  get acks(): Ack[] {
    return this.victim.said.filter((one): one is Ack => (one as Ack).kind === "ack");
  }

  /** What it was told is written: that a process dies does not unmake it. */
  get written(): number {
    return Math.max(-1, ...this.acks.map(({ written }) => written));
  }

  get durable(): number {
    return this.acks.at(-1)?.durable ?? -1;
  }

  get leads(): boolean {
    return this.acks.at(-1)?.leads === true;
  }

  async stop(): Promise<void> {
    this.victim.tell("stop");
    await inTime("it is done", this.victim.heard("done"), this);
    await this.victim.ended;
  }

  /** What it has said lately, for whoever waits for something else. */
  get state(): object {
    const { said, stderr, child } = this.victim;
    const others = said.filter((one) => (one as Ack).kind !== "ack").slice(-5);
    return { boot: this.boot, acks: said.length, last: said.at(-1), others, stderr, exit: child.exitCode };
  }
}

const MOST_MS = 60_000;

/** Waits, and fails with what the writers have said when it takes too long. */
async function inTime<T>(what: string, promise: Promise<T>, ...writers: readonly Writer[]): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const states = writers.map(({ state }) => JSON.stringify(state)).join("\n");
      reject(new Error(`not within ${MOST_MS} ms: ${what}\n${states}`));
    }, MOST_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

/** Every record that somebody was told is written must be in the log, once and in order. */
function nothingLost(dir: string, writers: readonly Writer[]): number {
  const { counts, records } = soundLog(dir);
  for (const writer of writers) {
    const { boot, written } = writer;
    expect([boot, (counts.get(boot) ?? 0) > written]).toEqual([boot, true]);
  }
  return records.length;
}

test(`${KILLS} of four that write are killed, whoever writes the log first of all: nothing acknowledged is lost, nothing is there twice`, async () => {
  const dir = newDir();
  const all: Writer[] = [];
  let running = Array.from({ length: 4 }, () => new Writer(dir));
  all.push(...running);
  let leaders = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(Math.random() * 250);
    // Mostly it is the one that writes: wait until it is known who does.
    while (kills % 3 > 0 && !running.some(({ leads }) => leads)) await sleep(2);
    const leader = running.find(({ leads }) => leads);
    const chosen = leader !== undefined && kills % 3 > 0 ? leader : running[Math.floor(Math.random() * 4)]!;
    if (chosen.leads) leaders += 1;
    await chosen.victim.kill();
    const next = new Writer(dir, { everyMs: kills % 3 });
    all.push(next);
    running = [...running.filter((one) => one !== chosen), next];
  }
  await Promise.all(running.map(({ victim }) => victim.heard("ready")));
  for (const writer of running) await writer.stop();
  const leaves = nothingLost(dir, all);
  console.log(`${KILLS} kills, ${leaders} of them of the one that wrote; ${leaves} leaves`);
}, 600_000);

test("one that is stopped while it writes the log goes on where it was; the others say so when it takes long", async () => {
  const dir = newDir();
  const writers = [new Writer(dir)];
  await writers[0]!.victim.heard("ready");
  writers.push(new Writer(dir), new Writer(dir));
  await Promise.all(writers.map(({ victim }) => victim.heard("ready")));
  const [leader, ...others] = writers as [Writer, ...Writer[]];
  for (const ms of [50, 400, 3_000]) {
    leader.victim.child.kill("SIGSTOP");
    await sleep(ms);
    if (ms > 2_000)
      for (const { victim } of others) await inTime("trouble is told", victim.heard("trouble"), ...writers);
    const before = others.map(({ durable }) => durable);
    leader.victim.child.kill("SIGCONT");
    const goOn = until(() => others.every(({ durable }, k) => durable > before[k]!));
    await inTime(`they go on after ${ms} ms`, goOn, ...writers);
  }
  // One that is stopped does not keep the others from anything when it does not write.
  others[0]!.victim.child.kill("SIGSTOP");
  const { durable } = others[1]!;
  const goesOn = until(() => others[1]!.durable > durable + 100);
  await inTime("another goes on while one is stopped", goesOn, ...writers);
  others[0]!.victim.child.kill("SIGCONT");
  for (const writer of writers) await writer.stop();
  nothingLost(dir, writers);
}, 120_000);

test("what could not be sent to one that is stopped is kept beside the log, and is in it once when that one is killed", async () => {
  const dir = newDir();
  const leader = new Writer(dir);
  await leader.victim.heard("ready");
  const follower = await new TestPeer(dir, "follower", { spool: true }).start();
  follower.append(500);
  await follower.durable();
  leader.victim.child.kill("SIGSTOP");
  follower.append(500);
  await follower.durable();
  expect(follower.peer.isSpooling).toBe(true);
  // Its process is gone as well, while the log is still the other's.
  follower.peer.abandon();
  await leader.victim.kill();
  const next = await new TestPeer(dir, "next").start();
  while (readdirSync(join(dir, "spool")).length > 0) await sleep(20);
  next.append(10);
  await next.durable();
  next.close();
  nothingLost(dir, [leader]);
  expect(soundLog(dir).counts.get("follower")).toBe(1000);
}, 60_000);

test("where nothing can be written nobody writes, and says why", async () => {
  const dir = newDir();
  mkdirSync(`${dir}/keys`, { recursive: true });
  mkdirSync(`${dir}/keys/share.token`);
  const writer = new Writer(dir);
  const { code, message } = await writer.victim.heard<{ code: string; message: string }>("refused");
  expect(code).toBe("record_failed");
  expect(message).toContain("secret");
  await writer.victim.kill();
});

interface Governor {
  readonly victim: Victim;
  readonly durable: () => number;
}

function governor(dir: string, options: object = {}): Governor {
  const victim = new Victim("share-governor.mjs", [dir, JSON.stringify(options)]);
  victims.push(victim);
  const durable = (): number =>
    Math.max(
      0,
      ...victim.said.map((one) =>
        (one as { kind: string }).kind === "durable" ? (one as { count: number }).count : 0,
      ),
    );
  return { victim, durable };
}

test("governors in several processes share a log: their actions are all in it, also when the one that writes it is busy or killed", async () => {
  const dir = newDir();
  const first = governor(dir, { busyMs: 300 });
  await first.victim.heard("ready");
  const others = [governor(dir), governor(dir), governor(dir)];
  await Promise.all(others.map(({ victim }) => victim.heard("ready")));
  // The main thread of the one that writes is busy nearly all of the time: it is not the one that writes.
  const before = others[0]!.durable();
  const since = performance.now();
  while (others[0]!.durable() < before + 400) await sleep(5);
  const perFlush = (performance.now() - since) / 20;
  expect(perFlush).toBeLessThan(150);
  await first.victim.kill();
  const after = others.map(({ durable }) => durable());
  while (others.some(({ durable }, k) => durable() < after[k]! + 100)) await sleep(5);
  for (const { victim } of others) victim.tell("stop");
  for (const { victim } of others) await victim.heard("done");
  const { records } = soundLog(dir);
  const runs = new Map<unknown, number>();
  const agents = new Map<unknown, string>();
  for (const { type, boot, source } of records) {
    if (type !== "gate") continue;
    runs.set(boot, (runs.get(boot) ?? 0) + 1);
    agents.set(boot, String(source));
  }
  expect(runs.size).toBe(4);
  for (const { victim, durable } of [first, ...others]) {
    const boot = [...agents].find(([, agent]) => agent.includes(String(victim.child.pid)))![0];
    expect(runs.get(boot)).toBeGreaterThanOrEqual(durable());
  }
  expect(records.filter(({ type }) => type === "close")).toHaveLength(3);
}, 120_000);

test("a governor with a state of its own goes on with it, and with its records in the shared log", async () => {
  const log = newDir();
  const state = newDir();
  const other = governor(log);
  await other.victim.heard("ready");
  let told = 0;
  for (let life = 0; life < 4; life++) {
    const one = governor(log, { dir: state });
    await one.victim.heard("ready");
    while (one.durable() < 100) await sleep(5);
    if (life === 3) {
      one.victim.tell("stop");
      await one.victim.heard("done");
    } else await one.victim.kill();
    told += one.durable();
    expect(one.victim.said.filter((each) => (each as { kind: string }).kind === "failed")).toEqual([]);
  }
  other.victim.tell("stop");
  await other.victim.heard("done");
  const { records } = soundLog(log);
  const opens = records.filter(({ type, restored }) => type === "open" && restored === true);
  expect(opens).toHaveLength(3);
  for (const { follows } of opens)
    expect(records.some(({ type, boot }) => type === "open" && boot === follows)).toBe(true);
  const { recovered } = StateReader.open(state);
  expect(recovered.clean).toBe(true);
  expect(recovered.engine.image().seq).toBeGreaterThanOrEqual(told);
}, 120_000);
