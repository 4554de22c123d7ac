import type { RuleInput } from "rein";
import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";

const STORM: RuleInput = { kind: "denials", ratePct: 70, window: "1m", then: "alert" };

const RECIPIENTS: RuleInput = {
  kind: "newcomers",
  of: "tag:recipient",
  limit: 20,
  window: "1m",
  then: "halt",
};

const RUNAWAY: RuleInput = { kind: "runaway", multiple: 5, per: "source", then: "alert" };

/** "The same call" may be read with or without short cycles of calls. */
const loop = (rest: Omit<RuleInput & { kind: "loop" }, "kind" | "maxPeriod">): [RuleInput, RuleInput] => [
  { kind: "loop", maxPeriod: 1, ...rest },
  { kind: "loop", maxPeriod: 6, ...rest },
];

const KILL_15: RuleInput = { kind: "score", settings: { minSamplesForKill: 15 } };
const DEBOUNCE_2M: RuleInput = { kind: "score", settings: { debounceSeconds: 120 } };

export const DENIALS: readonly Entry[] = [
  ...accept(
    [
      "Alert when deny rate exceeds 70 percent over a 60 second window",
      "Alert when the deny rate exceeds 70% over 60 seconds",
      "Warn when the denial rate goes above 70 percent within a minute",
      "Alert if more than 70% of actions are denied within a minute",
      "If more than 70 percent of calls are denied within 60 seconds, alert",
      "Alert when more than 7 in 10 calls are denied within one minute",
      "Alert on actions when more than 70% of the actions of all agents together are denied within 1 minute, counting from 10",
    ],
    STORM,
  ),
  ...accept(
    [
      "Halt an agent when more than 70 percent of its calls are denied within a minute",
      "If more than 70% of an agent's calls are denied within 1 minute, halt it",
      "Halt any agent whose deny rate exceeds 70 percent over a minute",
    ],
    { kind: "denials", ratePct: 70, window: "1m", per: "source", then: "halt" },
  ),
  ...accept("Halt everything for 10 minutes when the deny rate exceeds 90 percent over 5 minutes", {
    kind: "denials",
    ratePct: 90,
    window: "5m",
    then: "halt",
    for: "10m",
  }),
  ...accept("Alert when more than half of all calls are denied within 2 minutes", {
    kind: "denials",
    ratePct: 50,
    window: "2m",
    then: "alert",
  }),
];

export const NEWCOMERS: readonly Entry[] = [
  ...accept(
    [
      "Halt when more than 20 new recipients appear within a minute",
      "Halt everything if more than 20 new recipients appear within 1 minute",
      "If more than twenty new recipients appear in a minute, halt",
      "Shut everything down when over 20 new recipients show up within 60 seconds",
      "Halt everything when there are more than 20 new recipients in one minute",
    ],
    RECIPIENTS,
  ),
  ...accept(
    [
      "Halt an agent that contacts more than 20 new recipients within a minute",
      "Halt any agent that brings more than 20 new recipients within a minute",
    ],
    { ...RECIPIENTS, per: "source" },
  ),
  ...accept(
    [
      "Alert when more than 10 new agents appear within an hour",
      "Alert when more than ten new callers appear within an hour",
      "Warn if over 10 new agents show up in an hour",
      "Alert on actions when all agents together bring more than 10 new agents within 1 hour",
    ],
    { kind: "newcomers", of: "source", limit: 10, window: "1h", then: "alert" },
  ),
  ...accept(
    [
      "Alert when an agent uses more than 5 new tools within 10 minutes",
      "Warn if any agent calls more than five new tools in 10 minutes",
    ],
    { kind: "newcomers", of: "series", limit: 5, window: "10m", per: "source", then: "alert" },
  ),
  ...accept("Block everything when more than 50 new domains appear within 5 minutes", {
    kind: "newcomers",
    of: "tag:domain",
    limit: 50,
    window: "5m",
  }),
];

