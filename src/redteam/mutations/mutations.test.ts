import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import { defineAttack } from "../attack.js";
import type { Attack, Move } from "../attack.js";
import { carryOut } from "../carry-out.js";
import type { Mutation } from "../mutation.js";
import { runAttack } from "../run-attack.js";
import { START_AT } from "../stage.js";
import { clockSteps, crashes, deadStore, editedState } from "./surroundings.js";
import { forgedApprovals } from "./forging.js";
import { parallel, windowEdges } from "./crowds.js";
import { camelCaseTools, lookAlikeTools, newCallers, renamedTools, subAgents } from "./names.js";
import { MUTATIONS } from "./index.js";
import { paced, retried } from "./patience.js";
import { editedPolicy } from "./tampering.js";

/** Sends a mail about every ten seconds, whatever it is told. */
const SPAM = attackWith(function* (scene) {
  for (let i = 0; i < 200; i++) {
    yield mail(`person-${i}`);
    yield { do: "wait", ms: 5_000 + scene.below(10_000) };
  }
});

describe("every mutation", () => {
  const policy = compilePolicy(
    "Each agent may make at most 30 send_email calls per hour\nSpend at most $50 a day",
  );

  test("has an id of its own", () => {
    expect(new Set(MUTATIONS.map(({ id }) => id)).size).toBe(MUTATIONS.length);
  });

  test.each(MUTATIONS)("$id: comes to an end, and to the same one for the same seed", async (mutation) => {
    const one = await carryOut(policy, SPAM, { seed: 5, mutation });
    expect(one.problem).toBeNull();
    expect(await carryOut(policy, SPAM, { seed: 5, mutation })).toEqual(one);
  });

  test.each(MUTATIONS)(
    "$id: leaves an attack as bad as it was where nothing is in its way",
    async (mutation) => {
      const { without } = await runAttack(policy, SPAM, { seed: 2, mutation });
      expect(without).toBeGreaterThanOrEqual(192);
    },
  );

  test.each(MUTATIONS)("$id: adds no end to an attack that has none", async (mutation) => {
    const endless = attackWith(function* () {
      for (;;) yield mail("x");
    });
    const { problem } = await runAttack(compilePolicy([]), endless, { seed: 1, mutation, maxMoves: 500 });
    expect(problem).toContain("it did not end within 500 moves");
  });
});

describe("crowds", () => {
  test("acts come eight at a time, and none is lost", () => {
    const moves = movesOf(parallel, SPAM);
    const sizes = moves.flatMap((move) => (move.do === "together" ? [move.acts.length] : []));
    expect(sizes).toEqual(Array.from({ length: 25 }, () => 8));
  });

  test("acts come in bursts on both sides of a full minute", () => {
    const times: number[] = [];
    let atMs = 0;
    for (const move of movesOf(windowEdges, SPAM)) {
      if (move.do === "together") times.push((START_AT + atMs) % 60_000);
      if (move.do === "wait") atMs += move.ms;
    }
    expect(times.length).toBeGreaterThan(20);
    expect(new Set(times.slice(0, 20))).toEqual(new Set([59_999, 0]));
  });

  test("a limit in any window is one at the edge of a window, too", async () => {
    const policy = compilePolicy("Allow at most 10 send_email actions per hour");
    expect((await carryOut(policy, SPAM, { seed: 1, mutation: windowEdges })).damage).toBe(10);
  });
});

describe("patience", () => {
  const policy = compilePolicy("Allow at most 4 send_email actions per 5 minutes");

  test("who waits as long as it is told gets all that a limit lets through", async () => {
    const plain = await carryOut(policy, SPAM, { seed: 1 });
    const most = await carryOut(policy, SPAM, { seed: 1, mutation: paced });
    expect(most.damage).toBeGreaterThanOrEqual(plain.damage);
    expect(most.damage).toBeGreaterThanOrEqual(0.95 * 48);
    expect(most.actsTried).toBeLessThan(150);
  });

  test("what is refused is tried five times more", async () => {
    const once = attackWith(function* () {
      yield mail("x");
    });
    const { actsTried } = await carryOut(compilePolicy("Never allow emails"), once, {
      seed: 1,
      mutation: retried,
    });
    expect(actsTried).toBe(6);
  });
});

