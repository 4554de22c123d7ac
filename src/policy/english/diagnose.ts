import type { RuleInput } from "../schema.js";
import type { SentenceResult } from "./index.js";
import type { Span, Token } from "./lexer.js";
import { KNOWN_WORDS, type State } from "./parser.js";
import type { Problem } from "./resolve/problem.js";
import { knownNear } from "./slips.js";
import { ENVIRONMENTS, VAGUE } from "./vocabulary.js";
import { wordSet } from "./words.js";

/** Reads another sentence, and returns it in canonical English if it means one thing. */
export type Try = (text: string) => string | undefined;

/** No more sentences than this are tried in search of one that works. */
const MOST_TRIES = 24;
const MOST_SUGGESTIONS = 3;
/** Beyond this, what somebody meant is not found by changing a word. */
const LONGEST = 400;

interface Finding extends Span {
  readonly reason: string;
  readonly help?: string | undefined;
}

/** Says why a sentence is no rule, where, and which sentences near it work. */
export function diagnose(
  text: string,
  tokens: readonly Token[],
  problems: readonly Problem[],
  state: State,
  attempt: Try,
  print: (rule: RuleInput) => string | undefined,
): SentenceResult {
  const found = typical(tokens) ?? problems[0] ?? two(text, tokens, attempt) ?? unread(text, tokens, state);
  const halvesFound = found.reason === TWO_RULES ? bothHalves(text, tokens, attempt) : undefined;
  const didYouMean =
    text.length > LONGEST ? [] : (halvesFound ?? suggestions(text, tokens, problems, attempt, print));
  const { reason, help, start, end } = found;
  return {
    ok: false,
    reason,
    ...(help !== undefined && { help }),
    span: { start, end },
    ...(didYouMean.length > 0 && { didYouMean }),
  };
}

const IGNORE = new Set(["ignore", "disregard", "override", "bypass", "forget", "overrule"]);
const HEDGES = wordSet(`
  roughly approximately around about nearly almost approx circa maybe perhaps probably usually
`);

/** What is wrong so often that it has words of its own. */
function typical(tokens: readonly Token[]): Finding | undefined {
  const words = tokens.map(({ text }) => text);
  const at = (i: number): Token => tokens[i] as Token;
  const last = tokens.at(-1);
  if (last?.text === "?")
    return {
      start: last.start,
      end: last.end,
      reason: "this is a question",
      help: "say what shall hold: Cap each agent at 5 calls per minute",
    };
  const ignore = tokens.findIndex(({ text }) => IGNORE.has(text));
  if (ignore !== -1)
    return {
      ...spanOf(at(ignore)),
      reason: `\`${at(ignore).text}\` gives an order to the reader, not a rule for agents`,
      help: "a policy says what agents may do; nothing in it can change what came before",
    };
  const negated = words.findIndex(
    (text, i) =>
      text === "not" &&
      /^(?:limit|cap|restrict|throttle|block|forbid|halt|stop|pause|kill|alert|ask|require|deny|refuse)$/.test(
        words[i + 1] ?? "",
      ),
  );
  if (negated !== -1) {
    return {
      start: at(negated).start,
      end: at(negated + 1).end,
      reason: `\`not ${words[negated + 1] ?? ""}\` would take a rule away, and a rule only adds`,
      help: "leave the rule out, or name what it does not apply to with `except`",
    };
  }
  const range = words.findIndex(
    (text, i) =>
      isNumber(tokens[i]) &&
      (words[i + 1] === "to" || words[i + 1] === "–" || words[i + 1] === "or" || words[i + 1] === "and") &&
      isNumber(tokens[i + 2]) &&
      text !== "",
  );
  if (range !== -1)
    return {
      start: at(range).start,
      end: at(range + 2).end,
      reason: "this is a range, and a rule needs one number",
      help: "name the larger number if it is the limit",
    };
  const hedge = tokens.find(({ text }) => HEDGES.has(text));
  if (hedge !== undefined)
    return { ...spanOf(hedge), reason: `\`${hedge.text}\` leaves the amount open`, help: "name the number" };
  const vague = tokens.find(
    ({ text, kind }) =>
      kind === "word" && VAGUE.has(text) && !ENVIRONMENTS.has(text) && !KNOWN_WORDS.has(text),
  );
  if (vague !== undefined)
    return {
      ...spanOf(vague),
      reason: `\`${vague.text}\` is not exact: a rule needs a number or a name`,
      help: "say how many, how much, or which tools",
    };
  return undefined;
}

function isNumber(token: Token | undefined): boolean {
  return token?.kind === "number";
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}

const TWO_RULES = "these are two rules";

function bothHalves(text: string, tokens: readonly Token[], attempt: Try): string[] | undefined {
  for (const [left, right] of halves(text, tokens)) {
    const [a, b] = [attempt(left), attempt(right)];
    if (a !== undefined && b !== undefined) return [a, b];
  }
  return undefined;
}

/** "… and …", where each side is a sentence. */
function two(text: string, tokens: readonly Token[], attempt: Try): Finding | undefined {
  if (text.length > LONGEST) return undefined;
  for (const [left, right, token] of halves(text, tokens)) {
    if (attempt(left) !== undefined && attempt(right) !== undefined) {
      return { ...spanOf(token), reason: TWO_RULES, help: "write one rule a line" };
    }
  }
  return undefined;
}