export const RUNAWAYS: readonly Entry[] = [
  ...accept(
    [
      "Detect runaway callers at 5x baseline",
      "Detect runaway agents at five times baseline",
      "Alert on runaway callers at 5x their baseline",
      "Alert when an agent runs at more than 5 times its usual rate",
      "Flag any agent running at more than 5x its baseline",
      "Warn when a caller exceeds 5 times its baseline",
      "Alert on actions when each agent runs at more than 5 times the usual rate",
    ],
    RUNAWAY,
  ),
  ...accept(
    [
      "Halt any agent running at over 10 times its baseline",
      "Kill runaway agents at 10x baseline",
      "If an agent runs at more than ten times its usual rate, halt it",
    ],
    { kind: "runaway", multiple: 10, per: "source", then: "halt" },
  ),
  ...accept(["Block runaway callers at 3x baseline", "Stop runaway agents at 3 times baseline"], {
    kind: "runaway",
    multiple: 3,
    per: "source",
  }),
  ...accept("Pause runaway agents for 5 minutes at 2.5x baseline", {
    kind: "runaway",
    multiple: 2.5,
    per: "source",
    for: "5m",
  }),
];

export const LOOP: readonly Entry[] = [
  ...accept(
    [
      "Stop an agent that makes the same call 6 times in a row",
      "Stop any agent that repeats the same call 6 times in a row",
      "If an agent makes the same call six times in a row, stop it",
      "Block an agent that repeats the same call six times in a row",
    ],
    ...loop({ repeats: 6, per: ["source"] }),
  ),
  ...accept(
    [
      "Halt an agent that makes the same call 6 times in a row",
      "Kill any agent that repeats the same call six times in a row",
      "When an agent makes the same call 6 times in a row, shut it down",
    ],
    ...loop({ repeats: 6, per: ["source"], then: "halt" }),
  ),
  ...accept(
    [
      "Alert when an agent repeats the same call 10 times in a row",
      "Warn if any agent makes the same call ten times in a row",
    ],
    ...loop({ repeats: 10, per: ["source"], then: "alert" }),
  ),
  ...accept(
    "Pause an agent for 10 minutes when it makes the same call 4 times in a row",
    ...loop({ repeats: 4, per: ["source"], for: "10m" }),
  ),
  ...accept(
    "Stop actions when each agent repeats the same call, or a cycle of up to 4 calls, 6 times in a row",
    {
      kind: "loop",
      repeats: 6,
      maxPeriod: 4,
      per: "source",
    },
  ),
  ...either(
    "Kill any agent stuck in a loop of 6 identical calls",
    ...loop({ repeats: 6, per: ["source"], then: "halt" }),
  ),
];

export const SCORE: readonly Entry[] = [
  ...accept(
    [
      "Require 15 samples before killing a strategy",
      "Require at least 15 samples before killing a strategy",
      "Require fifteen samples before a strategy is killed",
      "Never kill a strategy before it has 15 samples",
      "Do not kill a strategy with fewer than 15 samples",
      "Score actions with at least 15 samples before a kill",
    ],
    KILL_15,
  ),
  ...accept(
    [
      "Debounce status changes for 120 seconds",
      "Debounce status changes for 2 minutes",
      "Debounce changes of status for two minutes",
    ],
    DEBOUNCE_2M,
  ),
  ...accept(
    [
      "Require 30 samples before a strategy turns green",
      "Require at least 30 samples before a strategy is green",
    ],
    {
      kind: "score",
      settings: { minSamplesForGreen: 30 },
    },
  ),
  ...either(["Cool down red strategies for 4 hours", "Keep red strategies blocked for at least 4 hours"], {
    kind: "score",
    settings: { redCooldownHours: 4 },
  }),
  ...accept("Score actions with `decayHours` = 12", { kind: "score", settings: { decayHours: 12 } }),
];
