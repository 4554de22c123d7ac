import type { z } from "zod";
import { SCORE_ORDER } from "./score-settings.js";
import { withHelp } from "./messages.js";

// These run also on a rule whose fields have issues of their own, so that one reading
// of the policy shows everything: fields may be missing or of another type.
type RawRule = Readonly<Record<string, unknown>>;
type Context = Pick<z.core.$RefinementCtx, "addIssue">;

/** Reports what is wrong between the fields of a rule. */
export function checkRule(rule: RawRule, context: Context): void {
  const report = (field: string, message: string, help: string): void => {
    context.addIssue({ code: "custom", path: [field], message: withHelp(message, help) });
  };
  checkFor(rule, report);
  checkThen(rule, report);
  checkPer(rule, report);
  BY_KIND.get(rule.kind)?.(rule, report);
}

type Report = (field: string, message: string, help: string) => void;

const BY_KIND: ReadonlyMap<unknown, (rule: RawRule, report: Report) => void> = new Map([
  ["budget", checkBudget],
  ["loss", checkLoss],
  ["errors", checkErrors],
  ["denials", checkDenials],
  ["newcomers", checkNewcomers],
  ["loop", checkLoop],
  ["score", checkScore],
]);

/** The kinds whose block may outlast the condition that called for it. */
const LASTING: ReadonlySet<unknown> = new Set(["errors", "denials", "newcomers", "runaway", "loop"]);

function checkFor(rule: RawRule, report: Report): void {
  if (rule.for === undefined || rule.then === "halt") return;
  if (LASTING.has(rule.kind) && rule.then === "block") return;
  report(
    "for",
    `means nothing here: only a halt, or a block by a rule of kind ${inWords([...LASTING])}, lasts for a time`,
    "leave `for` out, or write `then: halt`",
  );
}

function checkThen(rule: RawRule, report: Report): void {
  if (rule.halts !== undefined && rule.then !== "halt") {
    report("halts", "means nothing without `then: halt`", "leave `halts` out, or write `then: halt`");
  } else if (rule.halts === "key" && rule.per === undefined) {
    report("halts", "cannot be `key` without `per`", "give `per`, or use `all` to halt everything");
  }
  if (rule.kind === "timeout" && rule.then === "approve") {
    report(
      "then",
      "cannot be `approve` for a `timeout`: the action is already running when the time is over",
      "use `block` to end that action, `halt` or `alert`; to ask before an action starts write an `access` rule",
    );
  }
  if (rule.kind === "access" && rule.effect === "approve" && rule.then !== "block") {
    report(
      "then",
      "must be left out where `effect` is `approve`: that effect already asks",
      "leave `then` out, or use `effect: deny` with it",
    );
  }
}

/** What these kinds watch, and how to watch several of them. */
const WATCHED: ReadonlyMap<unknown, string> = new Map([
  ["loss", "it watches an account: name it in `account`, and write one rule for each"],
  ["floor", "it watches an account: name it in `account`, and write one rule for each"],
  ["stale", "it watches a signal: write one rule for each signal"],
]);

function checkPer(rule: RawRule, report: Report): void {
  const help = WATCHED.get(rule.kind);
  if (rule.per === undefined || help === undefined) return;
  report("per", `means nothing on a \`${String(rule.kind)}\` rule`, `leave \`per\` out: ${help}`);
}

function checkBudget(rule: RawRule, report: Report): void {
  if (rule.measure !== "calls") return;
  if (typeof rule.limit === "number" && !Number.isInteger(rule.limit)) {
    report(
      "limit",
      `must be a whole number where the measure is \`calls\`, not \`${rule.limit}\``,
      "each action is one call",
    );
  }
  if (rule.assume !== undefined) {
    report(
      "assume",
      "means nothing where the measure is `calls`",
      "each action is one call, so nothing needs to be assumed",
    );
  }
}

function checkLoss(rule: RawRule, report: Report): void {
  if ((rule.limit === undefined) === (rule.limitPct === undefined)) {
    report(
      "limit",
      rule.limit === undefined ? "is missing: give it or `limitPct`" : "cannot stand beside `limitPct`",
      "give exactly one: `limitPct` in percent, `limit` in money; for both write two rules",
    );
  }
}

/** The ways in which a breaker may be given its bound; with none of them it is calibrated. */
const ERROR_BOUNDS = ["consecutive", "ratePct", "budgetPct"] as const;

function checkErrors(rule: RawRule, report: Report): void {
  const [bound, other] = ERROR_BOUNDS.filter((field) => rule[field] !== undefined);
  if (bound !== undefined && other !== undefined) {
    report(
      bound,
      `cannot stand beside \`${other}\``,
      "give one: `consecutive` failures in a row, `ratePct` with `window`, or `budgetPct`; for several write several rules",
    );
  } else if (bound === "ratePct") {
    if (rule.window === undefined) {
      report("window", "is missing: a failure rate needs one", "write for instance `window: 1m`");
    }
  } else {
    refuseAll(
      rule,
      ["window", "minCalls"],
      bound === undefined ? "means nothing without `ratePct`" : `means nothing beside \`${bound}\``,
      "leave it out, or count with `ratePct` instead",
      report,
    );
  }
}

