import { speakDuration } from "../../core/duration.js";
import type { Rule, RuleOf } from "../schema.js";
import { exact } from "./numbers.js";
import { inWords, printMatch } from "./print-match.js";
import { decimal, isMoney, quote, sumOf } from "./print-values.js";

/**
 * Returns one English sentence that says all of a rule but its id, for example
 * `Cap each agent at 8 actions per second with bursts of 16`. It is a sentence of the language that the compiler reads:
 * reading it gives the same rule again.
 */
export function describeRule(rule: Rule): string {
  const mode = rule.mode === undefined ? "" : rule.mode === "shadow" ? "In shadow: " : "Enforced: ";
  const text = `${describeKind(rule)}`;
  return `${mode}${mode === "" ? text : text.charAt(0).toLowerCase() + text.slice(1)}`;
}

/** Returns the rules with their ids, one line each. */
export function explainRules(rules: readonly Rule[]): string {
  return rules.map((rule) => `${rule.id}: ${describeRule(rule)}`).join("\n");
}

function describeKind(rule: Rule): string {
  const where = printMatch(rule.match);
  const beyond = where + describeThen(rule);
  switch (rule.kind) {
    case "rate": {
      const bursts = rule.burst === undefined ? "" : ` with bursts of ${rule.burst}`;
      return `Cap ${eachOf(rule)} at ${count(rule.limit, "action")} per ${speakDuration(rule.window)}${bursts}${beyond}`;
    }
    case "budget":
      return `${describeBudget(rule)}${beyond}`;
    case "concurrency":
      return `Let ${eachOf(rule)} have at most ${count(rule.limit, "action")} in flight${beyond}`;
    case "access":
      return `${ACCESS[rule.effect][0]}${where}${ACCESS[rule.effect][1]}${apart(rule)}${describeThen(rule)}`;
    case "size":
      return `Let no single action cost more than ${sumOf(rule.measure, rule.limit)}${where}${apart(rule)}${describeThen(rule)}`;
    case "timeout":
      return `Let no action run longer than ${atLength(rule.limit)}${where}${apart(rule)}${describeThen(rule)}`;
    case "loss": {
      const limit =
        rule.limitPct === undefined ? sumOf("usd", rule.limit ?? 0) : `${decimal(rule.limitPct)}%`;
      return describeTrigger(
        rule,
        `the loss since ${FROM[rule.from]}${accountOf(rule)} is more than ${limit}`,
      );
    }
    case "floor":
      return describeTrigger(rule, `the balance${accountOf(rule)} is below ${sumOf("usd", rule.limit)}`);
    case "errors":
      return describeTrigger(rule, describeErrors(rule));
    case "stale":
      return describeTrigger(
        rule,
        `signal ${quote(rule.signal)} ${rule.maxAge === undefined ? "misses its usual rhythm" : `is older than ${atLength(rule.maxAge)}`}`,
      );
    case "denials":
      return describeTrigger(rule, describeDenials(rule));
    case "newcomers":
      return describeTrigger(rule, describeNewcomers(rule));
    case "runaway":
      return describeTrigger(
        rule,
        `${rule.per === undefined ? "actions run" : `${anyOf(rule)} runs`} at more than ${decimal(rule.multiple)} times the usual rate`,
      );
    case "loop":
      return describeTrigger(rule, describeLoop(rule));
    case "score":
      return `Score actions${where} with ${settingsText(rule.settings)}${rule.then === "alert" ? "; then only alert" : ""}`;
  }
}

const ACCESS = {
  allow: ["Put actions", " on the allow-list"],
  deny: ["Never allow actions", ""],
  approve: ["Ask a human before actions", ""],
} as const;

const FROM = { day: "the start of the day", peak: "the peak", start: "the start" } as const;

const STOPS = { match: "", key: " the offender", all: " everything" } as const;

const ACTS = { block: "Stop", halt: "Halt", approve: "Ask a human before", alert: "Alert on" } as const;

/** "Halt actions where … for 5 minutes when …". */
function describeTrigger(rule: Rule, trigger: string): string {
  const lasts = rule.for === undefined ? "" : ` for ${atLength(rule.for)}`;
  const wide = rule.halts === undefined || rule.halts === "match" ? "" : `${STOPS[rule.halts].trim()} for `;
  return `${ACTS[rule.then]} ${wide}actions${printMatch(rule.match)}${lasts} when ${trigger}`;
}

function describeBudget(rule: RuleOf<"budget">): string {
  const { window, measure, limit, assume } = rule;
  const span =
    window === "forever"
      ? "in total"
      : typeof window === "string"
        ? `per ${speakDuration(window)}`
        : `per calendar ${window.calendar} in ${quote(window.timeZone)}`;
  const assumed = assume === undefined ? "" : `, taking ${sumOf(measure, assume)} where no cost is named`;
  // A number of calls in a span that rolls would read like a rate.
  const isCalls = measure === "calls" && limit > 0 && (window === "forever" || typeof window !== "string");
  const sum = isCalls
    ? `make at most ${count(limit, "call")}`
    : `${isMoney(measure) ? "spend" : "use"} at most ${sumOf(measure, limit)}`;
  return `Let ${eachOf(rule)} ${sum} ${span}${assumed}`;
}

