import { describe, expect, test } from "vitest";
import { compilePolicy } from "./compile.js";
import { describeRule } from "./describe.js";
import type { RuleInput } from "./schema.js";

function text(input: RuleInput): string {
  const [rule] = compilePolicy([input]).rules;
  if (rule === undefined) throw new Error("no rule");
  return describeRule(rule);
}

describe("describeRule", () => {
  test.each<readonly [RuleInput, string]>([
    [
      { kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" },
      "Cap each source at 8 actions per second with bursts of 16 (rate)",
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
      "Let each source and tag `run` spend at most $50.00 per day, except where (series is `search`) (budget)",
    ],
    [
      {
        kind: "budget",
        measure: "tokens",
        limit: 1000,
        window: { calendar: "day", timeZone: "Europe/Berlin" },
        assume: 1,
      },
      "Let all actions together spend at most 1,000 tokens per calendar day (Europe/Berlin), taking 1 token where none is named (budget)",
    ],
    [
      { kind: "budget", measure: "calls", limit: 5, window: "forever" },
      "Let all actions together spend at most 5 calls for ever (budget)",
    ],
    [
      { kind: "concurrency", limit: 1, per: "series" },
      "Let each series have at most 1 action in flight (concurrency)",
    ],
    [
      { kind: "access", effect: "approve", match: { series: ["refund", "pay_*"], costOver: { usd: 200 } } },
      "Ask a human before actions where series is `pay_*` or `refund` and cost is over $200.00 (access)",
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
      "Allow only actions where series is `trade` and the time is on mon, tue, wed, thu, fri from 09:30 to 16:00 (America/New_York) (access)",
    ],
    [
      { kind: "size", measure: "usd", limit: 500, mode: "shadow" },
      "Refuse any single action above $500.00 (size, in shadow)",
    ],
    [{ kind: "timeout", limit: "120s" }, "Stop any action that runs longer than 2m (timeout)"],
    [
      { kind: "access", effect: "deny", then: "halt", per: "source" },
      "Never allow actions, for each source apart, then halt until resumed (access)",
    ],
    [
      { kind: "floor", limit: -25, account: "eu", then: "halt", for: "1h" },
      "Stop actions while the balance of account `eu` is below -$25.00, then halt for 1h (floor)",
    ],
    [
      { kind: "errors", consecutive: 5, for: "5m", per: "series" },
      "Pause each series after 5 failures in a row, until 1 probe succeeds, then block for 5m (errors)",
    ],
    [
      { kind: "errors", ratePct: 50, window: "1m", probes: 3 },
      "Pause all actions together when 50% of actions fail within 1m, counting from 10, until 3 probes succeed (errors)",
    ],
    [
      { kind: "stale", signal: "price", maxAge: "30s" },
      "Stop actions while signal `price` is older than 30s or was never seen (stale)",
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
      "Never allow actions where tag `t` is `\\`` and argument `amount` is given and is over 5 and argument `to` is `*@x.org` and the regime is shock (access)",
    ],
    [
      { kind: "loop", repeats: 6, then: "alert" },
      "Act when all actions together make the same call, or a cycle of up to 6, 6 times in a row, then only alert (loop)",
    ],
  ])("%j", (rule, expected) => {
    expect(text(rule)).toBe(expected);
  });
});
