import { canonicalJson } from "../../core/canonical.js";
import { compilePolicy, type Rule, type RuleInput } from "../../policy/index.js";
import { describeRule } from "../../policy/english/print.js";
import { readSentence } from "../../policy/english/index.js";

/** What kind of thing was found; docs/lint.md explains each. */
export type LintCode =
  | "conflicting-limits"
  | "approval-never-asked"
  | "allowed-but-refused"
  | "limit-on-refused"
  | "budget-below-match"
  | "size-below-match"
  | "assumed-above-limit"
  | "nothing-passes"
  | "never-fires"
  | "never-reached"
  | "exception-covers-all"
  | "shadowed-rule"
  | "duplicate-rule"
  | "key-has-one-value"
  | "cap-escaped-by-names"
  | "no-total-limit"
  | "no-halt-rule"
  | "nothing-stops"
  | "empty-policy"
  | "alert-in-shadow"
  | "alerts-need-a-listener"
  | "approval-in-shadow"
  | "approvals-need-an-approver"
  | "approval-for-everything"
  | "star-stops-at-slash"
  | "not-a-glob"
  | "differs-in-case"
  | "look-alike-letters"
  | "name-never-matches"
  | "cost-required"
  | "tag-required"
  | "untagged-share-a-counter"
  | "time-in-utc";

/** An error is a rule that does not do what it says; a warning a hole or a doubt; an info an opinion. */
export type LintSeverity = "error" | "warning" | "info";

/** A rule that mends a finding. */
export interface LintFix {
  /** Ids of the rules that it takes the place of; empty where it is to be added. */
  readonly replaces: readonly string[];
  /** The rule in English, ready to be put into a policy; as data in braces where a sentence would not say the same. */
  readonly sentence: string;
  /** The same rule as data, without an id. */
  readonly rule: RuleInput;
}

/** One thing that is doubtful about a policy. */
export interface LintFinding {
  readonly code: LintCode;
  readonly severity: LintSeverity;
  /** Ids of the rules it is about, the one to look at first; empty where it is about the whole policy. */
  readonly rules: readonly string[];
  /** One sentence that says what is the case. */
  readonly message: string;
  /** Why that is so: a proof, or an example. */
  readonly evidence?: string;
  readonly fix: LintFix;
}

/** A fix by a rule as data. */
export function fixBy(input: RuleInput, replaces: readonly string[] = []): LintFix {
  const [rule] = compilePolicy([{ ...input, id: "fix" }]).rules;
  return fixAs(rule!, replaces);
}

/** A fix by a rule that is there already, in the place of others and itself. */
export function fixAs(rule: Rule, replaces: readonly string[]): LintFix {
  const { id: _, ...data } = rule;
  return { replaces, sentence: sentenceOf(rule), rule: data };
}

/** Rules that stay are offered again and again. */
const sentences = new WeakMap<Rule, string>();

/** What is printed is only offered after it was read back. */
function sentenceOf(rule: Rule): string {
  let text = sentences.get(rule);
  if (text === undefined) {
    text = describeRule(rule);
    const read = readSentence(text);
    if (!read.ok || digestOf(read.rule) !== digestOf(rule)) text = dataOf(rule);
    sentences.set(rule, text);
  }
  return text;
}

function digestOf(rule: RuleInput): string {
  return compilePolicy([{ ...rule, id: "fix" }]).digest;
}

function dataOf({ id: _, ...data }: Rule): string {
  return canonicalJson(data);
}

/** A fix by a rule with some of its fields changed; undefined takes a field away. */
export function fixWith(rule: Rule, change: Readonly<Record<string, unknown>>): LintFix {
  const changed = Object.entries({ ...rule, ...change }).filter(([, value]) => value !== undefined);
  return fixBy(Object.fromEntries(changed) as unknown as RuleInput, [rule.id]);
}

/** A name from a policy in a message. */
export function named(text: string): string {
  return `\`${text}\``;
}

/** "`a`, `b` and 3 more". */
export function listed(texts: readonly string[], most = 4): string {
  const shown = texts.length > most ? texts.slice(0, most - 1) : texts;
  const rest = texts.length - shown.length;
  const words = [...shown.map(named), ...(rest > 0 ? [`${rest} more`] : [])];
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)!}`;
}
