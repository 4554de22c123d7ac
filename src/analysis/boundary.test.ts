import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryRule } from "../../test/support/arbitrary-rule.js";
import { compilePolicy } from "../policy/index.js";
import type { Rule, RuleInput } from "../policy/index.js";
import { boundaryCases } from "./boundary.js";
import type { BoundaryOptions } from "./boundary.js";

function ruleOf(input: RuleInput): Rule {
  return compilePolicy([input]).rules[0]!;
}

function casesOf(input: RuleInput, options?: BoundaryOptions) {
  return boundaryCases(ruleOf(input), options);
}

const textsOf = (input: RuleInput): string[] =>
  casesOf(input).map(({ verdict, text }) => `${verdict}: ${text}`);

describe("what is counted", () => {
  test("a token bucket: the burst passes, one more waits for one token", () => {
    const cases = casesOf({ kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" });
    expect(cases.map(({ verdict, text }) => `${verdict}: ${text}`)).toEqual([
      "allowed: the 16th action at once passes",
      "refused: the 17th action at once is refused (rate_limited) until 0.125 s later",
      "allowed: 0.125 s later it passes, and not 1 ms before",
      "allowed: another agent (`another_agent`) passes: it has a counter of its own",
      "refused: its sub-agent `agent/helper` is refused (rate_limited): what it does is charged to both",
    ]);
    expect(cases[1]).toEqual({
      ...{ what: "over", verdict: "refused", at: 0, code: "rate_limited", retryAfterMs: 125 },
      action: { source: "agent", series: "tool" },
      text: "the 17th action at once is refused (rate_limited) until 0.125 s later",
    });
    expect(cases[2]).toMatchObject({ what: "again", verdict: "allowed", at: 125 });
  });

  test("without bursts, one more waits until the window is over; without `per` everybody waits", () => {
    expect(textsOf({ kind: "rate", limit: 3, window: "1m", match: { series: "send_*" } })).toEqual([
      "allowed: the 3rd action at once passes",
      "refused: the 4th action at once is refused (rate_limited) until 1 minute later",
      "allowed: 1 minute later it passes, and not 1 ms before",
      "refused: another agent (`another_agent`) is refused (rate_limited): one counter serves all",
      "allowed: `another_tool` passes",
    ]);
  });

  test("a limit nobody would count up to is booked, and the edge is still the engine's", () => {
    const began = performance.now();
    expect(textsOf({ kind: "rate", limit: 1_000_000_000, window: "1m" }).slice(0, 2)).toEqual([
      "allowed: the 1,000,000,000th action at once passes (the first 999,999,997 were booked in one go)",
      "refused: the 1,000,000,001st action at once is refused (rate_limited) until 1 minute later",
    ]);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test("a token bucket takes no bookings: it is said how far it was counted", () => {
    const input = { kind: "rate", limit: 1, window: "1s", burst: 1_000_000_000 } as const;
    expect(casesOf(input, { maxCounted: 500 })).toEqual([
      {
        ...{ what: "limit", verdict: "allowed", at: 0 },
        text: "the first 500 actions at once all pass; nobody counted on to 1,000,000,000",
      },
    ]);
  });

  test("a budget: all of it passes, a millionth more waits; what was not used is there again", () => {
    const input = {
      kind: "budget",
      measure: "usd",
      limit: 50,
      window: "1d",
      match: { except: { series: "search" } },
    };
    expect(textsOf(input as RuleInput)).toEqual([
      "allowed: $50.00 in all passes",
      "refused: $0.000001 more is refused (budget_exhausted) until 24 hours later",
      "allowed: 24 hours later it passes, and not 1 ms before",
      "allowed: an action that reserved $50.00 and did cost $20.00 leaves $30.00 for others",
      "refused: an action without a cost in usd is refused (cost_missing)",
      "refused: another agent (`another_agent`) is refused (budget_exhausted): one counter serves all",
      "allowed: `search` by `agent`, an exception, passes",
    ]);
  });

  test("a calendar budget opens with the calendar, wherever the day begins", () => {
    const window = { calendar: "day", timeZone: "Asia/Tokyo" } as const;
    const cases = casesOf({ kind: "budget", measure: "usd", limit: 1, window, assume: 0.5 });
    expect(cases[1]!.text).toBe(
      "$0.000001 more is refused (budget_exhausted) until the next calendar day (Asia/Tokyo) begins",
    );
    // It begins at noon, UTC.
    expect(cases[2]).toMatchObject({ what: "again", at: 3 * 3_600_000 });
    expect(cases.map(({ text }) => text)).toContain(
      "an action without a cost in usd passes and counts as $0.50",
    );
  });

  test("a budget for ever has no again", () => {
    const texts = textsOf({ kind: "budget", measure: "calls", limit: 2, window: "forever", per: "tag:run" });
    expect(texts).toEqual([
      "allowed: the 2nd action passes",
      "refused: the 3rd action is refused (budget_exhausted)",
      "allowed: another `run` (`a`) passes: it has a counter of its own",
    ]);
  });

  test("where the rule looks at costly actions only, it is filled with such", () => {
    const match = { costOver: { usd: 100 } };
    expect(textsOf({ kind: "budget", measure: "usd", limit: 500, window: "1h", match }).slice(0, 2)).toEqual([
      "allowed: the 4th action of $101.00 passes",
      "refused: the 5th action of $101.00 is refused (budget_exhausted) until 1 hour later",
    ]);
  });

  test("in flight: as many as allowed, and the next as soon as one has ended", () => {
    expect(textsOf({ kind: "concurrency", limit: 3, per: "source" }).slice(0, 3)).toEqual([
      "allowed: 3 in flight pass",
      "refused: the 4th is refused (concurrency_limited)",
      "allowed: as soon as one has ended, the next passes",
    ]);
  });
});

describe("what an action is", () => {
  test("one like it but for one condition passes", () => {
    const match = { source: "intern", series: ["delete_*", "drop_*"], tags: { env: "prod" } };
    expect(textsOf({ kind: "access", effect: "deny", match })).toEqual([
      "refused: `delete_example` by `intern` is refused (access_denied)",
      "refused: `drop_example` by `intern` is refused (access_denied)",
      "allowed: the same by `another_agent` passes",
      "allowed: `another_tool` passes",
      "allowed: tag `env` `another` passes",
      "allowed: one without tag `env` passes",
    ]);
  });

  test("an approval: asked, good for one action, and a rejection stays", () => {
    const match = { series: "refund", costOver: { usd: 200 } };
    expect(textsOf({ kind: "access", effect: "approve", match })).toEqual([
      "asked: `refund` by `agent` waits for a human",
      "allowed: once a human has approved exactly this action, it passes",
      "asked: and the same again waits for a human",
      "refused: once a human has rejected it, it is refused (approval_rejected)",
      "allowed: `another_tool` passes",
      "allowed: one of $200.00 passes",
      "asked: one of $200.000001 waits for a human",
      "asked: one without a cost in usd waits for a human",
    ]);
  });

  test("a list of what is allowed refuses the rest, for those it speaks about", () => {
    const match = { source: "researcher", series: ["search", "read_file"] };
    expect(textsOf({ kind: "access", effect: "allow", match })).toEqual([
      "allowed: `read_file` by `researcher` passes",
      "allowed: `search` by `researcher` passes",
      "allowed: the same by `another_agent` passes",
      "refused: `another_tool` is refused (access_denied)",
    ]);
  });

  test("words, mentions and arguments find an action that has them", () => {
    const match = { series: "~email", mentions: "production", args: { "to.count": { over: 5, under: 7 } } };
    const [first, ...others] = casesOf({ kind: "access", effect: "deny", match });
    expect(first).toMatchObject({
      verdict: "refused",
      action: { series: "email", args: { to: { count: 6 }, text: "production" } },
    });
    expect(others.map(({ verdict, text }) => `${verdict}: ${text}`)).toEqual([
      "allowed: `another_tool` passes",
      "allowed: one that mentions none of it passes",
      "allowed: one whose argument `to.count` is exactly 5 passes",
      "allowed: one whose argument `to.count` is exactly 7 passes",
      "allowed: one without argument `to.count` passes",
    ]);
  });

  test("a schedule that is an exception: a minute before and at each end, in its own time zone", () => {
    const schedule = { days: "weekdays", from: "09:30", to: "16:00", timeZone: "America/New_York" } as const;
    const match = { series: "trade", except: { schedule } };
    expect(textsOf({ kind: "access", effect: "deny", match }).slice(-4)).toEqual([
      "refused: on Mon at 09:29 (America/New_York) it is refused (access_denied)",
      "allowed: on Mon at 09:30 (America/New_York) it passes",
      "allowed: on Mon at 15:59 (America/New_York) it passes",
      "refused: on Mon at 16:00 (America/New_York) it is refused (access_denied)",
    ]);
  });

  test("days that follow on each other are one opening; regimes are tried, too", () => {
    const match = { schedule: { days: "weekends" }, regime: ["shock"] } as const;
    expect(textsOf({ kind: "rate", limit: 1, window: "1h", match }).slice(-6)).toEqual([
      "allowed: when the regime is normal, it passes",
      "allowed: when the regime is stressed, it passes",
      "allowed: on Fri at 23:59 (UTC) it passes",
      "refused: on Sat at 00:00 (UTC) it is refused (rate_limited)",
      "refused: on Sun at 23:59 (UTC) it is refused (rate_limited)",
      "allowed: on Mon at 00:00 (UTC) it passes",
    ]);
  });

  test("a size: exactly the limit passes, a millionth more does not", () => {
    expect(textsOf({ kind: "size", measure: "usd", limit: 500 })).toEqual([
      "allowed: an action of $500.00 passes",
      "refused: one of $500.000001 is refused (too_large)",
      "refused: one without a cost in usd is refused (cost_missing)",
    ]);
  });

  test("names that every object has are names like any other", () => {
    const match = { tags: { constructor: "a", __proto__x: "b" }, args: { "toString.valueOf": "c" } };
    expect(casesOf({ kind: "access", effect: "deny", match })[0]).toMatchObject({ verdict: "refused" });
  });

  test("conditions that contradict each other find no action, and that is said", () => {
    const match = { args: { a: { equals: "x" }, "a.b": { exists: true } } };
    expect(casesOf({ kind: "access", effect: "deny", match })).toEqual([
      expect.objectContaining({ what: "no-witness", verdict: "unknown" }),
    ]);
  });
});

describe("what lasts", () => {
  test("a timeout: a millisecond less runs on; the halt that follows stays until it is resumed", () => {
    expect(textsOf({ kind: "timeout", limit: "2m", then: "halt", match: { source: "bot" } })).toEqual([
      "allowed: an action that has run for 1 minute 59.999 s runs on",
      "halted: at 2 minutes it is stopped and halts all of `bot`",
      "halted: all of `bot` stays halted until an operator resumes it: a year later an action is refused (halted)",
      "allowed: resumed at once, the next passes",
      "allowed: the same by `another_agent` runs on",
    ]);
  });

  test("a timeout beyond a permit's life never acts, and that is said", () => {
    const [only] = casesOf({ kind: "timeout", limit: "1h" });
    expect(only).toMatchObject({ what: "expiry", verdict: "stopped", at: 900_000 });
    expect(only!.text).toContain("PERMIT_TTL_SECONDS");
  });

  test("a halt for a time ends on time", () => {
    const texts = textsOf({ kind: "rate", limit: 1, window: "1s", per: "source", then: "halt", for: "5m" });
    expect(texts).toEqual(
      expect.arrayContaining([
        "halted: the 2nd action at once is refused (rate_limited) and halts all of `agent`",
        "halted: all of `agent` is halted for 5 minutes: 1 ms before that is over an action is refused (halted)",
        "allowed: 5 minutes later it passes",
      ]),
    );
  });

  test("a breaker: failures in a row, the pause, and its trials", () => {
    expect(textsOf({ kind: "errors", consecutive: 5, for: "5m", per: "series" })).toEqual([
      "allowed: after 4 failures in a row the next passes",
      "allowed: after a success and 4 failures more it passes",
      "refused: after 5 failures in a row the next is refused (breaker_open) until 5 minutes later",
      "allowed: 5 minutes later it passes, and not 1 ms before",
      "refused: one beside the running trial is refused (breaker_open)",
      "allowed: once that trial succeeds, everything passes",
      "refused: if a trial fails, the next is refused (breaker_open) until 5 minutes later",
      "allowed: another tool (`another_tool`) passes: it has a counter of its own",
    ]);
  });

  test("a breaker on a rate: too few to tell, the most it bears, one more", () => {
    const input = { kind: "errors", ratePct: 30, window: "1m", minCalls: 10, for: "30s" } as const;
    expect(textsOf(input).slice(0, 3)).toEqual([
      "allowed: after 9 failures of 9 the next passes: too few to tell",
      "allowed: after 2 failures of 10 it passes",
      "refused: after 3 failures of 10 the next is refused (breaker_open) until 30 s later",
    ]);
  });

  test("a signal: never seen, just in time, a millisecond too late, there again", () => {
    expect(textsOf({ kind: "stale", signal: "price", maxAge: "30s" })).toEqual([
      "refused: while `price` has never arrived an action is refused (signal_stale)",
      "allowed: 30 s after it arrived an action passes",
      "refused: 1 ms later it is refused (signal_stale)",
      "allowed: when `price` arrives again it passes",
    ]);
  });

  test("a loss: what is borne, what is not, and what lifts it", () => {
    expect(textsOf({ kind: "loss", limitPct: 5, from: "peak", account: "main" })).toEqual([
      "allowed: before any balance is reported an action passes",
      "allowed: down $600.00 (5%) from its peak it passes",
      "refused: down $600.000001 from its peak it is refused (loss_limit); the report itself raises an alert",
      "allowed: once it is down $600.00 (5%) from its peak again an action passes",
      "allowed: when an account other than `main` falls so far, it passes",
    ]);
  });

  test("a floor that halts: the report halts, and resuming does not help while the balance is low", () => {
    const texts = textsOf({ kind: "floor", limit: 25, then: "halt" });
    expect(texts).toEqual(
      expect.arrayContaining([
        "allowed: at a balance of $25.00 it passes",
        "halted: at a balance of $24.999999 it is refused (halted): the report itself halts everything",
        "halted: resumed at once, the next is refused (balance_floor) and halts everything",
      ]),
    );
  });
});

describe("what stops nothing", () => {
  test("in shadow all pass, and it is said what would have been", () => {
    const cases = casesOf({ kind: "budget", measure: "calls", limit: 1, window: "1h", mode: "shadow" });
    expect(cases.every(({ verdict }) => verdict === "allowed")).toBe(true);
    expect(cases[1]).toMatchObject({
      ...{ what: "over", would: "refused", code: "budget_exhausted" },
      text: "the 2nd action passes in shadow; enforced it would be refused (budget_exhausted)",
    });
  });

  test("an alert lets pass", () => {
    expect(textsOf({ kind: "rate", limit: 1, window: "1h", then: "alert" }).slice(0, 2)).toEqual([
      "allowed: the 1st action at once passes",
      "alerted: the 2nd action at once passes, and an alert tells of it",
    ]);
  });
});

describe("rules that look for a pattern", () => {
  test("a loop: the last that passes, the one too many, and what makes it no repeat", () => {
    expect(textsOf({ kind: "loop", repeats: 6, per: "source" })).toEqual([
      "allowed: the same action for the 5th time passes",
      "refused: the same action for the 6th time is refused (loop)",
      "allowed: where something new came of the one before, it passes",
      "allowed: another agent (`another_agent`) passes: it has a counter of its own",
      "refused: its sub-agent `agent/helper` is refused (loop): what it does is charged to both",
    ]);
  });

  test("spending without progress: the most, a millionth more, and what makes it begin anew", () => {
    expect(textsOf({ kind: "loop", measure: "usd", limit: 5 })).toEqual([
      "allowed: $5.00 for a call that was made before passes",
      "alerted: $5.000001 for a call that was made before passes, and an alert tells of it",
      "refused: the next is refused (anomaly) until 1 minute later",
      "allowed: 1 minute later it passes, and not 1 ms before",
      "allowed: where something new came of it, the next passes",
      "refused: another agent (`another_agent`) is refused (anomaly): one counter serves all",
    ]);
    const dear = { kind: "loop", measure: "usd", limit: 5, match: { costOver: { usd: 2 } } } as const;
    expect(textsOf(dear).slice(0, 2)).toEqual([
      "allowed: the 1st repeat of $3.00 passes",
      "alerted: the 2nd repeat of $3.00 passes, and an alert tells of it",
    ]);
    expect(textsOf({ kind: "loop", measure: "calls", limit: 5, then: "alert" }).slice(0, 2)).toEqual([
      "allowed: the same action for the 6th time passes",
      "alerted: the same action for the 7th time passes, and an alert tells of it",
    ]);
  });

  test("newcomers with a number: the last one, one more, and when again", () => {
    expect(textsOf({ kind: "newcomers", of: "tag:to", limit: 3, window: "1m" })).toEqual([
      "allowed: the 3rd newcomer passes",
      "refused: the 4th newcomer is refused (anomaly) until 1 minute later",
      "allowed: 1 minute later it passes, and not 1 ms before",
    ]);
  });

  test("denials come from a rule beside it", () => {
    expect(textsOf({ kind: "denials", ratePct: 70, window: "1m", minCalls: 8 }).slice(0, 3)).toEqual([
      "allowed: after 6 of 6 denied the next passes",
      "alerted: after 7 of 7 denied the next passes, and an alert tells of it",
      "refused: the next is refused (anomaly)",
    ]);
  });

  test.each<readonly [RuleInput, RegExp, RegExp]>([
    [
      { kind: "loop" },
      /the same action for the \d+\w+ time passes/,
      /refused: the next is refused \(anomaly\)/,
    ],
    [{ kind: "denials", for: "5m" }, /after \d+ of \d+ denied the next passes/, /until 5 minutes later/],
    [
      { kind: "newcomers", of: "series" },
      /newcomers, all denied, the next action passes/,
      /until 1 minute later/,
    ],
    [{ kind: "runaway", for: "1h" }, /the \d+\w+ action at once passes/, /until 1 hour later/],
    [{ kind: "errors" }, /after \d+ failures in a row the next passes/, /until 30 s later/],
    [{ kind: "errors", budgetPct: 1 }, /after \d+ failures in a row the next passes/, /until 30 s later/],
    [
      { kind: "stale", signal: "feed" },
      /after 60 values a second apart, and \d.* s without one, an action passes/,
      /refused: 1 ms later it is refused \(signal_stale\)/,
    ],
  ])("without numbers its edge is found, too: %j", (input, passes, refuses) => {
    const texts = textsOf(input);
    expect(texts.find((text) => passes.test(text))).toMatch(/^allowed/);
    expect(texts.join("\n")).toMatch(refuses);
  });

  test("a halt by the event itself", () => {
    const texts = textsOf({ kind: "loop", then: "halt", per: "source" });
    expect(texts[1]).toMatch(/^halted: the same action .* passes, and with it all of `agent` is halted$/);
    expect(texts[2]).toBe("halted: the next is refused (halted)");
  });

  test("settings of the scorer stop nothing by themselves", () => {
    expect(casesOf({ kind: "score", settings: { decayHours: 12 } })).toMatchObject([
      { what: "history", verdict: "unknown" },
    ]);
  });
});

test("for any rule: cases, each with a sentence, and nothing thrown", () => {
  fc.assert(
    fc.property(arbitraryRule, (input) => {
      const cases = casesOf(input);
      expect(cases.length).toBeGreaterThan(0);
      for (const { text, verdict, would } of cases) {
        expect(text).toMatch(/^\S.*\S$/u);
        expect(text).not.toMatch(/undefined|NaN|\[object/);
        if (would !== undefined) expect(verdict).toBe("allowed");
      }
    }),
    { numRuns: 60 },
  );
});

test("a thousand rules take a few seconds", () => {
  const rules = Array.from({ length: 1000 }, (_, i): RuleInput => {
    const match = { source: `agent-${i}`, except: { series: "search" } };
    return i % 2 === 0
      ? { kind: "rate", limit: 1 + i, window: "1m", match, per: "source" }
      : { kind: "budget", measure: "usd", limit: i, window: "1d", match, then: "halt" };
  });
  const began = performance.now();
  for (const rule of compilePolicy(rules).rules) boundaryCases(rule);
  expect(performance.now() - began).toBeLessThan(15_000);
});
