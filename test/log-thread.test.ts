import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileHeads, logPlaces, readLog, recoverLog } from "../src/audit/index.js";
import { nodeDisk } from "../src/store/index.js";
import { build, Victim } from "./support/built.js";

const temp = mkdtempSync(join(tmpdir(), "rein-log-thread-"));
const ENOUGH_MS = 20_000;

beforeAll(() => {
  build();
}, 240_000);

afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

function seqsOf(dir: string): unknown[] {
  const leaves = [...readLog({ disk: nodeDisk, dir, from: 0 })];
  return leaves.flatMap(({ type, seq }) => (type === "gate" ? [seq] : []));
}

async function ended(mode: string, dir: string): Promise<Victim> {
  const victim = new Victim("logger.mjs", [mode, dir]);
  const timer = setTimeout(() => void victim.kill(), ENOUGH_MS);
  await victim.ended;
  clearTimeout(timer);
  return victim;
}

describe("a process with a log", () => {
  test.each([
    ["natural", 0],
    ["exit", 3],
    ["throw", 1],
    ["flush", 0],
    ["close", 0],
  ])("leaves everything written when it ends (%s)", async (mode, code) => {
    const dir = join(temp, mode);
    const victim = await ended(mode, dir);
    expect([victim.child.exitCode, victim.child.signalCode]).toEqual([code, null]);
    expect(seqsOf(dir)).toEqual(upTo(500));
    if (mode === "flush") expect(victim.said).toEqual([{ kind: "flushed" }]);
    if (mode === "close") expect(victim.said).toEqual([{ kind: "closed" }]);
    const last = [...readLog({ disk: nodeDisk, dir, from: 0 })].at(-1);
    expect(last?.type === "log.close").toBe(mode === "close");
  });

  test("refuses everything when the thread is dead", async () => {
    const victim = await ended("death", join(temp, "death"));
    expect(victim.said).toContainEqual({
      kind: "dead",
      waiting: expect.stringMatching("record_failed") as unknown,
      later: "record_failed",
      thrown: "record_failed",
      hasRoom: false,
    });
    expect(victim.said).toContainEqual({
      kind: "news",
      text: "the thread that writes the log has ended",
    });
  });

  test("is refused when the disk is full, and nothing is lost when it is not any more", async () => {
    const dir = join(temp, "limit");
    const victim = new Victim("logger.mjs", ["limit", dir]);
    const limit = (bytes: string): void => {
      spawnSync("prlimit", ["--pid", String(victim.child.pid), `--fsize=${bytes}:unlimited`]);
    };
    await victim.heard("ready");
    limit("300000");
    const { code, seq } = await victim.heard<{ code: string; seq: number }>("refused");
    expect(code).toBe("record_failed");
    limit("unlimited");
    await victim.heard("closed");
    await victim.ended;
    expect(seqsOf(dir)).toEqual(upTo(seq));
    expect(victim.said.filter((one) => (one as { kind: string }).kind === "news")).toEqual([
      { kind: "news", text: expect.stringContaining("EFBIG") as unknown },
      { kind: "news", text: "works" },
    ]);
  });

  test("loses nothing of what was durable when it is killed", async () => {
    const dir = join(temp, "killed");
    for (let life = 0; life < 5; life++) {
      const victim = new Victim("logger.mjs", ["endless", dir]);
      await victim.heard("durable");
      await new Promise((resolve) => setTimeout(resolve, 100 + 50 * life));
      await victim.kill();
      const { seq } = victim.said.at(-1) as { seq: number };
      recoverLog({ disk: nodeDisk, dir, heads: [fileHeads(nodeDisk, logPlaces(dir).heads)] });
      const seqs = seqsOf(dir);
      const own = seqs.slice(seqs.lastIndexOf(1));
      expect(own.length).toBeGreaterThanOrEqual(seq);
      expect(own).toEqual(upTo(own.length));
    }
  }, 60_000);
});
