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
  ["score", checkScore],
]);

function checkFor(rule: RawRule, report: Report): void {
  if (rule.for === undefined || rule.then === "halt") return;
  if (rule.kind === "errors" && rule.then === "block") return;
  report(
    "for",
    "means nothing here: only a halt, or a block by an `errors` rule, lasts for a time",
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

function checkErrors(rule: RawRule, report: Report): void {
  const byRate = rule.ratePct !== undefined;
  if (byRate === (rule.consecutive !== undefined)) {
    report(
      "consecutive",
      byRate ? "cannot stand beside `ratePct`" : "is missing: give it or `ratePct`",
      "give exactly one: `consecutive` failures in a row, or `ratePct` with `window`; for both write two rules",
    );
  } else if (byRate && rule.window === undefined) {
    report("window", "is missing: a failure rate needs one", "write for instance `window: 1m`");
  } else if (!byRate) {
    for (const field of ["window", "minCalls"]) {
      if (rule[field] === undefined) continue;
      report(field, "means nothing beside `consecutive`", "leave it out, or count with `ratePct` instead");
    }
  }
}

function checkScore(rule: RawRule, report: Report): void {
  for (const [field, isGiven] of [
    ["then", rule.then !== "block"],
    ["per", rule.per !== undefined],
  ] as const) {
    if (isGiven && rule[field] !== undefined) {
      report(
        field,
        "means nothing on a `score` rule",
        `leave \`${field}\` out: the settings change how lanes are scored, and stop nothing by themselves`,
      );
    }
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
