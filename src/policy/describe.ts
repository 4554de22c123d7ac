import { speakDuration } from "../core/duration.js";
import { amountOf, describeMatch, quote } from "./describe-match.js";
import type { Rule, RuleOf } from "./schema.js";

/**
 * Returns one English sentence that says all of a rule but its id, for example
 * `Cap each source at 8 actions per second with bursts of 16 (rate)`. Two rules that mean
 * different things never read the same.
 */
export function describeRule(rule: Rule): string {
  const { what, whose } = describeKind(rule);
  // Where no counter is mentioned, `per` still narrows what a halt stops.
  const counted = whose || rule.per === undefined ? "" : `, for ${subjectOf(rule)} apart`;
  const mode = rule.mode === undefined ? "" : rule.mode === "shadow" ? ", in shadow" : ", enforced";
  const match = describeMatch(rule.match);
  const scope = match === "" ? "" : `${rule.kind === "access" ? " " : ", "}${match}`;
  return `${what}${scope}${counted}${describeThen(rule)} (${rule.kind}${mode})`;
}

/** Returns the rules with their ids, one line each. */
export function explainRules(rules: readonly Rule[]): string {
  return rules.map((rule) => `${rule.id}: ${describeRule(rule)}`).join("\n");
}

interface Phrase {
  readonly what: string;
  /** Whether the phrase names what one counter belongs to. */
  readonly whose: boolean;
}

function describeKind(rule: Rule): Phrase {
  const subject = subjectOf(rule);
  const all = rule.per === undefined;
  const counted = (what: string): Phrase => ({ what, whose: true });
  const plain = (what: string): Phrase => ({ what, whose: false });
  switch (rule.kind) {
    case "rate": {
      const bursts = rule.burst === undefined ? "" : ` with bursts of ${rule.burst}`;
      return counted(
        `Cap ${subject} at ${count(rule.limit, "action")} per ${speakDuration(rule.window)}${bursts}`,
      );
    }
    case "budget":
      return counted(describeBudget(rule, subject));
    case "concurrency":
      return counted(`Let ${subject} have at most ${count(rule.limit, "action")} in flight`);
    case "access":
      return plain(ACCESS[rule.effect]);
    case "size":
      return plain(`Refuse any single action above ${amountOf(rule.measure, rule.limit)}`);
    case "timeout":
      return plain(`Stop any action that runs longer than ${rule.limit}`);
    case "loss": {
      const limit = rule.limitPct === undefined ? amountOf("usd", rule.limit ?? 0) : `${rule.limitPct}%`;
      return plain(
        `Stop actions while ${accountOf(rule)} is down more than ${limit} from ${FROM[rule.from]}`,
      );
    }
    case "floor":
      return plain(
        `Stop actions while the balance of ${accountOf(rule)} is below ${amountOf("usd", rule.limit)}`,
      );
    case "errors":
      return counted(describeErrors(rule, subject));
    case "stale":
      return plain(
        `Stop actions while signal ${quote(rule.signal)} is older than ${rule.maxAge} or was never seen`,
      );
    case "denials":
      return counted(
        `Act when more than ${rule.ratePct}% of ${all ? subject : `the actions of ${subject}`} are denied within ${rule.window}, counting from ${rule.minCalls}`,
      );
    case "newcomers":
      return counted(
        `Act when ${subject} ${all ? "bring" : "brings"} more than ${rule.limit} never-seen values of ${keyName(rule.of)} within ${rule.window}`,
      );
    case "runaway":
      return counted(
        `Act when ${subject} ${all ? "run" : "runs"} above ${rule.multiple} times the usual rate`,
      );
    case "loop":
      return counted(
        `Act when ${subject} ${all ? "make" : "makes"} the same call, or a cycle of up to ${rule.maxPeriod}, ${rule.repeats} times in a row`,
      );
    case "score":
      return plain(`Score lanes with ${settingsText(rule.settings)}`);
  }
}

const ACCESS = {
  allow: "Allow only actions",
  deny: "Never allow actions",
  approve: "Ask a human before actions",
} as const;

const FROM = { day: "the start of the day", peak: "its peak", start: "its start" } as const;

function describeBudget(rule: RuleOf<"budget">, subject: string): string {
  const { window, measure, limit, assume } = rule;
  let span = ` per ${typeof window === "string" ? speakDuration(window) : `calendar ${window.calendar} (${window.timeZone})`}`;
  if (window === "forever") span = " for ever";
  const assumed = assume === undefined ? "" : `, taking ${amountOf(measure, assume)} where none is named`;
  return `Let ${subject} spend at most ${amountOf(measure, limit)}${span}${assumed}`;
}

function describeErrors(rule: RuleOf<"errors">, subject: string): string {
  const opens =
    rule.consecutive === undefined
      ? `when ${rule.ratePct}% of actions fail within ${rule.window}, counting from ${rule.minCalls}`
      : `after ${count(rule.consecutive, "failure")} in a row`;
  return `Pause ${subject} ${opens}, until ${count(rule.probes, "probe")} ${rule.probes === 1 ? "succeeds" : "succeed"}`;
}

function describeThen(rule: Rule): string {
  const length = rule.for === undefined ? "" : ` for ${rule.for}`;
  switch (rule.then) {
    case "block":
      return length === "" ? "" : `, then block${length}`;
    case "halt":
      return `, then halt${length === "" ? " until resumed" : length}`;
    case "approve":
      return ", then ask a human";
    case "alert":
      return ", then only alert";
  }
}

function subjectOf(rule: Rule): string {
  if (rule.per === undefined) return "all actions together";
  return `each ${rule.per.map(keyName).join(" and ")}`;
}

function keyName(key: string): string {
  return key.startsWith("tag:") ? `tag ${quote(key.slice("tag:".length))}` : key;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function settingsText(settings: RuleOf<"score">["settings"]): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${quote(name)} = ${value}`)
    .join(", ");
}

/** Without a name the rule looks at every account, each by itself. */
function accountOf({ account }: { readonly account?: string | undefined }): string {
  return account === undefined ? "any account" : `account ${quote(account)}`;
}
