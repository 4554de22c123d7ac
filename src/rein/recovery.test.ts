import { expect, test } from "vitest";
import { Engine } from "../engine/index.js";
import { replayTail } from "./recovery.js";
import type { SavedState } from "./saved.js";

const LIMITS = {
  ...{ maxLanes: 9, maxKeysPerRule: 9, maxInFlight: 9, maxApprovals: 9, maxHalts: 9, maxSignals: 9 },
  ...{ maxAccounts: 9, permitTtlMs: 1000, approvalTtlMs: 1000 },
  ...{ regimeTickMs: 1000, falseAlarmsPerMillion: 10 },
};

function saved(): SavedState {
  const engine = new Engine({ rules: [], mode: "enforce", limits: LIMITS }).image();
  const nothing = { clean: false, machine: null, orders: [] };
  return { ...nothing, engine, position: 0, boot: "AAAAAAAA", rulesFrom: "program" };
}

test("a gap that names no run is one of every run: decisions behind it are not replayed", () => {
  const gap = { type: "gap", n: 0, at: 1, lost: 3, reason: "the queue was full" };
  expect(replayTail(saved(), [gap]).commandsOnly).toBe("some of them are missing");
  expect(replayTail(saved(), [{ ...gap, boot: "BBBBBBBB" }]).commandsOnly).toBeNull();
});

test("records of others in the same log change nothing, those of the run that goes on do", () => {
  const halt = { type: "halt", at: 1, mono: 1, scope: "all", by: "alice", reason: "" };
  const open = { type: "open", engine: undefined, at: 1, mono: 1, boot: "BBBBBBBB", follows: "AAAAAAAA" };
  expect(replayTail(saved(), [{ ...halt, boot: "CCCCCCCC" }]).tail).toBe(0);
  expect(replayTail(saved(), [{ ...open, follows: "CCCCCCCC" }]).boot).toBe("AAAAAAAA");
  expect(replayTail(saved(), [open, { ...halt, boot: "BBBBBBBB" }])).toMatchObject({
    ...{ boot: "BBBBBBBB", tail: 2 },
  });
});
