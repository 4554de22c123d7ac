import { InvalidInputError, messageOf, PolicyError } from "../core/errors.js";
import { printable } from "../core/names.js";
import { type CompiledPolicy, compilePolicy, MAX_RULES, tooManyRules } from "./compile.js";
import { describeRule } from "./english/print.js";
import { show } from "./messages.js";
import type { Rule } from "./schema.js";
import { sentenceLines } from "./sentence-lines.js";
import { suggestionPrompt } from "./suggest-prompt.js";
import { emptyPolicy } from "./whole-policy-error.js";

/** Any function from text to text: a model behind it, or none. */
export type Suggest = (prompt: string, options: { readonly signal: AbortSignal }) => PromiseLike<string>;

/** What somebody is asked to confirm. */
export interface Proposal {
  /** The line as it was written. */
  readonly line: string;
  /** The sentence that was proposed for it. */
  readonly sentence: string;
  /** What the compiler read in that sentence, in canonical English. This is what would be in force. */
  readonly canonical: string;
  readonly rule: Rule;
}

export interface SuggestOptions {
  /** Asked about each proposal; only `true` takes it. */
  readonly confirm?: ((proposal: Proposal) => boolean | PromiseLike<boolean>) | undefined;
  /** Takes every proposal. The model then writes policy unseen; prefer `confirm`. */
  readonly accept?: boolean | undefined;
  /** How long one answer may take, in ms; default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the asking; lines that were not answered by then are refused. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one line. `read`: by the compiler alone. `suggested`: a proposal, in force only when `accepted`. */
export type SuggestedLine =
  | ({ readonly status: "read" } & Proposal)
  | ({ readonly status: "suggested"; readonly accepted: boolean } & Proposal)
  | { readonly status: "refused"; readonly line: string; readonly reason: string };

export interface Suggestion {
  /** The policy, when every line was read or its proposal was accepted; absent when anything is left open. */
  readonly policy?: CompiledPolicy;
  readonly lines: readonly SuggestedLine[];
}

const TIMEOUT_MS = 30_000;
// A sentence of the language; an essay is no sentence.
const MAX_ANSWER = 2000;
// Each costs a call to a model.
const MAX_ASKED = 200;

/**
 * Compiles lines of English, and asks a function, usually a model, about those that the compiler refuses. It may only
 * propose one sentence of the language, which goes through the same compiler. A proposal is in force only when
 * `confirm` says true to it, or with `accept`. Whatever the function does, fails, hangs, lies or repeats what a line
 * told it, the worst that comes of it is that the line stays refused.
 *
 * @throws InvalidInputError for what are no lines or options; PolicyError when there are too many, or none
 *
 * @example
 * ```ts
 * import { suggestPolicy } from "rein";
 *
 * const { policy, lines } = await suggestPolicy(
 *   ["Cap each caller at 8 requests per second", "interns should keep their hands off prod"],
 *   async (prompt) => (await fetch("http://localhost:8080/complete", { method: "POST", body: prompt })).text(),
 *   { confirm: async ({ line, canonical }) => { console.log(line, "→", canonical); return false; } },
 * );
 * ```
 */
export async function suggestPolicy(
  lines: string | readonly string[],
  suggest: Suggest,
  options: SuggestOptions = {},
): Promise<Suggestion> {
  const texts = checked(lines, suggest, options);
  const results: SuggestedLine[] = [];
  let asked = 0;
  for (const line of texts) {
    const own = read(line);
    if (own.ok)
      results.push({ status: "read", line, sentence: line, canonical: own.canonical, rule: own.rule });
    else if (++asked > MAX_ASKED)
      results.push(refused(line, `${own.reason}; more than ${MAX_ASKED} lines are not asked about`));
    else results.push(await proposal(line, own.reason, suggest, options));
  }
  return { ...policyOf(results), lines: results };
}

type Reading =
  | { readonly ok: true; readonly rule: Rule; readonly canonical: string }
  | { readonly ok: false; readonly reason: string };

/** The one way in: what a model proposes is read by the same compiler as what a human wrote. */
function read(sentence: string): Reading {
  try {
    const { rules } = compilePolicy([sentence]);
    const [rule] = rules;
    if (rule === undefined || rules.length !== 1) return { ok: false, reason: "this is not one rule" };
    return { ok: true, rule, canonical: describeRule(rule) };
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    return { ok: false, reason: error.issues.map(({ message }) => message).join("; ") };
  }
}

async function proposal(
  line: string,
  reason: string,
  suggest: Suggest,
  options: SuggestOptions,
): Promise<SuggestedLine> {
  const { signal, timeoutMs = TIMEOUT_MS, confirm, accept } = options;
  const prompt = suggestionPrompt(line, reason);
  const answer = await answerOf("asking", (ending) => suggest(prompt, { signal: ending }), signal, timeoutMs);
  const sentence = onlySentence(answer);
  if (sentence instanceof NoAnswer) return refused(line, `${reason}; ${sentence.why}`);
  const reading = read(sentence);
  if (!reading.ok)
    return refused(
      line,
      `${reason}; the proposal ${show(sentence)} cannot be read either: ${reading.reason}`,
    );
  const { rule, canonical } = reading;
  const proposed: Proposal = Object.freeze({ line, sentence, canonical, rule });
  if (accept === true || confirm === undefined)
    return { status: "suggested", accepted: accept === true, ...proposed };
  // Whoever confirms may think as long as he likes.
  const word = await answerOf("confirming", () => confirm(proposed), signal);
  if (word instanceof NoAnswer) return refused(line, `${reason}; ${word.why}`);
  return { status: "suggested", accepted: word === true, ...proposed };
}

/** Why there is no answer. A class of our own: no answer can pass itself off as one. */
class NoAnswer {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** Calls back into other people's code, and waits no longer than allowed. Never rejects. */
async function answerOf(
  what: string,
  run: (signal: AbortSignal) => unknown,
  signal: AbortSignal | undefined,
  timeoutMs?: number,
): Promise<unknown> {
  if (signal?.aborted === true) return new NoAnswer("the asking was ended");
  const ending = new AbortController();
  let end: (answer: NoAnswer) => void = () => undefined;
  const ended = new Promise<NoAnswer>((resolve) => (end = resolve));
  const onAbort = (): void => {
    end(new NoAnswer("the asking was ended"));
  };
  const onTimeout = (): void => {
    end(new NoAnswer(`${what} did not end within ${timeoutMs ?? 0} ms`));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
  try {
    // Within an async function, so that what is thrown at once is caught like what is rejected.
    return await Promise.race([(async () => run(ending.signal))(), ended]);
  } catch (error) {
    return new NoAnswer(`${what} failed: ${printable(messageOf(error), MAX_ANSWER)}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    // Whoever still works on an answer that nobody waits for may stop.
    ending.abort();
  }
}

/** The one sentence in what a model answered, without the wrapping that models like. */
function onlySentence(answer: unknown): string | NoAnswer {
  if (answer instanceof NoAnswer) return answer;
  if (typeof answer !== "string") return new NoAnswer("the proposal is not text");
  if (answer.length > MAX_ANSWER) return new NoAnswer("the proposal is too long to be one sentence");
  const unfenced = /^\s*```[a-z]*\n([^]*)\n```\s*$/.exec(answer)?.[1] ?? answer;
  const [sentence, ...others] = unfenced.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  if (sentence === undefined) return new NoAnswer("the proposal is empty");
  if (others.length > 0) return new NoAnswer("the proposal has more than one line");
  const bare = sentence.trim().replace(/^"([^"]*)"$/, "$1");
  return /^impossible\W*$/i.test(bare) ? new NoAnswer("no sentence was found that says this") : bare;
}

function policyOf(lines: readonly SuggestedLine[]): { readonly policy?: CompiledPolicy } {
  const sentences = lines.flatMap((line) =>
    line.status === "read" || (line.status === "suggested" && line.accepted) ? [line.sentence] : [],
  );
  return sentences.length === lines.length ? { policy: compilePolicy(sentences) } : {};
}

function refused(line: string, reason: string): SuggestedLine {
  return { status: "refused", line, reason };
}

function checked(
  lines: string | readonly string[],
  suggest: Suggest,
  { confirm, timeoutMs, accept }: SuggestOptions,
): readonly string[] {
  if (typeof suggest !== "function")
    throw new InvalidInputError("suggest", "`suggest` must be a function from text to text");
  if (confirm !== undefined && typeof confirm !== "function")
    throw new InvalidInputError("confirm", "`confirm` must be a function that returns true or false");
  if (accept !== undefined && typeof accept !== "boolean")
    throw new InvalidInputError("accept", "`accept` must be true or false");
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31))
    throw new InvalidInputError("timeoutMs", "`timeoutMs` must be a number of milliseconds above 0");
  const isText = typeof lines === "string";
  if (!isText && !(Array.isArray(lines) && lines.every((line) => typeof line === "string")))
    throw new InvalidInputError("lines", "`lines` must be text, or a list of lines");
  const texts = isText ? sentenceLines(lines, MAX_RULES + 1).map(({ text }) => text) : [...lines];
  if (texts.length === 0) throw emptyPolicy();
  if (texts.length > MAX_RULES) throw tooManyRules();
  return texts;
}
