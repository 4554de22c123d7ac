import { canonicalJson } from "../../core/canonical.js";
import { type Rule, type RuleInput, ruleSchema } from "../schema.js";
import { sentence } from "./clauses/sentence.js";
import { diagnose } from "./diagnose.js";
import type { Facet } from "./facets.js";
import { type Span, type Token, tokenize } from "./lexer.js";
import { State } from "./parser.js";
import { describeRule } from "./print.js";
import type { Problem } from "./resolve/problem.js";
import { resolve } from "./resolve/resolve.js";
import { type Slip, slips } from "./slips.js";

/** A sentence read as a rule, or why it is none. */
export type SentenceResult =
  | {
      readonly ok: true;
      readonly rule: RuleInput;
      /** The same, checked and with its defaults. */ readonly checked: Omit<Rule, "id"> & {
        id?: string | undefined;
      };
    }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly help?: string;
      /** Where in the sentence, in UTF-16 units. */
      readonly span?: Span;
      /** Sentences near this one that work, the nearest first. */
      readonly didYouMean?: readonly string[];
    };

/** Longer ones are no sentences: what a rule can say at most fits in far less. */
const MAX_SENTENCE = 1_000_000;
/** Phrases beside each other; more are a flood and not a sentence. */
const MAX_TOKENS_OUTSIDE_LISTS = 400;

/** Reads one English sentence: exactly one meaning, or a refusal that says why. */
export function readSentence(text: string): SentenceResult {
  if (text.trim() === "") return { ok: false, reason: "the sentence is empty" };
  if (text.length > MAX_SENTENCE)
    return { ok: false, reason: `the sentence is longer than ${MAX_SENTENCE} characters` };
  const tokens = tokenize(text);
  if (!Array.isArray(tokens)) return fromProblem(tokens as Problem, text);
  const read = readTokens(tokens as readonly Token[]);
  const attempt = (other: string): string | undefined => {
    const again = tokenize(other);
    if (!Array.isArray(again) || slips(again as readonly Token[]).length > 0) return undefined;
    const { rules } = readTokens(again as readonly Token[]);
    return rules.length === 1 && rules[0] !== undefined
      ? describeRule({ ...rules[0].rule, id: "" } as Rule)
      : undefined;
  };
  const [slip] = read.rules.length === 0 ? [] : slips(tokens as readonly Token[]);
  if (slip !== undefined) return mistyped(slip, text, attempt);
  const [only] = read.rules;
  if (only !== undefined && read.rules.length === 1)
    return { ok: true, rule: only.input, checked: only.rule };
  if (read.rules.length > 1) return ambiguous(read.rules, text);
  const noted = new State(tokens as readonly Token[], true);
  sentence.at(noted, 0);
  return diagnose(text, tokens as readonly Token[], read.problems, noted, attempt, canonical);
}

/** A rule with its defaults, and as it was written. */
interface ReadRule {
  readonly input: RuleInput;
  readonly rule: Omit<Rule, "id"> & { id?: string | undefined };
}

interface Read {
  readonly rules: readonly ReadRule[];
  readonly problems: readonly Problem[];
}

function readTokens(tokens: readonly Token[]): Read {
  const state = new State(tokens);
  if (
    tokens.filter(({ kind }) => kind === "word").length > MAX_TOKENS_OUTSIDE_LISTS &&
    tokens.filter(({ kind }) => kind === "name").length * 12 < tokens.length
  ) {
    return {
      rules: [],
      problems: [
        {
          start: 0,
          end: tokens.at(-1)?.end ?? 0,
          reason: "this is too long for one rule",
          help: "write one rule a line",
        },
      ],
    };
  }
  const readings: readonly (readonly Facet[])[] = sentence.at(state, 0).map(({ value }) => value);
  const rules = new Map<string, ReadRule>();
  const tried = new Set<string>();
  const problems: Problem[] = [];
  for (const reading of readings) {
    const found = resolve(reading);
    if ("problem" in found) {
      problems.push(found.problem);
      continue;
    }
    for (const rule of found.rules) {
      const same = JSON.stringify(rule);
      if (tried.has(same)) continue;
      tried.add(same);
      const parsed = ruleSchema.safeParse(rule);
      if (parsed.success) rules.set(canonicalJson(parsed.data), { input: rule, rule: parsed.data });
      else {
        const [issue] = parsed.error.issues;
        const [reason = "", help] = (issue?.message ?? "it is no valid rule").split("\n");
        problems.push({
          start: 0,
          end: tokens.at(-1)?.end ?? 0,
          reason: `\`${issue?.path.join(".") ?? ""}\` ${reason}`,
          help,
        });
      }
    }
  }
  // A reading that could be mended says more than one that could not.
  const [mendable, others] = [true, false].map((has) =>
    problems.filter(({ help }) => (help !== undefined) === has),
  );
  return { rules: [...rules.values()], problems: [...mendable!, ...others!] };
}

function canonical(rule: RuleInput): string | undefined {
  const parsed = ruleSchema.safeParse(rule);
  return parsed.success ? describeRule({ ...parsed.data, id: "" }) : undefined;
}

/** A name nobody could mean: `calles` is not the name of a tool. */
function mistyped(
  { word, meant, start, end }: Slip,
  text: string,
  attempt: (text: string) => string | undefined,
): SentenceResult {
  const better = attempt(`${text.slice(0, start)}${meant}${text.slice(end)}`);
  return {
    ok: false,
    reason: `\`${word}\` looks like \`${meant}\``,
    help: `write \`${meant}\`; a name that really is spelt so stands between backticks`,
    span: { start, end },
    ...(better !== undefined && { didYouMean: [better] }),
  };
}

function ambiguous(rules: readonly ReadRule[], text: string): SentenceResult {
  const sentences = [...new Set(rules.map(({ rule }) => describeRule({ ...rule, id: "" } as Rule)))];
  return {
    ok: false,
    reason: sentences.length === 2 ? "it can mean two things" : `it can mean ${sentences.length} things`,
    help: `write the one that you mean: ${sentences.join(" / ")}`,
    span: { start: 0, end: text.trimEnd().length },
    didYouMean: sentences,
  };
}

function fromProblem({ reason, help, start, end }: Problem, _text: string): SentenceResult {
  return { ok: false, reason, ...(help !== undefined && { help }), span: { start, end } };
}
