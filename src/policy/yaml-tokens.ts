import { type CST, Lexer, type LineCounter, Parser } from "yaml";
import type { PolicyError } from "../core/errors.js";
import { MAX_RULES, tooManyRules } from "./compile.js";
import { positionOf, type TextPosition, wholePolicyError } from "./whole-policy-error.js";

// Far above any rule. The reader is recursive, and a full stack can end the process.
const MAX_DEPTH = 64;
// What ten thousand large rules are made of: names, values, marks and spaces. Reading takes a microsecond or two for
// each, and a text of megabytes can have several millions.
const MAX_LEXEMES = 1_000_000;
// Of these, items of lists, and fields within braces.
const MAX_ITEMS = 25 * MAX_RULES;

/**
 * Reads a text as tokens of YAML, and stops early at one that cannot be a policy for all that it has.
 *
 * @throws PolicyError for a text with too many rules or parts, or that is nested too deep
 */
export function readTokens(text: string, lines: LineCounter): readonly CST.Token[] {
  const tokens = [...tokensOf(text, lines)];
  for (const token of tokens)
    if (isTooDeep(token)) throw wholePolicyError(`the policy is nested more than ${MAX_DEPTH} levels deep`);
  return tokens;
}

/**
 * Refuses a value of JSON that has more parts than a policy: before anybody looks where each of them stands.
 *
 * @throws PolicyError
 */
export function checkSize(root: unknown): void {
  const queue: unknown[] = [root];
  let items = 0;
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    items += parts.length;
    if (items > MAX_ITEMS) throw tooManyParts();
    for (const part of parts) queue.push(part);
  }
}

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const counter = new ItemCounter();
  let left = MAX_LEXEMES;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    counter.see(lexeme, offset);
    if (counter.rules > MAX_RULES) throw tooManyRules(positionOf(text, offset));
    if (--left < 0 || counter.items > MAX_ITEMS) throw tooManyParts(positionOf(text, offset));
    // Marks that the lexer makes up stand for no character of the text.
    if (!isMade(lexeme)) offset += lexeme.length;
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

function isMade(lexeme: string): boolean {
  return lexeme === "\u0002" || lexeme === "\u0018" || lexeme === "\u001f";
}

/** Counts items long before they are read, and whatever stands in them. */
class ItemCounter {
  /** Items of the outermost list that is written with dashes. */
  rules = 0;
  /** Items of all lists, and fields within braces. */
  items = 0;
  #lineStart = 0;
  #column = Infinity;

  see(lexeme: string, offset: number): void {
    if (lexeme === ",") this.items += 1;
    else if (lexeme === "-") {
      this.items += 1;
      const column = offset - this.#lineStart;
      // Further to the left: what came before was inside of something else.
      if (column < this.#column) [this.#column, this.rules] = [column, 0];
      if (column === this.#column) this.rules += 1;
    } else {
      const end = lexeme.lastIndexOf("\n");
      if (end !== -1) this.#lineStart = offset + end + 1;
    }
  }
}

function tooManyParts(position?: TextPosition): PolicyError {
  const help = "a policy is at most ten thousand rules of a few dozen fields each";
  return wholePolicyError("the policy has too many parts to be one", help, position);
}

/** Walks the tokens without recursion: depth is what it is there to limit. */
function isTooDeep(root: CST.Token): boolean {
  const queue: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return true;
    if (token.type === "document" && token.value !== undefined) queue.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) queue.push({ token: key, depth: depth + 1 });
      if (value !== undefined) queue.push({ token: value, depth: depth + 1 });
    }
  }
  return false;
}