function describeErrors(rule: RuleOf<"errors">): string {
  const probes = rule.probes === 1 ? "" : `, until ${rule.probes} probes succeed`;
  if (rule.consecutive !== undefined) {
    return `${rule.per === undefined ? "actions fail" : `${anyOf(rule)} fails`} ${count(rule.consecutive, "time")} in a row${probes}`;
  }
  if (rule.budgetPct !== undefined) {
    const budget = `${decimal(rule.budgetPct)}% error budget`;
    return `${rule.per === undefined ? `the ${budget} burns` : `${anyOf(rule)} burns its ${budget}`} too fast${probes}`;
  }
  const { ratePct, minCalls = 0, window = "" } = rule;
  if (ratePct === undefined)
    return `${rule.per === undefined ? "actions keep" : `${anyOf(rule)} keeps`} failing${probes}`;
  return `${shareOf(ratePct)} of the actions${ofAny(rule)} fail within ${atLength(window)}, counting from ${minCalls}${probes}`;
}

function describeDenials({ ratePct, window = "", minCalls = 0, ...rule }: RuleOf<"denials">): string {
  if (ratePct === undefined) return `the actions${ofAny(rule)} keep being denied`;
  return `more than ${decimal(ratePct)}% of the actions${ofAny(rule)} are denied within ${atLength(window)}, counting from ${minCalls}`;
}

function describeNewcomers({ of, limit, window = "", ...rule }: RuleOf<"newcomers">): string {
  if (limit === undefined)
    return rule.per === undefined
      ? `${newOnes(of)} are being enumerated`
      : `${anyOf(rule)} enumerates ${newOnes(of)}`;
  const many = `more than ${limit} new ${newOnes(of)}`;
  return rule.per === undefined
    ? `${many} appear within ${atLength(window)}`
    : `${anyOf(rule)} brings ${many} within ${atLength(window)}`;
}

/** Repeats and spending count only while nothing new comes of them. */
function describeLoop(rule: RuleOf<"loop">): string {
  const { repeats, maxPeriod = 1, measure, limit = 0 } = rule;
  const isOne = rule.per !== undefined;
  const agents = isOne ? anyOf(rule) : "agents together";
  if (repeats !== undefined) {
    const cycle = maxPeriod === 1 ? "" : `, or a cycle of up to ${maxPeriod} calls,`;
    return `${agents} repeat${isOne ? "s" : ""} the same call${cycle} ${repeats} times in a row and nothing new comes of it`;
  }
  if (measure === undefined) return `${agents} ${isOne ? "goes" : "go"} round in circles`;
  const [verb, sum] =
    measure === "calls"
      ? ["make", count(limit, "call")]
      : [isMoney(measure) ? "spend" : "use", sumOf(measure, limit)];
  return `${agents} ${verb}${isOne ? "s" : ""} more than ${sum} and nothing new comes of it`;
}

/** A breaker opens at its share; just above a round one is "more than" that. */
function shareOf(percent: number): string {
  const below = exact(percent - 0.000001);
  const isJustAbove =
    below > 0 && exact(below + 0.000001) === percent && decimal(below).length < decimal(percent).length;
  return isJustAbove ? `more than ${decimal(below)}%` : `at least ${decimal(percent)}%`;
}

/** What happens beyond a limit, where it is not simply refused. */
function describeThen(rule: Rule): string {
  switch (rule.then) {
    case "block":
      return "";
    case "halt":
      return `; otherwise halt${STOPS[rule.halts ?? "match"]}${rule.for === undefined ? "" : ` for ${atLength(rule.for)}`}`;
    case "approve":
      return "; otherwise ask a human";
    case "alert":
      return "; otherwise only alert";
  }
}

function eachOf({ per }: Rule): string {
  if (per === undefined) return "all agents together";
  return per.length === 1
    ? `each ${keyName(per[0] ?? "")}`
    : `each combination of ${inWords(per.map(keyName))}`;
}

function anyOf({ per }: Pick<Rule, "per">): string {
  if (per === undefined) return "actions";
  return per.length === 1
    ? `any ${keyName(per[0] ?? "")}`
    : `any combination of ${inWords(per.map(keyName))}`;
}

function ofAny(rule: Pick<Rule, "per">): string {
  return rule.per === undefined ? "" : ` of ${anyOf(rule)}`;
}

/** Where nothing is counted, `per` still narrows what a halt stops. */
function apart(rule: Rule): string {
  return rule.per === undefined ? "" : `, for ${eachOf(rule)} by itself`;
}

function keyName(key: string): string {
  if (key === "source") return "agent";
  return key === "series" ? "tool" : `tag ${quote(key.slice("tag:".length))}`;
}

function newOnes(key: string): string {
  if (key === "source") return "agents";
  return key === "series" ? "tools" : `values of tag ${quote(key.slice("tag:".length))}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** "1 minute", where `speakDuration` leaves the number out. */
function atLength(text: string): string {
  const spoken = speakDuration(text);
  return /^[0-9]/.test(spoken) ? spoken : `1 ${spoken}`;
}

function settingsText(settings: RuleOf<"score">["settings"]): string {
  const parts = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${quote(name)} = ${decimal(value ?? 0)}`);
  return inWords(parts);
}

/** Without a name the rule looks at every account, each by itself. */
function accountOf({ account }: { readonly account?: string | undefined }): string {
  return account === undefined ? "" : ` of account ${quote(account)}`;
}
