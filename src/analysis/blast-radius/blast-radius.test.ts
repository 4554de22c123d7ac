import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compilePolicy, parsePolicyText } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { blastRadius } from "./index.js";
import type { BlastLine, BlastRadiusOptions } from "./index.js";

const HOUR = 3_600_000;

describe("what bounds", () => {
  test.each<[sentence: string, calls: number | null]>([
    ["All agents together may make at most 100 calls a day", 100],
    ["At most 5 calls per hour", 120],
    ["Cap each caller at 8 requests per minute with bursts of 16", 16 + 8 * 1440 - 1],
    ["Each agent may make at most 10 calls today", 20],
    ["Never allow actions", 0],
    ["At most 5 calls at once", null],
    ["Pause a tool for 5 minutes after 5 failures in a row", null],
    ["Stop an agent that makes the same call 6 times in a row", null],
    ["Alert on more than 2 calls an hour", null],
    ["At most 10 calls per hour where tag `env` is `prod`", null],
    ["At most 10 calls per hour per tag `task`", null],
    ["At most 10 calls per hour except `search`", null],
  ])("%s", (sentence, calls) => {
    const line = totalOf([sentence], "calls");
    expect(line.bound).toBe(calls);
    if (calls === null) expect(line.because).toMatch(/\w/);
    else if (calls > 0) expect(line.reached!.share).toBeGreaterThanOrEqual(0.95);
  });

  test("the number of actions bounds an amount where each is bounded", () => {
    const line = totalOf(["No single action above $5", "At most 10 calls per day"], "usd");
    expect(line.bound).toBe(50);
    expect(line.chain.map(({ rule }) => rule).sort()).toEqual(["rate-1", "size-1"]);
    expect(line.reached!.amount).toBe(50);
  });

  test("what a human must approve does not happen", () => {
    const line = totalOf(["Ask a human before any call over $2", "At most 10 calls per day"], "usd");
    expect(line.bound).toBe(20);
    expect(line.reached!.amount).toBe(20);
  });

  test("somebody who approves everything is as good as no question", () => {
    const policy = [
      "Ask a human before any call over $2",
      "No single action above $7",
      "At most 10 calls per day",
    ];
    const careless = totalOf(policy, "usd", { approvals: "all" });
    expect(careless).toMatchObject({ bound: 70, reached: { amount: 70 } });
    expect(totalOf(policy, "usd").bound).toBe(20);
    const { ignored, approvals } = blastRadius(compilePolicy(policy), { approvals: "all", attack: false });
    expect(approvals).toBe("all");
    expect(ignored).toEqual([{ rule: "access-1", why: "it asks a human, who approves everything" }]);
  });

  test("a limit beyond which a human is asked bounds nothing where all is approved", () => {
    const limit: RuleInput = { id: "x", kind: "rate", limit: 5, window: "1d", then: "approve" };
    const bound = (approvals: "none" | "all"): number | null =>
      blastRadius(compilePolicy([limit]), { approvals, measures: ["calls"], attack: false }).lines[0]!.bound;
    expect([bound("none"), bound("all")]).toEqual([5, null]);
  });

  test("the attack begins when it suits it best, whatever the hour from which on it may", () => {
    const office = { schedule: { from: "09:00", to: "17:00", timeZone: "UTC" } };
    const policy = compilePolicy([
      { id: "office", kind: "access", effect: "deny", match: { except: office } },
      { id: "rate", kind: "rate", limit: 10, window: "1h" },
    ]);
    for (const hour of [0, 12, 18]) {
      const options = { startAt: Date.UTC(2026, 0, 5, hour), horizonMs: 2 * HOUR, measures: ["calls"] };
      const [line] = blastRadius(policy, options).lines;
      expect(line).toMatchObject({ bound: 20, reached: { amount: 20 } });
    }
  });

  test("tools with limits of their own add up, and a limit on all of them holds for the sum", () => {
    const each = [
      "At most 10 `read` calls per day",
      "At most 20 `write` calls per day",
      "Only allow `read` and `write`",
    ];
    expect(totalOf(each, "calls").bound).toBe(30);
    expect(totalOf([...each, "All agents together may make at most 25 calls a day"], "calls").bound).toBe(25);
  });

  test("sub-agents are charged to the one source there is, and further sources have counters of their own", () => {
    const policy = ["Each agent may make at most 10 calls per day"];
    expect(totalOf(policy, "calls").bound).toBe(10);
    const three = totalOf(policy, "calls", { sources: 3 });
    expect(three.bound).toBe(30);
    expect(three.reached!.amount).toBe(30);
  });

  test("a tag that the host sets bounds, one that the agent sets does not", () => {
    const policy = ["At most 3 calls per day per tag `customer`"];
    expect(totalOf(policy, "calls").because).toMatch(/agent chooses/);
    const held = totalOf(policy, "calls", { tagValues: { customer: 4 } });
    expect(held.bound).toBe(12);
    expect(held.reached!.amount).toBe(12);
  });

  test("the worst source counts, whoever that is", () => {
    const policy: RuleInput[] = [
      { id: "a", kind: "rate", limit: 5, window: "1d", match: { source: "small" } },
      { id: "b", kind: "rate", limit: 50, window: "1d" },
    ];
    expect(totalOf(policy, "calls").bound).toBe(50);
  });

  test("hours in which nothing is allowed leave fewer windows", () => {
    const policy = ["At most 10 `trade` calls per hour", "Only allow `trade` between 09:00 and 12:00"];
    const radius = blastRadius(compilePolicy(policy));
    const line = radius.lines.find(({ measure, series }) => measure === "calls" && series.includes("trade"))!;
    expect(line.bound).toBe(40);
    expect(line.reached!.amount).toBe(40);
  });

  test("a day of 23 hours lets three calendar days be touched in 24 hours", () => {
    const rule: RuleInput = {
      ...{ id: "a", kind: "budget", measure: "calls", limit: 7 },
      window: { calendar: "day", timeZone: "Europe/Berlin" },
    };
    const line = totalOf([rule], "calls");
    expect(line.bound).toBe(21);
    expect(line.reached!.amount).toBe(21);
  });

  test("rules in shadow bound nothing", () => {
    const rule: RuleInput = { id: "a", kind: "rate", limit: 5, window: "1d", mode: "shadow" };
    expect(totalOf([rule], "calls").bound).toBeNull();
  });

  test("a rate over a long horizon is attacked for a shorter time, and says so", () => {
    const line = totalOf(["At most 20 calls per second"], "calls", { horizonMs: 24 * HOUR });
    expect(line.bound).toBe(20 * 86_400);
    expect(line.reached!.horizonMs).toBeLessThan(HOUR);
    expect(line.reached!.isTight).toBe(true);
  });
});

