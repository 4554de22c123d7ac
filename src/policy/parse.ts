import { PolicyError } from "../core/errors.js";
import { compileItems, type CompiledPolicy, type CompileOptions, wholePolicyError } from "./compile.js";
import { MAX_UNKNOWN_FIELDS, show } from "./messages.js";
import { sentenceLines } from "./sentence.js";
import { PolicyDocument } from "./yaml-document.js";

/** The largest policy text, in bytes of UTF-8. */
export const MAX_POLICY_BYTES = 4 * 1024 * 1024;

/** How the text of a policy is written. */
export type PolicyFormat = "json" | "yaml" | "text";

/**
 * Compiles the text of a policy file: JSON or YAML 1.2 (a list of rules, or an object
 * whose `rules` or `policy` is that list), or text with one sentence a line and `#`
 * comments. Throws `PolicyError` with line and column of every issue. Duplicate keys,
 * binary data, more than `MAX_POLICY_BYTES` and an empty file are refused.
 */
export function parsePolicyText(
  text: string,
  format: PolicyFormat,
  options: CompileOptions = {},
): CompiledPolicy {
  checkText(text);
  const clean = text.startsWith("\ufeff") ? text.slice(1) : text;
  return format === "text" ? compileText(clean, options) : compileDocument(clean, format, options);
}

function checkText(text: string): void {
  if (text.length > MAX_POLICY_BYTES || utf8Length(text) > MAX_POLICY_BYTES) {
    throw wholePolicyError(`the policy is larger than ${MAX_POLICY_BYTES} bytes`);
  }
  if (text.includes("\0")) {
    throw wholePolicyError("the policy is binary data, not text", "it must be UTF-8 without NUL characters");
  }
}

function compileText(text: string, options: CompileOptions): CompiledPolicy {
  const sentences = sentenceLines(text);
  if (sentences.length === 0) throw emptyPolicy();
  return compileItems(
    sentences.map((sentence) => sentence.text),
    options,
    (index) => ({ line: sentences[index]?.line ?? 1 }),
  );
}

function compileDocument(text: string, format: "json" | "yaml", options: CompileOptions): CompiledPolicy {
  if (text.trim() === "") throw emptyPolicy();
  const document = PolicyDocument.read(text, format);
  const { items, path } = rulesOf(document);
  return compileItems(items, options, (index, inRule) =>
    document.locate(index < 0 ? path : [...path, index, ...inRule]),
  );
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

function emptyPolicy(): PolicyError {
  return wholePolicyError("the policy is empty", "write `[]` for a policy without rules");
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
