import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { InvalidInputError } from "../../core/errors.js";
import { compilePolicy } from "../../policy/index.js";
import { loadPolicy } from "../../rein/index.js";
import type { Move } from "../attack.js";
import { runWork } from "../run-work.js";
import { sceneOf } from "../scene.js";
import type { Work } from "../work.js";
import { recordedWork } from "./index.js";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A folder with one file of these lines. */
async function folderOf(...lines: readonly unknown[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rein-recorded-"));
  folders.push(folder);
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  await writeFile(join(folder, "Day 1.jsonl"), text);
  return folder;
}

function movesOf(work: Work, seed = 1): readonly Move[] {
  const program = work.run(sceneOf(seed, work.horizonMs!));
  const moves: Move[] = [];
  let atMs = 0;
  for (let step = program.next(); step.done !== true; step = program.next({ atMs, replies: [] })) {
    moves.push(step.value);
    if (step.value.do === "wait") atMs += step.value.ms;
  }
  return moves;
}

async function errorOf(folder: string): Promise<InvalidInputError> {
  const error: unknown = await recordedWork(folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidInputError);
  return error as InvalidInputError;
}

const search = { source: "agent", series: "search", args: { q: "a" }, ok: true };

test("a recorded session becomes work in which what failed is of no use", async () => {
  const works = await recordedWork(
    await folderOf({ id: "a1", events: [search, { ...search, ok: false, result: "Error" }] }, ""),
  );
  expect(works).toMatchObject([
    { id: "recorded-day-1-1", title: "recorded session a1", domain: "llm", wants: 1 },
  ]);
  const acts = movesOf(works[0]!).filter((move) => move.do === "act");
  expect(acts).toMatchObject([
    {
      action: { source: "agent", series: "search", args: { q: "a" } },
      outcome: { ok: true },
      deeds: { done: 1 },
    },
    { outcome: { ok: false, result: "Error" } },
  ]);
  expect(acts[1]).not.toHaveProperty("deeds");
});

test("where nothing says when, some seconds pass, the same ones for the same seed", async () => {
  const [work] = await recordedWork(await folderOf({ events: [search, search, search] }));
  const waits = (seed: number) => movesOf(work!, seed).filter((move) => move.do === "wait");
  expect(waits(1)).toHaveLength(3);
  expect(waits(1)).toEqual(waits(1));
  expect(waits(1)).not.toEqual(waits(2));
});

test("where times are recorded they are kept, and reports stand between the acts", async () => {
  const at = (second: number) => `2026-03-02T09:00:0${second}`;
  const [work] = await recordedWork(
    await folderOf({
      domain: "trading",
      events: [
        { signal: "price_feed", value: 101.5, at: at(1) },
        { balance: { start: 1_000, current: 990 }, at: at(3) },
        { realize: { source: "desk", series: "KXBTC", pnl: -4.2 }, at: at(3) },
        { ...search, cost: { usd: 2 }, tags: { run: 7 }, latencyMs: 40, at: at(8) },
      ],
    }),
  );
  expect(work).toMatchObject({ domain: "trading", wants: 1 });
  expect(movesOf(work!)).toMatchObject([
    { do: "signal", name: "price_feed", value: 101.5 },
    { do: "wait", ms: 2_000 },
    { do: "balance", start: 1_000, current: 990 },
    { do: "realize", source: "desk", series: "KXBTC", pnl: -4.2 },
    { do: "wait", ms: 5_000 },
    { do: "act", action: { cost: { usd: 2 }, tags: { run: 7 } }, ms: 40 },
  ]);
});

test("of AgentDojo's tasks the injected ones are no honest work", async () => {
  const calls = [{ tool: "read_file", args: { path: "bill.txt" } }];
  const works = await recordedWork(
    await folderOf(
      { suite: "banking", kind: "user", id: "user_task_0", calls },
      { suite: "banking", kind: "injection", id: "injection_task_0", calls },
    ),
  );
  expect(works).toHaveLength(1);
  expect(movesOf(works[0]!)[1]).toMatchObject({
    action: { source: "banking_agent", series: "read_file", args: { path: "bill.txt" } },
  });
});

test("a folder that is not there, or has no session in it, is told with what is expected", async () => {
  const missing = await errorOf("/nowhere/at-all");
  expect(missing.message).toContain("/nowhere/at-all");
  const empty = await errorOf(await folderOf(""));
  expect(empty.message).toContain("no recorded session");
  for (const { help } of [missing, empty]) expect(help).toContain("events");
});

test.each([
  ["{", "is not JSON"],
  ["3", "is no session"],
  [{ id: "x" }, "neither `events` nor `calls`"],
  [{ events: [7] }, "event 1 that is no object"],
  [{ events: [search, { source: "agent" }] }, "no `series` in event 2"],
  [{ events: [{ ...search, cost: { usd: "2" } }] }, "cost in `usd`"],
  [{ events: [{ ...search, tags: { run: [] } }] }, "a tag in event 1"],
  [{ events: [{ ...search, at: "noon" }] }, "no time"],
  [
    {
      events: [
        { ...search, at: 5 },
        { ...search, at: 4 },
      ],
    },
    "a time before",
  ],
  [{ calls: [{ args: {} }] }, "no `series` in call 1"],
])("the line %j is told with its file and its number", async (line, what) => {
  const { message } = await errorOf(await folderOf({ events: [search] }, line));
  expect(message).toContain("Day 1.jsonl`, line 2");
  expect(message).toContain(what);
});

const data = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}/`, import.meta.url));
const hasData = existsSync(data("trajectories")) && existsSync(data("agentdojo"));

test.runIf(hasData)(
  "recorded sessions of public benchmarks are done in full, and the pack for agents like theirs stops none",
  async () => {
    const nothing = compilePolicy([]);
    const pack = await loadPolicy(fileURLToPath(new URL("../../../policies/llm-agent.txt", import.meta.url)));
    for (const [folder, sessions] of [
      ["trajectories", 92],
      ["agentdojo", 56],
    ] as const) {
      const works = await recordedWork(data(folder));
      expect(works).toHaveLength(sessions);
      for (const work of works) {
        expect(await runWork(nothing, work, { seed: 1 })).toMatchObject({ done: work.wants, stopped: false });
        expect(await runWork(pack, work, { seed: 1 }), work.title).toMatchObject({ stopped: false });
      }
    }
  },
  60_000,
);
