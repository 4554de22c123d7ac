import type { z } from "zod";
import { cut, MAX_UNKNOWN_FIELDS, splitBlocks, splitMessage } from "./messages.js";

/** What is wrong inside one rule, before its place in the policy is known. */
export interface RawIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly help?: string;
  /** In a sentence: the part that is wrong, as offsets. */
  readonly span?: { readonly start: number; readonly end: number };
  readonly didYouMean?: readonly string[];
}

type SchemaIssue = z.core.$ZodIssue;

/** Reads the issues of a schema as sentences that name their field. */
export function readIssues(issues: readonly SchemaIssue[], prefix: readonly PropertyKey[] = []): RawIssue[] {
  return issues.flatMap((issue) => readIssue(issue, [...prefix, ...issue.path]));
}

/** Makes an issue from a predicate such as `must be a number`. */
export function rawIssue(path: readonly PropertyKey[], text: string): RawIssue {
  const { message, help } = splitMessage(text);
  const subject = path.length === 0 ? "the rule" : `\`${pathText(path)}\``;
  return { path, message: `${subject} ${message}`, ...(help === undefined ? {} : { help }) };
}

/** Returns a path as text: `match.tags.tenant`, `rules[2]`, `match.args["a.b"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]{0,63}$/.test(String(step)))
      text += text === "" ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(cut(String(step)))}]`;
  }
  return text;
}

function readIssue(issue: SchemaIssue, path: readonly PropertyKey[]): RawIssue[] {
  switch (issue.code) {
    case "unrecognized_keys": {
      const blocks = splitBlocks(issue.message);
      return issue.keys
        .slice(0, MAX_UNKNOWN_FIELDS)
        .map((key, i) => rawIssue([...path, key], blocks[i] ?? "is not a field here"));
    }
    case "invalid_key":
    case "invalid_element":
      return readIssues(issue.issues, path);
    case "invalid_union": {
      const branch = likeliestBranch(issue.errors);
      return branch === undefined ? [rawIssue(path, issue.message)] : readIssues(branch, path);
    }
    default:
      return [rawIssue(path, issue.message)];
  }
}

/** The branch that the writer meant: the one that got furthest. Undefined when none fits at all. */
function likeliestBranch(branches: readonly (readonly SchemaIssue[])[]): readonly SchemaIssue[] | undefined {
  const fitting = branches.filter((issues) => issues.length > 0 && !issues.some(isOtherBranch));
  const inside = fitting.find((issues) => issues.some(({ path }) => path.length > 0));
  return (
    inside ?? fitting.find((issues) => !issues.some(({ code }) => code === "invalid_value")) ?? fitting[0]
  );
}

/** The value is not of this branch's type at all: its complaint would mislead. */
function isOtherBranch(issue: SchemaIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every((errors) => errors.some(isOtherBranch));
  return issue.code === "invalid_type" || (issue.code === "invalid_value" && issue.values.length === 1);
}
