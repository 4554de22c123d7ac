/** One thing that is wrong with a policy, and where. */
export interface PolicyIssue {
  /** The rule's place in the policy, from 0; -1 when the policy as a whole is wrong. */
  readonly index: number;
  /** Where inside the rule, such as `match.tags.tenant`; empty for the rule itself. */
  readonly path: string;
  /** Line in the policy's text, from 1, when the policy came as text. */
  readonly line?: number;
  /** Column in that line, from 1. */
  readonly column?: number;
  /** One sentence that says what is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly help?: string;
}

/** Returns an issue as one line for people: its place, its message and its help. */
export function formatIssue(issue: PolicyIssue): string {
  const places: string[] = [];
  if (issue.line !== undefined) {
    places.push(
      issue.column === undefined ? `line ${issue.line}` : `line ${issue.line}, column ${issue.column}`,
    );
  }
  if (issue.index >= 0) places.push(`rule ${issue.index + 1}`);
  const place = places.length === 0 ? "policy" : places.join(", ");
  const help = issue.help === undefined ? "" : ` (${issue.help})`;
  return `${place}: ${issue.message}${help}`;
}
