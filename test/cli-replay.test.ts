import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RuleInput } from "../src/index.js";
import { ENGINE_VERSION } from "../src/engine/index.js";
import { forge, freshDir, openIn, rein, reinJson, segmentFile } from "./support/command-line.js";
import type { Forgeable } from "./support/command-line.js";
import { act, permitFor } from "./support/open.js";

const AGENT = { source: "agent", series: "send" };
const spend = (usd: number) => ({ ...AGENT, cost: { usd } });
const POLICY: RuleInput[] = [
  { id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" },
  { id: "calls", kind: "rate", limit: 8, window: "1h", per: "source" },
];

let dir: string;

beforeEach(() => {
  dir = freshDir();
});
afterEach(() => {
  fs.rmSync(dirname(dir), { recursive: true, force: true });
});

interface Replayed {
  readonly decisions: number;
  readonly runs: number;
  readonly states: number;
  readonly skipped: number;
  readonly gaps: number;
  readonly snapshot: boolean;
  readonly isProven: boolean;
  readonly exitCode: number;
  readonly decision: string | null;
  readonly divergence: {
    readonly seq: number | null;
    readonly recorded: object;
    readonly replayed: object;
    readonly problem: string | null;
    readonly counters: readonly object[];
    readonly states: readonly { readonly path: string }[];
  } | null;
}

const isGate = ({ type, seq }: Forgeable, number: number) => type === "gate" && seq === number;
const replay = () => reinJson<Replayed>(["replay", dir]);

async function run(policy: RuleInput[], actions: number, options = {}): Promise<string[]> {
  const running = await openIn(dir, policy, options);
  const ids = Array.from({ length: actions }, () => {
    const decision = running.gate(spend(1));
    decision.permit?.settle({ ok: true, cost: { usd: 0.5 } });
    return decision.id;
  });
  await running.close();
  return ids;
}

describe("rein replay DIR", () => {
  test("every decision comes out again, over restarts with another policy and another mode", async () => {
    await run(POLICY, 10);
    await run([{ ...POLICY[0]!, limit: 5 } as RuleInput], 10);
    await run(POLICY, 10, { mode: "shadow" });
    const running = await openIn(dir, POLICY);
    permitFor(running, { source: "other", series: "x", cost: { usd: 1 } });
    await running.halt({ scope: { source: "x" }, deadlineMs: 0 });
    running.override(AGENT, { status: "red", by: "alice" });
    await running.close();
    expect(await replay()).toMatchObject({
      ...{ runs: 4, decisions: 31, gaps: 0, skipped: 0, divergence: null, snapshot: true },
      ...{ isProven: true, exitCode: 0, engine: ENGINE_VERSION, node: process.version },
    });
    const { out, err, code } = await rein(["replay", dir]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toContain(`engine version ${ENGINE_VERSION} on Node ${process.version}`);
    expect(out).toMatch(/decisions +31 compared/);
    expect(out).toContain("the newest snapshot among them");
    expect(out).toMatch(/Every decision came out again, bit for bit\.\n$/);
  });

  test("works beside the process that writes them", async () => {
    const running = await openIn(dir, POLICY);
    for (let i = 0; i < 5; i++) act(running, spend(1));
    await running.flush();
    expect(await replay()).toMatchObject({ decisions: 5, isProven: true, snapshot: true });
    for (let i = 0; i < 5; i++) act(running, spend(1));
    await running.flush();
    expect(await replay()).toMatchObject({ decisions: 10, isProven: true });
    await running.close();
  });

  test("an edited record comes out otherwise; one that can no longer be read is damage, and nothing is proven", async () => {
    await run(POLICY, 10);
    const text = fs.readFileSync(segmentFile(dir), "utf8");
    fs.writeFileSync(segmentFile(dir), text.replace('"verdict":"block"', '"verdict":"allow"'));
    expect(await replay()).toMatchObject({ exitCode: 2, isProven: false });
    fs.writeFileSync(segmentFile(dir), text.replace('"verdict":"block"', '"verdict:"block"'));
    const { code, out, err } = await rein(["replay", dir]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/has no sound record \d+, and \d+ were signed/);
  });

  test("a decision that was forged, signed anew, is found: which, and what it should have been", async () => {
    const ids = await run(POLICY, 10);
    forge(dir, (record) =>
      isGate(record, 9) ? { ...record, verdict: "allow", code: undefined, rule: undefined } : record,
    );
    const result = await replay();
    expect(result).toMatchObject({
      ...{ isProven: false, exitCode: 2, decision: ids[8]! },
      divergence: {
        seq: 9,
        recorded: { verdict: "allow" },
        replayed: { verdict: "block", code: "rate_limited", rule: "calls" },
      },
    });
    expect(result.divergence!.counters).toContainEqual(expect.objectContaining({ rule: "calls" }));
    const { out, code } = await rein(["replay", dir]);
    expect(code).toBe(2);
    expect(out).toMatch(/recorded +allow\n +replayed +block: rate_limited by rule `calls`/);
    expect(out).toContain(`DIFFERENT: decision ${ids[8]!} came out otherwise.`);
    // And whoever asks about that decision is told that the record is not what happened.
    const explained = await rein(["explain", ids[8]!, "--dir", dir]);
    expect(explained.out.replace(/\s+/g, " ")).toContain("the record is not what happened");
  });

  test("an outcome that was forged shows in the next saved state, place by place", async () => {
    await run(POLICY, 5);
    forge(dir, (record) =>
      record.type === "settle" && record["seq"] === 3 ? { ...record, cost: { usd: 100_000 } } : record,
    );
    const { divergence, exitCode } = await replay();
    expect(exitCode).toBe(2);
    expect(divergence).toMatchObject({ seq: null });
    expect(divergence!.states.map(({ path }) => path).join()).toContain("guards.1.table.counters.0");
    expect((await rein(["replay", dir])).out).toMatch(
      /Where the next saved state differs\n +Place in the state +Recorded +Replayed/,
    );
  });

  test("a record that was taken out, signed anew, leaves one that fits no more", async () => {
    await run(POLICY, 5);
    forge(dir, (record) => (isGate(record, 5) ? null : record));
    const { divergence, exitCode } = await replay();
    expect(exitCode).toBe(2);
    expect(divergence!.problem).toMatch(/decision 5/);
  });

  test("where the oldest records have been removed it begins with the first state, and says so", async () => {
    const running = await openIn(dir, POLICY, {
      config: { segmentRecords: 4096, maxRecordsMb: 2, persistTickSeconds: 1 },
    });
    while (fs.existsSync(segmentFile(dir))) {
      for (let i = 0; i < 2000; i++) act(running, spend(0));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const last = running.gate(spend(0));
    await running.close();
    const result = await replay();
    expect(result).toMatchObject({ isProven: true, exitCode: 0, gaps: 0 });
    expect(result.states).toBeGreaterThan(0);
    const explained = await rein(["explain", last.id, "--dir", dir]);
    expect(explained.out).toMatch(/^REFUSED: rate_limited/);
    expect(explained.out).toContain("its opening is no longer in the records");
  }, 60_000);

  test("a gap leaves what follows unproven up to the next state, and that is not called proven", async () => {
    await run(POLICY, 3);
    forge(dir, (record) =>
      isGate(record, 2) ? { type: "gap", at: 1, boot: record["boot"], lost: 1 } : record,
    );
    const result = await replay();
    expect(result).toMatchObject({ gaps: 1, decisions: 1, divergence: null, isProven: false, exitCode: 2 });
    expect((await rein(["replay", dir])).out).toMatch(/NOT PROVEN: every decision that could be compared/);
  });

  test.each<[what: string, argv: () => string[], complaint: RegExp]>([
    ["a directory without records", () => [dirname(dir)], /there are no records in/],
    [
      "a policy",
      () => [dir, "--policy", "x.yaml"],
      /--policy is for recorded sessions.*\n.*another policy on these records: rein backtest \S+ --policy \S+$/m,
    ],
    [
      "an option for sessions",
      () => [dir, "--fail-on-refusal"],
      /--fail-on-refusal is for recorded sessions/,
    ],
    [
      "a path that is not there",
      () => [join(dir, "none")],
      /there is no file or directory `.*none`\n +give a state directory/,
    ],
  ])("with %s: exit 1, and what to do", async (_what, argv, complaint) => {
    await run(POLICY, 1);
    const { code, out, err } = await rein(["replay", ...argv()]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(complaint);
  });
});

test("records of another version of the engine are not called proven", async () => {
  await run(POLICY, 3);
  forge(dir, (record) => (record.type === "open" ? { ...record, engine: 1 } : record));
  const { code, err } = await rein(["replay", dir]);
  expect(code).toBe(1);
  expect(err).toContain("engine version 1 made the record");
});