describe("the policies of the package", () => {
  test.each([
    "coding-agent.txt",
    "llm-agent.txt",
    "mail-outreach.txt",
    "scraping-rpa.txt",
    "trading.txt",
    "example.yaml",
  ])(
    "%s: every bound is reached to 95 %, and every hole is mended by its sentence",
    { timeout: 90_000 },
    (name) => {
      const text = readFileSync(new URL(`../../../policies/${name}`, import.meta.url), "utf8");
      const policy = parsePolicyText(text, name.endsWith(".yaml") ? "yaml" : "text");
      const { lines } = blastRadius(policy);
      for (const line of lines) {
        if (line.bound !== null)
          expect(line.reached!.share, JSON.stringify(line)).toBeGreaterThanOrEqual(0.95);
        else {
          const mended = compilePolicy([...policy.rules, line.remedy!] as RuleInput[]);
          const after = blastRadius(mended, { attack: false, measures: [line.measure] }).lines;
          const first = line.series[0]!;
          const same = after.find(({ series }) =>
            typeof line.series === "string"
              ? series === line.series
              : Array.isArray(series) && series.includes(first),
          );
          expect(same!.bound, line.remedy).not.toBeNull();
        }
      }
    },
  );
});

describe("bad input", () => {
  const policy = compilePolicy(["At most 5 `send` calls per hour"]);

  test.each<[BlastRadiusOptions, RegExp]>([
    [{ horizonMs: 0 }, /horizon/],
    [{ horizonMs: Infinity }, /horizon/],
    [{ sources: 0 }, /sources/],
    [{ tagValues: { task: 1.5 } }, /tagValues\.task/],
    [{ series: ["sent"] }, /`sent`/],
  ])("%j", (options, message) => {
    expect(() => blastRadius(policy, options)).toThrow(message);
  });
});

function totalOf(
  policy: readonly (string | RuleInput)[],
  measure: string,
  options: BlastRadiusOptions = {},
): BlastLine {
  const { lines } = blastRadius(compilePolicy([...policy]), { measures: [measure], ...options });
  return lines.find(({ series }) => series === "all")!;
}
