import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { duel } from "../src/analysis/diff/duel.js";
import { Holders } from "../src/analysis/diff/held.js";
import type { History, Step } from "../src/analysis/diff/history.js";
import { diffPolicies } from "../src/analysis/diff/index.js";
import type { Story } from "../src/analysis/diff/index.js";
import { search } from "../src/analysis/diff/search.js";
import { Rein } from "../src/index.js";
import type { Permit, RuleInput } from "../src/index.js";
import { compilePolicy } from "../src/policy/index.js";
import type { CompiledPolicy } from "../src/policy/index.js";
import { FakeClock } from "../src/testing/index.js";

const NOON = Date.UTC(2026, 0, 5, 12);

const globs = fc.subarray(["send", "read", "delete_*", "*_file"], { minLength: 1, maxLength: 2 });
const source = fc.constantFrom("bot", "bot*", "planner/**");
const match = fc.option(
  fc.record(
    {
      series: globs,
      source,
      tags: fc.constantFrom({ to: "*@a.example" }, { to: ["ceo@*", "x*"] }),
      costOver: fc.constantFrom({ usd: 2 }, { usd: 5 }),
      regime: fc.constantFrom("stressed" as const, ["stressed", "shock"] as ("stressed" | "shock")[]),
      schedule: fc.constantFrom({ from: "11:00", to: "13:00" }, { from: "12:30", to: "14:00" }),
      except: fc.record({ series: globs, source }, { requiredKeys: ["series"] }),
    },
    { requiredKeys: ["series"] },
  ),
  { nil: undefined, freq: 2 },
);
const per = fc.constantFrom(undefined, "source" as const, "series" as const, "tag:to" as const);
const then = fc.constantFrom(undefined, undefined, "block" as const, "halt" as const, "alert" as const);
const window = fc.constantFrom("10s", "1m", "1h", { calendar: "hour" as const, timeZone: "UTC" });

/** The record without what is undefined. */
function ruleOf(fields: Readonly<Record<string, unknown>>): RuleInput {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as RuleInput;
}

const rule: fc.Arbitrary<RuleInput> = fc
  .oneof(
    fc.record({
      kind: fc.constant("rate"),
      limit: fc.integer({ min: 1, max: 6 }),
      window: fc.constantFrom("10s", "1m"),
      burst: fc.constantFrom(undefined, 3),
      ...{ match, per, then },
    }),
    fc.record({
      kind: fc.constant("budget"),
      measure: fc.constantFrom("usd", "calls"),
      limit: fc.integer({ min: 1, max: 9 }),
      ...{ window, match, per, then },
    }),
    fc.record({
      kind: fc.constant("access"),
      effect: fc.constantFrom("deny", "deny", "approve", "allow"),
      match,
    }),
    fc.record({ kind: fc.constant("concurrency"), limit: fc.integer({ min: 1, max: 3 }), match, per }),
    fc.record({
      kind: fc.constant("size"),
      measure: fc.constant("usd"),
      limit: fc.integer({ min: 1, max: 6 }),
      match,
    }),
    fc.record({ kind: fc.constant("timeout"), limit: fc.constantFrom("10s", "1m"), match }),
    fc.record({
      kind: fc.constant("errors"),
      consecutive: fc.integer({ min: 1, max: 4 }),
      for: fc.constantFrom("10s", "1m"),
      ...{ match, per },
    }),
  )
  // Without a match these refuse everything, and nothing can be told apart beside them.
  .filter((fields) => fields.kind !== "access" || fields.match !== undefined)
  .map(ruleOf);

const rules = fc.array(rule, { minLength: 1, maxLength: 4 });

/** A policy and what becomes of it: rules left out, added, and changed a little. */
const pairs = fc
  .tuple(rules, rules, fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 }), fc.boolean())
  .map(([old, others, fates, isBacked]): readonly [RuleInput[], RuleInput[]] => {
    const named = old.map((each, i): RuleInput => ({ ...each, id: `r${i}` }));
    // The first rule once more, at its strictest, in both.
    const [first] = named;
    const backing: RuleInput[] =
      isBacked && first !== undefined
        ? [
            {
              ...first,
              id: "backing",
              ...("limit" in first && typeof first.limit === "number" && { limit: 1 }),
            } as RuleInput,
          ]
        : [];
    const now = named.flatMap((each, i): RuleInput[] => {
      switch (fates[i]) {
        case 0:
          return [];
        case 1:
          return [{ ...others[i % others.length]!, id: `n${i}` }];
        case 2:
          return "limit" in each && typeof each.limit === "number"
            ? [{ ...each, limit: each.limit + (i % 2 === 0 ? 2 : -each.limit + 1) } as RuleInput]
            : [each];
        case 3:
          return [each, { ...others[i % others.length]!, id: `n${i}` }];
        default:
          return [each];
      }
    });
    return [
      [...named, ...backing],
      [...now, ...backing],
    ];
  });

