import { z } from "zod";
import { cleanName } from "../core/names.js";
import {
  amountField,
  balanceField,
  durationField,
  illegible,
  isLegible,
  MAX_POLICY_NAME,
  nameField,
  oneOf,
  oneOrMore,
  percentField,
  positiveAmount,
  strict,
  timeZoneField,
  wholeNumber,
} from "./fields.js";
import { matchSchema } from "./match.js";
import { must, withHelp } from "./messages.js";
import { checkRule } from "./rule-checks.js";
import { SCORE_SETTINGS, type ScoreSetting } from "./score-settings.js";

/** The longest rule id. */
const MAX_RULE_ID = 100;

/** What one counter belongs to. */
export type PerKey = "source" | "series" | `tag:${string}`;

const idError = must(`1 to ${MAX_RULE_ID} characters without control characters`);

const keyError = must("`source`, `series` or `tag:NAME`", "a tag needs its prefix: `tag:tenant`");

const keyField = z
  .string({ error: keyError })
  .regex(/^(?:source|series|tag:[^\u0000-\u001f\u007f-\u009f]+)$/, { error: keyError, abort: true })
  .max("tag:".length + MAX_POLICY_NAME, { error: keyError, abort: true })
  .refine((text) => isLegible(text.replace("tag:", "")), { error: illegible })
  .transform((text) => text as PerKey);

const common = {
  id: z
    .string({ error: idError })
    .min(1, { error: idError, abort: true })
    .max(MAX_RULE_ID, { error: idError, abort: true })
    .refine((text) => cleanName(text, MAX_RULE_ID) === text, { error: idError, abort: true })
    .refine(isLegible, { error: illegible })
    .optional()
    .describe("Names the rule in refusals and in the log; without one it is the kind and a number."),
  match: matchSchema.optional(),
  per: oneOrMore(keyField, "`source`, `series`, `tag:NAME` or a list of these")
    .refine((keys) => new Set(keys).size === keys.length, { error: "must not name the same thing twice" })
    .transform((keys) => [...keys].sort())
    .optional()
    .describe("What one counter belongs to; without it one counter serves all."),
  then: oneOf(["block", "halt", "approve", "alert"])
    .default("block")
    .describe("What happens: block the action, halt the scope, ask a human, or only tell."),
  for: durationField()
    .optional()
    .describe(
      "How long a halt lasts, or a block by an `errors`, `denials`, `newcomers`, `runaway` or `loop` rule. Without it a halt lasts until resumed; a breaker waits 30 s before it tries again; a block by a detector without numbers or by `runaway` lasts 60 s, by `denials` or `newcomers` with numbers until their condition ends, by `loop` with numbers until another call is made.",
    ),
  halts: oneOf(["match", "key", "all"])
    .optional()
    .describe(
      "What a halt stops: `match`, what the rule matches, narrowed to the counter that tripped; `key`, everything of that counter's `per` key; `all`, everything. `match` when absent.",
    ),
  mode: oneOf(["enforce", "shadow"])
    .optional()
    .describe("`shadow` records what the rule would have done and blocks nothing."),
};

/** What a rule is that names no number. */
const CALIBRATED =
  "Without numbers it is a calibrated detector: FALSE_ALARMS_PER_MILLION bounds how often it is wrong.";

/** Beyond it the slower pair of an error budget's windows could never burn fast enough. */
const MAX_ERROR_BUDGET = 16;

const window = () => durationField().describe("Any span of this length.");
const minCalls = () =>
  wholeNumber(1).describe("How many actions the window must hold before a rate means anything.");
const account = nameField("an account")
  .optional()
  .describe("The account whose balance counts; every account, each by itself, when absent.");

const calendarWindow = strict("a calendar window", {
  calendar: oneOf(["hour", "day", "week", "month", "year"]).describe(
    "The calendar period; weeks begin on Monday.",
  ),
  timeZone: timeZoneField().describe("Time zone of the IANA database in which the period is meant."),
});

const WINDOW = "a duration such as `1d`, `forever`, or an object such as `{ calendar: day, timeZone: UTC }`";

const scoreShape = Object.fromEntries(
  Object.entries(SCORE_SETTINGS).map(([name, { integer, min, max }]) => {
    const error = must(`a ${integer ? "whole " : ""}number from ${min} to ${max}`);
    const field = z.number({ error }).min(min, { error, abort: true }).max(max, { error, abort: true });
    return [name, (integer ? field.int({ error }) : field).optional()];
  }),
) as Record<ScoreSetting, z.ZodOptional<z.ZodNumber>>;

