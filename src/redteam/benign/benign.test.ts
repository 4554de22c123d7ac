import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import { loadPolicy } from "../../rein/index.js";
import { DOMAINS } from "../attack.js";
import type { Domain, Move, Reply } from "../attack.js";
import { runWork } from "../run-work.js";
import { sceneOf } from "../scene.js";
import type { Work } from "../work.js";
import { worksFor } from "./index.js";

/** One session of each kind. */
const EACH = worksFor(DOMAINS, { seed: 7 });

const ALLOWED: Reply = { allowed: true, retryable: false, sizeMultiplier: 1 };
const REFUSED: Reply = { allowed: false, code: "denied", retryable: false, sizeMultiplier: 0 };

/** All moves of a session to which always the same is answered, and how long they took. */
function played(work: Work, reply: Reply): { readonly moves: readonly Move[]; readonly atMs: number } {
  const program = work.run(sceneOf(1, work.horizonMs!));
  const moves: Move[] = [];
  let atMs = 0;
  for (let step = program.next(); step.done !== true; step = program.next(told(step.value))) {
    moves.push(step.value);
    if (moves.length > 50_000) throw new Error(`\`${work.id}\` does not end`);
  }
  return { moves, atMs };

  function told(move: Move) {
    const acts = move.do === "act" ? [move] : move.do === "together" ? move.acts : [];
    atMs += move.do === "wait" ? move.ms : Math.max(0, ...acts.map(({ ms = 0 }) => ms));
    return { atMs, replies: acts.map(() => reply) };
  }
}

test("each domain has five kinds of work or more, each with a name of its own", () => {
  for (const domain of DOMAINS) {
    const works = worksFor([domain], { seed: 1 });
    expect(works.length).toBeGreaterThanOrEqual(5);
    for (const work of works) expect(work.domain).toBe(domain);
  }
  expect(new Set(EACH.map(({ id }) => id)).size).toBe(EACH.length);
  for (const { id } of EACH) expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
});

test("the same seed makes the same sessions", () => {
  const again = worksFor(DOMAINS, { seed: 7 });
  for (const [i, work] of EACH.entries())
    expect(played(again[i]!, ALLOWED).moves).toEqual(played(work, ALLOWED).moves);
});

test("no two sessions are alike, whether of one seed or of another", () => {
  const works = [1, 2, 3].flatMap((seed) => worksFor(DOMAINS, { seed, sessions: 14 }));
  const texts = works.map((work) => JSON.stringify(played(work, ALLOWED).moves.slice(0, 60)));
  expect(new Set(texts).size).toBe(works.length);
});

test("every session ends by itself, long before it has to, whatever it is told", () => {
  for (const work of worksFor(DOMAINS, { seed: 3, sessions: 14 })) {
    for (const reply of [ALLOWED, REFUSED]) {
      const { moves, atMs } = played(work, reply);
      expect(moves.length, work.id).toBeLessThan(20_000);
      expect(atMs, work.id).toBeLessThan(work.horizonMs!);
    }
  }
});

test("with nothing in the way all that a session wants is done, whatever seed it is run with", async () => {
  const nothing = compilePolicy([]);
  for (const [i, work] of EACH.entries()) {
    const result = await runWork(nothing, work, { seed: i });
    expect(result, work.id).toMatchObject({ done: work.wants, stopped: false, refused: [] });
    expect(result.problem).toBeUndefined();
    expect(work.wants, work.id).toBeGreaterThan(3);
  }
});

test("under a policy that allows nothing, nothing is done and every session is stopped", async () => {
  const nothing = compilePolicy("Never allow actions");
  for (const work of EACH)
    expect(await runWork(nothing, work, { seed: 1 }), work.id).toMatchObject({ done: 0, stopped: true });
});

/** Infrastructure has no pack of its own: its agents deploy under the one for coding. */
const PACKS: readonly (readonly [domain: Domain, pack: string, sessions: number])[] = [
  ["llm", "llm-agent", 100],
  ["mail", "mail-outreach", 100],
  ["trading", "trading", 60],
  ["coding", "coding-agent", 100],
  ["ops", "coding-agent", 100],
  ["web", "scraping-rpa", 100],
];

test.each(PACKS)(
  "honest work in %s is not stopped by policies/%s.txt",
  async (domain, pack, sessions) => {
    const policy = await loadPolicy(fileURLToPath(new URL(`../../../policies/${pack}.txt`, import.meta.url)));
    const stopped: string[] = [];
    let [wanted, done] = [0, 0];
    for (const work of worksFor([domain], { seed: 11, sessions })) {
      const result = await runWork(policy, work, { seed: 11 });
      expect(result.problem).toBeUndefined();
      if (result.stopped)
        stopped.push(`${work.id} by ${result.stoppedBy}: ${result.refused.at(-1)?.message}`);
      wanted += result.wanted;
      done += result.done;
    }
    expect(stopped).toEqual([]);
    expect(done / wanted).toBeGreaterThanOrEqual(0.97);
  },
  60_000,
);

test.each(PACKS.filter(([domain]) => domain === "llm" || domain === "trading"))(
  "an agent in %s that is held up by policies/%s.txt does no more than it wanted",
  async (domain, pack) => {
    const policy = await loadPolicy(fileURLToPath(new URL(`../../../policies/${pack}.txt`, import.meta.url)));
    for (const work of worksFor([domain], { seed: 3, sessions: 40 })) {
      const { done, wanted } = await runWork(policy, work, { seed: 3 });
      expect(done, work.id).toBeLessThanOrEqual(wanted);
    }
  },
  60_000,
);

test("an agent that waits for a job asks ten times and more, and is told the same each time", () => {
  const work = worksFor(["llm"], { seed: 7 }).find(({ id }) => id === "llm-export")!;
  const { moves } = played(work, ALLOWED);
  const asked = moves.flatMap((move) =>
    move.do === "act" && move.outcome?.result === "running" ? [move] : [],
  );
  const times = new Map<string, number>();
  for (const { action } of asked) {
    const same = JSON.stringify(action);
    times.set(same, (times.get(same) ?? 0) + 1);
  }
  expect(times.size).toBeGreaterThanOrEqual(2);
  expect(Math.min(...times.values())).toBeGreaterThanOrEqual(10);
});

test("a market tells its prices as they are, and is silent now and then", () => {
  for (const work of worksFor(["trading"], { seed: 7, sessions: 12 })) {
    const { moves } = played(work, ALLOWED);
    const prices = moves.flatMap((move) => (move.do === "signal" ? [move.value] : []));
    expect(Math.min(...prices), work.id).toBeGreaterThan(1);
    expect(new Set(prices).size, work.id).toBeGreaterThan(prices.length / 2);
  }
  const moves = worksFor(["trading"], { seed: 7, sessions: 12 }).flatMap((w) => played(w, ALLOWED).moves);
  const silences = moves.filter((move) => move.do === "wait" && move.ms >= 8_000 && move.ms <= 45_000);
  expect(silences.length).toBeGreaterThan(3);
});
