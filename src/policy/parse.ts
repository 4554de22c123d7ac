import { PolicyError } from "../core/errors.js";
import {
  compileItems,
  type CompiledPolicy,
  type CompileOptions,
  type Locate,
  MAX_RULES,
  tooManyRules,
} from "./compile.js";
import { MAX_UNKNOWN_FIELDS, show } from "./messages.js";
import { sentenceLines } from "./sentence-lines.js";
import { emptyPolicy, positionOf, wholePolicyError } from "./whole-policy-error.js";
import { PolicyDocument } from "./yaml-document.js";

/** The largest policy text, in bytes of UTF-8. */
export const MAX_POLICY_BYTES = 4 * 1024 * 1024;

/** How the text of a policy is written. */
export type PolicyFormat = "json" | "yaml" | "text" | "markdown";

/**
 * Compiles the text of a policy file: JSON or YAML 1.2 (a list of rules, or an object
 * whose `rules` or `policy` is that list; a rule is data or a sentence), or text or
 * Markdown with one sentence a line and `#` comments. Throws `PolicyError` with line and
 * column of every issue. Duplicate keys, binary data, hidden layout, more than
 * `MAX_POLICY_BYTES` and an empty file are refused.
 */
export function parsePolicyText(
  text: string,
  format: PolicyFormat,
  options: CompileOptions = {},
): CompiledPolicy {
  const { items, locate } = readPolicyItems(text, format);
  return compileItems(items, options, locate);
}

/** The rules that stand in a text, not yet read, and where each part of them is. */
export interface PolicyItems {
  readonly items: readonly unknown[];
  readonly locate: Locate;
}

/** Finds the rules in the text of a policy file; see `parsePolicyText`. */
export function readPolicyItems(text: string, format: PolicyFormat): PolicyItems {
  const clean = text.startsWith("\ufeff") ? text.slice(1) : text;
  checkText(clean, format);
  if (format === "json" || format === "yaml") return documentItems(clean, format);
  return lineItems(sentenceLines(clean, MAX_RULES + 1, format === "markdown"));
}

// What no text needs: control characters, line breaks that only some programs see, and marks that turn the
// direction of text, so that a comment is shown as a rule or a rule as a comment.
const HIDDEN_LAYOUT = /[^\P{Cc}\t\n\r]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function checkText(text: string, format: PolicyFormat): void {
  if (text.length > MAX_POLICY_BYTES || utf8Length(text) > MAX_POLICY_BYTES) {
    throw wholePolicyError(`the policy is larger than ${MAX_POLICY_BYTES} bytes`);
  }
  const hidden = HIDDEN_LAYOUT.exec(text);
  if (hidden !== null) {
    const point = `U+${(text.codePointAt(hidden.index) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    const [message, help] =
      point === "U+0000"
        ? ["the policy is binary data, not text", "it must be UTF-8 without NUL characters"]
        : [`the policy has a character that hides or moves text (${point})`, "remove it"];
    throw wholePolicyError(message, help, positionOf(text, hidden.index));
  }
  // YAML readers differ on it: to some a comment goes on where others see a rule.
  const bare = format === "yaml" ? text.search(/\r(?!\n)/) : -1;
  if (bare !== -1) {
    const help = "save the file with line ends LF or CR LF";
    throw wholePolicyError("the policy has a line end of CR alone", help, positionOf(text, bare));
  }
}

/** Sentences cannot say that there are none. */
const NO_SENTENCE =
  "write at least one sentence; a policy without rules is `[]` in a file that ends with .json or .yaml";

function lineItems(sentences: ReturnType<typeof sentenceLines>): PolicyItems {
  const first = sentences[MAX_RULES];
  if (first !== undefined) throw tooManyRules({ line: first.line, column: first.column });
  if (sentences.length === 0) throw emptyPolicy(NO_SENTENCE);
  return {
    items: sentences.map((sentence) => sentence.text),
    locate: (index, _path, offset = 0) => {
      const sentence = sentences[index];
      return sentence && { line: sentence.line, column: sentence.column + offset };
    },
  };
}

function documentItems(text: string, format: "json" | "yaml"): PolicyItems {
  if (text.trim() === "") throw emptyPolicy();
  const document = PolicyDocument.read(text, format);
  const { items, path } = rulesOf(document);
  return {
    items,
    locate: (index, inRule, offset) =>
      document.locate(index < 0 ? path : [...path, index, ...inRule], offset),
  };
}

/** The list of rules in a document, and the path to it. */
function rulesOf(document: PolicyDocument): {
  readonly items: readonly unknown[];
  readonly path: readonly PropertyKey[];
} {
  const { value } = document;
  if (Array.isArray(value)) return { items: value, path: [] };
  if (value === null) throw emptyPolicy();
  if (typeof value !== "object")
    throw wholePolicyError(`a policy must be a list of rules, not ${show(value)}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const unknown = [...fields.keys()].filter((key) => key !== "rules" && key !== "policy");
  if (unknown.length > 0) {
    const help = fields.has("kind")
      ? "a single rule must stand in a list"
      : "the only field of a policy file is `rules`, or `policy`, with the list of rules";
    throw new PolicyError(
      unknown.slice(0, MAX_UNKNOWN_FIELDS).map((key) => ({
        index: -1,
        path: key,
        ...document.locate([key]),
        message: `${show(key)} is not a field of a policy file`,
        help,
      })),
    );
  }
  if (fields.size !== 1)
    throw wholePolicyError("the policy has both `rules` and `policy`, or neither", "give one of them");
  const [entry] = fields;
  const [key, items] = entry ?? ["rules", undefined];
  if (!Array.isArray(items))
    throw wholePolicyError(
      `\`${key}\` must be a list of rules, not ${show(items)}`,
      undefined,
      document.locate([key]),
    );
  return { items, path: [key] };
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}
