import type { PolicyIssue } from "../core/errors.js";
import { harmless } from "./io.js";
import type { Paint } from "./io.js";
import { hanging, wrapped } from "./layout.js";

const INDENT = 4;

/** How much of a line stands before what is wrong in it. */
const BEFORE = 24;

/** What is wrong with a policy, each with its line and a mark below what is meant. */
export function issuesText(
  issues: readonly PolicyIssue[],
  textOf: (file: string | undefined) => string | undefined,
  paint: Paint,
  width: number,
): string {
  return issues.map((issue) => issueText(issue, textOf(issue.file), paint, width)).join("\n");
}

function issueText(issue: PolicyIssue, text: string | undefined, paint: Paint, width: number): string {
  const { message, help, didYouMean = [] } = issue;
  const [first = "", ...rest] = wrapped(harmless(message), Math.max(20, width - placeOf(issue).length - 2));
  const lines = [`${paint.bold(placeOf(issue))}: ${paint.bad(first)}`];
  lines.push(...rest.map((line) => " ".repeat(INDENT) + paint.bad(line)));
  lines.push(...excerpt(issue, text, paint, width));
  if (help !== undefined) lines.push(hanging("help: ", harmless(help), width, INDENT, paint.dim));
  didYouMean.forEach((sentence, i) => {
    lines.push(
      hanging(i === 0 ? "did you mean: " : "          or: ", harmless(sentence), width, INDENT, paint.good),
    );
  });
  return `${lines.join("\n")}\n`;
}

function placeOf({ file, line, column, index }: PolicyIssue): string {
  if (file === undefined) return index < 0 ? "policy" : `rule ${index + 1}`;
  return harmless([file, line, column].filter((part) => part !== undefined).join(":"));
}

/** The line, and a mark below what is wrong in it; of a long line the part around it. */
function excerpt(
  { line, column, endColumn }: PolicyIssue,
  text: string | undefined,
  paint: Paint,
  width: number,
): readonly string[] {
  const whole = line === undefined ? undefined : text?.split(/\r\n|\r|\n/)[line - 1];
  if (whole === undefined || whole.trim() === "") return [];
  const start = Math.max(0, (column ?? 1) - 1);
  const room = width - INDENT - 1;
  const from = whole.length <= room ? 0 : Math.max(0, Math.min(start - BEFORE, whole.length - room));
  const shown = harmless(whole.slice(from, from + room).replaceAll("\t", " "));
  const lines = [
    `${" ".repeat(INDENT)}${from > 0 ? "…" : ""}${shown}${from + room < whole.length ? "…" : ""}`,
  ];
  if (column === undefined) return lines;
  const length = Math.max(1, Math.min((endColumn ?? column + 1) - column, room - (start - from)));
  const gap = " ".repeat(INDENT + start - from + (from > 0 ? 1 : 0));
  return [...lines, gap + paint.bad("^".repeat(length))];
}
