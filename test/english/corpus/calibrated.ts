import type { RuleInput } from "rein";
import { accept, refuse, refuseNear } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const STORM: RuleInput = { kind: "denials" };
const CIRCLES: RuleInput = { kind: "loop", per: "source" };
const QUIET: RuleInput = { kind: "stale", signal: "price_feed", match: { series: "~trade" } };
const IDLE_5: RuleInput = { kind: "loop", measure: "usd", limit: 5, per: "source" };
const IDLE_RUN: RuleInput = { kind: "loop", measure: "tokens", limit: 100_000, per: "tag:run" };
const BUDGET_1: RuleInput = { kind: "errors", budgetPct: 1, per: "series" };

/** Rules without numbers: what is too much, a calibrated detector decides. */
export const CALIBRATED: readonly Entry[] = [
  ...accept(
    [
      "Alert on a deny storm",
      "Alert me on deny storms",
      "Detect deny storms",
      "Notify us about a storm of denials",
      "Alert when there is a deny storm",
      "Alert when actions keep being denied",
      "Warn when calls are refused again and again",
    ],
    { ...STORM, then: "alert" },
  ),
  ...accept(
    [
      "Halt an agent when its calls keep being denied",
      "Halt an agent on a deny storm",
      "Kill any bot that causes a deny storm",
      "Halt any agent whose requests keep being rejected",
      "If an agent keeps being denied, halt it",
      "Halt actions when the actions of any agent keep being denied",
    ],
    { ...STORM, per: "source", then: "halt" },
  ),
  ...accept(
    [
      "Pause an agent for 10 minutes when its calls keep being denied",
      "If an agent's calls keep being denied, block it for 10 minutes",
    ],
    { ...STORM, per: "source", for: "10m" },
  ),
  ...accept(
    ["Ask a human when an agent's calls keep being denied", "Ask me when an agent keeps getting denied"],
    { ...STORM, per: "source", then: "approve" },
  ),
  ...accept("Alert when calls to `search` keep being refused", {
    ...STORM,
    match: { series: "search" },
    then: "alert",
  }),
  ...accept(
    [
      "Alert when an agent enumerates recipients",
      "Warn if any agent is enumerating recipients",
      "Detect enumeration of recipients per agent",
      "Alert on enumeration of recipients by any agent",
    ],
    { kind: "newcomers", of: "tag:recipient", per: "source", then: "alert" },
  ),
  ...accept(
    [
      "Halt when recipients are being enumerated",
      "Halt everything when recipients are being enumerated",
      "If recipients are being enumerated, shut everything down",
    ],
    { kind: "newcomers", of: "tag:recipient", then: "halt" },
  ),
  ...accept(
    ["Alert on enumeration of callers", "Detect enumeration of agents", "Alert when callers are enumerated"],
    { kind: "newcomers", of: "source", then: "alert" },
  ),
  ...accept(
    [
      "Block an agent for 10 minutes when it enumerates tenants",
      "Pause any agent for 10 minutes that enumerates tenants",
    ],
    { kind: "newcomers", of: "tag:tenant", per: "source", for: "10m" },
  ),
  ...accept(
    "Halt an agent that enumerates more than 3 recipients within a minute",
    { kind: "newcomers", of: "tag:recipient", limit: 3, window: "1m", per: "source", then: "halt" },
    ["a", "b", "c", "c"]
      .reduce((script, recipient) => script.ok({ tags: { recipient } }), run())
      .no({ tags: { recipient: "d" } })
      .no({ tags: { recipient: "a" } })
      .ok({ by: "b", tags: { recipient: "d" } }),
  ),
  ...accept(
    [
      "Detect runaway callers",
      "Detect runaway agents",
      "Warn me about runaway agents",
      "Alert when an agent runs away",
      "Alert when an agent runs at more than 5 times its usual rate",
    ],
    { kind: "runaway", multiple: 5, per: "source", then: "alert" },
  ),
  ...accept(["Block runaway callers for 5 minutes", "Pause runaway agents for 5 minutes"], {
    ...{ kind: "runaway", multiple: 5 },
    per: "source",
    for: "5m",
  }),
  ...accept("Halt runaway agents", { kind: "runaway", multiple: 5, per: "source", then: "halt" }),
  ...accept(
    [
      "Halt an agent that goes round in circles",
      "Halt an agent that loops",
      "Kill agents that go in circles",
      "If an agent is stuck in a loop, halt it",
      "Halt any agent that keeps repeating itself",
    ],
    { ...CIRCLES, then: "halt" },
  ),
  ...accept(
    ["Detect loops", "Detect looping agents", "Alert on loops", "Alert when an agent goes round in circles"],
    { ...CIRCLES, then: "alert" },
  ),
  ...accept(
    [
      "No agent may go round in circles",
      "No loops",
      "Block looping agents",
      "Stop an agent that makes the same call over and over",
    ],
    CIRCLES,
  ),
  ...accept(
    [
      "Block an agent for 5 minutes when it loops",
      "If an agent loops, block it for 5 minutes",
      "Block looping agents for 5 minutes",
    ],
    { ...CIRCLES, for: "5m" },
  ),
  ...accept("Alert when a run goes round in circles", { kind: "loop", per: "tag:run", then: "alert" }),
  ...accept(["Pause a tool that keeps failing", "Pause a tool when it fails again and again"], {
    kind: "errors",
    per: "series",
  }),
  ...accept("Pause a tool for 2 minutes when it keeps failing, until 3 probes succeed", {
    ...{ kind: "errors", per: "series" },
    for: "2m",
    probes: 3,
  }),
  ...accept(
    [
      "Pause a tool for 5 minutes when it burns its 1 percent error budget too fast",
      "Pause a tool for 5 minutes when its 1 percent error budget burns too fast",
      "When a tool burns its 1% error budget too fast, pause it for 5 minutes",
      "Pause a tool for 5 minutes when it is burning through its 1% error budget too quickly",
    ],
    { ...BUDGET_1, for: "5m" },
  ),
  ...accept(
    [
      "Alert when the 1% error budget burns too fast",
      "Alert when actions burn their 1% error budget too fast",
    ],
    {
      kind: "errors",
      budgetPct: 1,
      then: "alert",
    },
  ),
  ...accept(
    [
      "Stop trading when the price feed goes quiet",
      "Stop trading when the price feed misses its usual rhythm",
      "No trading when the price feed falls silent",
      "If the price feed stops arriving, stop trading",
      "Stop trading when `price_feed` has gone quiet",
    ],
    QUIET,
  ),
];

