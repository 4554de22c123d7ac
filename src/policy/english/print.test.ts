import { describe, expect, test } from "vitest";
import { compilePolicy } from "../compile.js";
import { describeRule } from "./print.js";
import type { RuleInput } from "../schema.js";

function text(input: RuleInput): string {
  const [rule] = compilePolicy([input]).rules;
  if (rule === undefined) throw new Error("no rule");
  return describeRule(rule);
}

describe("describeRule", () => {
  test.each<readonly [RuleInput, string]>([
    [
      { kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" },
      "Cap each agent at 8 actions per second with bursts of 16",
    ],
    [
      {
        kind: "budget",
        measure: "usd",
        limit: 50,
        window: "1d",
        per: ["source", "tag:run"],
        match: { except: { series: "search" } },
      },
      "Let each combination of agent and tag `run` spend at most $50 per day except where the tool is `search`",
    ],
    [
      {
        kind: "budget",
        measure: "tokens",
        limit: 1000,
        window: { calendar: "day", timeZone: "Europe/Berlin" },
        assume: 1,
      },
      "Let all agents together use at most 1000 tokens per calendar day in `Europe/Berlin`, taking 1 tokens where no cost is named",
    ],
    [
      { kind: "budget", measure: "calls", limit: 5, window: "forever" },
      "Let all agents together make at most 5 calls in total",
    ],
    [{ kind: "concurrency", limit: 1, per: "series" }, "Let each tool have at most 1 action in flight"],
    [
      { kind: "access", effect: "approve", match: { series: ["refund", "pay_*"], costOver: { usd: 200 } } },
      "Ask a human before actions where the tool is `pay_*` or `refund` and the cost is over $200",
    ],
    [
      {
        kind: "access",
        effect: "allow",
        match: {
          series: "trade",
          schedule: { days: "weekdays", from: "09:30", to: "16:00", timeZone: "America/New_York" },
        },
      },
      "Put actions where the tool is `trade` and the time is on weekdays between 09:30 and 16:00 in `America/New_York` on the allow-list",
    ],
    [
      { kind: "size", measure: "usd", limit: 500, mode: "shadow" },
      "In shadow: let no single action cost more than $500",
    ],
    [{ kind: "timeout", limit: "120s" }, "Let no action run longer than 2 minutes"],
    [
      { kind: "access", effect: "deny", then: "halt", per: "source" },
      "Never allow actions, for each agent by itself; otherwise halt",
    ],
    [
      { kind: "floor", limit: -25, account: "eu", then: "halt", for: "1h" },
      "Halt actions for 1 hour when the balance of account `eu` is below -$25",
    ],
    [
      { kind: "errors", consecutive: 5, for: "5m", per: "series" },
      "Stop actions for 5 minutes when any tool fails 5 times in a row",
    ],
    [
      { kind: "errors", ratePct: 50, window: "1m", probes: 3 },
      "Stop actions when at least 50% of the actions fail within 1 minute, counting from 10, until 3 probes succeed",
    ],
    [
      { kind: "stale", signal: "price", maxAge: "30s" },
      "Stop actions when signal `price` is older than 30 seconds",
    ],
    [
      {
        kind: "access",
        effect: "deny",
        match: {
          args: { to: "*@x.org", amount: { over: 5, exists: true } },
          regime: "shock",
          tags: { t: "`" },
        },
      },
      "Never allow actions where tag `t` is `\\`` and argument `amount` is given and argument `amount` is over 5 and argument `to` is `*@x.org` and the regime is shock",
    ],
    [
      { kind: "loop", repeats: 6, then: "alert" },
      "Alert on actions when agents together repeat the same call, or a cycle of up to 6 calls, 6 times in a row and nothing new comes of it",
    ],
    [
      { kind: "loop", repeats: 4, maxPeriod: 1, per: "source", for: "5m" },
      "Stop actions for 5 minutes when any agent repeats the same call 4 times in a row and nothing new comes of it",
    ],
    [{ kind: "loop", per: "source" }, "Stop actions when any agent goes round in circles"],
    [{ kind: "loop" }, "Stop actions when agents together go round in circles"],
    [
      { kind: "loop", measure: "usd", limit: 2.5, per: "tag:run", then: "halt" },
      "Halt actions when any tag `run` spends more than $2.50 and nothing new comes of it",
    ],
    [
      { kind: "loop", measure: "calls", limit: 50 },
      "Stop actions when agents together make more than 50 calls and nothing new comes of it",
    ],
    [{ kind: "denials", then: "alert" }, "Alert on actions when the actions keep being denied"],
    [
      { kind: "denials", per: ["source", "series"], for: "1h" },
      "Stop actions for 1 hour when the actions of any combination of tool and agent keep being denied",
    ],
    [
      { kind: "newcomers", of: "tag:recipient", per: "source" },
      "Stop actions when any agent enumerates values of tag `recipient`",
    ],
    [{ kind: "newcomers", of: "source", then: "alert" }, "Alert on actions when agents are being enumerated"],
    [
      { kind: "errors", budgetPct: 0.1, per: "series", for: "5m", probes: 3 },
      "Stop actions for 5 minutes when any tool burns its 0.1% error budget too fast, until 3 probes succeed",
    ],
    [{ kind: "errors", budgetPct: 1 }, "Stop actions when the 1% error budget burns too fast"],
    [{ kind: "errors", per: "series" }, "Stop actions when any tool keeps failing"],
    [
      { kind: "stale", signal: "price", then: "halt" },
      "Halt actions when signal `price` misses its usual rhythm",
    ],
    [
      { kind: "score", settings: { minSamplesForKill: 15 }, then: "alert" },
      "Score actions with `minSamplesForKill` = 15; then only alert",
    ],
    [
      { kind: "score", settings: { minSamplesForKill: 15, debounceSeconds: 120 } },
      "Score actions with `debounceSeconds` = 120 and `minSamplesForKill` = 15",
    ],
    [
      { kind: "errors", ratePct: 50.000001, window: "1m", per: "source", then: "halt", halts: "key" },
      "Halt the offender for actions when more than 50% of the actions of any agent fail within 1 minute, counting from 10",
    ],
    [
      {
        kind: "rate",
        limit: 1,
        window: "1m",
        per: "source",
        match: { series: ["~email", "x"] },
        then: "halt",
        halts: "all",
        for: "5m",
      },
      "Cap each agent at 1 action per minute where the tool is `x` or has the word `email`; otherwise halt everything for 5 minutes",
    ],
    [
      { kind: "denials", ratePct: 70, window: "1m", per: "source", then: "halt" },
      "Halt actions when more than 70% of the actions of any agent are denied within 1 minute, counting from 10",
    ],
    [
      { kind: "newcomers", of: "tag:recipient", limit: 20, window: "1m", then: "approve" },
      "Ask a human before actions when more than 20 new values of tag `recipient` appear within 1 minute",
    ],
    [
      { kind: "runaway", multiple: 5, per: "source", then: "alert" },
      "Alert on actions when any agent runs at more than 5 times the usual rate",
    ],
    [
      { kind: "loss", from: "peak", limitPct: 2.5, then: "halt", mode: "enforce" },
      "Enforced: halt actions when the loss since the peak is more than 2.5%",
    ],
    [
      {
        kind: "access",
        effect: "deny",
        match: { mentions: "production", args: { a: { equals: "" } }, costUnder: { pages: 3 } },
      },
      'Never allow actions where it mentions `production` and the cost is under 3 of `pages` and argument `a` equals JSON `""`',
    ],
  ])("%j", (rule, expected) => {
    expect(text(rule)).toBe(expected);
  });
});
