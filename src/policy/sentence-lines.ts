import { endOfQuote } from "./quotes.js";
import { wholePolicyError } from "./whole-policy-error.js";

/** One sentence of a policy's text, with its place in it. */
export interface SentenceLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

const BULLET = /^(?:[-*+•]|\d{1,4}[.)])[ \t]+/;
// Dividers between parts of a file, and lines under a title.
const ONLY_MARKS = /^[-=*_~ \t]*$/;

/**
 * Returns the sentences of a text, one a line, at most `most`. `#` begins a comment, at the start of a line or after
 * a space; the marks of a list before a sentence (`-`, `*`, `+`, `•`, `1.`) are not part of it; empty lines and
 * lines of nothing but dashes do not count.
 *
 * In Markdown, comments `<!-- … -->` do not count either. A block of code or a quotation is refused: it may hold
 * rules or an example of one, and nobody should have to guess which.
 *
 * @throws PolicyError for a Markdown text with such parts, or with a comment that is not closed
 */
export function sentenceLines(text: string, most: number, markdown = false): readonly SentenceLine[] {
  const found: SentenceLine[] = [];
  const comments = markdown ? new HtmlComments() : undefined;
  for (const { text: raw, line } of linesOf(text)) {
    const visible = withoutNote(comments === undefined ? raw : comments.blank(raw, line));
    const trimmed = visible.trim();
    if (trimmed === "" || ONLY_MARKS.test(trimmed)) continue;
    if (markdown) refuseBlock(trimmed, { line, column: visible.indexOf(trimmed) + 1 });
    const sentence = trimmed.replace(BULLET, "");
    // What is left ends where the line ends.
    const column = visible.trimEnd().length - sentence.length + 1;
    found.push({ text: sentence, line, column });
    if (found.length >= most) return found;
  }
  comments?.end();
  return found;
}

function* linesOf(text: string): Generator<{ readonly text: string; readonly line: number }> {
  let line = 1;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== 0x0a && unit !== 0x0d) continue;
    yield { text: text.slice(start, i), line };
    if (unit === 0x0d && text.charCodeAt(i + 1) === 0x0a) i += 1;
    line += 1;
    start = i + 1;
  }
  yield { text: text.slice(start), line };
}

/** Cuts a comment off. Within a line it needs a space on both sides: `#5` and `a#b` are parts of a sentence. */
function withoutNote(line: string): string {
  if (line.trimStart().startsWith("#")) return "";
  for (let i = line.indexOf("#") === -1 ? line.length : 0; i < line.length; i++) {
    const end = endOfQuote(line, i);
    if (end !== undefined) i = end - 1;
    else if (line[i] === "#" && isSpace(line[i - 1]) && isSpace(line[i + 1])) return line.slice(0, i);
  }
  return line;
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || character === " " || character === "\t";
}

/** Takes the comments out of one line after the other; the columns of what is left stay what they are. */
class HtmlComments {
  #openSince: { readonly line: number; readonly column: number } | undefined;

  blank(line: string, number: number): string {
    if (this.#openSince === undefined && line.trimStart().startsWith("#")) return line;
    let result = "";
    let i = 0;
    while (i < line.length) {
      if (this.#openSince !== undefined) {
        const end = line.indexOf("-->", i);
        const next = end === -1 ? line.length : end + 3;
        result += " ".repeat(next - i);
        i = next;
        if (end !== -1) this.#openSince = undefined;
      } else if (line.startsWith("<!--", i)) {
        this.#openSince = { line: number, column: i + 1 };
        // As in Markdown: behind text, a comment is part of that line, or none at all.
        if (result.trim() !== "" && !line.includes("-->", i)) this.end();
        result += "    ";
        i += 4;
      } else {
        const next = endOfQuote(line, i) ?? i + 1;
        result += line.slice(i, next);
        i = next;
      }
    }
    return result;
  }

  /** Rules behind a comment that is never closed would be lost without a word. */
  end(): void {
    if (this.#openSince === undefined) return;
    throw wholePolicyError("a comment `<!--` is never closed", "close it with `-->`", this.#openSince);
  }
}

function refuseBlock(line: string, position: { readonly line: number; readonly column: number }): void {
  const block = /^(?:```|~~~)/.test(line)
    ? "a block of code"
    : line.startsWith(">")
      ? "a quotation"
      : undefined;
  if (block === undefined) return;
  throw wholePolicyError(
    `${block} may hold rules or only speak about them`,
    "write rules as plain lines, and remarks as `# …` or `<!-- … -->`",
    position,
  );
}