const action = fc
  .record({
    source: fc.constantFrom("bot", "bot2", "planner/x", "other"),
    series: fc.constantFrom("send", "read", "delete_all", "delete_file", "else"),
    usd: fc.constantFrom(0, 1, 2, 2.000001, 3, 6),
    to: fc.constantFrom(undefined, "me@a.example", "ceo@b.example", "ceo@a.example", "x1"),
  })
  .map(({ source, series, usd, to }) => ({
    ...{ source, series, cost: { usd: usd * 1e6 } },
    ...(to !== undefined && { tags: { to } }),
  }));

const acts = fc.record({
  do: fc.constant("act" as const),
  action,
  ok: fc.boolean(),
  runMs: fc.constantFrom(0, 0, 0, 5000, 30_000, 90_000, Infinity),
});
const waits = fc.record({
  do: fc.constant("wait" as const),
  ms: fc.constantFrom(500, 5000, 10_000, 60_000, 1_800_000),
});
const ends = fc.record({ do: fc.constant("end" as const), ok: fc.boolean() });

/** A few actions again and again: limits are reached that way. */
const histories: fc.Arbitrary<History> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 6, arbitrary: acts }, waits, ends), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 24 }),
    fc.constantFrom("normal" as const, "stressed" as const, "shock" as const),
    fc.constantFrom(NOON, NOON + 45 * 60_000, NOON + 3 * 3_600_000),
  )
  .map(([few, order, regime, at]) => ({
    moment: { at, regime },
    steps: order.map((i): Step => few[i % few.length]!),
  }));

const HISTORIES_TRIED = 150;
const TRIED_BY_DIFF = 300;

describe("random pairs of policies", () => {
  test("where any history flips to allowed, the policy is told to be wider", () => {
    let flips = 0;
    let held = 0;
    fc.assert(
      fc.property(
        pairs,
        fc.array(histories, { minLength: HISTORIES_TRIED, maxLength: HISTORIES_TRIED }),
        ([old, now], tried) => {
          fc.pre(now.length > 0);
          const [before, after] = [compilePolicy(old), compilePolicy(now)];
          const pair = { old: before.rules, new: after.rules };
          const flip = tried.find((history) => duel(pair, history)?.direction === "wider");
          // A clock that stands still: how much is found must not depend on the machine.
          const diff = diffPolicies(before, after, { now: () => 0 });
          if (diff.changes.some(({ heldBy }) => heldBy !== null)) held += 1;
          if (flip !== undefined) {
            flips += 1;
            expect(diff.isWider, JSON.stringify({ old, now, flip }, null, 1)).toBe(true);
            expect(diff.whole.wider, JSON.stringify({ old, now, flip }, null, 1)).not.toBeNull();
          }
          // A proof is never contradicted: with all that is wider held, no history is wider.
          const isAllHeld = diff.changes.every(
            ({ wider, alone, heldBy }) => heldBy !== null || (wider ?? alone?.wider ?? null) === null,
          );
          if (isAllHeld && diff.changes.some(({ heldBy }) => heldBy !== null))
            expect(diff.whole.wider, JSON.stringify({ old, now })).toBeNull();
        },
      ),
      { numRuns: 12, seed: 7 },
    );
    expect(flips).toBeGreaterThan(1);
    expect(held).toBeGreaterThan(0);
  }, 300_000);
});

