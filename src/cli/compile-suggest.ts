import type { PolicyIssue } from "../core/errors.js";
import { suggestPolicy } from "../policy/index.js";
import type { Rule, Suggest, SuggestedLine } from "../policy/index.js";
import type { PolicySource } from "./compile-input.js";
import { sourceAt } from "./compile-policy.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

/** A line that could not be read. */
interface UnreadLine {
  /** The rule's place in the policy, from 0. */
  readonly index: number;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly written: string;
}

/** What a rule says; its id depends on the policy that it gets into. */
export type UnnamedRule<R extends Rule = Rule> = R extends Rule ? Omit<R, "id"> : never;

/** What was suggested for a line that could not be read, or why nothing was. */
export type LineSuggestion = UnreadLine &
  (
    | {
        readonly status: "suggested";
        /** It is a part of the policy. */
        readonly accepted: boolean;
        readonly sentence: string;
        readonly canonical: string;
        readonly rule: UnnamedRule;
      }
    | { readonly status: "refused"; readonly reason: string }
  );

/** Asks about each sentence that has an issue. Nothing is accepted by it. */
export async function suggestionsFor(
  sources: readonly PolicySource[],
  issues: readonly PolicyIssue[],
  suggest: Suggest,
  timeoutMs: number,
  io: Io,
): Promise<readonly LineSuggestion[]> {
  const unread = [...new Set(issues.map(({ index }) => index))].flatMap((index) => unreadAt(sources, index));
  if (unread.length === 0) return [];
  const written = unread.map((line) => line.written);
  const asking = withProgress(suggest, written.length, io);
  try {
    const { lines } = await suggestPolicy(written, asking.suggest, { timeoutMs });
    return lines.flatMap((line, i) => suggestionOf(unread[i]!, line, issues));
  } finally {
    asking.end();
  }
}

/** The sources with the suggested sentences in the place of the lines that they are for. */
export function withSuggestions(
  sources: readonly PolicySource[],
  suggestions: readonly LineSuggestion[],
): readonly PolicySource[] {
  const sentences = new Map(
    suggestions.flatMap((line) => (line.status === "suggested" ? [[line.index, line.sentence]] : [])),
  );
  let first = 0;
  return sources.map((source) => {
    const start = first;
    first += source.items.length;
    const written = new Map<number, string>();
    const items = source.items.map((item, i) => {
      const sentence = sentences.get(start + i);
      if (sentence === undefined || typeof item !== "string") return item;
      written.set(i, item);
      return sentence;
    });
    return { ...source, items, written };
  });
}

function unreadAt(sources: readonly PolicySource[], index: number): readonly UnreadLine[] {
  const found = sourceAt(sources, index);
  const written = found?.source.items[found.index];
  // Rules as data are written by programs, and what is wrong with them is said by their fields.
  if (found === undefined || typeof written !== "string") return [];
  return [{ index, file: found.source.name, ...found.source.locate(found.index, []), written }];
}

function suggestionOf(
  unread: UnreadLine,
  result: SuggestedLine,
  issues: readonly PolicyIssue[],
): readonly LineSuggestion[] {
  if (result.status === "read") return [];
  if (result.status === "refused") {
    // Why the line itself cannot be read is told with its place.
    const own = issues.filter(({ index }) => index === unread.index).map(({ message }) => message);
    const known = `${own.join("; ")}; `;
    const { reason } = result;
    return [
      {
        ...unread,
        status: "refused",
        reason: reason.startsWith(known) ? reason.slice(known.length) : reason,
      },
    ];
  }
  const { sentence, canonical, rule } = result;
  const { id: _id, ...unnamed } = rule;
  return [{ ...unread, status: "suggested", accepted: false, sentence, canonical, rule: unnamed }];
}

/** Says how far the asking is: each answer may take its time. */
function withProgress(
  suggest: Suggest,
  lines: number,
  io: Io,
): { readonly suggest: Suggest; readonly end: () => void } {
  const progress = new Progress(io);
  let asked = 0;
  const show = (): void => {
    progress.update(undefined, () => `asking about line ${asked} of ${counted(lines, "line")}`);
  };
  const timer = setInterval(show, 200);
  return {
    suggest: (prompt, options) => {
      asked += 1;
      show();
      return suggest(prompt, options);
    },
    end: () => {
      clearInterval(timer);
      progress.clear();
    },
  };
}