const WITHOUT_NUMBERS = "or leave all numbers out for a calibrated detector";

function checkDenials(rule: RawRule, report: Report): void {
  if (rule.ratePct === undefined) {
    if (rule.window !== undefined) {
      report(
        "ratePct",
        "is missing: a window needs a rate",
        `write for instance \`ratePct: 50\`, ${WITHOUT_NUMBERS}`,
      );
    } else {
      refuseAll(
        rule,
        ["minCalls"],
        "means nothing without `ratePct`",
        "leave it out, or give `ratePct` and `window`",
        report,
      );
    }
  } else if (rule.window === undefined) {
    report(
      "window",
      "is missing: a rate of denials needs one",
      `write for instance \`window: 1m\`, ${WITHOUT_NUMBERS}`,
    );
  }
}

function checkNewcomers(rule: RawRule, report: Report): void {
  if ((rule.limit === undefined) === (rule.window === undefined)) return;
  const [missing, given, example] =
    rule.limit === undefined ? ["limit", "window", "20"] : ["window", "limit", "1m"];
  report(
    missing,
    `is missing beside \`${given}\``,
    `write for instance \`${missing}: ${example}\`, ${WITHOUT_NUMBERS}`,
  );
}

function checkLoop(rule: RawRule, report: Report): void {
  if (rule.repeats === undefined && rule.maxPeriod !== undefined) {
    report(
      "maxPeriod",
      "means nothing without `repeats`",
      "leave it out, or say how many `repeats` make a loop",
    );
  }
  if (rule.repeats !== undefined && (rule.measure !== undefined || rule.limit !== undefined)) {
    report(
      "repeats",
      `cannot stand beside \`${rule.measure === undefined ? "limit" : "measure"}\``,
      "give `repeats`, or `measure` with `limit`; for both write two rules",
    );
  } else if ((rule.measure === undefined) !== (rule.limit === undefined)) {
    const [missing, given, example] =
      rule.measure === undefined ? ["measure", "limit", "usd"] : ["limit", "measure", "5"];
    report(
      missing,
      `is missing beside \`${given}\``,
      `write for instance \`${missing}: ${example}\`, ${WITHOUT_NUMBERS}`,
    );
  } else if (rule.measure === "calls" && typeof rule.limit === "number" && !Number.isInteger(rule.limit)) {
    report(
      "limit",
      `must be a whole number where the measure is \`calls\`, not \`${rule.limit}\``,
      "each action is one call",
    );
  }
}

function refuseAll(
  rule: RawRule,
  fields: readonly string[],
  message: string,
  help: string,
  report: Report,
): void {
  for (const field of fields) if (rule[field] !== undefined) report(field, message, help);
}

function checkScore(rule: RawRule, report: Report): void {
  if (rule.then === "halt" || rule.then === "approve") {
    report(
      "then",
      "means nothing on a `score` rule",
      "leave `then` out: the status of a lane decides what passes; or write `then: alert`, so that it is only told",
    );
  }
  if (rule.per !== undefined) {
    report("per", "means nothing on a `score` rule", "leave `per` out: each lane is scored by itself");
  }
  const named = conditionsOf(rule.match).find((field) => field !== "source" && field !== "series");
  if (named !== undefined) {
    report(
      "match",
      `cannot have \`${named}\` on a \`score\` rule: a lane is scored as a whole`,
      "a lane is a source and a series: name these, and leave the rest out",
    );
  }
  if (typeof rule.settings !== "object" || rule.settings === null) return;
  const settings = new Map<string, unknown>(Object.entries(rule.settings));
  for (const [low, high] of SCORE_ORDER) {
    const [a, b] = [settings.get(low), settings.get(high)];
    if (typeof a === "number" && typeof b === "number" && a > b) {
      report(
        "settings",
        `must not have \`${low}\` above \`${high}\``,
        "the stricter status needs the stricter threshold",
      );
    }
  }
}

/** The names of the conditions in a `match`, those of its exceptions too. */
function conditionsOf(match: unknown): string[] {
  if (typeof match !== "object" || match === null) return [];
  const { except, ...clause } = match as Readonly<Record<string, unknown>>;
  const given = Object.entries(clause).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  return [...given, ...[except].flat().flatMap(conditionsOf)];
}

function inWords(names: readonly unknown[]): string {
  const quoted = names.map((name) => `\`${String(name)}\``);
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1) ?? ""}`;
}