/** The rule kinds, one schema each. */
export const RULE_SCHEMAS = [
  kind("rate", "At most so many actions in any window, or a token bucket when bursts are named.", {
    limit: wholeNumber(1).describe("Actions per window."),
    window: window(),
    burst: wholeNumber(1).optional().describe("The bucket's size; with it the rule is a token bucket."),
  }),
  kind("budget", "At most this sum of a measure in a window.", {
    measure: nameField("a measure").describe("What is summed: `calls`, `usd`, `tokens` or any name."),
    limit: amountField().describe("The largest sum."),
    window: z
      .union([durationField(WINDOW), z.literal("forever"), calendarWindow], { error: must(WINDOW) })
      .describe("Any span of this length, a calendar period, or `forever`, which never resets."),
    assume: amountField()
      .optional()
      .describe(
        "The cost of an action that does not name the measure; without it such an action is refused.",
      ),
  }),
  kind("concurrency", "At most so many actions in flight.", {
    limit: wholeNumber(1).describe("Actions in flight."),
  }),
  kind("access", "Who may do what: only these, never these, or these after a human agreed.", {
    effect: oneOf(["allow", "deny", "approve"]).describe(
      "`allow`: only these; `deny`: never these; `approve`: ask first.",
    ),
  }),
  kind("size", "No single action above this.", {
    measure: nameField("a measure").describe("What is compared: `usd`, `tokens` or any name."),
    limit: amountField().describe("The largest cost of one action."),
  }),
  kind("timeout", "No action runs longer than this.", {
    limit: durationField().describe("The longest running time."),
  }),
  kind("loss", "Stop when too much is lost since the start of the day, the peak or the start.", {
    limitPct: percentField().optional().describe("The largest loss in percent."),
    limit: positiveAmount().optional().describe("The largest loss in money."),
    from: oneOf(["day", "peak", "start"]).default("day").describe("What the loss is measured from."),
    account,
  }),
  kind("floor", "Stop when a balance is below this.", {
    limit: balanceField().describe("The lowest balance; may be negative."),
    account,
  }),
  kind("errors", "A breaker: opens on failures, lets probes through later, closes when they succeed.", {
    consecutive: wholeNumber(1).optional().describe("Failures in a row that open it."),
    ratePct: percentField()
      .optional()
      .describe("Share of failures in the window, in percent, that opens it."),
    window: window().optional(),
    minCalls: minCalls()
      .optional()
      .describe("How many actions the window must hold before the rate counts; 10 when absent."),
    budgetPct: percentField()
      .max(MAX_ERROR_BUDGET, {
        error: must(
          `a percentage above 0, up to ${MAX_ERROR_BUDGET}`,
          "it opens at 6 times the budget, and no more than all actions can fail: for a larger share use `ratePct`",
        ),
      })
      .optional()
      .describe(
        "Error budget: the share of failures, in percent, that is accepted in the long run. It opens when the budget burns 14.4 times too fast over both 1 m and 5 m, or 6 times over both 5 m and 30 m.",
      ),
    probes: wholeNumber(1).default(1).describe("Successful probes that close it again."),
  }),
  kind("stale", "Stop when a signal stopped arriving; one that was never seen is stale too.", {
    signal: nameField("a signal").describe("The signal's name."),
    maxAge: durationField()
      .optional()
      .describe("The oldest that its last value may be; learned from the signal's own rhythm when absent."),
  }),
  kind("denials", `A storm of denials. ${CALIBRATED}`, {
    ratePct: percentField()
      .lt(100, { error: must("a percentage above 0, below 100", "no more than all actions can be denied") })
      .optional()
      .describe("Share of denials in the window, in percent, that is still accepted."),
    window: window().optional(),
    minCalls: minCalls()
      .optional()
      .describe("How many actions the window must hold before the rate counts; 10 when absent."),
  }),
  kind(
    "newcomers",
    `Too many never-seen callers, actions or tag values: somebody is enumerating. ${CALIBRATED}`,
    {
      of: keyField.describe("What is new: `source`, `series` or `tag:NAME`."),
      limit: wholeNumber(1).optional().describe("Newcomers per window."),
      window: window().optional(),
    },
  ),
  kind("runaway", "A rate far above the lane's own baseline.", {
    multiple: z
      .number({ error: must("a number above 1") })
      .gt(1, { error: must("a number above 1"), abort: true })
      .max(1_000_000, { error: must("a number above 1, up to 1000000") })
      .default(5)
      .describe("How many times the baseline."),
  }),
  kind("loop", `The same calls over and over, or spending of which nothing new comes. ${CALIBRATED}`, {
    repeats: wholeNumber(2)
      .optional()
      .describe(
        "The call that would be the same one this often in a row, or complete this many rounds of a cycle, is refused; one of which something new came counts as no repeat.",
      ),
    maxPeriod: wholeNumber(1, 6)
      .optional()
      .describe("The longest cycle that is looked for, in calls; 6 when absent."),
    measure: nameField("a measure")
      .optional()
      .describe("What is spent without progress: `calls`, `usd`, `tokens` or any name."),
    limit: positiveAmount().optional().describe("The largest sum since something new came of it."),
  }),
  kind("score", "Settings of the Bayesian scorer for what the rule matches.", {
    settings: strict("the scorer's settings", scoreShape)
      .refine((settings) => Object.values(settings).some((value) => value !== undefined), {
        error: withHelp("is empty", "name at least one setting, such as `minSamplesForKill`"),
      })
      .describe("Settings by name, in camelCase."),
  }),
] as const;

function kind<const K extends string, S extends z.ZodRawShape>(name: K, description: string, shape: S) {
  return strict(`a \`${name}\` rule`, { kind: z.literal(name), ...shape, ...common })
    .check(z.superRefine(checkRule, { when: () => true }))
    .overwrite((rule) => withConditionalDefaults(rule))
    .describe(description);
}

/** A default that belongs to one form of a rule cannot be the field's own. */
function withConditionalDefaults<R extends object>(rule: R): R {
  const {
    kind: name,
    ratePct,
    minCalls: given,
    repeats,
    maxPeriod,
  } = rule as Readonly<Record<string, unknown>>;
  const isRate = (name === "errors" || name === "denials") && ratePct !== undefined;
  if (isRate && given === undefined) return { ...rule, minCalls: 10 };
  return name === "loop" && repeats !== undefined && maxPeriod === undefined
    ? { ...rule, maxPeriod: 6 }
    : rule;
}
