import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "../core/canonical.js";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { explainRules } from "./english/print.js";
import { sentenceFault } from "./look-alikes.js";
import { show } from "./messages.js";
import { plainCopy } from "./plain.js";
import { pathText, rawIssue, readIssues, type RawIssue } from "./raw-issue.js";
import { type Rule, type RuleInput, ruleSchema } from "./schema.js";
import { readSentence as readEnglish } from "./english/index.js";
import { sentenceLines } from "./sentence-lines.js";
import { emptyPolicy, type TextPosition, wholePolicyError } from "./whole-policy-error.js";

/** The largest number of rules in one policy. */
export const MAX_RULES = 10_000;

/** A rule that could not be read and was left out, because the caller allowed it. */
export interface UnparsedRule {
  /** The sentence, or the rule as JSON, cut when long. */
  readonly line: string;
  readonly reason: string;
  readonly help?: string;
  readonly didYouMean?: readonly string[];
  /** The rule's place in the policy, from 0. */
  readonly index: number;
}

/** What a rule was made from. */
export interface RuleOrigin {
  /** The rule's place in the policy as it was written, from 0. */
  readonly index: number;
  /** The sentence, when it was one. */
  readonly sentence?: string;
  /** Where it begins in the policy's text, when the policy came as text; from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** A policy that was read, checked and put in order; frozen. */
export interface CompiledPolicy {
  /** The rules by id; deep-frozen. */
  readonly rules: readonly Rule[];
  /** What each of the rules was made from, in their order. */
  readonly origins: readonly RuleOrigin[];
  /** `sha256:` and the hex digest of the rules' canonical JSON: the same rules, the same digest. */
  readonly digest: string;
  /** What was left out; empty unless compiled with `partial`. */
  readonly unparsed: readonly UnparsedRule[];
  /** Returns the policy in English, one line per rule. */
  explain(): string;
}

/** What `compilePolicy` takes: sentences and rules as data, alone or in a list. */
export type PolicyInput =
  | string
  | readonly (string | RuleInput)[]
  | RuleInput
  | { readonly rules: readonly (string | RuleInput)[] }
  | CompiledPolicy;

export interface CompileOptions {
  /** Leaves out what cannot be read, and lists it in `unparsed`, instead of throwing. */
  readonly partial?: boolean;
  /** Accepts ids that begin with `builtin:`; for rules that come from the configuration. */
  readonly allowReserved?: boolean;
}

/**
 * Compiles a policy. Throws `PolicyError` with every issue of every rule; with
 * `partial` only when the policy as a whole cannot be used.
 *
 * @example
 * ```ts
 * import { compilePolicy } from "rein";
 *
 * const policy = compilePolicy([
 *   { kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" },
 *   { kind: "budget", measure: "usd", limit: 50, window: "1d" },
 * ]);
 * ```
 */
export function compilePolicy(input: PolicyInput, options: CompileOptions = {}): CompiledPolicy {
  if (isCompiled(input)) return input;
  const { items, reserved } = itemsOf(input);
  return compileItems(items, reserved ? { ...options, allowReserved: true } : options);
}

/** Finds the place of a path inside a rule, or of an offset in a sentence; index -1 means the policy as a whole. */
export type Locate = (
  index: number,
  path: readonly PropertyKey[],
  offset?: number,
) => TextPosition | undefined;

/** Compiles a list of sentences and rules; `locate` adds positions to the issues. */
export function compileItems(
  items: readonly unknown[],
  options: CompileOptions,
  locate?: Locate,
): CompiledPolicy {
  if (items.length > MAX_RULES) throw tooManyRules();
  // Not `map`: a hole in the list is an item like any other, and a bad one.
  const read = Array.from(items, (item) => readItem(item));
  checkIds(read, options.allowReserved === true);

  const issues = read.flatMap((item, index) =>
    item.issues.map((issue) => toPolicyIssue(issue, index, locate)),
  );
  if (issues.length > 0 && options.partial !== true) throw new PolicyError(issues);

  const unparsed = read.flatMap((item, index) => toUnparsed(item.issues, items[index], index));
  const good = read.flatMap(({ rule, issues: own }, index) =>
    rule === undefined || own.length > 0 ? [] : [{ rule, origin: originOf(items[index], index, locate) }],
  );
  const rules = withIds(good.map(({ rule }) => rule));
  return freezePolicy(
    rules.map((rule, i) => ({ rule, origin: good[i]?.origin ?? { index: i } })),
    unparsed,
  );
}

export function tooManyRules(position?: TextPosition): PolicyError {
  const help = "split it, or say with one rule and globs what many say";
  return wholePolicyError(`the policy has more than ${MAX_RULES} rules`, help, position);
}

type UnnamedRule = Omit<Rule, "id"> & { id?: string | undefined };

interface ReadItem {
  readonly rule?: UnnamedRule;
  readonly issues: RawIssue[];
}

// Known by identity: nobody can pass off an object of his own as compiled.
const compiled = new WeakSet<object>();

function isCompiled(input: unknown): input is CompiledPolicy {
  return typeof input === "object" && input !== null && compiled.has(input);
}

function itemsOf(input: unknown): { readonly items: readonly unknown[]; readonly reserved?: boolean } {
  if (typeof input === "string") {
    const lines = sentenceLines(input, MAX_RULES + 1);
    if (lines.length === 0) throw emptyPolicy();
    return { items: lines.map(({ text }) => text) };
  }
  if (Array.isArray(input)) return { items: input };
  if (typeof input !== "object" || input === null) {
    throw wholePolicyError(`a policy must be a list of rules, not ${show(input)}`);
  }
  if (!("rules" in input) || "kind" in input) return { items: [input] };
  const { rules } = input;
  if (!Array.isArray(rules)) throw wholePolicyError(`\`rules\` must be a list of rules, not ${show(rules)}`);
  // Compiled by another copy of this package: its rules are read again, its ids may be reserved ones.
  if ("digest" in input && "explain" in input) return { items: rules, reserved: true };
  const unknown = Object.keys(input).find((key) => key !== "rules");
  if (unknown !== undefined)
    throw wholePolicyError(`${show(unknown)} is not a field of a policy`, "its only field is `rules`");
  return { items: rules };
}

function readItem(item: unknown): ReadItem {
  if (typeof item === "string") {
    return readSentence(item);
  }
  const { value, issues } = plainCopy(item);
  const result = ruleSchema.safeParse(value);
  if (!result.success)
    return { issues: [...issues, ...withoutEchoes(readIssues(result.error.issues), issues)] };
  return { rule: result.data, issues: [...issues] };
}

function readSentence(text: string): ReadItem {
  const fault = sentenceFault(text);
  if (fault !== undefined) {
    const { start, end, message, help } = fault;
    return { issues: [{ path: [], message: `the sentence ${message}`, help, span: { start, end } }] };
  }
  const sentence = readEnglish(text);
  if (sentence.ok) return { rule: sentence.checked, issues: [] };
  const { reason: message, help, span, didYouMean } = sentence;
  const hints = { ...(help !== undefined && { help }), ...(didYouMean !== undefined && { didYouMean }) };
  return { issues: [{ path: [], message, ...hints, ...(span !== undefined && { span }) }] };
}

/** Leaves out what the schema says of an object only because a part of it was refused before. */
function withoutEchoes(issues: readonly RawIssue[], earlier: readonly RawIssue[]): readonly RawIssue[] {
  return issues.filter(
    ({ path }) => !earlier.some((refused) => path.every((step, i) => refused.path[i] === step)),
  );
}

function checkIds(items: readonly ReadItem[], allowReserved: boolean): void {
  const firstWith = new Map<string, number>();
  items.forEach(({ rule, issues }, index) => {
    const id = rule?.id;
    if (id === undefined) return;
    const first = firstWith.get(id);
    if (first !== undefined) {
      issues.push(
        rawIssue(
          ["id"],
          `must be unique: rule ${first + 1} has ${show(id)} too\nuse another id, or leave it out`,
        ),
      );
    } else firstWith.set(id, index);
    if (id.startsWith("builtin:") && !allowReserved) {
      issues.push(
        rawIssue(
          ["id"],
          `must not begin with \`builtin:\`\nsuch ids belong to the rules that the configuration makes`,
        ),
      );
    }
  });
}

function withIds(rules: readonly UnnamedRule[]): Rule[] {
  const used = new Set(rules.map(({ id }) => id));
  const counts = new Map<string, number>();
  return rules.map((rule) => {
    if (rule.id !== undefined) return rule as Rule;
    let id: string;
    do {
      const n = (counts.get(rule.kind) ?? 0) + 1;
      counts.set(rule.kind, n);
      id = `${rule.kind}-${n}`;
    } while (used.has(id));
    return { ...rule, id } as Rule;
  });
}

function originOf(item: unknown, index: number, locate: Locate | undefined): RuleOrigin {
  return { index, ...(typeof item === "string" && { sentence: item }), ...locate?.(index, []) };
}

function freezePolicy(
  read: readonly { readonly rule: Rule; readonly origin: RuleOrigin }[],
  unparsed: readonly UnparsedRule[],
): CompiledPolicy {
  const inOrder = [...read].sort((a, b) => (a.rule.id < b.rule.id ? -1 : 1));
  const sorted = inOrder.map(({ rule }) => rule);
  const policy: CompiledPolicy = Object.freeze({
    rules: deepFreeze(sorted),
    origins: deepFreeze(inOrder.map(({ origin }) => origin)),
    digest: `sha256:${bytesToHex(sha256(utf8ToBytes(canonicalJson(sorted))))}`,
    unparsed: deepFreeze([...unparsed]),
    explain: () => explainRules(sorted),
  });
  compiled.add(policy);
  return policy;
}

function toPolicyIssue(issue: RawIssue, index: number, locate: Locate | undefined): PolicyIssue {
  const { path, message, help, span, didYouMean } = issue;
  const position = locate?.(index, path, span?.start);
  const end = span === undefined ? undefined : locate?.(index, path, span.end);
  const endColumn = end !== undefined && end.line === position?.line ? end.column : undefined;
  const hints = { ...(help !== undefined && { help }), ...(didYouMean !== undefined && { didYouMean }) };
  const place = { ...position, ...(endColumn !== undefined && { endColumn }) };
  return { index, path: pathText(path), ...place, message, ...hints };
}

const MAX_UNPARSED_LINE = 200;

function toUnparsed(issues: readonly RawIssue[], item: unknown, index: number): UnparsedRule[] {
  if (issues.length === 0) return [];
  const reason = issues.map(({ message }) => message).join("; ");
  const help = [...new Set(issues.flatMap((issue) => issue.help ?? []))].join("; ");
  const text = typeof item === "string" ? item : jsonOf(item);
  const line = text.length > MAX_UNPARSED_LINE ? `${text.slice(0, MAX_UNPARSED_LINE)}…` : text;
  const didYouMean = issues.flatMap((issue) => issue.didYouMean ?? []);
  return [
    {
      line,
      reason,
      ...(help !== "" && { help }),
      ...(didYouMean.length > 0 && { didYouMean }),
      index,
    },
  ];
}

function jsonOf(item: unknown): string {
  try {
    return canonicalJson(item);
  } catch {
    return show(item);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
