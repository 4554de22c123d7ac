import { PolicyError } from "../core/errors.js";
import type { PolicyIssue } from "../core/errors.js";
import { compileItems } from "../policy/compile.js";
import { describeRule } from "../policy/english/print.js";
import type { CompiledPolicy, Rule } from "../policy/index.js";
import type { PolicySource } from "./compile-input.js";

/** A rule as it was written and as it was read. */
export interface ReadRule {
  readonly rule: Rule;
  readonly canonical: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** What was written, when it was a sentence. */
  readonly sentence?: string;
  /** The sentence that was suggested for it, and that was read in its place. */
  readonly suggestion?: string;
}

/** What became of a policy. */
export interface CompileOutcome {
  /** Null: it is refused. */
  readonly policy: CompiledPolicy | null;
  /** In the order in which they were written. */
  readonly rules: readonly ReadRule[];
  readonly issues: readonly PolicyIssue[];
}

/**
 * Compiles several sources as one policy.
 *
 * @param partial what can be read is compiled although other rules cannot
 */
export function compileSources(sources: readonly PolicySource[], partial: boolean): CompileOutcome {
  const broken = sources.flatMap(({ issues }) => issues);
  const { policy, issues } = compileAll(sources, partial && broken.length === 0);
  const all = [...broken, ...issues];
  const isUsable = all.length === 0 || (partial && all.every(({ index }) => index >= 0));
  if (policy === null || !isUsable) return { policy: null, rules: [], issues: all };
  return { policy, rules: readRules(policy, sources), issues: all };
}

function compileAll(
  sources: readonly PolicySource[],
  partial: boolean,
): { readonly policy: CompiledPolicy | null; readonly issues: readonly PolicyIssue[] } {
  const items = sources.flatMap((source) => source.items);
  const locate: Parameters<typeof compileItems>[2] = (index, ...at) => {
    const found = sourceAt(sources, index);
    return found?.source.locate(found.index, ...at);
  };
  try {
    return { policy: compileItems(items, {}, locate), issues: [] };
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    const issues = error.issues.map((issue) => ({ ...issue, ...fileOf(sources, issue.index) }));
    return { policy: partial ? compileItems(items, { partial }, locate) : null, issues };
  }
}

function readRules(policy: CompiledPolicy, sources: readonly PolicySource[]): readonly ReadRule[] {
  return policy.rules
    .map((rule, i) => ({ rule, origin: policy.origins[i] ?? { index: i } }))
    .sort((a, b) => a.origin.index - b.origin.index)
    .map(({ rule, origin: { index, ...origin } }) => ({
      rule,
      canonical: describeRule(rule),
      file: fileOf(sources, index).file ?? "",
      ...origin,
      ...suggestionAt(sources, index, origin.sentence),
    }));
}

function suggestionAt(
  sources: readonly PolicySource[],
  index: number,
  read: string | undefined,
): { readonly sentence?: string; readonly suggestion?: string } {
  const found = sourceAt(sources, index);
  const sentence = found?.source.written?.get(found.index);
  return sentence === undefined || read === undefined ? {} : { sentence, suggestion: read };
}

function fileOf(sources: readonly PolicySource[], index: number): { readonly file?: string } {
  const found = sourceAt(sources, index);
  return found === undefined ? {} : { file: found.source.name };
}

/** The source that an item of the whole policy comes from, and its place there. */
export function sourceAt(
  sources: readonly PolicySource[],
  index: number,
): { readonly source: PolicySource; readonly index: number } | undefined {
  let rest = index;
  if (rest < 0) return undefined;
  for (const source of sources) {
    if (rest < source.items.length) return { source, index: rest };
    rest -= source.items.length;
  }
  return undefined;
}