describe("allow-lists of which a rule is taken out", () => {
  const rule = fc.record({
    series: fc.constantFrom(["send"], ["send", "read"], ["read"], ["delete_*"], ["*"]),
    source: fc.constantFrom(undefined, ["bot"], ["bot", "other"]),
    answer: fc.constantFrom("alert", "approve", "block", "block", "halt"),
    halts: fc.constantFrom(undefined, "all"),
    lasting: fc.constantFrom(undefined, "10s"),
    mode: fc.constantFrom(undefined, undefined, undefined, "shadow", "enforce"),
  });
  const lists = fc.array(rule, { minLength: 2, maxLength: 5 }).map((members) =>
    members.map(({ series, source: by, answer, halts, lasting, mode }, i) =>
      ruleOf({
        ...{ id: `r${i}`, kind: "access", effect: "allow", then: answer, mode },
        match: { series, ...(by !== undefined && { source: by }) },
        ...(answer === "halt" && { halts, for: lasting }),
      }),
    ),
  );

  test("nothing more happens where another rule is said to hold what it held", () => {
    let held = 0;
    fc.assert(
      fc.property(
        lists,
        fc.nat(),
        fc.array(histories, { minLength: 40, maxLength: 40 }),
        (list, pick, tried) => {
          const { rules: old } = compilePolicy(list);
          const gone = old[pick % old.length]!;
          const now = old.filter((each) => each !== gone);
          const change = { what: "removed", old: gone, new: null } as const;
          if (new Holders(now, [change]).of(change) === null) return;
          held += 1;
          for (const one of tried)
            expect(duel({ old, new: now }, one)?.direction, JSON.stringify({ list, gone, one })).not.toBe(
              "wider",
            );
        },
      ),
      { numRuns: 300, seed: 3 },
    );
    expect(held).toBeGreaterThan(20);
  }, 120_000);
});

/** Lets a story happen to a governor of its own through the public API; returns what became of its last step. */
async function retold(policy: CompiledPolicy, story: Story): Promise<string> {
  const clock = new FakeClock(story.at);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const rein = await Rein.open({ policy, clock, mode: "enforce", logger: silent });
  let verdict = "none";
  let now = 0;
  const moveTo = (ms: number): void => {
    clock.advance(ms - now);
    now = ms;
    rein.tick();
  };
  const running: Permit[] = [];
  for (const { atMs, times, everyMs, isVaried, action, outcome, facts, do: what } of story.steps) {
    if (isVaried) throw new Error("names that vary are not told one by one");
    for (let i = 0; i < times; i++) {
      moveTo(Math.max(now, atMs + i * everyMs));
      if (what === "end")
        for (const permit of running.splice(0)) permit.settle({ ok: facts!["ok"] as boolean });
      if (action === undefined || outcome === undefined) continue;
      const decision = rein.gate(action);
      if (!decision.allowed) {
        verdict = decision.verdict === "approve" ? "asked" : "refused";
        continue;
      }
      verdict = "allowed";
      const { ok, runMs } = outcome;
      if (runMs === null) running.push(decision.permit);
      else {
        if (runMs > 0) moveTo(now + runMs);
        if (decision.permit.signal.aborted) verdict = "stopped";
        decision.permit.settle({ ok });
      }
    }
  }
  await rein.close();
  return verdict;
}

describe("the history that is shown", () => {
  test("comes out as it is told where it happens to two governors", async () => {
    const found: { before: CompiledPolicy; after: CompiledPolicy; story: Story }[] = [];
    for (const [old, now] of fc.sample(pairs, { numRuns: 15, seed: 5 })) {
      if (now.length === 0) continue;
      const [before, after] = [compilePolicy(old), compilePolicy(now)];
      let count = 0;
      const { whole } = diffPolicies(before, after, { now: () => count++, budgetMs: TRIED_BY_DIFF });
      for (const story of [whole.wider, whole.narrower])
        // Nobody sets the regime of a governor.
        if (story?.regime === "normal") found.push({ before, after, story });
    }
    expect(found.length).toBeGreaterThan(5);
    for (const { before, after, story } of found) {
      const verdicts = [await retold(before, story), await retold(after, story)];
      expect(verdicts, JSON.stringify(story, null, 1)).toEqual([story.old.verdict, story.new.verdict]);
    }
  }, 120_000);

  test("has no step that could be left out", () => {
    let looked = 0;
    for (const [old, now] of fc.sample(pairs, { numRuns: 15, seed: 9 })) {
      if (now.length === 0) continue;
      const pair = { old: compilePolicy(old).rules, new: compilePolicy(now).rules };
      const all = [...pair.old, ...pair.new];
      // The clock goes on with each history that is tried, and with each try to make one shorter.
      let count = 0;
      const { wider, narrower } = search(pair, all, all, { budgetMs: 1000, seed: 1, now: () => count++ });
      for (const example of [wider, narrower]) {
        if (example === null) continue;
        const { history, difference } = example;
        looked += 1;
        history.steps.forEach((_, left) => {
          const steps = history.steps.filter((_, i) => i !== left);
          const shorter = duel(pair, { ...history, steps });
          expect(shorter?.direction, JSON.stringify({ left, history })).not.toBe(difference.direction);
        });
      }
    }
    expect(looked).toBeGreaterThan(5);
  }, 120_000);
});
