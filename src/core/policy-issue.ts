/** One thing that is wrong with a policy, and where. */
export interface PolicyIssue {
  /** The rule's place in the policy, from 0; -1 when the policy as a whole is wrong. */
  readonly index: number;
  /** Where inside the rule, such as `match.tags.tenant`; empty for the rule itself. */
  readonly path: string;
  /** The file that the policy came from. */
  readonly file?: string;
  /** Line in the policy's text, from 1, when the policy came as text. */
  readonly line?: number;
  /** Column in that line, from 1. */
  readonly column?: number;
  /** Where what is wrong ends in that line: the column behind it. */
  readonly endColumn?: number;
  /** One sentence that says what is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly help?: string;
  /** Sentences that can be read and say something close to the one that cannot. */
  readonly didYouMean?: readonly string[];
}

/** Returns an issue as one line for people: its place, its message and its help. */
export function formatIssue(issue: PolicyIssue): string {
  const { file, line, column, index, message, help, didYouMean = [] } = issue;
  const places: string[] = file === undefined ? [] : [file];
  if (line !== undefined) places.push(`line ${line}`);
  if (column !== undefined) places.push(`column ${column}`);
  if (index >= 0) places.push(`rule ${index + 1}`);
  const place = places.length === 0 ? "policy" : places.join(", ");
  const hints = help === undefined ? [] : [help];
  const others = didYouMean.filter((sentence) => help?.includes(sentence) !== true);
  if (others.length > 0) hints.push(`did you mean: ${others.join(" | or: ")}`);
  return `${place}: ${message}${hints.length === 0 ? "" : ` (${hints.join("; ")})`}`;
}