function* halves(text: string, tokens: readonly Token[]): Generator<readonly [string, string, Token]> {
  let tries = 0;
  for (const [i, token] of tokens.entries()) {
    const isJoint =
      token.text === "and" ||
      token.text === "or" ||
      token.text === ";" ||
      token.text === "." ||
      token.text === "but" ||
      token.text === ",";
    if (!isJoint || i === 0 || i === tokens.length - 1 || ++tries > 4) continue;
    yield [
      text.slice(0, token.start).replace(/[,\s]+$/, ""),
      text.slice(token.end).replace(/^[,\s]+/, ""),
      token,
    ];
  }
}

/** Where nothing more fitted. */
function unread(text: string, tokens: readonly Token[], state: State): Finding {
  const here = tokens[state.furthest];
  if (here === undefined)
    return {
      start: text.trimEnd().length,
      end: text.trimEnd().length,
      reason: "the sentence ends before it has said everything",
      help: startHelp(tokens),
    };
  const word = text.slice(here.start, here.end);
  if (state.furthest === 0)
    return {
      ...spanOf(here),
      reason: `no rule begins with \`${word}\``,
      help: "begin with what shall happen: Cap …, Spend at most …, Never …, Only allow …, Ask a human before …, Halt … when …",
    };
  const reason = `\`${word}\` is not understood here`;
  return { ...spanOf(here), reason, help: absentTag(tokens, state.furthest) ?? startHelp(tokens) };
}

const ABSENT = wordSet("not missing absent empty blank unset undefined null");

/** "where tag `bcc` is missing": no rule can ask for that. */
function absentTag(tokens: readonly Token[], furthest: number): string | undefined {
  const [tag, , is, what] = tokens.slice(furthest - 3, furthest + 1).map(({ text }) => text);
  if (furthest < 3 || tag !== "tag" || is !== "is" || !ABSENT.has(what ?? "")) return undefined;
  return "a rule can ask for a tag that is given: write `where tag `x` is given`, or, for all others, `except where tag `x` is given`; a value by that name goes in backticks";
}

function startHelp(tokens: readonly Token[]): string {
  switch (tokens[0]?.text) {
    case "cap":
    case "limit":
    case "throttle":
      return "write for instance: Cap each agent at 8 calls per second with bursts of 16";
    case "spend":
      return "write for instance: Spend at most $50 a day per agent, excluding search";
    case "ask":
    case "require":
      return "write for instance: Ask a human before any refund over $200";
    case "only":
      return "write for instance: Only allow trades on weekdays between 09:30 and 16:00 New York time";
    case "never":
    case "block":
    case "forbid":
    case "do":
      return "write for instance: Never let the intern bot delete anything";
    case "halt":
    case "kill":
    case "stop":
    case "pause":
      return "write for instance: Halt everything when losses exceed 5 percent";
    case "alert":
    case "warn":
    case "detect":
      return "write for instance: Alert when the deny rate exceeds 70 percent within a minute";
    default:
      return "say what shall happen, to whom, how much, and in what time: Cap each agent at 8 calls per second";
  }
}

/** Sentences that work and differ from this one in a word or two. */
function suggestions(
  text: string,
  tokens: readonly Token[],
  problems: readonly Problem[],
  attempt: Try,
  print: (rule: RuleInput) => string | undefined,
): string[] {
  const found = new Set<string>(problems[0]?.instead?.flatMap((rule) => print(rule) ?? []));
  let tries = 0;
  for (const other of candidates(text, tokens, problems)) {
    if (found.size >= MOST_SUGGESTIONS || tries >= MOST_TRIES) break;
    tries++;
    const canonical = other === text ? undefined : attempt(other);
    if (canonical !== undefined) found.add(canonical);
  }
  return [...found];
}

function* candidates(
  text: string,
  tokens: readonly Token[],
  problems: readonly Problem[],
): Generator<string> {
  for (const { start, end, edits = [] } of problems.slice(0, 3)) {
    for (const edit of edits) {
      yield splice(text, start, end, edit);
      yield `${splice(text, start, end, "").replace(/[.!]$/, "")} ${edit}`;
    }
  }
  // All slips of the pen at once, then each.
  const slips = tokens.flatMap((token) => {
    const meant = token.kind === "word" ? knownNear(token.text) : undefined;
    return meant === undefined ? [] : [{ token, meant }];
  });
  if (slips.length > 0 && slips.length <= 4) {
    let all = text;
    for (const { token, meant } of [...slips].reverse()) all = splice(all, token.start, token.end, meant);
    yield all;
    for (const { token, meant } of slips) yield splice(text, token.start, token.end, meant);
  }
  // A window that is missing.
  for (const window of [" per day", " per minute", " in total"])
    yield `${text.replace(/[.!\s]+$/, "")}${window}`;
  // Nothing is taken out of a sentence that denies or restricts something: what is left could say the opposite.
  if (tokens.some(({ text: word }) => TURNS.has(word))) return;
  for (const token of tokens) {
    if (
      token.kind === "word" &&
      (VAGUE.has(token.text) || HEDGES.has(token.text) || /..ly$/.test(token.text))
    )
      yield splice(text, token.start, token.end, "");
  }
}

const TURNS = wordSet(`
  not never no only without fewer less or unless except but nobody none neither nor least
`);

function splice(text: string, start: number, end: number, edit: string): string {
  return `${text.slice(0, start)}${edit}${text.slice(end)}`.replace(/\s{2,}/g, " ").trim();
}
