import { describe, expect, test } from "vitest";
import { compilePolicy } from "../policy/index.js";
import type { Move, Scene, Told } from "./attack.js";
import { runWork } from "./run-work.js";
import type { Work } from "./work.js";

const MAILS = workOf(20, function* () {
  for (let i = 0; i < 20; i++) yield mail(`customer-${i}`);
});

describe("honest work", () => {
  test("is done in full with nothing in its way", async () => {
    const result = await runWork(compilePolicy([]), MAILS, { seed: 1 });
    expect(result).toMatchObject({ wanted: 20, done: 20, stopped: false, approvals: 0, stoppedBy: null });
    expect(result.refused).toEqual([]);
  });

  test("waits as long as a refusal says and tries again, until it is done", async () => {
    const result = await runWork(compilePolicy("Allow at most 5 send_email actions per minute"), MAILS, {
      seed: 1,
    });
    expect(result).toMatchObject({ done: 20, stopped: false });
    expect(result.refused.length).toBeGreaterThan(0);
    expect(new Set(result.refused.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
  });

  test("gives an act up that is refused for good, and goes on with the next", async () => {
    const policy = compilePolicy("Never allow send_email where the recipient is customer-3");
    const result = await runWork(policy, MAILS, { seed: 1 });
    expect(result).toMatchObject({ wanted: 20, done: 19, stopped: true, stoppedBy: policy.rules[0]!.id });
    expect(result.refused).toHaveLength(1);
  });

  test("gives an act up rather than wait for more than five minutes", async () => {
    const policy = compilePolicy("Allow at most 5 send_email actions per hour");
    expect(await runWork(policy, MAILS, { seed: 1 })).toMatchObject({ done: 5, stopped: true });
  });

  test("ends when it is halted", async () => {
    const policy = compilePolicy("Halt everything when more than 10 new recipients appear within an hour");
    const result = await runWork(policy, MAILS, { seed: 1 });
    expect(result).toMatchObject({ done: 10, stopped: true, stoppedBy: policy.rules[0]!.id });
    expect(result.refused.map(({ code }) => code)).toEqual(["anomaly", "halted"]);
  });

  test("is approved by a person after two minutes", async () => {
    const times: number[] = [];
    const one = workOf(1, function* () {
      times.push((yield mail("customer")).atMs);
    });
    const result = await runWork(compilePolicy("Require approval for send_email"), one, { seed: 1 });
    expect(result).toMatchObject({ done: 1, approvals: 1, stopped: false });
    expect(times).toEqual([121_000]);
  });

  test("asks a person once: where the question lapses before the answer, the act is given up", async () => {
    const one = workOf(1, function* () {
      yield mail("customer");
    });
    const config = { approvalTtlSeconds: 60 };
    const result = await runWork(compilePolicy("Ask a human before send_email"), one, { seed: 1, config });
    expect(result).toMatchObject({ done: 0, approvals: 0, stopped: true });
    expect(result.refused.map(({ code }) => code)).toEqual(Array(4).fill("approval_required"));
    expect(result.problem).toBeUndefined();
  });

  test("that throws is a problem", async () => {
    const broken = workOf(1, function* () {
      yield mail("customer");
      throw new Error("no pen");
    });
    const result = await runWork(compilePolicy([]), broken, { seed: 1 });
    expect(result).toMatchObject({ done: 1, problem: "it threw: no pen" });
  });
});

function mail(recipient: string): Move {
  const action = { source: "support_agent", series: "send_email", tags: { recipient } };
  return { do: "act", action, deeds: { done: 1 }, ms: 1_000 };
}

function workOf(wants: number, run: (scene: Scene) => Generator<Move, void, Told>): Work {
  return { id: "mails", title: "Mails", domain: "mail", wants, run };
}