describe("names", () => {
  const each = compilePolicy("Each agent may make at most 12 send_email calls per hour");

  test("what sub-agents do is their parents', and what strangers do is not", async () => {
    expect((await carryOut(each, SPAM, { seed: 1, mutation: subAgents })).damage).toBe(12);
    expect((await carryOut(each, SPAM, { seed: 1, mutation: newCallers })).damage).toBe(200);
  });

  test("another name gets past a rule that names a tool, and not past one that means a word", async () => {
    const exact = compilePolicy("Never allow `send_email`");
    const word = compilePolicy("Never allow emails");
    for (const mutation of [renamedTools, camelCaseTools, lookAlikeTools])
      expect((await carryOut(exact, SPAM, { seed: 1, mutation })).damage).toBeGreaterThan(100);
    expect((await carryOut(word, SPAM, { seed: 1, mutation: camelCaseTools })).damage).toBe(0);
  });
});

describe("surroundings", () => {
  test("crashes do not give quota back", async () => {
    const policy = compilePolicy("Spend at most $30 a day");
    for (const seed of [1, 2, 3]) {
      const { damage } = await carryOut(policy, SPAM, { seed, mutation: crashes });
      expect(damage).toBeLessThanOrEqual(30);
    }
  });

  test("a wall clock that steps does not give quota back", async () => {
    const policy = compilePolicy("Allow at most 10 send_email actions per hour");
    expect((await carryOut(policy, SPAM, { seed: 1, mutation: clockSteps })).damage).toBe(10);
  });

  test("nothing that has to be written down is allowed when nothing can be", async () => {
    const policy = compilePolicy("Spend at most $150 a day");
    const { damage, stops } = await carryOut(policy, SPAM, { seed: 1, mutation: deadStore });
    expect(damage).toBeLessThan(60);
    expect([...stops.keys()]).toContain("store_failed");
  });

  test("nothing is allowed any more when the state was edited", async () => {
    const policy = compilePolicy("Spend at most $150 a day");
    const { damage, stops } = await carryOut(policy, SPAM, { seed: 1, mutation: editedState });
    expect(damage).toBe(10);
    expect([...stops.keys()]).toEqual(["closed"]);
  });

  test("who plays the operator gets nothing", async () => {
    const policy = compilePolicy("Ask a human before emails");
    const { damage, actsTried } = await carryOut(policy, SPAM, { seed: 1, mutation: forgedApprovals });
    expect(damage).toBe(0);
    expect(actsTried).toBe(400);
  });
});

/** What it does when nothing is refused. */
function movesOf({ apply }: Mutation, attack: Attack): readonly Move[] {
  const program = apply(attack).run({ seed: 1, horizonMs: 3_600_000, random: () => 0.5, below: () => 5_000 });
  const moves: Move[] = [];
  let atMs = 0;
  let replies: { allowed: boolean; retryable: boolean; sizeMultiplier: number }[] = [];
  for (;;) {
    const { done, value: move } = program.next({ atMs, replies });
    if (done === true) return moves;
    moves.push(move);
    if (move.do === "wait") atMs += move.ms;
    const acts = move.do === "together" ? move.acts : [move];
    replies = acts.map(() => ({ allowed: true, retryable: false, sizeMultiplier: 1 }));
  }
}

function mail(recipient: string): Extract<Move, { do: "act" }> {
  const action = { source: "support_agent", series: "send_email", tags: { recipient }, cost: { usd: 1 } };
  return { do: "act", action, deeds: { wrongMails: 1 } };
}

function attackWith(run: Attack["run"]): Attack {
  return defineAttack({
    id: "spam",
    title: "Spam",
    story: "It sends mails to people who did not ask for any.",
    domains: ["mail"],
    owasp: ["ASI02"],
    source: "an example",
    damage: { wrongMails: 1 },
    unit: "wrong mails",
    tolerable: 10,
    remedy: "Allow at most 110 send_email actions per hour",
    run,
  });
}

describe("a policy file that the agent may reach", () => {
  const rules = "Allow at most 10 send_email actions per hour";
  const shut = `${rules}\nNever allow calls that mention \`**rein.policy**\``;

  test("is emptied through the gate, and then nothing holds; a sentence keeps it", async () => {
    const damage = async (sentences: string): Promise<number> =>
      (await carryOut(compilePolicy(sentences), SPAM, { seed: 1, mutation: editedPolicy })).damage;
    expect(await damage(rules)).toBeGreaterThan(150);
    expect(await damage(shut)).toBe(10);
  });
});