/** What is spent or repeated while nothing new comes of it. */
export const PROGRESS: readonly Entry[] = [
  ...accept(
    [
      "Halt an agent that spends more than $5 without progress",
      "Halt the agent when it spends more than $5 without making progress",
      "If an agent spends more than $5 with nothing to show for it, halt it",
    ],
    { ...IDLE_5, then: "halt" },
  ),
  ...accept(
    [
      "Let no agent spend more than $5 without progress",
      "Each agent may spend at most $5 without progress",
      "Cap each agent at $5 without progress",
    ],
    IDLE_5,
    // Nobody tells results here, so the first call is news and the others are not.
    run().ok(4, { usd: 2 }).no({ usd: 2 }).ok({ by: "b", usd: 2 }),
  ),
  ...accept(
    [
      "Stop any run that uses 100000 tokens without progress",
      "Stop any run that uses more than 100k tokens without progress",
      "Cap each run at 100k tokens without progress",
    ],
    IDLE_RUN,
  ),
  ...accept("Alert when an agent makes more than 30 calls without progress", {
    ...{ kind: "loop", measure: "calls", limit: 30 },
    per: "source",
    then: "alert",
  }),
  ...accept(
    [
      "Stop an agent that makes the same call 3 times in a row without progress",
      "Stop an agent that makes the same call 3 times in a row and nothing new comes of it",
    ],
    { kind: "loop", repeats: 3, maxPeriod: 1, per: "source" },
    run().ok(2).no().ok({ does: "read" }).ok(2).no(),
  ),
];

export const UNCALIBRATED: readonly Entry[] = [
  ...refuse("the stop, or what sets it off: which of them lasts so long?", [
    "Block an agent that loops for 5 minutes",
    "Block an agent that keeps being denied for 5 minutes",
    "Pause a tool that keeps failing for 2 minutes",
    "Pause any agent that enumerates customers for 10 minutes",
  ]),
  ...refuse("how large is the error budget?", [
    "Pause a tool when it burns its error budget too fast",
    "Pause a tool when it burns its 1 percent error budget",
    "Pause a tool when it burns 1 percent too fast",
    "Pause a tool when it burns its 20% error budget too fast",
    "Pause a tool when it burns its 0% error budget too fast",
  ]),
  ...refuse("how much may be spent meanwhile?", [
    "Halt an agent that makes no progress",
    "Halt an agent that makes no progress for 10 minutes",
    "Halt an agent that spends too much without progress",
    "Stop an agent without progress",
  ]),
  ...refuse("a window beside what has none", [
    "Each agent may spend at most $5 without progress per day",
    "Let each agent make at most 5 calls per minute without progress",
    "Alert on a deny storm within a minute",
    "Alert when recipients are being enumerated within an hour",
  ]),
  ...refuse("enumeration of what?", ["Alert on enumeration", "Alert when an agent enumerates"]),
  ...refuse("how old is too old?", [
    "Stop trading when the price feed is late",
    "Stop trading when the price feed becomes stale",
    "Stop trading when the price feed goes quiet for a while",
  ]),
  ...refuse("it runs away, or it is a loop?", ["Detect any runaway loop", "Detect runaway"]),
  ...refuse("a bound is missing", [
    "Halt an agent that enumerates more than 20 recipients",
    "Pause a tool when it fails",
    "Pause a failing tool",
  ]),
  ...refuse("a tag says nothing of a lane", [
    "Score actions where tag `tenant` is `acme` with `decayHours` = 12",
    "Score actions where the regime is shock with `decayHours` = 12",
  ]),
  ...refuseNear("each by itself, or all together? the 20th, or the one after?", [
    "Agents must not go round in circles",
    "Stop an agent that makes 20 calls without progress",
  ]),
];
